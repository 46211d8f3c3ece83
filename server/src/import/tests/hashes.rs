//! What is hashed without being in memory is what a reader of the format would hash.

use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    shares::share,
    shelf::{sample, tree},
};
use crate::export::{ConversationDocument, Timestamp};

/// The canonical form, as the format describes it.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().filter(|(_, it)| !it.is_null()).collect();
            members.sort_by_key(|(name, _)| *name);
            let members = members.into_iter().map(|(name, value)| {
                format!("{}:{}", Value::from(name.as_str()), canonical(value))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(canonical).collect();
            format!("[{}]", values.join(","))
        }
        scalar => scalar.to_string(),
    }
}

fn hash_without(value: &Value, members: &[&str]) -> String {
    let mut value = value.clone();
    let object = value.as_object_mut().unwrap();
    object.retain(|name, _| !members.contains(&name.as_str()));
    hex::encode(Sha256::digest(canonical(&value)))
}

proptest! {
    #[test]
    fn hashes_are_those_of_the_format(tree in tree(1)) {
        let document = ConversationDocument::new(tree, Timestamp::from_ms(0));
        let value: Value = serde_json::from_str(&document.to_json()).unwrap();
        prop_assert_eq!(&document.sha256, &hash_without(&value, &["exported_at", "sha256"]));
        for (index, message) in document.messages.iter().enumerate() {
            let expected = hash_without(&value["messages"][index], &["sha256"]);
            prop_assert_eq!(&message.sha256, &expected);
        }
    }
}

#[test]
fn the_hash_of_a_conversation_covers_what_is_shared_of_it() {
    let mut tree = sample(1);
    tree.shares = vec![share(1, None), share(2, Some("bob"))];
    let document = ConversationDocument::new(tree, Timestamp::from_ms(0));
    let value: Value = serde_json::from_str(&document.to_json()).unwrap();
    assert_eq!(value["version"], 3);
    let expected = hash_without(&value, &["exported_at", "sha256"]);
    assert_eq!(document.sha256, expected);
    let mut changed = document.clone();
    changed.shares[1].messages[1].text.push('.');
    assert_ne!(changed.content_hash(), document.sha256);
}
