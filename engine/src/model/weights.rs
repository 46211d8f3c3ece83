//! Takes the weights out of a file, tensor by tensor, and keeps account of them.

use std::collections::HashSet;

use burn::tensor::{Device, Tensor, TensorData};

use super::ModelError;
use crate::kernels::{KernelContext, WeightMatrix, matmul};
use crate::layout::{BLOCK_LENGTH, NIBBLE_BLOCK_BYTES};
use crate::loader::TensorType;
use crate::loader::repack::{self, PackedMatrix, RepackError};
use crate::loader::{ModelFile, TensorEntry};

/// Hands out each tensor of a file once, with its shape checked.
pub(super) struct WeightReader<'a> {
    file: &'a ModelFile,
    device: &'a Device,
    taken: HashSet<String>,
    loaded_bytes: usize,
    total_bytes: usize,
    progress: &'a mut dyn FnMut(u8),
}

impl<'a> WeightReader<'a> {
    pub(super) fn new(
        file: &'a ModelFile,
        device: &'a Device,
        progress: &'a mut dyn FnMut(u8),
    ) -> Self {
        let total_bytes = file.num_bytes();
        progress(0);
        Self {
            file,
            device,
            taken: HashSet::new(),
            loaded_bytes: 0,
            total_bytes,
            progress,
        }
    }

    fn take(
        &mut self,
        name: &str,
        expected: &[usize],
    ) -> Result<(&'a TensorEntry, &'a [u8]), ModelError> {
        let found = self.file.tensor(name);
        let (entry, bytes) = found.ok_or_else(|| ModelError::MissingTensor {
            name: name.to_owned(),
        })?;
        let expected: Vec<u64> = expected.iter().map(|size| *size as u64).collect();
        if entry.dimensions != expected {
            let (name, found) = (name.to_owned(), entry.dimensions.clone());
            return Err(ModelError::TensorShape {
                name,
                expected,
                found,
            });
        }
        self.taken.insert(name.to_owned());
        self.loaded_bytes += bytes.len();
        let percent = self.loaded_bytes * 100 / self.total_bytes.max(1);
        (self.progress)(u8::try_from(percent).unwrap_or(100).min(100));
        Ok((entry, bytes))
    }

    /// Where the weights go.
    pub(super) fn device(&self) -> &Device {
        self.device
    }

    /// Whether the file has a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.file.tensor(name).is_some()
    }

    /// A vector of plain values.
    pub(super) fn vector(&mut self, name: &str, length: usize) -> Result<Tensor<1>, ModelError> {
        let (entry, bytes) = self.take(name, &[length])?;
        let values = TensorData::new(repack::vector(entry, bytes)?, [length]);
        self.file.release(name);
        Ok(Tensor::from_data(values, self.device))
    }

    /// Vectors one behind the other.
    pub(super) fn joined_vector(
        &mut self,
        names_and_lengths: &[(String, usize)],
    ) -> Result<Tensor<1>, ModelError> {
        let parts = names_and_lengths
            .iter()
            .map(|(name, length)| self.vector(name, *length));
        Ok(Tensor::cat(parts.collect::<Result<_, _>>()?, 0))
    }

    /// The rows of a small matrix of plain values.
    pub(super) fn rows(
        &mut self,
        name: &str,
        length: usize,
        num_rows: usize,
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        let (entry, bytes) = self.take(name, &[length, num_rows])?;
        let values = repack::vector(entry, bytes)?;
        self.file.release(name);
        Ok(values.chunks(length).map(<[f32]>::to_vec).collect())
    }

    /// Matrices that lie one behind the other: `[in_features, out_features, count]`.
    pub(super) fn expert_matrices(
        &mut self,
        name: &str,
        shape: [usize; 3],
    ) -> Result<Vec<PackedMatrix>, ModelError> {
        let (entry, bytes) = self.take(name, &shape)?;
        let matrices = (0..shape[2]).map(|index| repack::expert(entry, bytes, index));
        let matrices = matrices.collect::<Result<_, _>>()?;
        self.file.release(name);
        Ok(matrices)
    }

    /// Matrices of 4-bit floats whose codes and scales are tensors of their own; their rows are
    /// put into `order`.
    pub(super) fn expert_planes(
        &mut self,
        name: &str,
        count: usize,
        order: &[usize],
        in_features: usize,
    ) -> Result<Vec<PackedMatrix>, ModelError> {
        let (num_rows, num_blocks) = (order.len(), in_features / BLOCK_LENGTH);
        let (codes_name, scales_name) = (format!("{name}_blocks"), format!("{name}_scales"));
        let shape = [NIBBLE_BLOCK_BYTES, num_blocks, num_rows, count];
        let codes = self.take_bytes(&codes_name, &shape)?;
        let scales = self.take_bytes(&scales_name, &[num_blocks, num_rows, count])?;
        let row_bytes = num_blocks * NIBBLE_BLOCK_BYTES;
        let matrices = (0..count).map(|index| {
            let rows = order.iter().map(|row| {
                let row = index * num_rows + row;
                (
                    &codes[row * row_bytes..][..row_bytes],
                    &scales[row * num_blocks..][..num_blocks],
                )
            });
            repack::mxfp4_rows(name, rows, in_features)
        });
        let matrices = matrices.collect::<Result<_, _>>()?;
        self.file.release(&codes_name);
        self.file.release(&scales_name);
        Ok(matrices)
    }

    fn take_bytes(&mut self, name: &str, expected: &[usize]) -> Result<&'a [u8], ModelError> {
        let (entry, bytes) = self.take(name, expected)?;
        if entry.tensor_type != TensorType::U8 {
            let (tensor, found) = (name.to_owned(), entry.tensor_type);
            return Err(RepackError::NotBytes { tensor, found }.into());
        }
        Ok(bytes)
    }

    /// A weight matrix `[out_features, in_features]`.
    pub(super) fn matrix(
        &mut self,
        name: &str,
        out_features: usize,
        in_features: usize,
    ) -> Result<WeightMatrix, ModelError> {
        let (entry, bytes) = self.take(name, &[in_features, out_features])?;
        let matrix = repack::matrix(entry, bytes)?;
        self.file.release(name);
        Ok(WeightMatrix::new(matrix, self.device))
    }

    /// Several matrices of the same input whose outputs stand one behind the other.
    pub(super) fn linear(
        &mut self,
        names_and_sizes: &[(String, usize)],
        in_features: usize,
    ) -> Result<Linear, ModelError> {
        let mut packed: Vec<PackedMatrix> = Vec::new();
        for (name, out_features) in names_and_sizes {
            let (entry, bytes) = self.take(name, &[in_features, *out_features])?;
            let matrix = repack::matrix(entry, bytes)?;
            self.file.release(name);
            match packed.last_mut() {
                Some(last) if last.layout.stacks_with(&matrix.layout) => {
                    last.bytes.extend(matrix.bytes);
                    last.layout.out_features += matrix.layout.out_features;
                }
                _ => packed.push(matrix),
            }
        }
        let parts = packed
            .into_iter()
            .map(|part| WeightMatrix::new(part, self.device))
            .collect();
        Ok(Linear { parts })
    }

    /// Ends the reading; every tensor of the file must have been taken.
    pub(super) fn finish(self) -> Result<(), ModelError> {
        let tensors = self.file.tensors();
        let mut names = tensors.iter().map(|entry| &entry.name);
        match names.find(|name| !self.taken.contains(*name)) {
            Some(name) => Err(ModelError::UnexpectedTensor { name: name.clone() }),
            None => Ok(()),
        }
    }
}

/// One or more weight matrices of the same input: stacked where their layouts agree.
#[derive(Debug)]
pub(super) struct Linear {
    parts: Vec<WeightMatrix>,
}

impl Linear {
    /// `[num_tokens, in_features]` to `[num_tokens, sum of out_features]`.
    pub(super) fn forward(&self, context: &KernelContext, input: Tensor<2>) -> Tensor<2> {
        match &self.parts[..] {
            [weight] => matmul(context, input, weight),
            parts => {
                let outputs = parts
                    .iter()
                    .map(|weight| matmul(context, input.clone(), weight));
                Tensor::cat(outputs.collect(), 1)
            }
        }
    }

    /// Bytes of all parts.
    pub(super) fn num_bytes(&self) -> usize {
        self.parts
            .iter()
            .map(|part| part.layout().num_bytes())
            .sum()
    }
}
