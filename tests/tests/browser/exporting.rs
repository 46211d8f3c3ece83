//! The export menu, the pages behind it, and paper.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::Export;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, Screen},
    chat_page::ChatPage,
    deadline::eventually,
    running_server::{PASSWORD, RunningServer, send_and_wait},
    web_client::WebClient,
};
use serde_json::json;

use super::accessibility::check;

const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER: &str = "天空是蓝色的。\n\n```rust\nfn main() { println!(\"a line that is much longer than \
    any sheet of paper is wide, so that it has to be broken somewhere before its end\"); }\n```\n";

async fn exports(client: &WebClient) -> Result<Vec<Export>> {
    Ok(client.call("exports", &[]).await??)
}

async fn press_entry(browser: &Browser, format: &str) -> Result<()> {
    browser
        .element(".export-menu > summary")
        .await?
        .click()
        .await?;
    let entry = format!(".export-menu form:has([value='{format}']) button");
    browser.element(&entry).await?.click().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_menu_makes_a_file_and_the_chat_stays_where_it_is() -> Result<()> {
    let browser = Browser::open().await?;
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.to_owned()])).await?;
    let page = ChatPage::new(&browser, server.base_url());
    let turn = send_and_wait(&ada, None, "为什么天空是蓝色的？").await?;
    page.sign_in("Ada", PASSWORD).await?;
    let path = format!("/c/{}", turn.conversation.id);
    page.open(&path).await?;
    browser
        .element(".export-menu > summary")
        .await?
        .click()
        .await?;
    check(&browser, "export-menu").await?;
    browser
        .element(".export-menu > summary")
        .await?
        .click()
        .await?;
    press_entry(&browser, "markdown").await?;
    let made = eventually("the export is listed", PATIENCE, async || {
        Ok(exports(&ada).await?.pop())
    })
    .await?;
    assert_eq!(made.file_name, "为什么天空是蓝色的？.md");
    assert_eq!(browser.path().await?, path);
    page.last_answer().await?;

    page.open("/settings/exports").await?;
    check(&browser, "exports").await?;
    browser
        .element(".exports-table .danger")
        .await?
        .click()
        .await?;
    browser.element(".exports-empty").await?;
    check(&browser, "exports-empty").await?;
    page.open("/settings/import").await?;
    check(&browser, "import").await?;
    ensure!(browser.console_errors().await?.is_empty());
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_paper_the_whole_conversation_stands_and_nothing_else() -> Result<()> {
    let browser = Browser::open().await?;
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.to_owned()])).await?;
    let page = ChatPage::new(&browser, server.base_url());
    let turn = send_and_wait(&ada, None, "为什么天空是蓝色的？").await?;
    page.sign_in("Ada", PASSWORD).await?;
    page.open(&format!("/c/{}", turn.conversation.id)).await?;
    browser.show_screen(Screen::Desktop).await?;
    let print = json!({"media": "print"});
    browser
        .devtools("Emulation.setEmulatedMedia", print)
        .await?;
    browser.screenshot("print").await?;
    let script = "const seen = it => it && it.checkVisibility(); \
        const hidden = ['.sidebar', '.composer-area', '.message-actions', '.export-menu', '.burger', \
            '.code-copy'].filter(it => seen(document.querySelector(it))); \
        const clipped = [...document.querySelectorAll('.chat-page, .transcript, pre')] \
            .filter(it => it.scrollWidth > it.clientWidth || it.scrollHeight > it.clientHeight + 1) \
            .map(it => it.className || it.tagName); \
        return {hidden, clipped, color: getComputedStyle(document.body).color, \
            select: getComputedStyle(document.querySelector('.answer')).userSelect};";
    let found = browser.script(script, Vec::new()).await?;
    assert_eq!(found["hidden"], json!([]));
    assert_eq!(found["clipped"], json!([]));
    assert_eq!(found["color"], "rgb(0, 0, 0)");
    assert_ne!(found["select"], "none");
    browser.quit().await
}
