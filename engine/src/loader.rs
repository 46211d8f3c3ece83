//! Model files: memory-mapped, and validated to the last byte range before a weight is used.
//!
//! Knows formats, not models: names and shapes a model needs are checked by [`crate::model`].
//! Never executes or follows anything found in a file, and never touches the network.

mod fingerprint;
pub mod gguf;
pub mod hugging_face;
mod loaded_size;
pub mod mapped_file;
pub mod metadata;
pub mod model_file;
pub mod repack;
pub mod safetensors;
pub mod weight_format;

pub use gguf::{GgufError, GgufFile, GgufProblem, TensorEntry, TensorType};
pub use hugging_face::{HuggingFaceError, HuggingFaceModel};
pub use metadata::{Metadata, MetadataError};
pub use model_file::{ModelFile, OpenError, models_in};
pub use weight_format::WeightFormat;
