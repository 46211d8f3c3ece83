//! Formats of models that write headers: what is shown is what the schema says, whatever the
//! header of the answer says beside.

use std::path::Path;

use super::*;
use crate::{
    harmony::{Channel, parser::Event, tool_chain::ChainEvent},
    loader::ModelFile,
    request::SamplingParams,
    sampling::Sampler,
};

/// What stands between the name of the final channel and the text, and what may.
fn headers() -> Vec<String> {
    serde_json::from_str(include_str!("../../tests/golden/final-headers.json")).unwrap()
}

struct Harmony {
    tokenizer: Tokenizer,
    template: ChatTemplate,
    format: CompiledFormat,
}

impl Harmony {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = folder.join("tests/golden/gpt-oss-tiny-chat/model");
        let tokenizer = Tokenizer::open(&ModelFile::open(&path).unwrap()).unwrap();
        let template = ChatTemplate::harmony(&tokenizer).unwrap();
        let schema = json!({
            "type": "object",
            "properties": {
                "age": { "type": "integer", "minimum": 0, "maximum": 120 },
                "color": { "enum": ["red", "green"] }
            },
            "required": ["age", "color"],
            "additionalProperties": false
        });
        let compiler = FormatCompiler::new(&template, &tokenizer).unwrap();
        let format = compiler.compile(&AnswerFormat::JsonSchema(schema));
        Self {
            format: format.unwrap(),
            template,
            tokenizer,
        }
    }

    /// The rest of an answer by a model that likes these tokens and knows nothing; `None` if it
    /// came to no end.
    fn answer(&self, begun: &[TokenId], liked: &[TokenId], seed: u64) -> Option<Vec<TokenId>> {
        let params = SamplingParams {
            temperature: 1.0,
            top_p: 1.0,
            seed,
            ..SamplingParams::default()
        };
        let sampler = Sampler::new(params, &[]);
        let mut constraint = self.format.constraint(begun);
        let mut answer = begun.to_vec();
        for _ in 0..200 {
            let mut logits = vec![0.0; self.tokenizer.vocab_size()];
            for token in liked {
                logits[token.0 as usize] = 7.0;
            }
            constraint.apply(&mut logits);
            let token = sampler.sample(&mut logits, answer.len());
            answer.push(token);
            if self.tokenizer.end_tokens().contains(&token) {
                return Some(answer);
            }
            constraint.advance(token);
        }
        None
    }

    /// The tokens of headers, but for those that name a tool.
    fn header_tokens(&self) -> Vec<TokenId> {
        let tokens = "<|start|><|channel|><|message|><|constrain|><|end|><|return|><|call|>\
            assistant final analysis commentary json";
        let mut tokens = self.tokenizer.encode_with_control_tokens(tokens);
        for word in ["final", "analysis", "commentary"] {
            tokens.extend(self.tokenizer.encode_text(word));
        }
        tokens
    }

    fn may_come(&self, begun: &str, control: &str) -> bool {
        let begun = self.tokenizer.encode_with_control_tokens(begun);
        let control = self.tokenizer.control(control).unwrap();
        let mut logits = vec![0.0; self.tokenizer.vocab_size()];
        self.format.constraint(&begun).apply(&mut logits);
        logits[control.0 as usize] > f32::NEG_INFINITY
    }

    /// What people see of an answer.
    fn shown(&self, answer: &[TokenId]) -> String {
        let mut parser = self.template.parser().unwrap();
        let (mut bytes, mut is_shown) = (Vec::new(), false);
        for token in answer {
            for event in parser.push(*token, &self.tokenizer) {
                match event {
                    ChainEvent::Model(Event::MessageStarted { channel, recipient }) => {
                        is_shown = channel != Channel::Analysis && recipient.is_none();
                    }
                    ChainEvent::Model(Event::Text { token, .. }) if is_shown => {
                        bytes.extend_from_slice(self.tokenizer.text_bytes(token));
                    }
                    _ => {}
                }
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    #[track_caller]
    fn check(&self, answer: &[TokenId]) {
        let text = self.shown(answer);
        let told = self.tokenizer.decode(answer);
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{told}"));
        assert!(value["age"].as_u64().unwrap() <= 120, "{told}");
        let color = value["color"].as_str().unwrap();
        assert!(["red", "green"].contains(&color), "{told}");
    }
}

#[test]
fn every_header_of_the_final_channel_begins_the_format() {
    let model = Harmony::new();
    let thought = "<|channel|>analysis<|message|>Well.<|end|><|start|>assistant";
    for header in headers() {
        for before in ["", thought] {
            let begun = format!("{before}<|channel|>{header}<|message|>");
            let begun = model.tokenizer.encode_with_control_tokens(&begun);
            for seed in 0..15 {
                let answer = model.answer(&begun, &[], seed);
                model.check(&answer.unwrap_or_else(|| panic!("{header}: no end")));
            }
        }
    }
}

#[test]
fn whatever_headers_a_random_model_writes_the_schema_is_all_that_is_shown() {
    let model = Harmony::new();
    let liked = model.header_tokens();
    let answers = (0..200).filter_map(|seed| model.answer(&[], &liked, seed));
    let answers: Vec<Vec<TokenId>> = answers.collect();
    assert!(answers.len() > 50, "{} came to an end", answers.len());
    for answer in answers {
        model.check(&answer);
    }
}

#[test]
fn an_answer_that_calls_nobody_does_not_end_as_a_call() {
    let model = Harmony::new();
    let may_call = |begun: &str| model.may_come(begun, "<|call|>");
    assert!(!may_call("<|channel|>analysis<|message|>Well."));
    assert!(!may_call("<|channel|>commentary"));
    assert!(may_call(
        "<|channel|>commentary to=functions.f<|message|>{}"
    ));
}

#[test]
fn what_follows_a_call_without_the_name_of_a_channel_is_not_shown_beside_the_format() {
    let model = Harmony::new();
    let begun = "<|channel|>commentary to=functions.f<|message|>{}<|channel|><|message|>Well.";
    let begun = model.tokenizer.encode_with_control_tokens(begun);
    assert_eq!(model.shown(&begun), "");
    let liked = model.header_tokens();
    let answers = (0..200).filter_map(|seed| model.answer(&begun, &liked, seed));
    let answers: Vec<Vec<TokenId>> = answers.collect();
    assert!(!answers.is_empty());
    for answer in answers {
        model.check(&answer);
    }
}

#[test]
fn what_is_said_before_a_call_goes_on_in_no_message_without_a_name() {
    let model = Harmony::new();
    let said = "<|channel|>commentary<|message|>Well.<|channel|>";
    for (header, may_come) in [
        ("", false),
        ("commentary", false),
        ("commentary to=functions.f", true),
        ("analysis", true),
        ("final", true),
    ] {
        let begun = format!("{said}{header}");
        assert_eq!(model.may_come(&begun, "<|message|>"), may_come, "{header}");
    }
}
