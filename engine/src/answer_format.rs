//! Answers that a program reads: only tokens may come that keep them what they must be.
//!
//! Models that write down their reasoning do so freely; from the first token of what is shown on, a
//! grammar says which tokens may come. The grammars are those of the `llguidance` crate.

#[cfg(test)]
mod header_tests;
mod visible_part;

use std::sync::{Arc, Mutex, PoisonError};

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};

use crate::chat::ChatTemplate;
use crate::request::{AnswerFormat, TokenId};
use crate::tokenizer::Tokenizer;
use visible_part::{Allowed, VisiblePart};

/// What a tokenizer begins a control token's name with, so that no text can spell it.
const CONTROL_MARK: u8 = 0xff;

/// A format that no grammar can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the format of the answer cannot be used: {0}")]
pub struct FormatError(String);

impl FormatError {
    pub(crate) fn no_model() -> Self {
        Self("the model is not open yet".to_owned())
    }
}

/// Which tokens may come next in one sequence.
#[derive(Debug)]
pub(crate) struct TokenConstraint {
    grammar: Grammar,
    visible: VisiblePart,
    end_tokens: Vec<TokenId>,
}

/// A format of one engine's answers, compiled once for any number of them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CompiledFormat(Arc<Mutex<TokenConstraint>>);

impl CompiledFormat {
    /// A constraint for an answer of which these tokens are there.
    pub(crate) fn constraint(&self, answer: &[TokenId]) -> TokenConstraint {
        let first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut constraint = TokenConstraint {
            grammar: Grammar(first.grammar.0.deep_clone()),
            visible: first.visible.clone(),
            end_tokens: first.end_tokens.clone(),
        };
        drop(first);
        for token in answer {
            constraint.advance(*token);
        }
        constraint
    }
}

/// Makes constraints for one vocabulary.
pub(crate) struct FormatCompiler {
    factory: ParserFactory,
    visible: VisiblePart,
    end_tokens: Vec<TokenId>,
}

struct Grammar(Matcher);

impl std::fmt::Debug for Grammar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Grammar")
    }
}

impl std::fmt::Debug for FormatCompiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormatCompiler")
    }
}

impl FormatCompiler {
    /// # Errors
    /// [`FormatError`] if the vocabulary has no end token.
    pub(crate) fn new(template: &ChatTemplate, tokenizer: &Tokenizer) -> Result<Self, FormatError> {
        let end_tokens = tokenizer.end_tokens().to_vec();
        let end = end_tokens
            .first()
            .ok_or_else(|| told("the model has no end token"))?;
        let vocab_size = tokenizer.vocab_size();
        let size = u32::try_from(vocab_size).map_err(told)?;
        let word = |id| {
            let id = TokenId(id);
            match tokenizer.text_bytes(id) {
                [] => [&[CONTROL_MARK], format!("<{}>", id.0).as_bytes()].concat(),
                text => text.to_vec(),
            }
        };
        let words: Vec<Vec<u8>> = (0..size).map(word).collect();
        let trie = TokTrie::from(&TokRxInfo::new(size, end.0), &words);
        let environment: TokEnv = Arc::new(ApproximateTokEnv::new(trie.clone()));
        let mut factory = ParserFactory::new_simple(&environment).map_err(told)?;
        factory.quiet();
        Ok(Self {
            factory,
            visible: VisiblePart::of(template, tokenizer, &Arc::new(trie)),
            end_tokens,
        })
    }

    /// What holds answers to a format.
    ///
    /// # Errors
    /// [`FormatError`] if the schema is none, or asks for what no grammar can hold.
    pub(crate) fn compile(&self, format: &AnswerFormat) -> Result<CompiledFormat, FormatError> {
        let mut schema = match format {
            AnswerFormat::JsonObject => json!({ "type": "object" }),
            AnswerFormat::JsonSchema(schema) => schema.clone(),
        };
        if let Value::Object(schema) = &mut schema {
            // Free white space is a place where a model can go on for ever.
            let options = json!({ "whitespace_flexible": false });
            schema.entry("x-guidance").or_insert(options);
        }
        let grammar = TopLevelGrammar::from_json_schema(schema);
        let parser = self.factory.create_parser(grammar).map_err(told)?;
        Ok(CompiledFormat(Arc::new(Mutex::new(TokenConstraint {
            grammar: Grammar(Matcher::new(Ok(parser))),
            visible: self.visible.clone(),
            end_tokens: self.end_tokens.clone(),
        }))))
    }
}

fn told(error: impl std::fmt::Display) -> FormatError {
    FormatError(error.to_string())
}

impl TokenConstraint {
    /// Makes tokens impossible that may not come now. Where the model finds all others impossible,
    /// they are equally probable: the format holds in any case.
    pub(crate) fn apply(&mut self, logits: &mut [f32]) {
        if !self.visible.has_begun() {
            match self.visible.allowed(&self.end_tokens) {
                Allowed::AllBut(forbidden) => forbid(logits, &forbidden),
                Allowed::Only(marks, words) => forbid_others(logits, &marks, words),
            }
            return;
        }
        let Ok(mask) = self.grammar.0.compute_mask_or_eos() else {
            // Nothing fits any more: better no further token than a wrong one.
            self.allow_end_alone(logits);
            return;
        };
        let end = self
            .end_tokens
            .first()
            .copied()
            .unwrap_or(TokenId(u32::MAX));
        let may_end = mask.is_allowed(end.0);
        let num_known = mask.len();
        let is_allowed = |id: u32| {
            if self.end_tokens.contains(&TokenId(id)) {
                may_end
            } else {
                (id as usize) < num_known && mask.is_allowed(id)
            }
        };
        let mut is_any_left = false;
        for (id, logit) in (0..).zip(&mut *logits) {
            if !is_allowed(id) {
                *logit = f32::NEG_INFINITY;
            }
            is_any_left |= *logit > f32::NEG_INFINITY;
        }
        if !is_any_left {
            let allowed = (0..).zip(logits).filter(|(id, _)| is_allowed(*id));
            for (_, logit) in allowed {
                *logit = 0.0;
            }
        }
    }

    /// Notes the token that has come.
    pub(crate) fn advance(&mut self, token: TokenId) {
        if self.end_tokens.contains(&token) && self.visible.has_begun() {
            return;
        }
        for shown in self.visible.advance(token) {
            if let Err(error) = self.grammar.0.consume_token(shown.0) {
                tracing::warn!(%error, "an answer left its format: {error}");
            }
        }
    }

    fn allow_end_alone(&self, logits: &mut [f32]) {
        for (id, logit) in (0..).zip(logits) {
            if !self.end_tokens.contains(&TokenId(id)) {
                *logit = f32::NEG_INFINITY;
            }
        }
    }
}

/// Makes all tokens impossible but these.
fn forbid_others(logits: &mut [f32], marks: &[TokenId], words: &[TokenId]) {
    let allowed = marks.iter().chain(words);
    let allowed: Vec<(usize, f32)> = allowed
        .filter_map(|token| {
            let at = token.0 as usize;
            Some((at, *logits.get(at)?))
        })
        .collect();
    logits.fill(f32::NEG_INFINITY);
    let is_any_left = allowed.iter().any(|(_, logit)| *logit > f32::NEG_INFINITY);
    for (at, logit) in allowed {
        logits[at] = if is_any_left { logit } else { 0.0 };
    }
}

/// Makes tokens impossible.
pub(crate) fn forbid(logits: &mut [f32], tokens: &[TokenId]) {
    for token in tokens {
        if let Some(logit) = logits.get_mut(token.0 as usize) {
            *logit = f32::NEG_INFINITY;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::SamplingParams;
    use crate::sampling::Sampler;

    fn compiler() -> FormatCompiler {
        let tokenizer = Tokenizer::bytes();
        FormatCompiler::new(&ChatTemplate::scripted(&tokenizer), &tokenizer).unwrap()
    }

    /// What a model writes that knows nothing.
    fn random_answer(constraint: &mut TokenConstraint, seed: u64, end: TokenId) -> Option<String> {
        let params = SamplingParams {
            temperature: 1.0,
            top_p: 1.0,
            seed,
            ..SamplingParams::default()
        };
        let sampler = Sampler::new(params, &[]);
        let mut text = Vec::new();
        for position in 0..400 {
            let mut logits = vec![0.0; 258];
            constraint.apply(&mut logits);
            let token = sampler.sample(&mut logits, position);
            if token == end {
                return String::from_utf8(text).ok();
            }
            constraint.advance(token);
            text.push(u8::try_from(token.0).unwrap());
        }
        None
    }

    #[test]
    fn whatever_a_random_model_finishes_is_what_the_schema_says() {
        let compiler = compiler();
        let schema = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "maxLength": 8 },
                "age": { "type": "integer", "minimum": 0, "maximum": 120 },
                "tags": {
                    "type": "array",
                    "items": { "enum": ["red", "green"] },
                    "maxItems": 3
                }
            },
            "required": ["name", "age", "tags"],
            "additionalProperties": false
        });
        let end = compiler.end_tokens[0];
        let format = compiler.compile(&AnswerFormat::JsonSchema(schema)).unwrap();
        let mut num_finished = 0;
        for seed in 0..200 {
            let mut constraint = format.constraint(&[]);
            let Some(text) = random_answer(&mut constraint, seed, end) else {
                continue;
            };
            num_finished += 1;
            let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
            assert!(
                value["name"].as_str().unwrap().chars().count() <= 8,
                "{text}"
            );
            assert!(value["age"].as_u64().unwrap() <= 120, "{text}");
            assert!(value["tags"].as_array().unwrap().len() <= 3, "{text}");
            assert_eq!(value.as_object().unwrap().len(), 3, "{text}");
        }
        assert_eq!(num_finished, 200);
    }

    #[test]
    fn a_schema_that_is_none_is_refused() {
        let compiler = compiler();
        for schema in [json!(3), json!({ "type": "wish" }), json!({ "pattern": 7 })] {
            let error = compiler
                .compile(&AnswerFormat::JsonSchema(schema))
                .unwrap_err();
            assert!(error.to_string().contains("cannot be used"), "{error}");
        }
        assert!(compiler.compile(&AnswerFormat::JsonObject).is_ok());
    }
}
