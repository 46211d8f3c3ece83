//! On a plain-HTTP address of a LAN, with every way out of the machine cut.
#![expect(clippy::print_stderr, reason = "a test that is skipped says its name")]

use anyhow::{Result, ensure};
use hearth_tests::{
    browser::{self, Browser},
    chat_page::ChatPage,
    isolated_network::{self, LAN_ADDRESS, Place},
    program::Program,
    running_server::PASSWORD,
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_without_https_and_without_the_internet() -> Result<()> {
    let name = "browser::lan::everything_works_without_https_and_without_the_internet";
    let stage = browser::wait_for_stage().await?;
    match isolated_network::enter(name).await? {
        Place::Inside => {}
        Place::Done => return Ok(()),
        Place::Forbidden => {
            eprintln!("skipped: {name}: this kernel allows no network namespaces");
            return Ok(());
        }
    }
    drop(stage);
    let browser = Browser::open().await?;
    let program = Program::start_at(LAN_ADDRESS).await?;
    let page = ChatPage::new(&browser, program.base_url());
    page.set_up(&program.set_up_link().await?, "Ada", PASSWORD)
        .await?;
    let is_secure = browser.script("return isSecureContext", Vec::new()).await?;
    ensure!(
        is_secure == Value::Bool(false),
        "this is no LAN: {is_secure}"
    );

    page.send("My name is Ada. Say hello.").await?;
    let answer = page.wait_for_answer(1).await?;
    ensure!(!answer.text.trim().is_empty(), "{answer:?}");
    // The clipboard API does not exist here.
    page.press("Copy").await?;
    browser.element(".copy-button[data-copied]").await?;
    page.reload().await?;
    ensure!(page.messages().await?.len() == 2);
    page.sign_out().await?;
    browser.element("input[name=password]").await?;
    page.sign_in("Ada", PASSWORD).await?;
    browser
        .element(".conversation-list a")
        .await?
        .click()
        .await?;
    page.wait_for_end(1).await?;
    browser.quit().await
}
