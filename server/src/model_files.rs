//! What lies in the models folder: whole models, damaged ones, and what is still being fetched.
//! Nothing is loaded, and a file is believed only as far as the loader checks it.

mod removal;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use hearth_engine::loader::{ModelFile, models_in};

pub(crate) use removal::remove;

/// What a file in the making ends in.
const PART: &str = ".part";
/// Configurations and lists of tensors are far below.
const MAX_JSON_BYTES: u64 = 64 << 20;
/// Characters that are told of a file's text.
const MAX_TOLD_CHARS: usize = 300;

/// A model, or the beginning of one.
#[derive(Clone, Debug)]
pub(crate) struct FoundModel {
    /// As it is called once it is whole.
    pub(crate) name: String,
    /// The model itself; absent while only a part is there.
    pub(crate) path: Option<PathBuf>,
    /// What is there of a download.
    pub(crate) parts: Vec<PathBuf>,
}

/// Whether a model can be used, as far as its files say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Sound {
        architecture: String,
    },
    /// It is being fetched, or that was interrupted.
    Incomplete,
    /// In English, for operators.
    Damaged(String),
}

impl Condition {
    /// Its word for programs.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Sound { .. } => "sound",
            Self::Incomplete => "incomplete",
            Self::Damaged(_) => "damaged",
        }
    }
}

/// Everything in the folder, by name.
pub(crate) fn models(folder: &Path) -> Vec<FoundModel> {
    let mut found = BTreeMap::new();
    for path in models_in(folder) {
        let name = name_of(&path);
        entry(&mut found, name).path = Some(path);
    }
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = file.path();
        if let Some(name) = whole_name(&name_of(&path), path.is_dir()) {
            entry(&mut found, name).parts.push(path);
        }
    }
    found.into_values().collect()
}

fn entry(found: &mut BTreeMap<String, FoundModel>, name: String) -> &mut FoundModel {
    found.entry(name.clone()).or_insert_with(|| FoundModel {
        name,
        path: None,
        parts: Vec::new(),
    })
}

/// What something in the making becomes: a directory `.NAME.part`, a file `NAME.gguf.part`.
fn whole_name(name: &str, is_directory: bool) -> Option<String> {
    let whole = name.strip_suffix(PART)?;
    let whole = if is_directory {
        whole.strip_prefix('.')?
    } else {
        let is_gguf = whole.to_ascii_lowercase().ends_with(".gguf");
        is_gguf.then_some(whole)?
    };
    (!whole.is_empty()).then(|| whole.to_owned())
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

impl FoundModel {
    /// Bytes on the disk, those of parts included.
    pub(crate) fn num_bytes(&self) -> u64 {
        let places = self.path.iter().chain(&self.parts);
        places.map(|place| disk_bytes(place)).sum()
    }

    /// Reads the headers and checks every range.
    pub(crate) fn condition(&self) -> Condition {
        match self.path.as_deref().map(open) {
            None => Condition::Incomplete,
            Some(Ok(file)) => Condition::Sound {
                architecture: architecture(&file),
            },
            Some(Err(reason)) => Condition::Damaged(plain(&reason)),
        }
    }
}

fn open(path: &Path) -> Result<ModelFile, String> {
    check_kinds(path).map_err(|error| format!("{}: {error}", path.display()))?;
    ModelFile::open(path).map_err(|error| error.to_string())
}

/// Refuses what would never end: pipes and devices, and JSON that nobody can need.
fn check_kinds(path: &Path) -> io::Result<()> {
    let odd = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what.to_owned()));
    let found = fs::metadata(path)?;
    if !found.is_dir() {
        return if found.is_file() {
            Ok(())
        } else {
            odd("is no file")
        };
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_json = name.ends_with(".json");
        if !is_json && !name.ends_with(".safetensors") {
            continue;
        }
        let found = fs::metadata(entry.path())?;
        if !found.is_file() {
            return odd(&format!("{name} is no file"));
        }
        if is_json && name != "tokenizer.json" && found.len() > MAX_JSON_BYTES {
            return odd(&format!("{name} has {} bytes", found.len()));
        }
    }
    Ok(())
}

fn architecture(file: &ModelFile) -> String {
    let told = match file {
        ModelFile::Gguf(file) => file.metadata().string("general.architecture").ok(),
        ModelFile::HuggingFace(model) => model.config()["model_type"].as_str(),
    };
    plain(told.unwrap_or("unknown"))
}

/// Text of a file as a terminal may show it: no control characters, and not without end.
fn plain(text: &str) -> String {
    let shown = text.chars().take(MAX_TOLD_CHARS);
    let shown = shown.map(|letter| if letter.is_control() { '?' } else { letter });
    shown.collect()
}

/// Bytes of a file or of everything in a directory; nothing is followed that leads elsewhere.
fn disk_bytes(path: &Path) -> u64 {
    let Ok(found) = fs::symlink_metadata(path) else {
        return 0;
    };
    if !found.is_dir() {
        return found.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| disk_bytes(&entry.path())).sum()
}

#[cfg(test)]
mod tests;
