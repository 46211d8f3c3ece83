//! Laws of export and import together, over a real database.

mod corrupted;
mod full_disk;
mod round_trip;
mod shelf;
