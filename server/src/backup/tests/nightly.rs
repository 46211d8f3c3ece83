//! Copies that nobody asks for.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::*;

fn backups(house: &House) -> Arc<Backups> {
    Backups::new(house.store.clone(), &house.config, TimeZone::UTC)
}

#[tokio::test]
async fn every_night_makes_one_copy_and_seven_are_kept() {
    let house = House::new().await;
    let backups = backups(&house);
    assert!(backups.make_if_due(NOON).await.unwrap(), "the first day");
    assert!(!backups.make_if_due(NOON + 1000).await.unwrap());
    // 02:59, 03:00.
    let night = NOON + DAY_MS - 9 * 60 * 60 * 1000;
    assert!(!backups.make_if_due(night - 1000).await.unwrap());
    assert!(backups.make_if_due(night).await.unwrap());
    for days in 1..30 {
        let now = night + days * DAY_MS;
        assert!(backups.make_if_due(now).await.unwrap());
        backups.rotate(now).await.unwrap();
        assert!(house.files().len() <= 7, "{:?}", house.files());
    }
    assert_eq!(house.files().len(), 7);
    let all = fs::read_dir(house.config.backups()).unwrap();
    assert_eq!(all.count(), 14, "each with its sum, and no other sum");
    let last = backups.last().unwrap();
    assert_eq!(last.kind, BackupKind::Nightly);
    assert_eq!(last.made.unwrap().path, backups.list().unwrap()[0].path);
}

#[tokio::test]
async fn a_night_on_which_nobody_was_there_is_made_up_for() {
    let house = House::new().await;
    let backups = backups(&house);
    backups.make_if_due(NOON).await.unwrap();
    assert!(backups.make_if_due(NOON + 40 * DAY_MS).await.unwrap());
    assert_eq!(house.files().len(), 2);
}

#[tokio::test]
async fn a_copy_dated_by_a_clock_that_was_wrong_keeps_nobody_from_making_one() {
    let house = House::new().await;
    let backups = backups(&house);
    backups.make_if_due(NOON + 365 * DAY_MS).await.unwrap();
    assert!(backups.make_if_due(NOON).await.unwrap());
    // Set back by less than a day, it is tonight's.
    assert!(!backups.make_if_due(NOON - DAY_MS / 2).await.unwrap());
}

#[tokio::test]
async fn none_is_made_where_none_is_wanted() {
    let mut house = House::new().await;
    house.config.backup.keep = 0;
    assert!(!backups(&house).make_if_due(NOON).await.unwrap());
    assert_eq!(house.files(), [""; 0]);
}

#[tokio::test]
async fn a_copy_that_fails_is_told_and_tried_again() {
    let mut house = House::new().await;
    house.config.backup.folder = "copies".into();
    let folder = house.config.backups();
    fs::write(&folder, "a file where a folder was").unwrap();
    let backups = backups(&house);
    backups.make_if_due(NOON).await.unwrap_err();
    assert!(backups.last().unwrap().made.is_err());
    fs::remove_file(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    assert!(backups.make_if_due(NOON).await.unwrap());
    assert!(backups.last().unwrap().made.is_ok());
    assert_eq!(house.files().len(), 1);
}

#[tokio::test]
async fn of_two_wishes_at_once_one_copy_comes() {
    let house = House::new().await;
    let backups = backups(&house);
    backups.ask(NOON);
    backups.ask(NOON + 1000);
    let begun = std::time::Instant::now();
    while backups.is_being_made() {
        assert!(begun.elapsed().as_secs() < 60, "it does not end");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(house.files(), ["hearth-20261129T120000Z-asked.db"]);
    assert_eq!(backups.last().unwrap().kind, BackupKind::Asked);
}
