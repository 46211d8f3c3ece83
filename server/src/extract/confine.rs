//! What a child gives up before it reads a byte of a file.
//!
//! It does so itself, so that nothing has to run between `fork` and `exec`. On systems without
//! these limits (they are those of Unix) the clock, the sizes and the end of its process remain.
//!
//! - Descriptors: none can be opened any more. The file is open already. Every file, pipe and
//!   *socket* needs a number below the limit, so this also takes the network away.
//! - Files: none can grow (`RLIMIT_FSIZE`), unless the answer itself goes into one.
//! - Processes: none can be started, nor threads.
//! - Memory: private memory that can be written to (`RLIMIT_DATA`, on Linux since 4.7). Not
//!   addresses (`RLIMIT_AS`): the program itself has some hundred MiB of those in a development
//!   build, and how many is not the file's fault. The allocator counts as well: it takes memory in
//!   arenas of 1 GiB as it starts, before anybody can set a limit, so whoever starts a child sets
//!   [`ARENA_VARIABLE`]. Without it, at a terminal, the arena that is there already can be used up.
//! - Processor: seconds, in case nobody looks at the clock of the wall any more. Whoever else wants
//!   the processor goes first.
//! - No dump of a process that ended badly: it would hold the file.

use std::io;

use super::Limits;

/// Tells mimalloc how much memory it takes from the system at once.
pub(super) const ARENA_VARIABLE: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "32MiB");

/// The program and its allocator have as much before they read anything.
#[cfg(unix)]
const LEAST_MEMORY_BYTES: u64 = 64 << 20;
#[cfg(unix)]
const NICENESS: i32 = 10;

/// Gives everything up that reading an open file does not need.
///
/// # Errors
/// If the system refuses: then the file must not be read.
#[cfg(unix)]
pub(super) fn confine(limits: &Limits) -> io::Result<()> {
    use rustix::process::{Resource, nice};

    // A system that refuses that alone is as safe.
    let _ = nice(NICENESS);
    set(Resource::Core, 0)?;
    set(Resource::Cpu, limits.time.as_secs().saturating_add(1))?;
    let memory_bytes = limits.memory_bytes.max(LEAST_MEMORY_BYTES);
    set(Resource::Data, memory_bytes)?;
    if !answers_into_a_file() {
        set(Resource::Fsize, 0)?;
    }
    #[cfg(target_os = "linux")]
    set(Resource::Nproc, 0)?;
    set(Resource::Nofile, 0)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn confine(_: &Limits) -> io::Result<()> {
    Ok(())
}

/// As far as this process may: what was forbidden to it stays so. The hard limit lies one above,
/// because a process is killed at that, and at the other told why.
#[cfg(unix)]
fn set(resource: rustix::process::Resource, limit: u64) -> io::Result<()> {
    let most = rustix::process::getrlimit(resource).maximum;
    let within = |limit: u64| Some(most.map_or(limit, |most| most.min(limit)));
    let both = rustix::process::Rlimit {
        current: within(limit),
        maximum: within(limit.saturating_add(1)),
    };
    rustix::process::setrlimit(resource, both).map_err(io::Error::from)
}

/// `hearth extract FILE > text.txt`, or a log that stderr is written to.
#[cfg(unix)]
fn answers_into_a_file() -> bool {
    is_regular_file(io::stdout()) || is_regular_file(io::stderr())
}

#[cfg(unix)]
fn is_regular_file(descriptor: impl std::os::fd::AsFd) -> bool {
    use rustix::fs::{FileType, fstat};

    fstat(descriptor)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}
