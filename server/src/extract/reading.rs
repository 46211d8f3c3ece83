//! One file in the child.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{
    ExtractError, Extracted, FileKind, Limits,
    confine::confine,
    docx, encoding, html, pdf,
    recognise::{Format, by_bytes, by_text},
    spreadsheet,
    written::Written,
};

/// The text of a file, read here and now: this process gives up everything else for it, for good.
///
/// # Errors
/// If the file cannot be opened, or this process cannot be confined. What is wrong with the file
/// is what it answers.
pub(crate) fn in_this_process(
    path: &Path,
    name: &str,
    limits: &Limits,
) -> io::Result<Result<Extracted, ExtractError>> {
    let file = File::open(path)?;
    confine(limits)?;
    let num_bytes = file.metadata()?.len();
    if num_bytes > limits.max_bytes {
        return Ok(Err(ExtractError::TooLarge));
    }
    // As much as it has, and a byte to see its end: not twice as much, as a vector grows.
    let mut bytes = Vec::new();
    let capacity = usize::try_from(num_bytes.saturating_add(1)).unwrap_or(usize::MAX);
    if bytes.try_reserve_exact(capacity).is_err() {
        return Ok(Err(ExtractError::TooMuchMemory));
    }
    let mut whole = file.take(limits.max_bytes.saturating_add(1));
    match whole.read_to_end(&mut bytes) {
        Ok(_) if whole.limit() == 0 => Ok(Err(ExtractError::TooLarge)),
        Ok(_) => Ok(text_of(&bytes, name, limits)),
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => {
            Ok(Err(ExtractError::TooMuchMemory))
        }
        Err(error) => Err(error),
    }
}

/// The text of the bytes of a file.
fn text_of(bytes: &[u8], name: &str, limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut written = Written::new(limits.max_text_bytes);
    let (kind, num_pages) = match by_bytes(bytes)? {
        None => (write_text(bytes, name, &mut written)?, None),
        Some(Format::Pdf) => {
            let num_pages = pdf::write(bytes, limits, &mut written)?;
            (FileKind::Pdf, Some(num_pages))
        }
        Some(Format::Docx) => {
            // Beside what is unpacked stand its characters, and what is read of them.
            docx::write(bytes, limits.memory_bytes / 4, &mut written)?;
            (FileKind::Document, None)
        }
        Some(format) => {
            let num_sheets = spreadsheet::write(bytes, format, limits, &mut written)?;
            (FileKind::Spreadsheet, Some(num_sheets))
        }
    };
    let (text, is_cut) = written.into_parts();
    if text.trim().is_empty() {
        return Err(ExtractError::NoText);
    }
    Ok(Extracted {
        kind,
        text,
        num_pages,
        is_cut,
    })
}

fn write_text(bytes: &[u8], name: &str, written: &mut Written) -> Result<FileKind, ExtractError> {
    let text = encoding::decode_page(bytes).ok_or(ExtractError::NoText)?;
    if text.trim().is_empty() {
        return Err(ExtractError::Empty);
    }
    let kind = by_text(&text, name);
    if kind == FileKind::Html {
        html::write(&text, written);
    } else {
        written.push(&text);
    }
    Ok(kind)
}
