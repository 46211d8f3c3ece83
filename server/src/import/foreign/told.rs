//! What programs tell of a conversation, in one form for all of them.

use hearth_app::model::{FinishReason, ImportFault, ImportProblem, MessageStatus, ToolStep};
use jiff::Timestamp;
use serde_json::Value;

use crate::{chat::MAX_TITLE_CHARS, import::problem::problem};

/// Letters kept of a file's name, and of what was found where a time should be.
const NAME_CHARS: usize = 100;
const FOUND_CHARS: usize = 40;
/// A tool's result is one of so many calls before it.
const NEAR_CALLS: usize = 256;
/// How large numbers are that count seconds, milliseconds, microseconds and nanoseconds, until the
/// year 5138, and what makes milliseconds of them. Programs changed from one to the other.
const TIME_UNITS: [(f64, f64); 4] = [(1e11, 1e3), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6)];

/// A conversation as its program tells it.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    /// Milliseconds from 1970, as all times here.
    pub(super) created: Option<i64>,
    pub(super) updated: Option<i64>,
    pub(super) system_prompt: Option<String>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    /// In the order of the file.
    pub(super) nodes: Vec<Node>,
    /// The last message that is shown.
    pub(super) shown: Option<String>,
    pub(super) attachments: Attachments,
}

/// A message, or something else that stands between messages.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) time: Option<i64>,
    /// Absent: no person sees it.
    pub(super) part: Option<Part>,
}

/// A message, or a piece of one.
#[derive(Debug)]
pub(super) enum Part {
    Question(String),
    Answer(Box<Answer>),
}

/// A piece of an answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) reasoning: String,
    pub(super) reasoning_ms: u32,
    pub(super) calls: Vec<Call>,
    /// What a tool said to a call of an earlier piece.
    pub(super) result: Option<ToolResult>,
    pub(super) model: Option<String>,
    pub(super) status: Option<MessageStatus>,
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) error: Option<String>,
}

/// A call of a tool. Its step says after how much of this piece's reasoning it came; where nobody
/// says which tool it was, the name is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    pub(super) id: Option<String>,
    pub(super) step: ToolStep,
}

/// What a tool said.
#[derive(Debug, Default)]
pub(super) struct ToolResult {
    /// The call that it answers; absent: the last one.
    pub(super) call: Option<String>,
    /// Empty: nobody says which.
    pub(super) tool: String,
    pub(super) output: String,
}

/// How many pictures and files stay behind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attachments {
    pub(super) pictures: u32,
    pub(super) files: u32,
}

impl Attachments {
    /// What stands in place of a picture.
    pub(super) fn picture(&mut self, name: &str) -> String {
        self.pictures = self.pictures.saturating_add(1);
        in_place("Picture", name)
    }

    /// What stands in place of another file.
    pub(super) fn file(&mut self, name: &str) -> String {
        self.files = self.files.saturating_add(1);
        in_place("File", name)
    }

    /// What stands in place of one or the other.
    pub(super) fn either(&mut self, is_picture: bool, name: &str) -> String {
        if is_picture {
            self.picture(name)
        } else {
            self.file(name)
        }
    }
}

fn in_place(kind: &str, name: &str) -> String {
    // Brackets within brackets would be a link for some readers of Markdown.
    let name = name.replace(['[', ']', '<', '>', '`'], " ");
    let name: String = one_line(&name).chars().take(NAME_CHARS).collect();
    if name.is_empty() {
        format!("[{kind}]")
    } else {
        format!("[{kind}: {name}]")
    }
}

impl Part {
    /// A question, if it says anything.
    pub(super) fn question(text: String) -> Option<Self> {
        (!text.trim().is_empty()).then_some(Self::Question(text))
    }

    /// A piece of an answer, if it says anything.
    pub(super) fn answer(answer: Answer) -> Option<Self> {
        (!answer.is_blank()).then(|| Self::Answer(Box::new(answer)))
    }

    /// How much it says, in bytes.
    pub(super) fn num_bytes(&self) -> usize {
        match self {
            Self::Question(text) => text.len(),
            Self::Answer(answer) => answer.num_bytes(),
        }
    }
}

impl Answer {
    fn num_bytes(&self) -> usize {
        let steps = self.calls.iter().map(|call| &call.step);
        let steps = steps.map(|step| step.tool.len() + step.input.len() + step.output.len());
        let result = self.result.as_ref();
        let result = result.map_or(0, |it| it.tool.len() + it.output.len());
        self.text.len() + self.reasoning.len() + result + steps.sum::<usize>()
    }

    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
            && self.reasoning.trim().is_empty()
            && self.calls.is_empty()
            && self.result.is_none()
            && self.error.is_none()
    }

    /// Puts the next piece behind this one.
    pub(super) fn join(&mut self, next: &Self) {
        let base = self.reasoning.len();
        append(&mut self.reasoning, &next.reasoning);
        let begun = self.reasoning.len().saturating_sub(next.reasoning.len());
        for call in &next.calls {
            let mut call = call.clone();
            let before = call.step.reasoning_bytes.filter(|bytes| *bytes > 0);
            let place = before.map_or(base, |bytes| begun.saturating_add(bytes as usize));
            call.step.reasoning_bytes = Some(u32::try_from(place).unwrap_or(u32::MAX));
            self.calls.push(call);
        }
        if let Some(result) = &next.result {
            self.answer_call(result);
        }
        append(&mut self.text, &next.text);
        self.reasoning_ms = self.reasoning_ms.saturating_add(next.reasoning_ms);
        // What the last piece says holds for the whole.
        self.model = next.model.clone().or(self.model.take());
        self.status = next.status.or(self.status);
        self.finish_reason = next.finish_reason;
        self.error = next.error.clone().or(self.error.take());
    }

    /// The call of an id, if it is not long ago.
    pub(super) fn called(&mut self, id: &str) -> Option<&mut Call> {
        let mut near = self.calls.iter_mut().rev().take(NEAR_CALLS);
        near.find(|call| call.id.as_deref() == Some(id))
    }

    /// Gives what a tool said to the call that asked for it, or notes it without one.
    fn answer_call(&mut self, result: &ToolResult) {
        let called = match &result.call {
            Some(id) => self.called(id),
            None => self.calls.last_mut(),
        };
        match called.filter(|call| call.step.output.is_empty()) {
            Some(call) => call.step.output.clone_from(&result.output),
            None => self.calls.push(Call {
                id: None,
                step: ToolStep {
                    tool: result.tool.clone(),
                    output: result.output.clone(),
                    reasoning_bytes: u32::try_from(self.reasoning.len()).ok(),
                    ..ToolStep::default()
                },
            }),
        }
    }
}

/// Puts a paragraph behind others; one that says nothing changes nothing.
pub(super) fn append(text: &mut String, paragraph: &str) {
    if paragraph.trim().is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(paragraph);
}

/// A text in one line, as long as a title may be.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_TITLE_CHARS).collect()
}

/// A text with code in it that Markdown shows as it is.
pub(super) fn fenced(language: &str, code: &str) -> String {
    let inner = code.split(|letter| letter != '`').map(str::len).max();
    let fence = "`".repeat(inner.unwrap_or_default().max(2) + 1);
    let language: String = language.chars().filter(|it| it.is_alphanumeric()).collect();
    format!(
        "{fence}{language}\n{}\n{fence}",
        code.trim_end_matches('\n')
    )
}

/// A text that a model wrote with its thoughts before it: the thoughts, and the rest.
pub(super) fn split_thoughts(text: &str) -> (&str, &str) {
    let begun = text.trim_start();
    for (opening, closing) in [("<think>", "</think>"), (":::thinking\n", "\n:::")] {
        let rest = begun.strip_prefix(opening);
        if let Some((thoughts, answer)) = rest.and_then(|rest| rest.split_once(closing)) {
            return (thoughts.trim(), answer.trim_start());
        }
    }
    ("", text)
}

/// Milliseconds from 1970 of what a program wrote: a number in any usual unit, or a date.
pub(super) fn time_of(value: Option<&Value>, place: &str) -> Result<Option<i64>, ImportProblem> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let ms = match value {
        Value::Number(number) => number.as_f64().and_then(from_number),
        Value::String(text) => from_text(text),
        _ => None,
    };
    if ms.is_none() {
        let found = value.to_string().chars().take(FOUND_CHARS).collect();
        return Err(problem(place, ImportFault::NoTime { found }));
    }
    Ok(ms)
}

#[expect(clippy::cast_possible_truncation, reason = "at most 10^14")]
fn from_number(number: f64) -> Option<i64> {
    if number < 0.0 {
        return None;
    }
    let unit = TIME_UNITS.iter().find(|(most, _)| number < *most);
    unit.map(|(_, factor)| (number * factor).round() as i64)
}

/// Seconds as another program counts them, in whole milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and the largest number that fits"
)]
pub(super) fn milliseconds(seconds: f64) -> u32 {
    (seconds * 1e3).clamp(0.0, f64::from(u32::MAX)) as u32
}

fn from_text(text: &str) -> Option<i64> {
    let date = text.parse::<Timestamp>().ok();
    let ms = date.map(Timestamp::as_millisecond);
    let ms = ms.or_else(|| from_number(text.parse().ok()?));
    ms.filter(|ms| *ms >= 0)
}

/// A text, if it is one.
pub(super) fn text_of(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read_in_every_unit_and_wrong_ones_are_told() {
        let ms = |value: Value| time_of(Some(&value), "at").map_err(|it| it.to_string());
        let expected = Ok(Some(1_756_000_000_123));
        assert_eq!(ms(json!(1_756_000_000.123)), expected);
        assert_eq!(ms(json!(1_756_000_000_123_u64)), expected);
        assert_eq!(ms(json!(1_756_000_000_123_000_u64)), expected);
        assert_eq!(ms(json!(1_756_000_000_123_000_000_u64)), expected);
        assert_eq!(ms(json!("2025-08-24T01:46:40.123Z")), expected);
        assert_eq!(ms(Value::Null), Ok(None));
        for wrong in [
            json!(-1),
            json!(1e300),
            json!("yesterday"),
            json!([]),
            json!("NaN"),
        ] {
            let told = ms(wrong).unwrap_err();
            assert!(told.starts_with("at: is no time: "), "{told}");
        }
    }

    #[test]
    fn names_of_files_stand_in_a_sentence_and_are_counted() {
        let mut left = Attachments::default();
        assert_eq!(left.picture("cat\n[1].png"), "[Picture: cat 1 .png]");
        assert_eq!(left.picture(""), "[Picture]");
        assert_eq!(left.file("报告.pdf"), "[File: 报告.pdf]");
        assert_eq!((left.pictures, left.files), (2, 1));
    }

    #[test]
    fn thoughts_before_an_answer_are_taken_from_it() {
        assert_eq!(
            split_thoughts("<think>\nHm.\n</think>\n\nYes."),
            ("Hm.", "Yes.")
        );
        assert_eq!(
            split_thoughts(":::thinking\nHm.\n:::\nYes."),
            ("Hm.", "Yes.")
        );
        let none = "I <think> so. </think>";
        assert_eq!(split_thoughts(none), ("", none));
        assert_eq!(split_thoughts("<think>for ever"), ("", "<think>for ever"));
        assert_eq!(fenced("rust", "a ``` b\n"), "````rust\na ``` b\n````");
    }

    #[test]
    fn pieces_of_an_answer_keep_their_order() {
        let call = |id: &str| Call {
            id: Some(id.to_owned()),
            step: ToolStep {
                tool: "search".to_owned(),
                reasoning_bytes: Some(0),
                ..ToolStep::default()
            },
        };
        let result = |id: Option<&str>, output: &str| Answer {
            result: Some(ToolResult {
                call: id.map(str::to_owned),
                tool: "search".to_owned(),
                output: output.to_owned(),
            }),
            ..Answer::default()
        };
        let thought = |text: &str| Answer {
            reasoning: text.to_owned(),
            reasoning_ms: 1_000,
            ..Answer::default()
        };
        let mut whole = Answer::default();
        let calls = Answer {
            calls: vec![call("a"), call("b")],
            ..Answer::default()
        };
        whole.join(&thought("First."));
        whole.join(&calls);
        for piece in [result(Some("b"), "two"), result(Some("a"), "one")] {
            whole.join(&piece);
        }
        whole.join(&thought("Then."));
        whole.join(&result(None, "nobody asked"));
        assert_eq!(whole.reasoning, "First.\n\nThen.");
        assert_eq!(whole.reasoning_ms, 2_000);
        let steps = whole.calls.iter().map(|it| &it.step);
        let steps: Vec<_> = steps
            .map(|it| (it.output.as_str(), it.reasoning_bytes))
            .collect();
        assert_eq!(
            steps,
            [
                ("one", Some(6)),
                ("two", Some(6)),
                ("nobody asked", Some(13))
            ]
        );
    }
}
