//! Finding what somebody wrote or was answered, by its words.
//!
//! Reading order: `characters` and `tokens` (what a text is made of), `index_text` (what the index
//! gets of it), `query` (whatever is typed is a question), `snippet` (what is shown of a hit),
//! `ranking` (in which order), `service`. The database's part stands in `store/search.rs` and
//! `store/search_index.rs`.

mod characters;
mod index_text;
mod query;
mod ranking;
mod service;
mod snippet;
mod tokens;

pub(crate) use index_text::IndexText;
pub(crate) use query::Query;
pub use service::SearchServer;
