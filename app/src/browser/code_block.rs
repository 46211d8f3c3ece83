//! The buttons in the bar of a code block. They come with the server's HTML, so one listener serves
//! them all.

use std::time::Duration;

use js_sys::Array;
use leptos::prelude::document;
use web_sys::{
    Blob, BlobPropertyBag, Element, Event, HtmlElement, Url,
    wasm_bindgen::{JsCast, JsValue},
};

use super::{elements::closest, sleep};

/// What tells that the code was copied, and for how long.
const DONE: &str = "#i-check";
const DONE_TIME: Duration = Duration::from_millis(1500);

/// Does what a pressed button of a code block says; one that copies is returned with its text.
pub(crate) fn read_code(event: &Event) -> Option<(Element, String)> {
    let button = closest(event, ".code-header > button")?;
    let pieces = pieces(&button.closest(".code-block").ok()??);
    if button.has_attribute("data-copy") {
        return Some((button, text_of(&pieces)));
    }
    if let Some(file_name) = button.get_attribute("data-download") {
        // A browser that cannot make the file leaves everything as it is.
        let _ = download(&text_of(&pieces), &file_name);
    } else {
        wrap(&button, &pieces);
    }
    None
}

/// The block and those that go on with it: a long fence comes as several, of which only the first
/// has a bar.
fn pieces(block: &Element) -> Vec<Element> {
    let mut pieces = vec![block.clone()];
    let mut holder = block.parent_element();
    while let Some(next) = holder.as_ref().and_then(Element::next_element_sibling) {
        let Ok(Some(continued)) = next.query_selector(":scope > .code-continued") else {
            break;
        };
        pieces.push(continued);
        holder = Some(next);
    }
    pieces
}

fn text_of(pieces: &[Element]) -> String {
    let texts = pieces.iter().filter_map(|piece| {
        let code = piece.query_selector("pre").ok()??;
        code.text_content()
    });
    texts.collect()
}

/// Breaks long lines, or lets them run again.
fn wrap(button: &Element, pieces: &[Element]) {
    let is_wrapped = !pieces
        .iter()
        .any(|piece| piece.has_attribute("data-wrapped"));
    for piece in pieces {
        // Fails only for names that no attribute has.
        let _ = piece.toggle_attribute_with_force("data-wrapped", is_wrapped);
    }
    let _ = button.set_attribute("aria-pressed", if is_wrapped { "true" } else { "false" });
}

/// Hands the text to the browser as a file.
fn download(text: &str, file_name: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("text/plain");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlElement = document().create_element("a")?.dyn_into()?;
    link.set_attribute("href", &address)?;
    link.set_attribute("download", file_name)?;
    link.click();
    Url::revoke_object_url(&address)
}

/// Says on the button for a while how copying ended.
pub(crate) async fn show_copied(button: Element, words: &str, is_copied: bool) {
    let label = button.get_attribute("title").unwrap_or_default();
    if label == words {
        // It was pressed twice: the first press brings the usual look back.
        return;
    }
    let drawing = button.query_selector("use").ok().flatten();
    let usual = drawing.as_ref().and_then(|it| it.get_attribute("href"));
    let show = |words: &str, href: Option<&str>| {
        for name in ["title", "aria-label"] {
            // Fails only for names that no attribute has.
            let _ = button.set_attribute(name, words);
        }
        if let (Some(drawing), Some(href)) = (&drawing, href) {
            let _ = drawing.set_attribute("href", href);
        }
    };
    show(words, is_copied.then_some(DONE));
    sleep(DONE_TIME).await;
    show(&label, usual.as_deref());
}
