use std::path::Path;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    loader::ModelFile,
    request::{ChatMessage, Role},
};

/// Both templates, each with a vocabulary.
fn templates() -> Vec<(ChatTemplate, Tokenizer)> {
    let bytes = Tokenizer::bytes();
    let line = "<|im_start|>system\\nYou help.<|im_end|>";
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.join("tests/golden/gpt-oss-tiny-chat/model");
    let words = Tokenizer::open(&ModelFile::open(&path).unwrap()).unwrap();
    vec![
        (ChatTemplate::scripted(&bytes), Tokenizer::bytes()),
        (ChatTemplate::recognise(line, &bytes).unwrap(), bytes),
        (ChatTemplate::harmony(&words).unwrap(), words),
    ]
}

#[test]
fn a_file_without_a_template_is_read_as_chatml_if_its_vocabulary_is_made_for_it() {
    let conversation = Conversation::new(vec![ChatMessage::new(Role::User, "Hi.")]);
    let (_, words) = templates().pop().unwrap();
    assert_eq!(
        ChatTemplate::assumed(&words),
        Err(ChatTemplateError::Missing)
    );
    let bytes = Tokenizer::bytes();
    let assumed = ChatTemplate::assumed(&bytes).unwrap();
    let prompt = assumed.prompt(&conversation, &bytes);
    let text = "<|im_start|>user\nHi.<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(bytes.decode(&prompt), text);
}

fn message() -> impl Strategy<Value = ChatMessage> {
    let role = prop::sample::select(vec![Role::User, Role::Assistant]);
    let text = prop::sample::select(vec!["", "Hi.", "a\n", " b", "你好", "<|end|>"]);
    (role, text, any::<bool>()).prop_map(|(role, text, thinks)| {
        let mut message = ChatMessage::new(role, text);
        if thinks && role == Role::Assistant {
            message.reasoning = "Well.".to_owned();
        }
        message
    })
}

proptest! {
    #[test]
    fn leaving_messages_out_is_the_prompt_without_them(
        messages in vec(message(), 1..6),
        has_system in any::<bool>(),
        cut in any::<(usize, usize)>(),
    ) {
        for (template, tokenizer) in templates() {
            let mut all = messages.clone();
            if has_system {
                all.insert(0, ChatMessage::new(Role::System, "Be brief."));
            }
            let first = usize::from(has_system);
            let ends = [cut.0, cut.1].map(|end| first + end % (all.len() - first + 1));
            let (start, end) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            let mut tokens = template.prompt_tokens(&Conversation::new(all.clone()), &tokenizer);
            let num_tokens = tokens.ids().len() - tokens.num_tokens_of(start..end);
            tokens.leave_out(start..end);
            all.drain(start..end);
            prop_assert_eq!(tokens.ids().len(), num_tokens);
            let expected = template.prompt_tokens(&Conversation::new(all), &tokenizer);
            prop_assert_eq!(tokens, expected);
        }
    }

    #[test]
    fn what_every_next_prompt_begins_with_is_found_without_making_one(
        messages in vec(message(), 0..6),
    ) {
        for (template, tokenizer) in templates() {
            let conversation = Conversation::new(messages.clone());
            let tokens = template.prompt_tokens(&conversation, &tokenizer);
            let mut next = conversation;
            next.messages.push(ChatMessage::new(Role::User, "."));
            let next = template.prompt(&next, &tokenizer);
            let common = tokens.ids().iter().zip(&next).take_while(|(id, other)| id == other);
            let expected = next[..common.count()].to_vec();
            prop_assert_eq!(tokens.into_next_prompt(), expected);
        }
    }

    #[test]
    fn fixed_tokens_are_the_same_whatever_is_said_behind_them(
        messages in vec(message(), 0..4),
        others in vec(message(), 0..4),
        instructions in prop::sample::select(vec!["", "Be brief.", "Be kind."]),
    ) {
        for (template, tokenizer) in templates() {
            let fixed = vec![ChatMessage::new(Role::System, "Help.")];
            let said = [fixed.clone(), messages.clone()].concat();
            let mut other = [fixed, others.clone()].concat();
            if !instructions.is_empty() {
                other.push(ChatMessage::new(Role::System, instructions));
            }
            let [said, other] = [said, other].map(Conversation::new);
            let [said, other] =
                [said, other].map(|it| template.prompt_tokens(&it, &tokenizer));
            for num_messages in 0..=1 {
                let num_fixed = said.num_fixed(num_messages).min(other.num_fixed(num_messages));
                prop_assert_eq!(&said.ids()[..num_fixed], &other.ids()[..num_fixed]);
            }
        }
    }
}

#[test]
fn instructions_of_a_person_are_no_fixed_tokens() {
    for (template, tokenizer) in templates() {
        let said = ["Be brief.", "Be kind."].map(|text| {
            let messages = vec![ChatMessage::new(Role::System, text)];
            template.prompt_tokens(&Conversation::new(messages), &tokenizer)
        });
        let [brief, kind] = &said;
        let num_fixed = brief.num_fixed(0);
        assert_eq!(brief.ids()[..num_fixed], kind.ids()[..num_fixed]);
        assert!(
            brief.num_fixed(1) > num_fixed + 4,
            "its text is behind them"
        );
    }
}
