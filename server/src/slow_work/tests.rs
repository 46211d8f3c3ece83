//! The laws of places.

use std::sync::mpsc;

use futures::future::join_all;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::*;

fn places(at_once: usize, of_one: usize, waiting: usize, patience_ms: u64) -> Arc<Places> {
    Arc::new(Places::new(Limits {
        at_once,
        of_one,
        waiting,
        patience: Duration::from_millis(patience_ms),
    }))
}

fn person(number: u128) -> Asker {
    UserId::new(Uuid::from_u128(number)).into()
}

/// Waits until so many requests wait.
async fn until_waiting(places: &Places, expected: u64) {
    let reached = async {
        while places.load().waiting != expected {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(10), reached).await.unwrap();
}

#[tokio::test]
async fn turns_go_round_between_people() {
    let places = places(1, usize::MAX, 64, 60_000);
    let first = Places::take(&places, person(0)).await.unwrap();
    let (order, taken) = mpsc::channel();
    let mut waiting = Vec::new();
    for (num_waiting, asker) in (1..).zip([1, 1, 1, 1, 2, 3]) {
        let (taken_from, order) = (Arc::clone(&places), order.clone());
        waiting.push(tokio::spawn(async move {
            let _place = Places::take(&taken_from, person(asker)).await.unwrap();
            order.send(asker).unwrap();
        }));
        until_waiting(&places, num_waiting).await;
    }
    drop(first);
    join_all(waiting).await;
    assert_eq!(
        taken.try_iter().collect::<Vec<_>>(),
        [1, 2, 3, 1, 1, 1],
        "who asks often waits for its own requests only"
    );
    let load = places.load();
    assert_eq!((load.running, load.waiting, load.refused), (0, 0, 0));
}

#[tokio::test]
async fn a_wait_has_an_end_and_a_queue_a_length() {
    let places = places(1, usize::MAX, 2, 50);
    let held = Places::take(&places, person(0)).await.unwrap();
    let before = Instant::now();
    let (one, two, three) = tokio::join!(
        Places::take(&places, person(1)),
        Places::take(&places, person(1)),
        async {
            let refused = Places::take(&places, person(1)).await;
            // At once: the two before still wait.
            refused.is_none() && places.load().waiting == 2
        },
    );
    assert!(one.is_none() && two.is_none());
    assert!(before.elapsed() >= Duration::from_millis(50));
    assert!(three);
    assert_eq!(places.load().refused, 3);
    // Who waited in vain stands in nobody's way.
    drop(held);
    drop(Places::take(&places, person(2)).await.unwrap());
}

#[tokio::test]
async fn nobody_has_all_places_and_nobody_waits_for_who_has_enough() {
    let places = places(3, 1, 8, 60_000);
    let mine = Places::take(&places, person(1)).await.unwrap();
    let mut second = Box::pin(Places::take(&places, person(1)));
    assert!(futures::poll!(&mut second).is_pending());
    let others = Places::take(&places, person(2)).await.unwrap();
    drop(others);
    assert!(futures::poll!(&mut second).is_pending());
    drop(mine);
    drop(second.await.unwrap());
    assert_eq!(places.load().running, 0);
}

#[tokio::test]
async fn who_leaves_in_the_moment_of_its_turn_passes_it_on() {
    let places = places(1, usize::MAX, 8, 60_000);
    let held = Places::take(&places, person(1)).await.unwrap();
    let mut leaves = Box::pin(Places::take(&places, person(2)));
    let mut stays = Box::pin(Places::take(&places, person(3)));
    assert!(futures::poll!(&mut leaves).is_pending());
    assert!(futures::poll!(&mut stays).is_pending());
    drop(held);
    // Its turn has come, and it never looks.
    drop(leaves);
    drop(stays.await.unwrap());
    assert_eq!(places.load().running, 0);
}

#[tokio::test]
async fn work_that_panics_gives_its_place_back() {
    let slow_work = SlowWork::default();
    for _ in 0..8 {
        let broken = slow_work.run(Kind::Password, Asker::Stranger, || -> u32 {
            panic!("a fault")
        });
        assert_eq!(broken.await, Err(SlowWorkError::Broken));
    }
    let done = slow_work.run(Kind::Password, Asker::Stranger, || 7);
    assert_eq!(done.await, Ok(7));
    assert!(slow_work.load().all(|(_, load)| load == Load::default()));
}

#[tokio::test]
async fn each_kind_has_its_own_places() {
    let slow_work = SlowWork::default();
    let mut held = Vec::new();
    while let Ok(place) = slow_work
        .place(Kind::Upload, person(held.len() as u128))
        .await
    {
        held.push(place);
    }
    assert!(!held.is_empty());
    for kind in Kind::ALL.into_iter().filter(|&kind| kind != Kind::Upload) {
        assert_eq!(
            slow_work.run(kind, person(99), || ()).await,
            Ok(()),
            "{kind:?}"
        );
    }
}

#[test]
fn who_waits_in_vain_is_told_what_there_is_too_much_of() {
    for kind in Kind::ALL {
        let AppError::Busy { reason, .. } = SlowWorkError::Busy(kind).into() else {
            panic!("{kind:?}");
        };
        let is_file = matches!(kind, Kind::Document | Kind::Upload | Kind::Download);
        assert_eq!(reason == BusyReason::WorkersBusy, is_file, "{kind:?}");
    }
}
