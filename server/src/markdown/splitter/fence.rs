//! Fences on the top level, and the fences inside of them.
//!
//! Whoever writes about Markdown forgets to make the outer fence longer than those in it. In a
//! fence that holds Markdown a fence with a language therefore opens an inner one, and the next
//! bare one closes that. Which fences hold Markdown:
//!
//! - Those that say so: `markdown`, `md`, `mdx`, `readme`.
//! - Those that say nothing, or `text`, and begin as a document does: with a headline and an empty
//!   line, with a headline of a lower level, front matter, a badge, tags, a bold line, a sentence,
//!   or with an inner fence. Models write "here is the README" so.
//! - No others. A fence of output or of code that nobody closed ends, as everywhere, with the next
//!   bare one: behind it the answer goes on, and is not turned inside out.

use super::super::{han, reading::opening_fence};

/// A fence that is open.
#[derive(Debug)]
pub(super) struct Fence {
    marker: u8,
    length: usize,
    /// Spaces before the opening fence; as many are taken from each line.
    pub(super) indent: usize,
    content: Content,
    /// Fences open inside of it.
    num_inner: usize,
}

/// What a fence holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// Its first line will say.
    Unread,
    /// Its first line may be a headline or a comment: the second will say.
    Titled,
    /// Its first line may be words with a line below: the second will say.
    Worded,
    Markdown,
    Other,
}

impl Fence {
    /// The fence that a line opens, and the words behind it. Right behind the end of another a bare
    /// one is the same end again: what follows is no document.
    pub(super) fn opened_by(line: &str, is_behind_fence: bool) -> Option<(Self, String)> {
        let (marker, length, info) = opening_fence(line.trim())?;
        let content = match info {
            _ if length != 3 => Content::Other,
            "" if is_behind_fence => Content::Other,
            "" => Content::Unread,
            _ if is_markdown(info) => Content::Markdown,
            _ if is_text(info) => Content::Unread,
            _ => Content::Other,
        };
        let fence = Self {
            marker,
            length,
            indent: indent(line),
            content,
            num_inner: 0,
        };
        Some((fence, info.to_owned()))
    }

    /// Reads a line of it; whether that closes it.
    pub(super) fn reads(&mut self, line: &str, is_rest: bool) -> bool {
        if is_rest {
            return false;
        }
        let content = line.trim();
        let marks = content.bytes().take_while(|&byte| byte == self.marker);
        let is_fence = indent(line) < 4 && marks.count() >= self.length;
        let is_bare = is_fence && content.bytes().all(|byte| byte == self.marker);
        let opens = is_fence && !is_bare && !content[self.length..].contains('`');
        if is_bare && self.num_inner > 0 {
            self.num_inner -= 1;
            return false;
        }
        if is_bare {
            return true;
        }
        self.content = self.content.with(content, opens);
        if opens && self.content == Content::Markdown {
            self.num_inner += 1;
        }
        false
    }

    /// Whether a line that still grows, without the indent, may become the closing fence.
    pub(super) fn may_close_with(&self, line: &str) -> bool {
        !line.is_empty() && line.trim_start().bytes().all(|byte| byte == self.marker)
    }
}

impl Content {
    /// What it is after one more line, which may open a fence.
    fn with(self, line: &str, opens: bool) -> Self {
        let is_underline = line.len() >= 3
            && (line.trim_matches('=').is_empty() || line.trim_matches('-').is_empty());
        match self {
            Self::Unread if line.is_empty() => Self::Unread,
            Self::Unread if opens || begins_document(line) || is_sentence(line) => Self::Markdown,
            Self::Unread if line.starts_with("# ") => Self::Titled,
            Self::Unread => Self::Worded,
            Self::Titled if line.is_empty() || opens || begins_document(line) => Self::Markdown,
            Self::Worded if is_underline => Self::Markdown,
            Self::Titled | Self::Worded => Self::Other,
            Self::Markdown | Self::Other => self,
        }
    }
}

/// Whether the words behind a fence say that Markdown stands in it.
fn is_markdown(info: &str) -> bool {
    let word = info.split([' ', ':', ',', '{']).next().unwrap_or_default();
    ["markdown", "md", "mdx", "readme"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
        || word.to_ascii_lowercase().ends_with(".md")
}

/// Whether they say no more than that text stands in it.
fn is_text(info: &str) -> bool {
    ["text", "txt", "plain", "plaintext"]
        .iter()
        .any(|name| info.eq_ignore_ascii_case(name))
}

/// Whether only a document begins with a line, or goes on so behind its title.
fn begins_document(line: &str) -> bool {
    let level = line.bytes().take_while(|&byte| byte == b'#').count();
    let is_headline = (2..=6).contains(&level) && line[level..].starts_with(' ');
    let starts = [
        "![", "[![", "<!--", "<p>", "<p ", "<div", "<h1", "<img", "<a ", "<br", "<center",
    ];
    let is_bold = line.len() > 4 && line.starts_with("**") && line.ends_with("**");
    is_headline || line == "---" || is_bold || starts.iter().any(|start| line.starts_with(start))
}

/// Whether a line is words as people write them: no output, no code.
fn is_sentence(line: &str) -> bool {
    let ends = line.ends_with(['.', ':', '!', '?', ',', '。', '：', '！', '？', '，']);
    let begins = line.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase());
    let has_sign = line.contains(|c: char| c.is_ascii_punctuation() && !".,:;!?'*-".contains(c));
    let mut words = line.split_whitespace();
    // Such as `Error: not found.`
    let has_level = words.next().is_some_and(|word| word.ends_with(':'));
    let is_long = words.count() >= 3 || line.contains(han::is_wide);
    ends && begins && !has_sign && !has_level && is_long
}

/// Columns of white space before the text; a tab counts as four.
pub(super) fn indent(line: &str) -> usize {
    line.bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .map(|byte| if byte == b'\t' { 4 } else { 1 })
        .sum()
}

/// The line without at most `indent` leading spaces.
pub(super) fn strip_indent(line: &str, indent: usize) -> &str {
    let spaces = line
        .bytes()
        .take(indent)
        .take_while(|&byte| byte == b' ')
        .count();
    &line[spaces..]
}
