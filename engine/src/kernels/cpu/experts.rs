//! The chosen experts of all tokens in one operation.
//!
//! Rows of activations are grouped by expert, so that an expert's weights are decoded once for all
//! of its tokens. First all gates and factors, each chunk with its `SwiGLU` behind it; then the
//! second matrices, whose outputs are added to their tokens in the order of experts.

use std::ops::Range;

use super::thread_pool::Columns;
use super::{KernelContext, Rows, select};
use crate::kernels::{Routing, SwigluLimits};
use crate::layout::MatrixLayout;

/// The weights of a layer's experts, one behind the other.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct ExpertWeights<'a> {
    pub(in crate::kernels) gate_up: ExpertMatrix<'a>,
    pub(in crate::kernels) down: ExpertMatrix<'a>,
    pub(in crate::kernels) limits: SwigluLimits,
}

/// One matrix and bias of every expert.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct ExpertMatrix<'a> {
    pub(in crate::kernels) bytes: &'a [u8],
    /// Of one expert.
    pub(in crate::kernels) layout: MatrixLayout,
    /// `[num_experts, out_features]`
    pub(in crate::kernels) bias: &'a [f32],
}

impl<'a> ExpertMatrix<'a> {
    /// Rows and biases of an expert.
    fn rows(&self, expert: usize, range: &Range<usize>) -> (&'a [u8], &'a [f32]) {
        let (row_bytes, first) = (self.layout.row_bytes(), expert * self.layout.out_features);
        let (start, end) = (first + range.start, first + range.end);
        (
            &self.bytes[start * row_bytes..end * row_bytes],
            &self.bias[start..end],
        )
    }
}

/// Who works for whom: one group an expert that has work, in the order of their numbers.
struct Groups {
    experts: Vec<usize>,
    /// Token and weight of each row of activations.
    rows: Vec<(usize, f32)>,
    /// Where the rows of each group begin, and the end.
    bounds: Vec<usize>,
}

impl Groups {
    fn new(routing: &Routing, num_experts: usize) -> Self {
        let mut loads = vec![Vec::new(); num_experts];
        for (index, (expert, weight)) in routing.choices().enumerate() {
            loads[expert].push((index / routing.num_chosen, weight));
        }
        let mut groups = Self {
            experts: Vec::new(),
            rows: Vec::with_capacity(loads.len()),
            bounds: vec![0],
        };
        for (expert, load) in loads.into_iter().enumerate() {
            if !load.is_empty() {
                groups.experts.push(expert);
                groups.rows.extend(load);
                groups.bounds.push(groups.rows.len());
            }
        }
        groups
    }

    fn range(&self, group: usize) -> Range<usize> {
        self.bounds[group]..self.bounds[group + 1]
    }
}

impl KernelContext {
    /// See [`crate::kernels::experts`].
    pub(in crate::kernels) fn experts(
        &self,
        input: &[f32],
        weights: &ExpertWeights<'_>,
        routing: &Routing,
    ) -> Vec<f32> {
        let num_experts = weights.down.bias.len() / weights.down.layout.out_features;
        let groups = Groups::new(routing, num_experts);
        let inner = self.gate_up(input, weights, (&groups, routing));
        self.down(&inner, &weights.down, (&groups, routing))
    }

    /// What stands between the two matrices: a row for each choice, grouped by expert.
    fn gate_up(
        &self,
        input: &[f32],
        weights: &ExpertWeights<'_>,
        (groups, routing): (&Groups, &Routing),
    ) -> Vec<f32> {
        let matrix = &weights.gate_up;
        let size = matrix.layout.out_features / 2;
        let quantized = self.quantize(input, &matrix.layout);
        let rows = groups.rows.iter().map(|(token, _)| *token);
        let rows = select(input, quantized.as_deref(), &matrix.layout, rows);
        let mut inner = vec![0.0; groups.rows.len() * size];
        let chunk = Self::chunk_rows(&matrix.layout, routing.num_tokens()).min(size);
        self.pool
            .for_each_part(&mut inner, size, (&groups.bounds, chunk), |group, tile| {
                let expert = groups.experts[group];
                let range = tile.range();
                let up_range = size + range.start..size + range.end;
                let rows = rows.part(groups.range(group));
                let (gate_weights, gate_bias) = matrix.rows(expert, &range);
                let (up_weights, up_bias) = matrix.rows(expert, &up_range);
                let mut gates = self.product(gate_weights, &matrix.layout, &rows, range.len());
                let mut ups = self.product(up_weights, &matrix.layout, &rows, range.len());
                let parts = gates
                    .chunks_mut(range.len())
                    .zip(ups.chunks_mut(range.len()));
                for (row, (gate, up)) in tile.rows().zip(parts) {
                    add(gate, gate_bias);
                    add(up, up_bias);
                    let output = tile.row_mut(row);
                    self.instruction_set
                        .limited_swiglu(gate, up, weights.limits, output);
                }
            });
        inner
    }

    /// The weighted sums of what the experts make of their rows of `inner`.
    fn down(
        &self,
        inner: &[f32],
        matrix: &ExpertMatrix<'_>,
        (groups, routing): (&Groups, &Routing),
    ) -> Vec<f32> {
        let layout = &matrix.layout;
        let quantized = self.quantize(inner, layout);
        let rows = select(inner, quantized.as_deref(), layout, 0..groups.rows.len());
        let mut output = vec![0.0; routing.num_tokens() * layout.out_features];
        let chunk = Self::chunk_rows(layout, routing.num_tokens()).min(layout.out_features);
        let fill = |columns: &mut Columns<'_>| {
            let range = columns.range();
            for (group, expert) in groups.experts.iter().enumerate() {
                let (weights, bias) = matrix.rows(*expert, &range);
                let load = groups.range(group);
                let product = self.product(weights, layout, &rows.part(load.clone()), range.len());
                for (values, (token, weight)) in product.chunks(range.len()).zip(&groups.rows[load])
                {
                    let output = columns.row_mut(*token).iter_mut();
                    for ((output, value), bias) in output.zip(values).zip(bias) {
                        *output += weight * (value + bias);
                    }
                }
            }
        };
        self.pool
            .for_each_columns(&mut output, layout.out_features, chunk, fill);
        output
    }

    /// `[num_rows, num_columns]`: products of some weight rows with rows of activations.
    fn product(
        &self,
        weights: &[u8],
        layout: &MatrixLayout,
        rows: &Rows<'_>,
        num_columns: usize,
    ) -> Vec<f32> {
        let mut output = vec![0.0; rows.len() * num_columns];
        let mut columns = Columns::of(&mut output, num_columns);
        self.multiply(weights, layout, rows, &mut columns);
        output
    }
}

fn add(values: &mut [f32], bias: &[f32]) {
    for (value, bias) in values.iter_mut().zip(bias) {
        *value += bias;
    }
}
