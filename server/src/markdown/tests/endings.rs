//! What the end of a text tells of its beginning, and what holds up or turns around the rest.

use std::fmt::Write as _;

use super::{
    super::{MarkdownStream, render},
    joined,
};

const LINK: &str = "<a href=\"https://example.org\"";

/// The blocks of a text before its end, and what the end brings.
fn ended(text: &str) -> (Vec<String>, Vec<String>, Vec<(usize, String)>) {
    let mut stream = MarkdownStream::default();
    let mut blocks = Vec::new();
    for piece in text.split_inclusive(' ') {
        blocks.extend(stream.push(piece));
    }
    let end = stream.finish();
    (blocks, end.blocks, end.changed)
}

#[test]
fn the_end_changes_the_blocks_that_named_what_came_later_and_no_other() {
    let text = "See [docs][1].\n\n*Other* words with `[1]`.\n\n- and [1]\n\nEnd.\n\n\
        [1]: https://example.org\n\nBehind [it][1].\n";
    let (blocks, last, changed) = ended(text);
    assert_eq!(blocks[0], "<p dir=\"auto\">See [docs][1].</p>");
    assert_eq!(blocks.len(), 4, "{blocks:?}");
    // Behind its definition a name is a link at once.
    assert!(last[0].contains(LINK) && last.len() == 1, "{last:?}");
    let numbers: Vec<usize> = changed.iter().map(|(index, _)| *index).collect();
    assert_eq!(numbers, [0, 2]);
    assert!(changed.iter().all(|(_, html)| html.contains(LINK)));
    let whole = render(text);
    assert_eq!(whole[0], changed[0].1);
    assert_eq!(whole[1], blocks[1]);
    assert!(!whole.concat().contains("[1]:"));
}

#[test]
fn a_text_without_links_is_not_rendered_again() {
    for text in [
        "One [1].\n\nTwo [^a b].\n\n- [x] three\n\nFour.\n",
        "[1]: https://example.org\n\nSee [1].\n\nAnd [1] again.\n",
        "`[1]` and\n\n    code [1]\n\n[1]: https://example.org\n",
        "```\n[1]: https://example.org\n```\n\nSee [1].\n",
    ] {
        let (_, _, changed) = ended(text);
        assert!(changed.is_empty(), "{text:?}: {changed:?}");
    }
}

#[test]
fn what_stands_in_code_and_formulas_is_no_link_when_it_is_defined() {
    let text = "`[a]`, ``[b][a]`` and $x_{[a]}$.\n\n- item\n\n  ```\n  [a] and [b][a]\n  ```\n\n\
        $$\n[a] = 1\n$$\n\n[a]: https://example.org\n";
    let html = joined(text);
    assert_eq!(html.matches(LINK).count(), 1, "{html}");
    // Nobody names it: it is shown where it stands.
    assert!(html.ends_with("https://example.org</a></p>"), "{html}");
}

#[test]
fn names_are_compared_as_ever_whatever_comes_first() {
    let text = "See [The\n  Docs][], [straße] and [x][EXAMPLE  Org].\n\n\
        [the docs]: https://example.org\n[ STRASSE ]: https://example.org\n\
        [example org]: https://example.org\n";
    let html = joined(text);
    assert_eq!(html.matches(LINK).count(), 3, "{html}");
    assert_eq!(html.matches("<p").count(), 1, "{html}");
    // The first definition counts, and no address is lost.
    let twice = "[a]\n\n[a]: https://example.org\n\n[a]: https://example.org/other\n";
    let html = joined(twice);
    assert!(html.contains(LINK) && html.contains(">a</a>"), "{html}");
    assert!(html.contains(">https://example.org/other</a>"), "{html}");
    assert_eq!(html.matches("<a ").count(), 2, "{html}");
}

#[test]
fn a_definition_that_somebody_waits_for_is_not_seen_while_it_grows() {
    let mut stream = MarkdownStream::default();
    let _blocks = stream.push("See [a].\n\n");
    for letter in "[a]: https://example.org".chars() {
        let _none = stream.push(letter.encode_utf8(&mut [0; 4]));
        assert!(!stream.pending().contains("http"), "{}", stream.pending());
    }
}

#[test]
fn an_answer_that_goes_on_looks_as_it_did() {
    let text = "See [a] and [b].\n\n[a]: https://example.org\n\n";
    let mut stream = MarkdownStream::default();
    let mut blocks = stream.push(text);
    super::super::replace(&mut blocks, stream.settle());
    assert_eq!(blocks, render(text));
    let rest = "More.\n\n[b]: https://example.org\n";
    blocks.extend(stream.push(rest));
    stream.finish().complete(&mut blocks);
    assert_eq!(blocks, render(&(text.to_owned() + rest)));
    assert_eq!(blocks[0].matches(LINK).count(), 2, "{}", blocks[0]);
}

#[test]
fn what_waits_for_definitions_has_bounds_and_loses_no_address() {
    // More text than may wait, more names, and more definitions than are kept.
    let long = "See [a] and many more words.\n\n".repeat(3000);
    let mut names = String::new();
    for name in 0..2000 {
        let _ = write!(names, "[n{name}]\n\n");
    }
    for name in 0..2000 {
        let _ = writeln!(names, "[n{name}]: https://example.org/{name}");
    }
    let begin = std::time::Instant::now();
    let html = joined(&format!("{long}[a]: https://example.org\n"));
    let num_links = html.matches(LINK).count();
    assert!((100..3000).contains(&num_links), "{num_links}");
    let html = joined(&names);
    for name in 0..2000 {
        let address = format!("href=\"https://example.org/{name}\"");
        assert!(html.contains(&address), "{name}");
    }
    assert!(begin.elapsed() < std::time::Duration::from_mins(1));
}

#[test]
fn the_end_takes_no_link_away() {
    let text = "[see [1] for details](https://example.org), as [2] does.\n\n\
        [1]: https://one.example\n[2]: https://two.example\n";
    let html = joined(text);
    assert!(
        html.contains(LINK) && html.contains("see [1] for details</a>"),
        "{html}"
    );
    assert!(html.contains("href=\"https://one.example\""), "{html}");
    assert_eq!(
        html.matches("href=\"https://two.example\"").count(),
        1,
        "{html}"
    );
}

#[test]
fn code_that_is_open_defines_nothing() {
    let mut stream = MarkdownStream::of_answer("m");
    let _blocks = stream.push("See [^foo] and [foo].\n\n```\n[^foo]: x");
    assert!(stream.settle().is_empty());
}

#[test]
fn no_address_is_lost_and_no_words_are() {
    for text in [
        "| Name |\n|---|\n| [a\\|b] |\n\n[a|b]: https://example.org\n",
        "$x_{[a]}$ it is.\n[a]: https://example.org\n",
        "Write ``[a]``, then `b`.\n\n- `[a]`\n\n[a]: https://example.org\n",
        "> - > [a]: https://example.org\n",
        "[a]: https://example.org/1\n[a]: https://example.org\n",
    ] {
        assert!(joined(text).contains(LINK), "{text:?}: {}", joined(text));
    }
    for text in [
        "[a]: b",
        "- [a]: b",
        "> [a]: <b>",
        "[^a b]: c",
        "[x]: (y)",
        "[a]: b 'c'",
    ] {
        let (_, pending) = super::stream([text]);
        let whole = joined(text);
        assert!(
            whole.contains("]: ") && whole.contains('['),
            "{text}: {whole}"
        );
        assert_eq!(pending, whole, "{text}");
    }
    let code = joined("Such as:\n\n    [1]: ./docs/x.md\n    - [2]: b\n");
    assert!(code.contains("[1]: ./docs/x.md\n- [2]: b\n"), "{code}");
}

#[test]
fn a_source_is_a_link_wherever_it_is_named_up_to_a_bound() {
    let address = format!("https://example.org/{}", "a".repeat(480));
    let named = "[1] ".repeat(1000) + "[2].\n\n";
    let text = format!("{named}[1]: {address}\n[2]: https://example.org\n");
    let html = joined(&text);
    let num_links = html.matches(&address).count();
    assert!((150..250).contains(&num_links), "{num_links}");
    assert_eq!(html.matches(LINK).count(), 1);
}

#[test]
fn a_formula_that_nothing_closes_holds_up_little_and_swallows_nothing() {
    for (opening, line) in [
        ("$$ a", "x = 1"),
        ("\\[", "y"),
        ("\\begin{align}", "z &= 2"),
    ] {
        let text = format!("{opening}\n\n") + &format!("{line}\n\n").repeat(2000) + "**End.**\n";
        let mut stream = MarkdownStream::default();
        let mut longest = 0;
        let mut blocks = Vec::new();
        for piece in text.split_inclusive('\n') {
            blocks.extend(stream.push(piece));
            longest = longest.max(stream.splitter.prose().len());
        }
        assert!(longest < 4096, "{opening}: {longest}");
        stream.finish().complete(&mut blocks);
        assert_eq!(
            blocks.last().unwrap(),
            "<p dir=\"auto\"><strong>End.</strong></p>"
        );
        assert!(blocks.len() > 1000, "{opening}: {}", blocks.len());
    }
}

#[test]
fn words_behind_a_formula_that_nothing_closes_are_words() {
    for words in [
        "**Step 2**",
        "__Step__",
        "Hotels - cheap",
        "Hotels & bars",
        "Yes/no",
        "<kbd>x</kbd>",
        "$$$",
        "x = 1\n# Next",
        "x = 1\n- one",
    ] {
        let html = joined(&format!("$$\na = b\n\n{words}\n\nc = d\n$$\n"));
        assert!(!html.contains("<math"), "{words}: {html}");
    }
    for lines in [
        "\n\na - b",
        "\n\nrate = 5",
        "\n\n\\sin x / \\cos x",
        "\n\n< c",
        "\n- b\n\n",
    ] {
        let html = joined(&format!("$$\na = b{lines}\n= d\n$$\n"));
        assert_eq!(html.matches("<math").count(), 1, "{lines:?}: {html}");
        assert!(!html.contains("$$"), "{lines:?}: {html}");
    }
}

#[test]
fn a_formula_goes_on_over_empty_lines_in_any_pieces() {
    for text in [
        "$$ a = b\n\nc = d $$",
        "\\[\na\n\n\n\n= b\n\\]",
        "\\begin{align*}\na &= b \\\\\n\n\\text{if } c &> d\n\\end{align*}",
        "$$\n\\begin{cases}\n\na & b\n\n\\end{cases}\n\n$$",
        "$$\r\na\r\n\r\n= b\r\n$$",
    ] {
        let html = joined(text);
        assert_eq!(html.matches("<math").count(), 1, "{text:?}: {html}");
        assert!(!html.contains("math-source"), "{text:?}: {html}");
        let (_, pending) = super::stream([text]);
        assert_eq!(pending, html, "{text:?}");
    }
}
