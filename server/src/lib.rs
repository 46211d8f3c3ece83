//! The program around the engine: HTTP, SQL, configuration, accounts.

pub mod chat;
pub mod markdown;
pub mod store;
