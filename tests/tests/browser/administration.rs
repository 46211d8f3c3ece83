//! What an administrator sees and does, in a real browser.

use anyhow::{Result, ensure};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE},
    chat_page::ChatPage,
    deadline::eventually,
    running_server::{PASSWORD, RunningServer, send_and_wait},
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::accessibility::check;

/// Fills a field as a person would who replaces what stands there.
async fn fill(browser: &Browser, id: &str, text: &str) -> Result<()> {
    let field = browser.element(&format!("#{id}")).await?;
    let clear = "document.getElementById(arguments[0]).value = ''";
    browser.script(clear, vec![json!(id)]).await?;
    field.send_keys(text).await?;
    Ok(())
}

/// Presses the button of the form that holds this field.
async fn save(browser: &Browser, id: &str) -> Result<()> {
    let button = format!("form:has(#{id}) button[type=submit]");
    browser.element(&button).await?.click().await?;
    Ok(())
}

/// Waits for the first element of a selector to say something.
async fn wait_for(browser: &Browser, selector: &str, words: &str) -> Result<()> {
    let what = format!("{selector} says {words:?}");
    eventually(&what, PATIENCE, async || {
        let found = browser.driver().find_all(By::Css(selector)).await?;
        for element in found {
            if element.text().await?.contains(words) {
                return Ok(Some(()));
            }
        }
        Ok(None)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_is_saved_alone_and_a_banner_can_be_put_away() -> Result<()> {
    let browser = Browser::open().await?;
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.open("/admin").await?;
    check(&browser, "admin-settings").await?;
    fill(&browser, "max_tokens", "256").await?;
    save(&browser, "max_tokens").await?;
    wait_for(&browser, "form:has(#max_tokens) .saved-mark", "Saved").await?;
    fill(&browser, "banner_en", "Back at noon.").await?;
    save(&browser, "banner_en").await?;
    wait_for(&browser, "form:has(#banner_en) .saved-mark", "Saved").await?;
    page.reload().await?;
    let kept = browser.element("#max_tokens").await?;
    ensure!(kept.prop("value").await?.as_deref() == Some("256"));
    page.open("/").await?;
    wait_for(&browser, ".banner", "Back at noon.").await?;
    check(&browser, "banner").await?;
    browser.element(".banner button").await?.click().await?;
    eventually("the banner goes", PATIENCE, async || {
        Ok((!browser.has(".banner").await?).then_some(()))
    })
    .await?;
    // The answer of the server is on its way; the next page has to know.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    page.reload().await?;
    ensure!(!browser.has(".banner").await?, "it stays away");
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invited_person_chooses_a_password_and_is_in() -> Result<()> {
    let browser = Browser::open().await?;
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.open("/admin/people").await?;
    fill(&browser, "name", "Dora").await?;
    save(&browser, "name").await?;
    let link = browser.element(".new-link code").await?;
    page.wait_until_interactive().await?;
    let address = eventually("the link is complete", PATIENCE, async || {
        let text = link.text().await?;
        Ok(text.starts_with("http").then_some(text))
    })
    .await?;
    check(&browser, "admin-people").await?;
    browser.driver().delete_all_cookies().await?;
    browser.goto(&address).await?;
    page.wait_until_interactive().await?;
    check(&browser, "join").await?;
    fill(&browser, "password", PASSWORD).await?;
    save(&browser, "password").await?;
    wait_for(&browser, ".account-name", "Dora").await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_usage_and_the_log_are_shown() -> Result<()> {
    let browser = Browser::open().await?;
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    send_and_wait(&ada, None, "Hi").await?;
    let setting = [
        ("name", "temperature".to_owned()),
        ("value", "0.5".to_owned()),
        ("version", "0".to_owned()),
    ];
    ada.call::<hearth_app::model::Setting>("save_setting", &setting)
        .await??;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.open("/admin/models").await?;
    wait_for(&browser, ".model-state", "answering").await?;
    check(&browser, "admin-models").await?;
    page.open("/admin/usage").await?;
    ensure!(browser.has(".usage-chart rect").await?, "there are bars");
    wait_for(&browser, ".table tbody", "Ada").await?;
    check(&browser, "admin-usage").await?;
    page.open("/admin/log").await?;
    wait_for(&browser, ".log", "0.5").await?;
    check(&browser, "admin-log").await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_has_settings_of_its_own_and_an_answer_tells_how_it_was_made() -> Result<()>
{
    let browser = Browser::open().await?;
    let model = ScriptedModel::new(vec!["123456789".into()]);
    let (server, _ada) = RunningServer::start(model).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.press("Settings of this conversation").await?;
    browser.element("dialog[open] #own-max-tokens").await?;
    check(&browser, "conversation-settings").await?;
    fill(&browser, "own-max-tokens", "none").await?;
    save(&browser, "own-max-tokens").await?;
    wait_for(&browser, "dialog .error-text", "none").await?;
    fill(&browser, "own-max-tokens", "3").await?;
    save(&browser, "own-max-tokens").await?;
    page.conversation().await?;
    page.send("Count, please.").await?;
    let answer = page.wait_for_end(1).await?;
    ensure!(answer.text.trim() == "123", "{answer:?}");
    browser
        .element(".message-info summary")
        .await?
        .click()
        .await?;
    wait_for(&browser, ".message-info .facts", "max tokens 3").await?;
    check(&browser, "message-info").await?;
    browser.quit_after_refusals().await
}
