//! What was changed in a form with a save bar and is not saved: counted, marked, asked for when the
//! page is left. Works with every form that has `data-save-bar` and rows of class `setting-row`.

use js_sys::Reflect;
use leptos::prelude::document;
use web_sys::{
    Element, Event, HtmlFormElement, HtmlTextAreaElement,
    wasm_bindgen::{JsCast, JsValue},
};

use super::{
    elements::{all, all_in, closest},
    way_out::leave_for_here,
};

/// On a form in which something is not saved.
const UNSAVED: &str = "data-unsaved";

/// Whether something would be lost if the page were left.
pub(crate) fn is_unsaved() -> bool {
    matches!(document().query_selector("form[data-unsaved]"), Ok(Some(_)))
}

/// Counts the changed rows of the form of a section, if it has one with a save bar.
pub(crate) fn count_unsaved(place: &Element) {
    let Ok(Some(form)) = place.query_selector("form[data-save-bar]") else {
        return;
    };
    let mut number = 0_u32;
    for row in all_in(&form, ".setting-row") {
        let is_changed = row.has_attribute("data-changed")
            || all_in(&row, "input, select, textarea")
                .iter()
                .any(is_changed);
        if let Ok(Some(label)) = row.query_selector(".label") {
            // Fails only for a name that is no class's.
            let _ = label.class_list().toggle_with_force("changed", is_changed);
        }
        number += u32::from(is_changed);
    }
    show(&form, number);
}

/// Shows how much is not saved. Links of the sections then load their pages, so that the browser
/// asks before anything is lost.
fn show(form: &Element, number: u32) {
    // These fail only for names that no attribute has.
    let _ = form.toggle_attribute_with_force(UNSAVED, number > 0);
    for link in all(".settings-side a") {
        let _ = if number > 0 {
            link.set_attribute("rel", "external")
        } else {
            link.remove_attribute("rel")
        };
    }
    if let Ok(Some(count)) = form.query_selector("[data-count]") {
        let name = if number == 1 { "data-one" } else { "data-many" };
        let words = count.get_attribute(name).unwrap_or_default();
        count.set_text_content(Some(&words.replace("{}", &number.to_string())));
    }
}

/// Whether a control says something else than the server drew.
fn is_changed(control: &Element) -> bool {
    let read = |name: &str| Reflect::get(control, &name.into()).unwrap_or(JsValue::UNDEFINED);
    match control.get_attribute("type").as_deref() {
        Some("hidden") => false,
        Some("radio" | "checkbox") => read("checked") != read("defaultChecked"),
        _ => {
            let drawn = control.get_attribute("data-was").map(JsValue::from);
            read("value") != drawn.unwrap_or_else(|| read("defaultValue"))
        }
    }
}

/// Takes everything back that a pressed button discards. What was refused a moment ago is not what
/// the server has: the page is loaded again for that.
pub(crate) fn discard_pressed(event: &Event, place: &Element) {
    let Some(form) = closest(event, "[data-discard]").and_then(|it| it.closest("form").ok()?)
    else {
        return;
    };
    if matches!(form.query_selector("[data-changed]"), Ok(Some(_))) {
        forget_unsaved(place);
        leave_for_here();
    } else if let Ok(form) = form.dyn_into::<HtmlFormElement>() {
        form.reset();
        show_ranges(place);
        count_unsaved(place);
    }
}

/// The form is about to be sent: leaving the page loses nothing.
pub(crate) fn forget_unsaved(place: &Element) {
    if let Ok(Some(form)) = place.query_selector("form[data-unsaved]") {
        show(&form, 0);
    }
}

/// A form that somebody has not saved, if another one was sent.
pub(crate) fn unsaved_besides(sent: &Element, place: &Element) -> Option<Element> {
    let unsaved = place.query_selector("form[data-unsaved]").ok()??;
    (unsaved != *sent).then_some(unsaved)
}

/// Puts it in the place of the same form as the server has drawn it meanwhile.
pub(crate) fn keep_unsaved(place: &Element, unsaved: &Element) {
    if let Ok(Some(drawn)) = place.query_selector("form[data-save-bar]") {
        // Fails only for an element that stands nowhere.
        let _ = drawn.replace_with_with_node_1(unsaved);
    }
}

/// Shows the values of sliders beside them, and how full boxes are that have a limit.
pub(crate) fn show_ranges(place: &Element) {
    for slider in all_in(place, "input[type=range]") {
        let value = Reflect::get(&slider, &"value".into()).unwrap_or(JsValue::UNDEFINED);
        if let Some(output) = slider.next_element_sibling() {
            output.set_text_content(value.as_string().as_deref());
        }
    }
    for text in all_in(place, "textarea[maxlength]") {
        let most = text.get_attribute("maxlength").unwrap_or_default();
        if let Some(count) = text.next_element_sibling() {
            let text = text.unchecked_into::<HtmlTextAreaElement>();
            count.set_text_content(Some(&format!("{} / {most}", text.text_length())));
        }
    }
}
