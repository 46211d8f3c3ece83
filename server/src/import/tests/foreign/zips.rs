//! ZIPs of other programs: those that are read, and those that are known by name.

use std::io::{Cursor, Write as _};

use hearth_app::model::ImportFault;
use serde_json::json;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    super::corrupted::Guarded,
    bring, brought, look, outline,
    samples::{CHATGPT, chatgpt, llama_cpp_lines, short},
    shelf,
};
use crate::import::ImportError;

fn zip_of(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in files {
        out.start_file(*name, options).unwrap();
        out.write_all(content).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_of(files, CompressionMethod::Deflated)
}

#[test]
fn the_zip_of_chatgpt_is_imported_as_it_is_and_its_list_alone_is_the_same() {
    let list = json!([chatgpt()]).to_string();
    let file = zip(&[
        ("user.json", b"{\"id\":\"user-1\"}"),
        ("__MACOSX/._conversations.json", b"junk"),
        ("conversations.json", list.as_bytes()),
        ("chat.html", b"<html>"),
        ("file_1-cloud.png", b"PNG"),
        ("shared_conversations.json", b"[]"),
    ]);
    let shelf = shelf();
    let found = look(&shelf, file.clone());
    assert_eq!(found.counts.new_messages, 7);
    let counts = shelf.import(shelf.ada, file).unwrap();
    assert_eq!(counts, found.counts);
    assert_eq!(outline(&shelf.documents(shelf.ada)[0]), CHATGPT);
    let again = bring(&shelf, &json!([chatgpt()]));
    assert!(again.is_nothing_new(), "{again:?}");
}

#[test]
fn a_list_in_several_files_and_in_a_folder_is_one() {
    let [one, two] = [
        json!([chatgpt()]),
        json!([short("b", "B"), short("c", "C")]),
    ];
    let file = zip(&[
        ("export/conversations-001.json", two.to_string().as_bytes()),
        ("export/conversations-000.json", one.to_string().as_bytes()),
    ]);
    let shelf = shelf();
    let counts = shelf.import(shelf.ada, file).unwrap();
    assert_eq!((counts.new_conversations, counts.new_messages), (3, 11));
    assert_eq!(brought(counts).conversations, 3);
}

#[test]
fn a_zip_of_llama_cpp_has_a_file_for_each_conversation() {
    let lines = llama_cpp_lines();
    let other = lines.replace("conv-1", "conv-2");
    let file = zip(&[
        ("2026-05-01_conv_1.jsonl", lines.as_bytes()),
        ("2026-05-01_conv_2.jsonl", other.as_bytes()),
    ]);
    let shelf = shelf();
    let counts = shelf.import(shelf.ada, file).unwrap();
    assert_eq!((counts.new_conversations, counts.new_messages), (2, 6));
}

#[test]
fn files_of_programs_that_are_not_read_are_called_by_their_names() {
    let guarded = Guarded::new();
    let claude = json!([{"uuid": "u", "name": "Talk", "chat_messages": []}]).to_string();
    let deepseek = json!([{"id": "d", "mapping": {}, "inserted_at": "2026"}]).to_string();
    let cases: [(&str, Vec<u8>); 5] = [
        (
            "Claude",
            zip(&[
                ("conversations.json", claude.as_bytes()),
                ("users.json", b"[]"),
            ]),
        ),
        ("Claude", claude.into_bytes()),
        (
            "DeepSeek",
            zip(&[("conversations.json", deepseek.as_bytes())]),
        ),
        (
            "Google Takeout",
            zip(&[("Takeout/My Activity/Gemini Apps/MyActivity.html", b"<html>")]),
        ),
        (
            "Grok",
            zip(&[("ttl/30d/export_data/x/prod-grok-backend.json", b"{}")]),
        ),
    ];
    for (name, file) in cases {
        let problem = guarded.refuse(name, file);
        let program = name.to_owned();
        assert_eq!(problem.fault, ImportFault::OtherProgram { program });
        assert_eq!(problem.place, "");
    }
}

#[test]
fn a_zip_with_nothing_in_it_or_with_something_else_is_told() {
    let guarded = Guarded::new();
    let none = zip(&[("conversations.json", b"[]")]);
    let problem = guarded.refuse("nothing", none);
    assert_eq!(
        problem.to_string(),
        "conversations.json: there is no conversation with a message in it"
    );
    let other = zip(&[("conversations.json", b"[{\"what\": 1}]")]);
    let problem = guarded.refuse("something else", other);
    assert!(
        problem.to_string().contains("not made by Hearth"),
        "{problem}"
    );
    let pictures = zip(&[("cat.png", b"PNG")]);
    assert_eq!(guarded.refuse("pictures", pictures).place, "manifest.json");
}

#[test]
fn a_conversation_that_unpacks_to_very_much_is_named_and_the_others_can_be_had() {
    let [mut list, good] = [
        String::from("[{\"title\":\"Bomb\",\"mapping\":\""),
        short("g", "Good").to_string(),
    ];
    list.push_str(&"x".repeat((64 << 20) + 1));
    list.push_str("\"},");
    list.push_str(&good);
    list.push(']');
    let file = zip(&[("conversations.json", list.as_bytes())]);
    assert!(file.len() < 1 << 20);
    let guarded = Guarded::new();
    let problem = guarded.refuse("a bomb", file.clone());
    let told = problem.to_string();
    assert!(
        told.starts_with("conversations.json: conversation 1"),
        "{told}"
    );
    assert!(told.contains("at most 67108864"), "{told}");
    let shelf = shelf();
    let found = look(&shelf, file);
    assert_eq!(found.counts.new_conversations, 1);
    assert_eq!(brought(found.counts).unreadable, 1);
}

#[test]
fn a_zip_that_is_damaged_or_cut_off_is_refused_as_a_whole() {
    let list = json!([chatgpt(), short("b", "Bells")]).to_string();
    let whole = zip_of(
        &[("conversations.json", list.as_bytes())],
        CompressionMethod::Stored,
    );
    let guarded = Guarded::new();
    let place = whole.windows(5).position(|it| it == b"Bells").unwrap();
    let mut flipped = whole.clone();
    flipped[place] = b'b';
    let problem = guarded.refuse("a flipped bit", flipped);
    assert_eq!(problem.place, "conversations.json");
    assert!(
        problem.to_string().contains("cannot be read from the ZIP"),
        "{problem}"
    );
    let cut = &list.as_bytes()[..list.len() - 20];
    let problem = guarded.refuse("cut off", zip(&[("conversations.json", cut)]));
    let told = problem.to_string();
    assert!(told.contains("conversation 2"), "{told}");
    assert!(
        told.ends_with("the file ends in the middle: it is incomplete"),
        "{told}"
    );
    let mut short = whole;
    short.truncate(short.len() - 30);
    guarded.refuse("a cut ZIP", short);
}

#[test]
fn a_file_of_nobody_is_no_panic_for_whoever_asks_twice() {
    let shelf = shelf();
    for content in [
        &b"[]"[..],
        b"[",
        b"[{}]",
        b"{\"mapping\":{}}",
        b"\xef\xbb\xbf[]",
    ] {
        for _ in 0..2 {
            let refused = shelf.import(shelf.ada, content.to_vec());
            assert!(
                matches!(refused, Err(ImportError::Refused(_))),
                "{content:?}"
            );
        }
    }
}
