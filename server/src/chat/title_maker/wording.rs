//! How a model is asked for a title, and what is taken of its answer.

use hearth_engine::{
    harmony::conversation::ReasoningEffort,
    request::{ChatMessage, Conversation, Role},
};

use super::super::{prompt::is_chinese, view::MADE_TITLE_CHARS};
use crate::store::Untitled;

const ASKED: &str = "Write a title for this conversation: two to six words, in the language of the \
    conversation. Answer with the title alone.";
const ASKED_IN_CHINESE: &str =
    "为以上对话写一个标题：不超过十五个字，使用对话所用的语言。只回答标题本身。";

/// What models put before a title although they were asked for it alone.
const LABELS: [&str; 6] = [
    "title:",
    "title：",
    "conversation title:",
    "标题：",
    "标题:",
    "对话标题：",
];

/// The conversation's first question and answer, and the wish for a title.
pub(super) fn conversation(untitled: Untitled) -> Conversation {
    let asked = if is_chinese(&untitled.question) {
        ASKED_IN_CHINESE
    } else {
        ASKED
    };
    let messages = vec![
        ChatMessage::new(Role::User, untitled.question),
        ChatMessage::new(Role::Assistant, untitled.answer),
        ChatMessage::new(Role::User, asked),
    ];
    Conversation {
        reasoning_effort: ReasoningEffort::Low,
        ..Conversation::new(messages)
    }
}

/// The title in an answer: its first line without marks, quotes and labels. Nothing if that is no
/// title: empty, without a letter, or as long as a sentence.
pub(super) fn title(answer: &str) -> Option<String> {
    let is_mark = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || "#*_`\"'“”‘’「」『』《》.。".contains(letter)
    };
    let lines = answer.lines().map(|line| line.trim_matches(is_mark));
    let mut line = lines.into_iter().find(|line| !line.is_empty())?;
    for label in LABELS {
        let start = line.get(..label.len());
        if start.is_some_and(|start| start.eq_ignore_ascii_case(label)) {
            line = line[label.len()..].trim_matches(is_mark);
        }
    }
    let words: Vec<_> = line.split_whitespace().collect();
    let title = words.join(" ");
    let title: String = title
        .chars()
        .filter(|letter| !letter.is_control())
        .collect();
    let is_title =
        title.chars().any(char::is_alphanumeric) && title.chars().count() <= MADE_TITLE_CHARS;
    is_title.then_some(title)
}

#[cfg(test)]
mod tests {
    use hearth_app::model::{ConversationId, UserId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_title_is_taken_out_of_what_models_write_around_it() {
        for (answer, expected) in [
            (
                "Blue sky and Rayleigh scattering",
                "Blue sky and Rayleigh scattering",
            ),
            (
                "\n  **\"Why the Sky Is Blue\"**\n\nI chose it because",
                "Why the Sky Is Blue",
            ),
            ("Title: Sorting in Rust.", "Sorting in Rust"),
            ("# 标题：《天空为什么是蓝色的》", "天空为什么是蓝色的"),
            ("「量子  计算 入门」。", "量子 计算 入门"),
            ("C++ or Rust?", "C++ or Rust?"),
        ] {
            assert_eq!(title(answer).as_deref(), Some(expected), "{answer}");
        }
    }

    #[test]
    fn what_is_no_title_is_not_taken() {
        let sentence = "I am sorry, but I cannot make a title for a conversation like this one.";
        for answer in ["", " \n\n", "…", "***", "Title:", sentence] {
            assert_eq!(title(answer), None, "{answer}");
        }
    }

    #[test]
    fn the_wish_is_in_the_language_of_the_question() {
        for (question, wish) in [("Why?", ASKED), ("天空为什么是蓝色的", ASKED_IN_CHINESE)]
        {
            let asked = conversation(Untitled {
                user: UserId::new(Uuid::nil()),
                conversation: ConversationId::new(Uuid::nil()),
                question: question.to_owned(),
                answer: "42".to_owned(),
            });
            assert_eq!(asked.messages.len(), 3);
            assert_eq!(asked.messages[2].content, wish);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_model_writes_a_title_is_one_short_line(answer in "\\PC*|[ -~\\n]{0,300}") {
            if let Some(title) = title(&answer) {
                prop_assert!(!title.contains('\n') && title.chars().count() <= MADE_TITLE_CHARS);
                prop_assert_eq!(title.trim(), &title);
            }
        }
    }
}
