//! What is written stays with the chat it was written in, and goes to the branch that was read.

use std::time::Duration;

use anyhow::Result;
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, wait_for},
    chat_page::{ChatPage, HOLD, TEXT_BOX},
    deadline::eventually,
    running_server::{RunningServer, conversation, conversations},
    words::words,
};
use serde_json::json;
use thirtyfour::prelude::*;

/// Holds the first answer of `/conversation` back until `letGo` is called.
const HOLD_ANSWER: &str = "const fetch = window.fetch.bind(window);
    const held = new Promise(go => window.letGo = go);
    let isFirst = true;
    window.fetch = async (request, ...rest) => {
        const isHeld = isFirst && /\\/conversation$/.test(request.url ?? String(request));
        if (isHeld) isFirst = false;
        const answer = await fetch(request, ...rest);
        if (isHeld) {
            window.isHeld = true;
            await held;
        }
        return answer;
    };";

/// A clipboard that notes what it is given, or refuses.
const CLIPBOARD: &str = "const works = arguments[0];
    window.begun = 0;
    const write = text => {
        window.begun += 1;
        return works ? text.then(it => { window.copied = it }) : Promise.reject(new Error('no'));
    };
    const text = items => items[0].getType('text/plain').then(blob => blob.text());
    const { clipboard } = navigator;
    clipboard.write = items => write(works ? text(items) : undefined);
    clipboard.writeText = text => write(Promise.resolve(text));";

const TOAST: &str = ".toasts .toast";
const TICK: &str = ".copy-button[data-copied]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_answers_the_version_that_is_shown_whatever_another_tab_shows() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    // This tab has not heard of it yet.
    browser.devtools("Network.enable", json!({})).await?;
    let blocked = json!({ "urls": ["*/changes*"] });
    browser.devtools("Network.setBlockedURLs", blocked).await?;
    page.enter(&ada).await?;
    page.send("Hello").await?;
    let first = page.wait_for_end(1).await?;
    page.press("Regenerate").await?;
    let regenerated = eventually("another version is shown", PATIENCE, async || {
        let last = page.last_answer().await?;
        Ok(last.filter(|it| it.id != first.id && !it.running))
    });
    let second = regenerated.await?;
    // As another tab does.
    let client = page.client().await?;
    let message = [("message", first.id.clone())];
    client.call::<()>("show_version", &message).await??;
    page.send("And then?").await?;
    page.wait_for_end(2).await?;
    let seen: Vec<_> = page.messages().await?.into_iter().map(|it| it.id).collect();
    assert_eq!(seen[1], second.id);
    let stored = conversation(&client, page.conversation().await?).await?;
    let stored: Vec<_> = stored.messages.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(stored, seen);
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_older_than_what_was_sent_takes_nothing_away() -> Result<()> {
    let (server, phone) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&phone).await?;
    page.send("Hello").await?;
    let first = page.wait_for_end(1).await?;
    page.press("Regenerate").await?;
    eventually("another version is shown", PATIENCE, async || {
        let last = page.last_answer().await?;
        Ok(last.filter(|it| it.id != first.id && !it.running))
    })
    .await?;
    browser.script(HOLD_ANSWER, Vec::new()).await?;
    let message = [("message", first.id.clone())];
    phone.call::<()>("show_version", &message).await??;
    wait_for(
        &browser,
        "the other version is on its way",
        "return window.isHeld === true",
        true,
    )
    .await?;
    page.send("And then?").await?;
    page.wait_for_end(2).await?;
    let seen = page.messages().await?;
    browser.script("window.letGo()", Vec::new()).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(page.messages().await?, seen);
    assert_eq!(page.questions().await?, ["Hello", "And then?"]);
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drafts_stay_with_their_chats_while_a_message_is_on_its_way() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    page.send("The first chat").await?;
    page.wait_for_end(1).await?;
    let first = page.conversation().await?;
    browser.script(HOLD, vec![json!("/send_message")]).await?;
    page.send("On its way").await?;
    browser.element("#new-chat").await?.click().await?;
    wait_for(
        &browser,
        "a new chat is shown",
        "return document.querySelector('article.message') === null",
        true,
    )
    .await?;
    let thought = "a thought of another chat";
    browser.element(TEXT_BOX).await?.send_keys(thought).await?;
    browser.script("window.letGo()", Vec::new()).await?;
    wait_for(
        &browser,
        "the message is accepted",
        "return !document.querySelector('.send-button').disabled",
        true,
    )
    .await?;
    assert_eq!(page.draft().await?, thought);
    assert_eq!(browser.path().await?, "/");
    page.open(&format!("/c/{first}")).await?;
    page.wait_for_end(2).await?;
    assert_eq!(page.draft().await?, "");
    page.open("/").await?;
    assert_eq!(page.draft().await?, thought);
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_before_the_settings_of_a_new_chat_is_sent_with_them() -> Result<()> {
    let model = ScriptedModel::new(vec!["123456789".into()]);
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let text_box = browser.element(TEXT_BOX).await?;
    text_box.send_keys("Count, please.").await?;
    page.open_chat_settings().await?;
    let field = browser.element("dialog[open] #own-max-tokens").await?;
    field.send_keys("3").await?;
    let save = "dialog form:has(#own-max-tokens) button[type=submit]";
    browser.element(save).await?.click().await?;
    page.conversation().await?;
    let closed = "return document.querySelector('dialog[open]') === null";
    wait_for(&browser, "the dialog is closed", closed, true).await?;
    assert_eq!(page.draft().await?, "Count, please.");
    text_box.send_keys(Key::Enter + "").await?;
    let answer = page.wait_for_end(1).await?;
    assert_eq!(answer.text.trim(), "123");
    let chats = conversations(&ada).await?;
    assert_eq!(chats.len(), 1, "{chats:?}");
    page.open("/").await?;
    assert_eq!(page.draft().await?, "");
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copied_is_said_when_it_is_so_and_the_copy_begins_with_the_press() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    page.send("Hello").await?;
    page.wait_for_end(1).await?;
    let source = page.messages().await?[1].text.clone();
    for works in [false, true] {
        browser.script(CLIPBOARD, vec![json!(works)]).await?;
        browser.script(HOLD, vec![json!("/message_text")]).await?;
        page.press("Copy").await?;
        // Safari lets a page copy only while the press is being handled.
        let begun = browser.script("return window.begun", Vec::new()).await?;
        assert_eq!(begun, 1, "the text is still on its way");
        assert!(!browser.has(TICK).await?);
        browser.script("window.letGo()", Vec::new()).await?;
        if works {
            // The eye is there already.
            browser.element(TICK).await?;
            continue;
        }
        let told = words(Language::English, "chat.not_copied")?;
        eventually("the toast says what became of it", PATIENCE, async || {
            let shown = browser.driver().find_all(By::Css(TOAST)).await?;
            for toast in shown {
                if toast.text().await? == told {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await?;
    }
    let copied = browser.script("return window.copied", Vec::new()).await?;
    assert_eq!(copied, source);
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_press_while_the_first_is_on_its_way_does_nothing() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    page.send("Hello").await?;
    let first = page.wait_for_end(1).await?;
    browser.script(HOLD, vec![json!("/regenerate")]).await?;
    let press = "document.querySelector('button[aria-label=Regenerate]').click()";
    browser.script(press, Vec::new()).await?;
    let is_disabled = "return document.querySelector('button[aria-label=Regenerate]').disabled";
    wait_for(&browser, "the button waits", is_disabled, true).await?;
    browser.script(press, Vec::new()).await?;
    browser.script("window.letGo()", Vec::new()).await?;
    eventually("another version is shown", PATIENCE, async || {
        let last = page.last_answer().await?;
        Ok(last.filter(|it| it.id != first.id && !it.running))
    })
    .await?;
    let versions = browser.element(".version-switch").await?.text().await?;
    assert!(versions.contains("2 / 2"), "{versions}");
    browser.quit().await
}
