//! What is wrong with a conversation of another program is named with it, and nothing is written;
//! the others can be had without it. Whatever somebody sends, there is an answer.

use std::{io::Cursor, ops::ControlFlow};

use hearth_app::model::ImportFault;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{
    super::corrupted::Guarded,
    bring, brought, look,
    samples::{chatgpt, librechat, llama_cpp, open_webui, short},
    shelf,
};
use crate::import::{ImportFile, import_readable};

/// What of a conversation is put at a place, and words that say what is wrong.
type Damage = (&'static str, Value, &'static str);

fn deep() -> Value {
    let text = "[".repeat(125) + &"]".repeat(125);
    serde_json::from_str(&text).unwrap()
}

fn of_chatgpt() -> Vec<Damage> {
    let long = "字".repeat(100_000);
    vec![
        ("/mapping", Value::Null, "mapping: something else"),
        ("/mapping", json!([]), "mapping: something else"),
        ("/title", json!(7), "title: something else"),
        (
            "/conversation_id",
            json!({}),
            "conversation_id: something else",
        ),
        (
            "/current_node",
            json!(["a"]),
            "current_node: something else",
        ),
        (
            "/create_time",
            json!("yesterday"),
            "create_time: is no time: \"yesterday\"",
        ),
        ("/create_time", json!(-5), "create_time: is no time"),
        ("/update_time", json!(1e300), "update_time: is no time"),
        ("/mapping/sys/parent", json!("a4"), "lead in a circle"),
        ("/mapping/a1/parent", json!("a1"), "lead in a circle"),
        ("/mapping/a1/parent", json!(1), "mapping/a1/parent"),
        ("/mapping/a1", json!([]), "mapping/a1"),
        ("/mapping/a1/message", json!("Hi"), "mapping/a1/message"),
        (
            "/mapping/a1/message/create_time",
            json!({}),
            "mapping/a1/message/create_time: is no",
        ),
        ("/mapping/a1/message/author", json!("me"), "author"),
        ("/mapping/a1/message/author/role", json!(1), "role"),
        ("/mapping/a1/message/content", json!(1), "content"),
        ("/mapping/a1/message/content/parts", json!("x"), "parts"),
        (
            "/mapping/a1/message/content/parts/0",
            deep(),
            "recursion limit",
        ),
        (
            "/mapping/q1/message/content/parts/0",
            json!(long),
            "at most 262144",
        ),
        ("/mapping/a1/message/metadata", json!([]), "metadata"),
        (
            "/mapping/q2/message/metadata/attachments",
            json!("x"),
            "attachments",
        ),
        ("/mapping/t1/message/content/thoughts", json!(5), "thoughts"),
        (
            "/conversation_id",
            json!("good"),
            "is the same conversation as #1",
        ),
    ]
}

fn of_open_webui() -> Vec<Damage> {
    vec![
        ("/chat/history/messages", json!([]), "messages"),
        ("/chat/history/messages/q1", json!("x"), "q1"),
        (
            "/chat/history/messages/q1/timestamp",
            json!("noon"),
            "messages/q1/timestamp: is no",
        ),
        ("/chat/history/messages/q1/role", json!(1), "role"),
        (
            "/chat/history/messages/q1/parentId",
            json!("a3"),
            "lead in a circle",
        ),
        ("/created_at", json!([]), "created_at: is no time"),
    ]
}

fn of_librechat() -> Vec<Damage> {
    vec![
        ("/messagesTree", json!([1]), "something else than a message"),
        (
            "/messagesTree/0/messageId",
            Value::Null,
            "messages/0/messageId: is empty",
        ),
        (
            "/messagesTree/0/messageId",
            json!("m3"),
            "\"m3\" stands here twice",
        ),
        (
            "/messagesTree/0/createdAt",
            json!("13 o'clock"),
            "messages/0/createdAt: is no time",
        ),
        ("/messagesTree/0/text", json!(["x"]), "messages/0/text"),
    ]
}

fn of_llama_cpp() -> Vec<Damage> {
    vec![
        ("/messages", json!({}), "messages"),
        ("/messages/2/id", json!("3"), "\"3\" stands here twice"),
        ("/messages/2/id", Value::Null, "messages/2/id: is empty"),
        ("/messages/2/parent", json!("3"), "lead in a circle"),
        ("/messages/2/content", json!(1), "messages/2/content"),
        ("/conv", json!([]), "conv"),
    ]
}

/// A chat that is sound, one that is damaged, and how.
type Kind = (Value, fn() -> Value, Vec<Damage>);

#[test]
fn each_damage_is_named_with_its_conversation_and_nothing_is_written() {
    let guarded = Guarded::new();
    let kinds: [Kind; 4] = [
        (short("good", "Good"), chatgpt, of_chatgpt()),
        (other_id(open_webui(), "/id"), open_webui, of_open_webui()),
        (
            other_id(librechat(), "/conversationId"),
            librechat,
            of_librechat(),
        ),
        (other_id(llama_cpp(), "/conv/id"), llama_cpp, of_llama_cpp()),
    ];
    let number: usize = kinds.iter().map(|(_, _, damages)| damages.len()).sum();
    assert!(number > 30, "{number}");
    for (good, whole, damages) in kinds {
        for (place, value, words) in damages {
            let mut bad = whole();
            *bad.pointer_mut(place).unwrap() = value;
            let file = json!([good, bad]).to_string().into_bytes();
            let problem = guarded.refuse(place, file);
            let told = problem.to_string();
            assert!(told.starts_with("conversation 2 \""), "{place}: {told}");
            assert!(told.contains(words), "{place}: {told}");
            assert!(matches!(problem.fault, ImportFault::InConversation { .. }));
        }
    }
}

fn other_id(mut conversation: Value, place: &str) -> Value {
    *conversation.pointer_mut(place).unwrap() = json!("good");
    conversation
}

#[test]
fn what_no_value_can_be_is_named_too() {
    let guarded = Guarded::new();
    let (good, bad) = (short("good", "Good").to_string(), chatgpt().to_string());
    for (what, from, to, words) in [
        (
            "a node twice",
            "\"a2\":",
            "\"a1\":",
            "\"a1\" stands here twice",
        ),
        (
            "half a letter",
            "Edited",
            "\\ud83d",
            "conversation 2 \"Rain\"",
        ),
        ("no JSON", "\"Edited\"", "Edited", "conversation 2"),
        (
            "a member twice",
            "\"title\":",
            "\"title\":\"Sun\",\"title\":",
            "duplicate field",
        ),
        (
            "no bracket",
            "\"current_node\":",
            "}\"current_node\":",
            "a comma is missing",
        ),
    ] {
        assert!(bad.contains(from), "{what}");
        let file = format!("[{good},{}]", bad.replacen(from, to, 1));
        let problem = guarded.refuse(what, file.into_bytes());
        assert!(problem.to_string().contains(words), "{what}: {problem}");
    }
    for (what, end, words) in [
        (
            "cut off",
            "",
            "conversation 2 \"\": the file ends in the middle",
        ),
        ("more behind", "] []", "something follows"),
    ] {
        let file = format!("[{good}{end}");
        let problem = guarded.refuse(what, file.into_bytes());
        assert!(problem.to_string().contains(words), "{what}: {problem}");
    }
}

#[test]
fn the_others_are_imported_if_somebody_wants_that_and_the_rest_another_day() {
    let shelf = shelf();
    let mut damaged = chatgpt();
    damaged["mapping"]["a1"]["message"]["author"] = json!("me");
    let mut list: Vec<Value> = (0..60)
        .map(|number| {
            let mut record = short(&format!("{number}"), &format!("Chat {number}"));
            if number % 2 == 1 {
                record["mapping"] = json!(number);
            }
            record
        })
        .collect();
    list.push(damaged);
    let file = json!(list).to_string().into_bytes();
    let found = look(&shelf, file.clone());
    assert_eq!(found.counts.new_conversations, 30);
    assert_eq!(brought(found.counts).unreadable, 31);
    assert_eq!(
        (found.unreadable.named().len(), found.unreadable.num_more()),
        (31, 0)
    );
    let first = found.unreadable.named()[0].to_string();
    assert!(
        first.starts_with("conversation 2 \"Chat 1\": mapping: "),
        "{first}"
    );
    assert!(shelf.import(shelf.ada, file.clone()).is_err());
    assert!(shelf.documents(shelf.ada).is_empty());
    let _runtime = shelf.runtime.enter();
    let counts = import_readable(&shelf.store, shelf.ada, Cursor::new(file), None).unwrap();
    assert_eq!(counts, found.counts);
    assert_eq!(shelf.documents(shelf.ada).len(), 30);
    list.pop();
    list.push(chatgpt());
    list.retain(|record| record["mapping"].is_object());
    let counts = bring(&shelf, &json!(list));
    assert_eq!(
        (counts.new_conversations, counts.unchanged_conversations),
        (1, 30)
    );
}

/// Looks at a file as an import does before it writes; there is an answer.
fn answer(file: Vec<u8>) {
    let opened = ImportFile::open(Cursor::new(file));
    let _ = opened.and_then(|mut file| file.walk(|_| Ok(ControlFlow::Continue(()))));
}

/// Names and texts that mean something somewhere.
const NAMES: &str = "mapping message messages messagesTree children history chat conv id parent a b \
    conversationId parentId author role content parts content_type thoughts create_time timestamp \
    messageId type currNode output files extra toolCalls metadata attachments title";
const TEXTS: &str = "a b user assistant tool system text code thoughts session multimodal_text \
    image_asset_pointer <think> [{}] \u{e200}cite 【1†a】";

fn one_of(words: &'static str) -> impl Strategy<Value = String> + Clone {
    let words: Vec<&str> = words.split_whitespace().collect();
    select(words).prop_map(str::to_owned)
}

/// Values of any kind.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        one_of(TEXTS).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let member = (one_of(NAMES), inner.clone());
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::from),
            vec(member, 0..10).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_has_an_answer(value in value()) {
        answer(value.to_string().into_bytes());
        answer(json!([value]).to_string().into_bytes());
    }

    /// Somewhere in a whole export, something else.
    #[test]
    fn any_value_in_a_whole_export_has_an_answer(
        value in value(),
        which in 0..4_usize,
        place in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut exported = [chatgpt(), open_webui(), librechat(), llama_cpp()][which].clone();
        let mut places = Vec::new();
        places_of(&exported, "", &mut places);
        *exported.pointer_mut(&places[place.index(places.len())]).unwrap() = value;
        let mut file = json!([exported]).to_string().into_bytes();
        answer(file.clone());
        file.truncate(cut.index(file.len()));
        answer(file);
    }
}

fn places_of(value: &Value, place: &str, places: &mut Vec<String>) {
    places.push(place.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                places_of(value, &format!("{place}/{name}"), places);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                places_of(value, &format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
}
