//! Names of files, made from titles that people wrote.

use std::fmt;

/// Longest name in bytes, extension excluded. File systems take 255, and an archive adds an id.
const MAX_BYTES: usize = 120;
/// The name of what has no usable title.
const UNTITLED: &str = "conversation";
/// Devices that Windows takes these names for, whatever their extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// A name that every file system takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    stem: String,
    extension: &'static str,
}

impl FileName {
    /// Makes a name; what no file system likes is replaced.
    pub fn new(title: &str, extension: &'static str) -> Self {
        let stem = usable(title, is_forbidden);
        Self { stem, extension }
    }

    /// The name without its extension.
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// The value of `Content-Disposition`: RFC 6266, with the name in UTF-8 after RFC 5987 and in
    /// ASCII for what does not read that.
    pub fn content_disposition(&self) -> String {
        content_disposition(&self.to_string())
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.stem, self.extension)
    }
}

/// `Content-Disposition` of a name, be it one that a person chose.
pub(crate) fn content_disposition(name: &str) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let mut ascii = usable(stem, |letter| !letter.is_ascii() || is_forbidden(letter));
    let is_plain = !extension.is_empty() && extension.bytes().all(|it| it.is_ascii_alphanumeric());
    if is_plain {
        ascii = format!("{ascii}.{extension}");
    }
    let encoded: String = name.bytes().map(encode).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// A byte as RFC 5987 wants it.
fn encode(byte: u8) -> String {
    // `attr-char`
    if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// A stem without the letters that are not wanted, neither empty nor too long.
fn usable(title: &str, is_unwanted: impl Fn(char) -> bool) -> String {
    let mut stem = String::new();
    for letter in title.chars() {
        let letter = if is_unwanted(letter) { '_' } else { letter };
        // A run of replacements says no more than one.
        if !(letter == '_' && stem.ends_with('_')) {
            stem.push(letter);
        }
    }
    let mut stem = trim(cut(trim(&stem))).to_owned();
    if !stem.chars().any(|letter| !matches!(letter, '_' | ' ')) {
        UNTITLED.clone_into(&mut stem);
    }
    let device = stem.to_lowercase();
    let device = device.split('.').next().unwrap_or_default();
    if DEVICES.contains(&device.trim_end_matches(|letter: char| letter.is_ascii_digit())) {
        stem.insert(0, '_');
    }
    stem
}

/// Separators of some system, wildcards, quotes, and what cannot be seen.
fn is_forbidden(letter: char) -> bool {
    let is_invisible = letter.is_control()
        // Marks that turn the direction of writing make `cod.exe` look like `exe.doc`.
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}');
    is_invisible || r#"/\:*?"<>|%"#.contains(letter)
}

/// Windows drops spaces and dots at the end; a dot at the beginning hides a file elsewhere.
fn trim(stem: &str) -> &str {
    stem.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '.' | '\u{200d}'))
}

fn cut(stem: &str) -> &str {
    &stem[..stem.floor_char_boundary(MAX_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_name_that_every_file_system_takes() {
        for (title, name) in [
            ("Why is the sky blue?", "Why is the sky blue_.md"),
            ("为什么天空是蓝色的？", "为什么天空是蓝色的？.md"),
            ("🦀 crabs", "🦀 crabs.md"),
            ("../../etc/passwd", "_.._etc_passwd.md"),
            ("a/b\\c:d*e", "a_b_c_d_e.md"),
            ("line\nbreak\u{0}", "line_break_.md"),
            ("evil\u{202e}cod.exe", "evil_cod.exe.md"),
            (" .hidden. ", "hidden.md"),
            ("", "conversation.md"),
            ("???", "conversation.md"),
            ("con", "_con.md"),
            ("COM1.txt", "_COM1.txt.md"),
            ("contact", "contact.md"),
        ] {
            assert_eq!(FileName::new(title, "md").to_string(), name, "{title:?}");
        }
    }

    #[test]
    fn a_long_title_is_cut_between_characters() {
        for letter in ["字", "🦀", "é", "a"] {
            let name = FileName::new(&letter.repeat(300), "html").to_string();
            assert!(
                name.len() <= MAX_BYTES + 5 && name.len() > MAX_BYTES,
                "{name}"
            );
            let stem = name.strip_suffix(".html").unwrap();
            assert_eq!(stem.replace(letter, ""), "");
        }
    }

    #[test]
    fn a_download_is_named_in_utf8_and_in_ascii() {
        let header = |title| FileName::new(title, "json").content_disposition();
        assert_eq!(
            header("天空 \"blue\""),
            "attachment; filename=\"_ _blue_.json\"; \
             filename*=UTF-8''%E5%A4%A9%E7%A9%BA%20_blue_.json"
        );
        assert_eq!(
            header("🦀"),
            "attachment; filename=\"conversation.json\"; filename*=UTF-8''%F0%9F%A6%80.json"
        );
        assert!(header("100% \r\nx: y").is_ascii());
        let chosen = content_disposition("a \"b\".数据");
        assert!(
            chosen.starts_with("attachment; filename=\"a _b_\"; "),
            "{chosen}"
        );
        let without = content_disposition("Makefile");
        assert!(
            without.starts_with("attachment; filename=\"Makefile\"; "),
            "{without}"
        );
        assert!(!header("a\r\nb").contains('\n'));
    }
}
