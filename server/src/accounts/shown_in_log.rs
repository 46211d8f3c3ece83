//! How people and places stand in the log: names as they were typed, cut and on one line; never a
//! password, a link, a key, or anything made of one.

use super::Visitor;

/// Characters of a name that are shown; no account has more.
const MAX_CHARS: usize = 64;

/// A name that somebody typed: what is not printed, such as the end of a line, is escaped.
pub(super) fn name(typed: &str) -> String {
    let mut shown: String = typed
        .chars()
        .take(MAX_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    if typed.chars().nth(MAX_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// Where a visitor comes from.
pub(super) fn address(visitor: &Visitor) -> String {
    visitor
        .address
        .map_or_else(|| "unknown".to_owned(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_on_one_line_and_is_no_longer_than_a_name() {
        assert_eq!(name("Änne 王芳"), "Änne 王芳");
        assert_eq!(
            name("a\nINFO b\r\u{1b}[2J\u{202e}"),
            "a\\nINFO b\\r\\u{1b}[2J\\u{202e}"
        );
        assert_eq!(name(&"a".repeat(64)), "a".repeat(64));
        assert_eq!(name(&"名".repeat(1000)), format!("{}…", "名".repeat(64)));
    }
}
