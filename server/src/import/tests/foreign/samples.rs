//! Exports of other programs as they look, small.

use serde_json::{Map, Value, json};

/// A node of a conversation of `ChatGPT`; its time in seconds after the conversation began.
pub(super) fn node(parent: Option<&str>, message: &Value) -> Value {
    json!({"parent": parent, "message": message, "children": []})
}

fn message(role: &str, seconds: f64, content: &Value) -> Value {
    json!({
        "author": {"role": role, "name": null, "metadata": {}},
        "create_time": 1_756_000_000.0 + seconds,
        "content": content, "status": "finished_successfully", "weight": 1.0,
        "metadata": {}, "recipient": "all", "channel": null,
    })
}

pub(super) fn text(role: &str, seconds: f64, text: &str) -> Value {
    message(
        role,
        seconds,
        &json!({"content_type": "text", "parts": [text]}),
    )
}

fn changed(mut message: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        message[name] = value.clone();
    }
    message
}

/// A conversation with a question that was edited, an answer that was made again, thoughts, a tool,
/// a picture and a file.
pub(super) fn chatgpt() -> Value {
    let hidden = json!({"metadata": {"is_visually_hidden_from_conversation": true}});
    let context = json!({
        "content": {"content_type": "user_editable_context", "user_profile": "Preface: I am Ada."},
        "metadata": {
            "is_visually_hidden_from_conversation": true,
            "user_context_message_data": {
                "about_user_message": "I am Ada.", "about_model_message": "Be brief."
            }
        }
    });
    let cite = "\u{e200}cite\u{e202}turn0search0\u{e201}";
    let thoughts = json!({
        "content_type": "thoughts", "source_analysis_msg_id": "x",
        "thoughts": [{"summary": "Weather", "content": "Clouds."}]
    });
    let recap = json!({"content_type": "reasoning_recap", "content": "Thought for 8s"});
    let code = json!({"content_type": "code", "language": "unknown", "text": "1+1"});
    let output = json!({"content_type": "execution_output", "text": "2"});
    let picture = json!({
        "content_type": "multimodal_text",
        "parts": [
            {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"},
            "Look【1†source】"
        ]
    });
    let nodes = [
        ("root", node(None, &Value::Null)),
        (
            "sys",
            node(Some("root"), &changed(text("system", 0.0, ""), &hidden)),
        ),
        (
            "ctx",
            node(Some("sys"), &changed(text("user", 0.0, ""), &context)),
        ),
        (
            "q1",
            node(Some("ctx"), &text("user", 1.0, "为什么下雨？ 🌧")),
        ),
        (
            "t1",
            node(Some("q1"), &message("assistant", 2.0, &thoughts)),
        ),
        (
            "r1",
            node(
                Some("t1"),
                &changed(
                    message("assistant", 10.0, &recap),
                    &json!({
                        "metadata": {"finished_duration_sec": 8}
                    }),
                ),
            ),
        ),
        (
            "a1",
            node(
                Some("r1"),
                &changed(
                    text("assistant", 10.5, &format!("因为云。{cite}")),
                    &json!({"metadata": {
                        "model_slug": "gpt-5", "finish_details": {"type": "stop"},
                        "content_references": [{"matched_text": cite, "alt": "([W](https://example.org))"}]
                    }}),
                ),
            ),
        ),
        (
            "a2",
            node(Some("q1"), &text("assistant", 20.0, "Regenerated.")),
        ),
        (
            "q2",
            node(
                Some("a1"),
                &changed(
                    message("user", 30.0, &picture),
                    &json!({
                        "metadata": {"attachments": [
                            {"id": "file_1", "name": "云.png", "mime_type": "image/png"},
                            {"id": "file_2", "name": "notes.pdf", "mime_type": "application/pdf"}
                        ]}
                    }),
                ),
            ),
        ),
        (
            "c1",
            node(
                Some("q2"),
                &changed(
                    message("assistant", 31.0, &code),
                    &json!({"recipient": "python"}),
                ),
            ),
        ),
        (
            "o1",
            node(
                Some("c1"),
                &changed(
                    message("tool", 32.0, &output),
                    &json!({"author": {"role": "tool", "name": "python"}}),
                ),
            ),
        ),
        ("a3", node(Some("o1"), &text("assistant", 33.0, "It is 2."))),
        ("q2b", node(Some("a1"), &text("user", 40.0, "Edited"))),
        ("a4", node(Some("q2b"), &text("assistant", 41.0, "Again."))),
    ];
    let nodes = nodes.map(|(id, node)| (id.to_owned(), node));
    json!({
        "title": "Rain", "create_time": 1_756_000_000.0, "update_time": 1_756_000_050.5,
        "mapping": Map::from_iter(nodes), "current_node": "a3", "moderation_results": [],
        "conversation_id": "6b0f0d9c-0000-4000-8000-000000000001", "is_archived": false,
    })
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
    let session = changed(
        exported["conv"].clone(),
        &json!({
            "harness": "llama.cpp", "type": "session"
        }),
    );
    let messages = exported["messages"].as_array().unwrap().iter();
    let messages = messages.map(|message| json!({"message": message, "type": "message"}));
    let lines = [session].into_iter().chain(messages);
    lines
        .map(|line| line.to_string())
        .collect::<Vec<_>>()
        .join("\n")
}
