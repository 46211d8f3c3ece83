//! The text of a page, as Markdown: headings, paragraphs, lists and tables. Links are their words.
//!
//! Tags are read as browsers read them, but no tree is made of them: a page may be nested as deep
//! as it likes. What only a browser would run or look up is left out.

mod flow;

use std::cell::RefCell;

use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind,
    },
};

use super::written::Written;
use flow::Flow;

/// Bytes of a page that are read at once, so that what follows a full text is not read at all.
const PIECE_BYTES: usize = 64 << 10;

/// Writes the text of a page.
pub(super) fn write(page: &str, written: &mut Written) {
    let sink = Sink(RefCell::new(Flow::new(written)));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    let mut rest = page;
    while !rest.is_empty() && !tokenizer.sink.0.borrow().is_full() {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        rest = behind;
        queue.push_back(StrTendril::from(piece));
        // It stops only for scripts that a sink wants to run.
        let _ = tokenizer.feed(&queue);
    }
    tokenizer.end();
    tokenizer.sink.0.borrow_mut().end();
}

struct Sink<'a>(RefCell<Flow<'a>>);

impl TokenSink for Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut flow = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return of_tag(&mut flow, &tag),
            Token::CharacterTokens(text) => flow.text(&text),
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

fn of_tag(flow: &mut Flow<'_>, tag: &Tag) -> TokenSinkResult<()> {
    let name: &str = &tag.name;
    if tag.kind == TagKind::EndTag {
        flow.end_tag(name);
        return TokenSinkResult::Continue;
    }
    flow.start_tag(name);
    if name == "img"
        && let Some(words) = attribute(tag, "alt")
    {
        flow.picture(words);
    }
    if name == "td" || name == "th" {
        let width = attribute(tag, "colspan").and_then(|width| width.trim().parse().ok());
        flow.cell_width(width.unwrap_or(1));
    }
    // What stands in these is no HTML, so tags in it are none.
    match name {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
        "plaintext" => TokenSinkResult::Plaintext,
        _ => TokenSinkResult::Continue,
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    let mut attributes = tag.attrs.iter();
    let found = attributes.find(|it| &*it.name.local == name)?;
    Some(&found.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(page: &str) -> String {
        let mut written = Written::new(1 << 20);
        write(page, &mut written);
        written.into_parts().0
    }

    #[test]
    fn what_a_reader_sees_becomes_markdown() {
        let page = "<!doctype html><html><head><title>A &amp; B</title><style>p{}</style>\
            <script>if (a < b) document.write('<p>no</p>')</script></head><body>\
            <h2>Rain</h2><p>It  is\n raining <b>a lot</b>.<br>Still.</p>\
            <ul><li>one<ul><li>inner</li></ul></li><li>two</li></ul>\
            <ol><li>first<li>second</ol>\
            <pre>a\n  b</pre><img src=x alt='a cloud'><hr></body></html>";
        let expected = "A & B\n\n## Rain\n\nIt is raining a lot.\nStill.\n\n\
            - one\n  - inner\n- two\n\n1. first\n2. second\n\n\
            ```\na\n  b\n```\n\n[a cloud]\n\n---\n";
        assert_eq!(text_of(page), expected);
    }

    #[test]
    fn tables_keep_their_columns() {
        let page = "<table><tr><th>Day<th colspan=2>mm</tr><tr><td>Mon</td><td>1</td><td>2|3</td>\
            </tr></table><p>end";
        let expected = "| Day | mm |  |\n| --- | --- | --- |\n| Mon | 1 | 2\\|3 |\n\nend\n";
        assert_eq!(text_of(page), expected);
    }

    #[test]
    fn any_page_ends_and_hides_what_browsers_hide() {
        assert_eq!(text_of(&"<div>".repeat(200_000)), "");
        assert_eq!(
            text_of("a<template>b<template></template></template>c<svg>d</svg>"),
            "ac\n"
        );
        assert_eq!(text_of("a<script>b"), "a\n");
        assert_eq!(
            text_of("<li>a</ul></ol></table></td><p>b</pre>"),
            "- a\n\nb\n"
        );
        assert_eq!(text_of("<textarea><p>typed</textarea>"), "<p>typed\n");
        let mut written = Written::new(10);
        write(&"<p>words</p>".repeat(100_000), &mut written);
        assert!(written.is_full());
    }
}
