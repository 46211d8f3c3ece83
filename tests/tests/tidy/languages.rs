//! Every language has the same words with the same variables. The build compares the keys.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::sources;

const DEFAULT: &str = "app/locales/en/";
const OTHERS: [&str; 1] = ["app/locales/zh-CN/"];

/// Words by their path, such as `chat.send`.
fn words(directory: &str) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for source in sources::all() {
        let file = source.path.strip_prefix(directory);
        if let Some(namespace) = file.and_then(|file| file.strip_suffix(".json")) {
            let parsed = serde_json::from_str(&source.text);
            let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", source.path));
            collect(namespace, &parsed, &mut words);
        }
    }
    words
}

fn collect(path: &str, value: &Value, words: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                collect(&format!("{path}.{key}"), value, words);
            }
        }
        Value::String(text) => {
            words.insert(path.to_owned(), text.clone());
        }
        other => panic!("{path} is no text: {other}"),
    }
}

/// Names between double braces.
fn variables(text: &str) -> BTreeSet<&str> {
    let parts = text.split("{{").skip(1);
    parts
        .filter_map(|part| Some(part.split_once("}}")?.0.trim()))
        .collect()
}

#[test]
fn every_language_has_the_same_words_with_the_same_variables() {
    let default = words(DEFAULT);
    assert!(default.len() > 100, "only {} words", default.len());
    let mut differences = Vec::new();
    for directory in OTHERS {
        let other = words(directory);
        for path in default.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
            match (default.get(path), other.get(path)) {
                (Some(ours), Some(theirs)) if variables(ours) == variables(theirs) => {}
                (Some(ours), Some(theirs)) => {
                    differences.push(format!("{path}: {ours:?} and {theirs:?}"));
                }
                (Some(_), None) => differences.push(format!("{path} is missing in {directory}")),
                (None, _) => differences.push(format!("{path} is only in {directory}")),
            }
        }
    }
    sources::none("the languages differ", &differences);
}

#[test]
fn chinese_sentences_end_in_chinese_punctuation() {
    let ascii = [',', ';', '?', '!', '(', ')'];
    let words = words(OTHERS[0]);
    let odd = words.iter().filter(|(_, text)| {
        let signs = text.chars().any(|letter| ascii.contains(&letter));
        signs || text.ends_with('.')
    });
    let odd: Vec<_> = odd.map(|(path, text)| format!("{path}: {text}")).collect();
    sources::none("ASCII punctuation in Chinese", &odd);
}

/// The rule for sentences in every language; only those in Chinese are known by their letters.
#[test]
fn sentences_stand_with_the_words_and_nowhere_else() {
    let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    // What a language calls itself is no word of the page's language, nor is what a model is told
    // and answers, or what somebody types to search.
    let own = [
        "app/src/model/preferences.rs",
        "server/src/chat/personal.rs",
        "server/src/chat/title_maker/wording.rs",
        "server/src/search/query/filters.rs",
    ];
    let mut found = Vec::new();
    for source in sources::rust() {
        let path = source.path.as_str();
        let is_program = ["app/src/", "server/src/"]
            .iter()
            .any(|beginning| path.starts_with(beginning));
        let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
        if !is_program || is_test || path.starts_with("app/src/words") || own.contains(&path) {
            continue;
        }
        let program = source.text.split("#[cfg(test)]\nmod tests").next();
        let lines = program.unwrap_or_default().lines().enumerate();
        let odd = lines.filter(|(_, line)| line.contains(is_chinese));
        found.extend(odd.map(|(number, line)| format!("{path}:{}: {line}", number + 1)));
    }
    sources::none(
        "a sentence outside of app/src/words and app/locales",
        &found,
    );
}
