//! Key-value metadata of a GGUF file, with getters that say what is wrong.

use std::collections::HashMap;

/// Why a metadata value cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum MetadataError {
    /// The file has no such key.
    #[error("metadata key {key} is missing")]
    Missing { key: String },
    /// The key has a value of another type.
    #[error("metadata key {key}: expected {expected}, found {found}")]
    WrongType {
        key: String,
        expected: &'static str,
        found: &'static str,
    },
    /// The value does not fit the wanted type.
    #[error("metadata key {key}: {found} is outside the range of {expected}")]
    OutOfRange {
        key: String,
        expected: &'static str,
        found: String,
    },
}

/// One value, widened to the largest type of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum MetadataValue {
    /// u8, u16, u32, u64.
    Unsigned(u64),
    /// i8, i16, i32, i64.
    Signed(i64),
    /// f32, f64.
    Float(f64),
    /// One byte, 0 or 1.
    Bool(bool),
    /// UTF-8.
    Text(String),
    /// Array of strings.
    Texts(Vec<String>),
    /// Array of integers or booleans.
    Integers(Vec<i64>),
    /// Array of floats.
    Floats(Vec<f64>),
}

impl MetadataValue {
    fn kind(&self) -> &'static str {
        match self {
            Self::Unsigned(_) => "an unsigned integer",
            Self::Signed(_) => "a signed integer",
            Self::Float(_) => "a float",
            Self::Bool(_) => "a boolean",
            Self::Text(_) => "a string",
            Self::Texts(_) => "an array of strings",
            Self::Integers(_) => "an array of integers",
            Self::Floats(_) => "an array of floats",
        }
    }
}

/// All key-value pairs of a file.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    values: HashMap<String, MetadataValue>,
}

impl Metadata {
    /// Adds a pair; `false` if the key is there already.
    pub(super) fn insert(&mut self, key: String, value: MetadataValue) -> bool {
        if self.values.contains_key(&key) {
            return false;
        }
        self.values.insert(key, value);
        true
    }

    /// Whether the file has `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// The value of `key` as it was read.
    ///
    /// # Errors
    /// [`MetadataError::Missing`].
    pub fn value(&self, key: &str) -> Result<&MetadataValue, MetadataError> {
        self.values.get(key).ok_or_else(|| MetadataError::Missing {
            key: key.to_owned(),
        })
    }

    /// A string.
    ///
    /// # Errors
    /// Missing, or of another type.
    pub fn string(&self, key: &str) -> Result<&str, MetadataError> {
        match self.value(key)? {
            MetadataValue::Text(text) => Ok(text),
            other => Err(wrong_type(key, "a string", other)),
        }
    }

    /// An integer of any width that fits u32.
    ///
    /// # Errors
    /// Missing, of another type, negative or too large.
    pub fn u32(&self, key: &str) -> Result<u32, MetadataError> {
        let out_of_range = |found: String| MetadataError::OutOfRange {
            key: key.to_owned(),
            expected: "u32",
            found,
        };
        match self.value(key)? {
            MetadataValue::Unsigned(value) => {
                u32::try_from(*value).map_err(|_| out_of_range(value.to_string()))
            }
            MetadataValue::Signed(value) => {
                u32::try_from(*value).map_err(|_| out_of_range(value.to_string()))
            }
            other => Err(wrong_type(key, "an integer", other)),
        }
    }

    /// A float of any width, as f32.
    ///
    /// # Errors
    /// Missing, of another type, or not finite in f32.
    pub fn f32(&self, key: &str) -> Result<f32, MetadataError> {
        let MetadataValue::Float(value) = self.value(key)? else {
            return Err(wrong_type(key, "a float", self.value(key)?));
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounding to f32 is what is asked for"
        )]
        let narrow = *value as f32;
        if narrow.is_finite() {
            return Ok(narrow);
        }
        let found = value.to_string();
        Err(MetadataError::OutOfRange {
            key: key.to_owned(),
            expected: "finite f32",
            found,
        })
    }

    /// A boolean.
    ///
    /// # Errors
    /// Missing, or of another type.
    pub fn bool(&self, key: &str) -> Result<bool, MetadataError> {
        match self.value(key)? {
            MetadataValue::Bool(value) => Ok(*value),
            other => Err(wrong_type(key, "a boolean", other)),
        }
    }

    /// An array of strings.
    ///
    /// # Errors
    /// Missing, or of another type.
    pub fn strings(&self, key: &str) -> Result<&[String], MetadataError> {
        match self.value(key)? {
            MetadataValue::Texts(texts) => Ok(texts),
            other => Err(wrong_type(key, "an array of strings", other)),
        }
    }

    /// An array of integers of any width that fit i32.
    ///
    /// # Errors
    /// Missing, of another type, or a value that does not fit.
    pub fn i32s(&self, key: &str) -> Result<Vec<i32>, MetadataError> {
        let MetadataValue::Integers(values) = self.value(key)? else {
            return Err(wrong_type(key, "an array of integers", self.value(key)?));
        };
        let narrow = |value: &i64| {
            i32::try_from(*value).map_err(|_| MetadataError::OutOfRange {
                key: key.to_owned(),
                expected: "i32",
                found: value.to_string(),
            })
        };
        values.iter().map(narrow).collect()
    }

    /// An array of floats of any width, as f32.
    ///
    /// # Errors
    /// Missing, or of another type.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to f32 is what is asked for"
    )]
    pub fn f32s(&self, key: &str) -> Result<Vec<f32>, MetadataError> {
        match self.value(key)? {
            MetadataValue::Floats(values) => Ok(values.iter().map(|value| *value as f32).collect()),
            other => Err(wrong_type(key, "an array of floats", other)),
        }
    }
}

fn wrong_type(key: &str, expected: &'static str, found: &MetadataValue) -> MetadataError {
    MetadataError::WrongType {
        key: key.to_owned(),
        expected,
        found: found.kind(),
    }
}
