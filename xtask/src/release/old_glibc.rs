//! An older C library than this machine's, for programs that start on older systems.
//!
//! A linker takes the newest version of each symbol that the library before it has. So it is shown
//! that of an older release of the same distribution, out of its own packages, unpacked beside
//! everything else and installed nowhere. Headers for C come from there as well.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::elf::GlibcVersion;
use crate::process;
use crate::workspace::Workspace;

/// What a program that is given away may ask for: Debian 11, Ubuntu 20.04 and RHEL 9 have it.
pub(super) const OLDEST: GlibcVersion = (2, 31);
const PACKAGES: [&str; 4] = ["libc6", "libc6-dev", "linux-libc-dev", "libgcc-s1"];
const RELEASES: [Release; 2] = [
    Release {
        label: "Debian",
        suite: "bullseye",
        keys: "/usr/share/keyrings/debian-archive-keyring.gpg",
    },
    Release {
        label: "Ubuntu",
        suite: "focal",
        keys: "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
    },
];

/// A release of a distribution with that version of glibc.
struct Release {
    /// What the distribution's archive calls itself.
    label: &'static str,
    suite: &'static str,
    keys: &'static str,
}

/// The library as it lies in the target directory, for this machine's kind of processor.
pub(super) struct OldGlibc {
    folder: PathBuf,
}

impl OldGlibc {
    /// Fetches it if it is not there yet.
    ///
    /// # Errors
    /// One sentence that says what is missing.
    pub(super) fn provide(workspace: &Workspace) -> Result<Self> {
        let (major, minor) = OLDEST;
        let folder = workspace.target().join(format!("glibc-{major}.{minor}"));
        let glibc = Self { folder };
        if !glibc.libraries().join("libc.so.6").exists() {
            fetch(&glibc.folder).with_context(|| {
                format!("no C library of version {major}.{minor} to link against")
            })?;
        }
        glibc.write_compiler()?;
        Ok(glibc)
    }

    /// A C compiler and linker that knows this library and no other.
    pub(super) fn compiler(&self) -> PathBuf {
        self.folder.join("cc")
    }

    /// Its shared libraries.
    pub(super) fn libraries(&self) -> PathBuf {
        self.root().join("lib").join(multiarch())
    }

    /// Where programs look for what loads them, below the top of a system.
    pub(super) fn loader() -> &'static str {
        if cfg!(target_arch = "aarch64") {
            "lib/ld-linux-aarch64.so.1"
        } else {
            "lib64/ld-linux-x86-64.so.2"
        }
    }

    /// The top of the small system that it is.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// Written anew each time: it holds the path of a folder that may have been moved.
    fn write_compiler(&self) -> Result<()> {
        let root = fs::canonicalize(self.root())?;
        let root = root.to_str().filter(|path| !path.contains('\''));
        let root =
            root.context("the path of the target directory has letters a shell cannot take")?;
        let script = script(root);
        fs::write(self.compiler(), script)?;
        fs::set_permissions(self.compiler(), fs::Permissions::from_mode(0o755))?;
        Ok(())
    }
}

/// `--sysroot` alone is not enough: GCC prefers the library that lies beside it, unless another
/// folder is named first.
fn script(root: &str) -> String {
    let multiarch = multiarch();
    format!(
        "#!/bin/sh\n\
         exec cc --sysroot='{root}' -B'{root}/usr/lib/{multiarch}' \\\n\
         \x20   -L'{root}/usr/lib/{multiarch}' -L'{root}/lib/{multiarch}' \"$@\"\n"
    )
}

/// What Debian calls folders of this kind of processor.
fn multiarch() -> String {
    format!("{}-linux-gnu", std::env::consts::ARCH)
}

/// Fetches the packages with apt, in a state of its own, and unpacks them.
fn fetch(folder: &Path) -> Result<()> {
    for program in ["apt-get", "dpkg-deb"] {
        if process::find(program).is_none() {
            bail!("there is no {program}: archives for Linux are made on Debian or Ubuntu");
        }
    }
    let (release, address) = find_release()?;
    process::announce(&format!("fetching the C library of {}", release.suite));
    let scratch = folder.with_extension("new");
    remove(&scratch)?;
    for name in ["lists/partial", "archives/partial", "packages", "root"] {
        fs::create_dir_all(scratch.join(name))?;
    }
    let Release { suite, keys, .. } = release;
    let source = format!("deb [signed-by={keys}] {address} {suite} main\n");
    fs::write(scratch.join("sources.list"), source)?;
    process::run(apt(&scratch).arg("update"))?;
    let mut download = apt(&scratch);
    download.current_dir(scratch.join("packages"));
    process::run(download.arg("download").args(PACKAGES))?;
    for package in fs::read_dir(scratch.join("packages"))? {
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("--extract").arg(package?.path());
        process::run(unpack.arg(scratch.join("root")))?;
    }
    root_links(&scratch.join("root"), &scratch.join("root"))?;
    remove(folder)?;
    fs::rename(&scratch, folder)?;
    Ok(())
}

/// `apt-get` that looks into this folder for everything it would otherwise have in the system's.
fn apt(folder: &Path) -> Command {
    let mut command = Command::new("apt-get");
    let mut set = |name: &str, value: &Path| {
        command.arg("-o").arg(format!("{name}={}", value.display()));
    };
    set("Dir::Etc::SourceList", &folder.join("sources.list"));
    set("Dir::Etc::SourceParts", Path::new("-"));
    set("Dir::State", folder);
    set("Dir::State::Lists", &folder.join("lists"));
    set("Dir::State::Status", Path::new("/dev/null"));
    set("Dir::Cache", folder);
    command.arg("--quiet");
    command
}

/// The release that fits this machine's distribution, and where the machine gets packages.
fn find_release() -> Result<(&'static Release, String)> {
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", "$(LABEL) $(REPO_URI)"]);
    let text = process::output(command.arg("Created-By: Packages"))?;
    choose_release(&text).context(
        "this machine gets no packages of Debian or Ubuntu; run `apt-get update`, or make \
         archives for Linux on one of these",
    )
}

fn choose_release(text: &str) -> Option<(&'static Release, String)> {
    text.lines().find_map(|line| {
        let (label, address) = line.split_once(' ')?;
        let release = RELEASES.iter().find(|release| release.label == label)?;
        Some((release, address.trim().trim_end_matches('/').to_owned()))
    })
}

/// Links that begin at the top of the system are made to begin at `root`.
fn root_links(root: &Path, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_symlink() {
            let target = fs::read_link(&path)?;
            if let Ok(target) = target.strip_prefix("/") {
                fs::remove_file(&path)?;
                symlink(relative(root, &path)?.join(target), &path)?;
            }
        } else if path.is_dir() {
            root_links(root, &path)?;
        }
    }
    Ok(())
}

/// The way from the folder of `path` up to `root`.
fn relative(root: &Path, path: &Path) -> Result<PathBuf> {
    let below = path.strip_prefix(root)?;
    let num_folders = below.components().count().saturating_sub(1);
    Ok((0..num_folders).map(|_| "..").collect())
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_come_from_where_this_machine_gets_its_own() {
        let text = "Tools https://tools.example.org/apt/\n\
                    Debian-Security http://security.example.org/debian-security/\n\
                    Debian http://mirror.example.org/debian/\n";
        let (release, address) = choose_release(text).unwrap();
        assert_eq!(release.suite, "bullseye");
        assert_eq!(address, "http://mirror.example.org/debian");
        assert!(choose_release("Tools https://tools.example.org/apt/").is_none());
        assert!(choose_release("").is_none());
    }

    #[test]
    fn links_of_the_system_lead_into_the_folder() {
        let scratch = std::env::temp_dir().join(format!("hearth-links-{}", std::process::id()));
        remove(&scratch).unwrap();
        let (lib, lib64) = (scratch.join("lib/x"), scratch.join("lib64"));
        fs::create_dir_all(&lib).unwrap();
        fs::create_dir_all(&lib64).unwrap();
        fs::write(lib.join("ld-2.31.so"), "loads").unwrap();
        symlink("/lib/x/ld-2.31.so", lib64.join("ld.so")).unwrap();
        symlink("ld-2.31.so", lib.join("ld.so")).unwrap();
        root_links(&scratch, &scratch).unwrap();
        assert_eq!(fs::read_to_string(lib64.join("ld.so")).unwrap(), "loads");
        let near = fs::read_link(lib.join("ld.so")).unwrap();
        assert_eq!(near, Path::new("ld-2.31.so"), "what leads inside stays");
        remove(&scratch).unwrap();
    }

    #[test]
    fn the_compiler_names_the_old_library_before_gcc_names_its_own() {
        let script = script("/somewhere/top");
        assert!(script.starts_with("#!/bin/sh\n"), "{script}");
        let folder = format!("-B'/somewhere/top/usr/lib/{}'", multiarch());
        assert!(script.contains(&folder), "{script}");
        assert!(script.trim_end().ends_with("\"$@\""), "{script}");
    }
}
