//! Thumbs under an answer, and the form behind the one that points down.

use anyhow::{Context as _, Result};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, Screen, wait_for, wait_for_end_of, wait_for_words},
    chat_page::ChatPage,
    keyboard::{Keyboard, wait_for_focus},
    running_server::{RunningServer, send_and_wait},
    words::words,
};
use serde_json::json;

use super::{accessibility::check, named};

in_both_languages! {
    a_good_answer_is_said_to_be_one_and_not_any_more,
    what_is_wrong_is_said_in_a_form_by_keyboard,
    what_was_written_is_not_lost_by_a_key_too_many,
}

const UP: &str = ".rating button[value=up]";
const DOWN: &str = ".rating button[value=down]";
const COMMENT: &str = "二，不是三。";
const DIALOG: &str = ".rating-dialog[open]";
/// Which thumbs are pressed.
const PRESSED: &str = "return [...document.querySelectorAll('.rating button')] \
    .map(it => it.getAttribute('aria-pressed'))";

async fn open(language: Language) -> Result<(Browser, RunningServer, String)> {
    let model = ScriptedModel::new(vec!["It is three.".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let turn = send_and_wait(&ada, None, "What is one and one?").await?;
    let path = format!("/c/{}", turn.conversation.id);
    let browser = Browser::open().await?;
    ChatPage::shown_at(&path, &browser, &ada, language).await?;
    Ok((browser, server, path))
}

async fn a_good_answer_is_said_to_be_one_and_not_any_more(language: Language) -> Result<()> {
    let (browser, server, path) = open(language).await?;
    let label = words(language, "chat.good_answer")?;
    assert_eq!(browser.element(UP).await?.attr("title").await?, Some(label));
    browser.element(UP).await?.click().await?;
    wait_for(&browser, "it is pressed", PRESSED, json!(["true", "false"])).await?;
    assert!(!browser.has(DIALOG).await?, "nothing more is asked");
    let page = ChatPage::new(&browser, server.base_url());
    page.open(&path).await?;
    wait_for(&browser, "it is kept", PRESSED, json!(["true", "false"])).await?;
    browser.element(UP).await?.click().await?;
    wait_for(
        &browser,
        "it is taken back",
        PRESSED,
        json!(["false", "false"]),
    )
    .await?;
    page.open(&path).await?;
    wait_for(
        &browser,
        "nothing is said",
        PRESSED,
        json!(["false", "false"]),
    )
    .await?;
    browser.quit().await
}

async fn what_is_wrong_is_said_in_a_form_by_keyboard(language: Language) -> Result<()> {
    let (browser, server, _) = open(language).await?;
    let keyboard = Keyboard::new(&browser);
    browser.element(DOWN).await?;
    let focus = format!("document.querySelector('{DOWN}').focus()");
    browser.script(&focus, Vec::new()).await?;
    keyboard.press("Enter", 0).await?;
    browser.element(DIALOG).await?;
    // It counts already.
    wait_for(&browser, "it is pressed", PRESSED, json!(["false", "true"])).await?;
    wait_for_words(&browser, DIALOG, &words(language, "chat.rating.title")?).await?;
    check(&browser, &named("rating", language)).await?;
    browser.show_screen(Screen::Desktop).await?;
    let is_off = "return document.querySelector('#rating-texts').checked";
    assert_eq!(browser.script(is_off, Vec::new()).await?, false);
    let choose = "document.querySelector('.rating-reasons input[value=incorrect]').click(); \
        document.querySelector('#rating-comment').focus()";
    browser.script(choose, Vec::new()).await?;
    let write = "document.execCommand('insertText', false, arguments[0])";
    browser.script(write, vec![json!(COMMENT)]).await?;
    browser.element("#rating-texts").await?.click().await?;
    browser
        .element(&format!("{DIALOG} .button.primary"))
        .await?
        .click()
        .await?;
    wait_for_end_of(&browser, DIALOG).await?;
    wait_for_focus(&browser, DOWN).await?;

    let page = ChatPage::new(&browser, server.base_url());
    page.open("/admin/ratings").await?;
    let section = browser.element(".settings-main").await?.text().await?;
    let reason = words(language, "chat.rating.reasons.incorrect")?;
    assert!(
        section.contains(COMMENT) && section.contains(&reason),
        "{section}"
    );
    check(&browser, &named("admin-ratings", language)).await?;
    browser.show_screen(Screen::Desktop).await?;
    browser
        .element(".rating-comment summary")
        .await?
        .click()
        .await?;
    wait_for_words(&browser, ".sent-text", "What is one and one?").await?;
    browser.quit().await
}

async fn what_was_written_is_not_lost_by_a_key_too_many(language: Language) -> Result<()> {
    let (browser, _server, _) = open(language).await?;
    let keyboard = Keyboard::new(&browser);
    browser.element(DOWN).await?.click().await?;
    browser.element(DIALOG).await?;
    browser
        .script(
            "document.querySelector('#rating-comment').focus()",
            Vec::new(),
        )
        .await?;
    keyboard.write("No").await?;
    keyboard.press("Escape", 0).await?;
    browser.settle().await?;
    assert!(browser.has(DIALOG).await?, "it stays");
    let close = words(language, "frame.close")?;
    let close = format!("{DIALOG} button[aria-label=\"{close}\"]");
    browser
        .element(&close)
        .await
        .context("a way out")?
        .click()
        .await?;
    wait_for_end_of(&browser, DIALOG).await?;
    // The next time it is empty, and a key is enough.
    browser.element(DOWN).await?.click().await?;
    wait_for(
        &browser,
        "it is taken back",
        PRESSED,
        json!(["false", "false"]),
    )
    .await?;
    browser.element(DOWN).await?.click().await?;
    browser.element(DIALOG).await?;
    let comment = "return document.querySelector('#rating-comment').value";
    assert_eq!(browser.script(comment, Vec::new()).await?, "");
    keyboard.press("Escape", 0).await?;
    wait_for_end_of(&browser, DIALOG).await?;
    browser.quit().await
}
