//! A running Chromium with a profile of its own, to which tests connect one after the other.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use thirtyfour::{
    ChromeCapabilities, ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel,
};

use crate::deadline::eventually;

/// From start to the first connection.
const START: Duration = Duration::from_secs(20);

const FLAGS: [&str; 15] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
    // As chromedriver starts it.
    "--enable-automation",
    "--disable-popup-blocking",
    "--password-store=basic",
    // Proxies of tests have a certificate that nobody vouches for.
    "--ignore-certificate-errors",
    // Any free port; Chromium writes it into its profile.
    "--remote-debugging-port=0",
];

/// Chromium puts nothing of its own over a page's fields.
const PREFERENCES: &str = r#"{
    "autofill": {"enabled": false, "profile_enabled": false, "credit_card_enabled": false},
    "credentials_enable_service": false,
    "profile": {"password_manager_enabled": false},
    "translate": {"enabled": false}
}"#;

/// Ends Chromium and removes its profile when the test binary lets go of it or is gone, however it
/// went: its end of the pipe closes.
const KEEPER: &str = r#"
    chromium "$@" & read -r _
    kill $!
    wait $!
    rm -rf "$PROFILE"
"#;

/// Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Chromium {
    port: u16,
    /// Its standard input is the pipe of [`KEEPER`].
    _keeper: Child,
}

impl Chromium {
    pub(crate) async fn start() -> Result<Self> {
        let profile = TempDir::new()?.keep();
        fs::create_dir(profile.join("Default"))?;
        fs::write(profile.join("Default/Preferences"), PREFERENCES)?;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .env("PROFILE", &profile)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting Chromium: install Debian's chromium and chromium-driver")?;
        let port = eventually("Chromium tells its port", START, async || {
            Ok(told_port(&profile))
        })
        .await?;
        Ok(Self {
            port,
            _keeper: keeper,
        })
    }

    /// What makes chromedriver connect to it; ending such a session leaves Chromium as it is.
    pub(crate) fn capabilities(&self) -> Result<ChromeCapabilities> {
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_debugger_address(&format!("127.0.0.1:{}", self.port))?;
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        Ok(capabilities)
    }
}

/// The first line of a file that Chromium writes when it listens.
fn told_port(profile: &Path) -> Option<u16> {
    let told = fs::read_to_string(profile.join("DevToolsActivePort")).ok()?;
    let (port, _) = told.split_once('\n')?;
    port.parse().ok()
}
