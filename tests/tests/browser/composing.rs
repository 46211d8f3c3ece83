//! The box a message is written in: input methods, line breaks, drafts.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, wait_for, wait_for_words},
    chat_page::{ChatPage, QUEUED, RUNNING, TEXT_BOX},
    deadline::eventually,
    keyboard::SHIFT,
    running_server::{RunningServer, send},
    words::words,
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::shortcuts::IS_LIST_OPEN;

in_both_languages! {
    what_was_refused_is_not_told_beside_what_waits,
}

/// Keys that belong to what is being composed: browsers mark them in one of two ways.
const COMPOSING_KEY: &str = r"
    const [selector, key] = arguments;
    for (const mark of [{ isComposing: true }, { keyCode: 229 }]) {
        const options = { key, bubbles: true, cancelable: true, ...mark };
        const event = new KeyboardEvent('keydown', options);
        document.querySelector(selector).dispatchEvent(event);
    }
";

async fn press_while_composing(browser: &Browser, place: &str, key: &str) -> Result<()> {
    let arguments = vec![place.into(), key.into()];
    browser.script(COMPOSING_KEY, arguments).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_of_an_input_method_choose_words_and_do_nothing_else() -> Result<()> {
    let answer = "A slow answer, word by word. ".repeat(40);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(20));
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    browser.element("#new-chat").await?.focus().await?;
    press_while_composing(&browser, "#new-chat", "?").await?;
    assert_eq!(browser.script(IS_LIST_OPEN, Vec::new()).await?, false);
    page.press_key("?", SHIFT).await?;
    wait_for(&browser, "the key opens the list", IS_LIST_OPEN, true).await?;
    page.press_key("Escape", 0).await?;
    wait_for(&browser, "the list closes", IS_LIST_OPEN, false).await?;

    page.send("Hello").await?;
    let begun = page.wait_for_text(20).await?.text.chars().count();
    press_while_composing(&browser, TEXT_BOX, "Escape").await?;
    let shown = page.wait_for_text(begun + 60).await?;
    assert!(shown.running, "{shown:?}");
    page.press_key("Escape", 0).await?;
    let stopped = words(Language::English, "chat.stopped")?;
    page.wait_for_note(&stopped).await?;

    browser.element(TEXT_BOX).await?.click().await?;
    page.compose("你好").await?;
    page.press_enter().await?;
    page.compose("你好").await?;
    page.press_composing_enter().await?;
    press_while_composing(&browser, TEXT_BOX, "Enter").await?;
    assert!(page.draft().await?.contains("你好"));
    // What had been sent would stand there by now.
    page.reload().await?;
    page.wait_for_end(1).await?;
    assert_eq!(page.questions().await?, ["Hello"]);
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shift_enter_breaks_the_line_and_enter_sends_once() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let text_box = browser.element(TEXT_BOX).await?;
    text_box.send_keys("first").await?;
    text_box.send_keys(Key::Shift + Key::Enter).await?;
    text_box.send_keys("second").await?;
    assert_eq!(page.draft().await?, "first\nsecond");
    text_box.send_keys(Key::Enter + "").await?;
    page.wait_for_end(1).await?;
    let messages = page.messages().await?;
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[0].text, "first\nsecond");
    assert_eq!(page.draft().await?, "");
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_survives_a_reload_and_stays_with_its_conversation() -> Result<()> {
    let model = ScriptedModel::new(Vec::new()).with_token_delay(Duration::from_millis(1));
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    page.send("Hello").await?;
    page.wait_for_end(1).await?;
    browser
        .element(TEXT_BOX)
        .await?
        .send_keys("half a thought")
        .await?;
    page.reload().await?;
    assert_eq!(page.draft().await?, "half a thought");
    page.open("/").await?;
    assert_eq!(page.draft().await?, "");
    browser.quit().await
}

/// Writes as soon as the box is there, long before the program of the page is.
const WRITE_EARLY: &str = "new MutationObserver((_, observer) => {
        const box = document.getElementById('composer-text');
        if (!box) return;
        window.isEarly = document.documentElement.dataset.interactive === undefined;
        box.value = 'typed early';
        observer.disconnect();
    }).observe(document, { childList: true, subtree: true });";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_before_the_page_is_taken_over_stays_and_can_be_sent() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    let source = json!({ "source": WRITE_EARLY });
    let method = "Page.addScriptToEvaluateOnNewDocument";
    browser.devtools(method, source).await?;
    page.enter(&ada).await?;
    let is_early = browser.script("return window.isEarly", Vec::new()).await?;
    assert_eq!(is_early, true);
    assert_eq!(page.draft().await?, "typed early");
    let text_box = browser.element(TEXT_BOX).await?;
    text_box.send_keys(Key::Enter + "").await?;
    page.wait_for_end(1).await?;
    assert_eq!(page.questions().await?, ["typed early"]);
    assert_eq!(page.draft().await?, "");
    browser.quit().await
}

/// A browser leaves the page when a picture is dropped on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_refused_in_a_sentence_and_text_is_kept() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let text_box = browser.element(TEXT_BOX).await?;
    text_box.send_keys("a draft").await?;
    let expected = words(Language::English, "files.is_picture")?;
    // Whether the browser may go on with what it would do by itself.
    let bring = "const [kind, type] = arguments;
        const brought = new DataTransfer();
        const png = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82]);
        brought.items.add(new File([png], 'a.png', { type: 'image/png' }));
        if (type) brought.items.add('text', type);
        const options = { bubbles: true, cancelable: true };
        const event = kind === 'paste'
            ? new ClipboardEvent(kind, { clipboardData: brought, ...options })
            : new DragEvent(kind, { dataTransfer: brought, ...options });
        return document.getElementById('composer-text').dispatchEvent(event);";
    let refused = "#composer-files > .failed";
    for kind in ["paste", "drop"] {
        let goes_on = browser.script(bring, vec![kind.into(), "".into()]).await?;
        assert_eq!(goes_on, false, "{kind}");
        wait_for_words(&browser, refused, &expected).await?;
        let button = format!("{refused} [data-remove-file]");
        browser.element(&button).await?.click().await?;
        eventually("it is put away", PATIENCE, async || {
            Ok((!browser.has(refused).await?).then_some(()))
        })
        .await?;
        browser.element(TEXT_BOX).await?.send_keys("!").await?;
    }
    // A copied table has a picture beside its text.
    let goes_on = browser
        .script(bring, vec!["paste".into(), "text/plain".into()])
        .await?;
    assert_eq!(goes_on, true);
    assert_eq!(page.draft().await?, "a draft!!");
    browser.quit_after_refusals().await
}

/// A phone asks meanwhile, so that trying again is to wait.
async fn what_was_refused_is_not_told_beside_what_waits(language: Language) -> Result<()> {
    let answer = "A slow answer, word by word. ".repeat(20);
    let model = ScriptedModel::new(vec!["Hi".into(), answer]);
    let model = model.with_token_delay(Duration::from_millis(20));
    let (_server, phone) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &phone, language).await?;
    page.send("One").await?;
    page.wait_for_end(1).await?;
    let id = page.conversation().await?;
    page.set_online(false).await?;
    page.send("Two").await?;
    let again = ".message-note.failed .button";
    browser.element(again).await?;
    page.set_online(true).await?;
    send(&phone, Some(id), "From the phone").await??;
    browser.element(RUNNING).await?;
    browser.element(again).await?.click().await?;
    let row = browser.element(&format!("{QUEUED} p")).await?;
    ensure!(row.text().await? == "Two");
    ensure!(!browser.has(again).await?, "it is not lost any more");
    page.stop().await?;
    page.wait_for_end(2).await?;
    browser.quit().await
}
