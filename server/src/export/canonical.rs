//! The one way to write a JSON value, so that equal content has an equal hash.
//!
//! No space, members sorted by name, members that are null left out. Strings and numbers stand as
//! `serde_json` writes them, which is RFC 8785 for everything that occurs in a document.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 of the canonical form, in lower-case hexadecimal.
pub(super) fn sha256(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    hex::encode(Sha256::digest(text))
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().filter(|(_, it)| !it.is_null()).collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                *out += &Value::from(name.as_str()).to_string();
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        scalar => *out += &scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn order_and_absent_members_make_no_difference() {
        let mut text = String::new();
        write(
            &json!({"b": [1, {"z": null, "y": "\u{1}\n你"}], "a": 0.7}),
            &mut text,
        );
        assert_eq!(text, "{\"a\":0.7,\"b\":[1,{\"y\":\"\\u0001\\n你\"}]}");
        assert_eq!(sha256(&json!({"a": null})), sha256(&json!({})));
    }

    #[test]
    fn the_hash_is_what_other_programs_compute() {
        // printf '{}' | sha256sum
        let expected = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(sha256(&json!({})), expected);
    }
}
