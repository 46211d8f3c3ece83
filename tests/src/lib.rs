//! The product from outside: what the tests in `tests/` share.
//!
//! Reading order: [`running_server`] (a server within the test, scripted model), [`program`] (the
//! real binary, real model), [`command`] (its other commands), [`foreign_files`] (what people give
//! it), [`proxy`] (what stands before it), [`gate`] (a network that fails), [`web_client`] and
//! [`tail`] (a client without script), [`browser`], [`chat_page`] and [`keyboard`] (Chromium, what
//! it shows, and its keys).
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
mod chromium;
pub mod command;
pub mod database;
pub mod deadline;
pub mod extent;
pub mod foreign_files;
pub mod gate;
pub mod isolated_network;
pub mod keyboard;
pub mod metrics;
pub mod program;
pub mod proxy;
pub mod running_server;
pub mod seed;
pub mod slow_client;
pub mod speed;
pub mod tail;
pub mod tls_tail;
pub mod uploads;
pub mod web_client;
pub mod words;
