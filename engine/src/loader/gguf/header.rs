//! Header and tensor table of a GGUF file, read from bytes nobody has vouched for.

use std::collections::HashMap;
use std::io;

use super::{TensorEntry, TensorType};
use crate::loader::metadata::{Metadata, MetadataValue};

/// Longest metadata array: vocabularies and merge lists are far below.
const MAX_ARRAY_LENGTH: u64 = 1 << 24;
const MAX_DIMENSIONS: u32 = 4;
const DEFAULT_ALIGNMENT: u32 = 32;

/// What is wrong with a GGUF file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufProblem {
    /// The system could not give us the bytes.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The file ends inside something.
    #[error("ends inside {what}: {needed} bytes needed at byte {offset}, {available} left")]
    Truncated {
        what: &'static str,
        offset: usize,
        needed: u64,
        available: usize,
    },
    /// Not a GGUF file.
    #[error("is no GGUF file: expected it to begin with \"GGUF\", found bytes {found:02x?}")]
    BadMagic { found: [u8; 4] },
    /// A version with another layout.
    #[error("has GGUF version {found}, expected 2 or 3")]
    UnsupportedVersion { found: u32 },
    /// A count that the rest of the file cannot hold.
    #[error("claims {found} {what}, at most {limit} can be there")]
    Count {
        what: &'static str,
        found: u64,
        limit: u64,
    },
    /// Text that is not UTF-8.
    #[error("has a {what} at byte {offset} that is not UTF-8")]
    NotUtf8 { what: &'static str, offset: usize },
    /// A metadata value type nobody has defined, or a nested array.
    #[error("metadata key {key} has value type {found}, expected 0 to 12 and no nested array")]
    UnknownValueType { key: String, found: u32 },
    /// A boolean that is neither 0 nor 1.
    #[error("metadata key {key} has boolean byte {found}, expected 0 or 1")]
    BadBool { key: String, found: u8 },
    /// A key or a tensor name twice.
    #[error("has the {what} {name} twice")]
    Duplicate { what: &'static str, name: String },
    /// An alignment that is no power of two from 8 to 65536.
    #[error("has general.alignment {found}, expected a power of two from 8 to 65536")]
    Alignment { found: String },
    /// More dimensions than any model has, or none.
    #[error("tensor {tensor} has {found} dimensions, expected 1 to 4")]
    NumDimensions { tensor: String, found: u32 },
    /// A dimension of zero, or a product beyond what can be addressed.
    #[error("tensor {tensor} has dimensions {found:?}, whose size is zero or too large")]
    Dimensions { tensor: String, found: Vec<u64> },
    /// A tensor type that is unknown or not supported.
    #[error("tensor {tensor} has type {found}, expected F32, F16, BF16, Q4_0, Q4_1 or Q8_0")]
    UnknownTensorType { tensor: String, found: u32 },
    /// Rows that do not consist of whole blocks.
    #[error("tensor {tensor} has rows of {found} values, expected a multiple of {expected}")]
    RaggedBlocks {
        tensor: String,
        found: u64,
        expected: u64,
    },
    /// An offset that breaks the file's own alignment.
    #[error("tensor {tensor} begins at offset {found}, expected a multiple of {expected}")]
    TensorMisaligned {
        tensor: String,
        found: u64,
        expected: u64,
    },
    /// A byte range outside the file.
    #[error("tensor {tensor} ends at byte {end}, the file has {file_length}")]
    TensorOutOfRange {
        tensor: String,
        end: u64,
        file_length: usize,
    },
}

/// Everything before the tensors, validated.
#[derive(Debug)]
pub struct GgufHeader {
    pub(super) metadata: Metadata,
    pub(super) tensors: Vec<TensorEntry>,
    by_name: HashMap<String, usize>,
    pub(super) table_end: usize,
}

impl GgufHeader {
    /// Reads the header of a file whose bytes are all in `bytes`. Copies no tensor.
    ///
    /// # Errors
    /// [`GgufProblem`]; memory stays proportional to the bytes that are really there.
    pub fn parse(bytes: &[u8]) -> Result<Self, GgufProblem> {
        let mut reader = Reader { bytes, offset: 0 };
        let magic = reader.array::<4>("the magic number")?;
        if magic != *b"GGUF" {
            return Err(GgufProblem::BadMagic { found: magic });
        }
        let version = reader.u32("the version")?;
        if !(2..=3).contains(&version) {
            return Err(GgufProblem::UnsupportedVersion { found: version });
        }
        let num_tensors = reader.u64("the number of tensors")?;
        let num_pairs = reader.u64("the number of metadata pairs")?;
        // The shortest pair has 13 bytes (key length, type, one byte), the shortest table entry 32.
        reader.check_count("metadata pairs", num_pairs, 13)?;
        reader.check_count("tensors", num_tensors, 32)?;
        let mut metadata = Metadata::default();
        for _ in 0..num_pairs {
            let key = reader.text("metadata key")?;
            let value_type = reader.u32("a metadata value type")?;
            let value = reader.value(&key, value_type)?;
            if !metadata.insert(key.clone(), value) {
                return Err(GgufProblem::Duplicate {
                    what: "metadata key",
                    name: key,
                });
            }
        }
        let alignment = alignment(&metadata)?;
        let entries = (0..num_tensors).map(|_| reader.table_entry());
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let table_end = reader.offset;
        let first = (table_end as u64).next_multiple_of(alignment);
        Self::place(
            entries,
            metadata,
            bytes.len(),
            &Placement {
                table_end,
                first,
                alignment,
            },
        )
    }

    fn place(
        entries: Vec<TableEntry>,
        metadata: Metadata,
        file_length: usize,
        placement: &Placement,
    ) -> Result<Self, GgufProblem> {
        let mut by_name = HashMap::with_capacity(entries.len());
        let mut tensors = Vec::with_capacity(entries.len());
        for entry in entries {
            let tensor = entry.place(placement, file_length)?;
            if by_name.insert(tensor.name.clone(), tensors.len()).is_some() {
                return Err(GgufProblem::Duplicate {
                    what: "tensor",
                    name: tensor.name,
                });
            }
            tensors.push(tensor);
        }
        Ok(Self {
            metadata,
            tensors,
            by_name,
            table_end: placement.table_end,
        })
    }

    /// The entry of the tensor called `name`.
    pub fn tensor(&self, name: &str) -> Option<&TensorEntry> {
        self.by_name.get(name).map(|index| &self.tensors[*index])
    }
}

/// Where the tensors may lie.
struct Placement {
    table_end: usize,
    first: u64,
    alignment: u64,
}

fn alignment(metadata: &Metadata) -> Result<u64, GgufProblem> {
    let key = "general.alignment";
    if !metadata.contains(key) {
        return Ok(u64::from(DEFAULT_ALIGNMENT));
    }
    match metadata.u32(key) {
        Ok(value) if value.is_power_of_two() && (8..=65_536).contains(&value) => Ok(value.into()),
        Ok(value) => Err(GgufProblem::Alignment {
            found: value.to_string(),
        }),
        Err(error) => Err(GgufProblem::Alignment {
            found: error.to_string(),
        }),
    }
}

/// A row of the tensor table as written in the file.
struct TableEntry {
    name: String,
    dimensions: Vec<u64>,
    type_number: u32,
    offset: u64,
}

impl TableEntry {
    fn place(self, placement: &Placement, file_length: usize) -> Result<TensorEntry, GgufProblem> {
        let Self {
            name: tensor,
            dimensions,
            type_number,
            offset,
        } = self;
        let Some(tensor_type) = TensorType::from_number(type_number) else {
            return Err(GgufProblem::UnknownTensorType {
                tensor,
                found: type_number,
            });
        };
        let elements = dimensions
            .iter()
            .try_fold(1_u64, |product, size| product.checked_mul(*size));
        let Some(elements) = elements.filter(|count| (1..=1 << 48).contains(count)) else {
            return Err(GgufProblem::Dimensions {
                tensor,
                found: dimensions,
            });
        };
        let block_length = tensor_type.block_length();
        if !dimensions[0].is_multiple_of(block_length) {
            let found = dimensions[0];
            return Err(GgufProblem::RaggedBlocks {
                tensor,
                found,
                expected: block_length,
            });
        }
        if !offset.is_multiple_of(placement.alignment) {
            let expected = placement.alignment;
            return Err(GgufProblem::TensorMisaligned {
                tensor,
                found: offset,
                expected,
            });
        }
        let byte_length = elements / block_length * tensor_type.block_bytes();
        let end = placement
            .first
            .saturating_add(offset)
            .saturating_add(byte_length);
        if end > file_length as u64 {
            return Err(GgufProblem::TensorOutOfRange {
                tensor,
                end,
                file_length,
            });
        }
        let to_usize = |value: u64| {
            usize::try_from(value).expect("invariant: below the file's length, which is a usize")
        };
        Ok(TensorEntry {
            name: tensor,
            dimensions,
            tensor_type,
            start: to_usize(placement.first + offset),
            byte_length: to_usize(byte_length),
        })
    }
}

/// A cursor that never reads past the end.
struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, what: &'static str, needed: u64) -> Result<&'a [u8], GgufProblem> {
        let left = &self.bytes[self.offset..];
        let length = usize::try_from(needed)
            .ok()
            .filter(|length| *length <= left.len());
        let Some(length) = length else {
            let (offset, available) = (self.offset, left.len());
            return Err(GgufProblem::Truncated {
                what,
                offset,
                needed,
                available,
            });
        };
        self.offset += length;
        Ok(&left[..length])
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], GgufProblem> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(what, N as u64)?);
        Ok(array)
    }

    fn u32(&mut self, what: &'static str) -> Result<u32, GgufProblem> {
        self.array(what).map(u32::from_le_bytes)
    }

    fn u64(&mut self, what: &'static str) -> Result<u64, GgufProblem> {
        self.array(what).map(u64::from_le_bytes)
    }

    fn text(&mut self, what: &'static str) -> Result<String, GgufProblem> {
        let length = self.u64(what)?;
        let offset = self.offset;
        let bytes = self.take(what, length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| GgufProblem::NotUtf8 { what, offset })?;
        Ok(text.to_owned())
    }

    /// Refuses a count whose smallest form would not fit into the rest of the file.
    fn check_count(
        &self,
        what: &'static str,
        found: u64,
        smallest_bytes: u64,
    ) -> Result<(), GgufProblem> {
        let limit = (self.bytes.len() - self.offset) as u64 / smallest_bytes;
        if found > limit {
            return Err(GgufProblem::Count { what, found, limit });
        }
        Ok(())
    }

    fn value(&mut self, key: &str, value_type: u32) -> Result<MetadataValue, GgufProblem> {
        const WHAT: &str = "a metadata value";
        Ok(match value_type {
            0 | 2 | 4 | 10 => {
                MetadataValue::Unsigned(self.integer(key, value_type)?.cast_unsigned())
            }
            1 | 3 | 5 | 11 => MetadataValue::Signed(self.integer(key, value_type)?),
            6 | 12 => MetadataValue::Float(self.float(value_type)?),
            7 => MetadataValue::Bool(self.integer(key, value_type)? == 1),
            8 => MetadataValue::Text(self.text(WHAT)?),
            9 => self.values(key)?,
            found => {
                return Err(GgufProblem::UnknownValueType {
                    key: key.to_owned(),
                    found,
                });
            }
        })
    }

    fn values(&mut self, key: &str) -> Result<MetadataValue, GgufProblem> {
        const WHAT: &str = "a metadata array";
        let element_type = self.u32(WHAT)?;
        let length = self.u64(WHAT)?;
        if length > MAX_ARRAY_LENGTH {
            let what = "elements of a metadata array";
            return Err(GgufProblem::Count {
                what,
                found: length,
                limit: MAX_ARRAY_LENGTH,
            });
        }
        let smallest_bytes = match element_type {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            8 | 10..=12 => 8,
            found => {
                return Err(GgufProblem::UnknownValueType {
                    key: key.to_owned(),
                    found,
                });
            }
        };
        self.check_count("elements of a metadata array", length, smallest_bytes)?;
        Ok(match element_type {
            8 => MetadataValue::Texts(
                (0..length)
                    .map(|_| self.text(WHAT))
                    .collect::<Result<_, _>>()?,
            ),
            6 | 12 => {
                let values = (0..length).map(|_| self.float(element_type));
                MetadataValue::Floats(values.collect::<Result<_, _>>()?)
            }
            _ => {
                let values = (0..length).map(|_| self.integer(key, element_type));
                MetadataValue::Integers(values.collect::<Result<_, _>>()?)
            }
        })
    }

    /// An integer or boolean; u64 keeps its bits.
    fn integer(&mut self, key: &str, value_type: u32) -> Result<i64, GgufProblem> {
        const WHAT: &str = "a metadata value";
        Ok(match value_type {
            0 => i64::from(u8::from_le_bytes(self.array(WHAT)?)),
            1 => i64::from(i8::from_le_bytes(self.array(WHAT)?)),
            2 => i64::from(u16::from_le_bytes(self.array(WHAT)?)),
            3 => i64::from(i16::from_le_bytes(self.array(WHAT)?)),
            4 => i64::from(u32::from_le_bytes(self.array(WHAT)?)),
            5 => i64::from(i32::from_le_bytes(self.array(WHAT)?)),
            7 => match self.array::<1>(WHAT)? {
                [value @ 0..=1] => i64::from(value),
                [found] => {
                    return Err(GgufProblem::BadBool {
                        key: key.to_owned(),
                        found,
                    });
                }
            },
            _ => i64::from_le_bytes(self.array(WHAT)?),
        })
    }

    fn float(&mut self, value_type: u32) -> Result<f64, GgufProblem> {
        const WHAT: &str = "a metadata value";
        if value_type == 6 {
            return self.array(WHAT).map(f32::from_le_bytes).map(f64::from);
        }
        self.array(WHAT).map(f64::from_le_bytes)
    }

    fn table_entry(&mut self) -> Result<TableEntry, GgufProblem> {
        const WHAT: &str = "the tensor table";
        let name = self.text("tensor name")?;
        let num_dimensions = self.u32(WHAT)?;
        if !(1..=MAX_DIMENSIONS).contains(&num_dimensions) {
            return Err(GgufProblem::NumDimensions {
                tensor: name,
                found: num_dimensions,
            });
        }
        let dimensions = (0..num_dimensions)
            .map(|_| self.u64(WHAT))
            .collect::<Result<_, _>>()?;
        let (type_number, offset) = (self.u32(WHAT)?, self.u64(WHAT)?);
        Ok(TableEntry {
            name,
            dimensions,
            type_number,
            offset,
        })
    }
}
