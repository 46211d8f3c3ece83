//! Reads the repository: its files, and Rust sources without comments and literals.

use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold products, other people's code or reference data.
const SKIPPED: [&str; 7] = [
    "target",
    "dist",
    "dist.new",
    "node_modules",
    "vendor",
    "golden",
    "corpus",
];
/// Text files that people write and read.
const TEXT: [&str; 12] = [
    "rs", "md", "toml", "css", "sql", "json", "yml", "yaml", "py", "svg", "js", "html",
];

/// A text file of the repository.
pub(super) struct Source {
    /// Path below the repository, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    pub(super) fn has_extension(&self, extension: &str) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, found)| found == extension)
    }

    /// Whether the whole file is test code.
    pub(super) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/")
    }

    /// The text with every comment, string and character replaced by spaces; lines stay lines.
    pub(super) fn code(&self) -> String {
        Blanker::new(&self.text).run()
    }
}

/// Top of the repository.
pub(super) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("invariant: the package lies inside the repository")
        .to_owned()
}

/// The text of a file that has to exist.
pub(super) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text file, sorted by path.
pub(super) fn all() -> Vec<Source> {
    let root = root();
    let mut sources = Vec::new();
    let mut pending = vec![root.clone()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().expect("a file type").is_dir() {
                let is_hidden = name.starts_with('.') && name != ".cargo" && name != ".github";
                if !is_hidden && !SKIPPED.contains(&name.as_str()) {
                    pending.push(path);
                }
            } else if is_text(&path) {
                sources.push(source(&root, &path));
            }
        }
    }
    assert!(
        sources.len() > 20,
        "found only {} files: is this the repository?",
        sources.len()
    );
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn source(root: &Path, path: &Path) -> Source {
    let below = path
        .strip_prefix(root)
        .expect("invariant: the walk starts at the root");
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Source {
        path: below.to_string_lossy().replace('\\', "/"),
        text,
    }
}

/// Every Rust source.
pub(super) fn rust() -> Vec<Source> {
    all().into_iter().filter(Source::is_rust).collect()
}

/// Fails with one line for each violation.
pub(super) fn none(rule: &str, violations: &[String]) {
    assert!(
        violations.is_empty(),
        "{rule}:\n  {}",
        violations.join("\n  ")
    );
}

fn is_text(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| TEXT.contains(&extension))
}

/// Walks Rust text once and keeps only what the compiler would run.
struct Blanker<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    code: String,
}

impl<'a> Blanker<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.chars().peekable(),
            code: String::with_capacity(text.len()),
        }
    }

    fn run(mut self) -> String {
        while let Some(letter) = self.rest.next() {
            match (letter, self.rest.peek().copied()) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('r', Some('"' | '#')) if !self.ends_in_word() => self.raw_string(),
                ('\'', _) => self.character(),
                _ => self.code.push(letter),
            }
        }
        self.code
    }

    fn ends_in_word(&self) -> bool {
        // `br"…"` is a raw string as well, so a single `b` before the `r` does not count.
        let word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let mut before = self.code.chars().rev();
        match before.next() {
            Some('b') => before.next().is_some_and(word),
            Some(letter) => word(letter),
            None => false,
        }
    }

    fn blank(&mut self, letter: char) {
        self.code.push(if letter == '\n' { '\n' } else { ' ' });
    }

    fn line_comment(&mut self) {
        while self.rest.peek().is_some_and(|letter| *letter != '\n') {
            self.rest.next();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 1;
        self.rest.next();
        while let Some(letter) = self.rest.next() {
            self.blank(letter);
            let pair = (letter, self.rest.peek());
            if pair == ('/', Some(&'*')) || pair == ('*', Some(&'/')) {
                depth += if letter == '/' { 1 } else { -1 };
                self.rest.next();
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        while let Some(letter) = self.rest.next() {
            self.blank(letter);
            match letter {
                '\\' => {
                    if let Some(escaped) = self.rest.next() {
                        self.blank(escaped);
                    }
                }
                '"' => return,
                _ => {}
            }
        }
    }

    fn raw_string(&mut self) {
        let mut hashes = 0;
        while self.rest.next_if_eq(&'#').is_some() {
            hashes += 1;
        }
        if self.rest.next_if_eq(&'"').is_none() {
            // A raw identifier such as `r#type`.
            self.code.push(' ');
            return;
        }
        while let Some(letter) = self.rest.next() {
            self.blank(letter);
            if letter == '"' {
                let mut closing = 0;
                while closing < hashes && self.rest.next_if_eq(&'#').is_some() {
                    closing += 1;
                }
                if closing == hashes {
                    return;
                }
            }
        }
    }

    /// A character, or the tick of a lifetime.
    fn character(&mut self) {
        let Some(first) = self.rest.next() else {
            return;
        };
        self.blank(first);
        if first == '\\' {
            if let Some(escaped) = self.rest.next() {
                self.blank(escaped);
            }
            while self.rest.next_if(|letter| *letter != '\'').is_some() {}
            self.rest.next();
        } else if self.rest.next_if_eq(&'\'').is_none() {
            self.code.push(first);
        }
    }
}

#[test]
fn comments_and_literals_are_not_code() {
    let check = |text: &str, expected: &str| {
        let source = Source {
            path: "a.rs".to_owned(),
            text: text.to_owned(),
        };
        let words: Vec<_> = source
            .code()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        assert_eq!(words.join(" "), expected, "{text}");
    };
    check("a // b\nc", "a c");
    check("a /* b /* c */ d */ e", "a e");
    check(r#"f("b \" c") g"#, "f( ) g");
    check(r##"f(r#"b " c"#) g"##, "f( ) g");
    check("f::<'a>('x', '\\'', '\"') g", "f::< a>( , , ) g");
}
