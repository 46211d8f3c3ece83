//! The shown branch as one page that needs nothing else: no script, no request, its own style.

use std::fmt::{self, Write};

use hearth_app::model::{Phase, Role};

use super::{ConversationDocument, Language, MessageDocument};
use crate::markdown;

const STYLE: &str = include_str!("html/page.css");

/// Appends the whole file.
pub(super) fn write(
    out: &mut String,
    document: &ConversationDocument,
    language: Language,
) -> fmt::Result {
    let (lang, title) = (language.tag(), escape(&document.title));
    // The hash is of the text, so nobody can have written it into the text.
    let nonce = &document.sha256;
    let exported = document
        .exported_at
        .map(|it| language.exported_at(&it.to_minute()));
    let exported = escape(&exported.unwrap_or_default());
    write!(
        out,
        r#"<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Hearth">
<title>{title}</title>
<style nonce="{nonce}">
{STYLE}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
<p class="note">{exported}</p>
</header>
<main>
"#
    )?;
    for message in document.branch() {
        write_message(out, message, language)?;
    }
    out.write_str("</main>\n</body>\n</html>\n")
}

fn write_message(out: &mut String, message: &MessageDocument, language: Language) -> fmt::Result {
    let byline = escape(&language.byline(message));
    let role = message.role.as_str();
    writeln!(out, "<article class=\"{role}\">\n<h2>{byline}</h2>")?;
    if let Some(files) = language.files(message) {
        writeln!(out, "<p class=\"note\" dir=\"auto\">{}</p>", escape(&files))?;
    }
    if let Some(reasoning) = &message.reasoning {
        let thought = escape(&language.thought(reasoning));
        writeln!(out, "<details><summary>{thought}</summary>")?;
        write_phases(out, message, language)?;
        writeln!(out, "</details>")?;
    } else {
        write_phases(out, message, language)?;
    }
    out.write_str("<div dir=\"auto\">")?;
    match message.role {
        Role::User => out.write_str(&escape(&message.text))?,
        Role::Assistant => {
            for block in markdown::render_answer(&message.id.to_string(), &message.text) {
                writeln!(out, "{}", language.answer(block))?;
            }
        }
    }
    writeln!(out, "</div>")?;
    for note in language.notes(message) {
        writeln!(out, "<p class=\"note\">{}</p>", escape(&note))?;
    }
    writeln!(out, "</article>")
}

/// What the model thought and what tools did, in order.
fn write_phases(out: &mut String, message: &MessageDocument, language: Language) -> fmt::Result {
    for phase in message.phases() {
        match phase {
            Phase::Thought(text) => {
                let text = escape(text);
                writeln!(out, "<div class=\"thought\" dir=\"auto\">{text}</div>")?;
            }
            Phase::Step(step) => {
                let step = escape(&language.step(step));
                writeln!(out, "<p class=\"note\">{step}</p>")?;
            }
        }
    }
    Ok(())
}

/// Text as text, in an element as in an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    comrak::html::escape(&mut escaped, text).expect("invariant: a String takes every write");
    escaped
}
