//! What a large database costs the page: one with 10,000 conversations, 2,000 messages in one of
//! them, beside an empty one, taking turns in one run. `cargo xtask bench --page`. Fails if one of
//! the pages is slower or larger than it may be.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE},
    chat_page::{ChatPage, RUNNING},
    deadline::eventually,
    running_server::{PASSWORD, RunningServer},
    seed::{self, Amount},
    speed,
};

const AMOUNT: Amount = Amount {
    conversations: 10_000,
    messages: 100_000,
    longest: 2_000,
};
const ROUNDS: usize = 7;
/// Letters of a round.
const LETTERS: usize = 40;

/// Somewhere to open and to type, and what that took.
struct Place<'a> {
    name: &'static str,
    browser: &'a Browser,
    page: ChatPage<'a>,
    path: String,
    openings: Vec<Duration>,
    letters: Vec<Duration>,
    elements: Vec<u64>,
}

impl<'a> Place<'a> {
    fn new(name: &'static str, browser: &'a Browser, base_url: &str, path: String) -> Self {
        Self {
            name,
            browser,
            page: ChatPage::new(browser, base_url),
            path,
            openings: Vec::new(),
            letters: Vec::new(),
            elements: Vec::new(),
        }
    }

    /// Opens it and types there while an answer grows.
    async fn measure(&mut self) -> Result<()> {
        let (browser, page) = (self.browser, &self.page);
        let opening = speed::open(browser, page, &self.path).await?;
        self.openings.push(opening);
        self.elements.push(speed::num_elements(browser).await?);
        let letters = speed::type_letters(browser, page, LETTERS).await?;
        self.letters.extend(letters);
        page.stop().await?;
        eventually("the answer is stopped", PATIENCE, async || {
            Ok((!browser.has(RUNNING).await?).then_some(()))
        })
        .await
    }

    fn meets_its_goals(&self) -> bool {
        part(&self.openings, 50) <= speed::MAX_OPENING
            && part(&self.letters, 50) <= speed::MAX_LETTER
            && part(&self.elements, 50) <= speed::MAX_ELEMENTS
    }

    fn print(&self) {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let verdict = if self.meets_its_goals() {
            ""
        } else {
            "  MISSED"
        };
        println!(
            "{:<40} {:>12.1} {:>12.1} {:>12.1} {:>12.1} {:>10}{verdict}",
            self.name,
            ms(part(&self.openings, 50)),
            ms(part(&self.openings, 100)),
            ms(part(&self.letters, 50)),
            ms(part(&self.letters, 95)),
            part(&self.elements, 50),
        );
    }
}

/// What so many of a hundred do not exceed.
fn part<T: Copy + Default + Ord>(values: &[T], percent: usize) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

fn model() -> ScriptedModel {
    ScriptedModel::new(vec![speed::long_answer()]).with_token_delay(Duration::from_millis(5))
}

/// A window of somebody who is signed in. Cookies know no ports: each server has its own.
async fn enter(browser: &Browser, server: &RunningServer) -> Result<()> {
    let page = ChatPage::new(browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    speed::watch_openings(browser).await
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let (empty, _ada) = RunningServer::start(model()).await?;
    let (large, _ada) = RunningServer::start(model()).await?;
    let seeded = seed::fill(&large.database(), "Ada", AMOUNT).await?;
    let long = seeded.conversations.first().context("conversations")?;
    let browser = Browser::open().await?;
    let other = browser.open_beside().await?;
    enter(&browser, &empty).await?;
    enter(&other, &large).await?;

    let new = || "/".to_owned();
    let long = format!("/c/{long}");
    let mut places = [
        Place::new(
            "empty database, a new chat",
            &browser,
            empty.base_url(),
            new(),
        ),
        Place::new(
            "large database, a new chat",
            &other,
            large.base_url(),
            new(),
        ),
        Place::new(
            "large database, 2,000 messages",
            &other,
            large.base_url(),
            long,
        ),
    ];
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        for place in &mut places {
            let measured = place.measure().await;
            measured.with_context(|| place.name)?;
        }
    }
    println!(
        "\n{AMOUNT:?}, {ROUNDS} rounds, {LETTERS} letters each\n{:<40} {:>12} {:>12} {:>12} {:>12} {:>10}",
        "", "interactive", "worst ms", "letter ms", "p95 ms", "elements"
    );
    places.iter().for_each(Place::print);
    let is_good = places.iter().all(Place::meets_its_goals);
    other.quit().await?;
    browser.quit().await?;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
