//! Words about taking conversations out and bringing them in.

use crate::model::{ExportFormat, ExportSubject, ImportCounts};

pub(crate) const EXPORT: &str = "Export";
pub(crate) const EXPORT_HINT: &str = "Only JSON holds all versions and can be imported again.";
pub(crate) const ALL_EXPORTS: &str = "All exports";
pub(crate) const PRINT: &str = "Print";
pub(crate) const EXPORTS: &str = "Exports";
pub(crate) const EXPORTS_LEAD: &str = "Files are kept for 30 days. Afterwards they can be made \
    again, as long as the conversation exists.";
pub(crate) const NO_EXPORTS: &str = "Nothing was exported yet. A conversation is exported with the \
    menu above it.";
pub(crate) const EXPORT_ALL: &str = "Export all conversations";
pub(crate) const EXPORT_ALL_LEAD: &str = "One ZIP file with every conversation as JSON and as \
    Markdown. It can be imported here or on another server.";
pub(crate) const DOWNLOAD: &str = "Download";
pub(crate) const MAKE_AGAIN: &str = "Make again";
pub(crate) const FILE: &str = "File";
pub(crate) const FORMAT: &str = "Format";
pub(crate) const SIZE: &str = "Size";
pub(crate) const MADE: &str = "Made (UTC)";
pub(crate) const ACTIONS: &str = "Actions";
pub(crate) const BACK_TO_CHAT: &str = "Back to the chat";
pub(crate) const IMPORT: &str = "Import";
pub(crate) const IMPORT_LEAD: &str = "Choose a JSON or ZIP file that Hearth exported, at most \
    64 MiB. You see what it would change before anything is changed.";
pub(crate) const CHOOSE_FILE: &str = "Exported file";
pub(crate) const LOOK_AT_FILE: &str = "Show what it would change";
pub(crate) const CHOOSE_ANOTHER: &str = "Choose another file";
pub(crate) const IMPORT_NOW: &str = "Import now";
pub(crate) const NOTHING_NEW: &str = "Everything in this file is here already.";
pub(crate) const IMPORTED: &str = "The file was imported.";
pub(crate) const REFUSED: &str = "This file cannot be imported, and nothing was changed:";
pub(crate) const UPLOAD_GONE: &str = "The uploaded file is not there any more. Please choose it \
    again.";
pub(crate) const NEW_CONVERSATIONS: &str = "New conversations";
pub(crate) const EXTENDED_CONVERSATIONS: &str = "Conversations that get new messages";
pub(crate) const RESTORED_CONVERSATIONS: &str = "Deleted conversations that come back";
pub(crate) const UNCHANGED_CONVERSATIONS: &str = "Conversations that stay as they are";
pub(crate) const NEW_MESSAGES: &str = "New messages";
pub(crate) const UNCHANGED_MESSAGES: &str = "Messages that are here already";

/// Name of a format.
pub(crate) const fn format(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Markdown => "Markdown",
        ExportFormat::Json => "JSON",
        ExportFormat::Text => "Text",
        ExportFormat::Html => "HTML",
    }
}

/// Name of what was exported.
pub(crate) const fn subject(subject: ExportSubject) -> &'static str {
    match subject {
        ExportSubject::Conversation { format: it, .. } => format(it),
        ExportSubject::All => "ZIP",
    }
}

/// The lines of a preview or a report: what, and how many.
pub(crate) const fn counts(counts: &ImportCounts) -> [(&'static str, u32); 6] {
    [
        (NEW_CONVERSATIONS, counts.new_conversations),
        (EXTENDED_CONVERSATIONS, counts.extended_conversations),
        (RESTORED_CONVERSATIONS, counts.restored_conversations),
        (NEW_MESSAGES, counts.new_messages),
        (UNCHANGED_CONVERSATIONS, counts.unchanged_conversations),
        (UNCHANGED_MESSAGES, counts.unchanged_messages),
    ]
}

/// Problems beyond the ones that are named.
pub(crate) fn more_problems(number: u32) -> String {
    format!("… and {number} more.")
}

/// Name of a row's button, for those who do not see the row.
pub(crate) fn of_file(action: &str, file_name: &str) -> String {
    format!("{action}: {file_name}")
}

/// A number of bytes for people, in units of 1024.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let (mut tenths, mut unit) = (number * 10 / 1024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_largest_unit_that_fits() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(64 << 20), "64.0 MiB");
        assert_eq!(bytes(5 << 40), "5.0 TiB");
    }
}
