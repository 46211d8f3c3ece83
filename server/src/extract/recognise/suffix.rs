//! What a name says of a text.

use super::FileKind;

const MARKDOWN: [&str; 4] = ["md", "markdown", "mdown", "mkd"];
const TABLE: [&str; 3] = ["csv", "tsv", "tab"];
const JSON: [&str; 7] = [
    "json",
    "jsonl",
    "ndjson",
    "geojson",
    "ipynb",
    "json5",
    "webmanifest",
];
const HTML: [&str; 3] = ["html", "htm", "xhtml"];
const TEXT: [&str; 8] = ["txt", "text", "log", "srt", "vtt", "tex", "rst", "adoc"];
const CODE: [&str; 84] = [
    "asm",
    "awk",
    "bas",
    "bat",
    "c",
    "cc",
    "cfg",
    "clj",
    "cmake",
    "cmd",
    "conf",
    "cpp",
    "cs",
    "css",
    "cu",
    "cxx",
    "d",
    "dart",
    "diff",
    "el",
    "elm",
    "env",
    "erl",
    "ex",
    "exs",
    "f90",
    "fs",
    "go",
    "gradle",
    "graphql",
    "groovy",
    "h",
    "hcl",
    "hpp",
    "hs",
    "ini",
    "java",
    "jl",
    "js",
    "jsx",
    "kt",
    "kts",
    "less",
    "lisp",
    "lua",
    "m",
    "mjs",
    "ml",
    "mm",
    "nim",
    "nix",
    "pas",
    "patch",
    "php",
    "pl",
    "pm",
    "properties",
    "proto",
    "ps1",
    "py",
    "r",
    "rb",
    "rs",
    "sass",
    "scala",
    "scm",
    "scss",
    "sh",
    "sol",
    "sql",
    "svelte",
    "svg",
    "swift",
    "tcl",
    "tf",
    "toml",
    "ts",
    "tsx",
    "v",
    "vb",
    "vue",
    "xml",
    "yaml",
    "yml",
];
/// Names that say what they are without a suffix.
const CODE_NAMES: [&str; 6] = [
    "dockerfile",
    "gemfile",
    "jenkinsfile",
    "makefile",
    "rakefile",
    "vagrantfile",
];
/// Longest suffix that is passed on.
const MAX_SUFFIX_CHARS: usize = 16;

/// The kind that a name tells, if it tells one.
pub(super) fn kind_of(name: &str) -> Option<FileKind> {
    let name = base(name).to_ascii_lowercase();
    if CODE_NAMES.contains(&name.as_str()) {
        return Some(FileKind::Code);
    }
    let suffix = name.rsplit_once('.')?.1;
    let kinds: [(&[&str], FileKind); 6] = [
        (&MARKDOWN, FileKind::Markdown),
        (&TABLE, FileKind::Table),
        (&JSON, FileKind::Json),
        (&HTML, FileKind::Html),
        (&TEXT, FileKind::Text),
        (&CODE, FileKind::Code),
    ];
    let mut kinds = kinds.into_iter();
    kinds.find_map(|(suffixes, kind)| suffixes.contains(&suffix).then_some(kind))
}

/// As much of a name as says what a file is. The rest is nobody's business who sees the list of
/// processes.
pub(in crate::extract) fn hint(name: &str) -> String {
    let name = base(name);
    if CODE_NAMES.iter().any(|it| it.eq_ignore_ascii_case(name)) {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((_, suffix)) if is_suffix(suffix) => format!("file.{suffix}"),
        _ => "file".to_owned(),
    }
}

fn is_suffix(suffix: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric();
    (1..=MAX_SUFFIX_CHARS).contains(&suffix.len()) && suffix.chars().all(is_letter)
}

fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_says_no_more_than_the_kind() {
        for (name, expected) in [
            ("my divorce.PDF", "file.PDF"),
            ("a.tar.gz", "file.gz"),
            ("Makefile", "Makefile"),
            ("folder/notes", "file"),
            ("--json", "file"),
            ("a.\0\n\u{1b}[2J", "file"),
            ("a.b c", "file"),
            ("", "file"),
        ] {
            assert_eq!(hint(name), expected, "{name:?}");
            assert_eq!(kind_of(&hint(name)), kind_of(name), "{name:?}");
        }
    }
}
