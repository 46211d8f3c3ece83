//! The text of a PDF (ISO 32000-1), page by page.
//!
//! `lopdf` reads the file: its objects, its compression, a protection without a password. What the
//! signs on a page mean and which of them make a line is found out here: no reader that exists is
//! right for Chinese and small at once (`docs/adr/0050-foreign-files-are-read-by-a-child.md`).
//!
//! Reading order: this file, `page` (what a page shows, in its order), `lines` (signs become
//! lines), `font` (codes become signs), and what fonts say of that: `cmap`, `predefined`, `glyphs`.

mod cmap;
mod font;
mod glyphs;
mod lines;
mod page;
mod predefined;

use lopdf::{Document, Error, LoadOptions};

use super::{ExtractError, Limits, written::Written};
use page::Reading;

/// Bytes of one stream when it is unpacked: a page has some hundred KiB.
const MAX_STREAM_BYTES: usize = 64 << 20;

/// Writes the text of each page below its number; how many pages there are.
pub(super) fn write(
    bytes: &[u8],
    limits: &Limits,
    written: &mut Written,
) -> Result<u32, ExtractError> {
    let options = LoadOptions::with_max_decompressed_size(MAX_STREAM_BYTES);
    let document =
        Document::load_mem_with_options(bytes, options).map_err(|error| refusal(&error))?;
    // One that opened without a password has lost this.
    if document.trailer.has(b"Encrypt") {
        return Err(ExtractError::Encrypted);
    }
    let mut num_pages = 0_u32;
    let mut has_text = false;
    let mut reading = Reading::new(&document);
    for page in document.page_iter() {
        num_pages = num_pages.saturating_add(1);
        if num_pages > limits.max_pages || written.is_full() {
            written.cut();
            continue;
        }
        let text = reading.page(page);
        has_text |= !text.trim().is_empty();
        written.push_block(&format!("--- page {num_pages} ---\n{text}"));
    }
    match (num_pages, has_text) {
        (0, _) => Err(ExtractError::Damaged("there are no pages".to_owned())),
        (_, false) => Err(ExtractError::NoText),
        (_, true) => Ok(num_pages),
    }
}

fn refusal(error: &Error) -> ExtractError {
    match error {
        Error::InvalidPassword | Error::Decryption(_) | Error::UnsupportedSecurityHandler(_) => {
            ExtractError::Encrypted
        }
        other => ExtractError::Damaged(other.to_string()),
    }
}
