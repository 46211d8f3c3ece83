//! The picture of an answer while it grows: HTML, made where it holds up nobody.
//!
//! One piece at a time: what arrives while a piece is drawn waits for the next one. A picture that
//! is slow to draw is therefore drawn less often. Neither the end of the text nor its saving waits
//! for it, only the last frame does. A piece that could not be drawn is missing until the page is
//! loaded again.

use std::{
    fmt,
    time::{Duration, Instant},
};

use futures::{FutureExt as _, future::BoxFuture};
use hearth_app::model::{MessageId, UserId};

use crate::{
    markdown::{self, Finished, MarkdownStream},
    slow_work::{Kind, SlowWork, SlowWorkError},
};

/// What a piece of text adds.
#[derive(Debug, Default)]
pub(in crate::chat) struct Drawn {
    pub(in crate::chat) blocks: Vec<String>,
    /// The block that still grows, whole.
    pub(in crate::chat) pending: String,
    /// How long it took.
    pub(super) time: Duration,
}

type Piece = BoxFuture<'static, Result<(Box<MarkdownStream>, Drawn), SlowWorkError>>;

/// The picture of one answer.
pub(in crate::chat) struct Drawing {
    slow_work: SlowWork,
    user: UserId,
    state: State,
    /// No piece is missing: blocks have the numbers that they have in the text.
    is_whole: bool,
}

enum State {
    Idle(Box<MarkdownStream>),
    Busy(Piece),
}

impl fmt::Debug for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_busy = self.is_busy();
        f.debug_struct("Drawing")
            .field("user", &self.user)
            .field("is_busy", &is_busy)
            .finish_non_exhaustive()
    }
}

impl Drawing {
    /// Of an answer without any text.
    pub(in crate::chat) fn new(slow_work: SlowWork, user: UserId, message: MessageId) -> Self {
        Self {
            slow_work,
            user,
            state: State::Idle(stream_of(message)),
            is_whole: true,
        }
    }

    /// Of an answer that goes on, and how it looks so far.
    ///
    /// # Errors
    /// If there is no place to draw it in.
    pub(in crate::chat) async fn of_text(
        slow_work: SlowWork,
        user: UserId,
        message: MessageId,
        text: String,
    ) -> Result<(Self, Drawn), SlowWorkError> {
        let piece = move || {
            let (markdown, mut drawn) = draw(stream_of(message), &text);
            // Nobody sees it grow: it looks as it did when it had ended.
            markdown::replace(&mut drawn.blocks, markdown.settle());
            (markdown, drawn)
        };
        // All of it at once: a request's work, not a frame's.
        let (markdown, drawn) = slow_work.run(Kind::Text, user, piece).await?;
        let state = State::Idle(markdown);
        let drawing = Self {
            slow_work,
            user,
            state,
            is_whole: true,
        };
        Ok((drawing, drawn))
    }

    pub(super) fn is_busy(&self) -> bool {
        matches!(self.state, State::Busy(_))
    }

    /// Begins to draw the next piece.
    ///
    /// # Panics
    /// If the one before is not drawn yet.
    pub(super) fn begin(&mut self, text: String) {
        let idle = State::Idle(Box::default());
        let State::Idle(markdown) = std::mem::replace(&mut self.state, idle) else {
            panic!("invariant: a piece begins when the one before is drawn");
        };
        let slow_work = self.slow_work.clone();
        let user = self.user;
        let piece = async move {
            let piece = move || draw(markdown, &text);
            slow_work.run(Kind::Frame, user, piece).await
        };
        self.state = State::Busy(piece.boxed());
    }

    /// The piece that is being drawn; nothing if none is. May be asked again if it was not waited
    /// for to the end.
    pub(super) async fn drawn(&mut self) -> Drawn {
        let State::Busy(piece) = &mut self.state else {
            return Drawn::default();
        };
        let drawn = piece.await;
        self.is_whole &= drawn.is_ok();
        let (markdown, drawn) = drawn.unwrap_or_default();
        self.state = State::Idle(markdown);
        drawn
    }

    /// The last blocks: what is being drawn, the rest of the text, and what was still open. And
    /// those before that look otherwise now.
    pub(super) async fn finish(mut self, rest: String) -> Finished {
        let mut blocks = self.drawn().await.blocks;
        let mut finished = Finished::default();
        if let State::Idle(mut markdown) = self.state {
            let last = move || {
                let last = markdown.push(&rest);
                (last, markdown.finish())
            };
            let last = self.slow_work.run(Kind::Frame, self.user, last).await;
            let (last, end) = last.unwrap_or_default();
            blocks.extend(last);
            finished = end;
        }
        blocks.append(&mut finished.blocks);
        finished.blocks = blocks;
        if !self.is_whole {
            finished.changed.clear();
        }
        finished
    }
}

fn stream_of(message: MessageId) -> Box<MarkdownStream> {
    Box::new(MarkdownStream::of_answer(&message.to_string()))
}

fn draw(mut markdown: Box<MarkdownStream>, text: &str) -> (Box<MarkdownStream>, Drawn) {
    let start = Instant::now();
    let blocks = markdown.push(text);
    let pending = markdown.pending();
    let drawn = Drawn {
        blocks,
        pending,
        time: start.elapsed(),
    };
    (markdown, drawn)
}
