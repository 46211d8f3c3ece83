//! What distinguishes models: everything but the weights, and a page of each of them.
//!
//! A model and one that was trained further agree in every name, type and offset. They differ in
//! whole tensors, so a page of each tells them apart, for a thousandth of the bytes.

use sha2::{Digest, Sha256};

use super::gguf::hex;

/// Bytes of a tensor that are read: scales and codes of more than two hundred blocks.
const PAGE: usize = 4096;

/// A fingerprint in the making.
#[derive(Debug, Default)]
pub(super) struct Fingerprint(Sha256);

impl Fingerprint {
    /// All of these bytes.
    pub(super) fn add(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    /// A page from the middle of a tensor; all of a small one.
    pub(super) fn add_sample(&mut self, tensor: &[u8]) {
        let first = tensor.len().saturating_sub(PAGE) / 2;
        let page = &tensor[first..tensor.len().min(first + PAGE)];
        self.0.update(page);
    }

    /// In hexadecimal.
    pub(super) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tensor: &[u8]) -> String {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add("header");
        fingerprint.add_sample(tensor);
        fingerprint.finish()
    }

    #[test]
    fn a_byte_in_the_middle_of_a_tensor_tells_and_all_bytes_of_a_small_one() {
        for (length, looked_at) in [(1, 0..1), (PAGE, 0..PAGE), (3 * PAGE, PAGE..2 * PAGE)] {
            let tensor = vec![7; length];
            for place in [looked_at.start, looked_at.end - 1] {
                let mut other = tensor.clone();
                other[place] = 8;
                assert_ne!(of(&other), of(&tensor), "{place} of {length}");
            }
        }
        let large = vec![7; 3 * PAGE];
        let mut other = large.clone();
        other[0] = 8;
        assert_eq!(of(&other), of(&large), "not all of it is read");
        assert_eq!(of(&[]), of(&[]));
    }
}
