use std::net::Ipv4Addr;

use super::*;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

fn address(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0000 + number).into()
}

/// A guess at Ada's password.
fn from(number: u32) -> Attempt {
    Attempt::stranger("ada", Some(address(number)))
}

fn at(name: &str, number: u32) -> Attempt {
    Attempt::stranger(name, Some(address(number)))
}

/// Begins so many attempts that have no wait at all.
fn spend(throttle: &Throttle, attempt: &Attempt, number: u32, now_ms: i64) {
    for count in 0..number {
        let begun = throttle.begin(attempt, now_ms);
        assert_eq!(begun, Ok(Duration::ZERO), "{attempt:?} {count}");
    }
}

#[test]
fn the_sixth_guess_from_an_address_at_a_name_waits_and_the_next_one_longer() {
    let throttle = Throttle::default();
    spend(&throttle, &from(1), 5, 0);
    assert_eq!(throttle.begin(&at("ADA ", 1), 0), Err(15));
    assert_eq!(throttle.begin(&from(1), 14_001), Err(1));
    spend(&throttle, &from(1), 1, 15_000);
    assert_eq!(throttle.begin(&from(1), 15_000), Err(30));
}

#[test]
fn guesses_at_one_name_keep_nobody_else_at_the_address_out_and_no_other_address() {
    let throttle = Throttle::default();
    spend(&throttle, &from(1), 5, 0);
    assert_eq!(throttle.begin(&from(1), 0), Err(15));
    spend(&throttle, &at("grace", 1), 5, 0);
    spend(&throttle, &from(2), 5, 0);
    spend(&throttle, &Attempt::stranger("ada", None), 5, 0);
    assert_eq!(throttle.begin(&Attempt::stranger("ada", None), 0), Err(15));
}

#[test]
fn an_address_that_guesses_at_many_names_waits_for_all_of_them_a_little() {
    let throttle = Throttle::default();
    for number in 0..50 {
        spend(&throttle, &at(&format!("name {number}"), 1), 1, 0);
    }
    assert_eq!(throttle.begin(&at("ada", 1), 0), Err(30));
    spend(&throttle, &at("ada", 2), 1, 0);
    spend(&throttle, &at("ada", 1), 1, 30_000);
    // An hour later it may do all of that again.
    for number in 0..50 {
        spend(&throttle, &at(&format!("other {number}"), 1), 1, HOUR_MS);
    }
}

#[test]
fn the_64_bits_that_somebody_chooses_make_no_new_address() {
    let throttle = Throttle::default();
    let guess = |host: u32| {
        let address = format!("2001:db8::{host:x}").parse().unwrap();
        Attempt::stranger("ada", Some(address))
    };
    for host in 0..5 {
        spend(&throttle, &guess(host), 1, 0);
    }
    assert_eq!(throttle.begin(&guess(99), 0), Err(15));
}

#[test]
fn signing_in_well_never_adds_up() {
    let throttle = Throttle::default();
    for _ in 0..200 {
        spend(&throttle, &from(1), 1, 0);
        throttle.succeeded(&from(1), 0);
    }
    spend(&throttle, &from(1), 4, 0);
    throttle.succeeded(&from(1), 0);
    spend(&throttle, &from(1), 5, 0);
}

#[test]
fn an_attempt_that_is_taken_back_leaves_everything_as_it_was() {
    let throttle = Throttle::default();
    for _ in 0..200 {
        spend(&throttle, &from(1), 1, 0);
        throttle.take_back(&from(1), 0);
    }
    spend(&throttle, &from(1), 5, 0);
    for _ in 0..3 {
        spend(&throttle, &from(1), 1, 15_000);
        throttle.take_back(&from(1), 15_000);
    }
    spend(&throttle, &from(1), 1, 15_000);
    assert_eq!(throttle.begin(&from(1), 15_000), Err(30));
}

#[test]
fn a_browser_that_was_here_before_has_a_budget_of_its_own_and_no_other() {
    let throttle = Throttle::default();
    let (known, other) = (Attempt::Known([1; 32]), Attempt::Known([2; 32]));
    for number in 0..1000 {
        let _ = throttle.begin(&from(number), 0);
    }
    spend(&throttle, &known, 5, 0);
    assert_eq!(throttle.begin(&known, 0), Err(15));
    spend(&throttle, &other, 5, 0);
}

#[test]
fn whoever_signs_up_spends_a_budget_of_the_address() {
    let throttle = Throttle::default();
    let (here, there) = (
        Attempt::sign_up(Some(address(1))),
        Attempt::sign_up(Some(address(2))),
    );
    spend(&throttle, &here, 5, 0);
    assert_eq!(throttle.begin(&here, 0), Err(15));
    spend(&throttle, &there, 5, 0);
    spend(&throttle, &from(1), 5, 0);
}

/// How an attack on Ada's account goes, in simulated time.
#[derive(Debug, Default)]
struct Attack {
    throttle: Throttle,
    /// Guesses that were checked.
    num_checked: u32,
}

impl Attack {
    /// One guess; whether it is checked.
    fn guess(&mut self, number: u32, now_ms: i64) {
        let begun = self.throttle.begin(&from(number), now_ms);
        self.num_checked += u32::from(begun.is_ok());
    }

    /// Ada comes from somewhere she never was, with the right password.
    fn ada_gets_in(&self, number: u32, now_ms: i64) {
        let ada = from(1_000_000 + number);
        let wait = self.throttle.begin(&ada, now_ms);
        let wait = wait.expect("an address that never failed is not sent away");
        assert!(wait <= Duration::from_secs(3), "{wait:?} at {now_ms} ms");
        self.throttle.succeeded(&ada, now_ms);
    }
}

#[test]
fn ten_thousand_guesses_from_a_hundred_addresses_keep_the_owner_out_for_three_seconds_at_most() {
    for pause_ms in [0, 1, 10, 1000] {
        let mut attack = Attack::default();
        for number in 0..10_000_u32 {
            let now_ms = i64::from(number) * pause_ms;
            attack.guess(number % 100, now_ms);
            if number.is_multiple_of(97) {
                attack.ada_gets_in(number, now_ms);
            }
        }
        // The first five of each, and those whose wait was over.
        let most = if pause_ms == 1000 { 2100 } else { 700 };
        assert!(attack.num_checked <= most, "{attack:?}");
        assert!(attack.num_checked >= 100, "{attack:?}");
        let known = Attempt::Known([7; 32]);
        spend(&attack.throttle, &known, 1, 10_000 * pause_ms);
    }
}

#[test]
fn an_owner_who_mistypes_while_others_guess_is_in_a_few_seconds_later() {
    let mut attack = Attack::default();
    for number in 0..10_000 {
        attack.guess(number % 100, 0);
    }
    let ada = from(5000);
    assert!(attack.throttle.begin(&ada, 0).is_ok());
    // The next one is told to come again, at most once every three seconds.
    let mut now_ms = 0;
    while let Err(seconds) = attack.throttle.begin(&ada, now_ms) {
        assert!(
            seconds <= 3 && now_ms < 10_000,
            "{seconds} s at {now_ms} ms"
        );
        now_ms += i64::from(seconds) * 1000;
    }
}

#[test]
fn new_addresses_wait_in_a_queue_that_hashes_as_fast_as_they_come() {
    let throttle = Throttle::default();
    let waits = (0..100).map(|number| throttle.begin(&from(number), 0));
    let waits: Vec<Duration> = waits.map(Result::unwrap).collect();
    assert!(waits[..20].iter().all(Duration::is_zero));
    assert!(waits.is_sorted() && waits[99] < Duration::from_secs(3));
    let at_once = |wait: &Duration| waits.iter().filter(|it| *it == wait).count();
    assert!(waits[20..].iter().all(|wait| at_once(wait) == 1));
}

#[test]
fn an_address_guesses_a_hundred_and_five_times_in_a_day_and_many_once_a_second_together() {
    let throttle = Throttle::default();
    let mut num_checked = 0;
    for second in 0..DAY_MS / 1000 {
        num_checked += u32::from(throttle.begin(&from(1), second * 1000).is_ok());
    }
    assert_eq!(num_checked, 105);
    // So many addresses that each may try again whenever it is its turn.
    let mut num_checked = 0;
    for second in 0..600_u32 {
        for number in 0..5 {
            let guess = from(2 + (second * 5 + number) % 1500);
            let now_ms = i64::from(second) * 1000;
            num_checked += u32::from(throttle.begin(&guess, now_ms + DAY_MS).is_ok());
        }
    }
    // The first one of each, and then one in each second.
    assert!(
        (1500 + 250..=1500 + 330).contains(&num_checked),
        "{num_checked}"
    );
}

#[test]
fn invented_names_make_nobody_forget_the_failures_of_another_name() {
    let throttle = Throttle::default();
    spend(&throttle, &from(1), 5, 0);
    for number in 0..3 * u32::try_from(bounded::MAX_KEYS).unwrap() {
        let guess = Attempt::stranger(&format!("name {number}"), Some(address(10 + number)));
        let _ = throttle.begin(&guess, 0);
    }
    assert_eq!(throttle.begin(&from(1), 0), Err(15));
}
