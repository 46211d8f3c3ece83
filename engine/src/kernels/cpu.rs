//! The operations for CPUs: threads, activations, and the best instruction set that is there.
//!
//! A matrix product runs over chunks of weight rows. Within a chunk one function per layout and
//! instruction set computes each output as a function of one weight row and one token alone, in
//! one lane and accumulator order, however many tokens there are.

pub mod activations;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod cache;
pub(in crate::kernels) mod experts;
mod portable;
pub mod thread_pool;
mod topology;
#[cfg(target_arch = "x86_64")]
mod vectors;

use std::ops::Range;

use super::{Precision, SwigluLimits, reference};
use crate::layout::{LayoutKind, MatrixLayout, Row};
use activations::QuantizedRow;
use attention::AttentionHead;
use thread_pool::{Columns, ThreadPool};
#[cfg(target_arch = "x86_64")]
use vectors::{ByteFormat, Mxfp4Format, NibbleFormat};

/// Weight bytes a thread takes at a time: large enough to amortise, small enough to balance.
const CHUNK_BYTES: usize = 16 << 10;
/// Chunks are made of so many rows where there is one token.
const CHUNK_ROWS: usize = 8;
/// And of so many where several tokens share what is decoded: the rows of the largest panel.
const PANEL_ROWS: usize = 32;

/// From so many tokens on, rows of plain floats are put into panels.
#[cfg(target_arch = "x86_64")]
const FLOAT_PANEL_TOKENS: usize = 8;

/// Which instructions the kernels use. Only what was detected can be made.
#[derive(Clone, Copy, Debug)]
pub enum InstructionSet {
    /// What every CPU of the target has.
    Portable,
    /// 256-bit vectors with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    /// 512-bit vectors with VNNI's four-way int8 products.
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
}

impl InstructionSet {
    /// All that this CPU has, best first; the last is always portable.
    pub fn detect_all() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        {
            let avx512 = avx512::Avx512::detect().map(Self::Avx512);
            let avx2 = avx2::Avx2::detect().map(Self::Avx2);
            avx512
                .into_iter()
                .chain(avx2)
                .chain([Self::Portable])
                .collect()
        }
        #[cfg(not(target_arch = "x86_64"))]
        vec![Self::Portable]
    }

    /// Name for logs and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512-vnni",
        }
    }

    /// Products of the rows in `columns` with every token.
    fn multiply(
        self,
        rows: &[u8],
        layout: &MatrixLayout,
        tokens: &[&QuantizedRow],
        columns: &mut Columns<'_>,
    ) {
        match (self, layout.kind) {
            #[cfg(target_arch = "x86_64")]
            (Self::Avx512(cpu), LayoutKind::Nibbles { table }) => {
                cpu.multiply(NibbleFormat::new(table), rows, tokens, columns);
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx512(cpu), LayoutKind::Bytes) => {
                cpu.multiply(ByteFormat, rows, tokens, columns);
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx512(cpu), LayoutKind::Mxfp4) => {
                cpu.multiply(Mxfp4Format, rows, tokens, columns);
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx2(cpu), LayoutKind::Nibbles { table }) => {
                cpu.multiply(NibbleFormat::new(table), rows, tokens, columns);
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx2(cpu), LayoutKind::Bytes) => {
                cpu.multiply(ByteFormat, rows, tokens, columns);
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx2(cpu), LayoutKind::Mxfp4) => {
                cpu.multiply(Mxfp4Format, rows, tokens, columns);
            }
            (_, _) => portable::multiply(rows, layout, tokens, columns),
        }
    }

    /// Products of the rows in `columns` with every input, without rounding anything.
    fn multiply_floats(
        self,
        layout: &MatrixLayout,
        (rows, inputs): (&[u8], &[&[f32]]),
        columns: &mut Columns<'_>,
    ) {
        match (self, inputs) {
            // One token: decoding is used once, so it is done on the way.
            (_, [input]) if layout.kind == LayoutKind::Bf16 => {
                let rows = rows.chunks(layout.row_bytes());
                for (output, row) in columns.row_mut(0).iter_mut().zip(rows) {
                    *output = self.dot_bf16(input, row);
                }
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx2(cpu), _) if inputs.len() >= FLOAT_PANEL_TOKENS => {
                cpu.multiply_floats(layout, (rows, inputs), columns);
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx512(cpu), _) if inputs.len() >= FLOAT_PANEL_TOKENS => {
                cpu.multiply_floats(layout, (rows, inputs), columns);
            }
            (_, _) => {
                let mut values = vec![0.0; layout.in_features];
                for (column, row) in rows.chunks(layout.row_bytes()).enumerate() {
                    Row::new(layout, row).decode(&mut values);
                    for (index, input) in inputs.iter().enumerate() {
                        columns.row_mut(index)[column] = self.dot(input, &values);
                    }
                }
            }
        }
    }

    /// See [`portable::dot_bf16`].
    fn dot_bf16(self, left: &[f32], right: &[u8]) -> f32 {
        match self {
            Self::Portable => portable::dot_bf16(left, right),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(cpu) => cpu.dot_bf16(left, right),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(cpu) => cpu.avx2().dot_bf16(left, right),
        }
    }

    fn dot(self, left: &[f32], right: &[f32]) -> f32 {
        match self {
            Self::Portable => portable::dot(left, right),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(cpu) => cpu.dot(left, right),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(cpu) => cpu.avx2().dot(left, right),
        }
    }

    /// Attention of heads that share keys and values; `outputs` are zeros, a row for each head.
    fn attend(self, heads: &[AttentionHead<'_>], outputs: &mut [f32]) {
        match self {
            Self::Portable => {
                let size = outputs.len() / heads.len().max(1);
                for (head, output) in heads.iter().zip(outputs.chunks_mut(size.max(1))) {
                    portable::attend(head, output);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(cpu) => cpu.attend(heads, outputs),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(cpu) => cpu.attend(heads, outputs),
        }
    }

    fn swiglu(self, gate: &[f32], up: &[f32], output: &mut [f32]) {
        match self {
            Self::Portable => portable::swiglu(gate, up, output),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(cpu) => cpu.swiglu(gate, up, output),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(cpu) => cpu.avx2().swiglu(gate, up, output),
        }
    }

    /// See [`portable::limited_swiglu`].
    fn limited_swiglu(self, gate: &[f32], up: &[f32], limits: SwigluLimits, output: &mut [f32]) {
        match self {
            Self::Portable => portable::limited_swiglu(gate, up, limits, output),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(cpu) => cpu.limited_swiglu(gate, up, limits, output),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(cpu) => cpu.avx2().limited_swiglu(gate, up, limits, output),
        }
    }

    fn quantize(self, row: &[f32]) -> QuantizedRow {
        match self {
            Self::Portable => QuantizedRow::new(row),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(cpu) => cpu.quantize(row),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(cpu) => cpu.avx2().quantize(row),
        }
    }
}

/// What CPU kernels need beside tensors: threads, instructions, precision.
#[derive(Debug)]
pub struct KernelContext {
    pool: ThreadPool,
    instruction_set: InstructionSet,
    precision: Precision,
}

impl KernelContext {
    /// Threads (0 = physical cores) with the best instruction set of this CPU.
    pub fn new(num_threads: usize, precision: Precision) -> Self {
        let best = InstructionSet::detect_all()[0];
        Self::with_instruction_set(num_threads, precision, best)
    }

    /// The same with a chosen instruction set, for tests and comparisons.
    pub fn with_instruction_set(
        num_threads: usize,
        precision: Precision,
        instruction_set: InstructionSet,
    ) -> Self {
        let num_threads = if num_threads == 0 {
            topology::num_physical_cores()
        } else {
            num_threads
        };
        Self {
            pool: ThreadPool::new(num_threads),
            instruction_set,
            precision,
        }
    }

    /// Rounds activations, or no longer, from now on.
    pub fn set_precision(&mut self, precision: Precision) {
        self.precision = precision;
    }

    /// Whether activations are rounded.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The threads.
    pub fn pool(&self) -> &ThreadPool {
        &self.pool
    }

    /// The instructions in use.
    pub fn instruction_set(&self) -> InstructionSet {
        self.instruction_set
    }

    /// See [`super::embedding`].
    pub(super) fn embedding(weight: &[u8], layout: &MatrixLayout, tokens: &[u32]) -> Vec<f32> {
        reference::embedding(weight, layout, tokens)
    }

    /// See [`super::matmul`].
    pub(super) fn matmul(&self, input: &[f32], weight: &[u8], layout: &MatrixLayout) -> Vec<f32> {
        assert!(
            input.len().is_multiple_of(layout.in_features),
            "whole rows of in_features"
        );
        assert_eq!(weight.len(), layout.num_bytes(), "bytes of the weight");
        let num_tokens = input.len() / layout.in_features;
        let mut output = vec![0.0; num_tokens * layout.out_features];
        let row_bytes = layout.row_bytes();
        let chunk = Self::chunk_rows(layout, num_tokens).min(layout.out_features);
        let quantized = self.quantize(input, layout);
        let rows = select(input, quantized.as_deref(), layout, 0..num_tokens);
        let fill = |columns: &mut Columns<'_>| {
            let range = columns.range();
            let weights = &weight[range.start * row_bytes..range.end * row_bytes];
            self.multiply(weights, layout, &rows.part(0..num_tokens), columns);
        };
        self.pool
            .for_each_columns(&mut output, layout.out_features, chunk, fill);
        output
    }

    /// Weight rows a thread takes at a time.
    fn chunk_rows(layout: &MatrixLayout, num_tokens: usize) -> usize {
        let rows = (CHUNK_BYTES / layout.row_bytes()).max(1);
        rows.next_multiple_of(if num_tokens > 1 {
            PANEL_ROWS
        } else {
            CHUNK_ROWS
        })
    }

    /// Rounds the rows of `input`, where they meet weights of `layout` rounded.
    fn quantize(&self, input: &[f32], layout: &MatrixLayout) -> Option<Vec<QuantizedRow>> {
        if self.precision == Precision::Exact || layout.kind.is_float() {
            return None;
        }
        let num_rows = input.len() / layout.in_features;
        let mut rows = vec![QuantizedRow::default(); num_rows];
        let chunk = num_rows.div_ceil(4 * self.pool.num_threads());
        self.pool.for_each_chunk(&mut rows, chunk, |index, rows| {
            let input = input[index * chunk * layout.in_features..].chunks(layout.in_features);
            for (row, input) in rows.iter_mut().zip(input) {
                *row = self.instruction_set.quantize(input);
            }
        });
        Some(rows)
    }

    /// Products of some weight rows, those of `columns`, with rows of activations.
    fn multiply(
        &self,
        weights: &[u8],
        layout: &MatrixLayout,
        rows: &Rows<'_>,
        columns: &mut Columns<'_>,
    ) {
        match rows {
            Rows::Quantized(rows) => self
                .instruction_set
                .multiply(weights, layout, rows, columns),
            Rows::Floats(rows) => {
                self.instruction_set
                    .multiply_floats(layout, (weights, rows), columns);
            }
        }
    }

    /// See [`super::rms_norm`].
    pub(super) fn rms_norm(&self, input: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
        let size = weight.len();
        assert!(
            input.len().is_multiple_of(size),
            "whole rows of the norm's size"
        );
        let mut output = vec![0.0; input.len()];
        let norm = |row: usize, output: &mut [f32]| {
            let input = &input[row * size..][..size];
            let squares = self.instruction_set.dot(input, input);
            #[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^24")]
            let scale = 1.0 / (squares / size as f32 + epsilon).sqrt();
            for ((out, x), w) in output.iter_mut().zip(input).zip(weight) {
                *out = x * scale * w;
            }
        };
        self.pool.for_each_chunk(&mut output, size, norm);
        output
    }

    /// See [`super::swiglu`].
    pub(super) fn swiglu(&self, gate_up: &[f32], size: usize) -> Vec<f32> {
        let mut output = vec![0.0; gate_up.len() / 2];
        self.pool.for_each_chunk(&mut output, size, |row, output| {
            let (gate, up) = gate_up[row * 2 * size..][..2 * size].split_at(size);
            self.instruction_set.swiglu(gate, up, output);
        });
        output
    }
}

/// Rows of activations in any order.
enum SelectedRows<'a> {
    Floats(Vec<&'a [f32]>),
    Quantized(Vec<&'a QuantizedRow>),
}

/// Some of them.
enum Rows<'a> {
    Floats(&'a [&'a [f32]]),
    Quantized(&'a [&'a QuantizedRow]),
}

/// The rows of `input` named, or what became of them when they were rounded.
fn select<'a>(
    input: &'a [f32],
    quantized: Option<&'a [QuantizedRow]>,
    layout: &MatrixLayout,
    rows: impl Iterator<Item = usize>,
) -> SelectedRows<'a> {
    let size = layout.in_features;
    match quantized {
        Some(quantized) => SelectedRows::Quantized(rows.map(|row| &quantized[row]).collect()),
        None => SelectedRows::Floats(rows.map(|row| &input[row * size..][..size]).collect()),
    }
}

impl SelectedRows<'_> {
    fn part(&self, range: Range<usize>) -> Rows<'_> {
        match self {
            Self::Floats(rows) => Rows::Floats(&rows[range]),
            Self::Quantized(rows) => Rows::Quantized(&rows[range]),
        }
    }
}

impl Rows<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Floats(rows) => rows.len(),
            Self::Quantized(rows) => rows.len(),
        }
    }
}
