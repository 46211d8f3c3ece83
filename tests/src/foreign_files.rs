//! Files that other programs make, as small as they can be: PDF, DOCX and XLSX.

mod packed;
mod pdf;

pub use packed::{docx, large_zip, xlsx};
pub use pdf::{PdfPage, locked_pdf, pdf};

use hearth_server::extract::{Extractor, Limits};

use crate::{chance::Chance, program::binary};

/// What reads files in children of the program that is tested.
pub fn extractor(limits: Limits) -> anyhow::Result<Extractor> {
    Ok(Extractor::new(binary()?, limits))
}

/// A copy of a file that something happened to: bytes changed, lost, doubled or moved.
pub fn damaged(file: &[u8], chance: &mut Chance) -> anyhow::Result<Vec<u8>> {
    let mut copy = file.to_vec();
    for _ in 0..chance.within(1..6) {
        let length = u64::try_from(copy.len())?;
        let at = usize::try_from(chance.within(0..length.max(1)))?;
        let reach = usize::try_from(chance.within(1..64))?.min(copy.len() - at);
        match chance.within(0..6) {
            0 => copy.truncate(at),
            1 => drop(copy.drain(at..at + reach)),
            2 => {
                let again = copy[at..at + reach].to_vec();
                drop(copy.splice(at..at, again));
            }
            3 => copy[at..at + reach].fill(0xff),
            4 => {
                let byte = chance.number().to_le_bytes()[0];
                copy[at..at + reach].fill(byte);
            }
            _ => {
                for byte in &mut copy[at..at + reach] {
                    *byte ^= 1 << chance.within(0..8);
                }
            }
        }
        if copy.is_empty() {
            copy.push(b' ');
        }
    }
    Ok(copy)
}
