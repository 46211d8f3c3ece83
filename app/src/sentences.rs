//! Sentences of a text, to be read aloud one after the other: where each begins and ends, and in
//! which language its letters are.

use std::ops::Range;

/// A longer one is cut at the next gap: some voices fall silent in the middle of long texts. In
/// characters.
const LONGEST: usize = 200;
/// Words behind which a full stop ends nothing.
const SHORTENED: [&str; 15] = [
    "Dr", "Mr", "Mrs", "Ms", "Prof", "St", "vs", "Nr", "Fig", "ca", "bzw", "approx", "cf", "Jr",
    "Sr",
];

/// A piece of a text that is spoken at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sentence {
    /// Without space around it.
    pub(crate) text: String,
    /// Where it stands, in units of UTF-16: so browsers count.
    pub(crate) place: Range<u32>,
    /// BCP 47. Absent: it has no letters.
    pub(crate) language: Option<&'static str>,
}

/// The sentences of a text, in order. What is nothing but space is none.
pub(crate) fn sentences(text: &str) -> Vec<Sentence> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut begin = 0;
    for (index, &letter) in letters.iter().enumerate() {
        let end = index + 1;
        let is_long = end - begin >= LONGEST && is_gap(letter);
        if end == letters.len() || is_long || ends_at(&letters, begin, index) {
            found.extend(cut(&letters, begin..end));
            begin = end;
        }
    }
    found
}

/// Whether a sentence that begins at `begin` is over with this letter: the last of its marks, or of
/// the quotation marks behind them.
fn ends_at(letters: &[char], begin: usize, index: usize) -> bool {
    let (letter, next) = (letters[index], letters.get(index + 1).copied());
    if letter == '\n' {
        return true;
    }
    let is_tail = |it: char| is_mark(it) || is_closing(it);
    if !is_tail(letter) || next.is_some_and(is_tail) {
        return false;
    }
    let mut marks = letters[begin..=index].iter().rev();
    let Some(&mark) = marks.find(|it| !is_closing(**it)) else {
        return false;
    };
    if is_wide_mark(mark) {
        return true;
    }
    is_mark(mark) && next.is_none_or(char::is_whitespace) && !goes_on(letters, begin, index)
}

/// Whether a full stop, or what stands in its place, is not the last one: it follows a short form,
/// a letter or a number at the beginning, or is followed by a small letter.
fn goes_on(letters: &[char], begin: usize, index: usize) -> bool {
    let after = letters[index + 1..].iter().find(|it| !it.is_whitespace());
    if after.is_some_and(char::is_ascii_lowercase) {
        return true;
    }
    if letters[index] != '.' {
        return false;
    }
    let before = &letters[begin..index];
    let word = before.iter().rev().take_while(|it| !it.is_whitespace());
    let mut word: Vec<char> = word.copied().collect();
    word.reverse();
    let word: String = word.into_iter().collect();
    let word = word.trim_start_matches(['(', '“', '"', '‘']);
    let is_initial =
        word.chars().count() == 1 && word.starts_with(|it: char| it.is_ascii_uppercase());
    // “e.g.” and “z. B.” have one before; “1.” begins a line.
    let is_number = word.len() + 1 >= before.len() && word.bytes().all(|it| it.is_ascii_digit());
    is_initial || is_number || word.contains('.') || SHORTENED.contains(&word)
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '.' | '!' | '?' | '…') || is_wide_mark(letter)
}

/// Ends a sentence whatever follows: Chinese has no space behind it.
fn is_wide_mark(letter: char) -> bool {
    matches!(letter, '。' | '！' | '？' | '；' | '｡')
}

fn is_closing(letter: char) -> bool {
    matches!(
        letter,
        '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '」' | '』' | '）' | '】' | '》'
    )
}

fn is_gap(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '，' | '、' | '：' | '。')
}

/// The sentence that stands there, if there is more than space and marks.
fn cut(letters: &[char], place: Range<usize>) -> Option<Sentence> {
    let units = |letters: &[char]| {
        let units: usize = letters.iter().map(|it| it.len_utf16()).sum();
        u32::try_from(units).unwrap_or(u32::MAX)
    };
    let is_said = |it: &char| !(it.is_whitespace() || is_mark(*it) || is_closing(*it));
    let text = &letters[place.clone()];
    text.iter().find(|it| is_said(it))?;
    let first = place.start + text.iter().position(|it| !it.is_whitespace())?;
    let last = place.start + text.iter().rposition(|it| !it.is_whitespace())?;
    let text: String = letters[first..=last].iter().collect();
    let begin = units(&letters[..first]);
    Some(Sentence {
        language: language(&text),
        place: begin..begin + units(&letters[first..=last]),
        text,
    })
}

/// The language whose script a sentence has most of. English words in a Chinese sentence count as
/// words, Han as characters.
fn language(text: &str) -> Option<&'static str> {
    let (mut han, mut words, mut before) = (0_u32, 0_u32, ' ');
    let (mut cyrillic, mut greek, mut arabic, mut hebrew) = (0_u32, 0_u32, 0_u32, 0_u32);
    for letter in text.chars() {
        match letter {
            // Japanese and Korean have letters that no other language has.
            '\u{3041}'..='\u{30fa}' => return Some("ja"),
            '\u{ac00}'..='\u{d7a3}' => return Some("ko"),
            '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => han += 1,
            '\u{400}'..='\u{52f}' => cyrillic += 1,
            '\u{370}'..='\u{3ff}' => greek += 1,
            '\u{600}'..='\u{6ff}' => arabic += 1,
            '\u{590}'..='\u{5ff}' => hebrew += 1,
            _ if is_latin(letter) && !is_latin(before) => words += 1,
            _ => {}
        }
        before = letter;
    }
    if han > 0 && han >= words {
        return Some("zh-CN");
    }
    let others = [
        (cyrillic, "ru"),
        (greek, "el"),
        (arabic, "ar"),
        (hebrew, "he"),
    ];
    let (most, name) = others.into_iter().max_by_key(|it| it.0)?;
    // A letter of another script is a sign in a formula.
    if most > 1 && most > words {
        return Some(name);
    }
    (words > 0).then_some("en")
}

fn is_latin(letter: char) -> bool {
    matches!(letter, 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        sentences(text).into_iter().map(|it| it.text).collect()
    }

    #[test]
    fn a_sentence_ends_with_its_mark_in_latin_and_in_chinese() {
        assert_eq!(
            texts("Hello there. How are you? Fine!"),
            ["Hello there.", "How are you?", "Fine!"]
        );
        assert_eq!(
            texts("你好。今天怎么样？很好！"),
            ["你好。", "今天怎么样？", "很好！"]
        );
        assert_eq!(texts("第一行\n第二行"), ["第一行", "第二行"]);
        assert_eq!(
            texts("She said: “Go.” He went… And now?!  Yes"),
            ["She said: “Go.”", "He went…", "And now?!", "Yes"]
        );
        assert_eq!(
            texts("他说：“走吧。”然后走了。"),
            ["他说：“走吧。”", "然后走了。"]
        );
    }

    #[test]
    fn numbers_short_forms_and_names_end_nothing() {
        for whole in [
            "It costs 3.14 euros at example.org today.",
            "See Dr. Smith, e.g. on Monday.",
            "J. R. Miller wrote it.",
            "1. First of all",
            "Wait... for it",
            "版本 1.5 已发布",
        ] {
            assert_eq!(texts(whole), [whole]);
        }
    }

    #[test]
    fn what_says_nothing_is_no_sentence() {
        for nothing in ["", "  \n\n ", "…", "?!\n.", "。”"] {
            assert!(sentences(nothing).is_empty(), "{nothing:?}");
        }
    }

    #[test]
    fn each_sentence_has_the_language_of_its_letters() {
        let check = |text: &str, language: Option<&str>| {
            assert_eq!(sentences(text)[0].language, language, "{text}");
        };
        check("How are you?", Some("en"));
        check("用 Rust 写一个 HTTP 服务器。", Some("zh-CN"));
        check("The sign 火 means fire.", Some("en"));
        check("火はfireです。", Some("ja"));
        check("안녕하세요.", Some("ko"));
        check("Как дела?", Some("ru"));
        check("The angle α is small.", Some("en"));
        check("3 + 4 = 7", None);
    }

    #[test]
    fn places_are_counted_as_browsers_count() {
        let found = sentences(" 🦀 one. 二。");
        assert_eq!(found[0].place, 1..8);
        assert_eq!(
            (found[1].text.as_str(), found[1].place.clone()),
            ("二。", 9..11)
        );
    }

    #[test]
    fn a_long_sentence_is_cut_at_a_gap() {
        let long = "word ".repeat(100);
        let parts = texts(&long);
        assert!(parts.len() > 1 && parts.iter().all(|it| it.chars().count() <= LONGEST + 5));
        assert_eq!(parts.join(" "), long.trim());
    }

    proptest! {
        /// Nothing is said twice or out of order, and only space and marks are left out.
        #[test]
        fn sentences_are_the_text_in_order(text in "[a-zA-Z .!?。？你好\\n”🦀0-9]{0,300}") {
            let units: Vec<u16> = text.encode_utf16().collect();
            let mut last = 0;
            for sentence in sentences(&text) {
                let (begin, end) = (sentence.place.start as usize, sentence.place.end as usize);
                prop_assert!(last <= begin && begin < end);
                let there = String::from_utf16(&units[begin..end]);
                prop_assert_eq!(there.ok(), Some(sentence.text));
                last = end;
            }
        }
    }
}
