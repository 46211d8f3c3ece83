//! How a weight matrix lies on a GPU: all codes, then all scales, then all minima.
//!
//! [`crate::layout`] puts what belongs to a row together, for processors that read rows forward. On
//! a GPU neighbouring units read neighbouring words, and a row of 4-bit floats (17 bytes a block)
//! would begin in the middle of one. The bytes are as many as before.

use crate::layout::{MatrixLayout, NIBBLE_BLOCK_BYTES, Row};

/// Puts the rows of a matrix, or of a stack of matrices, into planes.
pub(in crate::kernels) fn into_planes(bytes: &[u8], layout: &MatrixLayout) -> Vec<u32> {
    if layout.kind.is_float() {
        return words(bytes.to_vec());
    }
    let row_bytes = layout.row_bytes();
    let (mut codes, mut scales, mut minima) = (Vec::new(), Vec::new(), Vec::new());
    codes.reserve_exact(bytes.len().next_multiple_of(4));
    for row in bytes.chunks(row_bytes) {
        match Row::new(layout, row) {
            Row::Nibbles {
                scales: of_row,
                minima: minima_of_row,
                codes: codes_of_row,
                ..
            } => {
                scales.extend_from_slice(of_row);
                minima.extend_from_slice(minima_of_row);
                codes.extend_from_slice(codes_of_row);
            }
            Row::Bytes {
                scales: of_row,
                codes: codes_of_row,
            }
            | Row::Mxfp4 {
                scales: of_row,
                codes: codes_of_row,
            } => {
                scales.extend_from_slice(of_row);
                codes.extend_from_slice(codes_of_row);
            }
            Row::Dense(values) | Row::Bf16(values) => codes.extend_from_slice(values),
        }
    }
    debug_assert!(
        codes.len().is_multiple_of(NIBBLE_BLOCK_BYTES),
        "whole blocks"
    );
    codes.append(&mut scales);
    codes.append(&mut minima);
    words(codes)
}

fn words(mut bytes: Vec<u8>) -> Vec<u32> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytemuck::pod_collect_to_vec(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::LayoutKind;

    #[test]
    fn codes_come_first_and_nothing_is_lost() {
        let layout = MatrixLayout {
            kind: LayoutKind::Mxfp4,
            out_features: 2,
            in_features: 32,
        };
        let row = |scale: u8, codes: [u8; 16]| [vec![scale], codes.to_vec()].concat();
        let (first, second) = (std::array::from_fn(|i| i as u8), [0x55; 16]);
        let rows = [row(7, first), row(9, second)].concat();
        let expected = [&first[..], &second, &[7, 9, 0, 0]].concat();
        let planes = into_planes(&rows, &layout);
        assert_eq!(bytemuck::cast_slice::<u32, u8>(&planes), expected);
    }
}
