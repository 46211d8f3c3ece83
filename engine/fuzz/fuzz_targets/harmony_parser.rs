//! Whatever tokens an answer has, reading it ends, and every message that opens is closed.

#![no_main]

use hearth_engine::{
    harmony::{
        ControlIds, ControlToken, Spell,
        parser::{Event, HarmonyParser},
    },
    request::TokenId,
};
use libfuzzer_sys::fuzz_target;

/// Tokens 0 to 127 are characters; then come the control tokens, a few words, and reserved ones.
struct Words;

const FIRST_CONTROL: usize = 128;
const FIRST_WORD: usize = FIRST_CONTROL + ControlToken::ALL.len();
const WORDS: [&str; 8] = [
    "assistant",
    "analysis",
    "commentary",
    "final",
    " to=",
    "functions.x",
    " json",
    "user",
];
static CHARACTERS: [u8; FIRST_CONTROL] = {
    let mut characters = [0; FIRST_CONTROL];
    let mut index = 0;
    while index < FIRST_CONTROL {
        characters[index] = index as u8;
        index += 1;
    }
    characters
};

impl Spell for Words {
    fn spell(&self, token: TokenId) -> &[u8] {
        let id = token.0 as usize;
        let word = id
            .checked_sub(FIRST_WORD)
            .and_then(|index| WORDS.get(index));
        let character = CHARACTERS.get(id..=id);
        character
            .or(word.map(|word| word.as_bytes()))
            .unwrap_or_default()
    }
}

fn id_of(name: &str) -> Option<TokenId> {
    let index = ControlToken::ALL
        .iter()
        .position(|token| token.name() == name)?;
    u32::try_from(FIRST_CONTROL + index).ok().map(TokenId)
}

fuzz_target!(|bytes: &[u8]| {
    let ids = ControlIds::resolve(id_of).expect("invariant: the words have every control token");
    let mut parser = HarmonyParser::new(ids);
    let mut events: Vec<Event> = Vec::new();
    for &byte in bytes {
        events.extend(parser.push(TokenId(byte.into()), &Words));
    }
    events.extend(parser.finish());
    assert_eq!(events.last(), Some(&Event::Finished));
    assert!(parser.finish().is_empty());

    let mut is_open = false;
    let mut num_said = 0;
    for event in events {
        match event {
            Event::MessageStarted { .. } => assert!(!std::mem::replace(&mut is_open, true)),
            Event::MessageEnded => assert!(std::mem::replace(&mut is_open, false)),
            Event::Text { .. } => num_said += 1,
            Event::ToolCall { .. } | Event::Finished => assert!(!is_open),
        }
    }
    assert!(num_said <= bytes.len());
});
