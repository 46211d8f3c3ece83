//! Everything that opens above the chat page: with a mouse and with keys, and how it closes.
//!
//! What the system itself draws, such as the list of efforts, is not here.

use anyhow::{Context as _, Result, ensure};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for_end_of},
    chat_page::{ChatPage, TEXT_BOX},
    keyboard::{Keyboard, SHIFT, wait_for_focus},
    running_server::{RunningServer, send_and_wait},
};
use serde_json::json;

/// Something that opens.
struct Popup {
    /// What is pressed, one after the other; the first has the focus again afterwards.
    ways: &'static [&'static str],
    /// What is there while it is open.
    open: &'static str,
    /// Where it is opened by another key than Enter: at what, and which.
    key: Option<(&'static str, &'static str, u32)>,
}

impl Popup {
    const fn new(ways: &'static [&'static str], open: &'static str) -> Self {
        Self {
            ways,
            open,
            key: None,
        }
    }
}

const DELETION: &str = "article[data-role=assistant] .message-delete-panel:popover-open";
const DELETE: &str = "article[data-role=assistant] .message-delete > button";

const POPUPS: [Popup; 8] = [
    Popup::new(&[".model-chip"], "#model-menu:popover-open"),
    // The exports of a chat are entries of its menu.
    Popup::new(&[".chat-more"], "#more-menu:popover-open"),
    Popup::new(&[".account-button"], "#account-menu:popover-open"),
    Popup {
        key: Some((".conversation-link", "F10", SHIFT)),
        ..Popup::new(&[".row-more"], "#row-menu:popover-open")
    },
    Popup::new(&[".message-info > button"], ".about-answer:popover-open"),
    Popup::new(&[DELETE], DELETION),
    Popup::new(
        &[".chat-more", "#more-menu > button"],
        "dialog[open]:not(#shortcuts)",
    ),
    Popup::new(
        &[".account-button", "#account-menu > button"],
        "#shortcuts[open]",
    ),
];

/// How it is closed.
const ENDS: [&str; 2] = ["Escape", "press elsewhere"];

/// Presses a place beside the column, where there is nothing, and below the menu of a row.
async fn press_elsewhere(browser: &Browser) -> Result<()> {
    press(browser, 360, 640).await
}

/// Presses a place of the window, as a mouse does.
pub(super) async fn press(browser: &Browser, x: u32, y: u32) -> Result<()> {
    for kind in ["mousePressed", "mouseReleased"] {
        let parameters = json!({
            "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1,
        });
        let method = "Input.dispatchMouseEvent";
        browser.devtools(method, parameters).await?;
    }
    Ok(())
}

async fn open_by_mouse(browser: &Browser, popup: &Popup) -> Result<()> {
    for way in popup.ways {
        browser.settle().await?;
        browser.element(way).await?.click().await?;
    }
    browser.element(popup.open).await?;
    Ok(())
}

async fn open_by_keys(browser: &Browser, popup: &Popup) -> Result<()> {
    let keys = Keyboard::new(browser);
    if let Some((place, key, modifiers)) = popup.key {
        browser.element(place).await?.focus().await?;
        keys.press(key, modifiers).await?;
    } else {
        for way in popup.ways {
            browser.settle().await?;
            browser.element(way).await?.focus().await?;
            keys.press("Enter", 0).await?;
        }
    }
    browser.element(popup.open).await?;
    Ok(())
}

/// Closes it and waits until what opened it has the focus.
async fn close(browser: &Browser, popup: &Popup, end: &str, by_key: bool) -> Result<()> {
    browser.settle().await?;
    if end == "Escape" {
        Keyboard::new(browser).press(end, 0).await?;
    } else {
        press_elsewhere(browser).await?;
    }
    wait_for_end_of(browser, popup.open).await?;
    let opener = popup.ways.first().context("something opens it")?;
    // Keys are pressed at the link of a row, a mouse presses the button beside it.
    let opener = match popup.key {
        Some((place, ..)) if by_key => format!("{place}, {opener}"),
        _ => (*opener).to_owned(),
    };
    wait_for_focus(browser, &opener).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_opens_closes_with_escape_and_a_press_elsewhere_and_gives_the_focus_back() -> Result<()>
{
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let turn = send_and_wait(&ada, None, "One").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, &format!("/c/{}", turn.conversation.id))
        .await?;
    page.wait_for_end(1).await?;
    for popup in &POPUPS {
        for end in ENDS {
            open_by_mouse(&browser, popup).await?;
            let closed = close(&browser, popup, end, false).await;
            closed.with_context(|| format!("{} by mouse, {end}", popup.open))?;
            open_by_keys(&browser, popup).await?;
            let closed = close(&browser, popup, end, true).await;
            closed.with_context(|| format!("{} by keys, {end}", popup.open))?;
        }
    }
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_before_a_message_goes_gives_way_to_another_menu_and_to_letters() -> Result<()>
{
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let turn = send_and_wait(&ada, None, "One").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, &format!("/c/{}", turn.conversation.id))
        .await?;
    page.wait_for_end(1).await?;
    let press = async |selector: &str| -> Result<()> {
        browser.settle().await?;
        browser.element(selector).await?.click().await?;
        Ok(())
    };
    press(DELETE).await?;
    browser.element(DELETION).await?;
    press(".model-chip").await?;
    browser.element("#model-menu:popover-open").await?;
    wait_for_end_of(&browser, DELETION).await?;
    // By key: the menu may lie over the button.
    browser.element(DELETE).await?.focus().await?;
    Keyboard::new(&browser).press("Enter", 0).await?;
    browser.element(DELETION).await?;
    wait_for_end_of(&browser, "#model-menu:popover-open").await?;
    press_elsewhere(&browser).await?;
    wait_for_end_of(&browser, DELETION).await?;
    Keyboard::new(&browser).write("x").await?;
    ensure!(page.draft().await? == "x");
    press(DELETE).await?;
    browser.element(DELETION).await?;
    press("#new-chat").await?;
    wait_for_focus(&browser, TEXT_BOX).await?;
    browser.quit().await
}
