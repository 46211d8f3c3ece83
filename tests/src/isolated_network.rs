//! A network of its own for one test: no way out, and one address as a LAN has them.

use std::{
    env,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

/// Set for the inner run.
const MARK: &str = "HEARTH_ISOLATED_NETWORK";

/// An address that is not loopback, so that a browser treats the page as it does on a LAN
/// (RFC 5737: it belongs to nobody).
pub const LAN_ADDRESS: &str = "192.0.2.10";

/// Where the calling test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the isolated network: do the work.
    Inside,
    /// The test was run once more, inside, and passed: there is nothing left to do.
    Done,
    /// The kernel allows no network namespaces here: the test has to say that it was skipped.
    Forbidden,
}

/// Runs the calling test once more in a network namespace. `test` is its full name.
///
/// # Errors
/// If `unshare` or `ip` is missing, and if the inner run fails.
pub async fn enter(test: &str) -> Result<Place> {
    if env::var_os(MARK).is_some() {
        configure()?;
        return Ok(Place::Inside);
    }
    let program = env::current_exe()?;
    let allowed = unshare().arg("true").output();
    if !allowed
        .context("starting unshare (util-linux)")?
        .status
        .success()
    {
        return Ok(Place::Forbidden);
    }
    let mut command = unshare();
    command
        .arg(program)
        .args(["--exact", test, "--nocapture"])
        .env(MARK, "1")
        .stdin(Stdio::null());
    let ran = tokio::task::spawn_blocking(move || command.status());
    let status = ran.await??;
    ensure!(status.success(), "the test failed in its isolated network");
    Ok(Place::Done)
}

/// Where we are not root, we become it in a user namespace of our own.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "--"]);
    command
}

fn configure() -> Result<()> {
    // Debian keeps `ip` where a user's PATH does not lead.
    let script = format!(
        "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && ip address add {LAN_ADDRESS}/32 dev lo"
    );
    let status = Command::new("sh").args(["-c", &script]).status()?;
    ensure!(status.success(), "ip failed: install Debian's iproute2");
    Ok(())
}
