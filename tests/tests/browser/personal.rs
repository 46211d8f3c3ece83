//! The card in the settings for what models are to know in every chat.

use anyhow::Result;
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, Screen, wait_for, wait_for_words},
    chat_page::ChatPage,
    running_server::RunningServer,
    words::words,
};

use serde_json::json;

use super::{accessibility::check, named};

in_both_languages! {
    two_texts_are_counted_saved_together_and_discarded,
}

const COUNT: &str = "return document.querySelector('#about-me-count').textContent";
const SAVE: &str = ".save-bar .button.primary";

async fn write(browser: &Browser, id: &str, text: &str) -> Result<()> {
    browser.element(id).await?;
    let write = "const box = document.querySelector(arguments[0]);
        box.focus();
        box.setSelectionRange(box.value.length, box.value.length);
        document.execCommand('insertText', false, arguments[1]);";
    browser.script(write, vec![json!(id), json!(text)]).await?;
    Ok(())
}

async fn two_texts_are_counted_saved_together_and_discarded(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at("/settings", &browser, &ada, language).await?;
    wait_for(&browser, "nothing is written", COUNT, "0 / 2000").await?;
    write(&browser, "#about-me", "我养蜜蜂。").await?;
    wait_for(&browser, "it is counted", COUNT, "5 / 2000").await?;
    write(&browser, "#answering", "Briefly.").await?;
    // What holds at once is sent meanwhile, and takes nothing of it away.
    let choose = "document.querySelector('input[name=theme][value=dark]').click()";
    browser.script(choose, Vec::new()).await?;
    let chosen = "return document.querySelector('input[name=theme][value=dark]').defaultChecked";
    wait_for(&browser, "the theme is kept", chosen, true).await?;
    wait_for(&browser, "the text is there", COUNT, "5 / 2000").await?;
    let two = words(language, "admin.unsaved")?.replace("{{ number }}", "2");
    wait_for_words(&browser, ".save-bar strong", &two).await?;
    check(&browser, &named("settings-personal", language)).await?;
    browser.show_screen(Screen::Desktop).await?;
    browser.element(SAVE).await?.click().await?;
    wait_for_words(
        &browser,
        ".save-bar.saved",
        &words(language, "admin.saved")?,
    )
    .await?;
    page.reload().await?;
    wait_for(&browser, "it is kept", COUNT, "5 / 2000").await?;

    write(&browser, "#about-me", "More. ").await?;
    wait_for(&browser, "more is counted", COUNT, "11 / 2000").await?;
    browser.element("[data-discard]").await?.click().await?;
    wait_for(&browser, "it is taken back", COUNT, "5 / 2000").await?;

    // Off, and the texts stay.
    browser.element("#personal-on").await?.click().await?;
    browser.element(SAVE).await?.click().await?;
    wait_for_words(
        &browser,
        ".save-bar.saved",
        &words(language, "admin.saved")?,
    )
    .await?;
    page.reload().await?;
    let kept = "return [document.querySelector('#personal-on').checked, \
        document.querySelector('#about-me').value].join(' ')";
    wait_for(&browser, "off, and kept", kept, "false 我养蜜蜂。").await?;
    browser.quit().await
}
