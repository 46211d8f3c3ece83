//! What is said for a moment, and how long that is.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for, wait_for_end_of},
    chat_page::{ChatPage, TEXT_BOX},
    keyboard::{Keyboard, wait_for_focus},
    running_server::{RunningServer, send_and_wait},
};
use serde_json::json;

use super::chats::NUM_ROWS;

/// It is a status for screen readers from the beginning.
const TOAST: &str = ".toasts[role=status] > .toast";
/// How long a way back is offered.
const STAY: Duration = Duration::from_secs(8);

/// A clock whose pace can be changed: what rings every 250 ms, as that of a toast does, rings
/// `window.pace` times as often, and each ring is counted.
const CLOCK: &str = "const functions = [setTimeout, setInterval, clearInterval];
    const [later, every, stop] = functions.map(it => it.bind(window));
    [window.pace, window.rung] = [1, 0];
    const timers = new Map();
    let newest = 1 << 20;
    window.setInterval = (ring, pause) => {
        if (pause !== 250) return every(ring, pause);
        const number = newest += 1;
        const go = () => timers.set(number, later(() => {
            go();
            window.rung += 1;
            ring();
        }, pause / window.pace));
        go();
        return number;
    };
    window.clearInterval = number => {
        if (!timers.has(number)) return stop(number);
        clearTimeout(timers.get(number));
        timers.delete(number);
    };";
const QUICKLY: &str = "[window.pace, window.rung] = [20, 0]";
const AS_USUAL: &str = "window.pace = 1";
/// Ten seconds of rings have passed since the pace was changed, longer than a way back is offered.
const IS_LATER: &str = "return window.rung >= 40";

/// A page of somebody with two chats.
async fn open(browser: &Browser) -> Result<(RunningServer, ChatPage<'_>)> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    for title in ["One", "Another"] {
        send_and_wait(&ada, None, title).await?;
    }
    let page = ChatPage::new(browser, server.base_url());
    page.enter(&ada).await?;
    Ok((server, page))
}

/// Lets more time pass than a way back has, quickly.
async fn wait_long(browser: &Browser) -> Result<()> {
    browser.script(QUICKLY, Vec::new()).await?;
    wait_for(browser, "ten seconds pass", IS_LATER, true).await
}

/// Deletes the first chat of the list by key.
async fn delete(browser: &Browser, page: &ChatPage<'_>) -> Result<()> {
    browser.element(".conversation-link").await?.focus().await?;
    page.press_key("Delete", 0).await?;
    browser.element(TOAST).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_from_a_deletion_waits_for_the_pointer_and_then_goes() -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser).await?;
    let deleted = Instant::now();
    delete(&browser, &page).await?;
    wait_for_end_of(&browser, TOAST).await?;
    ensure!(deleted.elapsed() >= STAY, "it went too early");
    wait_for(&browser, "one row", NUM_ROWS, json!(1)).await?;

    // The pointer is there before the clock goes quickly.
    browser.script(CLOCK, Vec::new()).await?;
    delete(&browser, &page).await?;
    let toast = browser.element(TOAST).await?;
    let pointer = browser.driver().action_chain();
    pointer.move_to_element_center(&toast).perform().await?;
    wait_long(&browser).await?;
    ensure!(browser.has(TOAST).await?, "its time stands still");
    browser.script(AS_USUAL, Vec::new()).await?;
    browser.element(".toast-action").await?.click().await?;
    wait_for_end_of(&browser, TOAST).await?;
    wait_for(&browser, "the row is back", NUM_ROWS, json!(1)).await?;

    delete(&browser, &page).await?;
    let toast = browser.element(TOAST).await?;
    let pointer = browser.driver().action_chain();
    pointer.move_to_element_center(&toast).perform().await?;
    wait_long(&browser).await?;
    ensure!(browser.has(TOAST).await?, "its time stands still");
    let text_box = browser.element(TEXT_BOX).await?;
    let pointer = browser.driver().action_chain();
    pointer.move_to_element_center(&text_box).perform().await?;
    wait_for_end_of(&browser, TOAST).await?;
    wait_for(&browser, "no row", NUM_ROWS, json!(0)).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_is_near_for_keys_and_escape_puts_it_away() -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser).await?;
    let keys = Keyboard::new(&browser);
    browser.script(CLOCK, Vec::new()).await?;
    delete(&browser, &page).await?;
    keys.tab_to(".toast-action").await?;
    wait_long(&browser).await?;
    ensure!(keys.is_at(".toast-action").await?, "its time stands still");
    browser.script(AS_USUAL, Vec::new()).await?;
    keys.press("Escape", 0).await?;
    wait_for_end_of(&browser, TOAST).await?;
    wait_for_focus(&browser, "#new-chat").await?;
    wait_for(&browser, "one row", NUM_ROWS, json!(1)).await?;

    delete(&browser, &page).await?;
    keys.tab_to(".toast-action").await?;
    keys.press("Enter", 0).await?;
    wait_for_end_of(&browser, TOAST).await?;
    wait_for(&browser, "the row is back", NUM_ROWS, json!(1)).await?;
    browser.quit().await
}
