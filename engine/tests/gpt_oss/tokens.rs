//! Token ids of the golden texts, from both files and with the whole published vocabulary.

use std::fs;

use hearth_engine::loader::GgufFile;
use hearth_engine::tokenizer::{Tokenizer, Vocabulary};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn both_files_of_the_tiny_model_give_the_golden_ids() {
    let folder = crate::golden("gpt-oss-tiny");
    let json = fs::read(folder.join("model/tokenizer.json")).unwrap();
    let file = GgufFile::open(folder.join("model-bf16.gguf")).unwrap();
    let vectors: Value =
        serde_json::from_slice(&fs::read(folder.join("golden.json")).unwrap()).unwrap();
    let vectors = vectors["tokenizer_vectors"].as_array().unwrap();
    assert!(vectors.len() > 5);
    for vocabulary in [
        Vocabulary::from_tokenizer_json(&json, Some("<|return|>")).unwrap(),
        Vocabulary::from_metadata(file.metadata()).unwrap(),
    ] {
        let tokenizer = Tokenizer::try_new(&vocabulary).unwrap();
        for vector in vectors {
            let text = vector["text"].as_str().unwrap();
            let ids: Vec<u32> = tokenizer
                .encode_with_control_tokens(text)
                .iter()
                .map(|id| id.0)
                .collect();
            assert_eq!(ids, numbers(&vector["ids"]), "{text:?}");
        }
        let end: Vec<u32> = tokenizer.end_tokens().iter().map(|id| id.0).collect();
        assert_eq!(end[0], 4079, "<|return|>");
        assert_eq!(end.len(), 3);
    }
}

#[test]
fn the_published_vocabulary_gives_the_golden_ids() {
    let Some(path) = std::env::var_os("HEARTH_TEST_TOKENIZER") else {
        panic!("HEARTH_TEST_TOKENIZER must name the tokenizer.json of gpt-oss");
    };
    let json = fs::read(path).unwrap();
    let vocabulary = Vocabulary::from_tokenizer_json(&json, Some("<|return|>")).unwrap();
    let tokenizer = Tokenizer::try_new(&vocabulary).unwrap();
    let vectors: Value =
        serde_json::from_slice(&fs::read(crate::golden("o200k-harmony/tokens.json")).unwrap())
            .unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 56);
    for vector in vectors {
        let text = vector["text"].as_str().unwrap();
        let ids = |found: Vec<hearth_engine::request::TokenId>| -> Vec<u32> {
            found.into_iter().map(|id| id.0).collect()
        };
        let ordinary = tokenizer.encode_text(text);
        assert!(
            ordinary.iter().all(|id| !tokenizer.is_control(*id)),
            "{text:?}"
        );
        assert_eq!(tokenizer.decode(&ordinary), text);
        assert_eq!(ids(ordinary), numbers(&vector["ordinary"]), "{text:?}");
        let special = ids(tokenizer.encode_with_control_tokens(text));
        assert_eq!(special, numbers(&vector["with_special"]), "{text:?}");
    }
}
