//! Pages write every address through `address_of`: one that forgets it leads out of a server that
//! stands below a path of its host.

use super::sources::{self, Source};

/// Where the one function is.
const HOME: &str = "app/src/sub_path.rs";

/// Attributes that hold addresses.
const ATTRIBUTES: [&str; 4] = ["href=", "action=", "formaction=", "src="];

/// What others offer, and what there is in its place.
const REPLACED: [(&str, &str); 3] = [
    (
        "<A ",
        "the router's link writes another start page: use `PageLink`",
    ),
    ("ActionForm", "it posts past the path: use a plain form"),
    (
        "navigate(\"/",
        "use the chat's `navigation`, or `browser::load`",
    ),
];

#[test]
fn every_address_of_a_page_is_written_through_one_function() {
    let pages = |source: &Source| source.path.starts_with("app/src/") && source.path != HOME;
    let mut violations = Vec::new();
    for source in sources::rust().into_iter().filter(pages) {
        let found = violations_in(&source.text).into_iter();
        violations.extend(found.map(|(line, what)| format!("{}:{line}: {what}", source.path)));
    }
    sources::none(
        "an address that does not come from `address_of`",
        &violations,
    );
}

/// Numbers of lines, and what is wrong there. Tests of a module may write what they like.
fn violations_in(text: &str) -> Vec<(usize, String)> {
    let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((text, ""));
    let mut found = Vec::new();
    for (index, line) in code.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        let mut tell = |what: String| found.push((index + 1, what));
        for (word, advice) in REPLACED {
            if line.contains(word) {
                tell(format!("`{word}`: {advice}"));
            }
        }
        for attribute in ATTRIBUTES {
            // An attribute stands behind a space or at the beginning of its line.
            let spaced = format!(" {line}");
            for value in spaced.split(&format!(" {attribute}")).skip(1) {
                if !is_sound(value) {
                    tell(format!("{attribute}{value}"));
                }
            }
        }
        let name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let parts: Vec<&str> = line.split("::url()").collect();
        for function in parts.iter().take(parts.len() - 1) {
            if !function.trim_end_matches(name).ends_with("address_of(") {
                tell(format!("{function}::url()"));
            }
        }
    }
    found
}

/// Whether a value comes from the function, leads nowhere else, or has a name: where that was
/// made, this test looks too.
fn is_sound(value: &str) -> bool {
    let sound = ["address_of(", "\"#", "\"?", "move ||"];
    if sound.iter().any(|start| value.starts_with(start)) {
        return true;
    }
    let name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let rest = value.trim_start_matches(name);
    let is_named = rest.len() < value.len();
    is_named && (rest.is_empty() || rest.starts_with([' ', '>', '/', '.']))
}

#[test]
fn a_forgotten_address_is_found() {
    for sound in [
        "<a href=address_of(\"/settings\")>",
        "<a class=\"b\" href=path rel=\"external\">",
        "    href=move || neighbours.earlier.get()",
        "<link rel=\"stylesheet\" href=style/>",
        "<a href=\"#sidebar\"> <a href=\"?older=1\">",
        "<form method=\"post\" action=address_of(SignOut::url())>",
        "<PageLink to=\"/settings\">",
        "// <a href=\"/settings\">",
        "#[cfg(test)]\n<a href=\"/settings\">",
    ] {
        assert!(violations_in(sound).is_empty(), "{sound}");
    }
    for (line, forgotten) in [
        (1, "<a href=\"/settings\">"),
        (2, "\n    href=\"/settings\""),
        (1, "<a href=format!(\"/c/{id}\")>"),
        (1, "<a href=download_path(id)>"),
        (1, "<form method=\"post\" action=ARCHIVE>"),
        (1, "<script src=\"/pkg/x.js\">"),
        (1, "let action = SignOut::url();"),
        (1, "<A href=section.address>"),
        (1, "<ActionForm action=save>"),
        (1, "navigate(\"/settings\", options)"),
    ] {
        let lines: Vec<usize> = violations_in(forgotten)
            .into_iter()
            .map(|it| it.0)
            .collect();
        assert_eq!(lines, [line], "{forgotten}");
    }
    let twice = "<form method=\"post\" action=SignOut::url()>";
    assert_eq!(
        violations_in(twice).len(),
        2,
        "the attribute and the function"
    );
}
