//! Words about messages and the model that need more than a look-up.

use super::{Locale, words};
use crate::model::{FinishReason, ModelState, ModelStatus, Notice, ToolStep, WaitState};

/// What a person waits for before the first token.
pub(crate) fn waiting(locale: Locale, state: WaitState) -> String {
    match state {
        WaitState::LoadingModel { percent } => {
            words!(locale, chat.loading_model, percent = percent)
        }
        WaitState::Queued {
            ahead: 0,
            seconds: None,
        } => words!(locale, chat.queued_next).to_owned(),
        WaitState::Queued {
            ahead: 0,
            seconds: Some(seconds),
        } => words!(locale, chat.queued_next_about, seconds = seconds),
        WaitState::Queued {
            ahead,
            seconds: None,
        } => words!(locale, chat.queued, ahead = ahead),
        WaitState::Queued {
            ahead,
            seconds: Some(seconds),
        } => words!(locale, chat.queued_about, ahead = ahead, seconds = seconds),
        WaitState::ReadingPrompt { percent } => {
            words!(locale, chat.reading_prompt, percent = percent)
        }
    }
}

/// What a tool did, in a line.
pub(crate) fn tool_step(locale: Locale, step: &ToolStep) -> String {
    match (step.tool.as_str(), step.has_failed) {
        (ToolStep::CALCULATOR, false) => words!(locale, chat.calculated).to_owned(),
        (ToolStep::CALCULATOR, true) => words!(locale, chat.not_calculated).to_owned(),
        (tool, _) => words!(locale, chat.unknown_tool, tool = tool.to_owned()),
    }
}

/// What happened before an answer, in a line. `seconds`: how long the model thought, if it did.
pub(crate) fn steps_summary(locale: Locale, seconds: Option<u32>, steps: &[ToolStep]) -> String {
    let thought = seconds.map(|seconds| {
        if seconds == 1 {
            words!(locale, chat.reasoned_a_second).to_owned()
        } else {
            words!(locale, chat.reasoned, seconds = seconds)
        }
    });
    let has_calculated = steps.iter().any(|it| it.tool == ToolStep::CALCULATOR);
    match (thought, steps.first()) {
        (Some(thought), _) if has_calculated => {
            words!(locale, chat.and_used_calculator, thought = thought)
        }
        (None, _) if has_calculated => words!(locale, chat.used_calculator).to_owned(),
        (Some(thought), _) => thought,
        (None, Some(step)) => tool_step(locale, step),
        (None, None) => String::new(),
    }
}

/// Digits in groups of three, as both languages write them.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Why an answer ended, if a person has to know.
pub(crate) fn finish(locale: Locale, reason: Option<FinishReason>) -> Option<&'static str> {
    (reason == Some(FinishReason::Length)).then(|| words!(locale, chat.cut_off))
}

/// The state of the model, if it needs words.
pub(crate) fn model(locale: Locale, status: &ModelStatus) -> Option<String> {
    let name = status.name.clone();
    match &status.state {
        ModelState::Loading { percent } => {
            let percent = *percent;
            Some(words!(
                locale,
                chat.model_loading,
                name = name,
                percent = percent
            ))
        }
        ModelState::Failed => Some(words!(locale, chat.model_failed, name = name)),
        ModelState::Ready => None,
    }
}

/// Name and state of the model in one line: a model that answers has only its name.
pub(crate) fn model_chip(locale: Locale, status: &ModelStatus) -> String {
    let name = status.name.clone();
    match &status.state {
        ModelState::Loading { percent } => {
            let percent = *percent;
            words!(locale, frame.model_loading, name = name, percent = percent)
        }
        ModelState::Failed => words!(locale, frame.model_failed, name = name),
        ModelState::Ready => name,
    }
}

/// The state of the model alone.
pub(crate) fn model_state(locale: Locale, state: &ModelState) -> String {
    match state {
        ModelState::Loading { percent } => {
            let percent = *percent;
            words!(locale, frame.loading, percent = percent)
        }
        ModelState::Failed => words!(locale, frame.failed).to_owned(),
        ModelState::Ready => words!(locale, frame.lit).to_owned(),
    }
}

/// Something to know about the turn that began.
pub(crate) fn notice(locale: Locale, notice: Notice) -> String {
    match notice {
        Notice::TurnsLeftOut(1) => words!(locale, chat.one_left_out).to_owned(),
        Notice::TurnsLeftOut(number) => words!(locale, chat.many_left_out, number = number),
        Notice::FilesCut => words!(locale, chat.files_cut).to_owned(),
        Notice::Imported => words!(locale, chat.imported_not_exact).to_owned(),
        Notice::NotExact => words!(locale, chat.not_exact).to_owned(),
    }
}

/// Name of the version switch for screen readers.
pub(crate) fn version(locale: Locale, place: usize, count: usize) -> String {
    words!(locale, chat.version, place = place, number = count)
}

/// A conversation that has settings and no message yet has no title.
pub(crate) fn titled(locale: Locale, title: String) -> String {
    if title.is_empty() {
        words!(locale, chat.new_chat).to_owned()
    } else {
        title
    }
}

/// Name of a conversation's menu.
pub(crate) fn menu(locale: Locale, title: String) -> String {
    words!(locale, chat.menu, title = title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups_of_three_digits() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn one_turn_and_several_turns_read_well_in_both_languages() {
        let english = notice(Locale::en, Notice::TurnsLeftOut(1));
        assert!(english.starts_with("The oldest question was"), "{english}");
        let english = notice(Locale::en, Notice::TurnsLeftOut(3));
        assert!(english.starts_with("The 3 oldest questions"), "{english}");
        let chinese = notice(Locale::zh_CN, Notice::TurnsLeftOut(3));
        assert!(chinese.contains("最早的 3 轮"), "{chinese}");
    }
}
