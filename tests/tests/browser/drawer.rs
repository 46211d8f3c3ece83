//! The drawer of a phone and the history: Back closes it, and it leaves nothing behind.

use anyhow::{Result, ensure};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, Screen, wait_for},
    chat_page::{ChatPage, HOLD, TEXT_BOX},
    keyboard::{CTRL, wait_for_focus},
    running_server::{RunningServer, send_and_wait},
};
use serde_json::json;

use super::chats::NUM_ROWS;

const IS_OPEN: &str = "const drawer = document.getElementById('sidebar');
    return getComputedStyle(drawer).visibility === 'visible'";
const PLACE: &str = "return location.pathname + location.hash";

async fn open_drawer(browser: &Browser) -> Result<()> {
    browser.settle().await?;
    browser.element("#open-sidebar").await?.click().await?;
    wait_for(browser, "the drawer opens", IS_OPEN, true).await?;
    browser.settle().await
}

async fn wait_until_closed(browser: &Browser, place: &str) -> Result<()> {
    browser.settle().await?;
    wait_for(browser, "the drawer closes", IS_OPEN, false).await?;
    wait_for(browser, "the address has no drawer", PLACE, place).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_closes_the_drawer_and_stays_in_the_chat() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let chat = send_and_wait(&ada, None, "One").await?.conversation.id;
    let path = format!("/c/{chat}");
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    browser.show_screen(Screen::Phone).await?;
    page.enter(&ada).await?;
    page.open(&path).await?;
    page.wait_for_end(1).await?;
    open_drawer(&browser).await?;
    browser.driver().back().await?;
    wait_until_closed(&browser, &path).await?;
    wait_for_focus(&browser, "#open-sidebar").await?;
    ensure!(page.questions().await? == ["One"]);

    // Forward brings it again, as it brings a page.
    browser.driver().forward().await?;
    wait_for(&browser, "the drawer opens again", IS_OPEN, true).await?;
    browser.settle().await?;
    wait_for_focus(&browser, "#new-chat").await?;
    browser.driver().back().await?;
    wait_until_closed(&browser, &path).await?;
    // A page that is loaded with its address has it open.
    open_drawer(&browser).await?;
    page.reload().await?;
    wait_for(&browser, "it is still open", IS_OPEN, true).await?;
    browser.element(".sidebar-close").await?.click().await?;
    wait_until_closed(&browser, &path).await?;
    ensure!(page.questions().await? == ["One"]);

    // Turned to its side, a phone may have room for both.
    open_drawer(&browser).await?;
    browser.show_screen(Screen::Desktop).await?;
    let is_inert = "return document.querySelector('main').inert";
    wait_for(&browser, "the page is alive", is_inert, false).await?;
    wait_for(&browser, "it is no drawer", PLACE, path.as_str()).await?;
    browser.show_screen(Screen::Phone).await?;
    wait_until_closed(&browser, &path).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drawer_that_was_closed_or_chosen_from_leaves_no_entry() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let first = send_and_wait(&ada, None, "One").await?.conversation.id;
    let second = send_and_wait(&ada, None, "Two").await?.conversation.id;
    let (first, second) = (format!("/c/{first}"), format!("/c/{second}"));
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    browser.show_screen(Screen::Phone).await?;
    page.enter(&ada).await?;
    page.open(&first).await?;
    page.wait_for_end(1).await?;
    let row = |path: &str| format!("#sidebar a[href='{path}']");
    let choose = async |path: &str| -> Result<()> {
        open_drawer(&browser).await?;
        browser.element(&row(path)).await?.click().await?;
        wait_until_closed(&browser, path).await
    };
    // Every way out of it, one after the other.
    for way in ["close", "escape", "scrim", "chord", "the shown chat"] {
        match way {
            "the shown chat" => choose(&first).await?,
            _ => open_drawer(&browser).await?,
        }
        match way {
            "close" => browser.element(".sidebar-close").await?.click().await?,
            "escape" => page.press_key("Escape", 0).await?,
            "chord" => page.press_key("b", CTRL).await?,
            "scrim" => {
                let press = "document.querySelector('.scrim').click()";
                browser.script(press, Vec::new()).await?;
            }
            _ => {}
        }
        wait_until_closed(&browser, &first).await?;
    }
    choose(&second).await?;
    page.wait_for_questions(&["Two"]).await?;
    browser.driver().back().await?;
    wait_until_closed(&browser, &first).await?;
    page.wait_for_questions(&["One"]).await?;
    // Before the first chat was the empty page, and nothing in between.
    browser.driver().back().await?;
    wait_for(&browser, "the empty page", PLACE, json!("/")).await?;
    wait_for(&browser, "no drawer", IS_OPEN, false).await?;

    begin_behind_it(&browser, &page, &first).await?;
    browser.quit().await
}

/// A new chat that begins meanwhile is listed in the drawer, and shown once that is closed.
async fn begin_behind_it(browser: &Browser, page: &ChatPage<'_>, first: &str) -> Result<()> {
    page.open(first).await?;
    page.open("/").await?;
    browser.script(HOLD, vec![json!("/send_message")]).await?;
    browser.element(TEXT_BOX).await?.send_keys("Three").await?;
    browser.element(".send-button").await?.click().await?;
    open_drawer(browser).await?;
    browser.script("window.letGo()", Vec::new()).await?;
    wait_for(browser, "it is listed", NUM_ROWS, json!(3)).await?;
    wait_for(browser, "the drawer stays", IS_OPEN, true).await?;
    browser.element(".sidebar-close").await?.click().await?;
    page.wait_for_questions(&["Three"]).await?;
    page.wait_for_end(1).await?;
    let is_chat = "return location.pathname.startsWith('/c/') && location.hash === ''";
    wait_for(browser, "it has an address", is_chat, true).await?;
    browser.driver().back().await?;
    wait_until_closed(browser, first).await
}
