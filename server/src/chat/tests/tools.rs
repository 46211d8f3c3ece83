//! Answers for which a calculator was called, by a tiny trained gpt-oss.

use std::path::Path;

use hearth_app::{
    model::{ChatEventKind, ConversationForm, MessageStatus, StartedTurn, ToolStep},
    service::{ChatService as _, SendMessage},
};
use hearth_engine::handle::{EngineConfig, ModelSource};
use hearth_engine::scripted::ScriptedModel;

use super::bench::{Bench, Page, question};
use crate::{chat::tools::MAX_CALLS, store::Chunk};

const QUESTION: &str = "What is 123 * 45?";
const ANSWER: &str = "123 * 45 = 5535.";

async fn bench() -> Bench {
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../engine/tests/golden/gpt-oss-tiny-chat/model");
    let config = EngineConfig {
        num_threads: 2,
        exact: true,
        ..EngineConfig::default()
    };
    Bench::start_source(ModelSource::File(model), config).await
}

fn greedy(text: &str, max_tokens: Option<u32>) -> SendMessage {
    let mut message = question(text);
    message.params.temperature = Some(0.0);
    message.params.max_tokens = max_tokens;
    message
}

fn calculated() -> ToolStep {
    ToolStep {
        tool: "calculator".to_owned(),
        input: "123*45".to_owned(),
        output: "5535".to_owned(),
        has_failed: false,
        // "Use the calculator. The expression is 123*45."
        reasoning_bytes: Some(45),
    }
}

/// Waits for the end; what the frames told.
async fn steps_told(bench: &Bench, turn: &StartedTurn) -> (Page, Vec<ToolStep>) {
    let answer = &turn.assistant_message;
    let frames = bench.frames(answer.id, answer.cursor.unwrap()).await;
    let mut steps = answer.steps.clone();
    for frame in &frames {
        match &frame.kind {
            ChatEventKind::Step(step) => steps.push(step.clone()),
            ChatEventKind::Snapshot { steps: all, .. } => steps.clone_from(all),
            _ => {}
        }
    }
    (Page::of(answer).apply_all(&frames), steps)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_shown_stored_and_remembered() {
    let bench = bench().await;
    let turn = bench.try_send(greedy(QUESTION, None)).await.unwrap();
    let (page, steps) = steps_told(&bench, &turn).await;
    assert_eq!(
        page.ended,
        Some(MessageStatus::Finished),
        "{:?}",
        page.error
    );
    assert_eq!(steps, [calculated()]);
    let stored = bench.stored(turn.assistant_message.id).await;
    assert_eq!(stored.text, ANSWER);
    assert_eq!(stored.steps, [calculated()]);
    // The arguments of the call are no reasoning.
    let reasoning = stored.reasoning.unwrap().text;
    assert!(
        !reasoning.is_empty() && !reasoning.contains("123*45\""),
        "{reasoning}"
    );

    let mut next = greedy("Thank you!", None);
    next.conversation = Some(turn.conversation.id);
    let next = bench.try_send(next).await.unwrap();
    steps_told(&bench, &next).await;
    let next = bench.stored(next.assistant_message.id).await;
    assert_eq!(next.text, "You are welcome!");
    assert_eq!(next.steps, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_a_call_is_continued_exactly_wherever_it_was_cut() {
    let bench = bench().await;
    let whole = bench.try_send(greedy(QUESTION, None)).await.unwrap();
    steps_told(&bench, &whole).await;
    let whole = bench.stored(whole.assistant_message.id).await;
    let mut turn = bench.try_send(greedy(QUESTION, Some(5))).await.unwrap();
    let id = turn.assistant_message.id;
    let mut num_parts = 1;
    loop {
        let (_, steps) = steps_told(&bench, &turn).await;
        let stored = bench.stored(id).await;
        assert_eq!(steps, stored.steps);
        if stored.usage.completion_tokens == whole.usage.completion_tokens {
            break;
        }
        assert!(num_parts < 40, "{stored:?}");
        turn = bench.server.continue_turn(bench.ada, id).await.unwrap();
        assert_eq!(turn.notice, None);
        num_parts += 1;
    }
    let parts = bench.stored(id).await;
    assert_eq!(parts.text, whole.text);
    assert_eq!(parts.reasoning.unwrap().text, whole.reasoning.unwrap().text);
    assert_eq!(parts.steps, [calculated()]);
    assert!(num_parts > 5, "{num_parts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_has_called_often_may_call_again_when_it_is_continued() {
    let bench = bench().await;
    let mut turn = bench.try_send(greedy(QUESTION, Some(5))).await.unwrap();
    let id = turn.assistant_message.id;
    steps_told(&bench, &turn).await;
    let line = serde_json::to_string(&calculated()).unwrap() + "\n";
    sqlx::query("update message set tool_steps = ? where id = ?")
        .bind(line.repeat(MAX_CALLS))
        .bind(id.as_uuid())
        .execute(&bench.store.writer)
        .await
        .unwrap();
    for _ in 0..40 {
        if bench.stored(id).await.text == ANSWER {
            break;
        }
        turn = bench.server.continue_turn(bench.ada, id).await.unwrap();
        steps_told(&bench, &turn).await;
    }
    let stored = bench.stored(id).await;
    assert_eq!(stored.text, ANSWER);
    assert_eq!(stored.steps.len(), MAX_CALLS + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_calculator_none_is_offered() {
    let bench = bench().await;
    let form = ConversationForm {
        calculator: "no".to_owned(),
        ..ConversationForm::default()
    };
    let saved = bench
        .server
        .save_conversation_settings(bench.ada, None, form);
    let conversation = saved.await.unwrap();
    let mut message = greedy("Hello!", None);
    message.conversation = Some(conversation);
    let without = bench.try_send(message).await.unwrap();
    let with = bench.try_send(greedy("Hello!", None)).await.unwrap();
    let mut num_tokens = Vec::new();
    for turn in [without, with] {
        steps_told(&bench, &turn).await;
        let stored = bench.stored(turn.assistant_message.id).await;
        num_tokens.push(stored.usage.prompt_tokens);
    }
    assert!(num_tokens[0] + 20 < num_tokens[1], "{num_tokens:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_with_a_message_holds_for_its_answer_and_those_after_it() {
    let bench = bench().await;
    let mut message = greedy("Hello!", None);
    message.choices.calculator = Some(false);
    let without = bench.try_send(message).await.unwrap();
    let id = without.conversation.id;
    let with = bench.try_send(greedy("Hello!", None)).await.unwrap();
    let mut num_tokens = Vec::new();
    for turn in [without, with] {
        steps_told(&bench, &turn).await;
        let stored = bench.stored(turn.assistant_message.id).await;
        num_tokens.push(stored.usage.prompt_tokens);
    }
    assert!(num_tokens[0] + 20 < num_tokens[1], "{num_tokens:?}");
    assert_eq!(bench.server.model_status().usual.calculator, Some(true));
    let kept = bench.server.conversation_settings(bench.ada, id).await;
    assert_eq!(kept.unwrap().calculator, "no");
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_and_thoughts_recorded_before_a_crash_are_there_afterwards() {
    let model = || {
        ScriptedModel::new(vec!["a".repeat(4000)])
            .with_token_delay(std::time::Duration::from_millis(5))
    };
    let bench = Bench::start(model()).await;
    let turn = bench.send("Go").await;
    let id = turn.assistant_message.id;
    let chunk = |seq, step| Chunk {
        seq,
        steps: vec![step],
        reasoning: "Six times seven. ".to_owned(),
        reasoning_ms: u32::try_from(seq).unwrap(),
        ..Chunk::default()
    };
    let (first, second) = (chunk(1001, calculated()), chunk(1002, calculated()));
    for chunk in [&first, &second] {
        bench
            .store
            .record([(id, chunk)].into_iter(), &[])
            .await
            .unwrap();
    }
    let running = bench.store.message(bench.ada, id).await.unwrap().unwrap();
    assert_eq!(running.steps.len(), 2);
    let copy = bench.directory.path().join("copy.db");
    let copied = copy.display().to_string();
    sqlx::query("vacuum into ?")
        .bind(copied)
        .execute(&bench.store.writer)
        .await
        .unwrap();
    let users = (bench.ada, bench.bob);
    let directory = std::sync::Arc::clone(&bench.directory);
    let again = Bench::reopen(copy, users, directory, model()).await;
    // The new process marks what the old one left.
    let mut stored = again.stored(id).await;
    while stored.status == MessageStatus::Running {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        stored = again.stored(id).await;
    }
    assert_eq!(stored.status, MessageStatus::Interrupted);
    assert_eq!(stored.steps, [calculated(), calculated()]);
    let thoughts = stored.reasoning.unwrap();
    assert_eq!(thoughts.text, "Six times seven. ".repeat(2));
    assert_eq!(thoughts.duration_ms, 1002, "not 0 s");
}
