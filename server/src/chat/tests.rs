//! The laws of a turn, most of them with a scripted model.

mod bench;
mod continuing;
mod recording;
mod refusing;
mod stopping;
mod tailing;
mod tools;
