//! Brings the tensors of a file into the layouts that kernels know, value by value the same.

use half::{bf16, f16};

use super::gguf::{TensorEntry, TensorType};
use crate::layout::{BLOCK_LENGTH, LINEAR_TABLE, LayoutKind, MatrixLayout, NIBBLE_BLOCK_BYTES};

/// A matrix in one of our layouts.
#[derive(Clone, Debug)]
pub struct PackedMatrix {
    /// Shape and layout.
    pub layout: MatrixLayout,
    /// `layout.num_bytes()` bytes.
    pub bytes: Vec<u8>,
}

/// Why a tensor cannot be brought into one of our layouts.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum RepackError {
    /// Not a matrix, or one too large for this machine's addresses.
    #[error("tensor {tensor} has dimensions {found:?}, expected two")]
    NotAMatrix { tensor: String, found: Vec<u64> },
    /// A quantised tensor where plain values are needed.
    #[error("tensor {tensor} has type {found:?}, expected F32, F16 or BF16")]
    NotDense { tensor: String, found: TensorType },
    /// A scale so large that its shift by the middle code leaves f16.
    #[error("tensor {tensor} has a Q4_0 scale of {found}, expected less than 8188")]
    ScaleTooLarge { tensor: String, found: f32 },
    /// Another type where codes or scales are expected.
    #[error("tensor {tensor} has type {found:?}, expected U8")]
    NotBytes { tensor: String, found: TensorType },
    /// The one E8M0 byte that stands for no number.
    #[error("tensor {tensor} has a block whose scale is not a number")]
    NoScale { tensor: String },
}

/// Repacks a matrix. `Q4_0` and `Q4_1` become nibbles, `Q8_0` bytes, F16 f32.
///
/// # Errors
/// [`RepackError`]; `bytes` must be the tensor's own, as a [`super::GgufFile`] hands them out.
pub fn matrix(entry: &TensorEntry, bytes: &[u8]) -> Result<PackedMatrix, RepackError> {
    let shape = match entry.dimensions[..] {
        [inner, outer] => [inner, outer],
        _ => return Err(not_a_matrix(entry)),
    };
    let layout = layout(entry, shape)?;
    let mut packed = Vec::with_capacity(layout.num_bytes());
    let file_row_bytes = bytes.len() / layout.out_features;
    for row in bytes.chunks_exact(file_row_bytes) {
        match entry.tensor_type {
            TensorType::Q4_0 => pack_q4_0(&entry.name, row, &mut packed)?,
            TensorType::Q4_1 => pack_q4_1(row, &mut packed),
            TensorType::Q8_0 => pack_q8_0(row, &mut packed),
            TensorType::Mxfp4 => pack_mxfp4(&entry.name, row, &mut packed)?,
            TensorType::Bf16 => packed.extend(row),
            _ => packed.extend(dense_values(entry.tensor_type, row).flat_map(f32::to_le_bytes)),
        }
    }
    debug_assert_eq!(packed.len(), layout.num_bytes());
    Ok(PackedMatrix {
        layout,
        bytes: packed,
    })
}

/// What becomes of a matrix of `[in_features, out_features]`, the whole tensor or one of several in
/// it.
///
/// # Errors
/// [`RepackError`].
pub(super) fn layout(
    entry: &TensorEntry,
    [inner, outer]: [u64; 2],
) -> Result<MatrixLayout, RepackError> {
    let kind = match entry.tensor_type {
        TensorType::Q4_0 | TensorType::Q4_1 => LayoutKind::Nibbles {
            table: LINEAR_TABLE,
        },
        TensorType::Q8_0 => LayoutKind::Bytes,
        TensorType::Mxfp4 => LayoutKind::Mxfp4,
        TensorType::Bf16 => LayoutKind::Bf16,
        TensorType::F32 | TensorType::F16 => LayoutKind::Dense,
        TensorType::U8 => return Err(not_dense(entry)),
    };
    match (usize::try_from(inner), usize::try_from(outer)) {
        (Ok(in_features), Ok(out_features)) => Ok(MatrixLayout {
            kind,
            out_features,
            in_features,
        }),
        _ => Err(not_a_matrix(entry)),
    }
}

fn not_a_matrix(entry: &TensorEntry) -> RepackError {
    RepackError::NotAMatrix {
        tensor: entry.name.clone(),
        found: entry.dimensions.clone(),
    }
}

/// Values of an unquantised tensor as f32.
///
/// # Errors
/// [`RepackError::NotDense`].
pub fn vector(entry: &TensorEntry, bytes: &[u8]) -> Result<Vec<f32>, RepackError> {
    match entry.tensor_type {
        TensorType::F32 | TensorType::F16 | TensorType::Bf16 => {
            Ok(dense_values(entry.tensor_type, bytes).collect())
        }
        _ => Err(not_dense(entry)),
    }
}

fn not_dense(entry: &TensorEntry) -> RepackError {
    RepackError::NotDense {
        tensor: entry.name.clone(),
        found: entry.tensor_type,
    }
}

/// One expert of a stack `[num_experts, out_features, in_features]`, `bytes` those of the whole.
///
/// # Errors
/// [`RepackError`].
pub fn expert(
    entry: &TensorEntry,
    bytes: &[u8],
    index: usize,
) -> Result<PackedMatrix, RepackError> {
    let [inner, outer, num_experts] = entry.dimensions[..] else {
        return Err(not_a_matrix(entry));
    };
    let size = usize::try_from(num_experts).map_or(0, |experts| bytes.len() / experts.max(1));
    let one = TensorEntry {
        name: entry.name.clone(),
        dimensions: vec![inner, outer],
        ..*entry
    };
    matrix(&one, &bytes[index * size..][..size])
}

/// Rows of codes and scales as safetensors hold them, 16 and one byte a block, in our order: there
/// byte `i` of a block holds values `2i` (low half) and `2i + 1` (high half).
///
/// # Errors
/// [`RepackError::NoScale`]; the slices must have one scale a block.
pub fn mxfp4_rows<'a>(
    tensor: &str,
    rows: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    in_features: usize,
) -> Result<PackedMatrix, RepackError> {
    let mut layout = MatrixLayout {
        kind: LayoutKind::Mxfp4,
        out_features: 0,
        in_features,
    };
    let mut packed = Vec::new();
    for (codes, scales) in rows {
        check_scales(tensor, scales.iter())?;
        packed.extend(scales);
        for block in codes.as_chunks::<NIBBLE_BLOCK_BYTES>().0 {
            let code = |value: usize| block[value / 2] >> (value % 2 * 4) & 15;
            packed.extend((0..NIBBLE_BLOCK_BYTES).map(|i| code(i) | code(i + 16) << 4));
        }
        layout.out_features += 1;
    }
    debug_assert_eq!(packed.len(), layout.num_bytes());
    Ok(PackedMatrix {
        layout,
        bytes: packed,
    })
}

fn check_scales<'a>(
    tensor: &str,
    mut scales: impl Iterator<Item = &'a u8>,
) -> Result<(), RepackError> {
    if scales.any(|scale| *scale == u8::MAX) {
        let tensor = tensor.to_owned();
        return Err(RepackError::NoScale { tensor });
    }
    Ok(())
}

fn pack_mxfp4(tensor: &str, row: &[u8], packed: &mut Vec<u8>) -> Result<(), RepackError> {
    let blocks = row.as_chunks::<{ 1 + NIBBLE_BLOCK_BYTES }>().0;
    check_scales(tensor, blocks.iter().map(|block| &block[0]))?;
    packed.extend(blocks.iter().map(|block| block[0]));
    append_codes(packed, blocks, 1);
    Ok(())
}

/// What stands in each block from byte `first` on. Slice by slice: these are nearly all bytes of a
/// model.
fn append_codes<const N: usize>(packed: &mut Vec<u8>, blocks: &[[u8; N]], first: usize) {
    for block in blocks {
        packed.extend_from_slice(&block[first..]);
    }
}

fn dense_values(tensor_type: TensorType, bytes: &[u8]) -> impl Iterator<Item = f32> {
    let width = if tensor_type == TensorType::F32 { 4 } else { 2 };
    bytes
        .chunks_exact(width)
        .map(move |value| match (tensor_type, value) {
            (TensorType::F16, &[a, b]) => f16::from_le_bytes([a, b]).to_f32(),
            (_, &[a, b]) => bf16::from_le_bytes([a, b]).to_f32(),
            (_, value) => f32::from_le_bytes([value[0], value[1], value[2], value[3]]),
        })
}

/// `scale * (code - 8)` becomes `scale * code + minimum` with `minimum = -8 * scale`, exact in f16.
fn pack_q4_0(tensor: &str, row: &[u8], packed: &mut Vec<u8>) -> Result<(), RepackError> {
    let blocks = row.as_chunks::<{ 2 + NIBBLE_BLOCK_BYTES }>().0;
    packed.extend(blocks.iter().flat_map(|block| [block[0], block[1]]));
    for block in blocks {
        let scale = f16::from_le_bytes([block[0], block[1]]);
        let minimum = f16::from_f32(-8.0 * scale.to_f32());
        if scale.is_finite() && !minimum.is_finite() {
            let (tensor, found) = (tensor.to_owned(), scale.to_f32());
            return Err(RepackError::ScaleTooLarge { tensor, found });
        }
        packed.extend(minimum.to_le_bytes());
    }
    append_codes(packed, blocks, 2);
    Ok(())
}

fn pack_q4_1(row: &[u8], packed: &mut Vec<u8>) {
    let blocks = row.as_chunks::<{ 4 + NIBBLE_BLOCK_BYTES }>().0;
    packed.extend(blocks.iter().flat_map(|block| [block[0], block[1]]));
    packed.extend(blocks.iter().flat_map(|block| [block[2], block[3]]));
    append_codes(packed, blocks, 4);
}

fn pack_q8_0(row: &[u8], packed: &mut Vec<u8>) {
    let blocks = row.as_chunks::<{ 2 + BLOCK_LENGTH }>().0;
    packed.extend(blocks.iter().flat_map(|block| [block[0], block[1]]));
    append_codes(packed, blocks, 2);
}
