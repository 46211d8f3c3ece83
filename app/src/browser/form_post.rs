//! Forms of drawn sections, sent without leaving the page: what the server answers is a document,
//! as it would be without script, and the section is taken out of it.

use js_sys::futures::JsFuture;
use leptos::prelude::{document, window};
use web_sys::{
    Document, DomParser, Element, Event, FormData, HtmlFormElement, RequestInit, Response,
    SupportedType, UrlSearchParams,
    wasm_bindgen::{JsCast, JsValue},
};

use super::appearance::PageChoices;
use crate::model::Drawing;

/// The section in a document.
const SECTION: &str = ".drawn";

/// What came back.
#[derive(Debug)]
pub(crate) enum Posted {
    /// The section as it is now, and what its page says was chosen.
    Section(Drawing, PageChoices),
    /// Another page, or this one in another language.
    Elsewhere(String),
}

/// The form that is about to be sent, if it may be sent without leaving the page.
pub(crate) fn form_of(event: &Event) -> Option<HtmlFormElement> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let leaves = form.has_attribute("data-leaves") || form.enctype() == "multipart/form-data";
    (!leaves).then_some(form)
}

/// Sends a form whose choice holds at once, if that is what was changed.
pub(crate) fn send_at_once(event: &Event) {
    let changed = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    let form = changed.and_then(|it| it.closest("form[data-at-once]").ok().flatten());
    if let Some(form) = form.and_then(|it| it.dyn_into::<HtmlFormElement>().ok()) {
        // Fails only for forms that are not in the document.
        let _ = form.request_submit();
    }
}

/// Sends a form; nothing comes back if the server was not reached.
pub(crate) async fn post(form: &HtmlFormElement) -> Option<Posted> {
    // What failed is a network error: there is nothing more to tell.
    send(form).await.ok().flatten()
}

async fn send(form: &HtmlFormElement) -> Result<Option<Posted>, JsValue> {
    let fields = FormData::new_with_form(form)?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields)?;
    let headers = js_sys::Object::new();
    js_sys::Reflect::set(&headers, &"accept".into(), &"text/html".into())?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&fields);
    let answer = window().fetch_with_str_and_init(&form.action(), &request);
    let answer: Response = JsFuture::from(answer).await?.dyn_into()?;
    let html = JsFuture::from(answer.text()?).await?;
    let html = html.as_string().unwrap_or_default();
    let page = DomParser::new()?.parse_from_string(&html, SupportedType::TextHtml)?;
    Ok(match section(&page) {
        Some(section) => Some(section),
        None if answer.redirected() => Some(Posted::Elsewhere(answer.url())),
        None => None,
    })
}

/// The section of a page that reads as this one does.
fn section(page: &Document) -> Option<Posted> {
    let attribute = |page: &Document, name: &str| {
        let root = page.document_element();
        root.and_then(|root| root.get_attribute(name))
    };
    if attribute(page, "lang") != attribute(&document(), "lang") {
        return None;
    }
    let section = page.query_selector(SECTION).ok()??;
    let drawing = Drawing {
        html: section.inner_html(),
        is_changing: section.has_attribute("data-changing"),
    };
    Some(Posted::Section(drawing, PageChoices::of(page)))
}
