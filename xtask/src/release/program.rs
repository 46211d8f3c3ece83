//! Builds the program that is given away: with the kernels for every card its target can have, the
//! same bytes in whatever folder it is built, and with no trace of that folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::elf;
use super::old_glibc::{OLDEST, OldGlibc};
use crate::wasm::{FLAG_SEPARATOR, Toolchain};
use crate::workspace::{self, Workspace};
use crate::{process, site};

/// What is built, and as of when.
pub(super) struct Order<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) target: &'a str,
    /// Seconds after 1970 that stand for every time.
    pub(super) seconds: u64,
}

/// Kernels for the cards that a target can have. Their drivers are opened by name when the program
/// runs, so it starts where there are none. A static program opens no library at all.
pub(super) fn features(target: &str) -> &'static [&'static str] {
    if target.contains("musl") {
        &[]
    } else if target.contains("apple") {
        &["wgpu"]
    } else {
        &["wgpu", "cuda"]
    }
}

/// Whether a program for this target asks for glibc, and so for a version of it.
pub(super) fn has_glibc(target: &str) -> bool {
    target.ends_with("-linux-gnu")
}

impl Order<'_> {
    /// Builds page and program; gives the program.
    ///
    /// # Errors
    /// If something does not build, or the program asks for more than old systems have, or it
    /// names a folder of this machine.
    pub(super) fn build(&self, toolchain: &Toolchain, glibc: Option<&OldGlibc>) -> Result<Vec<u8>> {
        let flags = self.flags()?;
        site::build_with(self.workspace, toolchain, &flags)?;
        process::announce(&format!("compiling the program for {}", self.target));
        process::run(&mut self.command(&flags, glibc)?)?;
        let program = self.workspace.target().join(self.target);
        let program = fs::read(program.join("release/hearth"))?;
        for (place, _) in self.places()? {
            names_no(&program, &place.display().to_string())?;
        }
        if self.target.contains("linux") {
            starts_on_old_systems(&program)?;
        }
        Ok(program)
    }

    fn command(&self, flags: &[String], glibc: Option<&OldGlibc>) -> Result<Command> {
        let mut command = process::cargo(self.workspace);
        command.args(["build", "--release", "--locked"]);
        command.args(["--package", "hearth-server", "--target", self.target]);
        let features = features(self.target);
        if !features.is_empty() {
            command.arg("--features").arg(features.join(","));
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join(FLAG_SEPARATOR));
        command.env("SOURCE_DATE_EPOCH", self.seconds.to_string());
        let name = self.target.replace('-', "_");
        let maps = self.places()?.into_iter().map(|(place, name)| {
            let place = place.display();
            format!("-ffile-prefix-map={place}={name}")
        });
        let maps = maps.collect::<Vec<_>>().join(" ");
        command.env(format!("CFLAGS_{name}"), maps);
        if let Some(glibc) = glibc {
            command.env(format!("CC_{name}"), glibc.compiler());
            let linker = format!("CARGO_TARGET_{}_LINKER", name.to_uppercase());
            command.env(linker, glibc.compiler());
        }
        Ok(command)
    }

    /// Flags for the compiler. They replace those of `.cargo/config.toml`, so these come first.
    fn flags(&self) -> Result<Vec<String>> {
        let mut flags = vec!["--cfg".to_owned(), "erase_components".to_owned()];
        for (place, name) in self.places()? {
            flags.push(format!("--remap-path-prefix={}={name}", place.display()));
        }
        Ok(flags)
    }

    /// Folders of this machine that source files lie in, and what they are called in messages of
    /// the program. Of several that fit, the last one counts.
    fn places(&self) -> Result<Vec<(PathBuf, String)>> {
        let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let standard = PathBuf::from(sysroot.trim()).join("lib/rustlib/src/rust");
        let commit = compiler("commit-hash")?;
        Ok(vec![
            (self.workspace.root().to_owned(), "hearth".to_owned()),
            (self.workspace.target().to_owned(), "target".to_owned()),
            (workspace::cargo_home()?, "cargo".to_owned()),
            (standard, format!("/rustc/{commit}")),
        ])
    }
}

/// What `rustc -vV` says under this name.
pub(super) fn compiler(name: &str) -> Result<String> {
    let text = process::output(Command::new("rustc").arg("-vV"))?;
    let mut lines = text.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(key, _)| *key == name);
    let (_, value) = found.with_context(|| format!("rustc does not tell its {name}"))?;
    Ok(value.to_owned())
}

fn names_no(program: &[u8], place: &str) -> Result<()> {
    let wanted = format!("{place}/");
    let wanted = wanted.as_bytes();
    let Some(at) = program
        .windows(wanted.len())
        .position(|part| part == wanted)
    else {
        return Ok(());
    };
    let rest = program[at..].iter().take(200);
    let printable = rest.take_while(|byte| byte.is_ascii_graphic() || **byte == b' ');
    let shown: Vec<u8> = printable.copied().collect();
    bail!(
        "the program names a folder of this machine: {}",
        String::from_utf8_lossy(&shown)
    );
}

fn starts_on_old_systems(program: &[u8]) -> Result<()> {
    let needs = elf::read(program).context("reading the program")?;
    let unusual = needs.unusual_libraries();
    if !unusual.is_empty() {
        bail!(
            "the program does not start where there is no {}",
            unusual.join(", ")
        );
    }
    let (newest, oldest) = (needs.newest_glibc()?, OLDEST);
    if newest > oldest {
        bail!(
            "the program asks for glibc {}.{}, and {}.{} is what older systems have",
            newest.0,
            newest.1,
            oldest.0,
            oldest.1
        );
    }
    let (major, minor) = newest;
    process::note(&match newest {
        (0, 0) => "the program asks for no library at all".to_owned(),
        _ => format!("the program asks for glibc {major}.{minor}"),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_program_has_no_kernels_for_cards_and_every_other_has() {
        assert!(features("x86_64-unknown-linux-musl").is_empty());
        assert_eq!(features("aarch64-apple-darwin"), ["wgpu"]);
        assert_eq!(features("x86_64-unknown-linux-gnu"), ["wgpu", "cuda"]);
        assert!(has_glibc("aarch64-unknown-linux-gnu"));
        assert!(!has_glibc("x86_64-unknown-linux-musl"));
    }

    #[test]
    fn a_program_that_names_a_folder_is_refused_and_the_name_is_shown() {
        let program = b"\x01\x02/somewhere/hearth/src/main.rs\x00rest";
        let error = names_no(program, "/somewhere/hearth").unwrap_err();
        let error = error.to_string();
        assert!(error.ends_with("/somewhere/hearth/src/main.rs"), "{error}");
        // A longer name that begins alike is another folder.
        names_no(program, "/somewhere/hear").unwrap();
        names_no(b"", "/somewhere").unwrap();
    }

    #[test]
    fn the_compiler_tells_what_it_builds_for() {
        assert!(compiler("host").unwrap().contains('-'));
        let error = compiler("colour").unwrap_err().to_string();
        assert_eq!(error, "rustc does not tell its colour");
    }
}
