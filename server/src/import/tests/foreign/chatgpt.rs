//! `ChatGPT`: everything that is in a conversation, once, and what comes later.

use hearth_app::model::{FinishReason, MessageStatus};
use serde_json::{Value, json};

use super::{
    assert_known, bring, brought, outline,
    samples::{CHATGPT, chatgpt, node, short, text},
    shelf, shown,
};

#[test]
fn every_message_of_every_branch_comes_along_with_what_belongs_to_it() {
    let shelf = shelf();
    let exported = json!([chatgpt()]);
    let counts = bring(&shelf, &exported);
    assert_eq!((counts.new_conversations, counts.new_messages), (1, 7));
    let told = brought(counts);
    assert_eq!(
        (told.conversations, told.messages, told.branches),
        (1, 7, 2)
    );
    assert_eq!((told.pictures, told.files, told.empty), (1, 1, 0));
    let documents = shelf.documents(shelf.ada);
    let [document] = documents.as_slice() else {
        panic!("{documents:?}");
    };
    assert_eq!(outline(document), CHATGPT);
    assert_eq!(shown(document), 4);
    assert_eq!(document.title, "Rain");
    assert_eq!(document.created_at.ms(), 1_756_000_000_000);
    assert_eq!(document.updated_at.ms(), 1_756_000_050_500);
    let settings = document.settings.as_ref().unwrap();
    let prompt = settings.system_prompt.as_deref();
    assert_eq!(prompt, Some("I am Ada.\n\nBe brief."));
    let answer = &document.messages[1];
    assert_eq!(answer.created_at.ms(), 1_756_000_010_500);
    assert_eq!(answer.finish_reason, Some(FinishReason::Stop));
    let model = answer.model.as_ref().and_then(|it| it.name.as_deref());
    assert_eq!(model, Some("gpt-5"));
    let thought = answer.reasoning.as_ref().unwrap();
    assert_eq!(
        (thought.text.as_str(), thought.duration_ms),
        ("Weather\nClouds.", 8_000)
    );
    let [step] = document.messages[4].tool_steps.as_slice() else {
        panic!("one call");
    };
    let told = (
        step.tool.as_str(),
        step.input.as_str(),
        step.output.as_str(),
    );
    assert_eq!(told, ("python", "1+1", "2"));
    assert_known(&shelf, &exported);
}

#[test]
fn a_longer_export_only_adds_and_somebody_elses_ids_are_no_hindrance() {
    let shelf = shelf();
    bring(&shelf, &json!([chatgpt()]));
    let before = shelf.documents(shelf.ada);
    let mut longer = chatgpt();
    longer["mapping"]["q3"] = node(Some("a3"), &text("user", 60.0, "And then?"));
    longer["mapping"]["a5"] = node(Some("q3"), &text("assistant", 61.0, "The sun."));
    longer["current_node"] = json!("a5");
    longer["update_time"] = json!(1_756_000_070.0);
    let exported = json!([longer, short("another", "Another")]);
    let counts = bring(&shelf, &exported);
    assert_eq!(
        (counts.new_conversations, counts.extended_conversations),
        (1, 1)
    );
    assert_eq!((counts.new_messages, counts.unchanged_messages), (4, 7));
    let mut after = shelf.documents(shelf.ada);
    after.retain(|document| document.id == before[0].id);
    assert_eq!(after[0].messages[..7], before[0].messages[..]);
    let last = after[0].branch().pop().unwrap();
    assert_eq!(last.text, "The sun.");
    // The shorter one again.
    assert_known(&shelf, &json!([chatgpt()]));

    let ours = shelf.documents(shelf.ada);
    let file = exported.to_string().into_bytes();
    let counts = shelf.import(shelf.bob, file.clone()).unwrap();
    assert_eq!((counts.new_conversations, counts.new_messages), (2, 11));
    assert_eq!(shelf.documents(shelf.ada), ours);
    let again = shelf.import(shelf.bob, file).unwrap();
    assert!(
        again.is_nothing_new() && again.new_messages == 0,
        "{again:?}"
    );
}

#[test]
fn a_current_node_that_is_gone_and_parents_that_are_missing_lose_nothing() {
    let shelf = shelf();
    let mut exported = chatgpt();
    exported["current_node"] = json!("gone");
    exported["mapping"].as_object_mut().unwrap().remove("ctx");
    exported["mapping"]["lost"] = node(Some("gone"), &text("assistant", 90.0, "Alone"));
    exported["title"] = Value::Null;
    bring(&shelf, &json!([exported]));
    let document = &shelf.documents(shelf.ada)[0];
    let found = outline(document);
    for expected in CHATGPT {
        assert!(found.iter().any(|line| line == expected), "{found:?}");
    }
    assert!(found.contains(&"- user …".to_owned()), "{found:?}");
    assert_eq!(document.messages[shown(document)].text, "Alone");
    assert_eq!(document.title, "为什么下雨？ 🌧");
    assert!(document.settings.is_none());
}

#[test]
fn messages_in_a_row_become_one_and_unfinished_ones_say_so() {
    let shelf = shelf();
    let mut exported = short("rows", "Rows");
    exported["mapping"]["q0"] = node(Some("root"), &text("user", 0.5, "First."));
    exported["mapping"]["q"]["parent"] = json!("q0");
    exported["mapping"]["b"] = node(Some("a"), &text("assistant", 3.0, "And more."));
    exported["mapping"]["b"]["message"]["status"] = json!("in_progress");
    exported["current_node"] = json!("b");
    bring(&shelf, &json!([exported]));
    let document = &shelf.documents(shelf.ada)[0];
    let expected = ["- user First.\n\nHello", "0 assistant Hi!\n\nAnd more."];
    assert_eq!(outline(document), expected);
    assert_eq!(document.messages[1].status, MessageStatus::Interrupted);
}

#[test]
fn a_prompt_that_is_too_long_stays_behind_and_empty_chats_are_counted() {
    let shelf = shelf();
    let mut long = chatgpt();
    let data = "/mapping/ctx/message/metadata/user_context_message_data/about_model_message";
    *long.pointer_mut(data).unwrap() = json!("字".repeat(9_000));
    let empty = json!({"title": "Empty", "conversation_id": "e", "mapping": {
        "root": node(None, &Value::Null)
    }});
    let told = brought(bring(&shelf, &json!([empty, long])));
    assert_eq!((told.conversations, told.prompts, told.empty), (1, 1, 1));
    assert!(shelf.documents(shelf.ada)[0].settings.is_none());
}

#[test]
fn a_long_chat_of_one_branch_keeps_its_order() {
    let shelf = shelf();
    let mut exported = short("long", "Long");
    let mut parent = "a".to_owned();
    for number in 0_u32..500 {
        let role = if number % 2 == 0 { "user" } else { "assistant" };
        let said = text(role, 10.0 + f64::from(number), &format!("{number}"));
        let id = format!("n{number}");
        exported["mapping"][&id] = node(Some(parent.as_str()), &said);
        parent = id;
    }
    exported["current_node"] = json!(parent);
    bring(&shelf, &json!([exported]));
    let document = &shelf.documents(shelf.ada)[0];
    let texts: Vec<_> = document
        .branch()
        .iter()
        .skip(2)
        .map(|it| it.text.clone())
        .collect();
    let expected: Vec<_> = (0..500).map(|number| number.to_string()).collect();
    assert_eq!(texts, expected);
}
