//! Connections that break, hubs that do not agree about ranges, and runs that were killed.

use std::fs::{self, File};

use super::{
    Machine,
    pretend_hub::{Fault, PretendHub},
    weights,
};

const SIZE: usize = 1_000_000;

fn hub(faults: impl IntoIterator<Item = Fault>) -> PretendHub {
    let hub = PretendHub::new().large("rose.gguf", &weights(SIZE));
    hub.faults(faults)
}

/// Pulls with `left` bytes of an earlier run; returns the ranges that were asked for.
fn check(left: &[u8], faults: impl IntoIterator<Item = Fault>, ranges: &[&str]) -> Machine {
    let (hub, mut machine) = (hub(faults), Machine::new());
    if !left.is_empty() {
        machine.put("rose.gguf.part", left);
    }
    machine.pull(&hub).unwrap();
    assert_eq!(machine.files(), ["rose.gguf"]);
    assert!(
        machine.content("rose.gguf") == weights(SIZE),
        "other content"
    );
    assert_eq!(machine.events.present_bytes, SIZE as u64);
    assert_eq!(hub.ranges(), ranges);
    machine
}

#[test]
fn a_broken_connection_is_resumed_where_it_broke() {
    let faults = [700_000, 0, 200_000].map(Fault::Breaks);
    let ranges = ["all", "bytes=700000-", "bytes=700000-", "bytes=900000-"];
    let machine = check(&[], faults, &ranges);
    let retries = [
        "retry after 100µs",
        "retry after 200µs",
        "retry after 400µs",
    ];
    assert_eq!(machine.events.sentences[1..], retries);
}

#[test]
fn a_silent_connection_counts_as_broken() {
    check(
        &[],
        [Fault::FallsSilent(300_000)],
        &["all", "bytes=300000-"],
    );
}

#[test]
fn a_busy_hub_is_asked_again() {
    let busy = [503, 429].map(|status| Fault::Answers(status, "busy"));
    check(&[], busy, &["all", "all", "all"]);
}

#[test]
fn an_earlier_run_is_continued() {
    let machine = check(&weights(SIZE)[..400_000], [], &["bytes=400000-"]);
    let sentences = ["1 files, 400000 of 1000000", "checking rose.gguf.part"];
    assert_eq!(machine.events.sentences, sentences);
}

#[test]
fn a_hub_that_ignores_ranges_sends_everything_anew() {
    let machine = check(
        &weights(SIZE)[..400_000],
        [Fault::IgnoresRange],
        &["bytes=400000-"],
    );
    assert_eq!(machine.events.sentences[2..], ["discarded 400000"]);
}

#[test]
fn another_range_than_asked_is_not_taken() {
    let left = &weights(SIZE)[..400_000];
    check(left, [Fault::ShiftsRange], &["bytes=400000-", "all"]);
    let refused = Fault::Answers(416, "no such range");
    check(left, [refused], &["bytes=400000-", "all"]);
}

#[test]
fn a_complete_part_needs_no_request_and_a_longer_one_is_thrown_away() {
    check(&weights(SIZE), [], &[]);
    check(&weights(SIZE + 1), [], &["all"]);
}

#[test]
fn a_part_of_another_file_is_noticed_and_deleted() {
    let (hub, mut machine) = (hub([]), Machine::new());
    machine.put("rose.gguf.part", b"something else");
    let told = machine.refusal(&hub);
    assert!(
        told.contains("rose.gguf arrived damaged and was deleted"),
        "{told}"
    );
    assert_eq!(machine.files(), [""; 0]);
    machine.pull(&hub).unwrap();
    assert_eq!(machine.files(), ["rose.gguf"]);
}

#[test]
fn a_hub_that_breaks_every_connection_is_given_up() {
    let (hub, mut machine) = (hub([0; 9].map(Fault::Breaks)), Machine::new());
    let told = machine.refusal(&hub);
    assert!(
        told.contains("gave up on rose.gguf after 5 retries"),
        "{told}"
    );
    assert!(told.contains("broke after 0 of 1000000 bytes"), "{told}");
    assert_eq!(hub.ranges().len(), 6);
}

#[test]
fn enough_progress_starts_the_count_of_retries_anew() {
    const LARGE: usize = 20_000_000;
    let breaks = [0, 0, 0, 0, 9_000_000, 0, 0, 0, 0].map(Fault::Breaks);
    let hub = PretendHub::new().large("rose.gguf", &weights(LARGE));
    let (hub, mut machine) = (hub.faults(breaks), Machine::new());
    machine.pull(&hub).unwrap();
    assert_eq!(hub.ranges().len(), 10);
    assert!(
        machine.content("rose.gguf") == weights(LARGE),
        "other content"
    );
}

#[test]
fn a_hub_that_is_not_there_is_said() {
    let hub = hub([]);
    let mut machine = Machine::new();
    let pull = machine.prepared(&hub);
    drop(hub);
    let error = pull.run(&super::request(None), &mut machine.events);
    let told = super::told(&error.unwrap_err());
    assert!(told.contains("cannot reach 127.0.0.1:"), "{told}");
}

#[test]
fn two_programs_do_not_write_one_file() {
    let (hub, mut machine) = (hub([]), Machine::new());
    machine.put("rose.gguf.part", &weights(10));
    let other = File::open(machine.models().join("rose.gguf.part")).unwrap();
    other.lock().unwrap();
    let told = machine.refusal(&hub);
    assert!(told.contains("another program is downloading"), "{told}");
    drop(other);
    machine.pull(&hub).unwrap();
}

#[test]
fn a_body_of_another_length_is_refused() {
    let (page, mut machine) = (hub([Fault::Answers(200, "<html>sign in")]), Machine::new());
    machine.put("rose.gguf.part", &weights(10));
    let told = machine.refusal(&page);
    assert!(
        told.contains("sends 13 bytes of rose.gguf, its list says 1000000"),
        "{told}"
    );
    assert_eq!(
        fs::read(machine.models().join("rose.gguf.part")).unwrap(),
        weights(10)
    );

    let told = machine.refusal(&hub([Fault::Overflows]));
    assert!(
        told.contains("more than the 1000000 bytes of rose.gguf"),
        "{told}"
    );
    assert_eq!(machine.files(), [""; 0]);
}
