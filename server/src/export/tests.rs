//! One conversation in every format, with everything in it that could go wrong.

use hearth_app::model::{
    ConversationId, ConversationSettings, ExportFormat, FinishReason, MessageId, MessageStatus,
    Reasoning, Role, ToolStep, TurnError,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    ConversationDocument, Language, ModelDocument, Timestamp, archive::Manifest, canonical, render,
    render_branches, write_archive,
};
use crate::store::{StoredTree, TreeMessage, TreePlace};

/// 2026-11-24 06:30 UTC.
const NOW: Timestamp = Timestamp::from_ms(1_795_501_800_000);
const HOSTILE: &str = "</style></title><script>alert(1)</script> & \"quotes\"";

fn id(number: u128) -> MessageId {
    MessageId::new(Uuid::from_u128(number))
}

fn message(number: u128, parent: Option<u128>, role: Role, text: &str) -> TreeMessage {
    TreeMessage {
        id: id(number),
        parent_id: parent.map(id),
        role,
        status: MessageStatus::Finished,
        text: text.to_owned(),
        files: Vec::new(),
        reasoning: None,
        steps: Vec::new(),
        finish_reason: None,
        error: None,
        params: Map::new(),
        model_name: None,
        model_fingerprint: None,
        prompt_tokens: 0,
        completion_tokens: 0,
        time_to_first_token_ms: 0,
        decode_ms: 0,
        rating: None,
        created_at: NOW.ms(),
    }
}

/// A question, two answers to it, and the shown one still being written.
fn tree() -> StoredTree {
    let params = json!({"temperature": 0.7, "top_p": null, "seed": u64::MAX});
    let Value::Object(params) = params else {
        unreachable!("it is written as an object")
    };
    let old = TreeMessage {
        finish_reason: Some(FinishReason::Length),
        model_name: Some("SmolLM2".to_owned()),
        params,
        completion_tokens: 4,
        ..message(2, Some(1), Role::Assistant, "The old answer.")
    };
    let shown = TreeMessage {
        status: MessageStatus::Running,
        ..message(
            3,
            Some(1),
            Role::Assistant,
            "**你好**\n\n````md\n```rust\nfn main() {}\n```\n````\n\n```py\nprint('half",
        )
    };
    StoredTree {
        id: ConversationId::new(Uuid::from_u128(7)),
        title: format!("天空 {HOSTILE}"),
        active_message: Some(id(3)),
        created_at: NOW.ms(),
        updated_at: NOW.ms() + 1,
        settings: ConversationSettings::default(),
        place: TreePlace::default(),
        messages: vec![message(1, None, Role::User, HOSTILE), old, shown],
        shares: Vec::new(),
    }
}

fn document() -> ConversationDocument {
    ConversationDocument::new(tree(), NOW)
}

#[test]
fn equal_content_is_equal_bytes_but_for_the_time_of_the_export() {
    let mut shuffled = tree();
    shuffled.messages.reverse();
    let later = Timestamp::from_ms(NOW.ms() + 1000);
    let mut again = ConversationDocument::new(shuffled, later);
    assert_eq!(again.sha256, document().sha256);
    again.exported_at = Some(NOW);
    assert_eq!(again.to_json(), document().to_json());
}

#[test]
fn a_document_is_read_as_it_was_written_and_its_hashes_hold() {
    let read: ConversationDocument = serde_json::from_str(&document().to_json()).unwrap();
    assert_eq!(read, document());
    assert_eq!(read.sha256, read.content_hash());
    for message in &read.messages {
        assert_eq!(message.sha256, message.content_hash());
    }
    let json: Value = serde_json::from_str(&document().to_json()).unwrap();
    assert_eq!(json["messages"][1]["params"]["temperature"], 0.7);
    assert_eq!(json["messages"][1]["params"]["seed"], u64::MAX);
    assert_eq!(json["messages"][1]["params"].get("top_p"), None);
    assert_eq!(json["messages"][2]["status"], "running");
    assert_eq!(json["exported_at"], "2026-11-24T06:30:00.000Z");
}

#[test]
fn every_change_of_content_changes_the_hash() {
    let mut changed = document();
    changed.messages[0].text.push('.');
    assert_ne!(
        changed.messages[0].content_hash(),
        changed.messages[0].sha256
    );
    let mut renamed = document();
    renamed.title.push('.');
    assert_ne!(renamed.content_hash(), renamed.sha256);
}

#[test]
fn people_read_what_a_model_is_called_and_programs_its_name() {
    let mut document = document();
    document.messages[2].model = Some(ModelDocument {
        name: Some("Smollm2 135M 8k".to_owned()),
        fingerprint: None,
        title: Some("SmolLM2 135M Instruct".to_owned()),
    });
    for format in [ExportFormat::Markdown, ExportFormat::Html] {
        let text = render(&document, format, Language::English);
        assert!(text.contains("SmolLM2 135M Instruct"), "{text}");
        assert!(!text.contains("Smollm2 135M 8k"), "{text}");
    }
    let json = render(&document, ExportFormat::Json, Language::English);
    assert!(json.contains("Smollm2 135M 8k"), "{json}");
    assert!(!json.contains("SmolLM2 135M Instruct"), "{json}");
}

#[test]
fn markdown_keeps_code_whole_and_its_own_headings_apart() {
    let text = render(&document(), ExportFormat::Markdown, Language::English);
    assert!(text.starts_with("# 天空 \\<"), "{text}");
    assert!(
        text.contains("````md\n```rust\nfn main() {}\n```\n````"),
        "{text}"
    );
    assert!(
        text.contains("print('half\n```\n"),
        "the open fence is closed: {text}"
    );
    assert!(text.contains("still being written"), "{text}");
    assert!(
        !text.contains("The old answer."),
        "only the shown branch: {text}"
    );
    let html = comrak::markdown_to_html(&text, &comrak::Options::default());
    assert_eq!(html.matches("<h2>").count(), 2, "{html}");
    assert!(html.contains("<blockquote>"), "{html}");
}

#[test]
fn what_the_model_thought_stands_apart_from_its_answer_in_every_format() {
    let mut thoughtful = tree();
    let answer = thoughtful.messages.last_mut().unwrap();
    answer.reasoning = Some(Reasoning {
        text: format!("# First\n```\n{HOSTILE} Second"),
        duration_ms: 2100,
    });
    answer.steps = vec![ToolStep {
        tool: "calculator".to_owned(),
        input: "6*7".to_owned(),
        output: "42".to_owned(),
        has_failed: false,
        reasoning_bytes: Some(12),
    }];
    let document = ConversationDocument::new(thoughtful.clone(), NOW);
    let render = |format| render(&document, format, Language::English);

    let markdown = render(ExportFormat::Markdown);
    assert!(
        markdown.contains("> *Thought for 3 s*\n>\n> \\# First\n> \\`"),
        "{markdown}"
    );
    let html = comrak::markdown_to_html(&markdown, &comrak::Options::default());
    assert_eq!(html.matches("<h2>").count(), 2, "{html}");
    assert!(
        !html.contains("<h1>First") && html.contains("calculator: 6*7 → 42"),
        "{html}"
    );

    let text = render(ExportFormat::Text);
    assert!(text.contains("[Thought for 3 s]\n# First\n"), "{text}");
    for rendered in [&markdown, &text, &render(ExportFormat::Html)] {
        let place = |words: &str| rendered.find(words).unwrap_or_else(|| panic!("{rendered}"));
        assert!(place("First") < place("calculator:"), "{rendered}");
        assert!(place("calculator:") < place("Second"), "{rendered}");
    }
    let page = render(ExportFormat::Html);
    assert!(
        page.contains("<summary>Thought for 3 s</summary>"),
        "{page}"
    );
    assert_eq!(page.matches("<script").count(), 0);

    let json = render(ExportFormat::Json);
    let read: ConversationDocument = serde_json::from_str(&json).unwrap();
    assert_eq!(read.sha256, read.content_hash());
    let running = thoughtful.messages.last_mut().unwrap();
    running.status = MessageStatus::Interrupted;
    let kept = read.into_tree().messages.pop().unwrap();
    assert_eq!(kept.reasoning, running.reasoning);
    assert_eq!(kept.steps, running.steps);

    thoughtful.leave_out_reasoning();
    let answers = ConversationDocument::new(thoughtful, NOW).to_json();
    assert!(!answers.contains("First") && !answers.contains("calculator"));
}

#[test]
fn text_is_what_was_written() {
    let text = render(&document(), ExportFormat::Text, Language::Chinese);
    assert!(
        text.contains(&format!("你 · 2026-11-24 06:30 UTC\n\n{HOSTILE}\n")),
        "{text}"
    );
    assert!(text.contains("[导出时此回答仍在生成。]"), "{text}");
}

#[test]
fn why_an_answer_failed_is_a_sentence_of_the_export_s_language() {
    let mut failed = tree();
    let answer = failed.messages.last_mut().unwrap();
    answer.status = MessageStatus::Interrupted;
    answer.error = Some(TurnError::EngineStopped.to_stored());
    let document = ConversationDocument::new(failed, NOW);
    for format in [
        ExportFormat::Markdown,
        ExportFormat::Text,
        ExportFormat::Html,
    ] {
        let chinese = render(&document, format, Language::Chinese);
        assert!(chinese.contains("此回答已中断。"), "{chinese}");
        assert!(!chinese.contains("engine"), "{chinese}");
        let english = render(&document, format, Language::English);
        assert!(
            english.contains("The model stopped in the middle"),
            "{english}"
        );
    }
    assert!(document.to_json().contains("engine_stopped"));
}

#[test]
fn a_page_needs_nothing_else_and_shows_text_as_text() {
    let html = render(&document(), ExportFormat::Html, Language::Chinese);
    assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"zh-Hans\">"));
    assert!(html.contains("default-src 'none'; style-src 'nonce-"));
    assert!(html.contains("@media print") && html.contains("prefers-color-scheme: dark"));
    assert!(html.contains("<strong>你好</strong>"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;"));
    assert_eq!(html.matches("<script").count(), 0);
    assert_eq!(html.matches("<style").count(), 1);
    for outside in ["src=", "@import", "url(", "<link"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(!html.contains("style=\""));
}

#[test]
fn all_branches_in_markdown_are_the_shown_one_and_then_each_message_once() {
    let mut tree = tree();
    tree.messages.extend([
        message(4, Some(2), Role::User, "And below the old answer?"),
        message(5, None, Role::User, "The first question, edited"),
    ]);
    let document = ConversationDocument::new(tree, NOW);
    let shown = render(&document, ExportFormat::Markdown, Language::English);
    let all = render_branches(&document, Language::English);
    let others = all.strip_prefix(&shown).unwrap();
    for once in ["The old answer.", "And below the old", "question, edited"] {
        assert_eq!(others.matches(once).count(), 1, "{others}");
    }
    let headings = others.lines().filter(|line| line.starts_with("# "));
    assert_eq!(headings.collect::<Vec<_>>(), ["# Branch 2", "# Branch 3"]);
    let html = comrak::markdown_to_html(&all, &comrak::Options::default());
    assert!(html.contains("<h1>Branch 3</h1>"), "{html}");
    // What a branch leaves is told, as text.
    assert!(others.contains("*After: "), "{others}");
    assert!(!html.contains("<script>"), "{html}");
    let chinese = render_branches(&document, Language::Chinese);
    assert!(chinese.contains("# 分支 2"), "{chinese}");
}

#[test]
fn an_archive_holds_both_forms_of_each_conversation_and_says_so() {
    let mut other = tree();
    other.id = ConversationId::new(Uuid::from_u128(8));
    let documents = [tree(), other].map(|tree| Ok(ConversationDocument::new(tree, NOW)));
    let mut bytes = Vec::new();
    let report = write_archive(&mut bytes, documents.into_iter(), Language::English, NOW).unwrap();
    assert_eq!((report.num_conversations, report.num_messages), (2, 6));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(zip.len(), 5);
    let manifest: Manifest =
        serde_json::from_reader(zip.by_name("manifest.json").unwrap()).unwrap();
    assert_eq!(manifest.sha256, manifest.content_hash());
    let mut hashed = serde_json::to_value(&manifest).unwrap();
    for outside in ["exported_at", "sha256"] {
        hashed.as_object_mut().unwrap().remove(outside);
    }
    assert_eq!(
        manifest.sha256,
        canonical::sha256(&canonical::Canonical(hashed))
    );
    for listed in &manifest.conversations {
        assert!(
            listed.file.starts_with("conversations/天空 "),
            "{}",
            listed.file
        );
        let read: ConversationDocument =
            serde_json::from_reader(zip.by_name(&listed.file).unwrap()).unwrap();
        assert_eq!((read.id, &read.sha256), (listed.id, &listed.sha256));
        let beside = listed.file.replace(".json", ".md");
        assert!(zip.by_name(&beside).unwrap().size() > 100);
    }
}
