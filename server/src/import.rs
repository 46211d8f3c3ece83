//! Conversations that come in: files that our exports wrote, or another program, believed in
//! nothing.
//!
//! Reading order: `source` (a document or an archive, read one conversation at a time), `foreign`
//! (the same of other programs), `directory` (what an archive may say about itself), `check` (what
//! has to hold before anything is written), `folders` and `files` (those that it speaks of),
//! `rating` (what its person says of answers), `shares` (copies that others read), `problem` (what
//! does not hold, and where), `merge` (the preview and the import), `staging` (rows that are put
//! aside in short transactions) and `remains` (what ended and cut off imports leave).

mod check;
mod directory;
mod files;
mod folders;
mod foreign;
mod merge;
mod problem;
mod rating;
pub(crate) mod remains;
mod shares;
mod source;
mod staging;

#[cfg(test)]
mod tests;

pub use merge::{ImportError, Preview, import, import_readable, look, preview};
pub use problem::Problems;
pub(crate) use source::max_bytes;
pub use source::{ImportFile, MAX_ARCHIVE_BYTES, MAX_DOCUMENT_BYTES};
