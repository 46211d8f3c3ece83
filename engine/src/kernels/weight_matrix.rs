//! Weights on their way to a device: a matrix, or a stack of them, as the device wants it.
//!
//! The host holds one stack at a time, and once: every matrix is written where it stays.

use std::num::NonZero;
use std::thread;

use burn::tensor::{DType, Device, Int, Tensor};

use super::weight_memory::WeightMemory;
use crate::layout::MatrixLayout;
use crate::loader::repack::PackedMatrix;

/// A weight matrix on a device, in one of our layouts.
#[derive(Clone, Debug)]
pub struct WeightMatrix {
    pub(super) bytes: Tensor<1, Int>,
    pub(super) layout: MatrixLayout,
}

impl WeightMatrix {
    /// Moves a packed matrix to `device`, as words: not every GPU can address bytes.
    pub fn new(matrix: &PackedMatrix, device: &Device) -> Self {
        let mut memory = WeightMemory::new(matrix.bytes.len());
        let mut places = Places::new(&mut memory, (1, matrix.layout), device);
        places.put.call(&mut places.of_matrices[0], matrix);
        Self::of_memory(memory, matrix.layout, device)
    }

    /// `count` matrices of one layout one behind the other; every processor makes one at a time.
    /// [`layout`](Self::layout) is that of one.
    ///
    /// # Errors
    /// What `matrix` gives instead of one.
    ///
    /// # Panics
    /// If `count` is 0, or a matrix has another layout than the first.
    pub fn stack<E: Send>(
        count: usize,
        matrix: impl Fn(usize) -> Result<PackedMatrix, E> + Sync,
        device: &Device,
    ) -> Result<Self, E> {
        let first = matrix(0)?;
        let layout = first.layout;
        let mut memory = WeightMemory::new(count * layout.num_bytes());
        let Places {
            mut of_matrices,
            put,
        } = Places::new(&mut memory, (count, layout), device);
        put.call(&mut of_matrices[0], &first);
        let make = |first: usize, places: &mut [Place<'_>]| {
            for (index, place) in places.iter_mut().enumerate() {
                let matrix = matrix(first + index)?;
                assert_eq!(matrix.layout, layout, "matrices of one layout");
                put.call(place, &matrix);
            }
            Ok(())
        };
        let num_threads = thread::available_parallelism().map_or(1, NonZero::get);
        let share = (count - 1).div_ceil(num_threads).max(1);
        thread::scope(|scope| {
            let shares = of_matrices[1..].chunks_mut(share).enumerate();
            let make = &make;
            let spawn = |(index, places)| scope.spawn(move || make(1 + index * share, places));
            let threads: Vec<_> = shares.map(spawn).collect();
            let mut made = threads.into_iter().map(|thread| {
                let made = thread.join();
                made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            made.try_for_each(|made| made)
        })?;
        Ok(Self::of_memory(memory, layout, device))
    }

    fn of_memory(memory: WeightMemory, layout: MatrixLayout, device: &Device) -> Self {
        Self {
            bytes: Tensor::from_data(memory.into_data(), (device, DType::U32)),
            layout,
        }
    }

    /// Shape and layout; of one matrix where there are several.
    pub fn layout(&self) -> &MatrixLayout {
        &self.layout
    }
}

/// Where one matrix goes: on a processor its rows, on a card its [planes](super::cube::planes).
#[derive(Debug, Default)]
#[cfg_attr(
    not(feature = "cube"),
    expect(dead_code, reason = "only on a card are they apart from the codes")
)]
pub(super) struct Place<'a> {
    /// Rows as they are, or codes.
    pub(super) codes: &'a mut [u8],
    pub(super) scales: &'a mut [u8],
    pub(super) minima: &'a mut [u8],
}

/// How a matrix is written there.
#[derive(Clone, Copy)]
struct Put(fn(&mut Place<'_>, &PackedMatrix));

impl Put {
    fn call(self, place: &mut Place<'_>, matrix: &PackedMatrix) {
        self.0(place, matrix);
    }
}

/// Where the matrices of a stack go.
struct Places<'a> {
    of_matrices: Vec<Place<'a>>,
    put: Put,
}

impl<'a> Places<'a> {
    fn new(
        memory: &'a mut WeightMemory,
        (count, layout): (usize, MatrixLayout),
        device: &Device,
    ) -> Self {
        let size = layout.num_bytes();
        let bytes = &mut memory.bytes_mut()[..count * size];
        #[cfg(feature = "cube")]
        if *device != Device::flex() {
            use super::cube::planes;

            return Self {
                of_matrices: planes::places(bytes, &layout, count),
                put: Put(planes::put),
            };
        }
        let _ = device;
        let place = |codes| Place {
            codes,
            ..Place::default()
        };
        Self {
            of_matrices: bytes.chunks_mut(size).map(place).collect(),
            put: Put(|place, matrix| place.codes.copy_from_slice(&matrix.bytes)),
        }
    }
}
