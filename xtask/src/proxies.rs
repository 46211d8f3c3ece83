//! Proxies that people put before Hearth, for the tests of `deploy/proxies`.
//!
//! They are unpacked below the target directory: installed, they would start by themselves, and
//! take the ports of this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{apt, process};

const PACKAGES: [&str; 3] = ["nginx", "caddy", "haproxy"];
/// What they are linked to; each release of Debian has some of them.
const LIBRARIES: [&str; 6] = [
    "libpcre2-8-0",
    "libssl3",
    "liblua5.3-0",
    "liblua5.4-0",
    "libopentracing-c-wrapper0",
    "libopentracing1",
];
/// Programs, and how each says its version.
const PROGRAMS: [(&str, &str); 3] = [
    ("usr/sbin/nginx", "-v"),
    ("usr/bin/caddy", "version"),
    ("usr/sbin/haproxy", "-v"),
];

/// The folder of the unpacked packages, below the target directory; fetched if it is not there yet.
///
/// # Errors
/// One sentence that says what is missing.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let place = workspace.target().join("proxies");
    if PROGRAMS.iter().all(|(path, _)| place.join(path).is_file()) {
        return Ok(place);
    }
    process::announce("fetching nginx, Caddy and HAProxy (13 MB)");
    let scratch = format!(".proxies-{}", std::process::id());
    let scratch = workspace.target().join(scratch);
    let needed = "the tests of deploy/proxies need Debian's packages nginx, caddy and haproxy";
    apt::unpack(&PACKAGES, &scratch).context(needed)?;
    for library in LIBRARIES {
        if apt::is_known(library) {
            apt::unpack(&[library], &scratch).context(needed)?;
        }
    }
    for (path, version) in PROGRAMS {
        let mut program = Command::new(scratch.join(path));
        program.arg(version);
        program.env("LD_LIBRARY_PATH", env::join_paths(libraries(&scratch)?)?);
        process::output(&mut program).with_context(|| format!("{path} does not start"))?;
    }
    // Half of an earlier one would be in the way.
    let _ = fs::remove_dir_all(&place);
    fs::rename(&scratch, &place)?;
    Ok(place)
}

fn libraries(unpacked: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(unpacked.join("usr/lib"))? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    Ok(folders)
}
