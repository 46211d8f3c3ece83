//! The product from outside: what the tests in `tests/` share.
//!
//! Reading order: [`running_server`] (a server within the test, scripted model), [`program`] (the
//! real binary, real model), [`command`] (its other commands), [`proxy`] (what stands before it),
//! [`web_client`] and [`tail`] (a client without script), [`browser`] and [`chat_page`] (Chromium
//! and what it shows).
#![expect(
    clippy::missing_errors_doc,
    reason = "an error here is a failed test, told in its own sentence"
)]

pub mod accessibility;
pub mod api_client;
pub mod browser;
pub mod chance;
pub mod change_stream;
pub mod chat_page;
mod chromedriver;
pub mod command;
pub mod database;
pub mod deadline;
pub mod isolated_network;
pub mod metrics;
pub mod program;
pub mod proxy;
pub mod running_server;
pub mod seed;
pub mod slow_client;
pub mod tail;
pub mod tls_tail;
pub mod uploads;
pub mod web_client;
pub mod words;
