//! `/metrics` as a server that is used tells them.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    deadline::eventually,
    metrics::Metrics,
    running_server::{PASSWORD, RunningServer, send, send_and_wait, sign_in},
};

#[tokio::test]
async fn no_counter_falls_while_the_server_works_and_changes_its_model() -> Result<()> {
    let model = ScriptedModel::new(vec!["A short answer.".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let broken = server.database().with_file_name("models/broken.gguf");
    std::fs::write(broken, b"no model")?;
    let mut before: BTreeMap<String, f64> = BTreeMap::new();
    let mut risen = 0;
    for round in 0..12 {
        send_and_wait(&ada, None, "Hello").await?;
        sign_in(&server.client()?, "Nobody", PASSWORD)
            .await?
            .unwrap_err();
        if round == 5 {
            // It gives its place back to a model that counts anew.
            let file = [("file", "broken.gguf".to_owned())];
            ada.call::<()>("switch_model", &file).await??;
            until_ready(&server).await?;
        }
        let one = server.watcher()?;
        let other = server.watcher()?;
        let (one, other) = tokio::join!(Metrics::read(&one), Metrics::read(&other));
        for metrics in [one?, other?] {
            let counters = metrics.counters()?;
            assert!(counters.len() > 20, "{counters:?}");
            for (name, value) in &counters {
                let earlier = before.get(name).copied().unwrap_or_default();
                // Two asked at once: one of them may be behind, and is compared with what was
                // there before both.
                assert!(*value >= earlier, "{name} fell from {earlier} to {value}");
                risen += usize::from(*value > earlier);
            }
        }
        before = Metrics::read(&server.watcher()?).await?.counters()?;
    }
    assert!(risen > 20, "something was counted: {risen}");
    Ok(())
}

async fn until_ready(server: &RunningServer) -> Result<()> {
    let watcher = server.watcher()?;
    eventually(
        "a model answers again",
        Duration::from_secs(20),
        async || {
            let metrics = Metrics::read(&watcher).await?;
            Ok((metrics.value("hearth_model_ready")? == 1).then_some(()))
        },
    )
    .await
}

#[tokio::test]
async fn every_value_is_of_the_type_that_stands_above_it() -> Result<()> {
    let model = ScriptedModel::new(vec!["A short answer.".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    send_and_wait(&ada, None, "Hello").await?;
    server.upkeep_in_days(0).await;
    let metrics = Metrics::read(&server.watcher()?).await?;
    for sample in metrics.samples()? {
        let kind = metrics.kind_of(&sample.name);
        let kind = kind.with_context(|| format!("{} has no type", sample.name))?;
        let is_total = sample.name.ends_with("_total");
        match kind.as_str() {
            "counter" => assert!(is_total && sample.value >= 0.0, "{sample:?}"),
            "gauge" => assert!(!is_total, "{sample:?}"),
            "histogram" => assert!(!is_total && sample.value >= 0.0, "{sample:?}"),
            other => panic!("{other}: {sample:?}"),
        }
    }
    for name in [
        "hearth_database_size_bytes",
        "hearth_process_resident_memory_bytes",
        "hearth_process_open_files",
    ] {
        assert!(metrics.value(name)? > 0, "{name}");
    }
    let job = r#"job="sessions""#;
    let ran = metrics.sum("hearth_upkeep_last_success_timestamp_seconds", job)?;
    assert!(ran > 1_700_000_000, "{ran}");
    Ok(())
}

#[tokio::test]
async fn routes_are_patterns_and_refusals_have_a_kind() -> Result<()> {
    let model = ScriptedModel::new(vec!["slow ".repeat(400)]);
    let model = model.with_token_delay(Duration::from_millis(10));
    let (server, ada) = RunningServer::start(model).await?;
    let stranger = server.client()?;
    let turn = send(&ada, None, "Hello").await??;
    let id = turn.conversation.id;
    ada.get(&format!("/c/{id}")).await?;
    stranger.get("/nothing/at/all").await?;
    stranger.call_raw("conversations", &[]).await?;
    // One runs in this conversation already; another and a third are one too many.
    send(&ada, Some(id), "Again").await?.unwrap_err();
    send(&ada, None, "Another").await??;
    send(&ada, None, "A third").await?.unwrap_err();
    let metrics = Metrics::read(&server.watcher()?).await?;
    let requests = |labels: &str| metrics.sum("hearth_http_requests_total", labels);
    assert_eq!(requests(r#"route="/c/{id}",class="2xx""#)?, 1);
    assert!(requests(r#"route="other",class="4xx""#)? >= 1);
    assert_eq!(requests(r#"route="/api/conversations",class="4xx""#)?, 1);
    assert_eq!(requests(&id.to_string())?, 0);
    let refusals = |kind: &str| metrics.sum("hearth_refusals_total", kind);
    for kind in ["unauthorized", "underway", "limit"] {
        assert_eq!(refusals(kind)?, 1, "{kind}");
    }
    Ok(())
}
