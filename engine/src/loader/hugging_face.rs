//! Model directories as Hugging Face lays them out: `config.json`, `tokenizer.json`, and weights in
//! one safetensors file or several shards with an index.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::gguf::TensorEntry;
use super::safetensors::{SafetensorsFile, SafetensorsProblem};

const CONFIG: &str = "config.json";
const INDEX: &str = "model.safetensors.index.json";
const SINGLE: &str = "model.safetensors";

/// A directory that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HuggingFaceError {
    /// A file is missing or cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A file is not the JSON it should be.
    #[error("{}: {source}", path.display())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// The index names a file outside of the directory.
    #[error("{}: shard {found:?}, expected the name of a file beside it", path.display())]
    ShardName { path: PathBuf, found: String },
    /// A file of weights is damaged.
    #[error("{}: {problem}", path.display())]
    Shard {
        path: PathBuf,
        problem: SafetensorsProblem,
    },
    /// Index and shards do not agree.
    #[error("{}: tensor {tensor} {what}", path.display())]
    Index {
        path: PathBuf,
        tensor: String,
        what: &'static str,
    },
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// An opened directory: every shard is mapped, every tensor stands where the index says.
#[derive(Debug)]
pub struct HuggingFaceModel {
    path: PathBuf,
    config: Value,
    shards: Vec<SafetensorsFile>,
    /// Shard and number within it.
    places: HashMap<String, (usize, usize)>,
}

impl HuggingFaceModel {
    /// Opens the directory at `path`.
    ///
    /// # Errors
    /// [`HuggingFaceError`], naming the file.
    pub fn open(path: &Path) -> Result<Self, HuggingFaceError> {
        let config = json(&path.join(CONFIG))?;
        let index_path = path.join(INDEX);
        let index: Option<Index> = if index_path.exists() {
            Some(json(&index_path)?)
        } else {
            None
        };
        let names = shard_names(index.as_ref(), &index_path)?;
        let mut shards = Vec::new();
        let mut places = HashMap::new();
        for (number, name) in names.iter().enumerate() {
            let path = path.join(name);
            let shard = SafetensorsFile::open(&path).map_err(|problem| {
                let path = path.clone();
                HuggingFaceError::Shard { path, problem }
            })?;
            for (place, entry) in shard.tensors().iter().enumerate() {
                let tensor = entry.name.clone();
                if places.insert(tensor.clone(), (number, place)).is_some() {
                    let what = "stands in two files";
                    return Err(HuggingFaceError::Index { path, tensor, what });
                }
            }
            shards.push(shard);
        }
        if let Some(index) = index {
            check_index(&index, &index_path, &names, &places)?;
        }
        Ok(Self {
            path: path.to_owned(),
            config,
            shards,
            places,
        })
    }

    /// Where the directory is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `config.json`.
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// All files of weights, in the order of their names.
    pub fn shards(&self) -> &[SafetensorsFile] {
        &self.shards
    }

    /// All tensors.
    pub fn tensors(&self) -> impl Iterator<Item = &TensorEntry> {
        self.shards.iter().flat_map(SafetensorsFile::tensors)
    }

    /// The tensor called `name` and its bytes.
    pub fn tensor(&self, name: &str) -> Option<(&TensorEntry, &[u8])> {
        let (shard, place) = *self.places.get(name)?;
        let shard = &self.shards[shard];
        let entry = &shard.tensors()[place];
        Some((entry, shard.bytes(entry)))
    }

    /// Lets the system take back the memory behind a tensor.
    pub fn release(&self, name: &str) {
        if let Some((shard, place)) = self.places.get(name) {
            let shard = &self.shards[*shard];
            shard.release(shard.bytes(&shard.tensors()[*place]));
        }
    }
}

fn shard_names(index: Option<&Index>, path: &Path) -> Result<Vec<String>, HuggingFaceError> {
    let Some(index) = index else {
        return Ok(vec![SINGLE.to_owned()]);
    };
    let names: BTreeSet<&String> = index.weight_map.values().collect();
    let is_plain = |name: &str| Path::new(name).file_name() == Some(name.as_ref());
    match names.iter().find(|name| !is_plain(name)) {
        Some(found) => Err(HuggingFaceError::ShardName {
            path: path.to_owned(),
            found: (*found).clone(),
        }),
        None => Ok(names.into_iter().cloned().collect()),
    }
}

fn check_index(
    index: &Index,
    path: &Path,
    names: &[String],
    places: &HashMap<String, (usize, usize)>,
) -> Result<(), HuggingFaceError> {
    for (tensor, shard) in &index.weight_map {
        let found = places.get(tensor).map(|(number, _)| &names[*number]);
        if found != Some(shard) {
            return Err(HuggingFaceError::Index {
                path: path.to_owned(),
                tensor: tensor.clone(),
                what: "is not in the file that the index names",
            });
        }
    }
    Ok(())
}

fn json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, HuggingFaceError> {
    let path = path.to_owned();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(source) => return Err(HuggingFaceError::Read { path, source }),
    };
    serde_json::from_slice(&text).map_err(|source| HuggingFaceError::Json { path, source })
}
