//! Clients that others wrote, against a real server.

use std::{env, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::ApiClient, deadline::eventually, metrics::Metrics, running_server::RunningServer,
    web_client::WebClient,
};
use tokio::process::Command;

/// A program with a key, as soon as the model answers.
async fn program(server: &RunningServer, person: &WebClient) -> Result<ApiClient> {
    let program = ApiClient::of(server, person).await?;
    eventually("the model is loaded", Duration::from_secs(30), async || {
        Ok((program.get("/health").await?.status == 200).then_some(()))
    })
    .await?;
    Ok(program)
}

/// Python with the packages in the folder that `variable` names.
fn python(variable: &str) -> Result<Command> {
    let packages = env::var_os(variable).with_context(|| {
        format!("name the folder of packages in {variable} (`cargo xtask test --only rust` does)")
    })?;
    let mut command = Command::new("python3");
    command
        .env("PYTHONPATH", packages)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "*");
    Ok(command)
}

/// Runs tests written in Python, with the client of OpenAI.
async fn check(server: &RunningServer, person: &WebClient, script: &str) -> Result<()> {
    let program = program(server, person).await?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openai");
    let output = python("HEARTH_TEST_OPENAI")?
        .arg(folder.join(script))
        .env("HEARTH_URL", server.base_url())
        .env("HEARTH_KEY", program.key())
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{script} failed:\n{told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_of_openai_reads_every_answer() -> Result<()> {
    let model = ScriptedModel::new(vec!["Good morning!".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    check(&server, &ada, "answers.py").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_of_openai_calls_tools() -> Result<()> {
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../engine/tests/golden/gpt-oss-tiny-chat/model");
    let (server, ada) = RunningServer::start_file(model).await?;
    check(&server, &ada, "tools.py").await
}

/// Requests made up from the API's own description, good ones and bad ones: each gets an answer
/// that is described, and none is an error of the server.
#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_request_that_is_answered_wrongly() -> Result<()> {
    let is_whole = env::var("HEARTH_TEST_EXTENT").is_ok_and(|extent| extent == "whole");
    // A change is judged by the same requests as the one before it; others come at night.
    let seed: &[&str] = if is_whole { &[] } else { &["--seed", "1"] };
    let (examples, least) = if is_whole {
        ("3000", 10_000)
    } else {
        ("40", 500)
    };
    let model = ScriptedModel::new(vec!["Good morning!".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let program = program(&server, &ada).await?;
    let folder = tempfile::tempdir()?;
    let output = python("HEARTH_TEST_SCHEMATHESIS")?
        .current_dir(folder.path())
        .args(["-m", "schemathesis.cli", "run", "--no-color"])
        .arg(format!("{}/v1/openapi.json", server.base_url()))
        .arg("--header")
        .arg(format!("Authorization: Bearer {}", program.key()))
        .args(["--checks", "all"])
        // What is refused for reasons that a schema cannot tell, and addresses of this machine
        // that want no key from it.
        .args(["--exclude-checks", "positive_data_acceptance,ignored_auth"])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--suppress-health-check", "all"])
        .args(["--max-examples", examples, "--continue-on-failure"])
        .args(seed)
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{told}");
    let metrics = Metrics::read(&server.watcher()?).await?;
    let requests = metrics.sum("hearth_api_requests_total", "")?;
    assert!(requests >= least, "{requests} requests:\n{told}");
    assert_eq!(metrics.sum("hearth_api_requests_total", "status=\"5")?, 0);
    Ok(())
}
