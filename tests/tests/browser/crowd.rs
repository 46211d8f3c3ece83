//! Many tabs that wait, twenty answers, and clients that stand still, at one program.

use std::{
    env,
    io::{self, Write as _},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures::future::{join_all, try_join_all};
use hearth_app::model::{Message, OneTimeLink, SettingName, StartedTurn};
use hearth_tests::{
    browser::wait_for_stage,
    database::lengthen_answers,
    deadline::eventually,
    program::Program,
    running_server::{PASSWORD, message_text, new_key, save_setting},
    slow_client::{begin_archive, begin_tail, begin_upload, until_running},
    tail::{AnswerText, letters},
    web_client::WebClient,
};

const NUM_ANSWERS: usize = 20;
/// Longer than the test, and within the model's window.
const MAX_TOKENS: u32 = 1500;

fn num_tails() -> usize {
    let is_whole = env::var("HEARTH_TEST_EXTENT").is_ok_and(|extent| extent == "whole");
    if is_whole { 1000 } else { 100 }
}

async fn ask(client: &WebClient, max_tokens: u32) -> Result<StartedTurn> {
    let arguments = [
        (
            "text",
            "Tell me a long story about a lighthouse keeper.".to_owned(),
        ),
        ("key", new_key().to_string()),
        ("params[max_tokens]", max_tokens.to_string()),
    ];
    Ok(client.call("send_message", &arguments).await??)
}

/// What a person sees of an answer until its stream ends, however it ends.
async fn watch(client: &WebClient, message: &Message) -> AnswerText {
    let mut seen = AnswerText::default();
    let Some(cursor) = message.cursor else {
        return seen;
    };
    if let Ok(mut tail) = client.tail(message.id, cursor).await {
        while let Ok(Some(event)) = tail.next().await {
            seen.apply(&event);
        }
    }
    seen
}

/// Longest of some openings of a page, and of some messages until they are taken.
async fn slowest(client: &WebClient) -> Result<(Duration, Duration)> {
    let (mut page, mut call) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..10 {
        let start = Instant::now();
        ensure!(client.get("/").await?.status == 200);
        page = page.max(start.elapsed());
        let start = Instant::now();
        client
            .call::<serde_json::Value>("model_status", &[])
            .await??;
        call = call.max(start.elapsed());
    }
    Ok((page, call))
}

async fn invited(program: &Program, ada: &WebClient, name: &str) -> Result<WebClient> {
    let arguments = [("name", name.to_owned()), ("role", "user".to_owned())];
    let link: OneTimeLink = ada.call("create_account", &arguments).await??;
    let client = WebClient::new(program.base_url())?;
    let fields = [("token", link.token), ("password", PASSWORD.to_owned())];
    client.call::<()>("join", &fields).await??;
    Ok(client)
}

async fn allow_many_answers(ada: &WebClient) -> Result<()> {
    save_setting(ada, SettingName::ConcurrentTurns, "100").await??;
    Ok(())
}

/// The tabs and the slow clients; what they cost, and how the program ends beside them.
async fn crowd(
    program: &mut Program,
    (ada, bob): (&WebClient, &WebClient),
    turns: &[StartedTurn],
    waiting: &Message,
) -> Result<()> {
    let begun = async || {
        let texts = turns
            .iter()
            .map(|turn| message_text(ada, turn.assistant_message.id));
        let texts = try_join_all(texts).await?;
        Ok(texts.iter().all(|text| text.len() > 20).then_some(()))
    };
    eventually("every answer has begun", Duration::from_mins(2), begun).await?;
    let quiet = slowest(bob).await?;
    let before = program.memory()?;
    let tails = try_join_all((0..num_tails()).map(|_| begin_tail(ada, waiting))).await?;
    let slow = [
        begin_upload(ada).await?,
        begin_upload(bob).await?,
        begin_archive(ada).await?,
        begin_archive(bob).await?,
    ];
    let watcher = program.watcher()?;
    until_running(&watcher, "upload", 2).await?;
    until_running(&watcher, "download", 2).await?;
    let crowded = slowest(bob).await?;
    writeln!(
        io::stdout(),
        "{} MB while {NUM_ANSWERS} answers are made, {} MB with {} tabs and four slow clients; \
         slowest page and call {quiet:?}, with the crowd {crowded:?}",
        before >> 20,
        program.memory()? >> 20,
        tails.len(),
    )?;
    // Told apart from a machine that is busy: a wait for the slow ones has no end.
    ensure!(crowded.0 < Duration::from_secs(10) && crowded.1 < Duration::from_secs(10));
    let took = program.terminate()?;
    writeln!(io::stdout(), "ended in {took:?}")?;
    ensure!(took < Duration::from_secs(5), "the end took {took:?}");
    drop((tails, slow));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_tabs_and_slow_clients_holds_up_nobody_and_loses_nothing() -> Result<()> {
    // Nothing else may take the two cores meanwhile: twenty answers leave nothing of them.
    let _stage = wait_for_stage().await?;
    let settings = vec![("HEARTH_ENGINE__MAX_RUNNING", NUM_ANSWERS.to_string())];
    let mut program = Program::start_with(settings).await?;
    let ada = program.administrator().await?;
    allow_many_answers(&ada).await?;
    let bob = invited(&program, &ada, "Bob").await?;
    for client in [&ada, &bob] {
        let short = ask(client, 4).await?;
        watch(client, &short.assistant_message).await;
    }
    // Far more than sockets and pipes hold.
    lengthen_answers(&program.database(), 16 << 20).await?;
    let turns = try_join_all((0..NUM_ANSWERS).map(|_| ask(&ada, MAX_TOKENS))).await?;
    let waiting = ask(&ada, MAX_TOKENS).await?.assistant_message;
    let watching = join_all(
        turns
            .iter()
            .map(|turn| watch(&ada, &turn.assistant_message)),
    );
    let crowd = crowd(&mut program, (&ada, &bob), &turns, &waiting);
    let (seen, crowd) = tokio::join!(watching, crowd);
    crowd?;
    program.restart().await?;
    for (turn, seen) in turns.iter().zip(seen) {
        let kept = message_text(&ada, turn.assistant_message.id).await?;
        let (kept, seen) = (letters(&kept), seen.letters());
        ensure!(kept.starts_with(&seen), "seen was {seen}, kept is {kept}");
        ensure!(!seen.is_empty(), "an answer had not begun");
    }
    Ok(())
}
