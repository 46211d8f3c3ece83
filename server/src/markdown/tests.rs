use std::{fmt::Write as _, sync::RwLock};

use proptest::prelude::*;

use super::{MarkdownStream, render};

mod budget;
mod corpus;
mod endings;
mod footnotes;
mod formulas;
mod reading;

/// A text over which the parser of Markdown panics.
const FAULT: &str = "\u{f8ff}parser fault\u{f8ff}";
/// A text that is not rendered while `GATE` is closed, which is while somebody writes it.
pub(crate) const WAITS: &str = "\u{f8ff}waits\u{f8ff}";
pub(crate) static GATE: RwLock<()> = RwLock::new(());

/// What a parser may do to its caller.
pub(super) fn meet_faults(text: &str) {
    assert!(!text.contains(FAULT), "a fault");
    if text.contains(WAITS) {
        drop(GATE.read());
    }
}

const SAMPLE: &str = include_str!("sample.md");

/// Blocks and the last pending block of a text that arrives in these pieces.
fn stream<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (Vec<String>, String) {
    let mut stream = MarkdownStream::default();
    let mut blocks = Vec::new();
    for piece in pieces {
        blocks.extend(stream.push(piece));
    }
    let pending = stream.pending();
    (blocks, pending)
}

/// Bytes of HTML that frames carry if a frame goes out after every `step` bytes of text.
fn bytes_sent(text: &str, step: usize) -> usize {
    let mut stream = MarkdownStream::default();
    let (mut sent, mut shown) = (0, String::new());
    for piece in text.as_bytes().chunks(step) {
        let blocks = stream.push(std::str::from_utf8(piece).unwrap());
        if !blocks.is_empty() {
            shown.clear();
        }
        sent += blocks.iter().map(String::len).sum::<usize>();
        let pending = stream.pending();
        let equal = shown
            .bytes()
            .zip(pending.bytes())
            .take_while(|(a, b)| a == b);
        sent += pending.len() - equal.count();
        shown = pending;
    }
    let end = stream.finish();
    let changed = end.changed.iter().map(|(_, html)| html);
    sent + end
        .blocks
        .iter()
        .chain(changed)
        .map(String::len)
        .sum::<usize>()
}

fn prose(num_words: usize) -> String {
    let mut text = String::new();
    for word in 0..num_words {
        let _ = match word % 60 {
            0 => write!(text, "\n\n## Part {word}\n\nIt begins"),
            20 => write!(text, " with **strong words** and `code`."),
            40 => write!(text, "\n\n- an item"),
            50 => write!(text, "\n- another [link](https://example.org/{word})"),
            _ => write!(text, " word{}", word % 7),
        };
    }
    text
}

fn code(num_lines: usize) -> String {
    let mut text = String::from("```rust\n");
    for line in 0..num_lines {
        let _ = writeln!(
            text,
            "    let total = numbers.iter().sum::<u64>() + {line}; // add them"
        );
    }
    text + "```\n"
}

fn joined(text: &str) -> String {
    render(text).concat()
}

#[test]
fn blocks_are_committed_at_blank_lines_and_around_fences() {
    let (blocks, pending) = stream(["One.\n\nTwo\n```rust\nfn main() {}\n```\n- a\n\n- b\n\nThr"]);
    assert_eq!(blocks[0], "<p dir=\"auto\">One.</p>");
    assert_eq!(blocks[1], "<p dir=\"auto\">Two</p>");
    assert!(blocks[2].contains(r#"<span class="hl-k">fn</span> <span class="hl-f">main</span>"#));
    assert!(blocks[3].starts_with(r#"<ul dir="auto">"#) && blocks[3].matches("<li>").count() == 2);
    assert_eq!(
        (blocks.len(), pending.as_str()),
        (4, "<p dir=\"auto\">Thr</p>")
    );
}

#[test]
fn a_code_block_has_a_bar_with_its_language_and_buttons() {
    let html = joined("```\na < b\n```");
    let start = concat!(
        r#"<div class="code-block"><div class="code-header">"#,
        r#"<span class="code-language">Text</span><button type="button""#,
    );
    assert!(html.starts_with(start), "{html}");
    for (data, label) in [
        ("data-wrap=\"\"", "Wrap lines"),
        ("data-download=\"code.txt\"", "Download"),
        ("data-copy=\"\"", "Copy code"),
    ] {
        let button =
            format!("<button type=\"button\" aria-label=\"{label}\" title=\"{label}\" {data}>");
        assert!(html.contains(&button), "{html}");
    }
    let code = "</div><pre tabindex=\"0\"><code>a &lt; b\n</code></pre></div>";
    assert!(html.ends_with(code), "{html}");
}

#[test]
fn a_long_fence_is_committed_in_pieces_that_lose_no_line() {
    let blocks = render(&code(120));
    assert_eq!(blocks.len(), 3);
    assert!(
        blocks[1].starts_with(r#"<div class="code-block code-continued numbered long-0"><pre"#)
    );
    let lines = blocks
        .iter()
        .map(|block| block.matches("// add them").count());
    assert_eq!(lines.collect::<Vec<_>>(), [50, 50, 20]);
}

#[test]
fn highlighting_goes_on_over_the_pieces_of_a_fence() {
    let comment = "line\n".repeat(60);
    let blocks = render(&format!("```c\n/*\n{comment}*/\nint x;\n```\n"));
    assert!(blocks[1].contains(r#"<span class="hl-c">line</span>"#));
    assert!(blocks[1].contains(r#"<span class="hl-k">int</span>"#));
}

#[test]
fn a_long_block_is_coloured_up_to_50_kib_and_shown_to_its_end() {
    let text = code(1_000);
    let html = joined(&text);
    let lines: Vec<&str> = html
        .lines()
        .filter(|line| line.contains("// add them"))
        .collect();
    assert_eq!(lines.len(), 1_000);
    let is_coloured = |line: &str| line.contains("<span class=\"hl-");
    let num_coloured = lines.iter().take_while(|line| is_coloured(line)).count();
    let written = text.split_inclusive('\n').skip(1);
    let num_bytes: usize = written.take(num_coloured).map(str::len).sum();
    assert!((1..=50 << 10).contains(&num_bytes), "{num_bytes}");
    let mut rest = lines.iter().skip(num_coloured);
    assert!(!rest.any(|line| is_coloured(line)), "{num_coloured}");
}

#[test]
fn open_marks_of_the_pending_block_are_closed_for_the_eye() {
    let pending = |text| stream([text]).1;
    assert_eq!(
        pending("a **bold"),
        "<p dir=\"auto\">a <strong>bold</strong></p>"
    );
    assert_eq!(
        pending("a **bold*"),
        "<p dir=\"auto\">a <strong>bold</strong></p>"
    );
    assert_eq!(pending("a **"), "<p dir=\"auto\">a</p>");
    assert_eq!(
        pending("use `let x"),
        "<p dir=\"auto\">use <code>let x</code></p>"
    );
    assert_eq!(
        pending("see [the page](https://exa"),
        "<p dir=\"auto\">see the page</p>"
    );
}

#[test]
fn numbers_of_a_list_go_on_after_a_cut() {
    let mut list = String::new();
    for number in 1..400 {
        let _ = writeln!(list, "{number}. item number {number}");
    }
    let blocks = render(&list);
    assert!(blocks.len() > 1);
    let starts = blocks[0].matches("<li>").count() + 1;
    assert!(blocks[1].starts_with(&format!("<ol dir=\"auto\" start=\"{starts}\">")));
}

#[test]
fn tables_tasks_and_cjk_emphasis_are_rendered() {
    assert!(joined("| a | b |\n|:--|--:|\n| 1 | 2 |").contains(r#"<td align="right">2</td>"#));
    assert!(joined("- [x] done").contains("checkbox"));
    assert_eq!(
        joined("**这是强调。**后面"),
        "<p dir=\"auto\"><strong>这是强调。</strong>后面</p>"
    );
    assert_eq!(joined("~~old~~"), "<p dir=\"auto\"><del>old</del></p>");
}

#[test]
fn maths_becomes_mathml_and_prices_stay_text() {
    for text in ["$x^2$", "\\(x^2\\)", "$$x^2$$", "\\[x^2\\]"] {
        assert!(
            joined(text).contains("<msup><mi>x</mi><mn>2</mn></msup>"),
            "{}",
            joined(text)
        );
    }
    assert_eq!(joined("$5 and $6"), "<p dir=\"auto\">$5 and $6</p>");
    assert_eq!(
        joined("$\\frac{1$"),
        r#"<p dir="auto"><code class="math-source">$\frac{1$</code></p>"#
    );
}

#[test]
fn links_are_closed_doors_and_images_are_links() {
    let link = joined("[x](https://example.org)");
    assert!(link.contains(r#"href="https://example.org""#) && link.contains(r#"target="_blank""#));
    assert!(link.contains(r#"rel="noopener noreferrer nofollow""#));
    let image = joined("![a cat](https://example.org/cat.png)");
    assert!(!image.contains("<img") && image.contains(">a cat</a>"));
}

/// HTML without the drawings of our own buttons.
fn without_icons(html: &str) -> String {
    let mut html = html.to_owned();
    for icon in ["copy", "download", "wrap"] {
        let drawing = format!(
            r##"<svg class="icon small" aria-hidden="true"><use href="#i-{icon}"></use></svg>"##
        );
        html = html.replace(&drawing, "");
    }
    html
}

#[test]
fn nothing_that_runs_survives() {
    let attacks = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](javascript:alert(1))",
        "<javascript:alert(1)>",
        "```\"><script>alert(1)</script>\ncode\n```",
        "```html\n</code></pre><script>alert(1)</script>\n```",
        "```js\nlet x = \"</script><script>alert(1)</script>\";\n```",
        "- item\n  ```\n  <script>alert(1)</script>\n  ```",
        "`<script>`",
        "$\\text{<script>alert(1)</script>}$",
        "$\\href{javascript:alert(1)}{x}$",
        "| <script> |\n|--|\n| <b onclick=x> |",
        "<svg onload=alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "&lt;script&gt;",
        "[x](https://a.b \"\\\" onmouseover=alert(1)\")",
        "<style>*{display:none}</style>",
    ];
    for attack in attacks {
        for html in [joined(attack), stream([attack]).1] {
            let lower = without_icons(&html.to_lowercase());
            for tag in [
                "<script", "</script", "<img", "<svg", "<style", "<iframe", "<b ",
            ] {
                assert!(!lower.contains(tag), "{attack} -> {html}");
            }
            let in_tags = lower.split('<').filter_map(|part| part.split_once('>'));
            for (tag, _) in in_tags {
                assert!(
                    !tag.contains("javascript:") && !tag.contains("data:"),
                    "{attack} -> {html}"
                );
                let attributes = tag.split('"').step_by(2);
                assert!(
                    !attributes.clone().any(|name| name.contains(" on")),
                    "{attack} -> {html}"
                );
            }
        }
    }
}

#[test]
fn deep_nesting_is_rendered_without_trouble() {
    for deep in [
        ">".repeat(20_000),
        "* ".repeat(5_000),
        "[".repeat(20_000),
        "**a ".repeat(5_000),
    ] {
        let _html = joined(&deep);
    }
    assert!(!joined(&format!("${}x{}$", "{".repeat(900), "}".repeat(900))).is_empty());
}

#[test]
fn prose_costs_at_most_four_times_its_text_and_code_eight_times() {
    let cost = |text: &str| bytes_sent(text, 24) * 100 / text.len();
    assert!(cost(&prose(2000)) <= 400, "{}", cost(&prose(2000)));
    assert!(cost(&code(200)) <= 800, "{}", cost(&code(200)));
}

#[test]
fn twice_the_text_costs_at_most_little_more_than_twice_the_bytes() {
    let (half, whole) = (bytes_sent(&prose(2000), 16), bytes_sent(&prose(4000), 16));
    assert!(whole * 10 <= half * 21, "{half} {whole}");
    let (half, whole) = (bytes_sent(&code(400), 16), bytes_sent(&code(800), 16));
    assert!(whole * 10 <= half * 21, "{half} {whole}");
}

/// Words of Markdown.
const WORDS: &[&str] = &[
    "a",
    "word ",
    "字",
    "**",
    "`",
    "```",
    "```rust\n",
    "~~~",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "10) ",
    "  ",
    "    ",
    "\t",
    "> ",
    "# ",
    "| a | b |\n|--|--|\n",
    "$",
    "$$",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "\\begin{align}",
    "\\end{align}",
    "x^2",
    "5",
    "~",
    "[1]: https://example.org\n",
    "[A]: https://example.org/a\n",
    "[a][1]",
    "[a]",
    "[^1]",
    "[^1]: note\n",
    "<br>",
    "<kbd>",
    "</kbd>",
    "<details>\n",
    "<summary>",
    "</summary>",
    "</details>\n",
    "> [!NOTE]\n",
    "- [ ] ",
    "```markdown\n",
    "https://example.org",
    "，",
    "[x](",
    ")",
    "<b>",
    "---",
    "* ",
    "let x = 1;",
    "\r\n",
    "\\",
    "&amp;",
    "=",
];

/// Words of Markdown in an order nobody would choose.
fn any_markdown() -> impl Strategy<Value = String> {
    let words = prop::sample::select(WORDS);
    prop::collection::vec(words, 0..60).prop_map(|words| words.concat())
}

/// As many as elsewhere, or more where somebody asks for more.
fn num_cases() -> u32 {
    ProptestConfig::default().cases.max(300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(num_cases()))]

    /// The blocks do not depend on the pieces in which a text arrives.
    #[test]
    fn any_chunking_gives_the_same_blocks(text in any_markdown(), cuts in any::<Vec<u8>>()) {
        let (whole, whole_pending) = stream([text.as_str()]);
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        for cut in cuts {
            let mut at = usize::from(cut % 9).min(rest.len());
            while !rest.is_char_boundary(at) {
                at += 1;
            }
            pieces.push(&rest[..at]);
            rest = &rest[at..];
        }
        pieces.push(rest);
        let (blocks, pending) = stream(pieces.iter().copied());
        prop_assert_eq!(&blocks, &whole);
        prop_assert_eq!(pending, whole_pending);
        let mut finished = MarkdownStream::default();
        let mut all: Vec<String> = pieces.iter().flat_map(|piece| finished.push(piece)).collect();
        finished.finish().complete(&mut all);
        prop_assert_eq!(all, render(&text));
    }

    /// No letter of an answer is lost on the way to the page.
    #[test]
    fn every_word_is_shown(words in prop::collection::vec("[a-z]{3,8}", 1..40)) {
        let text = words.join("\n\n- ");
        let html = joined(&text);
        for word in words {
            prop_assert!(html.contains(&word));
        }
    }
}

#[test]
fn a_sample_of_everything_is_rendered_the_same_in_any_pieces() {
    let (whole, _) = stream([SAMPLE]);
    let letters = SAMPLE
        .char_indices()
        .map(|(at, c)| &SAMPLE[at..at + c.len_utf8()]);
    assert_eq!(stream(letters).0, whole);
    assert!(whole.len() >= 12, "{}", whole.len());
}

#[test]
fn a_text_that_the_parser_gives_up_over_is_shown_as_it_is() {
    let text = format!("*one*\n\n<{FAULT}\n\n*two*\n");
    let faulty = format!(r#"<p class="plain" dir="auto">&lt;{FAULT}</p>"#);
    let expected = [
        "<p dir=\"auto\"><em>one</em></p>",
        &faulty,
        "<p dir=\"auto\"><em>two</em></p>",
    ];
    assert_eq!(render(&text), expected);
    let (_, pending) = stream([format!("*one {FAULT}").as_str()]);
    assert_eq!(
        pending,
        format!(r#"<p class="plain" dir="auto">*one {FAULT}</p>"#)
    );
}
