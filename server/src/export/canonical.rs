//! The one way to write a JSON value, so that equal content has an equal hash.
//!
//! No space, members sorted by name, members that are null left out. Strings and numbers stand as
//! `serde_json` writes them, which is RFC 8785 for everything that occurs in a document.
//!
//! What is hashed is written into the hash and never in memory as a whole. A structure whose
//! members are sorted, and left out rather than null, is in this form by itself; any other value
//! comes into it as [`Canonical`].

use std::{
    borrow::Borrow,
    io::{self, BufWriter, Write},
};

use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 of what a value in canonical form is as JSON, in lower-case hexadecimal.
pub(super) fn sha256(value: &impl Serialize) -> String {
    let mut out = BufWriter::new(HashWriter(Sha256::new()));
    let written = serde_json::to_writer(&mut out, value);
    written.expect("invariant: what is hashed is plain JSON");
    let hash = out.into_inner();
    let HashWriter(hash) = hash.expect("invariant: a hash takes every byte");
    hex::encode(hash.finalize())
}

/// Any value, in canonical form.
#[derive(Debug)]
pub(super) struct Canonical<V>(pub(super) V);

impl<V: Borrow<Value>> Serialize for Canonical<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.borrow() {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().filter(|(_, it)| !it.is_null()).collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                let members = members.into_iter();
                serializer.collect_map(members.map(|(name, value)| (name, Canonical(value))))
            }
            Value::Array(values) => serializer.collect_seq(values.iter().map(Canonical)),
            scalar => scalar.serialize(serializer),
        }
    }
}

/// What is written becomes part of the hash.
#[derive(Debug)]
struct HashWriter(Sha256);

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_and_absent_members_make_no_difference() {
        let value = json!({"b": [1, {"z": null, "y": "\u{1}\n你"}], "a": 0.7});
        let text = serde_json::to_string(&Canonical(&value)).unwrap();
        assert_eq!(text, "{\"a\":0.7,\"b\":[1,{\"y\":\"\\u0001\\n你\"}]}");
        let absent = json!({"a": null});
        assert_eq!(sha256(&Canonical(absent)), sha256(&json!({})));
    }

    #[test]
    fn the_hash_is_what_other_programs_compute() {
        // printf '{}' | sha256sum
        let expected = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(sha256(&json!({})), expected);
    }
}
