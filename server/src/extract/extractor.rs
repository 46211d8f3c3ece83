//! The server's side: starts a child for each file, watches it, and ends it.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    thread::available_parallelism,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    sync::Semaphore,
    time::timeout,
};

use super::{Answer, ExtractError, Extracted, Limits, confine::ARENA_VARIABLE, recognise::hint};

/// Children at once, however many cores there are: each may have memory of its own.
const MAX_CHILDREN: usize = 4;
/// What a child complains about; more is not read.
const MAX_COMPLAINT_BYTES: usize = 4096;
/// What the standard library says before it ends a process that gets no more memory.
const NO_MEMORY: &str = "memory allocation of";

/// Reads files in children of this program, a few at once and in the order of the requests. Cheap
/// to clone: a clone shares the places.
#[derive(Clone, Debug)]
pub struct Extractor {
    program: PathBuf,
    limits: Limits,
    places: Arc<Semaphore>,
}

/// How a child ended.
struct End {
    status: ExitStatus,
    answer: Vec<u8>,
    complaint: Vec<u8>,
}

impl Extractor {
    /// `program`: this one (`std::env::current_exe`).
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        // One core stays free for what people wait for.
        let num_cores = available_parallelism().map_or(1, usize::from);
        let num_places = num_cores.saturating_sub(1).clamp(1, MAX_CHILDREN);
        Self {
            program,
            limits,
            places: Arc::new(Semaphore::new(num_places)),
        }
    }

    /// The text of a file. `name`: what its owner calls it. Dropping the future ends the child.
    ///
    /// # Errors
    /// If the file has no text for us, or reading it came to a bad end.
    pub async fn extract(&self, path: &Path, name: &str) -> Result<Extracted, ExtractError> {
        let place = self.places.acquire().await;
        let _place = place.map_err(|_| ExtractError::Unavailable)?;
        let end = match timeout(self.limits.time, self.run(path, name)).await {
            Ok(Ok(end)) => end,
            Ok(Err(error)) => {
                tracing::error!(%error, "a file could not be given to a child: {error}");
                return Err(ExtractError::Unavailable);
            }
            Err(_) => return Err(ExtractError::TooLong),
        };
        let max_bytes = Answer::max_bytes(self.limits.max_text_bytes);
        let read = tokio::task::spawn_blocking(move || end.into_result(max_bytes)).await;
        // It panics at nothing.
        read.unwrap_or(Err(ExtractError::Crashed))
    }

    /// Whoever drops this ends the child: it is killed, and the runtime waits for it.
    async fn run(&self, path: &Path, name: &str) -> io::Result<End> {
        let mut child = self.command(path, name).spawn()?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("a child without pipes"));
        };
        let max_bytes = Answer::max_bytes(self.limits.max_text_bytes);
        let (answer, complaint) = tokio::try_join!(
            beginning(stdout, max_bytes.saturating_add(1)),
            beginning(stderr, MAX_COMPLAINT_BYTES),
        )?;
        let status = child.wait().await?;
        Ok(End {
            status,
            answer,
            complaint,
        })
    }

    fn command(&self, path: &Path, name: &str) -> Command {
        let Limits {
            max_bytes,
            max_text_bytes,
            memory_bytes,
            time,
            max_pages,
        } = &self.limits;
        let mut command = Command::new(&self.program);
        if cfg!(unix) {
            // Elsewhere a program does not start without some of them.
            command.env_clear();
        }
        let (variable, value) = ARENA_VARIABLE;
        command
            .env(variable, value)
            .args(["extract", "--json"])
            .arg(format!("--name={}", hint(name)))
            .arg(format!("--max-bytes={max_bytes}"))
            .arg(format!("--max-text-bytes={max_text_bytes}"))
            .arg(format!("--memory-bytes={memory_bytes}"))
            .arg(format!("--time-s={}", time.as_secs().max(1)))
            .arg(format!("--max-pages={max_pages}"))
            .args([OsString::from("--"), path.as_os_str().to_owned()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

impl End {
    fn into_result(self, max_bytes: usize) -> Result<Extracted, ExtractError> {
        if let Some(error) = self.violent() {
            return Err(error);
        }
        if self.answer.len() > max_bytes {
            return Err(ExtractError::Crashed);
        }
        match serde_json::from_slice::<Answer>(&self.answer) {
            Ok(answer) => answer.into_result(),
            Err(_) if self.says(NO_MEMORY) => Err(ExtractError::TooMuchMemory),
            Err(_) if self.status.code() == Some(1) => {
                // It could not open the file, or not confine itself: nothing of the file is in it.
                let complaint = String::from_utf8_lossy(&self.complaint);
                tracing::error!("a child could not read a file: {}", complaint.trim());
                Err(ExtractError::Unavailable)
            }
            Err(_) => Err(ExtractError::Crashed),
        }
    }

    /// What the signal that ended a child says.
    #[cfg(unix)]
    fn violent(&self) -> Option<ExtractError> {
        use std::os::unix::process::ExitStatusExt;

        use rustix::process::Signal;

        let signal = self.status.signal()?;
        Some(if signal == Signal::XCPU.as_raw() {
            ExtractError::TooLong
        } else if signal == Signal::KILL.as_raw() || self.says(NO_MEMORY) {
            // Nobody else kills it that way while somebody waits for it: the system had no more.
            ExtractError::TooMuchMemory
        } else {
            ExtractError::Crashed
        })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "elsewhere there are signals")]
    fn violent(&self) -> Option<ExtractError> {
        None
    }

    fn says(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.complaint).contains(words)
    }
}

/// What stands at the beginning of a pipe. Behind it, nobody listens any more.
async fn beginning(pipe: impl AsyncRead + Unpin, max_bytes: usize) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    let max_bytes = u64::try_from(max_bytes).unwrap_or(u64::MAX);
    pipe.take(max_bytes).read_to_end(&mut read).await?;
    Ok(read)
}
