//! Copying, also on plain HTTP, where browsers hide their clipboard interface.

use leptos::prelude::{document, window};
use web_sys::{Element, Event, HtmlDocument, HtmlTextAreaElement, wasm_bindgen::JsCast};

use super::has_secure_context;

/// Copies a text; false if the browser refused.
pub(crate) fn copy_text(text: &str) -> bool {
    if has_secure_context() {
        // A refusal would only be known later; browsers refuse pages without focus only.
        drop(window().navigator().clipboard().write_text(text));
        return true;
    }
    copy_through_selection(text).unwrap_or(false)
}

/// The button of a code block and the text of its block, if that button was pressed.
pub(crate) fn read_code(event: &Event) -> Option<(Element, String)> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let button = target.closest("[data-copy]").ok()??;
    let block = button.closest(".code-block").ok()??;
    let mut code = block.query_selector("pre").ok()??.text_content()?;
    let mut holder = block.parent_element();
    // A long fence comes as several blocks; only the first has a header and a button.
    while let Some(next) = holder.as_ref().and_then(Element::next_element_sibling) {
        let Ok(Some(continued)) = next.query_selector(":scope > .code-continued > pre") else {
            break;
        };
        code.push_str(&continued.text_content().unwrap_or_default());
        holder = Some(next);
    }
    Some((button, code))
}

/// Selects a hidden copy of the text and asks for the old copy command.
fn copy_through_selection(text: &str) -> Option<bool> {
    let document: HtmlDocument = document().dyn_into().ok()?;
    let focused = document.active_element();
    let holder: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    holder.set_value(text);
    holder.set_class_name("visually-hidden");
    document.body()?.append_child(&holder).ok()?;
    holder.select();
    let is_copied = document.exec_command("copy").unwrap_or(false);
    holder.remove();
    if let Some(element) = focused.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        // The focus returns to where it was; an element without focus needs none.
        let _ = element.focus();
    }
    Some(is_copied)
}
