//! A name says what a thing is. Words that fit everything are not names.

use super::sources::{self, Source};

const FORBIDDEN_FILES: [&str; 14] = [
    "util", "utils", "helper", "helpers", "common", "manager", "data", "info", "base", "impl",
    "impls", "misc", "types", "mod",
];
const FORBIDDEN_ENDINGS: [&str; 9] = [
    "Manager", "Helper", "Helpers", "Util", "Utils", "Data", "Info", "Impl", "Base",
];

#[test]
fn no_file_has_a_name_that_fits_everything() {
    let violations: Vec<String> = sources::all()
        .into_iter()
        .filter(Source::is_rust)
        .filter(|source| {
            let name = source.path.rsplit('/').next().unwrap_or_default();
            let stem = name.split('.').next().unwrap_or_default();
            let directories = source.path.split('/').rev().skip(1);
            directories
                .chain([stem])
                .any(|word| FORBIDDEN_FILES.contains(&word))
        })
        .map(|source| source.path)
        .collect();
    sources::none(
        "a file or directory name that says nothing (or a mod.rs)",
        &violations,
    );
}

#[test]
fn no_type_has_a_name_that_fits_everything() {
    let mut violations = Vec::new();
    for source in sources::rust() {
        let code = source.code();
        let mut words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        while let Some(word) = words.next() {
            if !matches!(word, "struct" | "enum" | "trait" | "type" | "union") {
                continue;
            }
            let name = words
                .by_ref()
                .find(|word| !word.is_empty())
                .unwrap_or_default();
            // What every body of HTTP calls its pieces: a name of the trait's.
            if (word, name) == ("type", "Data") {
                continue;
            }
            // `ModelInfo` ends in the word `Info`; `Metadata` does not end in `Data`.
            if FORBIDDEN_ENDINGS
                .iter()
                .any(|ending| name.ends_with(ending))
            {
                violations.push(format!("{}: {name}", source.path));
            }
        }
    }
    sources::none("a type name that says nothing", &violations);
}

#[test]
fn nothing_is_left_for_later() {
    // Spelled in halves, so that this file does not contain them.
    let words = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["todo", "!("],
        ["unimple", "mented!("],
        ["#[ig", "nore"],
    ]
    .map(|halves| halves.concat());
    let found = occurrences(&sources::all(), &words);
    sources::none("something was left for later", &found);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let paths = [
        ["/ro", "ot/"],
        ["/wo", "rk/"],
        ["/home", "/"],
        ["/Us", "ers/"],
    ]
    .map(|halves| halves.concat());
    let found = occurrences(&sources::all(), &paths);
    sources::none("a path of one machine", &found);
}

fn occurrences(sources: &[Source], words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (index, line) in source.text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                found.push(format!("{}:{}: {word}", source.path, index + 1));
            }
        }
    }
    found
}
