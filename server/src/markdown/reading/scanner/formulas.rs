//! Formulas between dollars, brackets, and the two ends of an environment.

use super::{
    super::{
        formula::{self, Closer},
        lines,
    },
    Atom, Scanner, Wanted,
};

/// Longest formula in a line, in bytes; a longer one is not rendered anyway.
const MAX_LINE_FORMULA_BYTES: usize = 2000;
/// Spaces that may stand before the sign of a quote.
const MAX_QUOTE_INDENT: usize = 3;

impl<'a> Scanner<'a> {
    pub(super) fn read_dollars(&mut self) -> bool {
        let rest = self.rest();
        if rest.starts_with("$$") {
            return self.read_formula() || {
                let run = rest.bytes().take_while(|&byte| byte == b'$').count();
                self.copy(run);
                true
            };
        }
        let before = self.text[..self.at].chars().next_back();
        let opens = formula::may_open_behind(before)
            && rest[1..].starts_with(|c: char| !c.is_whitespace() && c != '`');
        let Some(content) = opens.then(|| self.dollar_content()).flatten() else {
            return false;
        };
        let latex = self.without_quotes(content);
        self.take(
            Atom::Formula {
                latex,
                is_display: false,
            },
            content.len() + 2,
        );
        true
    }

    /// What stands between this dollar and the next outside of braces, if that is a formula.
    fn dollar_content(&self) -> Option<&'a str> {
        let from = self.at + 1;
        let limit = (from + MAX_LINE_FORMULA_BYTES).min(self.paragraph_end);
        let text = &self.text[from..self.text.floor_char_boundary(limit)];
        let (mut depth, mut is_escaped) = (0_usize, false);
        // One in braces ends a formula only if none does outside of them.
        let mut inner = None;
        let mut at = 0;
        let outer = text.find(|c: char| {
            let is_sign = !std::mem::take(&mut is_escaped);
            match c {
                '\\' => is_escaped = is_sign,
                '{' if is_sign => depth += 1,
                '}' if is_sign => depth = depth.saturating_sub(1),
                _ => {}
            }
            if is_sign && c == '$' && depth > 0 {
                inner.get_or_insert(at);
            }
            at += c.len_utf8();
            is_sign && (c == '`' || (c == '$' && depth == 0))
        });
        let end = outer
            .filter(|&end| text[end..].starts_with('$'))
            .or(inner)?;
        let (content, behind) = text.split_at(end);
        let goes_over = from + end > self.block_end;
        let closes = behind.starts_with('$')
            && !content.ends_with(char::is_whitespace)
            && formula::may_close_before(&self.text[from + end + 1..])
            && !formula::is_prose(content)
            && (!goes_over || formula::has_sign(content));
        closes.then_some(content)
    }

    pub(super) fn read_backslash(&mut self) -> bool {
        let rest = self.rest();
        match rest.as_bytes().get(1) {
            Some(b'(') if self.read_parentheses() => true,
            Some(b'[' | b'b') if self.read_formula() => true,
            Some(byte) if byte.is_ascii_punctuation() => {
                self.copy(2);
                true
            }
            _ => false,
        }
    }

    fn read_parentheses(&mut self) -> bool {
        if self.is_vain(Wanted::Parenthesis) {
            return false;
        }
        let text = &self.text[self.at + 2..self.paragraph_end.max(self.at + 2)];
        let Some(end) = text.find("\\)") else {
            self.note_vain(Wanted::Parenthesis, self.paragraph_end);
            return false;
        };
        let content = &text[..end];
        if self.is_refused(Wanted::Parenthesis, content, 2) || formula::is_prose(content) {
            return false;
        }
        let latex = self.without_quotes(content);
        self.take(
            Atom::Formula {
                latex,
                is_display: false,
            },
            end + 4,
        );
        true
    }

    /// A formula that is shown on lines of its own.
    fn read_formula(&mut self) -> bool {
        let rest = self.rest();
        let Some((closer, opening)) = formula::closer_of(rest) else {
            return false;
        };
        let wanted = Wanted::Formula(closer);
        let starts_line = self.starts_line();
        let from = self.at + opening;
        let mut text = &self.text[from..self.paragraph_end.max(from)];
        let mut found = None;
        if !self.is_vain(wanted) {
            found = closer.find(text);
            if found.is_none() {
                self.note_vain(wanted, self.paragraph_end);
            }
        }
        if found.is_none() && starts_line {
            let end = self.end_over_empty_lines(closer);
            if end > self.paragraph_end.max(from) {
                text = &self.text[from..end];
                found = closer.find(text);
            }
        }
        let Some((end, sign)) = found else {
            return self.read_growing_formula(text, opening);
        };
        let content = &text[..end - sign];
        if self.is_refused(wanted, content, opening) {
            return false;
        }
        let is_words = match closer {
            Closer::Bracket if !starts_line => formula::is_bracketed(content),
            Closer::Dollars if !starts_line => {
                content.starts_with(' ') && content.ends_with(' ') && formula::is_prose(content)
            }
            _ => false,
        };
        if content.trim().is_empty() || is_words {
            return false;
        }
        let latex = match closer {
            Closer::Environment(_) => self.without_quotes(&rest[..opening + end]),
            _ => self.without_quotes(content),
        };
        let latex = without_empty_lines(latex);
        self.take(
            Atom::Formula {
                latex,
                is_display: true,
            },
            opening + end,
        );
        true
    }

    /// Where a formula ends at the latest that opens here and has empty lines.
    fn end_over_empty_lines(&self, closer: Closer) -> usize {
        let limit = (self.at + formula::MAX_SPACED_BYTES).min(self.text.len());
        let limit = self.text.floor_char_boundary(limit);
        let mut end = self.paragraph_end;
        let mut is_behind_empty = false;
        let behind = self.text.get(end..limit).unwrap_or_default();
        for line in behind.split_inclusive('\n') {
            let is_empty = lines::is_blank(line);
            let goes_on = is_empty || !is_behind_empty || closer.goes_on(line);
            if line.contains('`') || !goes_on || formula::begins_other(line) {
                break;
            }
            is_behind_empty = is_empty;
            end += line.len();
        }
        end
    }

    /// Whether the content, so many bytes further on, holds code: then it does for all that open
    /// before that code, and nobody needs to look for their ends.
    fn is_refused(&mut self, wanted: Wanted, content: &str, opening: usize) -> bool {
        let code = content.rfind('`');
        if let Some(code) = code {
            self.note_vain(wanted, self.at + opening + code);
        }
        code.is_some()
    }

    /// The rest of a text that still grows, if a formula is open there.
    fn read_growing_formula(&mut self, text: &str, opening: usize) -> bool {
        let is_open = self.is_growing
            && self.at + opening + text.len() == self.text.len()
            && self.starts_line()
            && !self.is_vain(Wanted::Growing)
            && !self.is_refused(Wanted::Growing, text, opening);
        if is_open {
            self.take(Atom::Growing, opening + text.len());
        }
        is_open
    }

    /// A formula in quotes, without their signs.
    fn without_quotes(&self, content: &str) -> String {
        let quotes = quotes_of(&self.text[self.line_start..self.at]);
        if quotes.is_empty() || !content.contains('\n') {
            return content.to_owned();
        }
        let mut latex = String::with_capacity(content.len());
        for (number, line) in content.split_inclusive('\n').enumerate() {
            latex.push_str(if number == 0 {
                line
            } else {
                without_signs(line, &quotes)
            });
        }
        latex
    }
}

/// LaTeX in which an empty line means a paragraph, which no formula has.
fn without_empty_lines(latex: String) -> String {
    let mut inner = latex.trim().lines();
    if inner.all(|line| !line.trim().is_empty()) {
        return latex;
    }
    let lines = latex.lines().filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The quotes that a line begins with, also in items: the spaces that may stand before each sign.
fn quotes_of(line: &str) -> Vec<usize> {
    let mut quotes = Vec::new();
    let mut rest = line;
    let mut room = MAX_QUOTE_INDENT;
    loop {
        let text = rest.trim_start_matches(' ');
        let spaces = rest.len() - text.len();
        let marker = lines::marker_bytes(text.as_bytes());
        if marker == 0 || spaces > room {
            return quotes;
        }
        rest = &text[marker..];
        if text.starts_with('>') {
            quotes.push(room);
            rest = rest.strip_prefix(' ').unwrap_or(rest);
            room = MAX_QUOTE_INDENT;
        } else {
            // What stands in an item is as far in as its words.
            room += spaces + marker + 1;
        }
    }
}

/// A line without the signs of the quotes it stands in; the last may be left out.
fn without_signs<'a>(line: &'a str, quotes: &[usize]) -> &'a str {
    let mut rest = line;
    for &room in quotes {
        let text = rest.trim_start_matches(' ');
        let is_near = rest.len() - text.len() <= room;
        let Some(behind) = text.strip_prefix('>').filter(|_| is_near) else {
            break;
        };
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    rest
}
