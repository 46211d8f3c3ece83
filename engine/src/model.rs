//! Architectures: names and shapes of a checkpoint, and the order of operations.
//!
//! One architecture, one file, read from top to bottom. Knows tensors and kernels; knows no text,
//! no scheduler and no sampler.

mod dimensions;
pub mod gpt_oss;
pub mod llama;
pub(crate) mod memory;
mod pass;
mod placement;
mod step_input;
mod weights;

use burn::tensor::Tensor;

use crate::kernels::KernelContext;
use crate::kv_cache::{CacheShape, KvPool};
use crate::loader::metadata::MetadataError;
use crate::loader::repack::RepackError;
use crate::loader::{ModelFile, WeightFormat};

pub use gpt_oss::GptOss;
pub use llama::Llama;
pub use pass::{Pass, Reads, Unwanted};
pub use placement::Placement;
pub use step_input::{StepInput, StepWords};

/// Largest dimension or count that is believed.
pub(crate) const MAX_DIMENSION: u32 = 1 << 20;

/// A model of any architecture.
#[derive(Debug)]
pub enum Model {
    Llama(Llama),
    GptOss(GptOss),
}

/// What is known of a model without its weights.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelConfig {
    Llama(llama::LlamaConfig),
    GptOss(gpt_oss::GptOssConfig),
}

impl ModelConfig {
    /// Reads and checks the dimensions.
    ///
    /// # Errors
    /// [`ModelError::UnknownArchitecture`] and what the architecture finds wrong.
    pub fn new(file: &ModelFile) -> Result<Self, ModelError> {
        let architecture = match file {
            ModelFile::Gguf(file) => file.metadata().string("general.architecture")?,
            ModelFile::HuggingFace(model) => {
                model.config()["model_type"].as_str().unwrap_or_default()
            }
        };
        match (architecture, file) {
            ("llama", ModelFile::Gguf(file)) => Ok(Self::Llama(llama::LlamaConfig::new(file)?)),
            ("gpt-oss" | "gpt_oss", file) => Ok(Self::GptOss(gpt_oss::GptOssConfig::new(file)?)),
            (found @ "llama", ModelFile::HuggingFace(_)) => {
                Err(ModelError::DirectoryArchitecture {
                    found: found.to_owned(),
                })
            }
            (found, _) => Err(ModelError::UnknownArchitecture {
                found: found.to_owned(),
            }),
        }
    }

    /// Tokens the model was made for.
    pub fn max_context(&self) -> usize {
        match self {
            Self::Llama(config) => config.max_context,
            Self::GptOss(config) => config.max_context,
        }
    }

    /// Layers between embedding and head.
    pub fn num_layers(&self) -> usize {
        match self {
            Self::Llama(config) => config.num_layers,
            Self::GptOss(config) => config.num_layers,
        }
    }

    /// Dimensions of a cache for sequences of up to `context_window` tokens.
    pub fn cache_shape(&self, context_window: usize) -> CacheShape {
        match self {
            Self::Llama(config) => config.cache_shape(context_window),
            Self::GptOss(config) => config.cache_shape(context_window),
        }
    }

    /// Tokens in the vocabulary.
    pub fn vocab_size(&self) -> usize {
        match self {
            Self::Llama(config) => config.vocab_size,
            Self::GptOss(config) => config.vocab_size,
        }
    }
}

impl Model {
    /// See [`Llama::load`] and [`GptOss::load`].
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn load(
        file: &ModelFile,
        config: &ModelConfig,
        context_window: usize,
        placing: (&Placement, WeightFormat),
        progress: &mut dyn FnMut(u8),
    ) -> Result<Self, ModelError> {
        match config {
            ModelConfig::Llama(config) => {
                Llama::load(file, *config, context_window, placing, progress).map(Self::Llama)
            }
            ModelConfig::GptOss(_) => {
                GptOss::load(file, context_window, placing, progress).map(Self::GptOss)
            }
        }
    }

    /// Bytes of weights that a decode step reads.
    pub fn bytes_per_token(&self) -> usize {
        match self {
            Self::Llama(model) => model.bytes_per_token(),
            Self::GptOss(model) => model.bytes_per_token(),
        }
    }

    /// Computes the tokens of a step, see [`Llama::forward`].
    pub fn forward(
        &self,
        context: &KernelContext,
        pass: &mut Pass<'_>,
        pool: &mut KvPool,
    ) -> Option<Tensor<2>> {
        match self {
            Self::Llama(model) => model.forward(context, pass, pool),
            Self::GptOss(model) => model.forward(context, pass, pool),
        }
    }

    /// Logits `[num_tokens, vocab_size]` of hidden states.
    pub fn logits(&self, context: &KernelContext, hidden_states: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Llama(model) => model.logits(context, hidden_states),
            Self::GptOss(model) => model.logits(context, hidden_states),
        }
    }
}

/// Why a model file cannot be loaded. The file's path is in front of it, see [`LoadError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// An architecture without a file in `model/`.
    #[error("has architecture {found}, expected llama or gpt-oss")]
    UnknownArchitecture { found: String },
    /// A directory of an architecture that is read from GGUF files only.
    #[error(
        "is a directory of architecture {found}; of directories only gpt-oss is read: get the \
         model as a GGUF file, or make one with llama.cpp's convert_hf_to_gguf.py"
    )]
    DirectoryArchitecture { found: String },
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
    /// Two tensors that are used as one have different types.
    #[error("tensor {name} has another type than the tensor beside it")]
    UnequalTypes { name: String },
    /// The machine has less memory than the weights take.
    #[error(
        "the model needs {} MB of memory, {} MB are free", needed >> 20, free >> 20
    )]
    Memory { needed: u64, free: u64 },
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
    /// A device that is asked for cannot be used.
    #[error(transparent)]
    Device(#[from] crate::device::DeviceError),
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
