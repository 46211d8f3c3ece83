//! Clients that others wrote, against a real server.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{api_client::ApiClient, running_server::RunningServer, web_client::WebClient};
use tokio::process::Command;

/// Runs tests written in Python, with the client of OpenAI.
async fn check(server: &RunningServer, person: &WebClient, script: &str) -> Result<()> {
    let packages = std::env::var_os("HEARTH_TEST_OPENAI").context(
        "name the folder with OpenAI's Python client in HEARTH_TEST_OPENAI \
         (`cargo xtask test --only rust` does)",
    )?;
    let program = ApiClient::of(server, person).await?;
    let patience = std::time::Duration::from_secs(30);
    hearth_tests::deadline::eventually("the model is loaded", patience, async || {
        Ok((program.get("/health").await?.status == 200).then_some(()))
    })
    .await?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openai");
    let output = Command::new("python3")
        .arg(folder.join(script))
        .env("PYTHONPATH", packages)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HEARTH_URL", server.base_url())
        .env("HEARTH_KEY", program.key())
        .env("NO_PROXY", "*")
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
