//! Lines that mean something as a whole.

use std::collections::BTreeSet;

use super::{super::links, CLOSE, OPEN};

/// Longest name of a footnote and of a link, in bytes.
const MAX_LABEL_BYTES: usize = 40;
const MAX_LINK_LABEL_BYTES: usize = 120;
/// Digits of the number before an item.
const MAX_DIGITS: usize = 9;

/// The number of a mark such as `[^1]` at the start of a text, and its bytes.
pub(super) fn note_mark(text: &str) -> Option<(&str, usize)> {
    let text = text.strip_prefix("[^")?;
    // No further than a name is long: behind each of many signs there may be a long text.
    let mut bytes = text.bytes().take(MAX_LABEL_BYTES + 1);
    let (label, rest) = text.split_at(bytes.position(|byte| byte == b']')?);
    let rest = &rest[1..];
    let is_label = (1..=MAX_LABEL_BYTES).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    // Those are patterns, not notes.
    let is_pattern = rest.starts_with(['*', '+', '?', '{', '(', '[']);
    (is_label && !is_pattern).then_some((label, label.len() + 3))
}

/// The name of the footnote whose text begins with this line, and the bytes before the text.
pub(super) fn footnote_label(line: &str) -> Option<(&str, usize)> {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let (label, length) = note_mark(text)?;
    let rest = text[length..].strip_prefix(':')?;
    let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    (indent < 4).then_some((label, indent + length + 1 + spaces))
}

/// A line such as `[1]: https://example.org "Title"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LinkDefinition<'a> {
    pub(super) label: &'a str,
    pub(super) address: &'a str,
    /// With its quotes.
    title: Option<&'a str>,
}

impl<'a> LinkDefinition<'a> {
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let text = line.trim_start_matches(' ');
        if line.len() - text.len() >= 4 || text.starts_with("[^") {
            return None;
        }
        let (label, rest) = text.strip_prefix('[')?.split_once("]:")?;
        let is_label = !label.trim().is_empty()
            && label.len() <= MAX_LINK_LABEL_BYTES
            && !label.contains(['[', ']', '`', '\\']);
        let rest = rest.trim();
        if !is_label || rest.contains([OPEN, CLOSE]) {
            return None;
        }
        let (address, title) = rest
            .split_once([' ', '\t'])
            .map_or((rest, None), |(address, title)| {
                (address, Some(title.trim()))
            });
        let address = address
            .strip_prefix('<')
            .and_then(|it| it.strip_suffix('>'))
            .unwrap_or(address);
        let has_scheme = ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| address.starts_with(scheme));
        // Those would end what stands around an address too early, or not at all.
        let has_end = address.contains(['<', '>', '`']) || address.ends_with('\\');
        if !has_scheme || has_end || title.is_some_and(|title| !is_title(title)) {
            return None;
        }
        Some(Self {
            label,
            address,
            title,
        })
    }

    /// What is shown where nobody names it.
    pub(super) fn words(self) -> &'a str {
        let title = self.title.and_then(|it| it.get(1..it.len() - 1));
        title
            .filter(|title| !title.is_empty())
            .unwrap_or(self.address)
    }

    /// The line so that the parser takes it, whatever stands in the address.
    pub(super) fn line(self) -> String {
        let title = self.title.map(|title| format!(" {title}"));
        let title = title.unwrap_or_default();
        format!("[{}]: <{}>{title}", self.label, self.address)
    }
}

/// The marker of the first item or quote that a line begins, with the spaces around it, and what
/// stands behind it; no marker if what stands there is code.
fn behind_marker(line: &str) -> (&str, &str) {
    let text = line.trim_start_matches(' ');
    let marker = marker_bytes(text.as_bytes());
    let behind = text[marker..].trim_start_matches(' ');
    let spaces = text.len() - marker - behind.len();
    let is_code = line.len() - text.len() >= 4 || spaces > 4;
    if marker == 0 || is_code {
        return ("", line);
    }
    line.split_at(line.len() - behind.len())
}

/// The markers of all items and quotes that a line begins, and what stands behind them.
pub(super) fn behind_markers(line: &str) -> (&str, &str) {
    let mut rest = line;
    loop {
        let (marker, behind) = behind_marker(rest);
        if marker.is_empty() {
            return line.split_at(line.len() - rest.len());
        }
        rest = behind;
    }
}

/// Whether the parser may take a text for the definition of a link, of which it would show nothing.
pub(super) fn may_define(text: &str) -> bool {
    let Some((label, rest)) = text.strip_prefix('[').and_then(|it| it.split_once("]:")) else {
        return false;
    };
    // Those begin an alert.
    let is_label = !label.starts_with('!') && !label.contains(['[', ']']) && !label.ends_with('\\');
    let mut words = rest.split_whitespace();
    let first = words.next().unwrap_or_default();
    let may_be_title = |word: &str| word.starts_with(['"', '\'', '(']);
    is_label && (first.starts_with('<') || words.next().is_none_or(may_be_title))
}

/// The footnotes whose texts begin in lines of the text: their names, as `links` compares them.
pub(super) fn notes_in(text: &str) -> BTreeSet<String> {
    let labels = text.lines().filter_map(footnote_label);
    labels.map(|(label, _)| links::note_name(label)).collect()
}

/// Whether these are words in quotes, which end nowhere before the end.
fn is_title(text: &str) -> bool {
    let quotes = [('"', '"'), ('\'', '\''), ('(', ')')];
    let inside = quotes.iter().find_map(|&(open, close)| {
        let inside = text.strip_prefix(open)?.strip_suffix(close)?;
        Some((inside, open, close))
    });
    let Some((inside, open, close)) = inside else {
        return false;
    };
    let mut is_escaped = false;
    let ends = inside.chars().any(|c| {
        let is_sign = !std::mem::take(&mut is_escaped);
        is_escaped = is_sign && c == '\\';
        is_sign && (c == open || c == close)
    });
    !ends && !is_escaped
}

/// Whether nothing stands in a line, but for the signs of quotes.
pub(super) fn is_blank(line: &str) -> bool {
    line.trim_matches([' ', '\t', '>', '\r', '\n']).is_empty()
}

/// Whether a line begins a block of its own, so that nothing in a line before it goes on.
pub(super) fn begins_block(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '\t', '>']);
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'#') => {
            let signs = bytes.iter().take_while(|&&it| it == b'#').count();
            bytes.get(signs).is_none_or(u8::is_ascii_whitespace)
        }
        Some(b'|') => true,
        Some(b'`' | b'~') => opening_fence(text).is_some(),
        _ => marker_bytes(bytes) > 0,
    }
}

/// Length of the marker of a quote or an item at the start; 0 if there is none.
pub(in super::super) fn marker_bytes(text: &[u8]) -> usize {
    // Ten are too many already: no need to count those of a long number.
    let digits = text.iter().take(MAX_DIGITS + 1);
    let digits = digits.take_while(|it| it.is_ascii_digit()).count();
    let ends = |at: usize| text.get(at).is_none_or(u8::is_ascii_whitespace);
    match text.get(digits) {
        Some(b'>') if digits == 0 => 1,
        Some(b'-' | b'*' | b'+') if digits == 0 && ends(1) => 1,
        Some(b'.' | b')') if (1..=MAX_DIGITS).contains(&digits) && ends(digits + 1) => digits + 1,
        _ => 0,
    }
}

/// Sign and length of the fence that a line begins, and the words behind it. Without words it may
/// end one as well.
pub(in super::super) fn opening_fence(line: &str) -> Option<(u8, usize, &str)> {
    let mut bytes = line.bytes();
    let sign = bytes.next().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let length = 1 + bytes.take_while(|&byte| byte == sign).count();
    let words = line[length..].trim();
    let is_code = sign == b'`' && words.contains('`');
    (length >= 3 && !is_code).then_some((sign, length, words))
}

/// The line without the markers of the quotes and items that it stands in.
pub(super) fn without_markers(line: &str) -> &str {
    let mut text = line;
    loop {
        text = text.trim_start_matches([' ', '\t']);
        match marker_bytes(text.as_bytes()) {
            0 => return text,
            marker => text = &text[marker..],
        }
    }
}
