//! LaTeX maths to `MathML`; what cannot be read is shown as its source.

mod chemistry;
mod commands;
mod latex;

use std::fmt::Write as _;

use pulldown_latex::{
    Event, Parser, RenderConfig, Storage, config::DisplayMode, mathml::push_mathml,
};

use super::highlight::push_escaped;
use latex::{FRAME, command_bytes, rewrite};

/// Longest formula, in bytes; the renderer recurses, so this also bounds its depth.
const MAX_MATH_BYTES: usize = 2000;
/// Most events of a formula for each of its bytes. Macros that it defines could make a megabyte of
/// fifty bytes.
const MAX_EVENTS_PER_BYTE: usize = 4;
/// Different commands of a formula that are tried one by one if it cannot be read.
const MAX_TRIED_COMMANDS: usize = 64;
/// Bytes from which on a formula may be wider than a narrow page, alone and in a line.
const WIDE_BYTES: usize = 24;
const WIDE_LINE_BYTES: usize = 48;

/// Renders one formula, delimiters removed. One that may be too wide for the page scrolls in a
/// frame that the keyboard reaches.
pub(super) fn render(latex: &str, is_display: bool) -> String {
    let Some(mathml) = mathml(latex, is_display) else {
        return source(latex, is_display);
    };
    let wide = r#" tabindex="0" role="group" aria-label="Formula""#;
    match (is_display, latex.len()) {
        (true, bytes) => {
            let wide = if bytes > WIDE_BYTES { wide } else { "" };
            format!(r#"<span class="formula"{wide}>{mathml}</span>"#)
        }
        (false, WIDE_LINE_BYTES..) => {
            format!(r#"<span class="formula-line"{wide}>{mathml}</span>"#)
        }
        _ => mathml,
    }
}

fn mathml(latex: &str, is_display: bool) -> Option<String> {
    if latex.len() > MAX_MATH_BYTES {
        return None;
    }
    let defines = ["\\def", "\\newcommand", "\\renewcommand", "\\let"];
    let known = if defines.iter().any(|it| latex.contains(it)) {
        latex.to_owned()
    } else {
        rewrite(latex.trim())
    };
    let html = read(&known, is_display).or_else(|| {
        let repaired = without_unknown(&known);
        read(&repaired, is_display).or_else(|| {
            let rows = format!("\\begin{{aligned}}{repaired}\\end{{aligned}}");
            read(&rows, is_display)
        })
    })?;
    Some(framed(&html))
}

/// `MathML` of a formula whose commands are all known.
fn read(latex: &str, is_display: bool) -> Option<String> {
    let max_events =
        (latex.len() * MAX_EVENTS_PER_BYTE).min(2 * MAX_MATH_BYTES * MAX_EVENTS_PER_BYTE);
    let storage = Storage::new();
    let events: Vec<Event<'_>> = Parser::new(latex, &storage)
        .take(max_events + 1)
        .collect::<Result<_, _>>()
        .ok()?;
    if events.len() > max_events {
        return None;
    }
    let config = RenderConfig {
        display_mode: if is_display {
            DisplayMode::Block
        } else {
            DisplayMode::Inline
        },
        ..RenderConfig::default()
    };
    let mut html = String::new();
    let events = events.into_iter().map(Ok::<_, std::convert::Infallible>);
    push_mathml(&mut html, events, config).ok()?;
    Some(html)
}

/// The formula with its unknown commands as words, so that each of them costs only itself.
fn without_unknown(latex: &str) -> String {
    let mut repaired = String::with_capacity(latex.len());
    let mut tried: Vec<(&str, bool)> = Vec::new();
    let mut rest = latex;
    while let Some((before, behind)) = rest.split_once('\\') {
        repaired.push_str(before);
        let (name, others) = behind.split_at(command_bytes(behind));
        rest = others;
        let is_known = match tried.iter().find(|(other, _)| *other == name) {
            Some((_, is_known)) => *is_known,
            None if tried.len() >= MAX_TRIED_COMMANDS => true,
            None => {
                let is_known = is_known(name);
                tried.push((name, is_known));
                is_known
            }
        };
        match name {
            _ if is_known => {
                repaired.push('\\');
                repaired.push_str(name);
            }
            // Layout of what stands before them.
            "limits" | "hline" => {}
            _ => {
                let _ = write!(repaired, "\\text{{\\{name}}}");
            }
        }
    }
    repaired.push_str(rest);
    repaired
}

/// Whether there is such a command, whatever it lacks here.
fn is_known(name: &str) -> bool {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || matches!(name, "begin" | "end") {
        return true;
    }
    let latex = format!("\\{name}");
    let storage = Storage::new();
    let mut events = Parser::new(&latex, &storage).take(MAX_EVENTS_PER_BYTE);
    let fault = events.find_map(Result::err);
    fault.is_none_or(|fault| !fault.to_string().contains("unknown primitive"))
}

/// Frames in the place of the marks that stood around what is in them.
fn framed(html: &str) -> String {
    if !html.contains(FRAME.0) {
        return html.to_owned();
    }
    html.replace(
        &format!("<mtext>{}</mtext>", FRAME.0),
        r#"<mrow class="boxed">"#,
    )
    .replace(&format!("<mtext>{}</mtext>", FRAME.1), "</mrow>")
}

/// The formula as it was written.
pub(super) fn source(latex: &str, is_display: bool) -> String {
    let delimiter = if is_display { "$$" } else { "$" };
    growing(&format!("{delimiter}{latex}{delimiter}"))
}

/// The source of a formula that still grows.
pub(super) fn growing(source: &str) -> String {
    let mut html = String::from(r#"<code class="math-source">"#);
    push_escaped(source, &mut html);
    html.push_str("</code>");
    html
}
