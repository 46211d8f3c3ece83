//! A part of a matrix that one thread fills.
#![expect(unsafe_code, reason = "disjoint parts of one matrix")]

use std::marker::PhantomData;
use std::ops::Range;

/// Some columns of some rows of a matrix that other threads fill at the same time.
#[derive(Debug)]
pub struct Columns<'a> {
    pub(super) pointer: *mut f32,
    pub(super) rows: Range<usize>,
    pub(super) row_length: usize,
    pub(super) range: Range<usize>,
    pub(super) matrix: PhantomData<&'a mut [f32]>,
}

impl<'a> Columns<'a> {
    /// All columns of the matrix `values` (`[_, num_columns]`).
    ///
    /// # Panics
    /// If `values` does not consist of whole rows.
    pub fn of(values: &'a mut [f32], num_columns: usize) -> Self {
        assert!(values.len().is_multiple_of(num_columns), "whole rows");
        Self {
            rows: 0..values.len() / num_columns,
            pointer: values.as_mut_ptr(),
            row_length: num_columns,
            range: 0..num_columns,
            matrix: PhantomData,
        }
    }

    /// Which columns these are.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Which rows these are.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// The part of row `row` that lies in these columns.
    ///
    /// # Panics
    /// If the row is not one of [`rows`](Self::rows).
    #[inline]
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        assert!(self.rows.contains(&row), "row {row} of {:?}", self.rows);
        // SAFETY: row and columns lie inside the matrix, which is borrowed mutably for as
        // long as this lives; what is filled at the same time is disjoint, and `&mut self` makes
        // this slice the only one here.
        unsafe {
            let start = self.pointer.add(row * self.row_length + self.range.start);
            std::slice::from_raw_parts_mut(start, self.range.len())
        }
    }
}
