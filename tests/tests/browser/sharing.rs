//! A chat is shared from its menu, read by somebody else and gone on with, and the copy ends.

use anyhow::{Context as _, Result};
use hearth_app::model::{Language, ShareId};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for},
    chat_page::{ChatPage, TEXT_BOX},
    keyboard::Keyboard,
    running_server::{RunningServer, send_and_wait},
    web_client::WebClient,
    words::words,
};

use super::{
    accessibility::{CODE, check},
    named,
};

in_both_languages! {
    a_copy_is_shared_with_the_mouse_and_ends,
    a_copy_is_shared_with_keys_alone,
    a_reader_reads_a_copy_and_goes_on_in_a_chat_of_their_own,
}

const QUESTION: &str = "How do I add one?";
const FORM: &str = ".share-form";
const SEND: &str = ".share-form .button.primary";
const PERSON: &str = ".share-people input";
const COPY: &str = ".shared-page";

/// A clipboard that can be read.
const CLIPBOARD: &str = "Object.defineProperty(navigator, 'clipboard', {
        configurable: true,
        value: { writeText: text => { window.copied = text; return Promise.resolve(); } },
    })";

/// Ada, who has a chat, and Carl.
async fn meet() -> Result<(RunningServer, WebClient, WebClient, String)> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![CODE.into()])).await?;
    let carl = server.add_user("Carl").await?;
    let turn = send_and_wait(&ada, None, QUESTION).await?;
    let path = format!("/c/{}", turn.conversation.id);
    Ok((server, ada, carl, path))
}

async fn a_copy_is_shared_with_the_mouse_and_ends(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, _carl, path) = meet().await?;
    let page = ChatPage::shown_at(&path, &browser, &ada, language).await?;
    page.open_chat_menu().await?;
    let entry = browser.element("#more-menu a[href$='/share']").await?;
    entry.click().await?;
    browser.element(FORM).await?;
    page.wait_until_interactive().await?;
    check(&browser, &named("share", language)).await?;
    browser.element(PERSON).await?.click().await?;
    browser.element(SEND).await?.click().await?;

    browser.element(COPY).await?;
    page.wait_until_interactive().await?;
    check(&browser, &named("shared-own", language)).await?;
    let address = format!("{}{}", ada.base_url(), page.path().await?);
    let shown = "return document.querySelector('#share-address').textContent";
    wait_for(&browser, "the address is whole", shown, address.as_str()).await?;
    browser.script(CLIPBOARD, Vec::new()).await?;
    browser
        .element("[data-copy='share-address']")
        .await?
        .click()
        .await?;
    let copied = "return window.copied ?? ''";
    wait_for(&browser, "the address is copied", copied, address.as_str()).await?;

    browser
        .element(".shared-own .button.danger")
        .await?
        .click()
        .await?;
    browser.element(".exports-empty").await?;
    page.wait_until_interactive().await?;
    assert_eq!(page.path().await?, "/settings/shared");
    check(&browser, &named("settings-shared", language)).await?;
    browser.quit().await
}

async fn a_copy_is_shared_with_keys_alone(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, carl, path) = meet().await?;
    let share = format!("{path}/share");
    let page = ChatPage::shown_at(&share, &browser, &ada, language).await?;
    let keys = Keyboard::new(&browser);
    keys.tab_to(PERSON).await?;
    keys.press(" ", 0).await?;
    keys.tab_to(SEND).await?;
    keys.press("Enter", 0).await?;
    browser.element(COPY).await?;
    let copy = page.path().await?;
    assert_eq!(carl.get(&copy).await?.status, 200);
    browser.quit().await
}

async fn a_reader_reads_a_copy_and_goes_on_in_a_chat_of_their_own(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, carl, path) = meet().await?;
    let fields = [
        ("id", path.strip_prefix("/c/").context("an id")?.to_owned()),
        ("audience", "named".to_owned()),
        ("readers[0]", "Carl".to_owned()),
    ];
    let id: ShareId = ada.call("share_conversation", &fields).await??;
    let copy = format!("/s/{id}");
    let page = ChatPage::shown_at("/settings/shared", &browser, &carl, language).await?;
    let link = format!(".exports-name a[href$='{copy}']");
    browser.element(&link).await?.click().await?;
    browser.element(COPY).await?;
    page.wait_until_interactive().await?;
    check(&browser, &named("shared", language)).await?;
    browser.script(CLIPBOARD, Vec::new()).await?;
    page.press(&words(language, "chat.code_copy")?).await?;
    let copied = "return (window.copied ?? '').includes('fn add_one')";
    wait_for(&browser, "the code is copied", copied, true).await?;
    browser
        .element(".shared-actions .button")
        .await?
        .click()
        .await?;
    browser.element(TEXT_BOX).await?;
    page.wait_for_questions(&[QUESTION]).await?;
    assert!(page.path().await?.starts_with("/c/"));
    browser.quit().await
}
