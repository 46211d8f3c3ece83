//! The laws of a turn, with a scripted model.

mod bench;
mod continuing;
mod recording;
mod refusing;
mod stopping;
mod tailing;
