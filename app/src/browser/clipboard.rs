//! Copying, also on plain HTTP, where browsers hide their clipboard interface.

use futures::FutureExt as _;
use js_sys::{
    Array, Object, Promise, Reflect,
    futures::{JsFuture, future_to_promise},
};
use leptos::prelude::{document, window};
use web_sys::{
    Blob, BlobPropertyBag, ClipboardItem, HtmlDocument, HtmlTextAreaElement,
    wasm_bindgen::{JsCast, JsValue},
};

use super::has_secure_context;

const PLAIN_TEXT: &str = "text/plain";

/// Copies a text; false if the browser refused. Called in a click's handler: copying begins at
/// once, because browsers allow it to a press only; what is given tells how it ended.
pub(crate) fn copy_text(text: &str) -> impl Future<Output = bool> + use<> {
    let promised = has_secure_context().then(|| window().navigator().clipboard().write_text(text));
    let is_copied = promised.is_none() && copy_through_selection(text).unwrap_or(false);
    async move {
        match promised {
            Some(promise) => JsFuture::from(promise).await.is_ok(),
            None => is_copied,
        }
    }
}

/// Copies a text that has to be fetched first. The browser is given a promise of it at once:
/// Safari forgets the press while one waits.
pub(crate) fn copy_when_fetched<E: Clone + 'static>(
    text: impl Future<Output = Result<String, E>> + 'static,
) -> impl Future<Output = Result<bool, E>> {
    let text = text.shared();
    let promised = has_secure_context()
        .then(|| write_promised(text.clone()))
        .flatten();
    async move {
        match promised {
            Some(promise) => {
                let is_copied = JsFuture::from(promise).await.is_ok();
                text.await?;
                Ok(is_copied)
            }
            None => Ok(copy_text(&text.await?).await),
        }
    }
}

/// Nothing where browsers know no clipboard items (Firefox before 127).
fn write_promised<E>(text: impl Future<Output = Result<String, E>> + 'static) -> Option<Promise> {
    let blob = future_to_promise(async move {
        let text = text.await.map_err(|_| JsValue::NULL)?;
        let options = BlobPropertyBag::new();
        options.set_type(PLAIN_TEXT);
        let parts = Array::of1(&text.into());
        Ok(Blob::new_with_str_sequence_and_options(&parts, &options)?.into())
    });
    let items = Object::new();
    Reflect::set(&items, &PLAIN_TEXT.into(), &blob).ok()?;
    let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&items).ok()?;
    Some(window().navigator().clipboard().write(&Array::of1(&item)))
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
