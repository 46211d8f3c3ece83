//! Architectures: names and shapes of a checkpoint, and the order of operations.
//!
//! One architecture, one file, read from top to bottom. Knows tensors and kernels; knows no text,
//! no scheduler and no sampler.

pub mod llama;
mod weights;

use crate::loader::metadata::MetadataError;
use crate::loader::repack::RepackError;

pub use llama::Llama;

/// Why a model file cannot be loaded. The file's path is in front of it, see [`LoadError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// An architecture without a file in `model/`.
    #[error("has architecture {found}, expected llama")]
    UnknownArchitecture { found: String },
    /// A metadata value is missing or wrong.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A dimension is zero, too large, or does not fit the others.
    #[error("metadata key {key}: found {found}, expected {expected}")]
    Dimension {
        key: String,
        found: String,
        expected: &'static str,
    },
    /// A tensor of the architecture is not in the file.
    #[error("tensor {name} is missing")]
    MissingTensor { name: String },
    /// A tensor that the architecture does not use: the result would be wrong without it.
    #[error("tensor {name} is not part of the architecture")]
    UnexpectedTensor { name: String },
    /// A tensor of another shape.
    #[error("tensor {name} has dimensions {found:?}, expected {expected:?} (innermost first)")]
    TensorShape {
        name: String,
        expected: Vec<u64>,
        found: Vec<u64>,
    },
    /// A tensor in a format that does not fit its purpose.
    #[error(transparent)]
    Repack(#[from] RepackError),
    /// The operator asks for more context than the model was made for.
    #[error("a context window of {wanted} tokens is wanted, the model was made for {limit}")]
    ContextWindow { wanted: usize, limit: usize },
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct LoadError {
    /// The file.
    pub path: std::path::PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: ModelError,
}
