//! Memory of the processor for weights: written once, then read from end to end at every token.

#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::MmapMut;

use burn::tensor::{AllocationProperty, Bytes, DType, TensorData};

/// From so many bytes on, memory is asked of the system in large pages (2 MiB on x86-64): fewer
/// addresses to translate, about a tenth more of the bandwidth.
const LARGE: usize = 4 << 20;

/// Bytes that will be a tensor.
pub(super) enum WeightMemory {
    Mapped(MmapMut),
    /// Words, so that their address suits a tensor of words.
    Heap(Vec<u32>),
}

impl WeightMemory {
    /// `length` zeros, and as many more as the last word needs.
    pub(super) fn new(length: usize) -> Self {
        let num_words = length.div_ceil(size_of::<u32>());
        if length >= LARGE
            && let Ok(map) = MmapMut::map_anon(num_words * size_of::<u32>())
        {
            // A system without large pages refuses; small ones do too.
            #[cfg(target_os = "linux")]
            let _ = map.advise(Advice::HugePage);
            return Self::Mapped(map);
        }
        Self::Heap(vec![0; num_words])
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Heap(words) => bytemuck::cast_slice_mut(words),
        }
    }

    /// Whole words, not copied.
    pub(super) fn into_data(self) -> TensorData {
        match self {
            Self::Mapped(map) => {
                let num_words = map.len() / size_of::<u32>();
                let bytes = bytes::Bytes::from_owner(map);
                let bytes = Bytes::from_shared(bytes, AllocationProperty::Other);
                TensorData::from_bytes(bytes, [num_words], DType::U32)
            }
            Self::Heap(words) => {
                let num_words = words.len();
                TensorData::new(words, [num_words])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int, Tensor};

    use super::*;

    #[test]
    fn what_is_written_is_read_whatever_its_size() {
        for length in [1, 8, LARGE - 1, LARGE, LARGE + 3] {
            let mut memory = WeightMemory::new(length);
            memory.bytes_mut()[length - 1] = 7;
            let tensor = Tensor::<1, Int>::from_data(memory.into_data(), &Device::flex());
            let found = tensor.into_data();
            let bytes = found.bytes();
            assert_eq!(bytes.len(), length.next_multiple_of(4));
            assert_eq!(bytes[length - 1], 7, "{length}");
            assert_eq!(bytes.iter().filter(|byte| **byte != 0).count(), 1);
        }
    }
}
