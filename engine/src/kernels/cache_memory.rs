//! Memory for keys and values.

use std::num::NonZero;
use std::thread;

use burn::backend::Flex;
use burn::tensor::{Device, Tensor, TensorData};

/// Bytes of a processor's cache line, and of its widest vectors.
pub(super) const LINE: usize = 64;

/// Values of the smallest page that systems give.
const PAGE: usize = 4096 / size_of::<f32>();
/// Pages that are worth a thread: 4 MiB.
const LEAST_PAGES: usize = 1024;

/// Memory that is there, not merely promised: a system gives pages away when they are first
/// written, and what was planned must not be missing in the middle of an answer. What stands in it
/// is never read.
///
/// On a processor it begins where a cache line does, which burn's own memory seldom does: a vector
/// that lies in two lines takes two loads, and attention 7 % longer.
pub fn cache_memory(size: [usize; 3], device: &Device) -> Tensor<3> {
    if *device != Device::flex() {
        return Tensor::full(size, 1.0, device);
    }
    let (length, spare) = (size.iter().product::<usize>(), LINE / size_of::<f32>());
    let memory = TensorData::new(present_memory(length + spare), [length + spare]);
    let memory: Tensor<1> = Tensor::from_data(memory, device);
    let first = first_of_line(&memory).min(spare);
    memory.narrow(0, first, length).reshape(size)
}

/// Memory of so many values, of which every page was written: the system gives zeros, and all
/// processors ask it for pages at once.
fn present_memory(length: usize) -> Vec<f32> {
    let mut memory = vec![0.0; length];
    let num_pages = length.div_ceil(PAGE);
    let num_threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = num_pages.div_ceil(num_threads).max(LEAST_PAGES) * PAGE;
    thread::scope(|scope| {
        for part in memory.chunks_mut(share) {
            scope.spawn(|| {
                for page in part.chunks_mut(PAGE) {
                    page[0] = 1.0;
                }
            });
        }
    });
    if let Some(last) = memory.last_mut() {
        // Pages need not begin where the memory does.
        *last = 1.0;
    }
    memory
}

/// The first value that begins a line, of a tensor on a processor.
fn first_of_line(memory: &Tensor<1>) -> usize {
    let primitive = memory.clone().try_into_primitive::<Flex>();
    primitive.map_or(0, |it| {
        it.bytes().as_ptr().align_offset(LINE) / size_of::<f32>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_where_a_line_does_and_belongs_to_one_tensor() {
        for num_rows in [1, 3, 1_000, 100_000] {
            let memory = cache_memory([num_rows, 1, 8], &Device::flex());
            assert_eq!(memory.dims(), [num_rows, 1, 8]);
            let primitive = memory.try_into_primitive::<Flex>().unwrap();
            assert!(primitive.is_unique(), "a write would copy it");
            let first = primitive.layout().start_offset() * size_of::<f32>();
            let address = primitive.bytes().as_ptr() as usize + first;
            assert_eq!(address % LINE, 0, "{num_rows} rows");
        }
    }
}
