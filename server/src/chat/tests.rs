//! The laws of a turn, most of them with a scripted model.

mod allowing;
mod attaching;
mod bench;
mod branching;
mod continuing;
mod drawing;
mod lost_tasks;
mod paging;
mod rating;
mod reading;
mod recording;
mod refusing;
mod removing;
mod searching;
mod stopping;
mod surviving;
mod switching;
mod tailing;
mod titling;
mod tools;

/// A text that makes the task of a turn panic when a model writes it.
pub(super) const FAULT: &str = "\u{f8ff}fault\u{f8ff}";
