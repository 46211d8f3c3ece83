//! Conversations in, generation events out. No HTTP, no SQL, no pages.
//!
//! Reading order: [`request`] (what is asked and answered), [`handle`] (the door), then worker,
//! scheduler, model runner, model, kernels.

pub mod bench;
pub mod handle;
pub mod kernels;
pub mod kv_cache;
pub mod layout;
pub mod loader;
pub mod model;
pub mod model_runner;
pub mod request;
pub mod verify;
