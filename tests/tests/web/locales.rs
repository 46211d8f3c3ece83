//! What the pages say, as the files have it: tone, marks and gaps of each language.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// Sentences by their keys.
type Words = BTreeMap<String, String>;

fn words(language: &str) -> Result<Words> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../app/locales")
        .join(language);
    let mut words = Words::new();
    for file in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = file?.path();
        let namespace = path.file_stem().unwrap_or_default().to_string_lossy();
        let content: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
        collect(&namespace, &content, &mut words);
    }
    Ok(words)
}

fn collect(key: &str, value: &Value, words: &mut Words) {
    if let Some(text) = value.as_str() {
        words.insert(key.to_owned(), text.to_owned());
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        collect(&format!("{key}.{name}"), value, words);
    }
}

/// Names of what is filled in.
fn gaps(text: &str) -> Vec<&str> {
    let gaps = text.split("{{").skip(1);
    let gaps = gaps.filter_map(|rest| Some(rest.split_once("}}")?.0.trim()));
    let mut gaps: Vec<_> = gaps.collect();
    gaps.sort_unstable();
    gaps.dedup();
    gaps
}

fn english_fault(text: &str) -> Option<&'static str> {
    let mut words = text.split(|letter: char| !letter.is_alphabetic());
    if words.any(|word| word.eq_ignore_ascii_case("please")) {
        Some("it says please")
    } else if text.contains(['\'', '"']) {
        Some("its apostrophe or quote is straight")
    } else if text.contains('!') {
        Some("it calls out")
    } else {
        None
    }
}

fn is_han(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

fn chinese_fault(text: &str) -> Option<&'static str> {
    let letters: Vec<char> = text.chars().collect();
    let has = |is_wrong: &dyn Fn(&[char]) -> bool| letters.windows(3).any(is_wrong);
    let begs = |place: usize| {
        let next = letters.get(place + 1);
        let before = place.checked_sub(1).and_then(|place| letters.get(place));
        // A request and an invitation are none.
        letters[place] == '请' && next != Some(&'求') && !matches!(before, Some('邀' | '申'))
    };
    if (0..letters.len()).any(begs) {
        Some("it says 请")
    } else if text.contains('您') {
        Some("it says 您")
    } else if text.contains(['！', '!']) {
        Some("it calls out")
    } else if has(&|it| is_han(it[0]) && ",.:;?()'\"".contains(it[1]) && is_han(it[2])) {
        Some("a mark between Han is half as wide")
    } else if text.contains(" · ") {
        Some("its dot is spaced")
    } else {
        None
    }
}

#[test]
fn every_sentence_has_the_tone_and_the_marks_of_its_language() -> Result<()> {
    let faults = |words: Words, fault: fn(&str) -> Option<&'static str>| {
        let faults = words.into_iter().filter_map(|(key, text)| {
            let fault = fault(&text)?;
            Some(format!("{key}: {fault}: {text}"))
        });
        faults.collect::<Vec<_>>()
    };
    let found = [
        faults(words("en")?, english_fault),
        faults(words("zh-CN")?, chinese_fault),
    ];
    assert_eq!(found, [const { Vec::<String>::new() }; 2], "{found:#?}");
    Ok(())
}

#[test]
fn both_languages_say_the_same_and_fill_in_the_same() -> Result<()> {
    let (english, chinese) = (words("en")?, words("zh-CN")?);
    assert!(english.len() > 300, "{} sentences", english.len());
    assert!(english.keys().eq(chinese.keys()), "the same keys");
    for (key, text) in &english {
        let other = &chinese[key];
        assert_eq!(gaps(text), gaps(other), "{key}: {text} / {other}");
    }
    Ok(())
}

#[test]
fn faults_are_found() {
    for text in [
        "Please sign in.",
        "Sign in, please.",
        "the server's",
        "a \"word\"",
        "Done!",
    ] {
        assert!(english_fault(text).is_some(), "{text}");
    }
    for text in ["The server’s pleased “guests”.", "{{ name }}: 1,000"] {
        assert_eq!(english_fault(text), None, "{text}");
    }
    for text in [
        "请登录。",
        "失败，请重试。",
        "您好",
        "完成！",
        "好,再见",
        "温度 · 种子",
    ] {
        assert!(chinese_fault(text).is_some(), "{text}");
    }
    for text in [
        "请求编号 {{ id }}",
        "邀请用户",
        "版本 1.5，共 3 个",
        "好（对）",
    ] {
        assert_eq!(chinese_fault(text), None, "{text}");
    }
    assert_eq!(gaps("{{ b }} of {{ a }}, {{ b }}"), ["a", "b"]);
}
