//! `cargo xtask dist`: archives that are given away, each one a program with everything a machine
//! without a network needs beside it, and the same bytes wherever they are made.

mod archive;
mod elf;
mod licences;
mod old_glibc;
mod program;
mod smoke;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum as _};
use sha2::{Digest, Sha256};

use crate::site::hex;
use crate::wasm::{self, Toolchain};
use crate::workspace::Workspace;
use crate::{model, process};
use archive::Entry;
use old_glibc::OldGlibc;
use program::Order;

/// Where a file with checksums stands, in an archive and beside several.
const CHECKSUMS: &str = "SHA256SUMS";
/// What an archive holds besides the program, the licences of others, `docs/` and `deploy/`.
const DOCUMENTS: [&str; 8] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "hearth.example.toml",
    "public/hearth-math.OFL.txt",
];
const INSTALLER: &str = "install.sh";

/// What to make and how to look at it.
#[derive(Args)]
pub(crate) struct Options {
    /// Build for this target instead of this machine's.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Unpack the archive on a system with an old C library and nothing else, and have it answer.
    #[arg(long)]
    check: bool,
    /// Make the archive once more in another folder and compare the bytes.
    #[arg(long)]
    twice: bool,
}

/// Makes the archive and the file of checksums beside it; prints where they lie.
///
/// # Errors
/// If something does not build, or the archive is not as it should be.
pub(crate) fn dist(workspace: &Workspace, choice: wasm::Choice, options: &Options) -> Result<()> {
    let host = program::compiler("host")?;
    let target = options.target.clone().unwrap_or_else(|| host.clone());
    let glibc = if program::has_glibc(&target) {
        if target != host {
            bail!("archives for {target} are made on a machine of that kind");
        }
        Some(OldGlibc::provide(workspace)?)
    } else {
        None
    };
    let order = Order {
        workspace,
        target: &target,
        seconds: time_of_sources(workspace)?,
    };
    let toolchain = wasm::provide(choice)?;
    let name = name(&target);
    let archive = make(&order, &toolchain, glibc.as_ref(), &name)?;
    if options.check {
        let glibc = glibc.context("only a program for glibc can be checked here")?;
        let model = model::provide_for_tests(workspace)?;
        smoke::check(&archive, &name, &glibc, &model)?;
    }
    if options.twice {
        compare_with_another(&order, choice, &archive)?;
    }
    Ok(())
}

/// What an archive and the folder in it are called.
fn name(target: &str) -> String {
    format!("hearth-{}-{target}", env!("CARGO_PKG_VERSION"))
}

fn make(
    order: &Order<'_>,
    toolchain: &Toolchain,
    glibc: Option<&OldGlibc>,
    name: &str,
) -> Result<PathBuf> {
    let (workspace, target) = (order.workspace, order.target);
    let features = program::features(target);
    // First, since it takes a second and tells of a package without a licence.
    let licences = licences::third_parties(workspace, target, features)?;
    let program = order.build(toolchain, glibc)?;
    let mut entries = files(workspace.root())?;
    entries.push(Entry::text("THIRD-PARTY.txt", licences));
    entries.push(Entry::program("hearth", program));
    let sums = checksums(&entries);
    entries.push(Entry::text(CHECKSUMS, sums));
    let bytes = archive::pack(name, entries, order.seconds)?;
    let folder = workspace.target().join("archives");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}.tar.gz"));
    fs::write(&path, &bytes)?;
    println!("{} ({} bytes)", path.display(), bytes.len());
    write_checksums(&folder)?;
    Ok(path)
}

/// The files of the repository that belong to an archive.
fn files(root: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for path in DOCUMENTS {
        entries.push(Entry::text(path, read(&root.join(path))?));
    }
    let documents = root.join("docs");
    for path in wasm::files_below(&documents)? {
        let below = path.strip_prefix(&documents)?.to_string_lossy();
        entries.push(Entry::text(format!("docs/{below}"), read(&path)?));
    }
    let deploy = root.join("deploy");
    for path in wasm::files_below(&deploy)? {
        let contents = read(&path)?;
        let below = path.strip_prefix(&deploy)?.to_string_lossy();
        entries.push(match &*below {
            INSTALLER => Entry::program(INSTALLER, contents),
            below => Entry::text(format!("deploy/{below}"), contents),
        });
    }
    Ok(entries)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} belongs to an archive", path.display()))
}

/// As `sha256sum` writes and reads them.
fn checksums(entries: &[Entry]) -> String {
    let mut lines: Vec<String> = entries
        .iter()
        .map(|entry| line(&entry.contents, &entry.path))
        .collect();
    lines.sort_by(|a, b| {
        a.split_once("  ")
            .map(|it| it.1)
            .cmp(&b.split_once("  ").map(|it| it.1))
    });
    lines.concat()
}

fn line(contents: &[u8], name: &str) -> String {
    format!("{}  {name}\n", hex(&Sha256::digest(contents)))
}

/// Sums of all archives of this version that lie in a folder.
fn write_checksums(folder: &Path) -> Result<()> {
    let start = name("");
    let mut lines = String::new();
    for path in wasm::files_below(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_here = path.parent() == Some(folder);
        if is_here && name.starts_with(&start) && name.ends_with(".tar.gz") {
            lines += &line(&fs::read(&path)?, &name);
        }
    }
    let path = folder.join(CHECKSUMS);
    fs::write(&path, lines)?;
    println!("{}", path.display());
    Ok(())
}

/// The time that every file gets: that of the commit, unless `SOURCE_DATE_EPOCH` names one.
fn time_of_sources(workspace: &Workspace) -> Result<u64> {
    if let Ok(text) = env::var("SOURCE_DATE_EPOCH") {
        let seconds = text.trim().parse();
        return seconds.context("SOURCE_DATE_EPOCH is no number of seconds");
    }
    let mut git = Command::new("git");
    git.current_dir(workspace.root());
    let text = process::output(git.args(["log", "-1", "--format=%ct"]))
        .context("there is no commit whose time could be taken: set SOURCE_DATE_EPOCH")?;
    text.trim().parse().context("git tells no time")
}

/// Copies the sources elsewhere, makes the archive there from nothing, and compares.
fn compare_with_another(order: &Order<'_>, choice: wasm::Choice, archive: &Path) -> Result<()> {
    process::announce("making the archive once more, in another folder");
    let twice = order.workspace.target().join("twice");
    if twice.exists() {
        fs::remove_dir_all(&twice)?;
    }
    let (source, target) = (twice.join("another/source"), twice.join("target"));
    let mut git = Command::new("git");
    git.current_dir(order.workspace.root());
    let files = process::output(git.args(["ls-files", "-z"]))?;
    for file in files.split_terminator('\0') {
        let copy = source.join(file);
        fs::create_dir_all(copy.parent().context("a file lies in a folder")?)?;
        fs::copy(order.workspace.root().join(file), copy)?;
    }
    let mut command = Command::new(env::current_exe()?);
    command.args(["dist", "--target", order.target]);
    if let Some(choice) = choice.to_possible_value() {
        command.args(["--wasm-toolchain", choice.get_name()]);
    }
    command.env("CARGO_MANIFEST_DIR", source.join("xtask"));
    command.env("CARGO_TARGET_DIR", &target);
    command.env("SOURCE_DATE_EPOCH", order.seconds.to_string());
    process::run(command.current_dir(&source))?;
    let name = archive.file_name().context("an archive has a name")?;
    let (first, second) = (
        fs::read(archive)?,
        fs::read(target.join("archives").join(name))?,
    );
    if first != second {
        let same = first
            .iter()
            .zip(&second)
            .take_while(|(a, b)| a == b)
            .count();
        bail!(
            "two folders gave two archives: they differ after {same} bytes; see {}",
            twice.display()
        );
    }
    println!("two folders gave the same {} bytes", first.len());
    fs::remove_dir_all(&twice)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    #[test]
    fn an_archive_holds_what_is_needed_without_a_network() {
        let entries = files(&repository()).unwrap();
        let has = |path: &str| entries.iter().any(|entry| entry.path == path);
        for path in [
            "LICENSE-MIT",
            "docs/operations.md",
            "deploy/systemd/hearth.service",
        ] {
            assert!(has(path), "{path}");
        }
        let installer = entries
            .iter()
            .find(|entry| entry.path == INSTALLER)
            .unwrap();
        assert!(installer.is_program);
        assert!(!has("deploy/install.sh"), "it stands beside the program");
    }

    #[test]
    fn what_a_packed_document_leads_to_is_packed() {
        let entries = files(&repository()).unwrap();
        let packed: BTreeSet<PathBuf> = entries.iter().map(|it| it.path.clone().into()).collect();
        let mut num_links = 0;
        for entry in entries.iter().filter(|entry| is_of(&entry.path, "md")) {
            let text = String::from_utf8(entry.contents.clone()).unwrap();
            let folder = Path::new(&entry.path).parent().unwrap();
            for link in text.split("](").skip(1) {
                let link = link.split([')', '#', ' ']).next().unwrap();
                let is_document = is_of(link, "md") || is_of(link, "png");
                if !is_document || link.contains("://") {
                    continue;
                }
                num_links += 1;
                let place = normal(&folder.join(link));
                assert!(packed.contains(&place), "{} leads to {link}", entry.path);
            }
        }
        assert!(num_links > 20, "{num_links}");
    }

    fn is_of(path: &str, kind: &str) -> bool {
        Path::new(path).extension().is_some_and(|end| end == kind)
    }

    /// A path without `..`.
    fn normal(path: &Path) -> PathBuf {
        let mut normal = PathBuf::new();
        for part in path.components() {
            if part == std::path::Component::ParentDir {
                normal.pop();
            } else {
                normal.push(part);
            }
        }
        normal
    }

    #[test]
    fn checksums_are_in_the_order_of_names_and_as_sha256sum_writes_them() {
        let entries = [Entry::text("b", ""), Entry::text("a", "abc")];
        // FIPS 180-2: the message "abc", and the empty one.
        let expected = "\
            ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n\
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n";
        assert_eq!(checksums(&entries), expected);
    }

    #[test]
    fn an_archive_is_named_by_version_and_target() {
        let name = name("x86_64-unknown-linux-gnu");
        assert!(name.starts_with("hearth-0."), "{name}");
        assert!(name.ends_with("-x86_64-unknown-linux-gnu"), "{name}");
    }
}
