//! Words about what was taken out and what is brought in, for sections that the server draws.

use super::{Locale, export::format, words};
use crate::model::{Brought, ChatProgram, ExportSubject, ImportCounts};

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

/// The lines about a file of another program.
pub(crate) fn brought(locale: Locale, brought: &Brought) -> [(&'static str, u32); 8] {
    [
        (
            words!(locale, exports.found_conversations),
            brought.conversations,
        ),
        (words!(locale, exports.found_messages), brought.messages),
        (words!(locale, exports.found_branches), brought.branches),
        (words!(locale, exports.left_pictures), brought.pictures),
        (words!(locale, exports.left_files), brought.files),
        (words!(locale, exports.left_prompts), brought.prompts),
        (words!(locale, exports.left_empty), brought.empty),
        (words!(locale, exports.left_unreadable), brought.unreadable),
    ]
}

/// Where a program has its export.
pub(crate) fn where_found(locale: Locale, program: ChatProgram) -> &'static str {
    match program {
        ChatProgram::ChatGpt => words!(locale, exports.chatgpt_file),
        ChatProgram::OpenWebUi => words!(locale, exports.open_webui_file),
        ChatProgram::LibreChat => words!(locale, exports.librechat_file),
        ChatProgram::LlamaCpp => words!(locale, exports.llama_cpp_file),
    }
}
