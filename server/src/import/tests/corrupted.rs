//! Files that are damaged, huge, deep or somebody else's: each is refused with the place of what
//! is wrong, and nothing is written.

use std::{io::Write as _, sync::Arc};

use hearth_app::model::ImportProblem;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::shelf::{Shelf, archive_of, sample};
use crate::{
    export::{ConversationDocument, Timestamp},
    import::ImportError,
};

fn document() -> Value {
    let document = ConversationDocument::new(sample(1), Timestamp::from_ms(0));
    serde_json::from_str(&document.to_json()).unwrap()
}

/// A shelf with one conversation, and what is on it.
pub(super) struct Guarded {
    shelf: Shelf,
    before: [Vec<ConversationDocument>; 2],
}

impl Guarded {
    pub(super) fn new() -> Self {
        let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
        shelf.import(shelf.ada, archive_of(&[sample(2)])).unwrap();
        let before = shelf.everything();
        Self { shelf, before }
    }

    /// The first problem of a file that changes nothing.
    pub(super) fn refuse(&self, what: &str, file: Vec<u8>) -> ImportProblem {
        let outcome = self.shelf.import(self.shelf.ada, file);
        assert_eq!(self.shelf.everything(), self.before, "{what}");
        match outcome {
            Err(ImportError::Refused(problems)) => problems.named()[0].clone(),
            other => panic!("{what}: {other:?}"),
        }
    }
}

/// A member, what is put there, and where the problem is named.
type Corruption = (&'static str, Value, &'static str);

const NOBODY: &str = "0192f0c1-2f3a-7000-8000-00000000dead";

fn corruptions_of_a_conversation() -> Vec<Corruption> {
    vec![
        ("schema", json!("hearth.something"), "schema"),
        ("schema", Value::Null, "schema"),
        ("version", json!(4), "version"),
        ("version", json!(0), "version"),
        ("version", json!("1"), "version"),
        ("id", json!("not an id"), "id"),
        ("id", json!(7), "id"),
        ("title", json!("   "), "title"),
        ("title", json!("字".repeat(201)), "title"),
        ("title", json!("another title"), "sha256"),
        ("created_at", json!("yesterday"), "created_at"),
        (
            "updated_at",
            json!("2026-02-30T00:00:00.000Z"),
            "updated_at",
        ),
        ("active_message_id", json!(NOBODY), "active_message_id"),
        ("messages", json!({}), "messages"),
        ("sha256", json!("0".repeat(64)), "sha256"),
        ("settings", json!({"system": "be kind"}), "settings/system"),
        ("settings", json!({"temperature": 9}), "settings"),
        ("settings", json!({"max_tokens": 0}), "settings"),
        ("folder", json!("Tax"), "version"),
        ("pinned_at", json!("soon"), "pinned_at"),
        ("archived_at", json!("2026-11-24T06:30:00.123Z"), "version"),
    ]
}

/// The same of one message, by its number.
fn corruptions_of_messages() -> Vec<(usize, Corruption)> {
    let too_long = "a".repeat(256 * 1024 + 1);
    vec![
        (1, ("id", json!(["no"]), "id")),
        (1, ("parent_id", json!(NOBODY), "parent_id")),
        (1, ("parent_id", Value::Null, "parent_id")),
        (2, ("role", json!("system"), "role")),
        (2, ("status", json!("dreaming"), "status")),
        (0, ("status", json!("running"), "status")),
        (3, ("text", json!(5), "text")),
        (0, ("text", json!(too_long), "text")),
        (3, ("text", json!("another text"), "sha256")),
        (1, ("finish_reason", json!("tired"), "finish_reason")),
        (1, ("params", json!({"temperature": 9}), "params")),
        (1, ("params", json!({"unknown": 1}), "params")),
        (
            1,
            ("usage", json!({"prompt_tokens": -1}), "usage/prompt_tokens"),
        ),
        (1, ("model", json!({"name": 1}), "model/name")),
        (1, ("error", json!("e".repeat(5000)), "error")),
        (1, ("reasoning", json!("thoughts"), "reasoning")),
        (
            0,
            (
                "reasoning",
                json!({"text": "hm", "duration_ms": 5}),
                "reasoning",
            ),
        ),
        (1, ("tool_steps", json!([{"tool": 1}]), "tool_steps/0/tool")),
        (1, ("thoughts", json!("thoughts"), "thoughts")),
        (2, ("created_at", json!(0), "created_at")),
        (2, ("sha256", json!("f".repeat(64)), "sha256")),
    ]
}

#[test]
fn every_corruption_is_named_by_its_place_and_changes_nothing() {
    let guarded = Guarded::new();
    let check = |parent: &str, (member, value, place): Corruption| {
        let mut document = document();
        let what = format!("{parent}/{member} = {value:.60}");
        document.pointer_mut(parent).unwrap()[member] = value;
        let problem = guarded.refuse(&what, document.to_string().into_bytes());
        let expected = format!("{parent}/{place}");
        assert_eq!(format!("/{}", problem.place), expected, "{what}: {problem}");
        assert!(problem.fault.to_string().len() > 5, "{problem}");
    };
    let (of_all, of_one) = (corruptions_of_a_conversation(), corruptions_of_messages());
    assert!(of_all.len() + of_one.len() >= 30);
    for corruption in of_all {
        check("", corruption);
    }
    for (index, corruption) in of_one {
        check(&format!("/messages/{index}"), corruption);
    }
}

#[test]
fn a_message_twice_or_before_its_parent_is_named() {
    let guarded = Guarded::new();
    let mut twice = document();
    twice["messages"][2] = twice["messages"][0].clone();
    let problem = guarded.refuse("twice", twice.to_string().into_bytes());
    assert_eq!(problem.place, "messages/2/id");
    let mut backwards = document();
    let messages = backwards["messages"].as_array_mut().unwrap();
    messages.swap(0, 1);
    let problem = guarded.refuse("backwards", backwards.to_string().into_bytes());
    assert_eq!(problem.place, "messages/0/parent_id");
}

#[test]
fn files_that_are_something_else_are_refused_in_words() {
    let guarded = Guarded::new();
    let whole = document().to_string();
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let mut buried = document();
    buried["messages"][1]["params"] = json!({"temperature": "here"});
    let buried = buried.to_string().replace("\"here\"", &deep(100_000));
    let chats = json!([{"title": "From another product", "mapping": {}}]);
    let others = json!([{"title": "From nobody knows where"}]);
    for (what, file, words) in [
        ("empty", String::new(), "not JSON"),
        ("text", "Dear diary".to_owned(), "not JSON"),
        (
            "cut off",
            whole[..whole.floor_char_boundary(whole.len() / 2)].to_owned(),
            "not JSON",
        ),
        ("more behind", format!("{whole}{{}}"), "trailing characters"),
        ("an array", others.to_string(), "not made by Hearth"),
        (
            "another object",
            json!({"talk": {}}).to_string(),
            "not made by Hearth",
        ),
        ("empty chats", chats.to_string(), "no conversation with a"),
        (
            "an empty chat",
            json!({"chat": {}}).to_string(),
            "no conversation with a",
        ),
        ("deep", deep(1_000_000), "not"),
        ("deep inside", buried, "recursion limit"),
        (
            "a ZIP in name",
            "PK\u{3}\u{4}broken".to_owned(),
            "ZIP file is damaged",
        ),
    ] {
        let problem = guarded.refuse(what, file.into_bytes());
        assert!(problem.to_string().contains(words), "{what}: {problem}");
    }
    let huge = guarded.refuse("huge", vec![b' '; (64 << 20) + 1]);
    assert!(huge.to_string().contains("67108864"), "{huge}");
}

#[test]
fn an_archive_with_one_bad_conversation_is_refused_as_a_whole() {
    let guarded = Guarded::new();
    let trees = [sample(3), sample(4)];
    let (file, _) = rewrite(&archive_of(&trees), |name, content| {
        let is_last =
            name.starts_with("conversations/") && content.contains(&trees[1].id.to_string());
        (is_last && name.split('.').next_back() == Some("json")).then(|| {
            let mut document: Value = serde_json::from_str(content).unwrap();
            document["messages"][2]["role"] = json!("system");
            document.to_string()
        })
    });
    let problem = guarded.refuse("one bad", file);
    let (path, place) = problem.place.split_once(".json/").unwrap();
    assert!(path.starts_with("conversations/") && path.ends_with(&trees[1].id.to_string()));
    assert_eq!(place, "messages/2/role");
}

#[test]
fn an_archive_that_lacks_something_or_was_exchanged_is_refused() {
    let guarded = Guarded::new();
    let whole = archive_of(&[sample(3), sample(4)]);
    let (foreign, _) = rewrite(&whole, |name, _| {
        (name == "manifest.json").then(String::new)
    });
    let problem = guarded.refuse("no manifest", foreign);
    assert_eq!(problem.place, "manifest.json");
    let (shorter, _) = rewrite(&whole, |name, content| {
        (name == "manifest.json").then(|| {
            let mut manifest: Value = serde_json::from_str(content).unwrap();
            manifest["conversations"].as_array_mut().unwrap().pop();
            manifest.to_string()
        })
    });
    let problem = guarded.refuse("a shorter manifest", shorter);
    assert_eq!(problem.place, "manifest.json/sha256");
    let mut cut = whole.clone();
    cut.truncate(whole.len() - 40);
    let problem = guarded.refuse("cut off", cut);
    assert!(
        problem.to_string().contains("damaged or incomplete"),
        "{problem}"
    );
    let mut flipped = whole;
    flipped[200] ^= 1;
    guarded.refuse("a flipped bit", flipped);
}

#[test]
fn an_archive_that_is_larger_than_it_says_is_refused_before_it_fills_the_memory() {
    let guarded = Guarded::new();
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    out.start_file("manifest.json", options).unwrap();
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..80 {
        out.write_all(&spaces).unwrap();
    }
    let bomb = out.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20);
    let problem = guarded.refuse("a bomb", bomb);
    assert_eq!(problem.place, "manifest.json");
    assert!(problem.to_string().contains("67108864"), "{problem}");
}

#[test]
fn a_document_that_is_too_long_is_refused_by_its_name_in_the_archive() {
    let guarded = Guarded::new();
    let trees = [sample(3), sample(4)];
    let id = trees[1].id.to_string();
    let (file, _) = rewrite(&archive_of(&trees), |name, _| {
        let is_long = name.contains(&id) && name.split('.').next_back() == Some("json");
        is_long.then(|| " ".repeat((64 << 20) + 1))
    });
    let problem = guarded.refuse("a long document", file);
    let name = problem.place.strip_suffix(".json").unwrap();
    assert!(name.starts_with("conversations/") && name.ends_with(&id));
    assert!(problem.to_string().contains("67108864"), "{problem}");
}

/// The same archive with some contents replaced; an empty replacement leaves the file out.
pub(super) fn rewrite(
    archive: &[u8],
    replacement: impl Fn(&str, &str) -> Option<String>,
) -> (Vec<u8>, usize) {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut num_replaced = 0;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let content = std::io::read_to_string(&mut entry).unwrap();
        let new = replacement(&name, &content);
        num_replaced += usize::from(new.is_some());
        if new.as_ref().is_some_and(String::is_empty) {
            continue;
        }
        out.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        out.write_all(new.as_ref().unwrap_or(&content).as_bytes())
            .unwrap();
    }
    (out.finish().unwrap().into_inner(), num_replaced)
}
