//! Answers as server-sent events: a chunk for each piece, then what it cost, then `[DONE]`.

use std::{collections::VecDeque, convert::Infallible, ops::Range, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::stream;
use hearth_app::model::UserId;
use hearth_engine::{handle::EngineHandle, request::FinishReason};
use serde::Serialize;

use super::{
    ApiServer,
    error_object::error_body,
    generation::{Generation, Piece, Progress},
    meter::RequestUsage,
};
use crate::{error::AppError, slow_work::MAX_QUICK_BYTES};

/// A comment goes out when nothing else has for so long: while queued and while a prompt is read.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What an endpoint's chunks look like.
pub(super) trait Chunks: Send + 'static {
    type Chunk: Serialize;

    /// Before the first piece of every answer; some have none.
    fn begin(&mut self, answer: usize) -> Option<Self::Chunk>;
    /// `None`: there is nothing to show.
    fn piece(&mut self, answer: usize, piece: Piece, engine: &EngineHandle) -> Option<Self::Chunk>;
    /// About how long the chunk of this piece is as JSON, in bytes; of an empty piece, that of the
    /// beginning.
    fn num_bytes(&self, answer: usize, piece: &Piece) -> usize;
    fn end(&mut self, answer: usize, reason: FinishReason) -> Self::Chunk;
    fn usage(&mut self, usage: RequestUsage) -> Self::Chunk;
}

struct Live<C> {
    server: ApiServer,
    user: UserId,
    generation: Option<Generation>,
    /// Absent while one of them is made; for good, if that went wrong.
    chunks: Option<C>,
    /// Answers that have not begun.
    to_begin: Range<usize>,
    includes_usage: bool,
    ready: VecDeque<Event>,
}

/// The stream of a request. Dropping it ends the answers.
pub(super) fn respond<C: Chunks>(
    server: &ApiServer,
    generation: Generation,
    num_answers: usize,
    chunks: C,
    includes_usage: bool,
) -> Response {
    let live = Live {
        server: server.clone(),
        user: generation.user(),
        generation: Some(generation),
        chunks: Some(chunks),
        to_begin: 0..num_answers,
        includes_usage,
        ready: VecDeque::new(),
    };
    let events = stream::unfold(live, |mut live| async {
        let event = live.next().await?;
        Some((Ok::<_, Infallible>(event), live))
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE).text("keep-alive");
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    (headers, Sse::new(events).keep_alive(keep_alive)).into_response()
}

impl<C: Chunks> Live<C> {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.generation.as_ref()?;
            if let Err(error) = self.advance().await {
                self.ready.push_back(event(&error_body(&error)));
                self.end();
            }
        }
    }

    /// Makes the events of what comes next, if it has any.
    async fn advance(&mut self) -> Result<(), AppError> {
        if let Some(answer) = self.to_begin.next() {
            let num_bytes = self.num_bytes(answer, &Piece::default());
            let begin = move |chunks: &mut C| chunks.begin(answer);
            return self.make(num_bytes, begin).await;
        }
        let Some(generation) = &mut self.generation else {
            return Ok(());
        };
        match generation.next().await? {
            Some((answer, Progress::Piece(piece))) => {
                let engine = generation.engine.clone();
                let num_bytes = self.num_bytes(answer, &piece);
                let piece = move |chunks: &mut C| chunks.piece(answer, piece, &engine);
                self.make(num_bytes, piece).await
            }
            Some((answer, Progress::Ended(reason))) => {
                let end = move |chunks: &mut C| Some(chunks.end(answer, reason));
                self.make(0, end).await
            }
            None => {
                let usage = generation.usage();
                if self.includes_usage {
                    let usage = move |chunks: &mut C| Some(chunks.usage(usage));
                    self.make(0, usage).await?;
                }
                self.end();
                Ok(())
            }
        }
    }

    fn num_bytes(&self, answer: usize, piece: &Piece) -> usize {
        let chunks = self.chunks.as_ref();
        chunks.map_or(0, |chunks| chunks.num_bytes(answer, piece))
    }

    /// Makes a chunk of about so many bytes: a long one where it keeps nobody waiting.
    async fn make(
        &mut self,
        num_bytes: usize,
        chunk: impl FnOnce(&mut C) -> Option<C::Chunk> + Send + 'static,
    ) -> Result<(), AppError> {
        let Some(mut chunks) = self.chunks.take() else {
            return Ok(());
        };
        let make = move || {
            let made = chunk(&mut chunks).map(|chunk| event(&chunk));
            (chunks, made)
        };
        let (chunks, made) = if num_bytes > MAX_QUICK_BYTES {
            self.server.beside(self.user, make).await?
        } else {
            make()
        };
        self.chunks = Some(chunks);
        self.ready.extend(made);
        Ok(())
    }

    fn end(&mut self) {
        self.ready.push_back(Event::default().data("[DONE]"));
        self.generation = None;
    }
}

fn event(chunk: &impl Serialize) -> Event {
    let json = serde_json::to_string(chunk);
    Event::default().data(json.expect("invariant: chunks are plain data"))
}
