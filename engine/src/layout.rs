//! How weights lie in memory: few layouts that kernels know, whatever the file format was.
//!
//! A weight matrix is `[out_features, in_features]`; one output's row is one run of bytes, so a
//! matrix-vector product reads memory strictly forward. Within a row, what belongs to all blocks
//! comes first (scales, then minima), then the codes:
//!
//! | layout | a row of `n` blocks of 32 values | value |
//! |---|---|---|
//! | [`LayoutKind::Nibbles`] | `n` scales, `n` minima, 16 `n` bytes | `scale * table[code] + min` |
//! | [`LayoutKind::Bytes`] | `n` f16 scales, `n` x 32 int8 | `scale * code` |
//! | [`LayoutKind::Mxfp4`] | `n` E8M0 scales, 16 `n` bytes | `2^(scale - 127) * FP4[code]` |
//! | [`LayoutKind::Dense`] | f32, little-endian | itself |
//! | [`LayoutKind::Bf16`] | bf16, little-endian | itself |
//!
//! Byte `i` of a block of 4-bit codes holds value `i` (low half) and value `i + 16` (high half).

use half::{bf16, f16};

/// Values that share a scale.
pub const BLOCK_LENGTH: usize = 32;
/// Bytes of the codes of one [`LayoutKind::Nibbles`] block.
pub const NIBBLE_BLOCK_BYTES: usize = BLOCK_LENGTH / 2;
/// Table of formats whose codes are the values themselves.
pub const LINEAR_TABLE: [i8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Largest value of a table: sums of eight products with activations stay in 16 bits.
pub const LARGEST_TABLE_VALUE: i8 = 32;

/// Twice the value of each 4-bit float (one sign bit, two exponent bits, one mantissa bit): an
/// integer, so that products of codes are exact.
pub const DOUBLED_FP4: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/// Which layout a matrix has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayoutKind {
    /// 4-bit codes through a table of 16 values.
    Nibbles {
        /// What a code means, before scale and minimum; 0 to [`LARGEST_TABLE_VALUE`] (a signed
        /// table is shifted, and the minimum takes the shift back).
        table: [i8; 16],
    },
    /// 8-bit codes, -127 to 127.
    Bytes,
    /// 4-bit floats with a power of two a block (OCP microscaling formats, version 1.0).
    Mxfp4,
    /// Plain f32.
    Dense,
    /// The upper halves of f32.
    Bf16,
}

impl LayoutKind {
    /// Whether values are plain floats: activations are never rounded for them.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Dense | Self::Bf16)
    }
}

/// Shape and layout of a weight matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatrixLayout {
    /// How a row is stored.
    pub kind: LayoutKind,
    /// Rows.
    pub out_features: usize,
    /// Values in a row; a multiple of [`BLOCK_LENGTH`] unless dense.
    pub in_features: usize,
}

impl MatrixLayout {
    /// Blocks in a row.
    pub fn num_blocks(&self) -> usize {
        self.in_features / BLOCK_LENGTH
    }

    /// Bytes of a row.
    pub fn row_bytes(&self) -> usize {
        match self.kind {
            LayoutKind::Nibbles { .. } => self.num_blocks() * (4 + NIBBLE_BLOCK_BYTES),
            LayoutKind::Bytes => self.num_blocks() * (2 + BLOCK_LENGTH),
            LayoutKind::Mxfp4 => self.num_blocks() * (1 + NIBBLE_BLOCK_BYTES),
            LayoutKind::Dense => self.in_features * 4,
            LayoutKind::Bf16 => self.in_features * 2,
        }
    }

    /// Bytes of the whole matrix.
    pub fn num_bytes(&self) -> usize {
        self.out_features * self.row_bytes()
    }

    /// Whether the rows of `other` can follow the rows of this matrix.
    pub fn stacks_with(&self, other: &Self) -> bool {
        self.kind == other.kind && self.in_features == other.in_features
    }
}

/// The parts of one row.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// See [`LayoutKind::Nibbles`].
    Nibbles {
        scales: &'a [u8],
        minima: &'a [u8],
        codes: &'a [u8],
        table: [i8; 16],
    },
    /// See [`LayoutKind::Bytes`].
    Bytes { scales: &'a [u8], codes: &'a [u8] },
    /// See [`LayoutKind::Mxfp4`].
    Mxfp4 { scales: &'a [u8], codes: &'a [u8] },
    /// See [`LayoutKind::Dense`].
    Dense(&'a [u8]),
    /// See [`LayoutKind::Bf16`].
    Bf16(&'a [u8]),
}

impl<'a> Row<'a> {
    /// Splits the bytes of a row.
    ///
    /// # Panics
    /// If `bytes` is not one row of `layout`.
    #[inline]
    pub fn new(layout: &MatrixLayout, bytes: &'a [u8]) -> Self {
        assert_eq!(bytes.len(), layout.row_bytes(), "one row of the layout");
        let num_blocks = layout.num_blocks();
        match layout.kind {
            LayoutKind::Nibbles { table } => {
                let (scales, rest) = bytes.split_at(num_blocks * 2);
                let (minima, codes) = rest.split_at(num_blocks * 2);
                Self::Nibbles {
                    scales,
                    minima,
                    codes,
                    table,
                }
            }
            LayoutKind::Bytes => {
                let (scales, codes) = bytes.split_at(num_blocks * 2);
                Self::Bytes { scales, codes }
            }
            LayoutKind::Mxfp4 => {
                let (scales, codes) = bytes.split_at(num_blocks);
                Self::Mxfp4 { scales, codes }
            }
            LayoutKind::Dense => Self::Dense(bytes),
            LayoutKind::Bf16 => Self::Bf16(bytes),
        }
    }

    /// Writes the values of the row to `output`.
    ///
    /// # Panics
    /// If `output` has another length than the row.
    #[inline]
    pub fn decode(&self, output: &mut [f32]) {
        match self {
            Self::Nibbles {
                scales,
                minima,
                codes,
                table,
            } => {
                assert_eq!(output.len(), codes.len() * 2, "one value a code");
                let blocks = codes.as_chunks::<NIBBLE_BLOCK_BYTES>().0;
                let parts = scales
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .zip(minima.as_chunks::<2>().0);
                let values = table.map(f32::from);
                for ((block, (scale, minimum)), out) in blocks
                    .iter()
                    .zip(parts)
                    .zip(output.as_chunks_mut::<BLOCK_LENGTH>().0)
                {
                    let (scale, minimum) = (half(*scale), half(*minimum));
                    for (i, byte) in block.iter().enumerate() {
                        out[i] = scale * values[usize::from(byte & 15)] + minimum;
                        out[i + 16] = scale * values[usize::from(byte >> 4)] + minimum;
                    }
                }
            }
            Self::Bytes { scales, codes } => {
                assert_eq!(output.len(), codes.len(), "one value a code");
                for ((block, scale), out) in codes
                    .as_chunks::<BLOCK_LENGTH>()
                    .0
                    .iter()
                    .zip(scales.as_chunks::<2>().0)
                    .zip(output.as_chunks_mut::<BLOCK_LENGTH>().0)
                {
                    let scale = half(*scale);
                    for (value, code) in out.iter_mut().zip(block) {
                        *value = scale * f32::from(code.cast_signed());
                    }
                }
            }
            Self::Mxfp4 { scales, codes } => decode_mxfp4(scales, codes, output),
            Self::Bf16(bytes) => {
                let values = bytes.as_chunks::<2>().0;
                assert_eq!(output.len(), values.len(), "one value a half word");
                for (out, value) in output.iter_mut().zip(values) {
                    *out = bf16::from_le_bytes(*value).to_f32();
                }
            }
            Self::Dense(bytes) => {
                let values = bytes.as_chunks::<4>().0;
                assert_eq!(output.len(), values.len(), "one value a word");
                for (out, value) in output.iter_mut().zip(values) {
                    *out = f32::from_le_bytes(*value);
                }
            }
        }
    }
}

/// A little-endian f16 as f32.
#[inline]
pub fn half(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

/// `2^(scale - 127)`, the scale of a block of [`LayoutKind::Mxfp4`]. 255 stands for no number and
/// is refused by the loader.
#[inline]
pub fn power_of_two(scale: u8) -> f32 {
    match scale {
        0 => f32::from_bits(1 << 22), // 2^-127 is no normal number
        scale => f32::from_bits(u32::from(scale) << 23),
    }
}

#[inline]
fn decode_mxfp4(scales: &[u8], codes: &[u8], output: &mut [f32]) {
    assert_eq!(output.len(), codes.len() * 2, "one value a code");
    let values = DOUBLED_FP4.map(|value| f32::from(value) * 0.5);
    let blocks = codes.as_chunks::<NIBBLE_BLOCK_BYTES>().0;
    let outputs = output.as_chunks_mut::<BLOCK_LENGTH>().0;
    for ((block, scale), out) in blocks.iter().zip(scales).zip(outputs) {
        let scale = power_of_two(*scale);
        for (i, byte) in block.iter().enumerate() {
            out[i] = scale * values[usize::from(byte & 15)];
            out[i + 16] = scale * values[usize::from(byte >> 4)];
        }
    }
}
