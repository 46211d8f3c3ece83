//! Words about what was taken out and what is brought in, for sections that the server draws.

use super::{Locale, export::format, words};
use crate::model::{ExportSubject, ImportCounts};

/// Name of what was exported.
pub(crate) fn subject(locale: Locale, subject: ExportSubject) -> &'static str {
    match subject {
        ExportSubject::Conversation { format: it, .. } => format(locale, it),
        ExportSubject::All => "ZIP",
    }
}

/// The lines of a preview or a report: what, and how many.
pub(crate) fn counts(locale: Locale, counts: &ImportCounts) -> [(&'static str, u32); 6] {
    [
        (
            words!(locale, exports.new_conversations),
            counts.new_conversations,
        ),
        (
            words!(locale, exports.extended_conversations),
            counts.extended_conversations,
        ),
        (
            words!(locale, exports.restored_conversations),
            counts.restored_conversations,
        ),
        (words!(locale, exports.new_messages), counts.new_messages),
        (
            words!(locale, exports.unchanged_conversations),
            counts.unchanged_conversations,
        ),
        (
            words!(locale, exports.unchanged_messages),
            counts.unchanged_messages,
        ),
    ]
}
