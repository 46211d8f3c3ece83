//! What the browser sees. Reading order: [`model`] (the words), [`service`] (what the server offers),
//! [`api`] (server functions), [`event_decoder`] and [`transcript`] (the stream), then pages.
//!
//! This crate depends on no other crate of the workspace: the server implements
//! [`service::ChatService`] and puts it into Leptos' context with the signed-in user.

pub mod api;
pub mod model;
#[cfg(feature = "ssr")]
pub mod service;
