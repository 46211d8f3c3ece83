//! GGUF files: one header with metadata and a tensor table, then the tensors.
//!
//! [`GgufFile::open`] validates everything a later read relies on: a [`GgufFile`] that exists has
//! only tensors of known type whose bytes lie inside the file.
//!
//! Source: the GGUF specification, versions 2 and 3, little-endian.

mod header;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::fingerprint::Fingerprint;
use super::mapped_file::MappedFile;
use super::metadata::Metadata;

pub use header::{GgufHeader, GgufProblem};

/// A GGUF file that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct GgufError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: GgufProblem,
}

/// How the values of a tensor are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorType {
    /// Four bytes a value.
    F32,
    /// Two bytes a value.
    F16,
    /// Two bytes a value, f32 cut in half.
    Bf16,
    /// 32 values in 18 bytes: f16 scale, 4-bit codes around 8.
    Q4_0,
    /// 32 values in 20 bytes: f16 scale, f16 minimum, 4-bit codes.
    Q4_1,
    /// 32 values in 34 bytes: f16 scale, int8 codes.
    Q8_0,
    /// 32 values in 17 bytes: E8M0 scale, 4-bit floats.
    Mxfp4,
    /// One byte a value; only in safetensors, where codes and scales are tensors of their own.
    U8,
}

impl TensorType {
    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            8 => Self::Q8_0,
            30 => Self::Bf16,
            39 => Self::Mxfp4,
            _ => return None,
        })
    }

    /// Name as the field writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
            Self::Q8_0 => "Q8_0",
            Self::Mxfp4 => "MXFP4",
            Self::U8 => "U8",
        }
    }

    /// Values a block holds; the innermost dimension is a multiple of it.
    pub fn block_length(self) -> u64 {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 | Self::U8 => 1,
            Self::Q4_0 | Self::Q4_1 | Self::Q8_0 | Self::Mxfp4 => 32,
        }
    }

    /// Bytes of a block.
    pub fn block_bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q8_0 => 34,
            Self::Mxfp4 => 17,
            Self::U8 => 1,
        }
    }
}

/// Entry of the tensor table; its byte range is known to lie inside the file.
#[derive(Clone, Debug)]
pub struct TensorEntry {
    /// Name as in the checkpoint.
    pub name: String,
    /// Dimensions, innermost first (a matrix is `[in_features, out_features]`).
    pub dimensions: Vec<u64>,
    /// How the values are stored.
    pub tensor_type: TensorType,
    /// First byte in the file.
    pub(super) start: usize,
    /// Bytes it takes.
    pub(super) byte_length: usize,
}

impl TensorEntry {
    /// Bytes it takes in the file.
    pub fn num_bytes(&self) -> usize {
        self.byte_length
    }

    /// Number of values.
    pub fn num_elements(&self) -> u64 {
        self.dimensions.iter().product()
    }
}

/// An opened and validated GGUF file.
#[derive(Debug)]
pub struct GgufFile {
    path: PathBuf,
    map: MappedFile,
    header: GgufHeader,
}

impl GgufFile {
    /// Maps the file at `path` and validates its header and every tensor range.
    ///
    /// # Errors
    /// [`GgufError`] naming the file, the wrong thing, what was expected and what was found.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, GgufError> {
        let path = path.as_ref().to_owned();
        let opened = MappedFile::open(&path)
            .map_err(GgufProblem::from)
            .and_then(|map| GgufHeader::parse(map.bytes()).map(|header| (map, header)));
        match opened {
            Ok((map, header)) => Ok(Self { path, map, header }),
            Err(problem) => Err(GgufError { path, problem }),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Key-value metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.header.metadata
    }

    /// All tensors, in file order.
    pub fn tensors(&self) -> &[TensorEntry] {
        &self.header.tensors
    }

    /// The tensor called `name` and its bytes.
    pub fn tensor(&self, name: &str) -> Option<(&TensorEntry, &[u8])> {
        let entry = self.header.tensor(name)?;
        Some((
            entry,
            &self.map.bytes()[entry.start..entry.start + entry.byte_length],
        ))
    }

    /// Lets the system take back the memory behind bytes that are not needed any more.
    pub fn release(&self, bytes: &[u8]) {
        self.map.release(bytes);
    }

    /// Number of weights in all tensors.
    pub fn num_parameters(&self) -> u64 {
        self.header
            .tensors
            .iter()
            .map(TensorEntry::num_elements)
            .sum()
    }

    /// See [`ModelFile::fingerprint`](super::ModelFile::fingerprint).
    pub fn fingerprint(&self) -> String {
        let bytes = self.map.bytes();
        let mut fingerprint = Fingerprint::default();
        fingerprint.add(&bytes[..self.header.table_end]);
        fingerprint.add((bytes.len() as u64).to_le_bytes());
        for tensor in self.tensors() {
            fingerprint.add_sample(&bytes[tensor.start..][..tensor.byte_length]);
        }
        fingerprint.finish()
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = String::with_capacity(bytes.len() * 2);
    bytes.iter().fold(digits, |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("invariant: writing to a string cannot fail");
        hex
    })
}
