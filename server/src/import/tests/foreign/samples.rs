//! Exports of other programs as they look, small.

use serde_json::{Value, json};

/// A node of a conversation of `ChatGPT`.
pub(super) fn node(parent: Option<&str>, message: &Value) -> Value {
    json!({"parent": parent, "message": message, "children": []})
}

/// A message of such a node, so many seconds after the conversation began.
pub(super) fn text(role: &str, seconds: f64, text: &str) -> Value {
    json!({
        "author": {"role": role, "name": null, "metadata": {}},
        "create_time": 1_756_000_000.0 + seconds,
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully", "weight": 1.0, "metadata": {}, "recipient": "all",
    })
}

/// A conversation with a question that was edited, an answer that was made again, thoughts, a tool,
/// a picture and a file.
pub(super) fn chatgpt() -> Value {
    serde_json::from_str(include_str!("chatgpt.json")).unwrap()
}

/// The outline of that.
pub(super) const CHATGPT: [&str; 7] = [
    "- user 为什么下雨？ 🌧",
    "0 assistant 因为云。([W](https://example.org))",
    "0 assistant Regenerated.",
    "1 user Look\n\n[Picture: 云.png]\n\n[File: notes.pdf]",
    "3 assistant It is 2.",
    "1 user Edited",
    "5 assistant Again.",
];

/// A short conversation of `ChatGPT`.
pub(super) fn short(id: &str, title: &str) -> Value {
    json!({
        "title": title, "create_time": 1_756_000_000.0, "update_time": 1_756_000_009.0,
        "mapping": {
            "root": node(None, &Value::Null),
            "q": node(Some("root"), &text("user", 1.0, "Hello")),
            "a": node(Some("q"), &text("assistant", 2.0, "Hi!")),
        },
        "current_node": "a", "conversation_id": id,
    })
}

/// A chat of Open WebUI.
pub(super) fn open_webui() -> Value {
    json!({
        "id": "chat-1", "user_id": "u", "title": "天气", "created_at": 1_700_000_000,
        "updated_at": 1_700_000_100, "archived": false, "pinned": true, "folder_id": "f",
        "meta": {"tags": ["weather"]},
        "chat": {
            "title": "天气", "models": ["llama"], "params": {"system": "Be kind.", "temperature": 0.5},
            "history": {"currentId": "a2", "messages": {
                "q1": {
                    "id": "q1", "parentId": null, "childrenIds": ["a1", "a2"], "role": "user",
                    "content": "Rain?", "timestamp": 1_700_000_010,
                    "files": [{"type": "image", "url": "data:image/png;base64,AAAA"}]
                },
                "a1": {
                    "id": "a1", "parentId": "q1", "childrenIds": [], "role": "assistant",
                    "content": "<details type=\"reasoning\" done=\"true\" duration=\"3\">\n\
                        <summary>Thought for 3 seconds</summary>\n> Clouds.\n</details>\nYes.",
                    "model": "llama", "timestamp": 1_700_000_020, "done": true
                },
                "a2": {
                    "id": "a2", "parentId": "q1", "childrenIds": ["q2"], "role": "assistant",
                    "content": "ignored", "model": "qwen", "timestamp": 1_700_000_030, "done": true,
                    "output": [
                        {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
                        {"type": "function_call_output", "call_id": "c",
                            "output": [{"type": "input_text", "text": "wet"}]},
                        {"type": "message", "content": [{"type": "output_text", "text": "No."}]}
                    ]
                },
                "q2": {
                    "id": "q2", "parentId": "a2", "childrenIds": ["a3"], "role": "user",
                    "content": "Sure?", "timestamp": 1_700_000_040
                },
                "a3": {
                    "id": "a3", "parentId": "q2", "childrenIds": [], "role": "assistant",
                    "content": "", "error": {"content": "model gone"}, "timestamp": 1_700_000_050
                }
            }}
        }
    })
}

/// A conversation of `LibreChat` as a tree.
pub(super) fn librechat() -> Value {
    json!({
        "conversationId": "4a86c40e-e627-4454-b158-889680e23ad3", "endpoint": "openAI",
        "title": "Python", "exportAt": "13:18:04 GMT-0400", "branches": true, "recursive": true,
        "options": {"promptPrefix": "You are an engineer.", "temperature": 0.8, "top_p": 1},
        "messagesTree": [{
            "messageId": "m1", "isCreatedByUser": true, "sender": "User", "text": "How? 🐍",
            "parentMessageId": "00000000-0000-0000-0000-000000000000",
            "createdAt": "2024-05-01T16:35:11.530Z",
            "children": [
                {
                    "messageId": "m2", "isCreatedByUser": false, "model": "gpt-4", "text": "",
                    "createdAt": "2024-05-01T16:35:12.604Z", "finish_reason": "stop",
                    "content": [
                        {"type": "think", "think": "Hm."},
                        {"type": "tool_call",
                            "tool_call": {"name": "run", "args": "{\"n\":1}", "output": "1"}},
                        {"type": "text", "text": {"value": "So."}},
                        {"type": "image_file", "image_file": {"filename": "a.png"}}
                    ],
                    "children": [
                        {"messageId": "m3", "isCreatedByUser": true, "text": "thanks", "children": []}
                    ]
                },
                {
                    "messageId": "m4", "isCreatedByUser": false, "model": "gpt-4", "text": "Or so.",
                    "createdAt": "2024-05-01T16:36:00.000Z", "children": []
                }
            ]
        }]
    })
}

/// A conversation of llama.cpp.
pub(super) fn llama_cpp() -> Value {
    json!({
        "conv": {"id": "conv-1", "name": "Lines", "lastModified": 1_756_000_050_000_u64,
            "currNode": "3"},
        "messages": [
            {"id": "0", "convId": "conv-1", "type": "root", "timestamp": 1_756_000_000_000_u64,
                "role": "system", "content": "", "parent": null, "children": ["s"]},
            {"id": "s", "type": "text", "timestamp": 1_756_000_000_001_u64, "role": "system",
                "content": "Rhyme.", "parent": "0", "children": ["1"]},
            {"id": "1", "type": "text", "timestamp": 1_756_000_001_000_u64, "role": "user",
                "content": "What time is it?", "parent": "s", "children": ["2"],
                "extra": [{"type": "IMAGE", "name": "clock.png", "base64Url": "data:image/png;base64,A"},
                    {"type": "context", "name": "pasted", "content": "Pasted text"}]},
            {"id": "2", "type": "text", "timestamp": 1_756_000_002_000_u64, "role": "assistant",
                "content": "", "reasoningContent": "I look.", "parent": "1", "children": ["t"],
                "toolCalls": "[{\"id\":\"c1\",\"function\":{\"name\":\"clock\",\"arguments\":\"{}\"}}]"},
            {"id": "t", "type": "text", "timestamp": 1_756_000_003_000_u64, "role": "tool",
                "content": "noon", "toolCallId": "c1", "parent": "2", "children": ["3"]},
            {"id": "3", "type": "text", "timestamp": 1_756_000_004_000_u64, "role": "assistant",
                "content": "At noon, soon.", "model": "qwen", "parent": "t", "children": []},
            {"id": "4", "type": "text", "timestamp": 1_756_000_009_000_u64, "role": "assistant",
                "content": "<think>Hm.</think>Now.", "parent": "1", "children": []}
        ]
    })
}

/// The same as the lines that newer versions write.
pub(super) fn llama_cpp_lines() -> String {
    let exported = llama_cpp();
    let mut session = exported["conv"].clone();
    session["harness"] = json!("llama.cpp");
    session["type"] = json!("session");
    let messages = exported["messages"].as_array().unwrap().iter();
    let messages = messages.map(|message| json!({"message": message, "type": "message"}));
    let lines = [session].into_iter().chain(messages);
    lines
        .map(|line| line.to_string())
        .collect::<Vec<_>>()
        .join("\n")
}
