//! What the browser sees. Reading order: [`model`] (the words), [`service`] (what the server
//! offers), [`api`] (server functions), [`line_decoder`] and [`transcript`] (the stream),
//! [`tab_leader`] (which tab listens for all), then `sub_path` (addresses), `sentences` (what is
//! read aloud) and `pages`.
//!
//! This crate depends on no other crate of the workspace: the server implements
//! [`service::ChatService`] and puts it into Leptos' context with the signed-in user.
#![recursion_limit = "256"]

pub mod api;
mod browser;
mod components;
mod conversation_list;
mod later;
pub mod line_decoder;
pub mod model;
mod pages;
mod preferences;
mod read_once;
mod sentences;
#[cfg(feature = "ssr")]
pub mod service;
mod shell;
mod sub_path;
pub mod tab_leader;
pub mod transcript;
pub mod way_back;
mod words;

#[cfg(all(feature = "ssr", debug_assertions))]
pub use pages::{MarkdownRenderer, STYLEGUIDE, STYLEGUIDE_STYLE, styleguide};
#[cfg(feature = "ssr")]
pub use pages::{
    PREVIEW_CHARS, RefusedMessage, address_error, attached_files, error_page, error_sentence,
    file_page, new_file, refused_file, refused_message,
};
pub use shell::{App, shell};
pub use sub_path::SubPath;
#[cfg(feature = "ssr")]
pub use sub_path::provide_sub_path;
#[cfg(feature = "ssr")]
pub use words::export::ExportWords;

/// Makes the server's page interactive. Called once, by the script that loads this module. Doors
/// stay as the server drew them.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    sub_path::read_from_document();
    if !browser::open_door() {
        leptos::mount::hydrate_body(App);
    }
}
