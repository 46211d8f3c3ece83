//! Text that is shown as it is: what a budget leaves of an answer.

use super::highlight::push_escaped;

/// One paragraph with the text's own line ends; nothing if there is nothing to see.
pub(super) fn render(text: &str) -> String {
    let text = text.trim_end().trim_start_matches(['\r', '\n']);
    if text.is_empty() {
        return String::new();
    }
    let mut html = String::with_capacity(text.len() + text.len() / 16 + 32);
    html.push_str(r#"<p class="plain" dir="auto">"#);
    push_escaped(text, &mut html);
    html.push_str("</p>");
    html
}
