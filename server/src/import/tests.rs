//! Laws of export and import together, over a real database.

mod corrupted;
mod cut_off;
mod files;
mod foreign;
mod full_disk;
mod hashes;
mod listed;
mod meanwhile;
mod round_trip;
mod shares;
mod shelf;
