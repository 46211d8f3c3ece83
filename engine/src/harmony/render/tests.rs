use serde_json::{Value, json};

use super::*;
use crate::harmony::{
    conversation::{DeveloperSettings, FunctionTool, ResponseFormat, ToolCall, ToolResult},
    tests::text,
    word_vocabulary::WordVocabulary,
};

fn conversation(messages: Vec<Message>) -> HarmonyConversation {
    HarmonyConversation {
        system: SystemSettings {
            date: "2026-09-30".to_owned(),
            ..SystemSettings::default()
        },
        developer: DeveloperSettings::default(),
        messages,
    }
}

/// What follows the system message of a conversation.
fn rendered(messages: Vec<Message>) -> String {
    let prompt = text(&render(&conversation(messages)));
    let (_, rest) = prompt.split_once("<|end|>").unwrap();
    rest.to_owned()
}

fn user(text: &str) -> Message {
    Message::User(text.to_owned())
}

fn analysis(text: &str) -> Message {
    Message::Analysis(text.into())
}

fn answer(text: &str) -> Message {
    Message::Final(text.into())
}

fn chain() -> Vec<Message> {
    vec![
        user("u"),
        analysis("a"),
        Message::Preamble("p".into()),
        Message::ToolCall(ToolCall::function("f", "{}")),
        Message::ToolResult(ToolResult::function("f", "1")),
    ]
}

const CALL: &str = "<|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json\
    <|message|>{}<|call|><|start|>functions.f to=assistant<|channel|>commentary<|message|>1<|end|>";

#[test]
fn the_whole_prompt_reads_as_the_format_says() {
    let mut conversation = conversation(vec![user("Hi")]);
    conversation.developer.instructions = "Be brief.".to_owned();
    conversation.developer.tools = vec![weather(), clock()];
    conversation.developer.response_formats = vec![ResponseFormat {
        name: "shopping_list".to_owned(),
        description: "What to buy.".to_owned(),
        schema: json!({ "type": "array" }),
    }];
    let expected = include_str!("../../../tests/harmony/developer.txt");
    let prompt = text(&render(&conversation));
    assert_eq!(prompt, expected.trim_end());
}

fn weather() -> FunctionTool {
    FunctionTool {
        name: "get_weather".to_owned(),
        description: "Gets the weather.\nFor one city.".to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "location": { "type": "string", "description": "City" },
                "unit": {
                    "type": "string",
                    "enum": ["celsius", "fahrenheit"],
                    "default": "celsius",
                },
            },
            "required": ["location"],
        }),
    }
}

fn clock() -> FunctionTool {
    FunctionTool {
        name: "get_time".to_owned(),
        description: String::new(),
        parameters: Value::Null,
    }
}

#[test]
fn a_call_that_must_be_is_begun_up_to_what_the_model_chooses() {
    let head = "<|channel|>commentary to=functions";
    let named = format!("{head}.get_time <|constrain|>json<|message|>");
    assert_eq!(text(&begun_call(Some("get_time"))), named);
    assert_eq!(text(&begun_call(None)), head);
}

#[test]
fn reasoning_stays_until_the_turn_is_answered() {
    let head = "<|start|>user<|message|>u<|end|>";
    let reasoning = "<|start|>assistant<|channel|>analysis<|message|>a<|end|>";
    let preamble = "<|start|>assistant<|channel|>commentary<|message|>p<|end|>";
    let tail = "<|start|>assistant";
    assert_eq!(
        rendered(chain()),
        format!("{head}{reasoning}{preamble}{CALL}{tail}")
    );
    let mut turn = chain();
    turn.extend([analysis("b"), answer("c")]);
    let answered = "<|start|>assistant<|channel|>final<|message|>c<|end|>";
    let finished = format!("{head}{preamble}{CALL}{answered}");
    assert_eq!(rendered(turn.clone()), format!("{finished}{tail}"));
    turn.extend(chain());
    assert_eq!(
        rendered(turn.clone()),
        format!("{finished}{head}{reasoning}{preamble}{CALL}{tail}")
    );
    turn.extend([answer("c"), user("u")]);
    assert_eq!(rendered(turn), format!("{finished}{finished}{head}{tail}"));
}

#[test]
fn a_message_whose_ids_are_not_known_is_continued_by_its_text() {
    let begun = text(&begun_message(Channel::Analysis, "The riv"));
    assert_eq!(begun, "<|channel|>analysis<|message|>The riv");
}

#[test]
fn a_call_and_its_answer_stand_in_a_running_turn_as_in_a_later_prompt() {
    let answered = text(&answered_call(&ToolResult::function("f", "1")));
    let after = answered.strip_prefix("<|call|>").unwrap();
    let prompt = rendered(chain());
    assert!(prompt.ends_with(after), "{prompt}");
}

#[test]
fn between_two_control_tokens_text_is_one_piece() {
    let pieces = render(&conversation(chain()));
    let is_text = |piece: &Piece| !matches!(piece, Piece::Control(_));
    assert!(
        pieces
            .windows(2)
            .all(|pair| !(is_text(&pair[0]) && is_text(&pair[1])))
    );
    let header = " to=functions.f ".to_owned();
    assert!(pieces.contains(&Piece::Text(format!("commentary{header}"))));
}

#[test]
fn the_model_s_own_ids_are_kept_if_they_spell_the_text() {
    let ids = WordVocabulary::control_ids();
    let written = |token_ids: Vec<TokenId>| {
        let text = " river".to_owned();
        let piece = Piece::Written(Written { text, token_ids });
        to_ids(&[piece], &ids, &WordVocabulary, WordVocabulary::encode)
    };
    let bytes: Vec<TokenId> = b" river".iter().map(|&byte| TokenId(byte.into())).collect();
    let encoded = WordVocabulary::encode(" river");
    assert_ne!(bytes, encoded);
    assert_eq!(written(bytes.clone()), bytes);
    let mut too_many = bytes.clone();
    too_many.push(ids.id(ControlToken::End));
    for unfit in [Vec::new(), bytes[1..].to_vec(), too_many] {
        assert_eq!(written(unfit), encoded);
    }
}

/// The parameters of a function with this one field.
#[track_caller]
fn check(field: &Value, expected: &str) {
    let schema = json!({ "type": "object", "properties": { "x": field }, "required": ["x"] });
    let rendered = typescript::parameters(&schema);
    assert_eq!(rendered, format!("_: {{\n{expected}\n}}"), "{field}");
}

#[test]
fn every_simple_type_has_its_name() {
    check(&json!({ "type": "string" }), "x: string,");
    check(
        &json!({ "type": "integer", "default": 10 }),
        "x: number, // default: 10",
    );
    check(
        &json!({ "type": "number", "nullable": true }),
        "x: number | null,",
    );
    check(
        &json!({ "type": "boolean", "title": "X" }),
        "// X\n//\nx: boolean,",
    );
    check(
        &json!({ "type": "string", "default": "a" }),
        "x: string, // default: \"a\"",
    );
    check(
        &json!({ "type": "string", "examples": ["a"] }),
        "// Examples:\n// - \"a\"\nx: string,",
    );
    check(&json!({ "type": ["integer", "null"] }), "x: number | null,");
    check(&json!({ "enum": ["a", 1] }), "x: \"a\" | 1,");
    check(&json!({ "const": "a" }), "x: \"a\",");
    check(&json!({ "type": "object" }), "x: object,");
    check(&json!({ "description": "a\nb" }), "// a\n// b\nx: any,");
    check(&json!({ "$ref": "#/definitions/a" }), "x: any,");
    check(&json!(true), "x: any,");
}

#[test]
fn compound_types_nest() {
    check(&json!({ "type": "array" }), "x: any[],");
    check(
        &json!({ "type": "array", "items": { "type": "integer" } }),
        "x: number[],",
    );
    check(
        &json!({ "type": "array", "items": { "enum": ["a", "b"] } }),
        "x: (\"a\" | \"b\")[],",
    );
    check(
        &json!({ "type": "object", "properties": { "y": { "type": "string" } } }),
        "x: {\n    y?: string,\n    },",
    );
    check(
        &json!({ "type": "array", "items": { "properties": { "y": { "enum": ["a", "b"] } } } }),
        "x: {\n    y?: \"a\" | \"b\",\n    }[],",
    );
    check(
        &json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] }),
        "x: string | null,",
    );
    check(
        &json!({
            "description": "Either.",
            "default": 1,
            "oneOf": [{ "type": "string", "description": "A." }, { "type": "integer" }],
        }),
        "// Either.\n// default: 1\nx:\n | string // A.\n | number\n,",
    );
}

#[test]
fn a_function_without_fields_takes_nothing() {
    for schema in [
        json!(null),
        json!({}),
        json!({ "type": "object", "properties": {} }),
    ] {
        assert_eq!(typescript::parameters(&schema), "");
    }
}
