//! What a model of Open WebUI thought and what tools did: pieces of an answer's `output`, or, where
//! there is none, elements in its text.

use hearth_app::model::ToolStep;
use serde_json::Value;

use crate::import::foreign::told::{Answer, Call, append, milliseconds, text_of};

const OPENING: &str = "<details type=\"";
const CLOSING: &str = "</details>";
/// Letters that stand for others in an element, as Python's `html.escape` and browsers write them.
const ESCAPES: [(&str, &str); 6] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#x27;", "'"),
    ("&#39;", "'"),
    ("&amp;", "&"),
];

/// What the pieces say; `None`: none of them is known.
pub(super) fn of_output(pieces: &[Value]) -> Option<Answer> {
    let mut answer = Answer::default();
    let mut is_known = false;
    for piece in pieces {
        match text_of(piece.get("type")) {
            "message" => append(&mut answer.text, &texts(piece.get("content"))),
            "reasoning" => {
                let content = texts(piece.get("content"));
                let summary = texts(piece.get("summary"));
                let thought = if content.is_empty() { summary } else { content };
                append(&mut answer.reasoning, &thought);
                add_seconds(&mut answer, piece.get("duration").and_then(Value::as_f64));
            }
            "function_call" => {
                let step = ToolStep {
                    tool: text_of(piece.get("name")).to_owned(),
                    input: text_of(piece.get("arguments")).to_owned(),
                    ..ToolStep::default()
                };
                add_call(&mut answer, text_of(piece.get("call_id")), step);
            }
            "function_call_output" => {
                if let Some(call) = answer.called(text_of(piece.get("call_id"))) {
                    call.step.output = texts(piece.get("output"));
                }
            }
            _ => continue,
        }
        is_known = true;
    }
    is_known.then_some(answer)
}

/// What a text says that has elements with thoughts and calls in it.
pub(super) fn of_text(text: &str) -> Answer {
    let mut answer = Answer::default();
    let mut rest = text;
    while let Some(place) = rest.find(OPENING) {
        let (before, element) = rest.split_at(place);
        let Some(Element { tag, body, length }) = element_of(element) else {
            break;
        };
        append(&mut answer.text, before.trim_matches('\n'));
        match attribute(tag, "type").as_str() {
            "reasoning" => {
                append(&mut answer.reasoning, &quoted(body));
                add_seconds(&mut answer, attribute(tag, "duration").parse().ok());
            }
            "tool_calls" => add_call(&mut answer, "", step(tag, body)),
            "code_interpreter" => append(&mut answer.text, &quoted(body)),
            // Somebody else's: as it was written.
            _ => append(&mut answer.text, &element[..length]),
        }
        rest = &element[length..];
    }
    append(&mut answer.text, rest.trim_start_matches('\n'));
    answer
}

fn add_call(answer: &mut Answer, id: &str, step: ToolStep) {
    let reasoning_bytes = u32::try_from(answer.reasoning.len()).ok();
    answer.calls.push(Call {
        id: (!id.is_empty()).then(|| id.to_owned()),
        step: ToolStep {
            reasoning_bytes,
            ..step
        },
    });
}

fn add_seconds(answer: &mut Answer, seconds: Option<f64>) {
    let more = milliseconds(seconds.unwrap_or_default());
    answer.reasoning_ms = answer.reasoning_ms.saturating_add(more);
}

/// A text, or a list of objects with texts.
fn texts(value: Option<&Value>) -> String {
    let mut told = text_of(value).to_owned();
    let parts = value.and_then(Value::as_array).into_iter().flatten();
    for part in parts {
        append(&mut told, text_of(part.get("text")));
    }
    told
}

/// `<details …>…</details>`.
struct Element<'a> {
    tag: &'a str,
    body: &'a str,
    /// In bytes.
    length: usize,
}

fn element_of(text: &str) -> Option<Element<'_>> {
    let (tag, inside) = text.split_once('>')?;
    let (body, _) = inside.split_once(CLOSING)?;
    let length = tag.len() + 1 + body.len() + CLOSING.len();
    Some(Element { tag, body, length })
}

fn step(tag: &str, body: &str) -> ToolStep {
    let result = json_text(attribute(tag, "result"));
    ToolStep {
        tool: attribute(tag, "name"),
        input: json_text(attribute(tag, "arguments")),
        output: if result.is_empty() {
            quoted(body)
        } else {
            result
        },
        ..ToolStep::default()
    }
}

/// A text that was written as JSON, as it was before.
fn json_text(text: String) -> String {
    serde_json::from_str::<String>(&text).unwrap_or(text)
}

/// What stands in an element below its summary, without the marks of a quotation.
fn quoted(body: &str) -> String {
    let shown = match body.split_once("</summary>") {
        Some((summary, shown)) if summary.trim_start().starts_with("<summary>") => shown,
        _ => body,
    };
    let shown = unescaped(shown.trim());
    let lines = shown.lines().map(|line| {
        let line = line.strip_prefix('>').unwrap_or(line);
        line.strip_prefix(' ').unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn attribute(tag: &str, name: &str) -> String {
    let behind = tag.split_once(&format!(" {name}=\""));
    let value = behind.and_then(|(_, behind)| behind.split_once('"'));
    unescaped(value.map_or("", |(value, _)| value))
}

fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (written, meant) in ESCAPES {
        text = text.replace(written, meant);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_become_thoughts_and_steps_and_others_stay() {
        let text = "<details type=\"reasoning\" done=\"true\" duration=\"3\">\n\
            <summary>Thought for 3 seconds</summary>\n> Is 2 &lt; 3?\n> Yes.\n</details>\n\
            <details type=\"tool_calls\" name=\"search\" arguments=\"&quot;{\\&quot;q\\&quot;:1}&quot;\" \
            result=\"&quot;rain&quot;\">\n<summary>Tool Executed</summary>\n</details>\n\
            It rains.\n<details type=\"mine\">kept</details>";
        let found = of_text(text);
        assert_eq!(found.reasoning, "Is 2 < 3?\nYes.");
        assert_eq!(found.reasoning_ms, 3_000);
        let step = &found.calls[0].step;
        assert_eq!(
            (step.tool.as_str(), step.output.as_str()),
            ("search", "rain")
        );
        assert_eq!(step.input, "{\"q\":1}");
        assert_eq!(step.reasoning_bytes, Some(14));
        let kept = "It rains.\n\n<details type=\"mine\">kept</details>";
        assert_eq!(found.text, kept);
        let open = "<details type=\"reasoning\">never closed";
        assert_eq!(of_text(open).text, open);
    }

    #[test]
    fn pieces_of_an_answer_keep_their_order() {
        let output = json!([
            {"type": "reasoning", "duration": 2, "content": [{"type": "output_text", "text": "Hm."}]},
            {"type": "function_call", "call_id": "c", "name": "search", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [{"text": "rain"}]},
            {"type": "message", "content": [{"type": "output_text", "text": "It rains."}]},
        ]);
        let found = of_output(output.as_array().unwrap()).unwrap();
        assert_eq!(
            (found.text.as_str(), found.reasoning.as_str()),
            ("It rains.", "Hm.")
        );
        assert_eq!(found.calls[0].step.output, "rain");
        assert_eq!(found.calls[0].step.reasoning_bytes, Some(3));
        assert!(of_output(&[json!({"type": "new"}), json!(7)]).is_none());
    }
}
