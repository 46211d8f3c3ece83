//! The stream of changes, one for all tabs of a browser: what `tab_leader` decides is done here.
//! `tails` has the other one, of running answers.

mod tails;

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::{
    leptos_dom::helpers::{
        IntervalHandle, WindowListenerHandle, set_interval_with_handle,
        window_event_listener_untyped,
    },
    prelude::document,
};
use web_sys::{
    BroadcastChannel, EventSource, MessageEvent,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};

use super::{connection::tell_connection, idempotency_key, is_hidden, page_build};
use crate::{
    model::{Change, Cursor, UserId},
    sub_path::address_of,
    tab_leader::{BEAT_MS, Event, Tab, tails as reducer},
};
use tails::{OpenTails, TailStream};

pub(crate) use tails::follow_tail;

/// Where the server tells of changes.
const ADDRESS: &str = "/changes";
/// Known to no server: everything may have changed since then.
const UNKNOWN: Cursor = Cursor { epoch: 0, seq: 0 };

/// Listens as long as it lives.
pub(crate) struct ChangeListener {
    shared: Rc<Shared>,
    timer: Option<IntervalHandle>,
    listeners: Vec<WindowListenerHandle>,
}

type OnMessage = Closure<dyn FnMut(MessageEvent)>;

struct Shared {
    tab: RefCell<Tab>,
    channel: Option<BroadcastChannel>,
    stream: RefCell<Option<Stream>>,
    tails: TailStream,
    on_change: Box<dyn Fn(Change)>,
    on_word: RefCell<Option<OnMessage>>,
}

/// An open stream and what it calls.
struct Stream {
    source: EventSource,
    _on_change: OnMessage,
    _on_alive: OnMessage,
    _on_connection: OnMessage,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// Calls `on_change` for whatever changes in the conversations of this person, in whichever tab or
/// device. As long as it listens, running answers can be followed; `open_tails` asks for them.
pub(crate) fn listen_for_changes(
    user: UserId,
    on_change: impl Fn(Change) + 'static,
    open_tails: OpenTails,
) -> ChangeListener {
    let cursor = cursor_of_document().unwrap_or(UNKNOWN);
    let id = idempotency_key().as_uuid();
    // Tabs of several servers, people or builds do not mix. Without a channel every tab leads.
    let build = page_build().unwrap_or_default();
    let name = format!("{} {user} {build}", address_of(ADDRESS));
    let shared = Rc::new(Shared {
        tab: RefCell::new(Tab::new(id, cursor, now_ms())),
        channel: BroadcastChannel::new(&name).ok(),
        stream: RefCell::new(None),
        tails: TailStream::new(id, open_tails),
        on_change: Box::new(on_change),
        on_word: RefCell::new(None),
    });
    shared.hear_others();
    shared.serve_tails();
    let listeners = watch_the_page(&shared);
    let timer = {
        let shared = Rc::downgrade(&shared);
        let tick = move || {
            if let Some(shared) = shared.upgrade() {
                shared.step(Event::Tick);
            }
        };
        set_interval_with_handle(tick, Duration::from_millis(BEAT_MS)).ok()
    };
    if !is_hidden() || shared.channel.is_none() {
        shared.step(Event::Shown);
    }
    ChangeListener {
        shared,
        timer,
        listeners,
    }
}

/// From where on the page has to listen, if the document was made for somebody who is signed in.
fn cursor_of_document() -> Option<Cursor> {
    let root = document().document_element()?;
    root.get_attribute("data-changes")?.parse().ok()
}

impl Drop for ChangeListener {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        for listener in self.listeners.drain(..) {
            listener.remove();
        }
        self.shared.step(Event::Left);
        if let Some(channel) = &self.shared.channel {
            channel.close();
        }
    }
}

fn watch_the_page(shared: &Rc<Shared>) -> Vec<WindowListenerHandle> {
    let shown = {
        let shared = Rc::clone(shared);
        move || {
            if !is_hidden() {
                shared.step(Event::Shown);
            }
        }
    };
    let left = {
        let shared = Rc::clone(shared);
        move || shared.step(Event::Left)
    };
    let back = shown.clone();
    vec![
        window_event_listener_untyped("visibilitychange", move |_| shown()),
        // A page that is kept for the way back, and comes back.
        window_event_listener_untyped("pageshow", move |_| back()),
        window_event_listener_untyped("pagehide", move |_| left()),
    ]
}

impl Shared {
    fn hear_others(self: &Rc<Self>) {
        let Some(channel) = &self.channel else {
            return;
        };
        let shared = Rc::downgrade(self);
        let on_word = OnMessage::new(move |event: MessageEvent| {
            if let (Some(word), Some(shared)) = (event.data().as_string(), shared.upgrade()) {
                match (word.parse(), word.parse()) {
                    (Ok(word), _) => {
                        let is_shown = !is_hidden();
                        shared.step(Event::Heard { word, is_shown });
                    }
                    (Err(_), Ok(word)) => shared.tail_step(reducer::Event::Heard(word)),
                    (Err(_), Err(_)) => {}
                }
            }
        });
        channel.set_onmessage(Some(on_word.as_ref().unchecked_ref()));
        self.on_word.replace(Some(on_word));
    }

    fn step(self: &Rc<Self>, event: Event) {
        let deeds = self.tab.borrow_mut().step(now_ms(), event);
        if deeds.close {
            self.stream.replace(None);
        }
        if let Some(cursor) = deeds.open {
            self.stream.replace(self.open(cursor));
        }
        if let Some(word) = deeds.say {
            self.say(&word.to_string());
        }
        let leader = self.tab.borrow().leader();
        self.tail_step(reducer::Event::Leader(leader));
        if let Some(change) = deeds.news {
            (self.on_change)(change);
        }
    }

    fn say(&self, word: &str) {
        if let Some(channel) = &self.channel {
            // Fails only once the channel is closed.
            let _ = channel.post_message(&JsValue::from_str(word));
        }
    }

    fn open(self: &Rc<Self>, cursor: Cursor) -> Option<Stream> {
        let address = format!("{}?after={cursor}", address_of(ADDRESS));
        let source = EventSource::new(&address).ok()?;
        let shared = Rc::downgrade(self);
        let on_change = OnMessage::new(move |event: MessageEvent| {
            let cursor = event.last_event_id().parse();
            let change = event.data().as_string();
            let change = change.and_then(|change| change.parse().ok());
            if let (Ok(cursor), Some(change), Some(shared)) = (cursor, change, shared.upgrade()) {
                shared.step(Event::Told { cursor, change });
            }
        });
        let shared = Rc::downgrade(self);
        let on_alive = OnMessage::new(move |_: MessageEvent| {
            if let Some(shared) = shared.upgrade() {
                shared.step(Event::Alive);
            }
        });
        let on_connection =
            OnMessage::new(|event: MessageEvent| tell_connection(event.type_() == "open"));
        source.set_onmessage(Some(on_change.as_ref().unchecked_ref()));
        // Fails for no name of an event.
        let _ = source.add_event_listener_with_callback("alive", on_alive.as_ref().unchecked_ref());
        source.set_onopen(Some(on_connection.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_connection.as_ref().unchecked_ref()));
        // Until it opens, nobody knows.
        tell_connection(false);
        Some(Stream {
            source,
            _on_change: on_change,
            _on_alive: on_alive,
            _on_connection: on_connection,
        })
    }
}

fn now_ms() -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since 1970 are a whole number far below 2^53"
    )]
    let now = js_sys::Date::now() as u64;
    now
}
