//! The palette: by keys and by finger, in both languages, and where a hit leads.

use anyhow::{Result, ensure};
use hearth_app::model::{Language, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    accessibility,
    browser::{Browser, Screen, wait_for},
    chat_page::ChatPage,
    keyboard::CTRL,
    running_server::{RunningServer, question_of, send_and_wait},
    web_client::WebClient,
};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_both_languages! {
    what_is_typed_finds_chats_and_arrow_keys_choose_among_them,
    a_hit_leads_to_its_message_in_a_branch_that_is_not_shown,
    on_a_phone_the_palette_takes_the_screen,
}

const FIELD: &str = "#palette-field";
/// What is marked first, in small letters.
const MARKS: &str =
    "return document.querySelector('#palette mark')?.textContent.toLowerCase() ?? ''";
const CHOSEN: &str = "
    const chosen = document.querySelectorAll('#palette [aria-selected=true]');
    const field = document.querySelector('#palette-field');
    if (chosen.length !== 1 || chosen[0].id !== field.getAttribute('aria-activedescendant')) {
        return null;
    }
    return [...document.querySelectorAll('#palette [role=option]')].indexOf(chosen[0]);
";
const IS_OPEN: &str = "return document.querySelector('#palette').open";

/// Writes something else into the field.
async fn look_for(browser: &Browser, typed: &str) -> Result<()> {
    browser.element(FIELD).await?.focus().await?;
    let select = format!("document.querySelector('{FIELD}').select()");
    browser.script(&select, Vec::new()).await?;
    // The driver's keys have no emoji.
    let text = json!({ "text": typed });
    browser.devtools("Input.insertText", text).await?;
    Ok(())
}

async fn open(
    browser: &Browser,
    language: Language,
) -> Result<(RunningServer, WebClient, ChatPage<'_>)> {
    let model = ScriptedModel::new(vec!["A fire 🔥 of foo_bar, 用户身份。".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let page = ChatPage::shown_to(browser, &ada, language).await?;
    Ok((server, ada, page))
}

async fn what_is_typed_finds_chats_and_arrow_keys_choose_among_them(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, page) = open(&browser, language).await?;
    let flour = send_and_wait(&ada, None, "Which flour for pizza?").await?;
    send_and_wait(&ada, None, "Flour and water").await?;
    page.open("/").await?;
    page.press_key("k", CTRL).await?;
    wait_for(&browser, "the last chats", CHOSEN, json!(0)).await?;
    accessibility::check(&browser, &super::named("palette", language)).await?;
    for (typed, found) in [
        ("flo", "flour"),
        ("用", "用"),
        ("用户", "用户"),
        ("用户身份", "用户身份"),
        ("🔥", "🔥"),
        ("foo_bar", "foo_bar"),
    ] {
        look_for(&browser, typed).await?;
        wait_for(&browser, typed, MARKS, json!(found)).await?;
    }
    look_for(&browser, "pizza").await?;
    wait_for(&browser, "a hit", MARKS, json!("pizza")).await?;
    wait_for(&browser, "the first is chosen", CHOSEN, json!(0)).await?;
    page.press_key("ArrowDown", 0).await?;
    wait_for(&browser, "the second is chosen", CHOSEN, json!(1)).await?;
    accessibility::check(&browser, &super::named("palette-found", language)).await?;
    page.press_key("ArrowUp", 0).await?;
    page.press_key("ArrowUp", 0).await?;
    wait_for(&browser, "round the end", CHOSEN, json!(1)).await?;
    browser
        .element(FIELD)
        .await?
        .send_keys(Key::Enter + "")
        .await?;
    wait_for(&browser, "the palette is gone", IS_OPEN, json!(false)).await?;
    page.wait_for_questions(&["Which flour for pizza?"]).await?;
    let path = page.path().await?;
    ensure!(
        path.starts_with(&format!("/c/{}", flour.conversation.id)),
        "{path}"
    );
    page.press_key("k", CTRL).await?;
    wait_for(&browser, "it opens again", IS_OPEN, json!(true)).await?;
    page.press_key("Escape", 0).await?;
    wait_for(&browser, "Escape closes it", IS_OPEN, json!(false)).await?;
    browser.quit().await
}

async fn a_hit_leads_to_its_message_in_a_branch_that_is_not_shown(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, page) = open(&browser, language).await?;
    let begun = send_and_wait(&ada, None, "The beginning").await?;
    let id = begun.conversation.id;
    let sought = send_and_wait(&ada, Some(id), "A needle in the hay").await?;
    let sought = question_of(&sought)?;
    for number in 0..12 {
        send_and_wait(&ada, Some(id), &format!("More hay {number}")).await?;
    }
    let arguments = [("message", begun.assistant_message.id.to_string())];
    ada.call::<StartedTurn>("regenerate", &arguments).await??;
    page.open(&format!("/c/{id}")).await?;
    page.wait_for_questions(&["The beginning"]).await?;
    browser.element("#open-search").await?.click().await?;
    look_for(&browser, "needle").await?;
    wait_for(&browser, "a hit", MARKS, json!("needle")).await?;
    browser
        .element(FIELD)
        .await?
        .send_keys(Key::Enter + "")
        .await?;
    let is_seen = format!(
        "const it = document.getElementById('message-{sought}');
         if (!it?.classList.contains('found')) return false;
         const box = it.getBoundingClientRect();
         return box.top >= 0 && box.bottom <= innerHeight"
    );
    wait_for(&browser, "the message is in sight", &is_seen, json!(true)).await?;
    // The address leads there too.
    page.reload().await?;
    wait_for(&browser, "also after a reload", &is_seen, json!(true)).await?;
    browser.quit().await
}

async fn on_a_phone_the_palette_takes_the_screen(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, page) = open(&browser, language).await?;
    send_and_wait(&ada, None, "Which flour?").await?;
    browser.show_screen(Screen::Phone).await?;
    page.open("/").await?;
    browser.element("#open-sidebar").await?.click().await?;
    browser.element("#open-search").await?.click().await?;
    look_for(&browser, "flour").await?;
    wait_for(&browser, "a hit", MARKS, json!("flour")).await?;
    let covers = "const box = document.querySelector('#palette').getBoundingClientRect();
        return Math.round(box.width) === innerWidth && Math.round(box.height) === innerHeight";
    wait_for(&browser, "the whole screen", covers, Value::Bool(true)).await?;
    accessibility::check(&browser, &super::named("palette-phone", language)).await?;
    browser
        .element("#palette .icon-button")
        .await?
        .click()
        .await?;
    wait_for(&browser, "the palette is gone", IS_OPEN, json!(false)).await?;
    browser.quit().await
}
