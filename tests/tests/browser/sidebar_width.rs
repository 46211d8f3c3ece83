//! How wide the sidebar is: a list or a rail, and an edge that is drawn or moved by keys.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::Language;
use hearth_tests::{
    browser::{Browser, Screen, wait_for},
    chat_page::TEXT_BOX,
    keyboard::{CTRL, wait_for_focus},
    words::words,
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::{
    accessibility::check,
    chats::{Chats, QUESTIONS},
    named,
};

in_both_languages! {
    a_rail_is_chosen_once_and_stands_in_the_next_page_from_the_beginning,
    the_edge_of_the_list_is_drawn_and_stays_where_it_was_left,
    the_edge_of_the_list_is_moved_by_keys,
}

const WIDTH: &str = "return document.getElementById('sidebar').offsetWidth";
/// What a screen reader says of the edge.
const EDGE: &str = "const it = document.getElementById('sidebar-edge');
    return [it.ariaValueNow, it.ariaValueText]";
/// Adds up what moved since the page was opened.
const ADD_SHIFTS: &str = "window.moved = 0;
    const add = list => list.getEntries().forEach(it => window.moved += it.value);
    new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });";

async fn a_rail_is_chosen_once_and_stands_in_the_next_page_from_the_beginning(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    wait_for(&browser, "a list", WIDTH, json!(272)).await?;
    let collapse = browser.element("#collapse-sidebar").await?;
    collapse.click().await?;
    wait_for(&browser, "a rail", WIDTH, json!(56)).await?;
    wait_for_focus(&browser, "#expand-sidebar").await?;
    page.reload().await?;
    wait_for(&browser, "still a rail", WIDTH, json!(56)).await?;
    // The server itself said so: nothing moves while the page loads.
    let sent = "return (await (await fetch('/')).text()).includes('data-sidebar=\"rail\"')";
    let sent = format!("return (async () => {{ {sent} }})()");
    wait_for(&browser, "it is sent as one", &sent, json!(true)).await?;
    check(&browser, &named("rail", language)).await?;
    page.open_account_menu().await?;
    page.press_key("b", CTRL).await?;
    wait_for(&browser, "a list again", WIDTH, json!(272)).await?;
    page.reload().await?;
    wait_for(&browser, "still a list", WIDTH, json!(272)).await?;
    // On a phone it is a drawer, whatever was chosen.
    browser.show_screen(Screen::Phone).await?;
    page.press_key("b", CTRL).await?;
    browser.element(".sidebar.open").await?;
    wait_for_focus(&browser, "#new-chat").await?;
    page.press_key("b", CTRL).await?;
    wait_for_focus(&browser, "#open-sidebar").await?;
    browser.quit().await
}

/// A mouse takes the edge by its middle, draws it to these places and lets it go.
async fn draw(browser: &Browser, places: &[i64]) -> Result<()> {
    let middle = "const box = document.getElementById('sidebar-edge').getBoundingClientRect();
        return Math.round(box.x + box.width / 2)";
    let from = browser.script(middle, Vec::new()).await?;
    let from = from.as_i64().context("the edge has a place")?;
    mouse(browser, "mouseMoved", from, 0).await?;
    mouse(browser, "mousePressed", from, 1).await?;
    for place in places {
        mouse(browser, "mouseMoved", *place, 1).await?;
    }
    let last = places.last().copied().unwrap_or(from);
    mouse(browser, "mouseReleased", last, 1).await
}

async fn mouse(browser: &Browser, kind: &str, x: i64, clicks: u32) -> Result<()> {
    let is_held = kind == "mousePressed" || (kind == "mouseMoved" && clicks > 0);
    let button = if clicks > 0 { "left" } else { "none" };
    let parameters = json!({
        "type": kind, "x": x, "y": 450, "button": button,
        "buttons": u32::from(is_held), "clickCount": clicks,
    });
    browser
        .devtools("Input.dispatchMouseEvent", parameters)
        .await?;
    Ok(())
}

async fn the_edge_of_the_list_is_drawn_and_stays_where_it_was_left(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    wait_for(&browser, "a list", WIDTH, json!(272)).await?;
    wait_for(&browser, "it says so", EDGE, json!(["272", null])).await?;
    browser.element(TEXT_BOX).await?.focus().await?;
    draw(&browser, &[300, 341]).await?;
    wait_for(&browser, "a wider list", WIDTH, json!(340)).await?;
    wait_for_focus(&browser, TEXT_BOX).await?;
    wait_for(&browser, "it says so", EDGE, json!(["340", null])).await?;
    page.reload().await?;
    wait_for(&browser, "still as wide", WIDTH, json!(340)).await?;
    wait_for(&browser, "it says so", EDGE, json!(["340", null])).await?;
    let sent = "return (await (await fetch('/')).text()).includes('data-side-width=\"340\"')";
    let sent = format!("return (async () => {{ {sent} }})()");
    wait_for(&browser, "it is sent so", &sent, json!(true)).await?;
    browser.script(ADD_SHIFTS, Vec::new()).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let moved = browser.script("return window.moved", Vec::new()).await?;
    let is_still = moved.as_f64().is_some_and(|moved| moved <= 0.01);
    ensure!(is_still, "the page moved by {moved}");

    draw(&browser, &[500, 900]).await?;
    wait_for(&browser, "the widest list", WIDTH, json!(400)).await?;
    draw(&browser, &[300, 160]).await?;
    wait_for(&browser, "the narrowest list", WIDTH, json!(220)).await?;
    draw(&browser, &[150, 90]).await?;
    wait_for(&browser, "a rail", WIDTH, json!(56)).await?;
    let collapsed = words(language, "frame.sidebar_collapsed")?;
    let said = json!(["220", collapsed]);
    wait_for(&browser, "it says so", EDGE, said.clone()).await?;
    page.reload().await?;
    wait_for(&browser, "still a rail", WIDTH, json!(56)).await?;
    wait_for(&browser, "it says so", EDGE, said).await?;
    draw(&browser, &[100, 180, 300]).await?;
    wait_for(&browser, "a list again", WIDTH, json!(300)).await?;

    // A press alone moves nothing, two of them put it back.
    draw(&browser, &[]).await?;
    wait_for(&browser, "the same list", WIDTH, json!(300)).await?;
    for clicks in [1, 2] {
        mouse(&browser, "mousePressed", 300, clicks).await?;
        mouse(&browser, "mouseReleased", 300, clicks).await?;
    }
    wait_for(&browser, "as it was at first", WIDTH, json!(272)).await?;
    browser.show_screen(Screen::Phone).await?;
    let is_seen = "return document.getElementById('sidebar-edge').checkVisibility()";
    wait_for(&browser, "no edge on a phone", is_seen, json!(false)).await?;
    browser.quit().await
}

async fn the_edge_of_the_list_is_moved_by_keys(language: Language) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    let account = browser.element(".account-button").await?;
    account.focus().await?;
    account.send_keys(Key::Tab + "").await?;
    wait_for_focus(&browser, "#sidebar-edge").await?;
    let edge = browser.element("#sidebar-edge").await?;
    let name = edge.attr("aria-label").await?;
    ensure!(
        name == Some(words(language, "frame.sidebar_width")?),
        "{name:?}"
    );
    for (key, width) in [
        ("ArrowRight", 288),
        ("ArrowLeft", 272),
        ("ArrowLeft", 256),
        ("End", 400),
        ("ArrowRight", 400),
        ("Home", 220),
        ("ArrowLeft", 220),
        ("Enter", 56),
        ("ArrowLeft", 56),
        ("ArrowRight", 220),
        ("ArrowRight", 236),
        ("Enter", 56),
        ("Enter", 236),
    ] {
        page.press_key(key, 0).await?;
        wait_for(&browser, key, WIDTH, json!(width)).await?;
        wait_for_focus(&browser, "#sidebar-edge").await?;
    }
    check(&browser, &named("edge", language)).await?;
    page.reload().await?;
    wait_for(&browser, "still as wide", WIDTH, json!(236)).await?;
    // Where one reads from the right, the list stands there and its edge at its left.
    let turn = "document.documentElement.dir = 'rtl'";
    browser.script(turn, Vec::new()).await?;
    browser.element("#sidebar-edge").await?.focus().await?;
    page.press_key("ArrowLeft", 0).await?;
    wait_for(&browser, "a wider list", WIDTH, json!(252)).await?;
    page.press_key("ArrowRight", 0).await?;
    wait_for(&browser, "a narrower list", WIDTH, json!(236)).await?;
    draw(&browser, &[1000, 980]).await?;
    wait_for(&browser, "a wider list", WIDTH, json!(300)).await?;
    // In a narrow window the list has less room; keys go on from where its edge is seen.
    let narrow = json!({"width": 800, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    browser
        .devtools("Emulation.setDeviceMetricsOverride", narrow)
        .await?;
    browser.element("#sidebar-edge").await?.focus().await?;
    page.press_key("End", 0).await?;
    wait_for(&browser, "the widest list", WIDTH, json!(360)).await?;
    let most = "const it = document.getElementById('sidebar-edge');
        return [it.ariaValueNow, it.ariaValueMax]";
    wait_for(&browser, "it says so", most, json!(["360", "360"])).await?;
    page.press_key("ArrowRight", 0).await?;
    wait_for(&browser, "a narrower list", WIDTH, json!(344)).await?;
    browser.quit().await
}
