//! Takes the weights out of a file, tensor by tensor, and keeps account of them.

use std::collections::HashSet;

use burn::tensor::{Device, Tensor, TensorData};

use super::{ModelError, Placement};
use crate::kernels::{KernelContext, WeightMatrix, matmul};
use crate::layout::{BLOCK_LENGTH, NIBBLE_BLOCK_BYTES};
use crate::loader::TensorType;
use crate::loader::repack::{self, PackedMatrix, RepackError};
use crate::loader::{ModelFile, TensorEntry, WeightFormat};

/// Hands out each tensor of a file once, with its shape checked.
pub(super) struct WeightReader<'a> {
    file: &'a ModelFile,
    placement: &'a Placement,
    /// Where the next weights go.
    device: &'a Device,
    format: WeightFormat,
    taken: HashSet<String>,
    loaded_bytes: usize,
    total_bytes: usize,
    progress: &'a mut dyn FnMut(u8),
}

impl<'a> WeightReader<'a> {
    pub(super) fn new(
        file: &'a ModelFile,
        (placement, format): (&'a Placement, WeightFormat),
        progress: &'a mut dyn FnMut(u8),
    ) -> Self {
        let total_bytes = file.num_bytes();
        progress(0);
        Self {
            file,
            placement,
            device: placement.first(),
            format,
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
    pub(super) fn device(&self) -> &'a Device {
        self.device
    }

    /// From now on the weights are those of a layer; gives the number of its device.
    pub(super) fn begin_layer(&mut self, layer: usize) -> usize {
        let place = self.placement.place(layer);
        self.device = self.placement.device(place);
        place
    }

    /// From now on the weights are those behind the last layer.
    pub(super) fn begin_head(&mut self) {
        self.device = self.placement.last();
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
    ) -> Result<ExpertTensor<'a>, ModelError> {
        let (entry, bytes) = self.take(name, &shape)?;
        Ok(ExpertTensor { entry, bytes })
    }

    /// Matrices of 4-bit floats whose codes and scales are tensors of their own:
    /// `[in_features, out_features, count]`.
    pub(super) fn expert_planes(
        &mut self,
        name: &str,
        [in_features, out_features, count]: [usize; 3],
    ) -> Result<ExpertPlanes<'a>, ModelError> {
        let num_blocks = in_features / BLOCK_LENGTH;
        let shape = [NIBBLE_BLOCK_BYTES, num_blocks, out_features, count];
        let codes = self.take_bytes(&format!("{name}_blocks"), &shape)?;
        let scales = self.take_bytes(
            &format!("{name}_scales"),
            &[num_blocks, out_features, count],
        )?;
        Ok(ExpertPlanes {
            name: name.to_owned(),
            codes,
            scales,
            num_blocks,
            out_features,
        })
    }

    /// Gives back the memory of a tensor that will not be read again.
    pub(super) fn release(&self, name: &str) {
        self.file.release(name);
    }

    fn take_bytes(&mut self, name: &str, expected: &[usize]) -> Result<&'a [u8], ModelError> {
        let (entry, bytes) = self.take(name, expected)?;
        if entry.tensor_type != TensorType::U8 {
            let (tensor, found) = (name.to_owned(), entry.tensor_type);
            return Err(RepackError::NotBytes { tensor, found }.into());
        }
        Ok(bytes)
    }

    /// A weight matrix `[out_features, in_features]`, in the format that was asked for.
    pub(super) fn matrix(
        &mut self,
        name: &str,
        out_features: usize,
        in_features: usize,
    ) -> Result<WeightMatrix, ModelError> {
        let matrix = self.packed(name, [in_features, out_features])?;
        Ok(WeightMatrix::new(&self.format.apply(matrix), self.device))
    }

    /// A small weight matrix that decides much, as the file has it.
    pub(super) fn matrix_as_stored(
        &mut self,
        name: &str,
        out_features: usize,
        in_features: usize,
    ) -> Result<WeightMatrix, ModelError> {
        let matrix = self.packed(name, [in_features, out_features])?;
        Ok(WeightMatrix::new(&matrix, self.device))
    }

    fn packed(&mut self, name: &str, shape: [usize; 2]) -> Result<PackedMatrix, ModelError> {
        let (entry, bytes) = self.take(name, &shape)?;
        let matrix = repack::matrix(entry, bytes)?;
        self.file.release(name);
        Ok(matrix)
    }

    /// Several matrices of the same input whose outputs stand one behind the other.
    pub(super) fn linear(
        &mut self,
        names_and_sizes: &[(String, usize)],
        in_features: usize,
    ) -> Result<Linear, ModelError> {
        let mut packed: Vec<PackedMatrix> = Vec::new();
        for (name, out_features) in names_and_sizes {
            let matrix = self.packed(name, [in_features, *out_features])?;
            let matrix = self.format.apply(matrix);
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
            .map(|part| WeightMatrix::new(&part, self.device))
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

/// Matrices of experts in one tensor.
pub(super) struct ExpertTensor<'a> {
    entry: &'a TensorEntry,
    bytes: &'a [u8],
}

impl ExpertTensor<'_> {
    /// The format of all of them.
    pub(super) fn tensor_type(&self) -> TensorType {
        self.entry.tensor_type
    }

    pub(super) fn matrix(&self, expert: usize) -> Result<PackedMatrix, ModelError> {
        Ok(repack::expert(self.entry, self.bytes, expert)?)
    }
}

/// Matrices of experts in a tensor of codes and one of scales.
pub(super) struct ExpertPlanes<'a> {
    name: String,
    codes: &'a [u8],
    scales: &'a [u8],
    num_blocks: usize,
    out_features: usize,
}

impl ExpertPlanes<'_> {
    /// The matrix of an expert, its rows put into `order`.
    pub(super) fn matrix(
        &self,
        expert: usize,
        order: &[usize],
    ) -> Result<PackedMatrix, ModelError> {
        let (num_blocks, row_bytes) = (self.num_blocks, self.num_blocks * NIBBLE_BLOCK_BYTES);
        let rows = order.iter().map(|row| {
            let row = expert * self.out_features + row;
            (
                &self.codes[row * row_bytes..][..row_bytes],
                &self.scales[row * num_blocks..][..num_blocks],
            )
        });
        let in_features = num_blocks * BLOCK_LENGTH;
        Ok(repack::mxfp4_rows(&self.name, rows, in_features)?)
    }
}

/// One or more weight matrices of the same input: stacked where their layouts agree.
#[derive(Debug)]
pub(super) struct Linear {
    parts: Vec<WeightMatrix>,
}

impl Linear {
    /// One matrix.
    pub(super) fn of(weight: WeightMatrix) -> Self {
        Self {
            parts: vec![weight],
        }
    }

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
