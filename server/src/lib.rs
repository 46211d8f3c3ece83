//! The program around the engine: HTTP, SQL, configuration, accounts.
//!
//! Reading order: [`config`] (what an operator sets), [`data_folder`] (whose it is), [`serve`] (how
//! a server starts and ends), [`http`] (the router and what guards it), [`accounts`] (who may
//! enter), [`calendar`] (the visitor's days), `days` (the server's), [`chat`] (turns), `changes`
//! (told to all tabs), [`calculator`] (a tool of models), [`markdown`] (answers as HTML),
//! [`export`] and [`import`] (conversations that leave and come), [`uploads`] (files that wait for
//! it), [`files`] (those that go with messages), [`extract`] (their text), `folders` (of
//! conversations), `personal` (what people write of themselves and of answers), [`search`] (finding
//! what was written), [`sharing`] (copies for others), [`settings`] and [`administration`] (what an
//! administrator changes), [`store`] (the database), [`openai`] (the API for programs),
//! [`deletion`] (what goes for good), [`backup`] (copies of the database, and the way back),
//! [`upkeep`] (what time does by itself), [`slow_work`] (what holds up nobody), `metrics` (what was
//! done, counted), [`log`] and `request_id` (what is told of it), [`model_pull`] (models from a
//! hub), `model_files` (models on the disk), [`cli`] (the other commands).

#![forbid(unsafe_code)]

pub mod accounts;
pub mod administration;
pub mod backup;
pub mod calculator;
pub mod calendar;
mod changes;
pub mod chat;
pub mod cli;
pub mod config;
pub mod data_folder;
mod days;
pub mod deletion;
mod disk;
pub mod error;
pub mod export;
pub mod extract;
pub mod files;
mod folders;
pub mod http;
pub mod import;
pub mod log;
pub mod markdown;
mod metrics;
mod model_files;
pub mod model_pull;
pub mod openai;
mod personal;
mod request_id;
pub mod search;
pub mod serve;
pub mod settings;
pub mod sharing;
pub mod slow_work;
pub mod store;
pub mod upkeep;
pub mod uploads;
