//! Debian packages: installed where that is possible without asking anybody, or only unpacked.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// Installs `packages`, as root or through `sudo` without a password.
///
/// # Errors
/// A sentence that names the packages and what is missing: apt-get, the rights, or the network.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if process::find("apt-get").is_none() {
        bail!("this machine has no apt-get; install what Debian calls {names} by hand");
    }
    if !is_root() && !can_sudo() {
        bail!("no rights to install packages; run: sudo apt-get install {names}");
    }
    process::announce(&format!("apt-get install {names}"));
    if process::run(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages),
    )
    .is_ok()
    {
        return Ok(());
    }
    // A fresh image has no package lists, and old lists name files that are gone.
    process::run(apt_get().arg("update")).context("apt-get has no network")?;
    process::run(
        apt_get()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(packages),
    )
    .with_context(|| format!("apt-get cannot install {names}"))
}

/// Downloads `packages` and unpacks them into `folder`. Nothing is installed or started, and no
/// rights are needed.
///
/// # Errors
/// A sentence that names the packages and what is missing: apt-get, its lists, or the network.
pub(crate) fn unpack(packages: &[&str], folder: &Path) -> Result<()> {
    let names = packages.join(" ");
    if process::find("apt-get").is_none() || process::find("dpkg-deb").is_none() {
        bail!("this machine has no apt-get and dpkg-deb to fetch {names}");
    }
    let downloads = folder.join("downloads");
    fs::create_dir_all(&downloads)
        .with_context(|| format!("cannot create {}", downloads.display()))?;
    let download = || {
        let mut command = Command::new("apt-get");
        command.args(["--quiet", "download"]).args(packages);
        process::run(command.current_dir(&downloads))
    };
    if download().is_err() {
        // A fresh image has no package lists, and old lists name files that are gone.
        if is_root() || can_sudo() {
            process::run(apt_get().arg("update")).context("apt-get has no network")?;
        }
        download().with_context(|| format!("apt-get cannot download {names}"))?;
    }
    for entry in fs::read_dir(&downloads)? {
        let package = entry?.path();
        let mut unpack = Command::new("dpkg-deb");
        process::run(unpack.arg("--extract").arg(&package).arg(folder))?;
    }
    fs::remove_dir_all(&downloads)?;
    Ok(())
}

/// Whether the package lists have a package of this name.
pub(crate) fn is_known(package: &str) -> bool {
    let mut show = Command::new("apt-cache");
    let shown = process::output(show.args(["--quiet", "--no-all-versions", "show", package]));
    shown.is_ok_and(|text| !text.trim().is_empty())
}

fn apt_get() -> Command {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .arg("--quiet");
    command
}

fn is_root() -> bool {
    // The second number of `Uid:` is the effective user; no unsafe call, no crate.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .and_then(|users| users.split_whitespace().nth(1))
        == Some("0")
}

fn can_sudo() -> bool {
    process::find("sudo").is_some()
        && process::output(Command::new("sudo").args(["-n", "true"])).is_ok()
}
