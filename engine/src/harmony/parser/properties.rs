//! Laws that hold for every sequence of tokens.

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::harmony::{ControlToken, word_vocabulary::WordVocabulary};

/// Words no header contains. The space keeps them out of the name of a recipient.
const PROSE: [&str; 3] = [" river", " runs", " slowly"];
/// What headers are made of, whole and in parts, and what models put there by mistake.
const PARTS: [&str; 24] = [
    "<|start|>",
    "<|end|>",
    "<|message|>",
    "<|channel|>",
    "<|constrain|>",
    "<|reserved|>",
    "<|start|>assistant",
    "<|channel|>analysis",
    "<|channel|>commentary",
    "<|channel|>final",
    "assistant",
    "final",
    "user",
    "comment",
    " to",
    " to=",
    " to=functions.web-browsing",
    " json",
    " code",
    " {",
    "?",
    "\n",
    "<|end|><|start|>assistant",
    "<|message|>{\"a\":1}",
];

fn tokens() -> impl Strategy<Value = Vec<TokenId>> {
    let part = prop_oneof![
        3 => select(&PARTS[..]).prop_map(WordVocabulary::encode_marked),
        2 => select(&PROSE[..]).prop_map(WordVocabulary::encode),
        1 => (0..WordVocabulary::NUM_IDS).prop_map(|id| vec![TokenId(id)]),
    ];
    vec(part, 0..24).prop_map(|parts| parts.concat())
}

fn events(parser: &mut HarmonyParser, tokens: &[TokenId]) -> Vec<Event> {
    let tokens = tokens.iter();
    tokens
        .flat_map(|&token| parser.push(token, &WordVocabulary))
        .collect()
}

fn texts(events: &[Event]) -> Vec<TokenId> {
    let texts = events.iter().filter_map(|event| match event {
        Event::Text { token, .. } => Some(*token),
        _ => None,
    });
    texts.collect()
}

/// Tokens before the first stop token.
fn before_stop(tokens: &[TokenId]) -> &[TokenId] {
    let ids = WordVocabulary::control_ids();
    let is_stop = |&token: &TokenId| {
        use ControlToken::{Call, EndOfText, Return};
        matches!(ids.token(token), Some(Call | EndOfText | Return))
    };
    let end = tokens.iter().position(is_stop).unwrap_or(tokens.len());
    &tokens[..end]
}

fn is_subsequence(part: &[TokenId], whole: &[TokenId]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|token| whole.any(|other| other == token))
}

/// Messages open and close in turn, text stands inside, the end comes once and last.
fn is_well_formed(events: &[Event]) -> bool {
    let mut open: Option<(Channel, bool)> = None;
    let mut may_call = false;
    for (position, event) in events.iter().enumerate() {
        let is_valid = match event {
            Event::MessageStarted { channel, recipient } => {
                let was_open = open.replace((*channel, recipient.is_some()));
                was_open.is_none() && !(recipient.is_some() && *channel == Channel::Final)
            }
            Event::Text { channel, .. } => open.is_some_and(|(open, _)| open == *channel),
            Event::MessageEnded => {
                may_call = open.is_some_and(|(_, is_call)| is_call);
                open.take().is_some()
            }
            Event::ToolCall { name } => std::mem::take(&mut may_call) && !name.is_empty(),
            Event::Finished => open.is_none() && position + 1 == events.len(),
        };
        if !is_valid {
            return false;
        }
    }
    matches!(events.last(), Some(Event::Finished))
}

/// Anything but the name of a tool, whose text nobody sees.
fn header_part() -> impl Strategy<Value = Vec<TokenId>> {
    let is_allowed = |part: &&str| {
        // Behind an end that no header follows words are an answer without one.
        *part != "<|end|>" && !part.contains("to")
    };
    let parts: Vec<&str> = PARTS.into_iter().filter(is_allowed).collect();
    prop_oneof![
        3 => select(parts).prop_map(WordVocabulary::encode_marked),
        2 => select(&PROSE[..]).prop_map(WordVocabulary::encode),
    ]
}

/// A token that people see as part of the answer.
fn shown(event: &Event) -> Option<TokenId> {
    match event {
        Event::Text { channel, token } if *channel != Channel::Analysis => Some(*token),
        _ => None,
    }
}

/// The rarest mistakes found so far took a thousand cases; the long checks ask for more.
fn num_cases() -> u32 {
    ProptestConfig::default().cases.max(4096)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(num_cases()))]

    #[test]
    fn no_ordinary_word_is_lost_or_said_twice(tokens in tokens()) {
        let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
        let mut events = events(&mut parser, &tokens);
        events.extend(parser.finish());
        prop_assert!(is_well_formed(&events), "{events:?}");
        let prose = WordVocabulary::encode(&PROSE.concat());
        let words = |tokens: &[TokenId]| -> Vec<TokenId> {
            tokens.iter().copied().filter(|token| prose.contains(token)).collect()
        };
        let said = texts(&events);
        prop_assert!(is_subsequence(&said, &tokens));
        prop_assert_eq!(words(&said), words(before_stop(&tokens)));
    }

    /// Whatever went wrong before, a message in order is read as it is.
    #[test]
    fn a_message_in_order_is_always_understood(tokens in tokens()) {
        let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
        events(&mut parser, before_stop(&tokens));
        events(&mut parser, &WordVocabulary::encode_marked("<|end|>"));
        let call = "<|start|>assistant<|channel|>commentary to=functions.x <|constrain|>json\
            <|message|>{}<|call|>";
        let channel = Channel::Commentary;
        let recipient = Some("functions.x".to_owned());
        let text = |character: u8| Event::Text { channel, token: TokenId(character.into()) };
        let expected = [
            Event::MessageStarted { channel, recipient },
            text(b'{'),
            text(b'}'),
            Event::MessageEnded,
            Event::ToolCall { name: "x".to_owned() },
            Event::Finished,
        ];
        let events = events(&mut parser, &WordVocabulary::encode_marked(call));
        // Words of a header before it that had no end are said first, to nobody.
        let (held, message) = events.split_at(events.len().saturating_sub(expected.len()));
        prop_assert_eq!(message, &expected[..]);
        prop_assert_eq!(held.iter().filter_map(shown).count(), 0);
    }

    /// Whatever stands where the name of a channel belongs: the answer is what is in order. What
    /// is shown stands behind `<|message|>`, and is shown at once.
    #[test]
    fn words_of_a_header_are_never_shown(parts in vec(header_part(), 0..12)) {
        let ids = WordVocabulary::control_ids();
        let header = WordVocabulary::encode_marked("<|channel|>analysis");
        let answer = "<|end|><|start|>assistant<|channel|>final<|message|>The<|return|>";
        let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
        let mut is_text = false;
        for token in [header, parts.concat()].concat() {
            let control = ids.token(token);
            is_text = match control {
                Some(ControlToken::Message) => true,
                Some(ControlToken::Start | ControlToken::End | ControlToken::Channel) => false,
                _ => is_text,
            };
            let events = parser.push(token, &WordVocabulary);
            let seen: Vec<TokenId> = events.iter().filter_map(shown).collect();
            let may_be_seen = is_text && control.is_none();
            prop_assert!(seen.is_empty() || (may_be_seen && seen == [token]), "{events:?}");
        }
        let events = events(&mut parser, &WordVocabulary::encode_marked(answer));
        let seen: Vec<TokenId> = events.iter().filter_map(shown).collect();
        prop_assert_eq!(seen, WordVocabulary::encode("The"));
    }

    /// The state is all there is: a parser that is copied, or moved elsewhere, goes on the same.
    #[test]
    fn any_two_way_split_gives_the_same_events(tokens in tokens()) {
        let mut undisturbed = HarmonyParser::new(WordVocabulary::control_ids());
        let whole = events(&mut undisturbed, &tokens);
        let end = undisturbed.finish();
        for position in 0..=tokens.len() {
            let (before, after) = tokens.split_at(position);
            let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
            let mut parts = events(&mut parser, before);
            let mut copy = parser.clone();
            prop_assert!(is_well_formed(&[parts.clone(), parser.finish()].concat()));
            parts.extend(events(&mut copy, after));
            prop_assert_eq!(&parts, &whole);
            prop_assert_eq!(copy.finish(), end.clone());
        }
    }

    /// Inside a message nothing is held back.
    #[test]
    fn text_inside_a_message_is_said_at_once(tokens in vec(0..256_u32, 0..40)) {
        let mut parser = HarmonyParser::new(WordVocabulary::control_ids());
        events(&mut parser, &WordVocabulary::encode_marked("<|channel|>final<|message|>"));
        for token in tokens.into_iter().map(TokenId) {
            let events = parser.push(token, &WordVocabulary);
            prop_assert_eq!(events, [Event::Text { channel: Channel::Final, token }]);
        }
    }
}
