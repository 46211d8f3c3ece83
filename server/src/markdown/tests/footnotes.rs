//! Footnotes and their marks lead to each other, whichever of them comes first.

use super::super::{MarkdownStream, render_answer};

#[test]
fn marks_and_notes_of_an_answer_lead_to_each_other() {
    let text = "[^9] It boils[^1], again[^1].\n\nMore.\n\n[^1]: At sea level.\n";
    let whole = render_answer("m", text);
    let link = r##"<a href="#note-m-1" rel="external" role="doc-noteref">1</a></sup>"##;
    let first = format!(
        "<p dir=\"auto\"><sup class=\"footnote-mark\" id=\"mark-m-9\">9</sup> It boils\
         <sup class=\"footnote-mark\" id=\"mark-m-1\">{link}, again\
         <sup class=\"footnote-mark\">{link}.</p>"
    );
    assert_eq!(whole[0], first);
    let note = concat!(
        r#"<p class="footnote" dir="auto"><sup class="footnote-number" id="note-m-1">"#,
        r##"<a href="#mark-m-1" rel="external" role="doc-backlink">1</a></sup>"##,
        " At sea level.</p>"
    );
    assert_eq!(whole[2], note);
    let mut stream = MarkdownStream::of_answer("m");
    let mut blocks = Vec::new();
    for letter in text.chars() {
        blocks.extend(stream.push(letter.encode_utf8(&mut [0; 4])));
    }
    assert!(!blocks[0].contains("<a "), "{}", blocks[0]);
    stream.finish().complete(&mut blocks);
    assert_eq!(blocks, whole);
}

/// The ids in blocks, in order.
fn ids(blocks: &[String]) -> Vec<String> {
    let html = blocks.concat();
    let ids = html.split(" id=\"").skip(1);
    ids.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

#[test]
fn footnotes_that_are_found_out_at_the_end_have_one_id_each_and_a_way_back() {
    for (text, expected) in [
        (
            "See [^foo] here.\n\nAnd [^foo] there.\n\n[^foo]: Note.\n",
            ["mark-m-foo", "note-m-foo"].as_slice(),
        ),
        (
            "[^1]: Note.\n\nText[^1].\n\nAgain[^1], [^b].\n\n[^b]: Other.\n",
            ["note-m-1", "mark-m-1", "mark-m-b", "note-m-b"].as_slice(),
        ),
    ] {
        let whole = render_answer("m", text);
        assert_eq!(ids(&whole), expected, "{whole:?}");
        for id in expected {
            let link = format!("href=\"#{id}\"");
            assert!(whole.concat().contains(&link), "{id}: {whole:?}");
        }
        let mut stream = MarkdownStream::of_answer("m");
        let mut blocks = Vec::new();
        for letter in text.chars() {
            blocks.extend(stream.push(letter.encode_utf8(&mut [0; 4])));
            // Whoever looks in between changes nothing of the end.
            let _seen = stream.settle();
        }
        stream.finish().complete(&mut blocks);
        assert_eq!(blocks, whole);
    }
}

#[test]
fn no_link_stands_in_another() {
    let text = "[see the docs[^1]](https://example.org) and[^1].\n\n[^1]: Note.\n";
    let whole = render_answer("m", text);
    let (_, link) = whole[0]
        .split_once("<a href=\"https://example.org\"")
        .unwrap();
    let (words, behind) = link.split_once("</a>").unwrap();
    assert!(
        words.contains("id=\"mark-m-1\"") && !words.contains("<a "),
        "{link}"
    );
    assert_eq!(
        behind.matches("<a href=\"#note-m-1\"").count(),
        1,
        "{behind}"
    );
}

#[test]
fn no_answer_brings_ids_or_addresses_inside_of_the_page() {
    for text in [
        "<sup class=\"footnote-mark\" id=\"door\">1</sup>",
        "[x](https://example.org '<sup class=\"footnote-mark\">1</sup>')",
        "[x](#note-m-1)",
        "`<sup class=\"footnote-number\">1</sup>`",
        "```\n<sup class=\"footnote-mark\">1</sup>\n```",
    ] {
        let html = render_answer("m", text).concat();
        for own in ["id=\"mark-", "id=\"note-", "\"#note"] {
            assert!(!html.contains(own), "{html}");
        }
    }
}
