//! The shown branch as Markdown, and the others behind it for those who want them. Texts stand as
//! they were written, code within them included; only a fence that a message left open is closed,
//! or the rest of the file would be code.

use std::{
    collections::HashMap,
    fmt::{self, Write},
};

use hearth_app::model::Phase;

use super::{ConversationDocument, Language, MessageDocument};
use crate::chat::title;

/// Appends the whole file.
pub(super) fn write(
    out: &mut String,
    document: &ConversationDocument,
    language: Language,
) -> fmt::Result {
    writeln!(out, "# {}", escape(&document.title))?;
    if let Some(time) = document.exported_at {
        writeln!(out, "\n*{}*", language.exported_at(&time.to_minute()))?;
    }
    for message in document.branch() {
        write_message(out, message, language)?;
    }
    Ok(())
}

/// Appends the other branches, each below a heading of the whole file's rank.
pub(super) fn write_others(
    out: &mut String,
    document: &ConversationDocument,
    language: Language,
) -> fmt::Result {
    let messages = document.messages.iter().map(|it| (it.id, it));
    let messages: HashMap<_, _> = messages.collect();
    for (number, branch) in (2..).zip(document.other_branches()) {
        writeln!(out, "\n# {}", escape(&language.branch(number)))?;
        let first = branch.first();
        let parent = first.and_then(|first| messages.get(&first.parent_id?));
        if let Some(parent) = parent {
            let words = language.after(title(&parent.text));
            writeln!(out, "\n*{}*", escape(&words))?;
        }
        for message in branch {
            write_message(out, message, language)?;
        }
    }
    Ok(())
}

fn write_message(out: &mut String, message: &MessageDocument, language: Language) -> fmt::Result {
    let text = message.text.trim_end();
    writeln!(out, "\n## {}", escape(&language.byline(message)))?;
    if let Some(files) = language.files(message) {
        writeln!(out, "\n> *{}*", escape(&files))?;
    }
    write_thoughts(out, message, language)?;
    writeln!(out, "\n{text}")?;
    if let Some(end) = open_fence(text) {
        writeln!(out, "{end}")?;
    }
    for note in language.notes(message) {
        writeln!(out, "\n> *{}*", escape(&note))?;
    }
    Ok(())
}

/// Quoted, each line as text: it is not part of the answer.
fn write_thoughts(out: &mut String, message: &MessageDocument, language: Language) -> fmt::Result {
    if let Some(reasoning) = &message.reasoning {
        writeln!(out, "\n> *{}*", escape(&language.thought(reasoning)))?;
    }
    for phase in message.phases() {
        match phase {
            Phase::Thought(text) => {
                out.write_str(">\n")?;
                for line in text.lines() {
                    writeln!(out, "{}", format!("> {}", escape(line)).trim_end())?;
                }
            }
            Phase::Step(step) => writeln!(out, "\n> *{}*", escape(&language.step(step)))?,
        }
    }
    Ok(())
}

/// A single line as text, whatever characters it holds.
fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '&' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// The line that closes the fence a text leaves open. It is indented like the fence, because that
/// may stand inside of a list.
fn open_fence(text: &str) -> Option<String> {
    let mut open: Option<Fence> = None;
    for line in text.lines() {
        let fence = Fence::parse(line);
        open = match (open, fence) {
            (None, Some(fence)) if fence.can_open() => Some(fence),
            (Some(start), Some(fence)) if fence.closes(&start) => None,
            (open, _) => open,
        };
    }
    let Fence {
        indent,
        mark,
        length,
        ..
    } = open?;
    let marks: String = std::iter::repeat_n(mark, length).collect();
    Some(format!("{}{marks}", " ".repeat(indent)))
}

/// A line of three or more backticks or tildes (`CommonMark` 0.31, section 4.5).
struct Fence<'a> {
    indent: usize,
    mark: char,
    length: usize,
    /// What stands after the marks.
    words: &'a str,
}

impl<'a> Fence<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let bare = line.trim_start_matches(' ');
        let indent = line.len() - bare.len();
        let mark = bare
            .chars()
            .next()
            .filter(|mark| matches!(mark, '`' | '~'))?;
        let words = bare.trim_start_matches(mark);
        let length = bare.len() - words.len();
        (indent <= 3 && length >= 3).then_some(Self {
            indent,
            mark,
            length,
            words: words.trim(),
        })
    }

    fn can_open(&self) -> bool {
        self.mark == '~' || !self.words.contains('`')
    }

    fn closes(&self, start: &Fence<'_>) -> bool {
        self.mark == start.mark && self.length >= start.length && self.words.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_fence_is_closed_by_one_of_its_kind() {
        for (text, end) in [
            ("plain", None),
            ("```rust\nfn main() {}\n```", None),
            ("```rust\nfn main() {}", Some("```")),
            ("````\n```\ncode\n```", Some("````")),
            ("~~~ a`b\n```\n", Some("~~~")),
            ("``` a`b\ntext", None),
            ("1. item\n   ```\n   code", Some("   ```")),
            ("    ```\n    indented code", None),
            ("```\n``` not an end", Some("```")),
        ] {
            assert_eq!(open_fence(text).as_deref(), end, "{text}");
        }
    }
}
