//! The stream of the answers that tabs follow: what `tab_leader::tails` decides is done here.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::{Rc, Weak},
    time::Duration,
};

use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    future::{AbortHandle, Abortable, LocalBoxFuture},
};
use leptos::{prelude::set_timeout, task::spawn_local};
use server_fn::codec::ByteStream;
use uuid::Uuid;

use super::Shared;
use crate::{
    browser::is_hidden,
    line_decoder::LineDecoder,
    model::{ChatError, TailStart},
    tab_leader::{
        self,
        tail_word::Failure,
        tails::{Event, Given, Tails},
    },
};

/// Wants that come within this time are one stream.
const PAUSE: Duration = Duration::from_millis(20);
/// A leader answers at once; who has heard nothing by then asks in vain.
const DOUBT: Duration = Duration::from_secs(3);

/// Asks the server for running answers.
pub(crate) type OpenTails = fn(Vec<TailStart>) -> OpeningTails;
type OpeningTails = LocalBoxFuture<'static, Result<ByteStream<ChatError>, ChatError>>;

thread_local! {
    /// Of the page that is shown.
    static SERVED: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

/// What a tab knows of running answers.
pub(super) struct TailStream {
    tails: RefCell<Tails>,
    open: OpenTails,
    /// The stream, if this tab leads.
    reading: RefCell<Option<AbortHandle>>,
    /// Where that goes which comes of the answer that this tab follows.
    follower: RefCell<Option<UnboundedSender<Given>>>,
    num_followed: Cell<u32>,
}

impl TailStream {
    pub(super) fn new(id: Uuid, open: OpenTails) -> Self {
        Self {
            tails: RefCell::new(Tails::new(id)),
            open,
            reading: RefCell::new(None),
            follower: RefCell::new(None),
            num_followed: Cell::new(0),
        }
    }

    fn close(&self) {
        if let Some(reading) = self.reading.take() {
            reading.abort();
        }
    }
}

/// An answer that this tab follows, as long as this lives.
pub(crate) struct Tail {
    shared: Weak<Shared>,
    number: u32,
    given: UnboundedReceiver<Given>,
}

/// Follows a running answer, and none that was followed before.
pub(crate) fn follow_tail(start: TailStart) -> Tail {
    let (follower, given) = unbounded();
    let shared = SERVED.with_borrow(Weak::clone);
    let mut number = 0;
    if let Some(shared) = shared.upgrade() {
        number = shared.tails.num_followed.get() + 1;
        shared.tails.num_followed.set(number);
        shared.tails.follower.replace(Some(follower));
        shared.tail_step(Event::Wanted {
            number,
            start,
            is_shown: !is_hidden(),
        });
    }
    Tail {
        shared,
        number,
        given,
    }
}

impl Tail {
    /// What comes next of it.
    pub(crate) async fn next(&mut self) -> Given {
        self.given.next().await.unwrap_or(Given::Lost)
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            let number = self.number;
            shared.tail_step(Event::Unwanted { number });
        }
    }
}

impl Shared {
    /// Whoever follows an answer from now on does so here.
    pub(super) fn serve_tails(self: &Rc<Self>) {
        SERVED.set(Rc::downgrade(self));
    }

    pub(super) fn tail_step(self: &Rc<Self>, event: Event) {
        let deeds = self.tails.tails.borrow_mut().step(event);
        if deeds.close {
            self.tails.close();
        }
        if let Some(starts) = deeds.open {
            self.open_tails(starts);
        }
        if let Some(word) = deeds.say {
            self.say(&word.to_string());
        }
        if deeds.pause {
            self.tail_step_after(PAUSE, || Event::Paused);
        }
        if let Some(said) = deeds.doubt {
            let doubted = move || Event::Doubted {
                said,
                is_shown: !is_hidden(),
            };
            self.tail_step_after(DOUBT, doubted);
        }
        if let (Some(given), Some(follower)) = (deeds.give, &*self.tails.follower.borrow()) {
            // Fails only if it is not followed any more.
            let _ = follower.unbounded_send(given);
        }
        if deeds.lead {
            self.step(tab_leader::Event::Shown);
        }
    }

    fn tail_step_after(self: &Rc<Self>, pause: Duration, event: impl FnOnce() -> Event + 'static) {
        let shared = Rc::downgrade(self);
        let step = move || {
            if let Some(shared) = shared.upgrade() {
                shared.tail_step(event());
            }
        };
        set_timeout(step, pause);
    }

    fn open_tails(self: &Rc<Self>, starts: Vec<TailStart>) {
        let (reading, registration) = AbortHandle::new_pair();
        let read = read(Rc::downgrade(self), (self.tails.open)(starts));
        let read = Abortable::new(read, registration);
        self.tails.reading.replace(Some(reading));
        spawn_local(async move {
            // Aborted is as good as done.
            let _ = read.await;
        });
    }
}

/// Tells what the server says, until the stream ends.
async fn read(shared: Weak<Shared>, opening: OpeningTails) {
    let step = move |event| {
        if let Some(shared) = shared.upgrade() {
            shared.tail_step(event);
        }
    };
    let stream = match opening.await {
        Ok(stream) => stream.into_inner(),
        Err(error) => return step(Event::Failed(error.into())),
    };
    step(Event::Opened);
    let mut stream = pin!(stream);
    let mut decoder = LineDecoder::default();
    while let Some(Ok(bytes)) = stream.next().await {
        let Ok(lines) = decoder.push(&bytes) else {
            return step(Event::Failed(Failure::Broken));
        };
        for line in lines {
            step(Event::Line(line));
        }
    }
    step(Event::Failed(Failure::Lost));
}
