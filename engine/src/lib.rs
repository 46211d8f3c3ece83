//! Conversations in, generation events out. No HTTP, no SQL, no pages.
//!
//! Reading order: [`request`] (what is asked and answered), [`handle`] (the door), then worker,
//! scheduler, model runner, model, kernels.

pub mod answer_format;
pub mod bench;
pub mod block_pool;
pub mod chat;
pub mod device;
pub mod handle;
pub mod harmony;
pub mod kernels;
pub mod kv_cache;
pub mod layout;
mod loaded_model;
pub mod loader;
pub mod model;
pub mod model_runner;
pub mod prefix_cache;
pub mod request;
pub mod sampling;
pub mod scheduler;
#[cfg(feature = "testing")]
pub mod scripted;
mod sequence;
pub mod stop_strings;
pub mod text_decoder;
pub mod tokenizer;
pub mod verify;
mod worker;
