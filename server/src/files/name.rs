//! What a file is called: a name that a browser sent, without what no name has.

use hearth_app::model::Refusal;

/// Longest name, in characters.
const MAX_CHARS: usize = 200;
/// Longest ending that is kept where the rest is cut, the dot included.
const MAX_ENDING_CHARS: usize = 12;
/// The name of what has none.
const UNNAMED: &str = "file";

/// The name without a path before it, without what cannot be seen, cut before its ending.
pub(crate) fn clean_name(sent: &str) -> String {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = name.chars().filter(|&letter| !is_unseen(letter)).collect();
    let name = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().all(|letter| matches!(letter, '.' | ' ')) {
        return UNNAMED.to_owned();
    }
    let count = name.chars().count();
    if count <= MAX_CHARS {
        return name;
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let num_ending = ending.chars().count();
    let (ending, num_ending) = if num_ending <= MAX_ENDING_CHARS {
        (ending, num_ending)
    } else {
        ("", 0)
    };
    let stem: String = name.chars().take(MAX_CHARS - num_ending).collect();
    stem + ending
}

/// Whether a name of a document could have come from here.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    if clean_name(name) == name {
        Ok(())
    } else {
        Err(Refusal::NotAccepted)
    }
}

/// Control characters, and marks that turn the direction of writing: they make `cod.exe` look like
/// `exe.doc`.
fn is_unseen(letter: char) -> bool {
    (letter.is_control() && !letter.is_whitespace())
        || matches!(
            letter,
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
                | '\u{2028}' | '\u{2029}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_loses_its_path_and_what_cannot_be_seen() {
        for (sent, name) in [
            ("report.pdf", "report.pdf"),
            ("C:\\Users\\ada\\report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("a\u{0}b\nc.txt", "ab c.txt"),
            ("evil\u{202e}cod.exe", "evilcod.exe"),
            ("  two   words .md ", "two words .md"),
            ("年度报告.docx", "年度报告.docx"),
            ("", "file"),
            ("..", "file"),
            ("folder/", "file"),
        ] {
            assert_eq!(clean_name(sent), name, "{sent:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean_name(&format!("{}.pdf", "字".repeat(400)));
        assert_eq!(name.chars().count(), MAX_CHARS);
        assert!(name.ends_with("字.pdf"));
        let name = clean_name(&format!("a.{}", "b".repeat(400)));
        assert_eq!(name.chars().count(), MAX_CHARS);
    }

    proptest! {
        #[test]
        fn a_clean_name_is_clean(sent in any::<String>()) {
            let name = clean_name(&sent);
            prop_assert!(!name.is_empty() && name.chars().count() <= MAX_CHARS);
            let has_more = name.contains(['/', '\\', '\n', '\u{0}']);
            prop_assert!(!has_more);
            prop_assert_eq!(clean_name(&name), name);
        }
    }
}
