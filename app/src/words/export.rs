//! Words of exports: the names of their formats, and what a file adds to what was written.

use super::{Locale, words};
use crate::model::ExportFormat;

#[cfg(feature = "ssr")]
pub use added::ExportWords;

/// Name of a format.
pub(crate) fn format(locale: Locale, format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Markdown => "Markdown",
        ExportFormat::Json => "JSON",
        ExportFormat::Text => words!(locale, exports.text),
        ExportFormat::Html => "HTML",
    }
}

#[cfg(feature = "ssr")]
mod added {
    use super::{Locale, words};
    use crate::{
        model::{FinishReason, Language, MessageStatus, Reasoning, Role, ToolStep, TurnError},
        words::{in_language, locale_of, turn_error},
    };

    /// What an exported file says beside what people and models wrote.
    #[derive(Clone, Copy, Debug)]
    pub struct ExportWords(Locale);

    impl ExportWords {
        /// The words in this language.
        pub const fn new(language: Language) -> Self {
            Self(locale_of(language))
        }

        /// Who wrote a message.
        pub fn role(self, role: Role) -> &'static str {
            match role {
                Role::User => words!(self.0, chat.you),
                Role::Assistant => words!(self.0, chat.assistant),
            }
        }

        /// A rendered answer with its labels in this language.
        pub fn answer(self, html: String) -> String {
            in_language(self.0, html)
        }

        /// The line below the title.
        pub fn exported_at(self, time: &str) -> String {
            words!(self.0, exports.added.exported_at, time = time.to_owned())
        }

        /// Heading of a branch that is not the shown one.
        pub fn branch(self, number: usize) -> String {
            words!(self.0, chat.branch, number = number)
        }

        /// What a branch goes on from, by its first words.
        pub fn after(self, beginning: String) -> String {
            words!(self.0, exports.added.after, beginning = beginning)
        }

        /// What a reader has to know about a message that is not complete.
        pub fn note(
            self,
            status: MessageStatus,
            finish_reason: Option<FinishReason>,
        ) -> Option<&'static str> {
            Some(match status {
                MessageStatus::Running => words!(self.0, exports.added.running),
                MessageStatus::Stopped => words!(self.0, exports.added.stopped),
                MessageStatus::Interrupted => words!(self.0, exports.added.interrupted),
                MessageStatus::Failed => words!(self.0, exports.added.failed),
                MessageStatus::Finished if finish_reason == Some(FinishReason::Length) => {
                    words!(self.0, exports.added.length)
                }
                MessageStatus::Finished => return None,
            })
        }

        /// Why an answer is not what it should be, from what the database says of it.
        pub fn error(self, stored: &str) -> String {
            turn_error(self.0, TurnError::from_stored(stored.to_owned()))
        }

        /// The names of a message's files.
        pub fn files(self, names: &[&str]) -> String {
            let names = names.join(words!(self.0, exports.added.between_files));
            words!(self.0, exports.added.files, names = names)
        }

        /// What stands above what a model thought.
        pub fn thought(self, reasoning: &Reasoning) -> String {
            let seconds = reasoning.duration_ms.div_ceil(1000).max(1);
            words!(self.0, exports.added.thought, seconds = seconds)
        }

        /// What a tool did, in a line.
        pub fn step(self, step: &ToolStep) -> String {
            let (tool, input) = (step.tool.clone(), step.input.clone());
            let output = step.output.clone();
            words!(
                self.0,
                exports.added.step,
                tool = tool,
                input = input,
                output = output
            )
        }
    }
}
