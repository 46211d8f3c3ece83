//! One chromedriver for all tests of a binary, on a free port.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use tokio::sync::OnceCell;

use crate::{deadline::eventually, program::free_port};

static RUNNING: OnceCell<Chromedriver> = OnceCell::const_new();

/// Ends chromedriver when the test binary is gone, however it went: its end of the pipe closes.
const KEEPER: &str = r#"chromedriver --port="$1" --log-level=SEVERE & read -r _; kill $!"#;

#[derive(Debug)]
struct Chromedriver {
    port: u16,
    /// Its standard input is the pipe of [`KEEPER`].
    _keeper: Child,
}

/// Address of the driver, started on first use.
pub(crate) async fn address() -> Result<String> {
    let driver = RUNNING.get_or_try_init(start).await?;
    Ok(format!("http://127.0.0.1:{}", driver.port))
}

async fn start() -> Result<Chromedriver> {
    let found = Command::new("chromedriver").arg("--version").output();
    ensure!(
        found.is_ok_and(|output| output.status.success()),
        "chromedriver is missing: install Debian's chromium and chromium-driver"
    );
    let port = free_port()?;
    let keeper = Command::new("sh")
        .args(["-c", KEEPER, "sh", &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context("starting chromedriver")?;
    let status = format!("http://127.0.0.1:{port}/status");
    let http = reqwest::Client::builder().no_proxy().build()?;
    eventually(
        "chromedriver answers",
        Duration::from_secs(20),
        async || Ok(http.get(&status).send().await.is_ok().then_some(())),
    )
    .await?;
    Ok(Chromedriver {
        port,
        _keeper: keeper,
    })
}
