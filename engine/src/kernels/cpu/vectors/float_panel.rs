//! Several rows of plain floats with a panel of weight rows, which are decoded once for all.
//!
//! The bits are those of [`dot`](super::super::portable::dot): value `i` of a row goes to lane
//! `i mod 16`, products are rounded before they are added, and the lanes are added by halves.
//! Here a lane of a vector is a weight row; the values of a row lie in the order in which they are
//! added, first all of lane 0.

use std::cell::RefCell;

use super::super::portable::LANES;
use super::super::thread_pool::Columns;
use super::products::Products;
use crate::layout::{MatrixLayout, Row};

/// Products of weight `rows` with `inputs`: `PARTS` vectors of weight rows with up to `TILE` inputs
/// at a time.
///
/// # Safety
/// See [`super::multiply`].
#[inline(always)]
pub(in crate::kernels::cpu) unsafe fn multiply<
    P: Products,
    const PARTS: usize,
    const TILE: usize,
>(
    products: P,
    layout: &MatrixLayout,
    (rows, inputs): (&[u8], &[&[f32]]),
    columns: &mut Columns<'_>,
) {
    let panel_rows = PARTS * P::LANES;
    let mut panel = PANEL.take();
    panel.reserve(layout.in_features, panel_rows);
    assert!(
        inputs.iter().all(|input| input.len() == layout.in_features),
        "inputs of one length"
    );
    for (index, rows) in rows.chunks(panel_rows * layout.row_bytes()).enumerate() {
        panel.fill(layout, rows, panel_rows);
        let first = index * panel_rows;
        let range = first..first + rows.len() / layout.row_bytes();
        let mut input = 0;
        while input < inputs.len() {
            let at = (input, range.clone());
            let left = inputs.len() - input;
            // SAFETY: the caller's; the panel is full, and so many inputs are left.
            input += unsafe {
                if left >= TILE {
                    panel.tile::<P, PARTS, TILE>(products, inputs, at, columns)
                } else if left >= 2 {
                    panel.tile::<P, PARTS, 2>(products, inputs, at, columns)
                } else {
                    panel.tile::<P, PARTS, 1>(products, inputs, at, columns)
                }
            };
        }
    }
    PANEL.set(panel);
}

/// Decoded rows.
#[derive(Default)]
struct Panel {
    in_features: usize,
    /// A vector for each value and part.
    values: Vec<f32>,
    /// One row while it is being decoded.
    row: Vec<f32>,
}

thread_local! {
    /// A thread works on one panel at a time, and the next one has room where the last one was.
    static PANEL: RefCell<Panel> = RefCell::default();
}

impl Panel {
    /// Makes room; what is there stays there.
    fn reserve(&mut self, in_features: usize, panel_rows: usize) {
        let length = self.values.len().max(in_features * panel_rows);
        self.values.resize(length, 0.0);
        self.row.resize(in_features, 0.0);
        self.in_features = in_features;
    }

    /// Decodes `rows`; where there are fewer than the panel has, the last ones keep what was there.
    fn fill(&mut self, layout: &MatrixLayout, rows: &[u8], panel_rows: usize) {
        for (index, bytes) in rows.chunks(layout.row_bytes()).enumerate() {
            Row::new(layout, bytes).decode(&mut self.row);
            let mut places = self.values[index..].iter_mut().step_by(panel_rows);
            for lane in 0..LANES.min(self.in_features) {
                let values = self.row[lane..].iter().step_by(LANES);
                for (value, place) in values.zip(&mut places) {
                    *place = *value;
                }
            }
        }
    }

    /// Products of the panel with the `T` inputs from the one named on, written to the columns
    /// named; gives `T`.
    ///
    /// # Safety
    /// See [`multiply`]; the inputs are there.
    #[inline(always)]
    unsafe fn tile<P: Products, const PARTS: usize, const T: usize>(
        &self,
        products: P,
        inputs: &[&[f32]],
        (first, range): (usize, std::ops::Range<usize>),
        columns: &mut Columns<'_>,
    ) -> usize {
        let tile: &[&[f32]; T] = inputs[first..]
            .first_chunk()
            .expect("invariant: the caller counted them");
        // SAFETY: the caller's; a panel has a vector for each value and part.
        unsafe {
            let mut lanes = [[[products.floats(0.0); T]; PARTS]; LANES];
            let mut weights = self.values.as_ptr();
            for (lane, totals) in lanes.iter_mut().enumerate().take(self.in_features) {
                let mut sums = [[products.floats(0.0); T]; PARTS];
                for value in (lane..self.in_features).step_by(LANES) {
                    let mut x = [products.floats(0.0); T];
                    for t in 0..T {
                        x[t] = products.floats(*tile[t].as_ptr().add(value));
                    }
                    for sums in &mut sums {
                        let row_values = products.load(weights);
                        weights = weights.add(P::LANES);
                        for t in 0..T {
                            sums[t] = products.plus(sums[t], products.times(row_values, x[t]));
                        }
                    }
                }
                *totals = sums;
            }
            for t in 0..T {
                let row = &mut columns.row_mut(first + t)[range.clone()];
                for (part, output) in row.chunks_mut(P::LANES).enumerate() {
                    // Not `map`, which would copy all of it for each of its parts.
                    let mut sums = [products.floats(0.0); LANES];
                    for (sum, lane) in sums.iter_mut().zip(&lanes) {
                        *sum = lane[part][t];
                    }
                    let mut width = LANES / 2;
                    while width > 0 {
                        for i in 0..width {
                            sums[i] = products.plus(sums[i], sums[i + width]);
                        }
                        width /= 2;
                    }
                    products.store(sums[0], output);
                }
            }
        }
        T
    }
}
