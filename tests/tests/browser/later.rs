//! Parts of the page that are loaded when they are used: what is said if they cannot be, and that
//! the next press tries again.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for, wait_for_words},
    chat_page::ChatPage,
    keyboard::{Keyboard, SHIFT},
    running_server::RunningServer,
    words::words,
};
use serde_json::json;

use super::shortcuts::IS_LIST_OPEN;

in_both_languages! {
    a_part_that_cannot_be_loaded_is_told_and_tried_again,
}

const IS_INTERACTIVE: &str = "return document.documentElement.hasAttribute('data-interactive')";

/// From now on these addresses are not reached; none means all are.
async fn block(browser: &Browser, addresses: &[&str]) -> Result<()> {
    browser.devtools("Network.enable", json!({})).await?;
    let kept = json!({ "cacheDisabled": true });
    browser.devtools("Network.setCacheDisabled", kept).await?;
    let blocked = json!({ "urls": addresses });
    browser.devtools("Network.setBlockedURLs", blocked).await?;
    Ok(())
}

async fn a_part_that_cannot_be_loaded_is_told_and_tried_again(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    let keys = Keyboard::new(&browser);
    block(&browser, &["*-chat.wasm"]).await?;
    page.reload().await?;
    let ask_for_list = async || -> Result<()> {
        browser.element("#new-chat").await?.focus().await?;
        keys.press("?", SHIFT).await
    };
    ask_for_list().await?;
    let told = words(language, "chat.lost_sending")?;
    wait_for_words(&browser, ".composer-inline [role=alert]", &told).await?;
    ensure!(browser.script(IS_LIST_OPEN, Vec::new()).await? == json!(false));

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.txt");
    fs::write(&path, "notes\n")?;
    let path = path.to_str().context("a plain path")?;
    let input = browser.element(".composer input[type=file]").await?;
    input.send_keys(path).await?;
    let told = words(language, "chat.file_unreached")?.replace("{{ name }}", "notes.txt");
    wait_for_words(&browser, ".composer-inline .error-text", &told).await?;

    block(&browser, &[]).await?;
    ask_for_list().await?;
    wait_for(&browser, "the list", IS_LIST_OPEN, true).await?;
    ensure!(
        !browser.has(".composer-inline [role=alert]").await?,
        "nothing is wrong any more"
    );
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_asks_for_its_part_until_it_is_there() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    block(&browser, &["*-door.wasm"]).await?;
    browser
        .goto(&format!("{}/sign-in", server.base_url()))
        .await?;
    let failed = "return performance.getEntriesByType('resource')
        .some(it => it.name.endsWith('-door.wasm'))";
    wait_for(&browser, "its part was asked for", failed, true).await?;
    ensure!(browser.script(IS_INTERACTIVE, Vec::new()).await? == json!(false));
    block(&browser, &[]).await?;
    wait_for(&browser, "the door is open", IS_INTERACTIVE, true).await?;
    browser.quit().await
}
