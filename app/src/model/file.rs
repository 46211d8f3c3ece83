//! Files beside messages.

use serde::{Deserialize, Serialize};

use super::FileId;

/// Most files of one message.
pub const MAX_FILES: usize = 10;
/// Largest file that goes with a message, in bytes (20 MiB).
pub const MAX_FILE_BYTES: u64 = 20 << 20;

/// A file beside a message, or on its way to one, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedFile {
    pub id: FileId,
    pub name: String,
    /// How it was read: one of the words of `extract::FileKind`.
    pub kind: String,
    /// Bytes.
    pub size: u64,
    /// Absent: it has no pages.
    pub num_pages: Option<u32>,
    /// Of its text, for the model of that time; absent: nobody counted.
    pub num_tokens: Option<u32>,
    /// More text is in it than was read.
    pub is_cut: bool,
    /// Its content is here too; it is missing where an import brought the text alone.
    pub is_whole: bool,
}
