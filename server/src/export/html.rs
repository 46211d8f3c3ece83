//! The shown branch as one page that needs nothing else: no script, no request, its own style.

use hearth_app::model::Role;

use super::{ConversationDocument, Language, MessageDocument};
use crate::markdown;

const STYLE: &str = include_str!("html/page.css");

/// The whole file.
pub(super) fn write(document: &ConversationDocument, language: Language) -> String {
    let (lang, title) = (language.tag(), escape(&document.title));
    // The hash is of the text, so nobody can have written it into the text.
    let nonce = &document.sha256;
    let exported = document
        .exported_at
        .map(|it| language.exported_at(&it.to_minute()));
    let exported = escape(&exported.unwrap_or_default());
    let mut out = format!(
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
    );
    for message in document.branch() {
        write_message(&mut out, message, language);
    }
    out + "</main>\n</body>\n</html>\n"
}

fn write_message(out: &mut String, message: &MessageDocument, language: Language) {
    let byline = escape(&language.byline(message));
    let role = message.role.as_str();
    *out += &format!("<article class=\"{role}\">\n<h2>{byline}</h2>\n<div dir=\"auto\">");
    match message.role {
        Role::User => *out += &escape(&message.text),
        Role::Assistant => {
            for block in markdown::render(&message.text) {
                out.push_str(&block);
                out.push('\n');
            }
        }
    }
    *out += "</div>\n";
    for note in language
        .note(message)
        .into_iter()
        .chain(message.error.as_deref())
    {
        *out += &format!("<p class=\"note\">{}</p>\n", escape(note));
    }
    *out += "</article>\n";
}

/// Text as text, in an element as in an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            _ => escaped.push(letter),
        }
    }
    escaped
}
