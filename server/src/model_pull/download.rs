//! One file from the hub to the disk, through connections that break.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
    thread,
    time::Duration,
};

use ureq::{
    Body,
    http::{HeaderMap, Response, header},
};

use super::{
    Progress, PullEvent,
    checksum::CHUNK_BYTES,
    hub::{Hub, HubError, HubRequest},
    listing::RepositoryFile,
    name::{ModelName, Revision},
    part_file::{PartFile, PartFileError, part_place},
};

/// Attempts after the first. A connection that brought enough starts the count anew.
const MAX_RETRIES: u32 = 5;
/// Bytes that count as progress: a hub that breaks every connection ends the download.
const PROGRESS_BYTES: u64 = 8 << 20;

/// Why a file was not downloaded. What arrived is kept for the next run, unless it is damaged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    #[error(transparent)]
    Hub(#[from] HubError),
    #[error(transparent)]
    PartFile(#[from] PartFileError),
    #[error("the connection broke after {received_bytes} of {size_bytes} bytes of {path}")]
    Interrupted {
        path: String,
        received_bytes: u64,
        size_bytes: u64,
        source: io::Error,
    },
    #[error("the hub sent another part of {path} than from byte {expected_start}: {found}")]
    Range {
        path: String,
        expected_start: u64,
        found: String,
    },
    #[error("the hub sends {found_bytes} bytes of {path}, its list says {expected_bytes}")]
    Length {
        path: String,
        expected_bytes: u64,
        found_bytes: u64,
    },
    #[error("the hub sends more than the {size_bytes} bytes of {path} that its list says")]
    TooLong { path: String, size_bytes: u64 },
    #[error("gave up on {path} after {MAX_RETRIES} retries; another run goes on from here")]
    GaveUp {
        path: String,
        source: Box<DownloadError>,
    },
}

impl DownloadError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Hub(error) => error.is_transient(),
            Self::Interrupted { .. } | Self::Range { .. } => true,
            _ => false,
        }
    }
}

/// Where files come from.
pub(super) struct Download<'a> {
    pub(super) hub: &'a Hub,
    pub(super) model: &'a ModelName,
    pub(super) revision: &'a Revision,
    /// Pause before the first retry; each further one is twice as long.
    pub(super) first_pause: Duration,
}

impl Download<'_> {
    /// Makes `target`, which is not there, from what an earlier run left and what is missing.
    pub(super) fn fetch(
        &self,
        wanted: &RepositoryFile,
        target: &Path,
        progress: &mut dyn Progress,
    ) -> Result<(), DownloadError> {
        let left = part_place(target);
        if fs::metadata(&left).is_ok_and(|left| left.len() > 0) {
            progress.on(PullEvent::Checking { path: &left });
        }
        let mut part = PartFile::open(wanted, target)?;
        let (mut num_failures, mut counted_from) = (0, part.len());
        while part.missing_bytes() > 0 {
            let Err(error) = self.receive(wanted, &mut part, progress) else {
                continue;
            };
            if !error.is_transient() {
                return Err(error);
            }
            if part.len() >= counted_from.saturating_add(PROGRESS_BYTES) {
                num_failures = 0;
            }
            counted_from = part.len();
            if num_failures == MAX_RETRIES {
                return Err(DownloadError::GaveUp {
                    path: wanted.path.clone(),
                    source: Box::new(error),
                });
            }
            let pause = self.first_pause * (1 << num_failures);
            num_failures += 1;
            progress.on(PullEvent::Retrying {
                failure: &error,
                pause,
            });
            thread::sleep(pause);
        }
        Ok(part.finish(target)?)
    }

    /// One request; returns when the file is complete or the connection ends.
    fn receive(
        &self,
        wanted: &RepositoryFile,
        part: &mut PartFile<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), DownloadError> {
        let what = format!(
            "file {} in {} at {}",
            wanted.path, self.model, self.revision
        );
        let response = self.hub.get(&HubRequest {
            address: self
                .hub
                .endpoint
                .file(self.model, self.revision, &wanted.path),
            what: &what,
            skip_bytes: part.len(),
        })?;
        let path = || wanted.path.clone();
        if response.status() == 200 {
            check_length(wanted, wanted.size_bytes, response.headers())?;
            restart(part, progress)?;
        } else {
            let found = content_range(&response);
            if response.status() != 206 || range_start(&found) != Some(part.len()) {
                let expected_start = part.len();
                // The next attempt asks for the whole file, which needs no agreement on ranges.
                restart(part, progress)?;
                return Err(DownloadError::Range {
                    path: path(),
                    expected_start,
                    found,
                });
            }
            check_length(wanted, part.missing_bytes(), response.headers())?;
        }
        append_body(response, wanted, part, progress)
    }
}

/// Appends the body to the file.
fn append_body(
    response: Response<Body>,
    wanted: &RepositoryFile,
    part: &mut PartFile<'_>,
    progress: &mut dyn Progress,
) -> Result<(), DownloadError> {
    let mut body = response.into_body().into_reader();
    let mut chunk = vec![0; CHUNK_BYTES];
    let size_bytes = wanted.size_bytes;
    loop {
        let source = match body.read(&mut chunk) {
            Ok(0) if part.missing_bytes() == 0 => return Ok(()),
            Ok(0) => io::ErrorKind::UnexpectedEof.into(),
            Ok(count) if count as u64 > part.missing_bytes() => {
                part.remove()?;
                let path = wanted.path.clone();
                return Err(DownloadError::TooLong { path, size_bytes });
            }
            Ok(count) => {
                part.append(&chunk[..count])?;
                let num_bytes = count as u64;
                progress.on(PullEvent::Received { num_bytes });
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // All bytes are there; how the connection ends after them does not matter.
            Err(_) if part.missing_bytes() == 0 => return Ok(()),
            Err(error) => error,
        };
        return Err(DownloadError::Interrupted {
            path: wanted.path.clone(),
            received_bytes: part.len(),
            size_bytes,
            source,
        });
    }
}

fn restart(part: &mut PartFile<'_>, progress: &mut dyn Progress) -> Result<(), PartFileError> {
    let num_bytes = part.len();
    if num_bytes > 0 {
        part.restart()?;
        progress.on(PullEvent::Discarded { num_bytes });
    }
    Ok(())
}

/// A wrong length is found before anything is written: often the body is some other page.
fn check_length(
    wanted: &RepositoryFile,
    expected_bytes: u64,
    headers: &HeaderMap,
) -> Result<(), DownloadError> {
    let found = headers.get(header::CONTENT_LENGTH);
    let found = found.and_then(|length| length.to_str().ok()?.parse().ok());
    match found {
        Some(found_bytes) if found_bytes != expected_bytes => Err(DownloadError::Length {
            path: wanted.path.clone(),
            expected_bytes,
            found_bytes,
        }),
        _ => Ok(()),
    }
}

/// The header's text, or the status if there is none.
fn content_range(response: &Response<Body>) -> String {
    let found = response.headers().get(header::CONTENT_RANGE);
    match found.and_then(|found| found.to_str().ok()) {
        Some(found) => found.to_owned(),
        None => format!("status {}", response.status().as_u16()),
    }
}

/// `N` of `bytes N-M/total`.
fn range_start(content_range: &str) -> Option<u64> {
    let range = content_range.trim().strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_begins_with_its_first_byte() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(range_start(text), expected, "{text}");
        };
        check("bytes 7-9/10", Some(7));
        check("bytes 0-9/*", Some(0));
        check("bytes */10", None);
        check("items 7-9/10", None);
        check("bytes -7", None);
        check("", None);
    }
}
