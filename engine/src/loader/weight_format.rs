//! In which format plain weights are kept.

use std::fmt;
use std::str::FromStr;

use half::f16;
use serde::{Deserialize, Serialize};

use super::repack::PackedMatrix;
use crate::layout::{BLOCK_LENGTH, LayoutKind, MatrixLayout, Row};

/// What becomes of matrices of plain floats at load. Quantised ones stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightFormat {
    /// Every value as the file has it.
    #[default]
    AsStored,
    /// 8 bits and an f16 scale a block of 32: about half the bytes of bf16 to read, for a loss that
    /// `hearth verify --against exact` tells.
    Q8,
}

/// A text that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} is no format of weights, expected as-stored or q8")]
pub struct UnknownWeightFormat {
    found: String,
}

impl fmt::Display for WeightFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AsStored => "as-stored",
            Self::Q8 => "q8",
        })
    }
}

impl FromStr for WeightFormat {
    type Err = UnknownWeightFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "as-stored" => Ok(Self::AsStored),
            "q8" => Ok(Self::Q8),
            found => Err(UnknownWeightFormat {
                found: found.to_owned(),
            }),
        }
    }
}

impl WeightFormat {
    /// What a matrix of `layout` becomes.
    pub(super) fn layout(self, layout: MatrixLayout) -> MatrixLayout {
        let is_plain = layout.kind.is_float() && layout.in_features.is_multiple_of(BLOCK_LENGTH);
        match self {
            Self::Q8 if is_plain => MatrixLayout {
                kind: LayoutKind::Bytes,
                ..layout
            },
            Self::Q8 | Self::AsStored => layout,
        }
    }

    /// Brings `matrix` into this format, if it holds plain floats in whole blocks.
    pub(crate) fn apply(self, matrix: PackedMatrix) -> PackedMatrix {
        let layout = matrix.layout;
        let bytes_layout = self.layout(layout);
        if bytes_layout == layout {
            return matrix;
        }
        let mut bytes = Vec::with_capacity(bytes_layout.num_bytes());
        let mut values = vec![0.0; layout.in_features];
        let mut codes = Vec::with_capacity(layout.in_features);
        for row in matrix.bytes.chunks_exact(layout.row_bytes()) {
            Row::new(&layout, row).decode(&mut values);
            codes.clear();
            for block in values.as_chunks::<BLOCK_LENGTH>().0 {
                bytes.extend(quantize(block, &mut codes).to_le_bytes());
            }
            bytes.extend_from_slice(&codes);
        }
        PackedMatrix {
            layout: bytes_layout,
            bytes,
        }
    }
}

/// Appends the codes of a block and gives its scale; the largest value becomes 127 as nearly as the
/// scale can be told in 16 bits.
fn quantize(block: &[f32; BLOCK_LENGTH], codes: &mut Vec<u8>) -> f16 {
    // `f32::max` passes over what is no number; the scale is to be none, too.
    let largest = match block.iter().find(|value| value.is_nan()) {
        Some(value) => *value,
        None => block
            .iter()
            .fold(0.0_f32, |largest, value| largest.max(value.abs())),
    };
    let scale = f16::from_f32(largest / 127.0);
    let step = scale.to_f32();
    codes.extend(block.iter().map(|value| {
        let code = if step > 0.0 { value / step } else { 0.0 };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "clamped to what eight bits hold"
        )]
        let code = code.round().clamp(-127.0, 127.0) as i8;
        code.cast_unsigned()
    }));
    scale
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::*;

    fn matrix(in_features: usize) -> PackedMatrix {
        let values = (0_u16..).map(|index| f32::from(index * 37 % 101) / 50.0 - 1.0);
        let values = values.take(3 * in_features);
        PackedMatrix {
            layout: MatrixLayout {
                kind: LayoutKind::Bf16,
                out_features: 3,
                in_features,
            },
            bytes: values
                .flat_map(|value| bf16::from_f32(value).to_le_bytes())
                .collect(),
        }
    }

    fn decode(matrix: &PackedMatrix) -> Vec<f32> {
        let mut values = vec![0.0; matrix.layout.in_features];
        let rows = matrix.bytes.chunks(matrix.layout.row_bytes());
        let rows = rows.map(|row| {
            Row::new(&matrix.layout, row).decode(&mut values);
            values.clone()
        });
        rows.collect::<Vec<_>>().concat()
    }

    #[test]
    fn plain_weights_come_back_within_half_a_step() {
        let before = matrix(64);
        let after = WeightFormat::Q8.apply(before.clone());
        assert_eq!(after.layout.kind, LayoutKind::Bytes);
        assert_eq!(after.bytes.len(), after.layout.num_bytes());
        for (before, after) in decode(&before).into_iter().zip(decode(&after)) {
            assert!((before - after).abs() <= 0.51 / 127.0, "{before} {after}");
        }
    }

    #[test]
    fn what_is_no_plain_matrix_of_whole_blocks_stays_as_it_is() {
        let ragged = WeightFormat::Q8.apply(matrix(40));
        assert_eq!(ragged.layout.kind, LayoutKind::Bf16);
        let kept = WeightFormat::AsStored.apply(matrix(64));
        assert_eq!(kept.bytes, matrix(64).bytes);
        let bytes = WeightFormat::Q8.apply(matrix(64));
        assert_eq!(WeightFormat::Q8.apply(bytes.clone()).bytes, bytes.bytes);
    }

    #[test]
    fn zeros_and_extremes_have_codes() {
        let mut codes = Vec::new();
        assert_eq!(quantize(&[0.0; BLOCK_LENGTH], &mut codes), f16::ZERO);
        assert!(codes.iter().all(|code| *code == 0));
        let mut block = [1e-9; BLOCK_LENGTH];
        block[3] = -6e4;
        quantize(&block, &mut codes);
        assert_eq!(codes[BLOCK_LENGTH + 3].cast_signed(), -127);
    }

    #[test]
    fn a_weight_that_is_no_number_makes_its_block_none() {
        let mut values = vec![0.5_f32; 64];
        values[40] = f32::NAN;
        let matrix = PackedMatrix {
            layout: MatrixLayout {
                kind: LayoutKind::Dense,
                out_features: 1,
                in_features: 64,
            },
            bytes: values.into_iter().flat_map(f32::to_le_bytes).collect(),
        };
        let after = decode(&WeightFormat::Q8.apply(matrix));
        assert!(after[..32].iter().all(|value| value.is_finite()));
        assert!(after[32..].iter().all(|value| value.is_nan()), "{after:?}");
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for format in [WeightFormat::AsStored, WeightFormat::Q8] {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "q4".parse::<WeightFormat>().unwrap_err().to_string();
        assert_eq!(
            error,
            "q4 is no format of weights, expected as-stored or q8"
        );
    }
}
