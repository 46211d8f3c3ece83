//! In which language an export adds its words. The words themselves are the page's.

use hearth_app::{
    ExportWords,
    model::{self, Reasoning, Role, ToolStep},
};

use super::MessageDocument;

/// The language of those words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    #[default]
    #[value(name = "en")]
    English,
    #[value(name = "zh-Hans")]
    Chinese,
}

impl From<model::Language> for Language {
    fn from(language: model::Language) -> Self {
        match language {
            model::Language::English => Self::English,
            model::Language::Chinese => Self::Chinese,
        }
    }
}

impl Language {
    /// The tag in `lang`.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-Hans",
        }
    }

    const fn words(self) -> ExportWords {
        ExportWords::new(match self {
            Self::English => model::Language::English,
            Self::Chinese => model::Language::Chinese,
        })
    }

    pub(super) fn role(self, role: Role) -> &'static str {
        self.words().role(role)
    }

    /// A rendered answer with its labels in this language.
    pub(super) fn answer(self, html: String) -> String {
        self.words().answer(html)
    }

    /// The line below the title.
    pub(super) fn exported_at(self, time: &str) -> String {
        self.words().exported_at(time)
    }

    /// Heading of a branch that is not the shown one.
    pub(super) fn branch(self, number: usize) -> String {
        self.words().branch(number)
    }

    /// What a branch goes on from, by its first words.
    pub(super) fn after(self, beginning: String) -> String {
        self.words().after(beginning)
    }

    /// What a reader has to know about a message that is not complete, and why it is not.
    pub(super) fn notes(self, message: &MessageDocument) -> impl Iterator<Item = String> {
        let note = self.words().note(message.status, message.finish_reason);
        let error = message.error.as_deref();
        let error = error.map(|stored| self.words().error(stored));
        note.map(str::to_owned).into_iter().chain(error)
    }

    /// The names of a message's files, in a line; none where it has none.
    pub(super) fn files(self, message: &MessageDocument) -> Option<String> {
        let names = message.files.iter().map(|file| file.name.as_str());
        let names: Vec<_> = names.collect();
        (!names.is_empty()).then(|| self.words().files(&names))
    }

    /// What stands above what a model thought.
    pub(super) fn thought(self, reasoning: &Reasoning) -> String {
        self.words().thought(reasoning)
    }

    /// What a tool did, in a line.
    pub(super) fn step(self, step: &ToolStep) -> String {
        self.words().step(step)
    }

    /// Who wrote a message with what and when.
    pub(super) fn byline(self, message: &MessageDocument) -> String {
        let mut line = self.role(message.role).to_owned();
        let model = message.model.as_ref();
        let model = model.and_then(|model| model.title.as_ref().or(model.name.as_ref()));
        for part in model.into_iter().chain([&message.created_at.to_minute()]) {
            line += " · ";
            line += part;
        }
        line
    }
}
