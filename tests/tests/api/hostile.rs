//! Answers that were made to hang a renderer, beside an answer that somebody reads.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ChatEventKind, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    database::replace_answer,
    running_server::{RunningServer, send, send_and_wait},
    web_client::WebClient,
};

/// A table of ten thousand cells, code that is slow to highlight, quotes in quotes, brackets, and
/// models in a loop: one letter, one word, one line for as long as they may.
fn hostile_answers() -> Vec<String> {
    let table = format!(
        "|a|b|c|d|\n|-|-|-|-|\n{}",
        "|*a*|`b`|**c**|d|\n".repeat(2500)
    );
    let code = format!("```make\n{}", format!("{}\n", "a".repeat(60)).repeat(1000));
    vec![
        ">".repeat(60_000),
        format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)),
        table,
        code,
        "a".repeat(60_000),
        "again ".repeat(10_000),
        "- and again\n".repeat(5_000),
    ]
}

/// Longest pause between two frames of an answer, after the first.
async fn longest_pause(client: &WebClient, turn: &StartedTurn) -> Result<Duration> {
    let answer = &turn.assistant_message;
    let cursor = answer.cursor.context("a running answer has a cursor")?;
    let mut tail = client.tail(answer.id, cursor).await?;
    let (mut longest, mut last) = (Duration::ZERO, None::<Instant>);
    while let Some(event) = tail.next().await? {
        if matches!(
            event.kind,
            ChatEventKind::Pending { .. } | ChatEventKind::Block(_)
        ) {
            longest = longest.max(last.map_or(Duration::ZERO, |last| last.elapsed()));
            last = Some(Instant::now());
        }
    }
    Ok(longest)
}

/// The longest pause of a plain answer while so many hostile ones are made, and until they end.
async fn pause_beside(hostile: &[String]) -> Result<(Duration, Duration)> {
    // The model repeats what is said.
    let model = ScriptedModel::new(Vec::new()).with_context_window(1 << 20);
    let (server, ada) = RunningServer::start(model).await?;
    let plain = "A word after a word, and then a line.\n\n".repeat(1500);
    let mut reading = Vec::new();
    let start = Instant::now();
    for (number, text) in hostile.iter().enumerate() {
        let client = server.add_user(&format!("Guest {number}")).await?;
        let turn = send(&client, None, text).await??;
        reading.push(tokio::spawn(
            async move { longest_pause(&client, &turn).await },
        ));
    }
    let turn = send(&ada, None, &plain).await??;
    let pause = longest_pause(&ada, &turn).await?;
    for reading in reading {
        reading.await??;
    }
    Ok((pause, start.elapsed()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_answers_hold_up_nobody_else() -> Result<()> {
    let alone = pause_beside(&[]).await?.0;
    let (beside, all) = pause_beside(&hostile_answers()).await?;
    writeln!(
        io::stdout(),
        "longest pause between frames: {alone:?} alone, {beside:?} beside hostile answers; \
         all of them ended after {all:?}"
    )?;
    // Told apart from a busy machine: one such picture took longer than that when it was drawn
    // where everybody's frames are sent.
    ensure!(
        beside < alone + Duration::from_secs(2),
        "{beside:?}, alone {alone:?}"
    );
    Ok(())
}

#[tokio::test]
async fn the_longest_hostile_answers_open_in_time() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let path = format!("/c/{}", turn.conversation.id);
    for piece in [
        ">",
        "[",
        "|a|b|\n|-|-|\n",
        "```make\naaaaaaaaaaaaaaaaaaaaaaaa\n",
        "a*b_",
        "$x$ ",
    ] {
        let text = piece.repeat((8 << 20) / piece.len());
        replace_answer(&server.database(), turn.conversation.id, &text).await?;
        let start = Instant::now();
        let page = ada.get(&path).await?;
        let took = start.elapsed();
        let num_bytes = page.body.len();
        writeln!(
            io::stdout(),
            "8 MiB of {piece:?}: {took:?}, {num_bytes} bytes"
        )?;
        ensure!(
            page.status == 200 && page.body.len() > 1 << 20,
            "{}",
            page.body.len()
        );
        // Far less than it took without a budget: minutes and hours.
        ensure!(took < Duration::from_secs(30), "{took:?}");
    }
    Ok(())
}
