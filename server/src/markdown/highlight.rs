//! Syntax highlighting by line, with a few short classes and no inline style.
//!
//! Operators, punctuation and calls stay bare on purpose: they would double the bytes of an answer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use syntect::{
    easy::ScopeRegionIterator,
    parsing::{ParseState, Scope, ScopeStack, SyntaxSet},
};

use super::{budget::Highlighting, core_time::core_time};

/// Bytes of one block that are highlighted; the rest is shown plain.
const MAX_HIGHLIGHTED_BYTES: usize = 50 * 1024;
/// Longest line that is highlighted.
const MAX_HIGHLIGHTED_LINE_BYTES: usize = 512;
/// Bytes of a line up to which one costs one. The patterns of some languages go back over the line
/// from each of its letters: four times the line is sixteen times the work.
const LINE_BYTES_AT_COST: usize = 128;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Scopes and their class; the first that holds for the innermost scope wins.
const CLASSES: &[(&str, &str)] = &[
    ("comment", "hl-c"),
    ("string", "hl-s"),
    ("constant.character", "hl-s"),
    ("constant.numeric", "hl-n"),
    ("constant.language", "hl-k"),
    ("keyword.operator.word", "hl-k"),
    ("keyword.operator.logical.python", "hl-k"),
    ("keyword.operator", ""),
    ("keyword", "hl-k"),
    ("storage", "hl-k"),
    ("entity.name.function", "hl-f"),
    ("support.function", "hl-f"),
    ("entity.name.tag", "hl-k"),
    ("entity.other.attribute-name", "hl-a"),
    ("entity.name", "hl-t"),
    ("entity.other.inherited-class", "hl-t"),
    ("support.type", "hl-t"),
    ("support.class", "hl-t"),
    ("meta.annotation", "hl-m"),
    ("meta.preprocessor", "hl-m"),
    ("markup.inserted", "hl-i"),
    ("markup.deleted", "hl-d"),
    ("markup.heading", "hl-k"),
];

static CLASSES_BY_SCOPE: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    CLASSES
        .iter()
        .map(|&(name, class)| {
            let scope = Scope::new(name).expect("invariant: the table holds valid scope names");
            (scope, class)
        })
        .collect()
});

/// Names people write after a fence that the syntaxes do not know.
const ALIASES: &[(&str, &str)] = &[
    ("typescript", "js"),
    ("ts", "js"),
    ("tsx", "js"),
    ("jsx", "js"),
    ("jsonc", "json"),
    ("json5", "json"),
    ("shell", "sh"),
    ("console", "sh"),
    ("zsh", "sh"),
    ("kotlin", "java"),
    ("swift", "rs"),
    ("c++", "cpp"),
    ("csharp", "cs"),
    ("golang", "go"),
    ("jsonl", "json"),
    ("svg", "xml"),
    ("vue", "html"),
    ("svelte", "html"),
    ("scss", "css"),
    ("less", "css"),
    ("toml", "properties"),
    ("ini", "properties"),
    ("dotenv", "properties"),
    ("env", "properties"),
    ("dart", "java"),
    ("patch", "diff"),
];

/// State of highlighting between two lines of a block.
#[derive(Clone, Debug)]
pub(super) struct Highlighter {
    /// `None`: shown plain.
    state: Option<(ParseState, ScopeStack)>,
    /// Bytes of the block that may still be highlighted; a long line takes several times its own.
    bytes_left: usize,
    /// What the answer has left.
    highlighting: Highlighting,
}

impl Highlighter {
    /// For a language as people name it; an unknown one is shown plain.
    pub(super) fn new(language: &str, highlighting: Highlighting) -> Self {
        let language = language.to_ascii_lowercase();
        let token = ALIASES
            .iter()
            .find(|(alias, _)| *alias == language)
            .map_or(language.as_str(), |(_, token)| token);
        let state = (!token.is_empty())
            .then(|| SYNTAXES.find_syntax_by_token(token))
            .flatten()
            .filter(|syntax| syntax.name != "Plain Text")
            .map(|syntax| (ParseState::new(syntax), ScopeStack::new()));
        Self {
            state,
            bytes_left: MAX_HIGHLIGHTED_BYTES,
            highlighting,
        }
    }

    /// What this block leaves to the next ones of the answer.
    pub(super) fn highlighting(&self) -> Highlighting {
        self.highlighting
    }

    /// Appends the HTML of a line that still grows; the state stays before it.
    pub(super) fn push_growing_line(&self, line: &str, html: &mut String) {
        let start = html.len();
        // The syntaxes expect whole lines.
        self.clone().push_line(&format!("{line}\n"), html);
        if html.len() > start && html.ends_with('\n') {
            html.pop();
        }
    }

    /// Appends the HTML of one line, line feed included.
    pub(super) fn push_line(&mut self, line: &str, html: &mut String) {
        let cost = line.len() * line.len().div_ceil(LINE_BYTES_AT_COST);
        let is_allowed = cost <= self.bytes_left && self.highlighting.allows(cost);
        if !is_allowed || line.len() > MAX_HIGHLIGHTED_LINE_BYTES {
            self.state = None;
        }
        let Some((parse, stack)) = &mut self.state else {
            return push_escaped(line, html);
        };
        let begin = core_time();
        // A pattern that gives up over a line takes its colours, not its text.
        let parsed = AssertUnwindSafe(|| parse.parse_line(line, &SYNTAXES).ok());
        let operations = catch_unwind(parsed).ok().flatten();
        self.bytes_left -= cost;
        self.highlighting
            .spend(cost, core_time().saturating_sub(begin));
        let Some(operations) = operations else {
            self.state = None;
            return push_escaped(line, html);
        };
        let mut spans = Spans::new(html);
        for (text, operation) in ScopeRegionIterator::new(&operations, line) {
            if stack.apply(operation).is_err() {
                // Highlighting of this region is off, its text is not.
                *stack = ScopeStack::new();
            }
            spans.push(text, class_of(stack));
        }
        spans.finish();
    }
}

/// The class of the innermost scope that has one.
fn class_of(stack: &ScopeStack) -> &'static str {
    for scope in stack.as_slice().iter().rev() {
        let found = CLASSES_BY_SCOPE
            .iter()
            .find(|(prefix, _)| prefix.is_prefix_of(*scope));
        if let Some((_, class)) = found {
            return class;
        }
    }
    ""
}

/// Writes spans; neighbours of one class, white space between them included, become one.
struct Spans<'a> {
    html: &'a mut String,
    class: &'static str,
    text: String,
    /// White space whose span is not decided yet.
    gap: String,
}

impl<'a> Spans<'a> {
    fn new(html: &'a mut String) -> Self {
        Self {
            html,
            class: "",
            text: String::new(),
            gap: String::new(),
        }
    }

    fn push(&mut self, text: &str, class: &'static str) {
        if text.is_empty() {
            return;
        }
        if text.trim().is_empty() {
            self.gap.push_str(text);
            return;
        }
        if class == self.class {
            self.text.push_str(&self.gap);
            self.gap.clear();
        } else {
            self.end_span();
            self.class = class;
        }
        self.text.push_str(text);
    }

    fn end_span(&mut self) {
        // A line feed stays outside, so that a span never crosses lines.
        let trimmed = self.text.trim_end_matches(['\r', '\n']).len();
        let (text, line_end) = self.text.split_at(trimmed);
        if self.class.is_empty() || text.is_empty() {
            push_escaped(text, self.html);
        } else {
            self.html.push_str("<span class=\"");
            self.html.push_str(self.class);
            self.html.push_str("\">");
            push_escaped(text, self.html);
            self.html.push_str("</span>");
        }
        self.html.push_str(line_end);
        push_escaped(&self.gap, self.html);
        self.text.clear();
        self.gap.clear();
    }

    fn finish(mut self) {
        self.end_span();
    }
}

/// Appends text with the three characters escaped that mean something between tags.
pub(super) fn push_escaped(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            _ => html.push(c),
        }
    }
}
