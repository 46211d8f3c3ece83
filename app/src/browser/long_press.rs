//! A finger that rests on something asks what can be done with it: its menu opens.
//!
//! Only what has no text to select listens: on an answer a finger that rests selects a word, as
//! everywhere. A mouse has a button of its own for the menu of the browser, and keeps it.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use leptos::leptos_dom::helpers::{
    TimeoutHandle, WindowListenerHandle, set_timeout, set_timeout_with_handle,
    window_event_listener_untyped,
};
use web_sys::{Event, MouseEvent, PointerEvent, wasm_bindgen::JsCast};

use super::element;

/// As long as phones wait themselves.
const REST: Duration = Duration::from_millis(500);

/// A finger that moves farther does not rest, in pixels of the page.
const TOLERANCE: u32 = 10;

/// After this time no click comes any more of a finger that has left.
const CLICK: Duration = Duration::from_millis(400);

const EVENTS: [&str; 4] = ["pointermove", "pointerup", "pointercancel", "contextmenu"];

/// The finger that lies on the screen.
struct Finger {
    x: i32,
    y: i32,
    timer: Option<TimeoutHandle>,
    listeners: [WindowListenerHandle; 4],
}

thread_local! {
    static FINGER: RefCell<Option<Finger>> = const { RefCell::new(None) };
    /// It has had its menu: the click that comes when it leaves opens nothing.
    static HAS_RESTED: Cell<bool> = const { Cell::new(false) };
}

/// Something was pressed: if that was a finger and it rests, `open` opens the menu with this id.
pub(crate) fn watch_finger(
    event: &PointerEvent,
    menu: &'static str,
    open: impl FnOnce() + 'static,
) {
    forget_finger();
    HAS_RESTED.set(false);
    if event.pointer_type() != "touch" || !event.is_primary() {
        return;
    }
    let pointer = event.pointer_id();
    let rested = move || {
        HAS_RESTED.set(true);
        open();
        hold_open(menu, pointer);
    };
    let finger = Finger {
        x: event.client_x(),
        y: event.client_y(),
        timer: set_timeout_with_handle(rested, REST).ok(),
        listeners: EVENTS.map(|name| window_event_listener_untyped(name, |event| follow(&event))),
    };
    FINGER.set(Some(finger));
}

/// Whatever is pressed now has nothing to do with a finger that rested before.
pub(crate) fn begin_press() {
    HAS_RESTED.set(false);
}

/// The click belongs to a finger that rested. Some phones send one while it lies there and another
/// when it leaves.
pub(crate) fn ends_rest(click: &MouseEvent) -> bool {
    // The click of a key is none of any number.
    click.detail() > 0 && HAS_RESTED.get()
}

fn follow(event: &Event) {
    match event.type_().as_str() {
        // Android offers its own menu, sooner or later than here.
        "contextmenu" => event.prevent_default(),
        "pointermove" if HAS_RESTED.get() || !is_far(event) => {}
        "pointermove" => forget_finger(),
        _ => {
            forget_finger();
            set_timeout(|| HAS_RESTED.set(false), CLICK);
        }
    }
}

fn is_far(event: &Event) -> bool {
    let Some(event) = event.dyn_ref::<MouseEvent>() else {
        return false;
    };
    FINGER.with_borrow(|finger| {
        finger.as_ref().is_some_and(|finger| {
            let across = event.client_x().abs_diff(finger.x);
            let down = event.client_y().abs_diff(finger.y);
            across.max(down) > TOLERANCE
        })
    })
}

fn forget_finger() {
    let Some(finger) = FINGER.take() else { return };
    if let Some(timer) = finger.timer {
        timer.clear();
    }
    for listener in finger.listeners {
        listener.remove();
    }
}

/// A press beside an open menu closes it, and browsers count the finger that leaves what it rested
/// on as one. So it leaves the menu.
fn hold_open(menu: &str, pointer: i32) {
    if let Some(menu) = element(menu) {
        // Fails only for a finger that is gone.
        let _ = menu.set_pointer_capture(pointer);
    }
}
