//! Lines that mean something as a whole.

/// Longest name of a footnote or a link, in bytes.
const MAX_LABEL_BYTES: usize = 40;

/// The number of a mark such as `[^1]` at the start of a text, and its bytes.
pub(super) fn note_mark(text: &str) -> Option<(&str, usize)> {
    let (label, rest) = text.strip_prefix("[^")?.split_once(']')?;
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

/// Name, address and title of a line such as `[1]: https://example.org "Title"`.
pub(super) fn link_definition(line: &str) -> Option<(&str, &str, Option<&str>)> {
    let text = line.trim_start_matches(' ');
    if line.len() - text.len() >= 4 || text.starts_with("[^") {
        return None;
    }
    let (label, rest) = text.strip_prefix('[')?.split_once("]:")?;
    if label.is_empty() || label.len() > MAX_LABEL_BYTES || label.contains(['[', ']', '`', '\\']) {
        return None;
    }
    let rest = rest.trim();
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
    if !has_scheme || address.contains(['<', '>', '`']) {
        return None;
    }
    let title = match title {
        Some(title) => Some(unquoted(title)?),
        None => None,
    };
    Some((label, address, title))
}

fn unquoted(title: &str) -> Option<&str> {
    [('"', '"'), ('\'', '\''), ('(', ')')]
        .iter()
        .find_map(|&(open, close)| title.strip_prefix(open)?.strip_suffix(close))
}

/// Whether a line begins a block of its own, so that nothing in a line before it goes on.
pub(super) fn begins_block(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '\t', '>']);
    let bytes = text.as_bytes();
    let digits = bytes.iter().take_while(|it| it.is_ascii_digit()).count();
    let is_space = |at: usize| bytes.get(at).is_none_or(u8::is_ascii_whitespace);
    match bytes.get(digits) {
        Some(b'-' | b'*' | b'+') if digits == 0 => is_space(1),
        Some(b'.' | b')') if (1..10).contains(&digits) => is_space(digits + 1),
        Some(b'#') if digits == 0 => is_space(bytes.iter().take_while(|&&it| it == b'#').count()),
        Some(b'|') => digits == 0,
        Some(b'`' | b'~') if digits == 0 => fence(text).is_some(),
        _ => false,
    }
}

/// Sign and length of the fence that a line begins or ends, and whether words follow it.
pub(super) fn fence(line: &str) -> Option<(char, usize, bool)> {
    let sign = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(sign);
    let length = line.len() - rest.len();
    let is_code = sign == '`' && rest.contains('`');
    (length >= 3 && !is_code).then(|| (sign, length, !rest.trim().is_empty()))
}

/// The line without the markers of the quotes and items that it stands in.
pub(super) fn without_markers(line: &str) -> &str {
    let mut text = line;
    loop {
        let rest = text.trim_start_matches([' ', '\t']);
        let bytes = rest.as_bytes();
        let digits = bytes.iter().take_while(|it| it.is_ascii_digit()).count();
        let is_space = |at: usize| bytes.get(at).is_some_and(|it| *it == b' ' || *it == b'\t');
        let marker = match bytes.get(digits) {
            Some(b'>') if digits == 0 => 1,
            Some(b'-' | b'*' | b'+') if digits == 0 && is_space(1) => 1,
            Some(b'.' | b')') if (1..10).contains(&digits) && is_space(digits + 1) => digits + 1,
            _ => return rest,
        };
        text = &rest[marker..];
    }
}
