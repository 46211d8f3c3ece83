//! How a weight matrix lies on a GPU: all codes, then all scales, then all minima.
//!
//! [`crate::layout`] puts what belongs to a row together, for processors that read rows forward. On
//! a GPU neighbouring units read neighbouring words, and a row of 4-bit floats (17 bytes a block)
//! would begin in the middle of one. The bytes are as many as before.

use crate::kernels::weight_matrix::Place;
use crate::layout::{BLOCK_LENGTH, LayoutKind, MatrixLayout, NIBBLE_BLOCK_BYTES, Row};
use crate::loader::repack::PackedMatrix;

/// Bytes that a block has in each plane; of plain floats, a row.
fn plane_bytes(layout: &MatrixLayout) -> [usize; 3] {
    match layout.kind {
        LayoutKind::Nibbles { .. } => [NIBBLE_BLOCK_BYTES, 2, 2],
        LayoutKind::Bytes => [BLOCK_LENGTH, 2, 0],
        LayoutKind::Mxfp4 => [NIBBLE_BLOCK_BYTES, 1, 0],
        LayoutKind::Dense | LayoutKind::Bf16 => [layout.row_bytes(), 0, 0],
    }
}

/// The places of `count` matrices in the planes of all of them.
///
/// # Panics
/// If `bytes` is not as large as they are.
pub(in crate::kernels) fn places<'a>(
    bytes: &'a mut [u8],
    layout: &MatrixLayout,
    count: usize,
) -> Vec<Place<'a>> {
    let of_row = if layout.kind.is_float() {
        1
    } else {
        layout.num_blocks()
    };
    let num_blocks = layout.out_features * of_row;
    let [codes, scales, minima] = plane_bytes(layout).map(|size| size * num_blocks);
    assert_eq!(bytes.len(), count * (codes + scales + minima), "all planes");
    let (mut code_plane, rest) = bytes.split_at_mut(count * codes);
    let (mut scale_plane, mut minimum_plane) = rest.split_at_mut(count * scales);
    let mut places = Vec::with_capacity(count);
    for _ in 0..count {
        let mut place = Place::default();
        (place.codes, code_plane) = code_plane.split_at_mut(codes);
        (place.scales, scale_plane) = scale_plane.split_at_mut(scales);
        (place.minima, minimum_plane) = minimum_plane.split_at_mut(minima);
        places.push(place);
    }
    places
}

/// Writes the rows of a matrix into its place.
pub(in crate::kernels) fn put(place: &mut Place<'_>, matrix: &PackedMatrix) {
    let layout = &matrix.layout;
    if layout.kind.is_float() {
        place.codes.copy_from_slice(&matrix.bytes);
        return;
    }
    let [codes, scales, minima] = plane_bytes(layout).map(|size| size * layout.num_blocks());
    for (index, row) in matrix.bytes.chunks(layout.row_bytes()).enumerate() {
        let (own_codes, own_scales, own_minima) = match Row::new(layout, row) {
            Row::Nibbles {
                scales,
                minima,
                codes,
                ..
            } => (codes, scales, minima),
            Row::Bytes { scales, codes } | Row::Mxfp4 { scales, codes } => {
                (codes, scales, [].as_slice())
            }
            Row::Dense(values) | Row::Bf16(values) => (values, [].as_slice(), [].as_slice()),
        };
        place.codes[index * codes..][..codes].copy_from_slice(own_codes);
        place.scales[index * scales..][..scales].copy_from_slice(own_scales);
        place.minima[index * minima..][..minima].copy_from_slice(own_minima);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_matrices_come_first_and_nothing_is_lost() {
        let layout = MatrixLayout {
            kind: LayoutKind::Mxfp4,
            out_features: 2,
            in_features: 32,
        };
        let row = |scale: u8, code: u8| [vec![scale], vec![code; 16]].concat();
        let matrix = |rows: [Vec<u8>; 2]| PackedMatrix {
            layout,
            bytes: rows.concat(),
        };
        let matrices = [
            matrix([row(7, 0x11), row(9, 0x22)]),
            matrix([row(8, 0x33), row(6, 0x44)]),
        ];
        let mut bytes = vec![0; 2 * layout.num_bytes()];
        let mut places = places(&mut bytes, &layout, 2);
        for (place, matrix) in places.iter_mut().zip(&matrices) {
            put(place, matrix);
        }
        let codes = [0x11, 0x22, 0x33, 0x44].map(|code| [code; 16]).concat();
        assert_eq!(bytes, [codes, vec![7, 9, 8, 6]].concat());
    }
}
