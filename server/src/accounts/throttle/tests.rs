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

/// Begins an attempt that nobody speaks of again: how long it waits.
fn begin(throttle: &Throttle, attempt: &Attempt, now_ms: i64) -> Result<Duration, u32> {
    let begun = throttle.begin(attempt, now_ms);
    begun.map(|begun| begun.wait)
}

/// An attempt that begins at once.
fn begun(throttle: &Throttle, attempt: &Attempt, now_ms: i64) -> Begun {
    let begun = throttle.begin(attempt, now_ms).unwrap();
    assert_eq!(begun.wait, Duration::ZERO, "{attempt:?}");
    begun
}

/// Begins so many attempts that have no wait at all.
fn spend(throttle: &Throttle, attempt: &Attempt, number: u32, now_ms: i64) {
    for count in 0..number {
        let begun = begin(throttle, attempt, now_ms);
        assert_eq!(begun, Ok(Duration::ZERO), "{attempt:?} {count}");
    }
}

#[test]
fn the_sixth_guess_from_an_address_at_a_name_waits_and_the_next_one_longer() {
    let throttle = Throttle::default();
    spend(&throttle, &from(1), 5, 0);
    assert_eq!(begin(&throttle, &at("ADA ", 1), 0), Err(15));
    assert_eq!(begin(&throttle, &from(1), 14_001), Err(1));
    spend(&throttle, &from(1), 1, 15_000);
    assert_eq!(begin(&throttle, &from(1), 15_000), Err(30));
}

#[test]
fn guesses_at_one_name_keep_nobody_else_at_the_address_out_and_no_other_address() {
    let throttle = Throttle::default();
    spend(&throttle, &from(1), 5, 0);
    assert_eq!(begin(&throttle, &from(1), 0), Err(15));
    spend(&throttle, &at("grace", 1), 5, 0);
    spend(&throttle, &from(2), 5, 0);
    spend(&throttle, &Attempt::stranger("ada", None), 5, 0);
    assert_eq!(
        begin(&throttle, &Attempt::stranger("ada", None), 0),
        Err(15)
    );
}

#[test]
fn an_address_that_guesses_at_many_names_waits_for_all_of_them_a_little() {
    let throttle = Throttle::default();
    for number in 0..50 {
        spend(&throttle, &at(&format!("name {number}"), 1), 1, 0);
    }
    assert_eq!(begin(&throttle, &at("ada", 1), 0), Err(30));
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
    assert_eq!(begin(&throttle, &guess(99), 0), Err(15));
}

#[test]
fn signing_in_well_never_adds_up() {
    let throttle = Throttle::default();
    for _ in 0..200 {
        throttle.succeeded(&begun(&throttle, &from(1), 0), 0);
    }
    spend(&throttle, &from(1), 3, 0);
    throttle.succeeded(&begun(&throttle, &from(1), 0), 0);
    spend(&throttle, &from(1), 5, 0);
}

#[test]
fn an_attempt_that_is_taken_back_leaves_everything_as_it_was() {
    let throttle = Throttle::default();
    for _ in 0..200 {
        throttle.take_back(&begun(&throttle, &from(1), 0), 0);
    }
    spend(&throttle, &from(1), 5, 0);
    for _ in 0..3 {
        throttle.take_back(&begun(&throttle, &from(1), 15_000), 15_000);
    }
    spend(&throttle, &from(1), 1, 15_000);
    assert_eq!(begin(&throttle, &from(1), 15_000), Err(30));
}

#[test]
fn a_browser_that_was_here_before_has_a_budget_of_its_own_and_no_other() {
    let throttle = Throttle::default();
    let (known, other) = (Attempt::Known([1; 32]), Attempt::Known([2; 32]));
    for number in 0..1000 {
        let _ = begin(&throttle, &from(number), 0);
    }
    spend(&throttle, &known, 5, 0);
    assert_eq!(begin(&throttle, &known, 0), Err(15));
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
    assert_eq!(begin(&throttle, &here, 0), Err(15));
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
        let begun = begin(&self.throttle, &from(number), now_ms);
        self.num_checked += u32::from(begun.is_ok());
    }

    /// Ada comes from somewhere she never was, with the right password.
    fn ada_gets_in(&self, number: u32, now_ms: i64) {
        let ada = from(1_000_000 + number);
        let begun = self.throttle.begin(&ada, now_ms);
        let begun = begun.expect("an address that never failed is not sent away");
        let wait = begun.wait;
        assert!(wait <= Duration::from_secs(3), "{wait:?} at {now_ms} ms");
        self.throttle.succeeded(&begun, now_ms);
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
    assert!(begin(&attack.throttle, &ada, 0).is_ok());
    // The next one is told to come again, at most once every three seconds.
    let mut now_ms = 0;
    while let Err(seconds) = begin(&attack.throttle, &ada, now_ms) {
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
    let waits = (0..100).map(|number| begin(&throttle, &from(number), 0));
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
        num_checked += u32::from(begin(&throttle, &from(1), second * 1000).is_ok());
    }
    assert_eq!(num_checked, 105);
    // So many addresses that each may try again whenever it is its turn.
    let mut num_checked = 0;
    for second in 0..600_u32 {
        for number in 0..5 {
            let guess = from(2 + (second * 5 + number) % 1500);
            let now_ms = i64::from(second) * 1000;
            num_checked += u32::from(begin(&throttle, &guess, now_ms + DAY_MS).is_ok());
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
        let _ = begin(&throttle, &guess, 0);
    }
    assert_eq!(begin(&throttle, &from(1), 0), Err(15));
}

#[test]
fn more_addresses_than_are_remembered_get_no_more_first_guesses_than_a_name_has() {
    let throttle = Throttle::default();
    let num_addresses = 2 * u32::try_from(bounded::MAX_KEYS).unwrap();
    // 40 in each second, each address twice; what is remembered of them does not hold them all.
    let (mut num_checked, mut now_ms) = (0, 0);
    for number in (0..num_addresses).chain(0..num_addresses) {
        num_checked += u32::from(throttle.begin(&from(number), now_ms).is_ok());
        now_ms += 25;
    }
    let seconds = u32::try_from(now_ms / 1000).unwrap();
    // First ones, those of every 8.64 s, and one in each second.
    let most = 10_000 + seconds * 100 / 864 + 20 + seconds;
    assert!(
        (10_000 + seconds..=most + 10).contains(&num_checked),
        "{num_checked} of at most {most}"
    );
    // They keep nobody out elsewhere, nor in a browser that is known.
    spend(&throttle, &at("grace", num_addresses), 5, now_ms);
    spend(&throttle, &Attempt::Known([1; 32]), 5, now_ms);
}

#[test]
fn the_holder_of_many_networks_of_one_48_has_one_first_guess_at_a_name() {
    let throttle = Throttle::default();
    let guess = |network: u32, part: u32| {
        let address = format!("2001:db8:{network:x}:{part:x}::1").parse().unwrap();
        Attempt::stranger("ada", Some(address))
    };
    let mut num_checked = 0;
    for part in 0..0x1_0000 {
        num_checked += u32::from(throttle.begin(&guess(1, part), 0).is_ok());
    }
    // The first one, and what the name has for everybody: 20, and 3 that wait.
    assert_eq!(num_checked, 1 + 20 + 3);
    // Somebody else's network is new all the same.
    spend(&throttle, &guess(2, 0), 1, 0);
    // Once its guess was right, it is as new as before.
    let right = begun(&throttle, &guess(3, 0), 0);
    throttle.succeeded(&right, 0);
    spend(&throttle, &guess(3, 1), 1, 0);
}

#[test]
fn what_is_taken_back_is_what_was_taken() {
    let throttle = Throttle::default();
    // Everybody's first guesses are gone.
    for number in 0..20_000 {
        let _ = throttle.begin(&from(number), 0);
    }
    // It takes from the name's budget, and gives back to that one.
    let later = 8_000;
    for number in 20_000..20_100 {
        let begun = throttle.begin(&from(number), later).unwrap();
        throttle.take_back(&begun, later);
    }
    let mut num_checked = 0;
    for number in 30_000..30_100 {
        num_checked += u32::from(throttle.begin(&from(number), later).is_ok());
    }
    assert!(num_checked <= 8 + 3, "{num_checked}");
}

#[test]
fn names_of_any_length_and_number_take_20_mebibytes_at_most() {
    let throttle = Throttle::default();
    let end = "\u{fdfa}".repeat(200);
    let num_names = 2 * u32::try_from(bounded::MAX_KEYS).unwrap();
    for number in 0..num_names {
        // The key of a whole name would be some 7 KB.
        let name = if number.is_multiple_of(1000) {
            format!("{number}{end}")
        } else {
            number.to_string()
        };
        let _ = throttle.begin(&at(&name, number), 0);
    }
    let state = throttle.lock();
    let bytes = state.failures.bytes() + state.shared.bytes();
    assert!((5 << 20..=20 << 20).contains(&bytes), "{bytes}");
}

#[test]
fn an_attempt_that_is_refused_leaves_no_trace() {
    let throttle = Throttle::default();
    let mut num_checked = 0;
    for number in 0..20_000 {
        num_checked += usize::from(throttle.begin(&from(number), 0).is_ok());
    }
    assert_eq!(num_checked, 10_000 + 20 + 3);
    let state = throttle.lock();
    assert_eq!(state.failures.len(), num_checked);
    // Their addresses, the name, its queue and the places in that.
    assert_eq!(state.shared.len(), num_checked + 3);
}

#[test]
fn what_is_too_long_for_a_name_is_one_name_whatever_it_is() {
    let long = |letter: &str| at(&letter.repeat(1000), 2);
    assert_eq!(long("a"), long("b"));
    assert_ne!(at(&"a".repeat(64), 2), at(&"b".repeat(64), 2));
}
