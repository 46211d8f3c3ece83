//! Takes the weights out of a file, tensor by tensor, and keeps account of them.

use std::collections::HashSet;

use burn::tensor::{Device, Tensor, TensorData};

use super::ModelError;
use crate::kernels::{KernelContext, WeightMatrix, matmul};
use crate::loader::GgufFile;
use crate::loader::gguf::TensorEntry;
use crate::loader::repack::{self, PackedMatrix};

/// Hands out each tensor of a file once, with its shape checked.
pub(super) struct WeightReader<'a> {
    file: &'a GgufFile,
    device: &'a Device,
    taken: HashSet<String>,
    loaded_bytes: usize,
    total_bytes: usize,
    progress: &'a mut dyn FnMut(u8),
}

impl<'a> WeightReader<'a> {
    pub(super) fn new(
        file: &'a GgufFile,
        device: &'a Device,
        progress: &'a mut dyn FnMut(u8),
    ) -> Self {
        let total_bytes = file.tensors().iter().map(TensorEntry::num_bytes).sum();
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

    /// Whether the file has a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.file.tensor(name).is_some()
    }

    /// A vector of plain values.
    pub(super) fn vector(&mut self, name: &str, length: usize) -> Result<Tensor<1>, ModelError> {
        let (entry, bytes) = self.take(name, &[length])?;
        let values = TensorData::new(repack::vector(entry, bytes)?, [length]);
        Ok(Tensor::from_data(values, self.device))
    }

    /// A weight matrix `[out_features, in_features]`.
    pub(super) fn matrix(
        &mut self,
        name: &str,
        out_features: usize,
        in_features: usize,
    ) -> Result<WeightMatrix, ModelError> {
        let (entry, bytes) = self.take(name, &[in_features, out_features])?;
        Ok(WeightMatrix::new(
            repack::matrix(entry, bytes)?,
            self.device,
        ))
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
        let mut names = self.file.tensors().iter().map(|entry| &entry.name);
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
