//! Server functions: doormen that ask who, call the service, and map the answer.

pub mod accounts;
pub mod conversations;
pub mod messages;
