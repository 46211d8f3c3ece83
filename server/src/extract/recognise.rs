//! What a file is: its bytes say it first, its name second.

mod container;
mod signature;
mod suffix;

use super::{ExtractError, FileKind};

pub(super) use suffix::hint;

/// A format that has a beginning of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Pdf,
    Docx,
    Xlsx,
    Xlsb,
    Xls,
    Ods,
}

/// What the bytes of a whole file are. `None`: perhaps a text, as far as they say.
///
/// # Errors
/// If they are something that is not read here.
pub(super) fn by_bytes(bytes: &[u8]) -> Result<Option<Format>, ExtractError> {
    if bytes.is_empty() {
        return Err(ExtractError::Empty);
    }
    if signature::is_pdf(bytes) {
        return Ok(Some(Format::Pdf));
    }
    if let Some(error) = signature::other_than_text(bytes) {
        return Err(error);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return container::in_zip(bytes).map(Some);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return container::in_compound_file(bytes).map(Some);
    }
    Ok(None)
}

/// What a text is.
pub(super) fn by_text(text: &str, name: &str) -> FileKind {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if let Some(kind) = suffix::kind_of(name) {
        kind
    } else if has_html_tag(start) {
        FileKind::Html
    } else if is_json(start) {
        FileKind::Json
    } else if start.starts_with("#!") {
        FileKind::Code
    } else {
        FileKind::Text
    }
}

fn has_html_tag(start: &str) -> bool {
    ["<!doctype html", "<html"].iter().any(|tag| {
        let found = start.get(..tag.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(tag))
    })
}

fn is_json(start: &str) -> bool {
    start.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(start).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_before_names() {
        let picture = b"\x89PNG\r\n\x1a\n rest";
        assert_eq!(by_bytes(picture), Err(ExtractError::Picture));
        let pdf = b"\n%PDF-1.7\n";
        assert_eq!(by_bytes(pdf), Ok(Some(Format::Pdf)));
        assert_eq!(by_bytes(b""), Err(ExtractError::Empty));
        assert_eq!(by_bytes(b"words"), Ok(None));
    }

    #[test]
    fn a_text_is_what_its_name_says_and_else_what_it_looks_like() {
        let check = |text: &str, name: &str, expected: FileKind| {
            assert_eq!(by_text(text, name), expected, "{name}: {text}");
        };
        check("words", "a.txt", FileKind::Text);
        check("words", "README.MD", FileKind::Markdown);
        check("fn main() {}", "main.rs", FileKind::Code);
        check("all:", "Makefile", FileKind::Code);
        check("a,b", "a.csv", FileKind::Table);
        check("{}", "a.json", FileKind::Json);
        check("<p>", "a.htm", FileKind::Html);
        check(" <!DOCTYPE html><p>", "page", FileKind::Html);
        check("<?php ?><html>", "a.php", FileKind::Code);
        check("[1, 2]", "", FileKind::Json);
        check("[1, 2", "", FileKind::Text);
        check("#!/bin/sh", "run", FileKind::Code);
    }
}
