//! What a door can do besides its form. The server draws doors whole, and nothing of them is taken
//! over: here the token of a link is found, which only a browser is told, a typed name is kept for
//! the next try, and nothing is sent twice. Pages that only the server draws are doors too: their
//! code is copied, and an address stands there whole.

use std::time::Duration;

use js_sys::{
    Reflect,
    futures::{JsFuture, spawn_local},
};
use leptos::prelude::{document, window, window_event_listener_untyped};
use web_sys::{
    Element, Event, HtmlElement, RequestInit, Response, UrlSearchParams,
    wasm_bindgen::{JsCast, JsValue},
};

use super::{
    clipboard::copy_text,
    code_block::{read_code, show_copied},
    is_touch_screen,
    link_token::{forget_link_token, kept_link_token, take_link_token},
    mark_interactive,
    password::{hide_passwords, password_pressed},
    remember_time_zone,
    section::{complete_addresses, copy_pressed},
    storage::tab_storage,
    timer::sleep,
};
use crate::{
    later::later,
    model::ChatError,
    preferences,
    sub_path::address_of,
    words::{locale_of, words},
};

const NAME: &str = "input[name=name]";
const TOKEN: &str = "input[name=token]";
/// Until the part for doors is asked for again, if it was not to be had.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Whether the page is a door; it is opened then, and needs nothing else of the program but the
/// part for doors. Until that is loaded a door is the plain form that it is without script.
pub(crate) fn open_door() -> bool {
    let Some(door) = find(None, "[data-door]") else {
        return false;
    };
    spawn_local(async move {
        let mut pause = FIRST_PAUSE;
        while attend(door.clone()).await.is_err() {
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    });
    true
}

later! { door:
    async fn attend(door: Element) -> Result<(), ChatError> {
        remember_time_zone();
        give_name_back(&door);
        send_once(&door);
        complete_addresses(&door);
        window_event_listener_untyped("click", |event| {
            password_pressed(&event);
            copy_pressed(&event);
            code_pressed(&event);
        });
        if let Some(page) = door.get_attribute("data-link") {
            if door.get_attribute("data-refused").as_deref() == Some("link") {
                forget_link_token(&page);
            }
            look_for_link(&door, &page);
            // A link that is opened in a tab which shows this page already loads no page.
            window_event_listener_untyped("hashchange", move |_| look_for_link(&door, &page));
        }
        mark_interactive();
        Ok(())
    }
}

/// Does what a button in the bar of a code block says.
fn code_pressed(event: &Event) {
    let Some((button, code)) = read_code(event) else {
        return;
    };
    let copying = copy_text(&code);
    spawn_local(async move {
        let is_copied = copying.await;
        let locale = locale_of(preferences::of_page().language);
        let words = if is_copied {
            words!(locale, chat.copied)
        } else {
            words!(locale, chat.not_copied)
        };
        show_copied(button, words, is_copied).await;
    });
}

/// What a selector finds in an element, or in the page.
fn find(place: Option<&Element>, selector: &str) -> Option<Element> {
    let found = match place {
        Some(place) => place.query_selector(selector),
        None => document().query_selector(selector),
    };
    // Fails only for selectors that are none.
    found.ok().flatten()
}

fn hide(element: &Element, is_hidden: bool) {
    // Fails only for a name that is no attribute's.
    let _ = element.toggle_attribute_with_force("hidden", is_hidden);
}

fn value(input: &Element) -> String {
    let value = Reflect::get(input, &"value".into()).unwrap_or(JsValue::UNDEFINED);
    value.as_string().unwrap_or_default()
}

fn fill(input: &Element, text: &str) {
    // Fails only for objects that nobody may change.
    let _ = Reflect::set(input, &"value".into(), &text.into());
}

/// Two servers below two paths of a host share the storage.
fn name_key() -> String {
    format!("hearth-name:{}", address_of("/"))
}

/// After a refusal the name stands in its field again, and the field to be mended has the focus.
fn give_name_back(door: &Element) {
    let Some(storage) = tab_storage() else {
        return;
    };
    let kept = storage.get_item(&name_key()).ok().flatten();
    // Fails only where nothing is kept.
    let _ = storage.remove_item(&name_key());
    if !door.has_attribute("data-refused") {
        return;
    }
    if let (Some(name), Some(field)) = (kept, find(Some(door), NAME)) {
        fill(&field, &name);
    }
    let wrong = find(Some(door), "[aria-invalid=true]");
    if let Some(wrong) = wrong.and_then(|it| it.dyn_into::<HtmlElement>().ok())
        && !is_touch_screen()
    {
        // Fails only for elements that left the document meanwhile.
        let _ = wrong.focus();
    }
}

/// A form that is on its way is not sent again, until the page is shown once more.
fn send_once(door: &Element) {
    let mark = |door: &Element, is_sent: bool| {
        if let Some(button) = find(Some(door), ".door-form button[type=submit]") {
            // Fails only for a name that is no attribute's.
            let _ = button.toggle_attribute_with_force("disabled", is_sent);
        }
    };
    // Some browsers remember what was disabled when a page is loaded again.
    mark(door, false);
    let shown = door.clone();
    window_event_listener_untyped("pageshow", move |_| {
        hide_passwords();
        mark(&shown, false);
    });
    let sent = door.clone();
    window_event_listener_untyped("submit", move |event: Event| {
        let form = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        if !form.is_some_and(|it| it.class_list().contains("door-form")) {
            return;
        }
        hide_passwords();
        mark(&sent, true);
        if let (Some(storage), Some(field)) = (tab_storage(), find(Some(&sent), NAME)) {
            // Full storage: the name has to be typed again after a refusal.
            let _ = storage.set_item(&name_key(), &value(&field));
        }
    });
}

/// Takes the token of the link that led here, or the one that this tab keeps.
fn look_for_link(door: &Element, page: &str) {
    let token = take_link_token(page).or_else(|| kept_link_token(page));
    show_link(door, token.as_deref());
    if let Some(token) = token
        && let Some(welcome) = find(Some(door), "[data-owner]")
    {
        let (door, page) = (door.clone(), page.to_owned());
        spawn_local(async move {
            // Whoever cannot be asked now says so when the form is sent.
            let Ok(owner) = owner_of(&token).await else {
                return;
            };
            let is_shown = find(Some(&door), TOKEN).is_some_and(|it| value(&it) == token);
            if is_shown {
                show_owner(&door, &page, &welcome, &owner);
            }
        });
    }
}

/// A token that is known needs no field in sight; one that the page came with stands there unseen.
fn show_link(door: &Element, token: Option<&str>) {
    let Some(input) = find(Some(door), TOKEN) else {
        return;
    };
    let field = input.closest(".field").ok().flatten();
    let is_known = token.is_some() || field.is_none();
    if let Some(token) = token {
        fill(&input, token);
    }
    if let Some(field) = field {
        hide(&field, is_known);
    }
    for (selector, is_hidden) in [
        ("[data-with-link]", !is_known),
        ("[data-without-link]", is_known),
    ] {
        if let Some(part) = find(Some(door), selector) {
            hide(&part, is_hidden);
        }
    }
}

/// The name of the person whom a link belongs to, as a JavaScript value: `null` for nobody.
async fn owner_of(token: &str) -> Result<JsValue, JsValue> {
    let fields = UrlSearchParams::new()?;
    fields.append("token", token);
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&fields);
    let address = address_of("/api/link_owner");
    let answer = window().fetch_with_str_and_init(&address, &request);
    let answer: Response = JsFuture::from(answer).await?.dyn_into()?;
    JsFuture::from(answer.json()?).await
}

/// Says whose password is chosen; a link that does not hold makes room for the next one.
fn show_owner(door: &Element, page: &str, welcome: &Element, owner: &JsValue) {
    let ended = find(Some(door), "[data-ended]");
    let name = owner.as_string();
    if let Some(name) = &name {
        let words = welcome.get_attribute("data-owner").unwrap_or_default();
        welcome.set_text_content(Some(&words.replace("{}", name)));
        if let Some(input) = find(Some(door), "input[name=username]") {
            fill(&input, name);
        }
    } else if owner.is_null() {
        forget_link_token(page);
        if let Some(input) = find(Some(door), TOKEN) {
            fill(&input, "");
        }
        show_link(door, None);
    }
    hide(welcome, name.is_none());
    if let Some(ended) = ended {
        // Fails only for a name that is no attribute's.
        let _ = ended.set_attribute("role", "alert");
        hide(&ended, !owner.is_null());
    }
}
