//! Marks in texts of `ChatGPT` that only its page understands: `【12†source】`, and since 2025 words
//! between characters of the private use area. `metadata.content_references` says of some what they
//! stand for, as Markdown.

use std::collections::HashMap;

use serde_json::Value;

/// Around a mark, and between its words.
const OPEN: char = '\u{e200}';
const CLOSE: char = '\u{e201}';
const BETWEEN: char = '\u{e202}';
/// The last of these characters.
const LAST: char = '\u{e206}';
/// Around an older mark, and in it.
const OLD_OPEN: char = '【';
const OLD_CLOSE: char = '】';
const OLD_SIGN: char = '†';

/// The text with marks replaced by what they stand for, or left out where nobody knows.
pub(super) fn clean(text: &str, references: &HashMap<&str, &str>) -> String {
    let begins = |letter: char| letter == OLD_OPEN || (OPEN..=LAST).contains(&letter);
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(place) = rest.find(begins) {
        clean.push_str(&rest[..place]);
        rest = &rest[place..];
        let mark = mark(rest);
        if let Some(meaning) = references.get(mark) {
            clean.push_str(meaning);
        } else if mark.len() == OLD_OPEN.len_utf8() && mark.starts_with(OLD_OPEN) {
            clean.push(OLD_OPEN);
        } else {
            clean.push_str(&in_words(mark));
        }
        rest = &rest[mark.len()..];
    }
    clean.push_str(rest);
    clean
}

/// The mark with which a text begins, or its first letter. A mark ends before the next begins, so
/// that nothing is searched through again and again. Brackets of the older kind are usual in
/// Chinese; the sign in them is not.
fn mark(text: &str) -> &str {
    let first = text.chars().next().map_or(0, char::len_utf8);
    let behind = &text[first..];
    let end = if text.starts_with(OPEN) {
        let end = behind.find([OPEN, CLOSE]);
        end.filter(|end| behind[*end..].starts_with(CLOSE))
    } else if text.starts_with(OLD_OPEN) {
        let end = behind.find([OLD_OPEN, OLD_CLOSE, '\n']);
        let end = end.filter(|end| behind[*end..].starts_with(OLD_CLOSE));
        end.filter(|end| behind[..*end].contains(OLD_SIGN))
    } else {
        None
    };
    // Both closing signs have as many bytes.
    let length = end.map_or(first, |end| first + end + CLOSE.len_utf8());
    &text[..length]
}

/// What a mark says by itself: a name, or nothing.
fn in_words(mark: &str) -> String {
    let is_around = |letter: char| letter == OPEN || letter == CLOSE;
    let words = mark.trim_matches(is_around).split(BETWEEN);
    let words: Vec<&str> = words.collect();
    match words.as_slice() {
        ["url", title, ..] => (*title).to_owned(),
        ["entity", names, ..] => {
            let names = serde_json::from_str::<Vec<Value>>(names).unwrap_or_default();
            let name = names.get(1).and_then(Value::as_str);
            name.unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_replaced_or_left_out_and_chinese_brackets_stay() {
        let cite = "\u{e200}cite\u{e202}turn0search0\u{e201}";
        let references = HashMap::from([(cite, "([Rain](https://example.org/rain))")]);
        let none = HashMap::new();
        let text = format!("It rains.{cite}");
        let known = "It rains.([Rain](https://example.org/rain))";
        assert_eq!(clean(&text, &references), known);
        assert_eq!(clean(&text, &none), "It rains.");
        assert_eq!(clean("It rains【12†source】.", &none), "It rains.");
        assert_eq!(clean("【注意】下雨了【2", &none), "【注意】下雨了【2");
        let entity = "\u{e200}entity\u{e202}[\"city\",\"Paris\"]\u{e201}, \u{e206}stray \u{e200}";
        assert_eq!(clean(entity, &none), "Paris, stray ");
        let link = "\u{e200}url\u{e202}Rain\u{e202}turn0search1\u{e201}";
        assert_eq!(clean(link, &none), "Rain");
    }

    proptest! {
        #[test]
        fn any_text_is_cleaned_and_one_without_marks_stays(
            text in "[a【】†\u{e200}\u{e201}\u{e202}\n]{0,40}",
            plain in "[a-z 好🦀【】\n]{0,40}",
        ) {
            let none = HashMap::new();
            let clean_text = clean(&text, &none);
            let is_mark = |letter: char| (OPEN..=LAST).contains(&letter);
            prop_assert!(!clean_text.contains(is_mark));
            prop_assert_eq!(clean(&plain, &none), plain);
        }
    }
}
