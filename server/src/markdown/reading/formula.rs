//! What is a formula and what is money, a shell's variable or a bracket.

use super::{super::han, lines};

/// How far a formula may reach over empty lines, in bytes: a longer one is not rendered anyway.
pub(in super::super) const MAX_SPACED_BYTES: usize = 2000;

/// Environments that are formulas without any other sign around them.
const ENVIRONMENTS: &[&str] = &[
    "align",
    "align*",
    "alignat",
    "alignat*",
    "aligned",
    "alignedat",
    "array",
    "Bmatrix",
    "Bmatrix*",
    "bmatrix",
    "bmatrix*",
    "cases",
    "cases*",
    "darray",
    "dcases",
    "dcases*",
    "displaymath",
    "drcases",
    "eqnarray",
    "eqnarray*",
    "equation",
    "equation*",
    "flalign",
    "flalign*",
    "gather",
    "gather*",
    "gathered",
    "math",
    "matrix",
    "matrix*",
    "multline",
    "multline*",
    "multlined",
    "pmatrix",
    "pmatrix*",
    "rcases",
    "smallmatrix",
    "split",
    "subequations",
    "Vmatrix",
    "Vmatrix*",
    "vmatrix",
    "vmatrix*",
    "xalignat",
    "xalignat*",
];

/// Ends of ordinals and plurals that may stand right behind a formula.
const SUFFIXES: &[&str] = &["st", "nd", "rd", "th", "s"];

/// What ends a formula that takes lines of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Closer {
    Dollars,
    Bracket,
    Environment(&'static str),
}

impl Closer {
    /// Where a text ends the formula: the byte behind it, and the bytes of its last sign.
    pub(super) fn find(self, text: &str) -> Option<(usize, usize)> {
        let (at, sign) = match self {
            Self::Dollars => (text.find("$$")?, 2),
            Self::Bracket => (text.find("\\]")?, 2),
            Self::Environment(name) => {
                let mut depth = 1;
                let mut from = 0;
                loop {
                    let at = from + text[from..].find(['\\'])?;
                    let rest = &text[at..];
                    if is_named(rest, "\\begin{", name) {
                        depth += 1;
                    } else if is_named(rest, "\\end{", name) {
                        depth -= 1;
                    }
                    let length = "\\end{}".len() + name.len();
                    if depth == 0 {
                        break (at, length);
                    }
                    from = at + 1;
                }
            }
        };
        Some((at + sign, sign))
    }

    /// Whether the line ends the formula.
    pub(in super::super) fn is_in(self, line: &str) -> bool {
        self.find(line).is_some()
    }

    /// Whether the formula may go on with this line, the first behind an empty one.
    ///
    /// An empty line ends most things, so what nothing closes must not take the words behind it
    /// along: it ends at a headline, a fence, an item, at code, at another formula, and at words
    /// that no formula has.
    pub(in super::super) fn goes_on(self, line: &str) -> bool {
        let text = line.trim_start_matches([' ', '\t', '>']).trim_end();
        let is_other = ["`", "**", "__", "$$$"]
            .iter()
            .any(|sign| text.contains(sign));
        let is_tag = text
            .strip_prefix('<')
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'));
        if is_other || is_tag || begins_other(text) || text.starts_with("\\[") {
            return false;
        }
        let has_words = |text: &str| text.contains(char::is_alphanumeric);
        let opens_another = self == Self::Dollars
            && (text.matches("$$").count() > 1 || text.strip_prefix("$$").is_some_and(has_words));
        let own = self
            .find(text)
            .map_or(text, |(end, sign)| &text[..end - sign]);
        !opens_another && outside(own).is_some_and(|outside| !is_sentence(&outside, own))
    }
}

/// Whether a line begins a block that ends a formula with empty lines. A bar may stand for an
/// absolute value.
pub(in super::super) fn begins_other(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '\t', '>']);
    !text.starts_with('|') && lines::begins_block(text)
}

/// What of a line stands in no braces and is no command; nothing if a formula begins in it.
fn outside(line: &str) -> Option<String> {
    let mut outside = String::new();
    let mut depth = 0_usize;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '\\' => {
                let name = &rest[1..];
                if name.starts_with('(') {
                    return None;
                }
                let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
                let sign = name.chars().next().map_or(0, char::len_utf8);
                length += letters.max(sign);
                outside.push(' ');
            }
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '$' if depth == 0 => return None,
            _ if depth == 0 => outside.push(c),
            _ => {}
        }
        rest = &rest[length..];
    }
    Some(outside)
}

/// Whether what stands outside of braces and commands of a line is a sentence.
fn is_sentence(outside: &str, line: &str) -> bool {
    let words = outside
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| word.chars().count() > 1)
        .count();
    let most = if has_sign(line) || has_lone_sign(line) {
        2
    } else {
        0
    };
    words > most || outside.contains(han::is_wide) || (words > 0 && line.ends_with(':'))
}

/// Whether a sign stands beside no word: between words it is a dash or an "or", also in a formula.
fn has_lone_sign(line: &str) -> bool {
    let is_word = |chars: [Option<char>; 2]| {
        chars
            .into_iter()
            .all(|c| c.is_some_and(char::is_alphabetic))
    };
    let mut signs = line.match_indices(['+', '-', '<', '>', '&', '/']);
    signs.any(|(at, sign)| {
        let mut before = line[..at].trim_end().chars().rev();
        let mut behind = line[at + sign.len()..].trim_start().chars();
        let before = [before.next(), before.next()];
        let behind = [behind.next(), behind.next()];
        !is_word(before) && !is_word(behind)
    })
}

fn is_named(text: &str, command: &str, name: &str) -> bool {
    let rest = text.strip_prefix(command);
    let rest = rest.and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(|rest| rest.starts_with('}'))
}

/// The formula on lines of its own that a text begins with.
pub(super) fn closer_of(text: &str) -> Option<(Closer, usize)> {
    // Three say how dear something is.
    if text.starts_with("$$") && !text.starts_with("$$$") {
        return Some((Closer::Dollars, 2));
    }
    if text.starts_with("\\[") {
        return Some((Closer::Bracket, 2));
    }
    let name = ENVIRONMENTS
        .iter()
        .find(|name| is_named(text, "\\begin{", name))?;
    Some((Closer::Environment(name), "\\begin{}".len() + name.len()))
}

/// The formula that a line opens and does not close.
pub(in super::super) fn opened_by(line: &str) -> Option<Closer> {
    let text = line.trim_start_matches([' ', '\t', '>']);
    let (closer, opening) = closer_of(text)?;
    let rest = &text[opening..];
    (!rest.contains('`') && !closer.is_in(rest)).then_some(closer)
}

/// Whether a dollar may open a formula behind this character.
pub(super) fn may_open_behind(before: Option<char>) -> bool {
    !before.is_some_and(|c| is_latin(c) || c.is_ascii_digit() || matches!(c, '_' | '$'))
}

/// Whether a dollar may close a formula before this text.
pub(super) fn may_close_before(text: &str) -> bool {
    let Some(next) = text.chars().next() else {
        return true;
    };
    if next.is_ascii_digit() || matches!(next, '$' | '_' | '{') {
        return false;
    }
    let word = text.split(|c| !is_latin(c)).next().unwrap_or_default();
    word.is_empty() || SUFFIXES.contains(&word)
}

/// Letters of scripts that put spaces between words.
fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c)
}

/// Whether what stands between two dollars or brackets is words, not a formula.
pub(super) fn is_prose(content: &str) -> bool {
    let has_sign = content.contains(['\\', '^', '_', '=', '{', '}', '+', '*', '<', '>', '/']);
    if has_sign {
        return false;
    }
    let words = content
        .split(|c: char| !is_latin(c))
        .filter(|word| word.len() > 1)
        .count();
    let is_amount = content.starts_with(|c: char| c.is_ascii_digit());
    let opened = content.matches('(').count();
    words >= 2 || (is_amount && (words >= 1 || opened != content.matches(')').count()))
}

/// Whether brackets with a backslash are meant as brackets: a citation, a remark.
pub(super) fn is_bracketed(content: &str) -> bool {
    let is_number = content.bytes().all(|byte| byte.is_ascii_digit());
    is_number || is_prose(content)
}

/// Whether a formula may go on over lines that look like blocks.
pub(super) fn has_sign(content: &str) -> bool {
    content.contains(['\\', '^', '_', '='])
}
