//! The box a message is written in: input methods, line breaks, drafts.

use std::time::Duration;

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::Browser,
    chat_page::{ChatPage, TEXT_BOX},
    running_server::{PASSWORD, RunningServer},
};
use thirtyfour::prelude::*;

async fn text_in_box(browser: &Browser) -> Result<String> {
    let text_box = browser.element(TEXT_BOX).await?;
    Ok(text_box.prop("value").await?.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_enter_of_an_input_method_chooses_a_word_and_sends_nothing() -> Result<()> {
    let browser = Browser::open().await?;
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    browser.element(TEXT_BOX).await?.click().await?;
    page.compose("你好").await?;
    page.press_enter().await?;
    page.compose("你好").await?;
    page.press_composing_enter().await?;
    assert_eq!(page.messages().await?, []);
    assert!(text_in_box(&browser).await?.contains("你好"));
    assert_eq!(browser.path().await?, "/");
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shift_enter_breaks_the_line_and_enter_sends_once() -> Result<()> {
    let browser = Browser::open().await?;
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    let text_box = browser.element(TEXT_BOX).await?;
    text_box.send_keys("first").await?;
    text_box.send_keys(Key::Shift + Key::Enter).await?;
    text_box.send_keys("second").await?;
    assert_eq!(text_in_box(&browser).await?, "first\nsecond");
    text_box.send_keys(Key::Enter + "").await?;
    page.wait_for_end(1).await?;
    let messages = page.messages().await?;
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[0].text, "first\nsecond");
    assert_eq!(text_in_box(&browser).await?, "");
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_survives_a_reload_and_stays_with_its_conversation() -> Result<()> {
    let browser = Browser::open().await?;
    let model = ScriptedModel::new(Vec::new()).with_token_delay(Duration::from_millis(1));
    let (server, _ada) = RunningServer::start(model).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.send("Hello").await?;
    page.wait_for_end(1).await?;
    browser
        .element(TEXT_BOX)
        .await?
        .send_keys("half a thought")
        .await?;
    page.reload().await?;
    assert_eq!(text_in_box(&browser).await?, "half a thought");
    page.open("/").await?;
    assert_eq!(text_in_box(&browser).await?, "");
    browser.quit().await
}
