//! A model on disk, in whichever format it is.

use std::path::{Path, PathBuf};

use super::fingerprint::Fingerprint;
use super::gguf::{GgufError, GgufFile, TensorEntry, TensorType};
use super::hugging_face::{HuggingFaceError, HuggingFaceModel};
use super::loaded_size::loaded_bytes;
use super::weight_format::WeightFormat;

/// An opened model whose tensors can be taken by name.
#[derive(Debug)]
pub enum ModelFile {
    /// One file.
    Gguf(GgufFile),
    /// A directory.
    HuggingFace(HuggingFaceModel),
}

/// Why a model cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error(transparent)]
    Gguf(#[from] GgufError),
    #[error(transparent)]
    HuggingFace(#[from] HuggingFaceError),
}

impl From<GgufFile> for ModelFile {
    fn from(file: GgufFile) -> Self {
        Self::Gguf(file)
    }
}

impl From<HuggingFaceModel> for ModelFile {
    fn from(model: HuggingFaceModel) -> Self {
        Self::HuggingFace(model)
    }
}

/// What looks like a model in a folder, by name: directories of Hugging Face and GGUF files. Hidden
/// names are passed over: a model that is still being fetched has one.
pub fn models_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    let shown = entries.filter(|entry| !is_hidden(&entry.file_name()));
    let paths = shown.map(|entry| entry.path());
    let mut models: Vec<PathBuf> = paths.filter(|path| is_model(path)).collect();
    models.sort();
    models
}

fn is_model(path: &Path) -> bool {
    if path.is_dir() {
        return path.join("config.json").is_file();
    }
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

impl ModelFile {
    /// Opens what is at `path`: a directory is Hugging Face's, a file is GGUF.
    ///
    /// # Errors
    /// [`OpenError`], naming the file.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        if path.is_dir() {
            return Ok(HuggingFaceModel::open(path)?.into());
        }
        Ok(GgufFile::open(path)?.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Gguf(file) => file.path(),
            Self::HuggingFace(model) => model.path(),
        }
    }

    /// The tensor called `name` and its bytes.
    pub fn tensor(&self, name: &str) -> Option<(&TensorEntry, &[u8])> {
        match self {
            Self::Gguf(file) => file.tensor(name),
            Self::HuggingFace(model) => model.tensor(name),
        }
    }

    /// All tensors.
    pub fn tensors(&self) -> Vec<&TensorEntry> {
        match self {
            Self::Gguf(file) => file.tensors().iter().collect(),
            Self::HuggingFace(model) => model.tensors().collect(),
        }
    }

    /// Bytes that all tensors take once they are loaded.
    pub fn loaded_bytes(&self, format: WeightFormat) -> u64 {
        let tensors = self.tensors().into_iter();
        tensors.map(|entry| loaded_bytes(entry, format)).sum()
    }

    /// Bytes of all tensors in the file.
    pub fn num_bytes(&self) -> usize {
        self.tensors().into_iter().map(TensorEntry::num_bytes).sum()
    }

    /// Number of weights. Tensors of bytes hold two 4-bit codes a byte, except for their scales.
    pub fn num_parameters(&self) -> u64 {
        let count = |entry: &TensorEntry| match entry.tensor_type {
            TensorType::U8 if entry.name.ends_with("_scales") => 0,
            TensorType::U8 => 2 * entry.num_elements(),
            _ => entry.num_elements(),
        };
        self.tensors().into_iter().map(count).sum()
    }

    /// Lets the system take back the memory behind a tensor that was copied.
    pub fn release(&self, name: &str) {
        match self {
            Self::Gguf(file) => {
                if let Some((_, bytes)) = file.tensor(name) {
                    file.release(bytes);
                }
            }
            Self::HuggingFace(model) => model.release(name),
        }
    }

    /// Identity of the model: hex SHA-256 over what the files say of it and a page of each tensor.
    ///
    /// It is cheap, and a model that was trained further has another one.
    pub fn fingerprint(&self) -> String {
        match self {
            Self::Gguf(file) => file.fingerprint(),
            Self::HuggingFace(model) => {
                let mut fingerprint = Fingerprint::default();
                fingerprint.add(model.config().to_string());
                for shard in model.shards() {
                    fingerprint.add(shard.header());
                    for tensor in shard.tensors() {
                        fingerprint.add_sample(shard.bytes(tensor));
                    }
                }
                fingerprint.finish()
            }
        }
    }
}
