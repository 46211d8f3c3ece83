//! What is read before the parser: names of links, footnotes, formulas in quotes. And what must
//! come through to the page as it was written.

use std::fmt::Write as _;

use super::{super::render, code, joined, stream};

#[test]
fn the_title_of_an_alert_is_what_was_written() {
    for text in ["Take 2~3 of $x^2$ and <br>", "2*3*4 is $24$"] {
        let html = joined(&format!("> [!NOTE] {text}\n> It is so."));
        let shown = text.replace('<', "&lt;").replace('>', "&gt;");
        let title = format!(r#"<p class="alert-title">{shown}</p>"#);
        assert!(html.contains(&title), "{html}");
    }
}

#[test]
fn a_footnote_that_grows_is_none_of_the_one_before() {
    let text = "It boils[^1].\n[^1]: At sea level.\n[^2]: On a moun";
    let (blocks, pending) = stream([text]);
    assert_eq!(blocks.len(), 0);
    assert_eq!(pending.matches(r#"<p class="footnote""#).count(), 2);
    let end = r#"<sup class="footnote-number">2</sup> On a moun</p>"#;
    assert!(pending.ends_with(end), "{pending}");
    assert_eq!(pending, joined(text));
}

#[test]
fn words_are_no_headline_because_the_next_item_of_their_list_begins() {
    for text in [
        "- second\n  -",
        "- second\n  - ",
        "A paragraph\n-",
        "> A quotation\n> -",
        "A paragraph\n=",
    ] {
        let (_, pending) = stream([text]);
        assert!(!pending.contains("<h"), "{text:?}: {pending}");
        let (words, _) = text.rsplit_once('\n').unwrap();
        assert_eq!(pending, stream([words]).1, "{text:?}");
    }
    for (text, shown) in [
        ("A headline\n---", "<h2 dir=\"auto\">"),
        ("A headline\n===", "<h1 dir=\"auto\">"),
        ("- second\n  - n", "<ul>"),
    ] {
        let (_, pending) = stream([text]);
        assert!(pending.contains(shown), "{text:?}: {pending}");
    }
}

#[test]
fn columns_of_a_formula_keep_the_side_they_stand_at() {
    let array = joined(r"$$\begin{array}{l|r:c} a & b & c \\ d & e & f \end{array}$$");
    for cell in [
        r#"<mtd class="cell-left menv-right-solid">"#,
        r#"<mtd class="cell-right menv-right-dashed">"#,
    ] {
        assert_eq!(array.matches(cell).count(), 2, "{array}");
    }
    let matrix = joined(r"$$\begin{pmatrix*}[r] -1 & 2 \\ 3 & -4 \end{pmatrix*}$$");
    let table = r#"<mtable class="menv-arraylike menv-cells-right">"#;
    assert!(matrix.contains(table), "{matrix}");
    let rows = joined("$$\\begin{array}{c} a \\\\ \\hdashline b \\end{array}$$");
    assert!(rows.contains(r#"<mtr class="menv-hdashline">"#), "{rows}");
}

#[test]
fn a_formula_in_a_quote_loses_the_signs_of_the_quote_and_no_other() {
    for (text, num_signs) in [
        ("> As 5 > 3, $$x\n> > y$$", 1),
        ("> $$\n> x\n> > y\n> $$", 1),
        ("> > $$\n> > x\n>  > y\n> > $$", 0),
        ("- > $$\n  > x > y\n  > $$", 1),
        ("1. - > $$\n     > x > y\n     > $$", 1),
        ("a > b $$x\n> y$$", 1),
    ] {
        let html = joined(text);
        let (_, formula) = html.split_once("<math").unwrap();
        let (formula, _) = formula.split_once("</math>").unwrap();
        let signs = formula.matches("&gt;").count();
        assert_eq!(signs, num_signs, "{text:?}: {html}");
    }
}

#[test]
fn long_blocks_fold_and_unfold_alone_and_those_that_cannot_are_shown_whole() {
    let text = code(60).repeat(10);
    let blocks = render(&text);
    assert_eq!(blocks.len(), 20);
    for (number, pieces) in blocks.chunks(2).enumerate() {
        let name = format!(" long-{number}\"");
        let is_folded = number < 8;
        for piece in pieces {
            assert_eq!(piece.contains(&name), is_folded, "{number}");
            assert_eq!(piece.contains(" long-"), is_folded, "{number}");
        }
        assert_eq!(pieces[1].contains("Show all 60 lines"), is_folded);
        assert!(!pieces[0].contains("Show all"));
    }
    // One that comes in one piece needs no name.
    let blocks = render(&(text + &code(40)));
    assert!(blocks[20].contains("Show all 40 lines"));
    let letters = code(60).repeat(9);
    let letters = letters
        .char_indices()
        .map(|(at, c)| &letters[at..at + c.len_utf8()]);
    assert_eq!(stream(letters).0, blocks[..18]);
}

#[test]
fn names_of_links_are_the_same_in_any_case_and_with_any_white_space() {
    let text = "See [The Docs][EXAMPLE  Org], [straße] and [example\norg].\n\
        [example org]: https://example.org\n[ STRASSE ]: https://example.org/street";
    let html = joined(text);
    assert_eq!(html.matches("<a href").count(), 3, "{html}");
    assert_eq!(html.matches("<p").count(), 1, "{html}");
    assert!(!html.contains('['), "{html}");
    let later = joined("[Docs]: https://example.org\n\nSee [docs].");
    assert!(later.contains("See <a href=\"https://example.org\""));
}

#[test]
fn what_a_text_names_changes_nothing_else_in_it() {
    let docs = "[a]: https://example.org\n\n";
    for text in [
        // A fence that nothing closes, with and without something around it.
        "<details>\n\n```\ncode [a]\n",
        "- item\n  ```\n  code [a]\n",
        "    code [a]\n",
        "    code [a]\n\n    and more\n",
        "<!-- words [a]\n",
        "> quote [b]\n",
        "| [b] |\n|---|\n| [b] |\n",
        "--- [b]\n",
    ] {
        let alone = render(text);
        let (blocks, pending) = stream([docs, text]);
        let (_, pending_alone) = stream([text]);
        assert_eq!(pending, pending_alone, "{text:?}");
        assert_eq!(blocks.len(), 1, "{text:?}");
        let whole = render(&(docs.to_owned() + text));
        assert_eq!(whole[1..], alone, "{text:?}");
    }
    // Where it is a link, that is all.
    let html = joined(&format!("{docs}1. one [a]\n\n       code [a]\n"));
    let link = "<a href=\"https://example.org\"";
    assert_eq!(html.matches(link).count(), 2, "{html}");
    assert!(html.contains("code [a]"), "{html}");
}

#[test]
fn a_definition_is_taken_out_only_if_the_parser_takes_it() {
    let html = joined("See [w].\n[w]: https://example.org/a_(b");
    let link = "See <a href=\"https://example.org/a_(b\"";
    assert!(html.contains(link) && html.matches("<p").count() == 1);
    assert!(!html.contains("[w]"), "{html}");
    for text in [
        "[ ]: https://example.org",
        "[b]: https://example.org \"one\" two\"",
    ] {
        let html = joined(text);
        assert!(html.starts_with("<p dir=\"auto\">["), "{text}: {html}");
        assert_eq!(html.matches("<p").count(), 1, "{html}");
    }
    let titled = joined("See [b].\n[b]: https://example.org \"so \\\"named\\\"\"");
    assert!(
        titled.contains("title=\"so &quot;named&quot;\""),
        "{titled}"
    );
}

#[test]
fn a_definition_that_comes_again_takes_no_room() {
    let mut text = String::new();
    for _ in 0..300 {
        text.push_str("[a]: https://example.org\n\n");
    }
    let _ = write!(text, "[b]: https://example.org/b\n\nSee [b].");
    let html = joined(&text);
    assert!(html.contains("See <a href=\"https://example.org/b\""));
}
