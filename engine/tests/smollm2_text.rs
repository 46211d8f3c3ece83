//! Tokenizer and chat template against the golden vectors of SmolLM2-135M-Instruct.
//!
//! Needs the model file in `HEARTH_TEST_MODEL` and the golden directory in `HEARTH_TEST_GOLDEN`;
//! without them each test says that it checked nothing.

use std::{env, fs, path::Path};

use hearth_engine::{
    chat::ChatTemplate,
    loader::GgufFile,
    request::{Conversation, TokenId},
    tokenizer::{Tokenizer, Vocabulary},
};
use serde_json::Value;

struct Fixture {
    tokenizer: Tokenizer,
    template: ChatTemplate,
    golden: Value,
}

fn fixture(test: &str) -> Option<Fixture> {
    let (Some(model), Some(golden)) = (
        env::var_os("HEARTH_TEST_MODEL"),
        env::var_os("HEARTH_TEST_GOLDEN"),
    ) else {
        eprintln!("{test}: not checked, HEARTH_TEST_MODEL or HEARTH_TEST_GOLDEN is not set");
        return None;
    };
    let file = GgufFile::open(model).unwrap();
    let vocabulary = Vocabulary::from_metadata(file.metadata()).unwrap();
    let tokenizer = Tokenizer::try_new(&vocabulary).unwrap();
    let text = file.metadata().string("tokenizer.chat_template").unwrap();
    let template = ChatTemplate::recognise(text, &tokenizer).unwrap();
    let json = fs::read_to_string(Path::new(&golden).join("golden.json")).unwrap();
    Some(Fixture {
        tokenizer,
        template,
        golden: serde_json::from_str(&json).unwrap(),
    })
}

fn ids(value: &Value) -> Vec<TokenId> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn every_golden_text_has_the_golden_ids() {
    let Some(Fixture {
        tokenizer, golden, ..
    }) = fixture("every_golden_text")
    else {
        return;
    };
    let vectors = golden["tokenizer_vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 20);
    for vector in vectors {
        let (text, expected) = (vector["text"].as_str().unwrap(), ids(&vector["ids"]));
        assert_eq!(
            tokenizer.encode_with_control_tokens(text),
            expected,
            "{text:?}"
        );
        assert_eq!(
            tokenizer.decode(&expected),
            vector["decoded"].as_str().unwrap()
        );
        let as_text = tokenizer.encode_text(text);
        assert!(
            as_text.iter().all(|&id| !tokenizer.is_control(id)),
            "{text:?}"
        );
        assert_eq!(tokenizer.decode(&as_text), text);
    }
}

#[test]
fn every_golden_conversation_has_the_golden_prompt() {
    let Some(Fixture {
        tokenizer,
        template,
        golden,
    }) = fixture("every_golden_conversation")
    else {
        return;
    };
    let mut num_conversations = 0;
    for prompt in golden["prompts"].as_array().unwrap() {
        if prompt["messages"].is_null() {
            continue;
        }
        let messages = serde_json::from_value(prompt["messages"].clone()).unwrap();
        let rendered = template.prompt(&Conversation { messages }, &tokenizer);
        assert_eq!(rendered, ids(&prompt["ids"]), "{}", prompt["name"]);
        num_conversations += 1;
    }
    assert_eq!(num_conversations, 3);
}

#[test]
fn an_answer_ends_at_the_end_of_its_message() {
    let Some(Fixture { tokenizer, .. }) = fixture("an_answer_ends") else {
        return;
    };
    assert_eq!(tokenizer.end_tokens(), [TokenId(2), TokenId(0)]);
    assert_eq!(tokenizer.control("<|im_start|>"), Some(TokenId(1)));
}
