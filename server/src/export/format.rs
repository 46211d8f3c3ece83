//! One conversation in the format somebody asked for.

use hearth_app::model::ExportFormat;

use super::{ConversationDocument, Language, html, markdown, plain_text};

/// The file's content.
///
/// # Panics
/// Never: a `String` takes every write.
pub fn render(document: &ConversationDocument, format: ExportFormat, language: Language) -> String {
    let mut out = String::new();
    let written = match format {
        ExportFormat::Markdown => markdown::write(&mut out, document, language),
        ExportFormat::Json => return document.to_json(),
        ExportFormat::Text => plain_text::write(&mut out, document, language),
        ExportFormat::Html => html::write(&mut out, document, language),
    };
    written.expect("invariant: a String takes every write");
    out
}

/// All branches as Markdown, the shown one first.
///
/// # Panics
/// Never: a `String` takes every write.
pub fn render_branches(document: &ConversationDocument, language: Language) -> String {
    let mut out = render(document, ExportFormat::Markdown, language);
    let written = markdown::write_others(&mut out, document, language);
    written.expect("invariant: a String takes every write");
    out
}

/// The file's media type.
pub const fn content_type(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Markdown => "text/markdown; charset=utf-8",
        ExportFormat::Json => "application/json",
        ExportFormat::Text => "text/plain; charset=utf-8",
        ExportFormat::Html => "text/html; charset=utf-8",
    }
}

/// The end of the file's name.
pub const fn extension(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Markdown => "md",
        ExportFormat::Json => "json",
        ExportFormat::Text => "txt",
        ExportFormat::Html => "html",
    }
}
