//! Safetensors files: a JSON table, then the tensors. The table is read by the format's own crate,
//! which checks that ranges follow each other without gaps and end where the file ends.

use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::gguf::{TensorEntry, TensorType};
use super::mapped_file::MappedFile;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SafetensorsProblem {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Its table is damaged.
    #[error(transparent)]
    Table(#[from] SafeTensorError),
    /// A number format that no supported model has.
    #[error("tensor {tensor} has type {found:?}, expected F32, F16, BF16 or U8")]
    Type { tensor: String, found: Dtype },
    /// A tensor without values.
    #[error("tensor {tensor} has shape {found:?}, expected 1 to 4 sizes above 0")]
    Shape { tensor: String, found: Vec<usize> },
}

/// A mapped file whose table was checked.
#[derive(Debug)]
pub struct SafetensorsFile {
    path: PathBuf,
    map: MappedFile,
    tensors: Vec<TensorEntry>,
    /// Bytes before the first tensor.
    header_length: usize,
}

impl SafetensorsFile {
    /// Maps the file at `path` and checks its table.
    ///
    /// # Errors
    /// [`SafetensorsProblem`].
    pub fn open(path: &Path) -> Result<Self, SafetensorsProblem> {
        let map = MappedFile::open(path)?;
        let (tensors, header_length) = parse(map.bytes())?;
        Ok(Self {
            path: path.to_owned(),
            map,
            tensors,
            header_length,
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All tensors; dimensions are innermost first, as everywhere in the loader.
    pub fn tensors(&self) -> &[TensorEntry] {
        &self.tensors
    }

    /// The bytes of one of [`Self::tensors`].
    pub fn bytes(&self, entry: &TensorEntry) -> &[u8] {
        &self.map.bytes()[entry.start..][..entry.byte_length]
    }

    /// The table, for fingerprints.
    pub fn header(&self) -> &[u8] {
        &self.map.bytes()[..self.header_length]
    }

    /// See [`MappedFile::release`].
    pub fn release(&self, bytes: &[u8]) {
        self.map.release(bytes);
    }
}

/// The tensors of a file's bytes, in the order of the file, and where the first begins.
///
/// # Errors
/// [`SafetensorsProblem`].
pub fn parse(bytes: &[u8]) -> Result<(Vec<TensorEntry>, usize), SafetensorsProblem> {
    let (table_length, table) = SafeTensors::read_metadata(bytes)?;
    let first = table_length + size_of::<u64>();
    let mut tensors = Vec::new();
    for name in table.offset_keys() {
        let Some(info) = table.info(&name) else {
            continue;
        };
        let tensor_type = match info.dtype {
            Dtype::F32 => TensorType::F32,
            Dtype::F16 => TensorType::F16,
            Dtype::BF16 => TensorType::Bf16,
            Dtype::U8 => TensorType::U8,
            found => {
                let tensor = name;
                return Err(SafetensorsProblem::Type { tensor, found });
            }
        };
        if info.shape.contains(&0) || !(1..=4).contains(&info.shape.len()) {
            let (tensor, found) = (name, info.shape.clone());
            return Err(SafetensorsProblem::Shape { tensor, found });
        }
        let (start, end) = info.data_offsets;
        tensors.push(TensorEntry {
            name,
            dimensions: info.shape.iter().rev().map(|size| *size as u64).collect(),
            tensor_type,
            start: first + start,
            byte_length: end - start,
        });
    }
    Ok((tensors, first))
}
