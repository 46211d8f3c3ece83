//! Bytes that tensors take once they are loaded: some are more than in the file.

use super::gguf::{TensorEntry, TensorType};
use super::repack;
use super::weight_format::WeightFormat;

/// Bytes that a tensor takes in memory.
///
/// Matrices are of the layout they are brought into; vectors and rows of plain values are f32. What
/// is given in bytes (codes and scales of 4-bit floats) stays as it is.
pub(super) fn loaded_bytes(entry: &TensorEntry, format: WeightFormat) -> u64 {
    let in_file = entry.num_bytes() as u64;
    match (entry.tensor_type, &entry.dimensions[..]) {
        (TensorType::U8, _) => in_file,
        (_, [_]) => entry.num_elements() * 4,
        (_, [inner, outer]) => {
            let of_matrix = repack::layout(entry, [*inner, *outer]);
            let of_matrix = of_matrix.map(|layout| format.layout(layout).num_bytes() as u64);
            of_matrix.unwrap_or(in_file)
        }
        // Experts, which stay as they are stored.
        (_, [inner, outer, count]) => {
            let of_expert = repack::layout(entry, [*inner, *outer]);
            of_expert.map_or(in_file, |layout| {
                (layout.num_bytes() as u64).saturating_mul(*count)
            })
        }
        _ => in_file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tensor_type: TensorType, dimensions: &[u64]) -> TensorEntry {
        let num_elements: u64 = dimensions.iter().product();
        let bytes = num_elements / tensor_type.block_length() * tensor_type.block_bytes();
        TensorEntry {
            name: "weights".to_owned(),
            dimensions: dimensions.to_vec(),
            tensor_type,
            start: 0,
            byte_length: usize::try_from(bytes).unwrap(),
        }
    }

    #[test]
    fn a_matrix_takes_what_is_told_of_it_whatever_its_type() {
        let types = [
            TensorType::F32,
            TensorType::F16,
            TensorType::Bf16,
            TensorType::Q4_0,
            TensorType::Q4_1,
            TensorType::Q8_0,
            TensorType::Mxfp4,
        ];
        for (tensor_type, format) in types
            .into_iter()
            .flat_map(|it| [(it, WeightFormat::AsStored), (it, WeightFormat::Q8)])
        {
            let entry = entry(tensor_type, &[64, 5]);
            let bytes = vec![0; entry.num_bytes()];
            let loaded = format.apply(repack::matrix(&entry, &bytes).unwrap());
            assert_eq!(
                loaded_bytes(&entry, format),
                loaded.bytes.len() as u64,
                "{tensor_type:?} {format}"
            );
        }
    }

    #[test]
    fn f16_doubles_and_q4_0_grows_by_a_ninth() {
        let of = |tensor_type, dimensions: &[u64], format| {
            let entry = entry(tensor_type, dimensions);
            (entry.num_bytes() as u64, loaded_bytes(&entry, format))
        };
        let as_stored = WeightFormat::AsStored;
        assert_eq!(of(TensorType::F16, &[64, 10], as_stored), (1280, 2560));
        assert_eq!(of(TensorType::Q4_0, &[64, 10], as_stored), (360, 400));
        assert_eq!(
            of(TensorType::F16, &[64, 10], WeightFormat::Q8),
            (1280, 680)
        );
        assert_eq!(of(TensorType::F16, &[10], as_stored), (20, 40));
        assert_eq!(of(TensorType::Q4_0, &[64, 10, 3], as_stored), (1080, 1200));
        assert_eq!(of(TensorType::U8, &[16, 2, 10, 3], as_stored), (960, 960));
    }
}
