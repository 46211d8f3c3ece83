//! Many programs at once: exactly as many as there are places, and everything comes back.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::EngineSection;
use hearth_tests::{
    api_client::{ApiClient, EventLines, question, with},
    chance::Chance,
    deadline::eventually,
    metrics::Metrics,
    program::Program,
    running_server::RunningServer,
    web_client::WebClient,
};
use serde_json::Value;
use tokio::sync::Barrier;

use super::{CHAT, set, until_ready};

/// Most a person may have at once, as an administrator can set it.
const PER_PERSON: &str = "100";

fn places(max_running: usize, queue: usize) -> EngineSection {
    EngineSection {
        max_running,
        queue,
        ..EngineSection::default()
    }
}

/// Programs of the administrator and of others.
async fn programs(server: &RunningServer, ada: &WebClient) -> Result<Vec<ApiClient>> {
    set(ada, "concurrent_turns", PER_PERSON).await?;
    let mut programs = vec![ApiClient::of(server, ada).await?];
    for name in ["Carl", "Dora", "Emil"] {
        let person = server.add_user(name).await?;
        programs.push(ApiClient::of(server, &person).await?);
    }
    until_ready(&programs[0]).await?;
    Ok(programs)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_at_once_those_without_a_place_are_refused() -> Result<()> {
    let model = ScriptedModel::new(vec!["a".repeat(2000)]);
    let model = model.with_token_delay(Duration::from_millis(20));
    let (server, ada) = RunningServer::start_with(model, places(8, 32)).await?;
    let programs = Arc::new(programs(&server, &ada).await?);
    let barrier = Arc::new(Barrier::new(64));
    let asking = (0..64).map(|number| {
        let (programs, barrier) = (Arc::clone(&programs), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            let request = with(question("Hello"), "stream", true);
            programs[number % programs.len()].open(CHAT, &request).await
        })
    });
    // All of them stay until the last one has its answer.
    let streams: Vec<EventLines> = try_join_all(asking)
        .await?
        .into_iter()
        .collect::<Result<_>>()?;
    let mut counts = BTreeMap::<u16, usize>::new();
    for stream in &streams {
        *counts.entry(stream.status()).or_default() += 1;
        if stream.status() == 429 {
            let seconds: u32 = stream.header("retry-after").parse().context("seconds")?;
            assert!(seconds > 0);
        }
    }
    assert_eq!(counts, BTreeMap::from([(200, 40), (429, 24)]));
    until_load(&server, [8, 32], Duration::from_secs(2)).await?;
    drop(streams);
    until_load(&server, [0, 0], Duration::from_secs(2)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_that_leave_at_any_moment_give_everything_back() -> Result<()> {
    let (server, ada) = RunningServer::start_file_with(tiny_model(), places(8, 200)).await?;
    let programs = Arc::new(programs(&server, &ada).await?);
    let mut chance = Chance::new(7);
    let leaving = (0..200).map(|number| {
        let programs = Arc::clone(&programs);
        let moment = Duration::from_millis(chance.within(0..1500));
        tokio::spawn(async move {
            let mut request = with(
                question(&format!("{number} is a number")),
                "stream",
                number % 2 == 0,
            );
            request["max_tokens"] = 200.into();
            request["ignore_eos"] = true.into();
            let program = &programs[number % programs.len()];
            // Then the connection is closed, wherever the answer is.
            let read = tokio::time::timeout(moment, read(program, &request)).await;
            read.is_ok_and(|status| status.is_ok_and(|it| it != 200))
        })
    });
    let refused = try_join_all(leaving).await?;
    assert!(!refused.contains(&true), "there is a place for everybody");
    let computed = Metrics::read(&server.watcher()?)
        .await?
        .value("hearth_engine_tokens_total")?;
    assert!(computed > 2_000, "{computed} tokens were computed");
    until_load(&server, [0, 0], Duration::from_secs(1)).await?;
    // It still answers.
    let answer = programs[0]
        .ask(CHAT, &with(question("Hello"), "max_tokens", 4))
        .await?;
    assert!(answer["usage"]["completion_tokens"].as_u64() > Some(0));
    Ok(())
}

/// A real process: what a test allocates does not count.
#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_requests_leave_memory_as_it_was() -> Result<()> {
    const AT_ONCE: usize = 8;
    let program = Program::start_with_model(&tiny_model()).await?;
    let ada = program.administrator().await?;
    set(&ada, "concurrent_turns", PER_PERSON).await?;
    let client = Arc::new(ApiClient::at(&program.base_url(), &ada).await?);
    until_ready(&client).await?;
    let ask = async |numbers: std::ops::Range<usize>| -> Result<()> {
        let asking = (0..AT_ONCE).map(|worker| {
            let client = Arc::clone(&client);
            let mine = numbers.clone().skip(worker).step_by(AT_ONCE);
            tokio::spawn(async move {
                for number in mine {
                    let text = format!(
                        "{number} is a number. {}",
                        "And so on. ".repeat(number % 40)
                    );
                    let request = with(question(&text), "max_tokens", 8);
                    let request = with(request, "stream", number % 2 == 0);
                    let lines = client.open(CHAT, &request).await?;
                    anyhow::ensure!(lines.status() == 200, "{}", lines.status());
                    lines.lines().await?;
                }
                Ok(())
            })
        });
        try_join_all(asking).await?.into_iter().collect()
    };
    ask(0..300).await?;
    let before = program.memory()?;
    ask(300..2_300).await?;
    let after = program.memory()?;
    let growth = after.saturating_sub(before);
    assert!(growth * 20 < before, "{before} bytes grew to {after}");
    Ok(())
}

async fn read(program: &ApiClient, request: &Value) -> Result<u16> {
    let lines = program.open(CHAT, request).await?;
    let status = lines.status();
    lines.lines().await?;
    Ok(status)
}

fn tiny_model() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../engine/tests/golden/gpt-oss-tiny-chat/model")
}

/// So many run, so many wait; blocks are held where something runs.
async fn until_load(server: &RunningServer, load: [u64; 2], patience: Duration) -> Result<()> {
    eventually(&format!("{load:?} run and wait"), patience, async || {
        let metrics = Metrics::read(&server.watcher()?).await?;
        let found = [
            metrics.value("hearth_running_sequences")?,
            metrics.value("hearth_waiting_sequences")?,
        ];
        let is_given_back = metrics.value("hearth_cache_blocks_used")? == 0;
        Ok((found == load && (is_given_back || load[0] > 0)).then_some(()))
    })
    .await
}
