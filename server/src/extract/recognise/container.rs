//! What a ZIP or an older container of Office holds.

use std::io::Cursor;

use zip::ZipArchive;

use super::{ExtractError, Format};

/// Names of streams in an older container are in UTF-16.
const OLD_STREAMS: [(&str, Result<Format, ExtractError>); 6] = [
    ("EncryptedPackage", Err(ExtractError::Encrypted)),
    ("Workbook", Ok(Format::Xls)),
    ("Book", Ok(Format::Xls)),
    ("WordDocument", Err(ExtractError::OldFormat)),
    ("PowerPoint Document", Err(ExtractError::OldFormat)),
    ("__properties_version1.0", Err(ExtractError::OldFormat)),
];
/// An entry of its directory has as many bytes, and begins with the name.
const ENTRY_BYTES: usize = 128;

/// The format of a document in a ZIP.
///
/// # Errors
/// If there is none that is read here. A ZIP whose directory cannot be read is one that was
/// damaged: what it was nobody knows.
pub(super) fn in_zip(bytes: &[u8]) -> Result<Format, ExtractError> {
    let zip = ZipArchive::new(Cursor::new(bytes));
    let zip = zip.map_err(|error| ExtractError::Damaged(error.to_string()))?;
    let has = |name: &str| zip.index_for_name_raw(name.as_bytes()).is_some();
    let has_any = |beginning: &str| {
        let mut names = zip.file_names_raw();
        names.any(|name| name.starts_with(beginning.as_bytes()))
    };
    let is_package = has("[Content_Types].xml");
    if has_any("word/document") {
        Ok(Format::Docx)
    } else if has("xl/workbook.bin") {
        Ok(Format::Xlsb)
    } else if has_any("xl/workbook") {
        Ok(Format::Xlsx)
    } else if has("content.xml") && has("mimetype") {
        in_open_document(bytes)
    } else if is_package || has("META-INF/container.xml") {
        // Slides and books, say: there are words in them, and nobody reads them here.
        Err(ExtractError::NoText)
    } else {
        Err(ExtractError::Archive)
    }
}

/// The type of an open document stands in its first file, which is not compressed.
fn in_open_document(bytes: &[u8]) -> Result<Format, ExtractError> {
    const SPREADSHEET: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";
    let head = bytes.get(..ENTRY_BYTES).unwrap_or(bytes);
    if head
        .windows(SPREADSHEET.len())
        .any(|window| window == SPREADSHEET)
    {
        return Ok(Format::Ods);
    }
    Err(ExtractError::NoText)
}

/// The format of a document in a container of the years before 2007. Its directory is made of
/// entries of equal size, wherever the sectors lie, so the names are found without reading it.
///
/// # Errors
/// If it is none that is read here.
pub(super) fn in_compound_file(bytes: &[u8]) -> Result<Format, ExtractError> {
    let entries = || bytes.chunks_exact(ENTRY_BYTES).skip(4);
    for (name, format) in OLD_STREAMS {
        let name: Vec<u8> = name
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_le_bytes)
            .collect();
        if entries().any(|entry| entry.starts_with(&name)) {
            return format;
        }
    }
    Err(ExtractError::OldFormat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_container_is_told_by_its_streams() {
        let container = |stream: &str| {
            let mut bytes = vec![0; 1024];
            let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
            bytes[640..640 + name.len()].copy_from_slice(&name);
            bytes
        };
        let found = |stream: &str| in_compound_file(&container(stream));
        assert_eq!(found("Workbook"), Ok(Format::Xls));
        assert_eq!(found("WordDocument"), Err(ExtractError::OldFormat));
        assert_eq!(found("EncryptedPackage"), Err(ExtractError::Encrypted));
        assert_eq!(found("WorkbookOfMine"), Err(ExtractError::OldFormat));
    }
}
