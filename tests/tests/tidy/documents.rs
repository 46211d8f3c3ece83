//! The documents exist, stay short and point at things that exist.

use std::{fs, path::Path};

use super::sources::{self, Source};

const REQUIRED: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "deny.toml",
    "docs/operations.md",
];
/// Lines of the architecture, and of a decision.
const ARCHITECTURE: usize = 300;
const DECISION: usize = 40;

fn documents() -> Vec<Source> {
    sources::all()
        .into_iter()
        .filter(|source| source.has_extension("md"))
        .collect()
}

#[test]
fn every_document_a_reader_expects_is_there() {
    let missing: Vec<String> = REQUIRED
        .iter()
        .filter(|path| !sources::root().join(path).is_file())
        .map(|path| (*path).to_owned())
        .collect();
    sources::none("a missing document", &missing);
}

#[test]
fn the_changelog_begins_with_what_comes_next_or_with_this_version() {
    let changelog = sources::read("CHANGELOG.md");
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## ["));
    let newest = newest.and_then(|rest| rest.split(']').next());
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        newest.is_some_and(|newest| newest == "Unreleased" || newest == version),
        "CHANGELOG.md begins with {newest:?}, neither Unreleased nor {version}"
    );
}

#[test]
fn what_is_downloaded_and_started_is_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    for path in [
        "README.md",
        "deploy/container/compose.yaml",
        "docs/operations.md",
    ] {
        let text = sources::read(path);
        let names = ["hearth-", "hearth:", "VERSION=", "download/v"];
        let told = names.iter().flat_map(|name| text.split(*name).skip(1));
        let stale = told.filter_map(|rest| {
            let is_outside = |letter: char| !letter.is_ascii_digit() && letter != '.';
            let number = rest.split(is_outside).next()?.trim_end_matches('.');
            let is_version = number.matches('.').count() == 2;
            (is_version && number != version).then(|| format!("{path}: {number}"))
        });
        let stale: Vec<String> = stale.collect();
        sources::none("another version than this one", &stale);
        assert!(text.contains(version), "{path} names no version");
    }
}

#[test]
fn the_architecture_is_short_and_knows_every_package() {
    let text = sources::read("ARCHITECTURE.md");
    let lines = text.lines().count();
    assert!(
        lines < ARCHITECTURE,
        "ARCHITECTURE.md has {lines} lines, the limit is {ARCHITECTURE}"
    );
    for package in [
        "app/",
        "server/",
        "engine/",
        "tests/",
        "xtask/",
        "style/",
        "migrations/",
    ] {
        assert!(
            text.contains(&format!("`{package}")),
            "ARCHITECTURE.md does not name {package}"
        );
    }
}

#[test]
fn a_decision_is_short_and_numbered_once() {
    let mut violations = Vec::new();
    let mut numbers = Vec::new();
    for document in documents() {
        let Some(name) = document.path.strip_prefix("docs/adr/") else {
            continue;
        };
        let lines = document.text.lines().count();
        if lines >= DECISION {
            violations.push(format!("{name}: {lines} lines, the limit is {DECISION}"));
        }
        let number: String = name.chars().take_while(char::is_ascii_digit).collect();
        if number.len() != 4 || numbers.contains(&number) {
            violations.push(format!(
                "{name}: the name starts with four digits of its own"
            ));
        }
        numbers.push(number);
    }
    sources::none("a decision that is too long or badly numbered", &violations);
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut violations = Vec::new();
    for document in documents() {
        let full = sources::root().join(&document.path);
        let directory = full.parent().unwrap_or(Path::new(".")).to_owned();
        for link in links(&document.text) {
            let target = link.split('#').next().unwrap_or_default();
            let is_outside = link.contains("://") || link.starts_with("mailto:");
            if !target.is_empty() && !is_outside && !directory.join(target).exists() {
                violations.push(format!("{}: {link}", document.path));
            }
        }
    }
    sources::none("a link that leads nowhere", &violations);
}

/// A test that is named `file: function` and was renamed since holds nothing any more.
#[test]
fn every_test_that_the_table_of_stakes_names_is_there() {
    let table = sources::read("docs/table-stakes.md");
    let stakes = table.lines().filter(|line| {
        let number = line
            .strip_prefix("| ")
            .and_then(|rest| rest.split(' ').next());
        number.is_some_and(|number| number.parse::<u8>().is_ok())
    });
    assert_eq!(stakes.count(), 40);
    let named = table.split('`').skip(1).step_by(2);
    let named: Vec<_> = named.filter_map(|code| code.split_once(": ")).collect();
    assert!(named.len() > 40, "only {} tests", named.len());
    let missing = named.into_iter().filter_map(|(path, function)| {
        let source = fs::read_to_string(sources::root().join(path)).unwrap_or_default();
        let is_there = source.contains(&format!("fn {function}("));
        (!is_there).then(|| format!("{path}: {function}"))
    });
    let missing: Vec<String> = missing.collect();
    sources::none("a test that is not there", &missing);
}

/// Targets of `[text](target)`.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(link, _)| link)
        .collect()
}
