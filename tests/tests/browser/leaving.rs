//! The chat page is left while something of it is on its way: nothing is lost, and nothing breaks.

use std::time::Duration;

use anyhow::Result;
use hearth_app::model::ConversationId;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, wait_for},
    chat_page::{ChatPage, HOLD, TEXT_BOX},
    deadline::eventually,
    running_server::RunningServer,
    web_client::WebClient,
};
use serde_json::json;

/// Long pauses are short.
pub(super) const HURRY: &str = "const later = window.setTimeout.bind(window);
    window.setTimeout = (what, pause, ...rest) => later(what, Math.min(pause, 3000), ...rest);";

/// Leads to the settings, as the link of the account does.
async fn leave(browser: &Browser) -> Result<()> {
    let press = "document.getElementById('settings-link').click()";
    browser.script(press, Vec::new()).await?;
    eventually("the settings are shown", PATIENCE, async || {
        let path = browser.path().await?;
        let is_gone = !browser.has(".chat-page").await?;
        Ok((path.starts_with("/settings") && is_gone).then_some(()))
    })
    .await
}

/// The page, and the conversation whose second message is held back until `letGo` is called.
async fn leave_with_a_message_on_its_way<'a>(
    browser: &'a Browser,
    ada: &WebClient,
) -> Result<(ChatPage<'a>, ConversationId)> {
    let page = ChatPage::new(browser, ada.base_url());
    page.enter(ada).await?;
    page.send("Hello").await?;
    page.wait_for_end(1).await?;
    let id = page.conversation().await?;
    browser.script(HOLD, vec![json!("/send_message")]).await?;
    page.send("On its way").await?;
    leave(browser).await?;
    Ok((page, id))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_on_its_way_arrives_and_is_no_draft_any_more() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let (page, id) = leave_with_a_message_on_its_way(&browser, &ada).await?;
    browser.script("window.letGo()", Vec::new()).await?;
    let is_no_draft = "return !Object.values(localStorage).includes('On its way')";
    wait_for(&browser, "the draft is gone", is_no_draft, true).await?;
    page.open(&format!("/c/{id}")).await?;
    page.wait_for_end(2).await?;
    assert_eq!(page.questions().await?, ["Hello", "On its way"]);
    assert_eq!(page.draft().await?, "");
    browser.quit().await
}

/// Drops a text file on the page, which is sent when `letGo` is called.
const DROP_SLOW_FILE: &str = "const send = XMLHttpRequest.prototype.send;
    const held = new Promise(go => window.letGo = go);
    XMLHttpRequest.prototype.send = function (...all) { held.then(() => send.apply(this, all)); };
    const brought = new DataTransfer();
    brought.items.add(new File(['one, two'], 'a.csv', { type: 'text/csv' }));
    const options = { bubbles: true, cancelable: true, dataTransfer: brought };
    document.querySelector('.chat-stage').dispatchEvent(new DragEvent('drop', options));";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_while_a_message_is_on_its_way_does_not_keep_it_in_the_box() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let (page, id) = leave_with_a_message_on_its_way(&browser, &ada).await?;
    browser.driver().back().await?;
    browser.element(TEXT_BOX).await?;
    page.wait_for_end(1).await?;
    assert_eq!(page.conversation().await?, id);
    // What was typed since then is another message.
    browser.element(TEXT_BOX).await?.send_keys(", more").await?;
    browser.script("window.letGo()", Vec::new()).await?;
    page.wait_for_end(2).await?;
    assert_eq!(page.questions().await?, ["Hello", "On its way"]);
    eventually("the box has only what is not sent", PATIENCE, async || {
        Ok((page.draft().await? == ", more").then_some(()))
    })
    .await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_read_when_the_page_is_left_breaks_nothing() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    browser.script(DROP_SLOW_FILE, Vec::new()).await?;
    leave(&browser).await?;
    browser.script("window.letGo()", Vec::new()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    // The console says nothing of a panic.
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_page_wanted_to_know_or_to_say_ends_with_it() -> Result<()> {
    let (server, phone) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&phone).await?;
    page.send("Hello").await?;
    page.wait_for_end(1).await?;
    let id = page.conversation().await?;
    let hold = vec![json!("/conversation_state")];
    browser.script(HOLD, hold).await?;
    let title = [("id", id.to_string()), ("title", "Renamed".to_owned())];
    phone.call::<()>("rename_conversation", &title).await??;
    // The page hears of it, and asks.
    tokio::time::sleep(Duration::from_secs(1)).await;
    browser.script(HURRY, Vec::new()).await?;
    let menu = browser.element(".conversation-row .row-more").await?;
    menu.click().await?;
    browser.element("#row-menu .danger").await?.click().await?;
    browser.element(".toasts .toast").await?;
    leave(&browser).await?;
    browser.script("window.letGo()", Vec::new()).await?;
    // Its timer rings, and its answers come.
    tokio::time::sleep(Duration::from_secs(4)).await;
    browser.quit().await
}
