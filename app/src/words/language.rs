//! In which language a message is written, where that is another one than that of the page.

use super::Locale;
use crate::model::Language;

/// So many letters tell it.
const ENOUGH: u32 = 2000;
/// No more is looked at, tags and digits too: a growing answer is looked at for each of its frames.
const MOST: u32 = 16_000;

/// The `lang` of a text, or of its HTML: a Chinese page has Latin texts beside its own, and an
/// English one those of which every tenth letter is Han. A page without it reads them out, and
/// draws them, as if they were in its own language.
pub(crate) fn foreign<'t>(
    locale: Locale,
    texts: impl IntoIterator<Item = &'t String>,
) -> Option<&'static str> {
    let mut letters = Letters::default();
    for text in texts {
        letters.count(text);
    }
    letters.foreign(locale).map(Language::as_str)
}

#[derive(Default)]
struct Letters {
    han: u32,
    latin: u32,
    /// Those of languages that the page never has: Japanese has Han too.
    other: u32,
    /// All that was looked at, letters or not.
    seen: u32,
}

impl Letters {
    fn sum(&self) -> u32 {
        self.han + self.latin + self.other
    }

    fn count(&mut self, text: &str) {
        let mut before = ' ';
        let mut is_tag = false;
        for letter in text.chars() {
            if self.sum() >= ENOUGH || self.seen >= MOST {
                return;
            }
            self.seen += 1;
            match letter {
                '>' => is_tag = false,
                'a'..='z' | '/' if before == '<' => is_tag = true,
                _ if is_tag => {}
                'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' => self.latin += 1,
                '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' => self.han += 1,
                '\u{370}'..='\u{1fff}' | '\u{3041}'..='\u{30ff}' | '\u{ac00}'..='\u{d7a3}' => {
                    self.other += 1;
                }
                _ => {}
            }
            before = letter;
        }
    }

    fn foreign(&self, locale: Locale) -> Option<Language> {
        if locale == Locale::en {
            let is_chinese = self.han * 10 > self.sum() && self.han > self.other;
            is_chinese.then_some(Language::Chinese)
        } else {
            let is_latin = self.han == 0 && self.latin > self.other;
            is_latin.then_some(Language::English)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (Option<&'static str>, Option<&'static str>) {
        let text = text.to_owned();
        (
            foreign(Locale::en, [&text]),
            foreign(Locale::zh_CN, [&text]),
        )
    }

    #[test]
    fn a_text_says_its_language_only_where_the_page_has_another() {
        assert_eq!(both("Hello, how are you?"), (None, Some("en")));
        assert_eq!(both("你好，今天怎么样？"), (Some("zh-CN"), None));
        assert_eq!(both("用 Rust 写一个 HTTP 服务器"), (Some("zh-CN"), None));
        assert_eq!(
            both("What does the word 你好 mean in English?"),
            (None, None)
        );
        assert_eq!(both("1 + 2 = 3"), (None, None));
        // What the page never speaks stays unnamed.
        assert_eq!(both("こんにちは、世界のみなさん"), (None, None));
        assert_eq!(both("안녕하세요"), (None, None));
    }

    #[test]
    fn tags_are_no_words() {
        let html = "<p dir=\"auto\" class=\"a-long-name-of-a-class-of-a-paragraph\">你好</p>";
        assert_eq!(both(html), (Some("zh-CN"), None));
        assert_eq!(both("1 < 2，所以 <b>对</b>"), (Some("zh-CN"), None));
    }

    #[test]
    fn of_a_text_without_letters_no_more_is_read_than_of_others() {
        let digits = "1, 2, ".repeat(100_000);
        let mut letters = Letters::default();
        letters.count(&digits);
        assert_eq!((letters.seen, letters.sum()), (MOST, 0));
        letters.count("Hello");
        assert_eq!(letters.sum(), 0);
    }

    #[test]
    fn an_answer_in_pieces_is_one_text() {
        let pieces = ["<p>Rust</p>".to_owned(), "<p>是一门语言</p>".to_owned()];
        assert_eq!(foreign(Locale::en, &pieces), Some("zh-CN"));
        assert_eq!(foreign(Locale::zh_CN, &pieces), None);
        assert_eq!(foreign(Locale::zh_CN, &pieces[..1]), Some("en"));
        // What the server rendered stands in the document only.
        assert_eq!(foreign(Locale::zh_CN, [&String::new()]), None);
    }
}
