//! Staying at the bottom of a growing list without fighting the reader.
//!
//! Only a person's own movement lets go of the bottom: a wheel, a finger, a key, the scroll bar.
//! A text box that shrinks moves the list too, and means nothing.

use std::{cell::Cell, rc::Rc};

use js_sys::{Date, Function};
use leptos::prelude::document;
use web_sys::{
    AddEventListenerOptions, Element, Event, EventTarget, KeyboardEvent, MouseEvent,
    ResizeObserver,
    wasm_bindgen::{JsCast, closure::Closure},
};

use super::elements::target;

/// At the bottom, within rounding.
const AT_BOTTOM: i32 = 2;
/// Upward movement that means "let me read", in pixels.
const UNPIN: i32 = 3;
/// The button appears beyond the first and disappears below the second distance.
const SHOW_BUTTON: i32 = 200;
const HIDE_BUTTON: i32 = 60;
/// Height of a line of an answer, in pixels: 16 on 1.7.
const LINE: i32 = 27;
/// How long a movement goes on after what a person did, in milliseconds.
const MOVEMENT: f64 = 600.0;
/// The same for a scroll bar, which tells nobody when it is let go.
const DRAG: f64 = 10_000.0;

/// What people move the list with.
const INPUTS: [&str; 3] = ["wheel", "touchmove", "pointerdown"];
const KEYS: [&str; 4] = ["ArrowUp", "PageUp", "Home", " "];

/// A key that moves the list up, unless it moves the caret of a text box.
fn scrolls(event: &KeyboardEvent) -> bool {
    let in_box = |it: &Element| it.matches("input, textarea").unwrap_or(false);
    KEYS.contains(&event.key().as_str()) && !target(event).as_ref().is_some_and(in_box)
}

/// What the way back to the bottom has to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Distance {
    /// Far enough from the bottom to need a button.
    pub(crate) is_away: bool,
    /// Lines that came while the reader was elsewhere.
    pub(crate) new_lines: i32,
}

/// Keeps one scroll container at its bottom while it is pinned there.
pub(crate) struct Follower {
    place: Rc<Place>,
    observer: Option<ResizeObserver>,
    /// Called by the observer: lives as long as it.
    _on_growth: Closure<dyn FnMut()>,
    on_input: Closure<dyn FnMut(Event)>,
    on_key: Closure<dyn FnMut(KeyboardEvent)>,
}

struct Place {
    container: Element,
    is_pinned: Cell<bool>,
    last_top: Cell<i32>,
    last_height: Cell<i32>,
    /// The next growth comes above what is being read.
    grows_above: Cell<bool>,
    /// Until then a movement is a person's, by the clock of the browser.
    moves_until: Cell<f64>,
    /// Pixels that came below since the bottom was left.
    growth: Cell<i32>,
    distance: Cell<Distance>,
    tell: Box<dyn Fn(Distance)>,
}

impl Follower {
    /// Follows the growth of `content`, and the shrinking of `container` around it, starting at
    /// the bottom. `tell` is called when the way back has something else to say.
    pub(crate) fn new(
        container: Element,
        content: &Element,
        tell: impl Fn(Distance) + 'static,
    ) -> Self {
        let place = Rc::new(Place {
            container,
            is_pinned: Cell::new(true),
            last_top: Cell::new(0),
            last_height: Cell::new(0),
            grows_above: Cell::new(false),
            moves_until: Cell::new(0.0),
            growth: Cell::new(0),
            distance: Cell::new(Distance::default()),
            tell: Box::new(tell),
        });
        let on_growth = Closure::<dyn FnMut()>::new({
            let place = Rc::clone(&place);
            move || place.follow()
        });
        let observer = ResizeObserver::new(on_growth.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(content);
            // The text box grows, a keyboard slides in: the end must not hide behind them.
            observer.observe(&place.container);
        }
        let on_input = Closure::<dyn FnMut(Event)>::new({
            let place = Rc::clone(&place);
            move |event: Event| place.moved_by(&event)
        });
        let on_key = Closure::<dyn FnMut(KeyboardEvent)>::new({
            let place = Rc::clone(&place);
            move |event: KeyboardEvent| {
                if scrolls(&event) {
                    place.expect_movement(MOVEMENT);
                }
            }
        });
        place.follow();
        let follower = Self {
            place,
            observer,
            _on_growth: on_growth,
            on_input,
            on_key,
        };
        follower.listen();
        follower
    }

    /// Passive: a list that waits for a script does not scroll smoothly.
    fn listen(&self) {
        let options = AddEventListenerOptions::new();
        options.set_passive(true);
        let on_input: &Function = self.on_input.as_ref().unchecked_ref();
        for name in INPUTS {
            let container = &self.place.container;
            // Fails only for what is no function.
            let _ = container.add_event_listener_with_callback_and_add_event_listener_options(
                name, on_input, &options,
            );
        }
        let on_key: &Function = self.on_key.as_ref().unchecked_ref();
        // Keys scroll the list also while nothing in it has the focus.
        let _ = document().add_event_listener_with_callback("keydown", on_key);
    }

    /// Goes to the bottom and stays there.
    pub(crate) fn pin(&self) {
        self.place.is_pinned.set(true);
        self.place.follow();
        self.place.measure();
    }

    /// What comes now comes above: what is being read keeps its place on the screen.
    pub(crate) fn hold(&self) {
        self.place.grows_above.set(true);
    }

    /// Takes note of a scroll event.
    pub(crate) fn scrolled(&self) {
        let place = &self.place;
        let top = place.container.scroll_top();
        let is_up = top < place.last_top.get() - UNPIN;
        if place.below() <= AT_BOTTOM {
            place.is_pinned.set(true);
        } else if is_up && Date::now() < place.moves_until.get() {
            place.is_pinned.set(false);
        }
        place.last_top.set(top);
        place.measure();
    }

    /// The list stands where it always does: at its end.
    pub(crate) fn is_pinned(&self) -> bool {
        self.place.is_pinned.get()
    }

    /// Shows an element that far below the upper edge, and stays there.
    pub(crate) fn show(&self, element: &Element, offset: f64) {
        let place = &self.place;
        let edge = place.container.get_bounding_client_rect().top();
        let is = element.get_bounding_client_rect().top() - edge;
        place.is_pinned.set(false);
        let top = f64::from(place.container.scroll_top()) + is - offset;
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
        let top = top.round() as i32;
        place.container.set_scroll_top(top);
        place.last_top.set(place.container.scroll_top());
        place.last_height.set(place.container.scroll_height());
        place.growth.set(0);
        place.measure();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
        let on_input: &Function = self.on_input.as_ref().unchecked_ref();
        for name in INPUTS {
            let container = &self.place.container;
            let _ = container.remove_event_listener_with_callback(name, on_input);
        }
        let on_key: &Function = self.on_key.as_ref().unchecked_ref();
        let _ = document().remove_event_listener_with_callback("keydown", on_key);
    }
}

impl Place {
    /// Pixels below what is seen.
    fn below(&self) -> i32 {
        let it = &self.container;
        it.scroll_height() - it.client_height() - it.scroll_top()
    }

    fn expect_movement(&self, milliseconds: f64) {
        self.moves_until.set(Date::now() + milliseconds);
    }

    /// A press beside the content is one on the scroll bar; a press on the content moves nothing.
    fn moved_by(&self, event: &Event) {
        let on_bar = |press: &MouseEvent| press.offset_x() >= self.container.client_width();
        match event.dyn_ref::<MouseEvent>() {
            Some(press) if event.type_() == "pointerdown" => {
                let container: &EventTarget = self.container.as_ref();
                let is_own = event.target().as_ref() == Some(container);
                if is_own && on_bar(press) {
                    self.expect_movement(DRAG);
                }
            }
            _ => self.expect_movement(MOVEMENT),
        }
    }

    fn follow(&self) {
        let it = &self.container;
        let height = it.scroll_height();
        let growth = height - self.last_height.replace(height);
        let grew_above = self.grows_above.take();
        if self.is_pinned.get() {
            it.set_scroll_top(height);
            self.last_top.set(it.scroll_top());
        } else if grew_above {
            it.set_scroll_top(it.scroll_top() + growth);
            self.last_top.set(it.scroll_top());
        } else if growth > 0 {
            self.growth.set(self.growth.get() + growth);
        }
        self.measure();
    }

    fn measure(&self) {
        let old = self.distance.get();
        let limit = if old.is_away {
            HIDE_BUTTON
        } else {
            SHOW_BUTTON
        };
        if self.is_pinned.get() {
            self.growth.set(0);
        }
        let now = Distance {
            is_away: !self.is_pinned.get() && self.below() > limit,
            new_lines: self.growth.get() / LINE,
        };
        if self.distance.replace(now) != now {
            (self.tell)(now);
        }
    }
}
