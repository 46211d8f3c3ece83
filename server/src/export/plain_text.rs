//! The shown branch as text: what people and the model wrote, without any mark-up of ours.

use std::fmt::{self, Write};

use hearth_app::model::Phase;

use super::{ConversationDocument, Language};

/// Appends the whole file.
pub(super) fn write(
    out: &mut String,
    document: &ConversationDocument,
    language: Language,
) -> fmt::Result {
    writeln!(out, "{}", document.title)?;
    if let Some(time) = document.exported_at {
        writeln!(out, "{}", language.exported_at(&time.to_minute()))?;
    }
    for message in document.branch() {
        let text = message.text.trim_end();
        writeln!(out, "\n{}\n", language.byline(message))?;
        if let Some(files) = language.files(message) {
            writeln!(out, "[{files}]\n")?;
        }
        if let Some(reasoning) = &message.reasoning {
            let thought = language.thought(reasoning);
            writeln!(out, "[{thought}]")?;
        }
        for phase in message.phases() {
            match phase {
                Phase::Thought(text) => writeln!(out, "{text}\n")?,
                Phase::Step(step) => writeln!(out, "[{}]\n", language.step(step))?,
            }
        }
        writeln!(out, "{text}")?;
        for note in language.notes(message) {
            writeln!(out, "\n[{note}]")?;
        }
    }
    Ok(())
}
