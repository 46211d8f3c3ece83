//! Two hundred answers as models write them, and what is shown of each. The HTML was read by a
//! person: what is wrong in it is mended in the renderer.

use std::fmt::Write as _;

use super::{super::render, stream};

/// Begins an answer; its name follows.
const MARK: &str = "%%% ";

macro_rules! corpus {
    ($($name:literal),*) => {
        [$((
            $name,
            include_str!(concat!("corpus/", $name, ".txt")),
            include_str!(concat!("corpus/", $name, ".shown.txt")),
        )),*]
    };
}

/// Subjects, their answers and their HTML.
const CORPUS: [(&str, &str, &str); 9] = corpus![
    "blocks",
    "code",
    "html",
    "languages",
    "links",
    "math",
    "prices",
    "shell",
    "tables"
];

/// The answers of one file with their names.
fn answers(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = text.split(MARK).skip(1);
    parts.filter_map(|part| part.split_once('\n'))
}

/// Without what is the same in each code block and each link.
fn short(html: &str) -> String {
    let mut short = String::new();
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once("<button") {
        let (_, others) = behind.split_once("</div>").unwrap();
        let _ = write!(short, "{before}{{buttons}}</div>");
        rest = others;
    }
    short.push_str(rest);
    short.replace(
        " target=\"_blank\" rel=\"noopener noreferrer nofollow\"",
        "",
    )
}

#[test]
fn two_hundred_answers_are_shown_as_they_were_reviewed() {
    let mut count = 0;
    for (subject, texts, reviewed) in CORPUS {
        let mut shown = String::new();
        for (name, text) in answers(texts) {
            let _ = writeln!(shown, "{MARK}{name}\n{}", short(&render(text).join("\n")));
            count += 1;
        }
        let pairs = answers(&shown).zip(answers(reviewed));
        for ((name, shown), (_, reviewed)) in pairs {
            assert_eq!(shown, reviewed, "{subject}, {name}");
        }
        assert_eq!(shown, reviewed, "{subject}");
    }
    assert!(count >= 200, "{count}");
}

#[test]
fn an_answer_of_the_corpus_that_streams_letter_by_letter_is_the_whole_answer() {
    for (subject, texts, _) in CORPUS {
        for (name, text) in answers(texts) {
            let letters = text
                .char_indices()
                .map(|(at, c)| &text[at..at + c.len_utf8()]);
            assert_eq!(stream(letters), stream([text]), "{subject}, {name}");
        }
    }
}

#[test]
fn what_grows_is_shown_at_every_letter_without_a_tag_left_open() {
    for (subject, texts, _) in CORPUS {
        for (name, text) in answers(texts) {
            for (at, _) in text.char_indices() {
                let (_, pending) = stream([&text[..at]]);
                let count = |sign: &str| pending.matches(sign).count();
                for tag in ["p", "code", "strong", "span", "li", "table", "math"] {
                    let open = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
                    assert_eq!(open, count(&format!("</{tag}>")), "{subject}, {name}, {at}");
                }
            }
        }
    }
}
