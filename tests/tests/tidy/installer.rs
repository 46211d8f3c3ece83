//! What the installer of an archive does, with a program that only tells its version.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::sources;

const PROGRAM: &str = "#!/bin/sh\necho hearth 1.2.3\n";

/// An unpacked archive, and a folder to install to.
struct Unpacked {
    folder: TempDir,
}

impl Unpacked {
    fn new() -> Self {
        let unpacked = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let archive = unpacked.archive();
        fs::create_dir_all(archive.join("docs")).expect("a folder");
        fs::write(archive.join("docs/operations.md"), "words").expect("a document");
        let script = sources::read("deploy/install.sh");
        for (name, text) in [("install.sh", script.as_str()), ("hearth", PROGRAM)] {
            fs::write(archive.join(name), text).expect("a script");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(archive.join(name), mode).expect("a mode");
        }
        unpacked
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    /// Has a space in its name, as folders of people do.
    fn prefix(&self) -> PathBuf {
        self.folder.path().join("my programs")
    }

    /// Runs the installer; what it wrote, and whether it was content.
    fn install(&self, arguments: &[&str]) -> (String, bool) {
        let output = Command::new("sh")
            .arg(self.archive().join("install.sh"))
            .args(["--no-service", "--prefix"])
            .arg(self.prefix())
            .args(arguments)
            .output()
            .expect("sh");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (text, output.status.success())
    }
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("a file");
    metadata.permissions().mode() & 0o777
}

#[test]
fn a_program_is_installed_again_and_again_and_taken_away_without_a_trace() {
    let unpacked = Unpacked::new();
    let program = unpacked.prefix().join("bin/hearth");
    let documents = unpacked.prefix().join("share/doc/hearth");
    for round in 0..2 {
        let (text, is_content) = unpacked.install(&[]);
        assert!(is_content, "round {round}: {text}");
        assert!(text.contains("hearth 1.2.3 is installed"), "{text}");
        assert_eq!(mode(&program), 0o755);
        assert_eq!(mode(&documents.join("docs/operations.md")), 0o644);
    }
    let (text, is_content) = unpacked.install(&["--uninstall"]);
    assert!(
        is_content && !program.exists() && !documents.exists(),
        "{text}"
    );
}

#[test]
fn files_that_are_not_those_of_the_archive_are_not_installed() {
    let unpacked = Unpacked::new();
    // The sum of nothing.
    let sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  hearth\n";
    fs::write(unpacked.archive().join("SHA256SUMS"), sum).expect("sums");
    let (text, is_content) = unpacked.install(&[]);
    assert!(!is_content, "{text}");
    assert!(text.contains("not those of the archive"), "{text}");
    assert!(!unpacked.prefix().exists());
}

#[test]
fn what_cannot_be_meant_is_refused_in_a_sentence() {
    let unpacked = Unpacked::new();
    for (arguments, sentence) in [
        (&["--colour"][..], "there is no option --colour"),
        (&["--prefix"][..], "--prefix wants a folder"),
        (&["--prefix", "here"][..], "here is no absolute path"),
    ] {
        let (text, is_content) = unpacked.install(arguments);
        assert!(
            !is_content && text.contains(sentence),
            "{arguments:?}: {text}"
        );
    }
    let program = unpacked.archive().join("hearth");
    fs::write(&program, "#!/bin/sh\nexit 127\n").expect("a script");
    let (text, is_content) = unpacked.install(&[]);
    assert!(
        !is_content && text.contains("does not start on this system"),
        "{text}"
    );
    fs::remove_file(&program).expect("the program");
    let (text, is_content) = unpacked.install(&[]);
    assert!(
        !is_content && text.contains("unpack the whole archive"),
        "{text}"
    );
    assert!(!unpacked.prefix().exists());
}
