//! Open WebUI, `LibreChat` and llama.cpp.

use std::fmt::Write as _;

use hearth_app::model::{ChatProgram, MessageStatus};
use serde_json::{Value, json};

use super::{
    assert_known, bring, brought, outline,
    samples::{librechat, llama_cpp, llama_cpp_lines, open_webui},
    shelf, shown,
};

#[test]
fn a_chat_of_open_webui_comes_with_its_versions_thoughts_and_calls() {
    let shelf = shelf();
    let exported = json!([open_webui()]);
    let told = brought(bring(&shelf, &exported));
    assert_eq!(told.program, ChatProgram::OpenWebUi);
    assert_eq!((told.messages, told.branches, told.pictures), (5, 1, 1));
    let document = &shelf.documents(shelf.ada)[0];
    let expected = [
        "- user Rain?\n\n[Picture]",
        "0 assistant Yes.",
        "0 assistant No.",
        "2 user Sure?",
        "3 assistant ",
    ];
    assert_eq!(outline(document), expected);
    assert_eq!(shown(document), 2);
    assert_eq!(document.title, "天气");
    let thought = document.messages[1].reasoning.as_ref().unwrap();
    assert_eq!(
        (thought.text.as_str(), thought.duration_ms),
        ("Clouds.", 3_000)
    );
    let step = &document.messages[2].tool_steps[0];
    assert_eq!((step.tool.as_str(), step.output.as_str()), ("look", "wet"));
    let failed = &document.messages[4];
    assert_eq!(failed.status, MessageStatus::Failed);
    assert_eq!(failed.error.as_deref(), Some("model gone"));
    let settings = document.settings.as_ref().unwrap();
    assert_eq!(settings.system_prompt.as_deref(), Some("Be kind."));
    assert_eq!(settings.temperature, Some(0.5));
    assert_known(&shelf, &exported);
    // One chat, and an old one that is its inner part alone, are the same chat.
    assert_known(&shelf, &open_webui());
    let mut inner = open_webui()["chat"].clone();
    inner["id"] = json!("chat-1");
    inner["timestamp"] = json!(1_700_000_000);
    assert_known(&shelf, &json!([inner]));
}

#[test]
fn a_chat_of_open_webui_without_a_history_is_its_list_of_messages() {
    let shelf = shelf();
    let exported = json!([{"id": "old", "title": "Old", "chat": {"messages": [
        {"id": "1", "role": "user", "content": [{"type": "text", "text": "Hello"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]},
        {"id": "2", "role": "assistant", "content": "Hi!", "done": false},
    ]}}]);
    bring(&shelf, &exported);
    let document = &shelf.documents(shelf.ada)[0];
    assert_eq!(
        outline(document),
        ["- user Hello\n\n[Picture]", "0 assistant Hi!"]
    );
    assert_eq!(document.messages[1].status, MessageStatus::Interrupted);
    assert_eq!(document.created_at.ms(), 0);
    assert_known(&shelf, &exported);
}

#[test]
fn a_tree_of_librechat_and_its_flat_list_are_the_same_conversation() {
    let shelf = shelf();
    let exported = librechat();
    let told = brought(bring(&shelf, &exported));
    assert_eq!(told.program, ChatProgram::LibreChat);
    assert_eq!((told.messages, told.branches, told.pictures), (4, 1, 1));
    let document = &shelf.documents(shelf.ada)[0];
    let expected = [
        "- user How? 🐍",
        "0 assistant So.\n\n[Picture: a.png]",
        "1 user thanks",
        "0 assistant Or so.",
    ];
    assert_eq!(outline(document), expected);
    assert_eq!(shown(document), 3, "the newest, since the file names none");
    let answer = &document.messages[1];
    let thought = answer.reasoning.as_ref().map(|it| it.text.as_str());
    assert_eq!(thought, Some("Hm."));
    let step = &answer.tool_steps[0];
    let told = (
        step.tool.as_str(),
        step.input.as_str(),
        step.output.as_str(),
    );
    assert_eq!(told, ("run", "{\"n\":1}", "1"));
    assert_eq!(step.reasoning_bytes, Some(3));
    let settings = document.settings.as_ref().unwrap();
    assert_eq!(
        settings.system_prompt.as_deref(),
        Some("You are an engineer.")
    );
    assert_eq!(
        (settings.temperature, settings.top_p),
        (Some(0.8), Some(1.0))
    );
    assert_known(&shelf, &exported);

    let mut flat = librechat();
    let mut messages = Vec::new();
    flatten(&flat["messagesTree"], &Value::Null, &mut messages);
    flat.as_object_mut().unwrap().remove("messagesTree");
    flat["messages"] = messages.into();
    assert_known(&shelf, &flat);
}

fn flatten(list: &Value, parent: &Value, flat: &mut Vec<Value>) {
    for message in list.as_array().unwrap() {
        let mut message = message.clone();
        let children = message["children"].take();
        message["parentMessageId"] = parent.clone();
        let id = message["messageId"].clone();
        flat.push(message);
        flatten(&children, &id, flat);
    }
}

#[test]
fn a_tree_of_librechat_may_be_deeper_than_readers_of_json_follow() {
    let shelf = shelf();
    let mut exported = "{\"conversationId\":\"deep\",\"title\":\"Deep\",\"messages\":[".to_owned();
    for number in 0..400 {
        let _ = write!(
            exported,
            "{{\"messageId\":\"m{number}\",\"isCreatedByUser\":{},\"text\":\"{number}\",\"children\":[",
            number % 2 == 0
        );
    }
    exported += &"]}".repeat(401);
    let counts = shelf.import(shelf.ada, exported.into_bytes()).unwrap();
    assert_eq!((counts.new_conversations, counts.new_messages), (1, 400));
    let document = &shelf.documents(shelf.ada)[0];
    let texts: Vec<_> = document.branch().iter().map(|it| it.text.clone()).collect();
    let expected: Vec<_> = (0..400).map(|number| number.to_string()).collect();
    assert_eq!(texts, expected);
}

#[test]
fn a_conversation_of_llama_cpp_is_the_same_as_json_and_as_lines() {
    let shelf = shelf();
    let told = brought(bring(&shelf, &llama_cpp()));
    assert_eq!(told.program, ChatProgram::LlamaCpp);
    assert_eq!((told.messages, told.branches, told.pictures), (3, 1, 1));
    let document = &shelf.documents(shelf.ada)[0];
    let expected = [
        "- user What time is it?\n\n[Picture: clock.png]\n\nPasted text",
        "0 assistant At noon, soon.",
        "0 assistant Now.",
    ];
    assert_eq!(outline(document), expected);
    assert_eq!((shown(document), document.title.as_str()), (1, "Lines"));
    let answer = &document.messages[1];
    let step = &answer.tool_steps[0];
    let told = (
        step.tool.as_str(),
        step.output.as_str(),
        step.reasoning_bytes,
    );
    assert_eq!(told, ("clock", "noon", Some(7)));
    let thought = document.messages[2].reasoning.as_ref();
    assert_eq!(thought.map(|it| it.text.as_str()), Some("Hm."));
    let settings = document.settings.as_ref().unwrap();
    assert_eq!(settings.system_prompt.as_deref(), Some("Rhyme."));
    assert_known(&shelf, &json!([llama_cpp()]));

    let before = shelf.everything();
    let second = llama_cpp_lines().replace("conv-1", "conv-2");
    let lines = format!("{}\n{second}\n", llama_cpp_lines());
    let counts = shelf.import(shelf.ada, lines.into_bytes()).unwrap();
    assert_eq!(
        (counts.new_conversations, counts.unchanged_conversations),
        (1, 1)
    );
    assert_eq!(counts.new_messages, 3);
    assert!(shelf.documents(shelf.ada).contains(&before[0][0]));
}

#[test]
fn a_tool_that_nobody_names_is_called_a_tool() {
    let shelf = shelf();
    let mut exported = llama_cpp();
    exported["messages"][3]["toolCalls"] = json!([{"id": "c1", "function": {}}]);
    exported["messages"][4]["toolCallId"] = json!("gone");
    bring(&shelf, &exported);
    let document = &shelf.documents(shelf.ada)[0];
    let steps = document.messages[1].tool_steps.iter();
    let steps: Vec<_> = steps
        .map(|it| (it.tool.as_str(), it.output.as_str()))
        .collect();
    assert_eq!(steps, [("tool", ""), ("tool", "noon")]);
}
