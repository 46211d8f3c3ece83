//! Texts that were made to hang a renderer, and what is shown of them.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use super::super::{MarkdownStream, budget, links::Links, reading::Reading, render};
use super::{bytes_sent, joined, stream};

/// What an import accepts of one answer, in bytes.
const LONGEST_ANSWER: usize = 8 << 20;
/// Far more than any of it takes, far less than what it took: minutes and hours.
const PATIENCE: Duration = Duration::from_mins(1);

fn up_to(bytes: usize, piece: &str) -> String {
    piece.repeat(bytes / piece.len())
}

fn nested_list(bytes: usize) -> String {
    let mut list = String::new();
    let mut depth = 0;
    while list.len() < bytes {
        let _ = writeln!(list, "{}- a", "  ".repeat(depth % 400));
        depth += 1;
    }
    list
}

fn table(num_rows: usize) -> String {
    let mut table = String::from("| name | number | place |\n|------|-------:|-------|\n");
    for row in 0..num_rows {
        let _ = writeln!(table, "| some name {row} | {row} | somewhere |");
    }
    table
}

/// Marks that make a text hostile when they are repeated.
const MARKS: &[&str] = &[
    ">",
    "> ",
    "> a\n",
    "[",
    "[a](",
    "![",
    "*a ",
    "**a ",
    "***a** b* ",
    "a**b",
    "~~a ",
    "`",
    "`a",
    "``a`",
    "$",
    "$a ",
    "$$a ",
    "$x$ ",
    "\\(a ",
    "\\[a ",
    "<",
    "<a ",
    "&",
    "&amp",
    "a@a",
    "a@a.b ",
    "www.",
    "http://",
    "- ",
    "1. ",
    "* a\n",
    "a\n\n",
    "\n",
    " ",
    "\t",
    " \n",
    "a  \n",
    "# ",
    "#\n",
    "|",
    "|-",
    "|\n",
    "---\n",
    "[a]: b\n",
    "\\",
    "word ",
    "字",
    "a\u{301}",
    "\r",
    "\\begin{align} ",
    "\\begin{align}\\begin{cases}",
    "\\end{align}",
    "$\\boxed{",
    "$\\text{$",
    "${a",
    "$$`",
    "<kbd>",
    "</kbd>",
    "<u><mark>",
    "<br>",
    "<details>\n",
    "<details><summary>",
    "</details>",
    "[^1]",
    "[^1]: a\n",
    "[1]: https://a.b\n",
    "[a][1] ",
    "~ ",
    "1*1",
    "> [!NOTE]\n",
    "- [ ] a\n",
    "https://a.b/",
    "https://a.b，",
    "字\n",
    "```md\n",
    "```\n",
    "~~~",
    "    a\n",
    "- a\n\n",
    "$\\def\\a#1{#1#1#1#1}\\a{\\a{\\a{\\a{\\a{x}}}}}$ ",
];

/// Texts that open again and again what ends once, behind code: nothing of it is a formula. And
/// names that are looked for and nowhere else.
fn refused(bytes: usize) -> Vec<String> {
    let environments = bytes / 28;
    let mut definitions = String::new();
    while definitions.len() < bytes {
        let number = definitions.len();
        let _ = writeln!(definitions, "[{number}]: https://a.b");
    }
    vec![
        up_to(bytes, "\\(a ") + "` \\)",
        up_to(bytes, "\\[a ") + "` \\]",
        up_to(bytes, "\\[a\n") + "` a",
        up_to(bytes, "> \\[a\n") + "` a",
        "\\begin{align}".repeat(environments) + "`" + &"\\end{align}".repeat(environments),
        up_to(bytes, "\\begin{"),
        up_to(bytes, "[^"),
        definitions,
    ]
}

/// Hostile texts of about that many bytes.
fn hostile(bytes: usize) -> Vec<String> {
    let row = |cell: &str| up_to(bytes / 3, cell) + "|\n";
    let mut texts: Vec<String> = MARKS.iter().map(|piece| up_to(bytes, piece)).collect();
    texts.extend([
        up_to(bytes / 2, "[") + &up_to(bytes / 2, "]"),
        up_to(bytes / 2, "*a **b ") + &up_to(bytes / 2, "c** d* "),
        row("|a") + &row("|-") + &row("|b"),
        "|a".repeat(900) + "|\n" + &"|-".repeat(900) + "|\n" + &up_to(bytes, "|\n"),
        String::from("```js\n") + &up_to(bytes, "a"),
        String::from("```sql\n") + &up_to(bytes, &(" ".repeat(500) + "\n")),
        String::from("```\n") + &up_to(bytes, "\n"),
        String::from("- a\n  ```js\n") + &up_to(bytes, "  let x = f(\"a\");\n"),
        String::from("$$") + &up_to(bytes, "\\frac{1}{"),
        nested_list(bytes),
    ]);
    // In as many blocks, each as long as a block can be.
    let blocks = |text: String| up_to(bytes, &(text + "\n\n"));
    texts.extend(refused(12_000).into_iter().map(blocks));
    texts
}

/// Letters and digits, which no rendering may lose.
fn letters(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_alphanumeric).count()
}

/// Text of HTML; entities are left as they are.
fn without_tags(html: &str) -> String {
    let parts = html.split('<').enumerate();
    parts
        .filter_map(|(number, part)| match number {
            0 => Some(part),
            _ => part.split_once('>').map(|(_, text)| text),
        })
        .collect()
}

#[test]
fn a_million_bytes_of_any_mark_are_rendered_in_time() {
    for text in hostile(1_000_000) {
        let begin = Instant::now();
        let blocks = render(&text);
        let beginning: String = text.chars().take(40).collect();
        assert!(begin.elapsed() < PATIENCE, "{beginning:?}");
        let longest = blocks.iter().map(String::len).max().unwrap_or_default();
        assert!(
            longest < 4 << 20,
            "{beginning:?}: a block of {longest} bytes"
        );
        assert!(
            blocks.len() < 20_000,
            "{beginning:?}: {} blocks",
            blocks.len()
        );
    }
}

#[test]
fn one_pass_reads_a_text_whose_ends_are_all_refused() {
    for text in refused(2_000_000) {
        let begin = Instant::now();
        let links = Links::default();
        let whole = Reading::of(&text, &links);
        let growing = Reading::of_growing(&text, &links);
        let beginning = &text[..40];
        assert!(begin.elapsed() < PATIENCE, "{beginning:?}");
        assert_eq!(
            whole.text.is_empty(),
            growing.text.is_empty(),
            "{beginning:?}"
        );
    }
}

#[test]
fn hostile_text_that_streams_is_the_hostile_text_as_a_whole() {
    for text in hostile(70_000) {
        let beginning: String = text.chars().take(40).collect();
        let (whole, pending) = stream([text.as_str()]);
        let letters = text
            .char_indices()
            .map(|(at, c)| &text[at..at + c.len_utf8()]);
        assert_eq!(stream(letters), (whole, pending), "{beginning:?}");
    }
}

#[test]
fn the_longest_answer_that_an_import_accepts_is_rendered_in_time() {
    for piece in [
        "Some words of a paragraph.\n\n",
        "one line ",
        "- an **item**\n",
        ">",
        "a\n\n",
    ] {
        let text = up_to(LONGEST_ANSWER, piece);
        let begin = Instant::now();
        let blocks = render(&text);
        assert!(begin.elapsed() < PATIENCE, "{piece:?}");
        assert!(blocks.len() < 20_000, "{piece:?}: {} blocks", blocks.len());
    }
}

#[test]
fn the_longest_answer_streams_letter_by_letter_and_what_grows_stays_small() {
    for piece in [
        "words without an end ",
        "\n",
        " ",
        ">",
        "| a | b |\n|--|--|\n",
        "```rust\n  ",
    ] {
        let mut stream = MarkdownStream::default();
        let begin = Instant::now();
        let text = up_to(LONGEST_ANSWER, piece);
        for (number, letter) in text.char_indices() {
            let _blocks = stream.push(letter.encode_utf8(&mut [0; 4]));
            if number % 65_536 == 0 {
                let growing = stream.splitter.prose().len();
                assert!(
                    growing <= 2 * budget::MAX_BLOCK_BYTES + 1024,
                    "{piece:?}: {growing}"
                );
                assert!(stream.pending().len() < 1 << 20, "{piece:?}");
            }
        }
        assert!(begin.elapsed() < PATIENCE, "{piece:?}");
    }
}

#[test]
fn what_is_too_deep_is_shown_as_it_is() {
    let deep = ">".repeat(65) + " quoted **text** <b>";
    let quotes = "&gt;".repeat(65);
    let expected = format!(r#"<p class="plain" dir="auto">{quotes} quoted **text** &lt;b&gt;</p>"#);
    assert_eq!(joined(&deep), expected);
    assert_eq!(stream([deep.as_str()]).1, expected);
    let html = joined(&(">".repeat(64) + " quoted **text**"));
    assert_eq!(html.matches("<blockquote").count(), 64);
    assert!(html.contains("<strong>text</strong>"));
}

#[test]
fn rows_that_fill_in_too_many_cells_are_shown_as_they_are() {
    let wide = "|a".repeat(200) + "|\n" + &"|-".repeat(200) + "|\n";
    assert!(joined(&(wide.clone() + &"|b\n".repeat(47))).contains("<table"));
    let filled = joined(&(wide + &"|b\n".repeat(60)));
    assert!(filled.starts_with(r#"<p class="plain" dir="auto">|a|a"#) && !filled.contains("<td>"));
}

#[test]
fn a_long_table_is_cut_between_rows_and_takes_its_header_along() {
    let blocks = render(&table(1_000));
    assert!(blocks.len() > 1);
    for block in &blocks {
        assert!(
            block.starts_with(r#"<div class="table-scroll""#) && block.matches("<th").count() >= 3
        );
    }
    assert_eq!(blocks.concat().matches("somewhere</td>").count(), 1_000);
}

#[test]
fn no_word_of_a_text_beyond_the_budget_is_lost() {
    let texts = [
        up_to(3 << 20, "some **strong** words and `code`\n\n"),
        up_to(300_000, "one line of words without an end "),
        String::from("- an item\n") + &up_to(100_000, "  - one **inside** of it\n"),
        String::from("```rust\n") + &up_to(2 << 20, "let x = 1; // and so on\n"),
        String::from("```text\n") + &up_to(100_000, "a line of code without an end "),
        up_to(100_000, "a paragraph\nof many lines\n"),
    ];
    for text in texts {
        let html = joined(&text);
        let shown = without_tags(&html.replace("&lt;", "").replace("&gt;", ""));
        // A code block's bar says `Rust` where the fence says `rust`; its end says how long it is.
        let length = shown.rsplit_once("Show all ").map(|(_, length)| length);
        let length = length.and_then(|length| length.split_once(" lines"));
        let added = length.map_or(0, |(number, _)| number.len() + letters("Show all lines"));
        assert_eq!(letters(&shown), letters(&text) + added, "{:?}", &text[..20]);
    }
}

#[test]
fn behind_what_was_too_long_formatting_goes_on() {
    let long_line = up_to(40_000, "words ") + "\n\n**after**";
    assert!(joined(&long_line).ends_with("<p dir=\"auto\"><strong>after</strong></p>"));
    let long_item = String::from("- one\n") + &up_to(40_000, "  - inside\n") + "- **two**\n\nEnd.";
    let html = joined(&long_item);
    assert!(html.contains(r#"<p class="plain" dir="auto">  - inside"#));
    assert!(html.ends_with(
        "<ul dir=\"auto\">\n<li><strong>two</strong></li>\n</ul><p dir=\"auto\">End.</p>"
    ));
}

#[test]
fn a_table_costs_at_most_eight_times_its_text() {
    let text = table(400);
    let cost = bytes_sent(&text, 24) * 100 / text.len();
    assert!(cost <= 800, "{cost}");
    let double = table(800);
    assert!(bytes_sent(&double, 24) * 10 <= bytes_sent(&text, 24) * 21);
}
