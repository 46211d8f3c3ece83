//! Shortcuts, the list that tells of them, and what closes with a press beside it.

use anyhow::{Result, ensure};
use hearth_app::model::{ConversationId, Language};
use hearth_tests::{
    browser::{Browser, wait_for},
    chat_page::TEXT_BOX,
    keyboard::{ALT, CTRL, SHIFT},
};
use serde_json::json;

use super::{
    accessibility::check,
    chats::{Chats, QUESTIONS},
    named,
};

in_both_languages! {
    shortcuts_work_and_a_list_of_them_opens,
}

/// Whether the list is shown.
pub(super) const IS_LIST_OPEN: &str = "return document.getElementById('shortcuts').open";
/// The keys that the list tells of.
const TOLD_KEYS: &str = "return [...document.querySelectorAll('#shortcuts kbd')]
    .map(it => it.innerText)";
/// Those that tests press: here, those of rows and of the rail with the frame and the width of the
/// sidebar, the others where answers are read and questions edited. A key that is told of and does
/// nothing is missed.
const PRESSED_KEYS: [&str; 14] = [
    "Ctrl ⇧ O",
    "Ctrl K",
    "Ctrl B",
    "Ctrl ,",
    "Alt ↑",
    "Alt ↓",
    "Esc",
    "Ctrl ⇧ C",
    "↑",
    "↑ ↓",
    "F2",
    "⇧ F10",
    "Del",
    "?",
];

async fn shortcuts_work_and_a_list_of_them_opens(language: Language) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, ids) = chats.show(&browser, language).await?;
    let path = "return location.pathname";
    let at = |id: ConversationId| json!(format!("/c/{id}"));
    page.press_key("ArrowDown", ALT).await?;
    wait_for(&browser, "the first chat", path, at(ids[0])).await?;
    page.press_key("ArrowDown", ALT).await?;
    wait_for(&browser, "the second chat", path, at(ids[1])).await?;
    page.press_key("ArrowUp", ALT).await?;
    wait_for(&browser, "the first chat", path, at(ids[0])).await?;
    page.press_key("O", CTRL + SHIFT).await?;
    wait_for(&browser, "a new chat", path, json!("/")).await?;

    // In a text it is a question mark.
    browser.element(TEXT_BOX).await?.focus().await?;
    page.press_key("?", SHIFT).await?;
    wait_for(&browser, "no list", IS_LIST_OPEN, json!(false)).await?;
    browser.element("#new-chat").await?.focus().await?;
    page.press_key("?", SHIFT).await?;
    wait_for(&browser, "the list", IS_LIST_OPEN, json!(true)).await?;
    check(&browser, &named("shortcuts", language)).await?;
    let told = browser.script(TOLD_KEYS, Vec::new()).await?;
    ensure!(told == json!(PRESSED_KEYS), "{told}");
    let beside = "document.getElementById('shortcuts').click()";
    browser.script(beside, Vec::new()).await?;
    wait_for(&browser, "the list closes", IS_LIST_OPEN, json!(false)).await?;
    // As a Chinese keyboard writes it.
    browser.element("#new-chat").await?.focus().await?;
    page.press_key("\u{ff1f}", SHIFT).await?;
    wait_for(&browser, "the list again", IS_LIST_OPEN, json!(true)).await?;
    browser.script(beside, Vec::new()).await?;
    wait_for(&browser, "the list closes", IS_LIST_OPEN, json!(false)).await?;

    // The settings close with a press beside them, but not once something is written.
    page.open_chat_settings().await?;
    let beside = "document.querySelector('dialog[open]')?.click()";
    let shown = "return document.querySelector('dialog[open]') !== null";
    browser.script(beside, Vec::new()).await?;
    wait_for(&browser, "the settings close", shown, json!(false)).await?;
    page.open_chat_settings().await?;
    let field = browser.element("#own-max-tokens").await?;
    field.send_keys("12").await?;
    browser.script(beside, Vec::new()).await?;
    wait_for(&browser, "the settings stay", shown, json!(true)).await?;
    let kept = field.prop("value").await?;
    ensure!(kept.as_deref() == Some("12"), "{kept:?}");
    page.press_key(",", CTRL).await?;
    wait_for(&browser, "behind a dialog", path, json!("/")).await?;
    browser
        .element(".dialog-head button")
        .await?
        .click()
        .await?;
    page.press_key(",", CTRL).await?;
    wait_for(&browser, "the settings", path, json!("/settings")).await?;
    browser.quit().await
}
