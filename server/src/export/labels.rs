//! The words that an export adds to what people and models wrote.

use hearth_app::model::{FinishReason, MessageStatus, Reasoning, Role, ToolStep};

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

impl From<hearth_app::model::Language> for Language {
    fn from(language: hearth_app::model::Language) -> Self {
        match language {
            hearth_app::model::Language::English => Self::English,
            hearth_app::model::Language::Chinese => Self::Chinese,
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

    pub(super) const fn role(self, role: Role) -> &'static str {
        match (self, role) {
            (Self::English, Role::User) => "You",
            (Self::English, Role::Assistant) => "Assistant",
            (Self::Chinese, Role::User) => "你",
            (Self::Chinese, Role::Assistant) => "助手",
        }
    }

    /// The line below the title.
    pub(super) fn exported_at(self, time: &str) -> String {
        match self {
            Self::English => format!("Exported from Hearth on {time}"),
            Self::Chinese => format!("由 Hearth 导出于 {time}"),
        }
    }

    /// What a reader has to know about a message that is not complete.
    pub(super) const fn note(self, message: &MessageDocument) -> Option<&'static str> {
        let notes = match message.status {
            MessageStatus::Running => [
                "This answer was still being written when it was exported.",
                "导出时此回答仍在生成。",
            ],
            MessageStatus::Stopped => ["This answer was stopped.", "此回答已被停止。"],
            MessageStatus::Interrupted => ["This answer was interrupted.", "此回答已中断。"],
            MessageStatus::Failed => ["This answer failed.", "此回答生成失败。"],
            MessageStatus::Finished
                if matches!(message.finish_reason, Some(FinishReason::Length)) =>
            {
                [
                    "This answer reached its length limit.",
                    "此回答达到长度上限。",
                ]
            }
            MessageStatus::Finished => return None,
        };
        let [english, chinese] = notes;
        Some(match self {
            Self::English => english,
            Self::Chinese => chinese,
        })
    }

    /// What stands above what a model thought.
    pub(super) fn thought(self, reasoning: &Reasoning) -> String {
        let seconds = reasoning.duration_ms.div_ceil(1000).max(1);
        match self {
            Self::English => format!("Thought for {seconds} s"),
            Self::Chinese => format!("思考了 {seconds} 秒"),
        }
    }

    /// What a tool did, in a line.
    pub(super) fn step(self, step: &ToolStep) -> String {
        let colon = match self {
            Self::English => ": ",
            Self::Chinese => "：",
        };
        format!("{}{colon}{} → {}", step.tool, step.input, step.output)
    }

    /// Who wrote a message with what and when.
    pub(super) fn byline(self, message: &MessageDocument) -> String {
        let mut line = self.role(message.role).to_owned();
        let model = message.model.as_ref().and_then(|model| model.name.as_ref());
        for part in model.into_iter().chain([&message.created_at.to_minute()]) {
            line += " · ";
            line += part;
        }
        line
    }
}
