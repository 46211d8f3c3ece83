//! Passwords that their person wants to read while they are typed. A button with `data-password`
//! stands behind its input; the attribute says what the next press does.

use web_sys::{Element, Event};

use super::elements::{all, closest};

/// Shows what is typed, or hides it again, if the pressed button is one for that.
pub(crate) fn password_pressed(event: &Event) {
    if let Some(button) = closest(event, "[data-password]") {
        let is_shown = button.get_attribute("aria-pressed").as_deref() == Some("true");
        show(&button, !is_shown);
    }
}

/// Nothing stays in sight when a form is sent, or a page is come back to.
pub(crate) fn hide_passwords() {
    for button in all("[data-password][aria-pressed=true]") {
        show(&button, false);
    }
}

fn show(button: &Element, is_shown: bool) {
    let (kind, pressed) = if is_shown {
        ("text", "true")
    } else {
        ("password", "false")
    };
    // These fail only for names that no attribute has.
    let set = |element: &Element, name: &str, value: &str| {
        let _ = element.set_attribute(name, value);
    };
    if let Some(input) = button.previous_element_sibling() {
        set(&input, "type", kind);
        // What can be seen is a text, and Safari would mend that.
        set(&input, "autocorrect", "off");
    }
    set(button, "aria-pressed", pressed);
    let words = |name| button.get_attribute(name).unwrap_or_default();
    let (now, next) = (words("title"), words("data-password"));
    set(button, "title", &next);
    set(button, "data-password", &now);
}
