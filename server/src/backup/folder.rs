//! The folder of copies: their names, and which of them are kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hearth_app::model::BackupKind;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{BackupError, copying::remove_if_there};
use crate::upkeep::{AHEAD_MS, KEPT_MS};

/// Copies of every other kind.
const KEPT_OTHERS: usize = 3;
const PREFIX: &str = "hearth-";
const SUFFIX: &str = ".db";
/// As in `hearth-20261129T030000Z-nightly.db`: in order of time if in order of name.
const MOMENT: &str = "%Y%m%dT%H%M%SZ";

/// A copy as its name tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) path: PathBuf,
    pub(crate) kind: BackupKind,
    /// Milliseconds UTC.
    pub(crate) made_at: i64,
    pub(crate) num_bytes: u64,
}

pub(super) fn name_of(kind: BackupKind, made_at: i64) -> String {
    let moment = Timestamp::from_millisecond(made_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let moment = TimeZone::UTC.to_datetime(moment).strftime(MOMENT);
    format!("{PREFIX}{moment}-{}{SUFFIX}", kind.as_str())
}

fn parse(name: &str) -> Option<(BackupKind, i64)> {
    let inner = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let (moment, kind) = inner.split_once('-')?;
    let moment = DateTime::strptime(MOMENT, moment).ok()?;
    let moment = TimeZone::UTC.to_timestamp(moment).ok()?;
    let mut kinds = BackupKind::ALL.into_iter();
    let kind = kinds.find(|known| known.as_str() == kind)?;
    Some((kind, moment.as_millisecond()))
}

/// Whether no sound clock can have given this date.
pub(super) const fn is_of_the_future(made_at: i64, now_ms: i64) -> bool {
    made_at > now_ms + AHEAD_MS
}

/// All copies, the newest first. Other files are nobody's business here. A folder that is not there
/// has none.
///
/// # Errors
/// If the folder cannot be read.
pub(crate) fn list(folder: &Path) -> Result<Vec<Listed>, BackupError> {
    let failed = |source| BackupError::io(folder, source);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let Some((kind, made_at)) = entry.file_name().to_str().and_then(parse) else {
            continue;
        };
        match entry.metadata() {
            Ok(file) if file.is_file() => found.push(Listed {
                path: entry.path(),
                kind,
                made_at,
                num_bytes: file.len(),
            }),
            Ok(_) => {}
            // Somebody has just removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    found.sort_by_key(|it| (std::cmp::Reverse(it.made_at), it.kind.as_str()));
    Ok(found)
}

/// Which of these are not kept any more. `keep`: nightly ones. All others, and nightly ones where
/// none is made any more, are kept for as long as the trash at most: what somebody deletes is gone
/// from every file then.
fn surplus(listed: &[Listed], keep: usize, now_ms: i64) -> Vec<&Listed> {
    let age = |copy: &Listed| match copy.made_at {
        // Nobody knows how old it is: the oldest of all, where only so many are kept.
        made_at if is_of_the_future(made_at, now_ms) => i64::MAX,
        made_at => now_ms - made_at,
    };
    let mut by_age: Vec<&Listed> = listed.iter().collect();
    by_age.sort_by_key(|copy| age(copy));
    let is_surplus = |index: usize, copy: &Listed| {
        let younger = by_age[..index].iter().filter(|it| it.kind == copy.kind);
        let num_younger = younger.count();
        // A clock that is set back makes things wait and removes nothing.
        let is_old = !is_of_the_future(copy.made_at, now_ms) && age(copy) > KEPT_MS;
        match copy.kind {
            BackupKind::Nightly if keep > 0 => num_younger >= keep,
            BackupKind::Nightly => is_old,
            _ => num_younger >= KEPT_OTHERS || is_old,
        }
    };
    let surplus = by_age
        .iter()
        .enumerate()
        .filter(|(index, copy)| is_surplus(*index, copy));
    surplus.map(|(_, copy)| *copy).collect()
}

/// Removes what is not kept any more; how many there were. `keep`: nightly ones, 0 where none is
/// made.
///
/// # Errors
/// If the folder cannot be read, or a file not be removed; the others are gone then.
pub(super) fn rotate(folder: &Path, keep: usize, now_ms: i64) -> Result<u64, BackupError> {
    let listed = list(folder)?;
    let (mut num_removed, mut refused) = (0, None);
    for copy in surplus(&listed, keep, now_ms) {
        match remove(&copy.path) {
            Ok(()) => num_removed += 1,
            Err(source) => refused = Some(BackupError::io(&copy.path, source)),
        }
    }
    refused.map_or(Ok(num_removed), Err)
}

/// Removes a copy with its sum, and the log of one that was kept with it.
fn remove(copy: &Path) -> io::Result<()> {
    for end in LOG_ENDS.into_iter().chain([SUM_END]) {
        remove_if_there(&with_end(copy, end))?;
    }
    remove_if_there(copy)
}

/// Behind the name of a copy: the file with its SHA-256.
pub(super) const SUM_END: &str = ".sha256";

/// What `SQLite` puts beside a database.
pub(super) const LOG_ENDS: [&str; 3] = ["-wal", "-shm", "-journal"];

pub(super) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIGHT_MS: i64 = 24 * 60 * 60 * 1000;

    fn copies(kind: BackupKind, nights: std::ops::Range<i64>) -> Vec<Listed> {
        let copy = |night: i64| Listed {
            path: PathBuf::from(name_of(kind, night * NIGHT_MS)),
            kind,
            made_at: night * NIGHT_MS,
            num_bytes: 1,
        };
        nights.rev().map(copy).collect()
    }

    #[test]
    fn a_name_says_when_and_why_and_nothing_else_is_taken_for_a_copy() {
        for kind in BackupKind::ALL {
            let name = name_of(kind, 1_795_921_200_000);
            assert_eq!(parse(&name), Some((kind, 1_795_921_200_000)), "{name}");
        }
        for other in [
            "hearth.db",
            "hearth-yesterday-nightly.db",
            ".hearth-1.part",
            "notes.txt",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn so_many_nights_are_kept_and_of_others_a_few_for_a_month() {
        let nightly = copies(BackupKind::Nightly, 0..10);
        let gone = surplus(&nightly, 7, 10 * NIGHT_MS);
        assert_eq!(gone, nightly[7..].iter().collect::<Vec<_>>());
        let asked = copies(BackupKind::Asked, 0..3);
        assert!(surplus(&asked, 7, 30 * NIGHT_MS).is_empty());
        assert_eq!(surplus(&asked, 7, 31 * NIGHT_MS), [&asked[2]]);
        let all: Vec<_> = asked.iter().chain(&nightly).cloned().collect();
        assert_eq!(surplus(&all, 1, 10 * NIGHT_MS).len(), 9);
    }

    #[test]
    fn where_no_nightly_copy_is_made_any_more_those_that_are_there_stay_for_a_month() {
        let nightly = copies(BackupKind::Nightly, 0..10);
        assert!(surplus(&nightly, 0, 30 * NIGHT_MS).is_empty());
        assert_eq!(
            surplus(&nightly, 0, 32 * NIGHT_MS),
            [&nightly[8], &nightly[9]]
        );
    }

    #[test]
    fn a_copy_dated_by_a_clock_that_was_wrong_goes_first() {
        let mut nightly = copies(BackupKind::Nightly, 0..4);
        nightly.extend(copies(BackupKind::Nightly, 900..901));
        let wrong = nightly.last().cloned();
        let gone = surplus(&nightly, 4, 4 * NIGHT_MS);
        assert_eq!(gone, wrong.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_clock_that_is_years_behind_removes_nothing() {
        let kinds = BackupKind::ALL.into_iter();
        let all: Vec<_> = kinds.flat_map(|kind| copies(kind, 9000..9003)).collect();
        for keep in [0, 7] {
            assert!(surplus(&all, keep, 0).is_empty());
        }
    }
}
