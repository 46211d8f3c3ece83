//! Laws of export and import together, over a real database.

mod corrupted;
mod round_trip;
mod shelf;
