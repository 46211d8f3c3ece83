//! The program around the engine: HTTP, SQL, configuration, accounts.
//!
//! Reading order: [`config`] (what an operator sets), [`serve`] (how a server starts and ends),
//! [`http`] (the router and what guards it), [`accounts`] (who may enter), [`calendar`] (the
//! visitor's days), [`chat`] (turns), [`markdown`] (answers as
//! HTML), [`store`] (the database), [`cli`] (the other commands).

#![forbid(unsafe_code)]

pub mod accounts;
pub mod calendar;
pub mod chat;
pub mod cli;
pub mod config;
pub mod error;
pub mod http;
pub mod markdown;
pub mod serve;
pub mod store;
