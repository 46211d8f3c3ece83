//! Whether there are copies to go back to.

use hearth_app::model::BackupKind;

use super::State;
use crate::{
    backup::{Listed, check_folder, list},
    calendar::utc_date,
    config::Config,
};

/// A nightly copy that is older has been missed (2 days).
const STALE_MS: i64 = 2 * 24 * 60 * 60 * 1000;

/// What lies in the folder of copies, by the names of the files.
pub(super) fn examine(config: &Config, now_ms: i64) -> State {
    let folder = config.backups();
    let shown = folder.display();
    if let Err(error) = check_folder(&folder, config.names_backups()) {
        return State::Broken(error.to_string());
    }
    let copies = match list(&folder) {
        Ok(copies) => copies,
        Err(error) => return State::Broken(error.to_string()),
    };
    let number = copies.len();
    if config.backup.keep == 0 {
        let text = format!("{number} in {shown}, and backup.keep is 0: none is made by itself");
        return State::Risky(text);
    }
    // Somebody's press of a button makes up for no night, and no clock is years ahead.
    let is_sound = |copy: &&Listed| {
        copy.kind == BackupKind::Nightly && copy.made_at < now_ms.saturating_add(STALE_MS)
    };
    let Some(newest) = copies.iter().find(is_sound) else {
        return State::Absent(format!(
            "{number} in {shown}, none of them made by night yet: a server makes one"
        ));
    };
    let date = utc_date(newest.made_at);
    let text = format!("{number} in {shown}, the newest nightly one of {date}");
    if newest.made_at < now_ms - STALE_MS {
        let why = "the server was not running, or its log says what went wrong";
        return State::Risky(format!("{text}: {why}"));
    }
    State::Fine(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const NOON: i64 = 1_795_953_600_000;

    #[test]
    fn the_newest_copy_is_told_and_a_night_that_was_missed() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path().to_owned());
        assert!(matches!(examine(&config, NOON), State::Absent(_)));
        let backups = config.backups();
        fs::create_dir(&backups).unwrap();
        fs::write(backups.join("hearth-20261129T030000Z-nightly.db"), "").unwrap();
        let State::Fine(text) = examine(&config, NOON) else {
            panic!("there is one");
        };
        assert!(text.ends_with("nightly one of 2026-11-29"), "{text}");
        // Nothing of these makes up for a night.
        for other in [
            "hearth-20261207T030000Z-asked.db",
            "hearth-20990101T030000Z-nightly.db",
        ] {
            fs::write(backups.join(other), "").unwrap();
        }
        let late = examine(&config, NOON + 2 * STALE_MS);
        assert!(matches!(late, State::Risky(_)));
        config.backup.keep = 0;
        fs::remove_dir_all(&backups).unwrap();
        assert!(matches!(examine(&config, NOON), State::Risky(_)));
    }
}
