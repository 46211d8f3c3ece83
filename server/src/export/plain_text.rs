//! The shown branch as text: what people and the model wrote, without any mark-up of ours.

use super::{ConversationDocument, Language};

/// The whole file.
pub(super) fn write(document: &ConversationDocument, language: Language) -> String {
    let mut out = format!("{}\n", document.title);
    if let Some(time) = document.exported_at {
        out += &format!("{}\n", language.exported_at(&time.to_minute()));
    }
    for message in document.branch() {
        out += &format!("\n{}\n\n", language.byline(message));
        out += message.text.trim_end();
        out.push('\n');
        for note in language
            .note(message)
            .into_iter()
            .chain(message.error.as_deref())
        {
            out += &format!("\n[{note}]\n");
        }
    }
    out
}
