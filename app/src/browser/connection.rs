//! Whether the server is reached. What asks it says what it notices; one page at a time hears it
//! and decides what to make of it.

use std::{cell::RefCell, rc::Rc};

type Hear = Rc<dyn Fn(bool)>;

thread_local! {
    static HEAR: RefCell<Option<Hear>> = const { RefCell::new(None) };
}

/// Calls `hear` from now on with every sign that the server is there, or that it is not.
pub(crate) fn watch_connection(hear: impl Fn(bool) + 'static) {
    HEAR.set(Some(Rc::new(hear)));
}

/// A sign that the server is there, or that it may be away.
pub(crate) fn tell_connection(is_there: bool) {
    // What hears it may watch anew.
    let hear = HEAR.with_borrow(Clone::clone);
    if let Some(hear) = hear {
        hear(is_there);
    }
}
