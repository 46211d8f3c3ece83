//! Two hundred answers as models write them, and what is shown of each. The HTML was read by a
//! person: what is wrong in it is mended in the renderer.

use std::{
    env,
    fmt::Write as _,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    super::{MarkdownStream, render},
    stream,
};

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

/// Chance that can be had again.
struct Dice(u64);

impl Dice {
    /// A number below the limit.
    fn roll(&mut self, limit: usize) -> usize {
        // SplitMix64: each seed, also a small one, gives other numbers.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let below = (mixed ^ (mixed >> 31)) % u64::try_from(limit).unwrap();
        usize::try_from(below).unwrap()
    }

    /// The text in pieces: of a few letters, of many, and empty ones.
    fn cut<'a>(&mut self, text: &'a str) -> Vec<&'a str> {
        let longest = [2, 5, 40, text.len() + 1][self.roll(4)];
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let at = self.roll(longest).min(rest.len());
            let at = rest.ceil_char_boundary(at);
            let (piece, others) = rest.split_at(at);
            pieces.push(piece);
            rest = others;
        }
        pieces
    }
}

/// How many cuttings are tried, and the seed of the first: a change is judged by the same as the
/// one before it, others come at night.
fn extent() -> (usize, u64) {
    let is_whole = env::var("HEARTH_TEST_EXTENT").is_ok_and(|extent| extent == "whole");
    if !is_whole {
        return (400, 1);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    (10_000, now.unwrap().as_secs())
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "with its seed a cutting can be tried again"
)]
fn an_answer_of_the_corpus_that_streams_in_any_pieces_is_the_whole_answer() {
    let (num_cuttings, seed) = extent();
    eprintln!("{num_cuttings} cuttings from the seed {seed} on");
    let all: Vec<(&str, &str)> = CORPUS
        .into_iter()
        .flat_map(|(_, texts, _)| answers(texts))
        .collect();
    for seed in (seed..).take(num_cuttings) {
        // Of the seed alone, so that it is all that one needs to know.
        let at = seed % u64::try_from(all.len()).unwrap();
        let (name, text) = all[usize::try_from(at).unwrap()];
        let mut dice = Dice(seed);
        // As it stands somewhere in the middle, and at its end.
        let middle = text.floor_char_boundary(dice.roll(text.len() + 1));
        let pieces = dice.cut(&text[..middle]);
        let whole = stream([&text[..middle]]);
        assert_eq!(stream(pieces), whole, "{name}, {middle}, seed {seed}");
        let mut growing = MarkdownStream::default();
        let mut blocks = Vec::new();
        for piece in dice.cut(text) {
            blocks.extend(growing.push(piece));
        }
        growing.finish().complete(&mut blocks);
        assert_eq!(blocks, render(text), "{name}, seed {seed}");
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
