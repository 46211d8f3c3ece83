//! Staying at the bottom of a growing list without fighting the reader.
//!
//! Who scrolled is decided by position: only a person moves the list upwards.

use std::cell::Cell;
use std::rc::Rc;

use web_sys::{
    Element, ResizeObserver,
    wasm_bindgen::{JsCast, closure::Closure},
};

/// At the bottom, within rounding.
const AT_BOTTOM: i32 = 2;
/// Upward movement that means "let me read", in pixels.
const UNPIN: i32 = 3;
/// The button appears beyond the first and disappears below the second distance.
const SHOW_BUTTON: i32 = 200;
const HIDE_BUTTON: i32 = 60;

/// Keeps one scroll container at its bottom while it is pinned there.
pub(crate) struct Follower {
    place: Rc<Place>,
    observer: Option<ResizeObserver>,
    /// Called by the observer: lives as long as it.
    _on_growth: Closure<dyn FnMut()>,
}

struct Place {
    container: Element,
    is_pinned: Cell<bool>,
    last_top: Cell<i32>,
    last_height: Cell<i32>,
    /// The next growth comes above what is being read.
    grows_above: Cell<bool>,
}

impl Follower {
    /// Follows the growth of `content`, and the shrinking of `container` around it, starting at
    /// the bottom.
    pub(crate) fn new(container: Element, content: &Element) -> Self {
        let place = Rc::new(Place {
            container,
            is_pinned: Cell::new(true),
            last_top: Cell::new(0),
            last_height: Cell::new(0),
            grows_above: Cell::new(false),
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
        place.follow();
        Self {
            place,
            observer,
            _on_growth: on_growth,
        }
    }

    /// Goes to the bottom and stays there.
    pub(crate) fn pin(&self) {
        self.place.is_pinned.set(true);
        self.place.follow();
    }

    /// What comes now comes above: what is being read keeps its place on the screen.
    pub(crate) fn hold(&self) {
        self.place.grows_above.set(true);
    }

    /// Takes note of a scroll event; says whether the way back to the bottom needs a button.
    pub(crate) fn scrolled(&self, button_is_shown: bool) -> bool {
        let place = &self.place;
        let (top, distance) = (place.container.scroll_top(), place.distance());
        if distance <= AT_BOTTOM {
            place.is_pinned.set(true);
        } else if top < place.last_top.get() - UNPIN {
            place.is_pinned.set(false);
        }
        place.last_top.set(top);
        let limit = if button_is_shown {
            HIDE_BUTTON
        } else {
            SHOW_BUTTON
        };
        !place.is_pinned.get() && distance > limit
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

impl Place {
    fn distance(&self) -> i32 {
        let it = &self.container;
        it.scroll_height() - it.client_height() - it.scroll_top()
    }

    fn follow(&self) {
        let it = &self.container;
        let height = it.scroll_height();
        let growth = height - self.last_height.replace(height);
        let grew_above = self.grows_above.take();
        if self.is_pinned.get() {
            it.set_scroll_top(height);
        } else if grew_above {
            it.set_scroll_top(it.scroll_top() + growth);
        } else {
            return;
        }
        self.last_top.set(it.scroll_top());
    }
}
