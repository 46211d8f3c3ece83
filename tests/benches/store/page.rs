//! A conversation of 2,000 messages in Chromium: until it is interactive, and typing meanwhile.

use anyhow::{Context as _, Result};
use hearth_tests::{
    browser::Browser,
    chat_page::ChatPage,
    running_server::{PASSWORD, RunningServer},
    seed::Seeded,
    speed,
};

use super::measured::Measured;

const OPENINGS: usize = 11;
const LETTERS: usize = 120;

/// Opens the longest conversation again and again, then types below an answer that grows.
pub(crate) async fn measure(server: &RunningServer, seeded: &Seeded) -> Result<[Measured; 2]> {
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    speed::watch_openings(&browser).await?;
    let long = seeded.conversations.first().context("conversations")?;
    let mut opening = Measured::new("2,000 messages until interactive").within(speed::MAX_OPENING);
    for _ in 0..OPENINGS {
        let took = speed::open(&browser, &page, &format!("/c/{long}")).await?;
        opening.times.push(took);
    }
    let typing = Measured::new("a letter typed while an answer grows");
    let mut typing = typing.within(speed::MAX_LETTER);
    typing.times = speed::type_letters(&browser, &page, LETTERS).await?;
    browser.quit().await?;
    Ok([opening, typing])
}
