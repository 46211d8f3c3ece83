//! A file beside a message, in a document.

use serde::{Deserialize, Serialize};

use super::base64;
use crate::{
    extract::FileKind,
    store::{NewFile, TreeFile},
};

/// A file of a person's message: what was read of it and, if the document has room, all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDocument {
    pub name: String,
    /// How it was read.
    pub kind: FileKind,
    /// Bytes.
    pub size: u64,
    /// Of the file, in lower-case hexadecimal.
    pub sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_pages: Option<u32>,
    /// Of `text`, for the model of that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_tokens: Option<u32>,
    /// There is more text in the file.
    pub is_cut: bool,
    pub text: String,
    /// The file, in base64. Absent where the files of a conversation are too large for a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl FileDocument {
    pub(super) fn new(file: TreeFile) -> Self {
        let TreeFile {
            name,
            file,
            content,
        } = file;
        Self {
            name,
            // The database holds what the program wrote.
            kind: file.kind.parse().unwrap_or(FileKind::Text),
            size: file.size,
            sha256: hex::encode(file.sha256),
            num_pages: file.num_pages,
            num_tokens: file.num_tokens,
            is_cut: file.is_cut,
            text: file.text,
            content: content.map(|content| base64::encode(&content)),
        }
    }

    /// The file, if the document has it and it is well written.
    pub(crate) fn content(&self) -> Option<Vec<u8>> {
        base64::decode(self.content.as_ref()?)
    }

    /// The sum of the file, if it is one.
    pub(crate) fn sum(&self) -> Option<[u8; 32]> {
        let mut sum = [0; 32];
        hex::decode_to_slice(&self.sha256, &mut sum).ok()?;
        // One sum has one spelling.
        (hex::encode(sum) == self.sha256).then_some(sum)
    }

    pub(super) fn into_file(self) -> TreeFile {
        TreeFile {
            content: self.content(),
            file: NewFile {
                // Checked before: a document with another one is not imported.
                sha256: self.sum().unwrap_or_default(),
                kind: self.kind.as_str().to_owned(),
                size: self.size,
                is_cut: self.is_cut,
                num_pages: self.num_pages,
                num_tokens: self.num_tokens,
                text: self.text,
            },
            name: self.name,
        }
    }
}
