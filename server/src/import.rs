//! Conversations that come in: files that our exports wrote, believed in nothing.
//!
//! Reading order: `source` (a document or an archive, read one conversation at a time), `check`
//! (what has to hold before anything is written), `problem` (what does not, and where), `merge`
//! (the preview, and the one transaction of the import).

mod check;
mod merge;
mod problem;
mod source;

#[cfg(test)]
mod tests;

pub use merge::{ImportError, import, preview};
pub use problem::Problems;
pub use source::{ImportFile, MAX_DOCUMENT_BYTES};
