//! The line of a request, written when its answer has gone.

use std::{
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::Method,
};
use hyper::body::{Frame, SizeHint};
use tracing::Span;

use super::Learnt;
use crate::request_id::RequestId;

/// What is told of a request. Dropping it writes it.
pub(super) struct Line {
    id: RequestId,
    method: Method,
    path: String,
    begun: Instant,
    /// 0 until there is an answer: whoever asked has gone.
    pub(super) status: u16,
    learnt: Learnt,
    pub(super) address: Option<IpAddr>,
    /// Told at `debug` only.
    pub(super) is_quiet: bool,
    num_bytes: u64,
}

impl Line {
    pub(super) fn new(id: &RequestId, method: &Method, path: String, learnt: Learnt) -> Self {
        Self {
            id: id.clone(),
            method: method.clone(),
            path,
            begun: Instant::now(),
            status: 0,
            learnt,
            address: None,
            is_quiet: false,
            num_bytes: 0,
        }
    }

    /// From the head of the request to now.
    fn duration_ms(&self) -> u64 {
        self.begun
            .elapsed()
            .as_millis()
            .try_into()
            .unwrap_or(u64::MAX)
    }
}

/// One event at a level of its own: a level has to be known when the program is built.
macro_rules! tell {
    ($level:ident, $line:ident) => {
        tracing::event!(
            target: "access",
            tracing::Level::$level,
            http.method = %$line.method,
            http.path = $line.path,
            http.status = $line.status,
            duration_ms = $line.duration_ms(),
            bytes = $line.num_bytes,
            user.id = $line.learnt.user().map(display),
            client.address = $line.address.map(display),
            request.id = %$line.id,
            "answered"
        )
    };
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.is_quiet {
            tell!(DEBUG, self);
        } else {
            tell!(INFO, self);
        }
    }
}

/// A body that is counted on its way out. What is logged while it is made belongs to its request.
pub(super) struct LoggedBody {
    body: Body,
    span: Span,
    line: Line,
}

impl LoggedBody {
    pub(super) fn new(body: Body, span: Span, line: Line) -> Self {
        Self { body, span, line }
    }
}

impl HttpBody for LoggedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let _entered = this.span.enter();
        let polled = Pin::new(&mut this.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
        {
            this.line.num_bytes += bytes.len() as u64;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
