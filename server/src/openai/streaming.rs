//! Answers as server-sent events: a chunk for each piece, then what it cost, then `[DONE]`.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::stream;
use hearth_engine::{handle::EngineHandle, request::FinishReason};
use serde::Serialize;

use super::{
    error_object::error_body,
    generation::{Generation, Piece, Progress},
    meter::RequestUsage,
};

/// A comment goes out when nothing else has for so long: while queued and while a prompt is read.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What an endpoint's chunks look like.
pub(super) trait Chunks: Send + 'static {
    type Chunk: Serialize;

    /// Before the first piece of every answer; some have none.
    fn begin(&mut self, answer: usize) -> Option<Self::Chunk>;
    /// `None`: there is nothing to show.
    fn piece(&mut self, answer: usize, piece: Piece, engine: &EngineHandle) -> Option<Self::Chunk>;
    fn end(&mut self, answer: usize, reason: FinishReason) -> Self::Chunk;
    fn usage(&mut self, usage: RequestUsage) -> Self::Chunk;
}

struct Live<C> {
    generation: Option<Generation>,
    chunks: C,
    includes_usage: bool,
    ready: VecDeque<Event>,
}

/// The stream of a request. Dropping it ends the answers.
pub(super) fn respond<C: Chunks>(
    generation: Generation,
    num_answers: usize,
    mut chunks: C,
    includes_usage: bool,
) -> Response {
    let begun = (0..num_answers).filter_map(|answer| chunks.begin(answer));
    let ready = begun.map(|chunk| event(&chunk)).collect();
    let live = Live {
        generation: Some(generation),
        chunks,
        includes_usage,
        ready,
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
            let generation = self.generation.as_mut()?;
            match generation.next().await {
                Ok(Some((answer, Progress::Piece(piece)))) => {
                    let chunk = self.chunks.piece(answer, piece, &generation.engine);
                    self.ready.extend(chunk.map(|chunk| event(&chunk)));
                }
                Ok(Some((answer, Progress::Ended(reason)))) => {
                    let chunk = self.chunks.end(answer, reason);
                    self.ready.push_back(event(&chunk));
                }
                Ok(None) => {
                    if self.includes_usage {
                        let chunk = self.chunks.usage(generation.usage());
                        self.ready.push_back(event(&chunk));
                    }
                    self.end();
                }
                Err(error) => {
                    self.ready.push_back(event(&error_body(&error)));
                    self.end();
                }
            }
        }
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
