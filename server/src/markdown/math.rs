//! LaTeX maths to `MathML`; what cannot be read is shown as its source.

use pulldown_latex::{
    Event, Parser, RenderConfig, Storage, config::DisplayMode, mathml::push_mathml,
};

use super::highlight::push_escaped;

/// Longest formula, in bytes; the renderer recurses, so this also bounds its depth.
const MAX_MATH_BYTES: usize = 2000;
/// Most events of a formula for each of its bytes. Macros that it defines could make a megabyte of
/// fifty bytes.
const MAX_EVENTS_PER_BYTE: usize = 4;

/// Renders one formula, delimiters removed.
pub(super) fn render(latex: &str, is_display: bool) -> String {
    mathml(latex, is_display).unwrap_or_else(|| source(latex, is_display))
}

fn mathml(latex: &str, is_display: bool) -> Option<String> {
    if latex.len() > MAX_MATH_BYTES {
        return None;
    }
    let max_events = latex.len() * MAX_EVENTS_PER_BYTE;
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

fn source(latex: &str, is_display: bool) -> String {
    let delimiter = if is_display { "$$" } else { "$" };
    let mut html = String::from(r#"<code class="math-source">"#);
    push_escaped(&format!("{delimiter}{latex}{delimiter}"), &mut html);
    html.push_str("</code>");
    html
}
