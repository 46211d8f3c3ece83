//! A question is edited and sent again, a chat forks, and the outline shows all that came of it.

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, wait_for, wait_for_end_of},
    chat_page::{ChatPage, TEXT_BOX},
    deadline::eventually,
    keyboard::{Keyboard, SHIFT, wait_for_focus},
    running_server::{RunningServer, conversation, edit_and_wait, send_and_wait},
    words::words,
};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::{accessibility::check, named};

in_both_languages! {
    a_question_is_edited_with_the_mouse_and_its_versions_are_switched,
    a_question_is_edited_with_keys_alone,
    what_another_tab_shows_takes_no_box_away,
    a_chat_forks_at_an_answer_and_at_a_question,
    the_outline_of_three_branches_leads_to_each_of_them,
}

const EDITOR: &str = ".question-editor textarea";
const CANCEL: &str = ".question-editor-foot .button:not(.primary)";
const SEND: &str = ".question-editor .primary";

/// Keys of an input method, as Chromium and as Safari tell of them.
const COMPOSE: &str = "const box = document.querySelector(arguments[0]);
    for (const key of ['Enter', 'Escape']) {
        for (const part of [{ isComposing: true }, { keyCode: 229 }]) {
            const init = { key, bubbles: true, cancelable: true, ...part };
            box.dispatchEvent(new KeyboardEvent('keydown', init));
        }
    }";

/// A chat of two questions, shown in this language.
async fn open(browser: &Browser, language: Language) -> Result<(RunningServer, ChatPage<'_>)> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Yes.".into()])).await?;
    let first = send_and_wait(&ada, None, "One?").await?;
    send_and_wait(&ada, Some(first.conversation.id), "Two?").await?;
    let path = format!("/c/{}", first.conversation.id);
    let page = ChatPage::shown_at(&path, browser, &ada, language).await?;
    page.wait_for_end(2).await?;
    Ok((server, page))
}

/// The text of the box is another one.
async fn rewrite(browser: &Browser, text: &str) -> Result<()> {
    let field = browser.element(EDITOR).await?;
    field.send_keys(Key::Control + "a").await?;
    field.send_keys(text).await?;
    Ok(())
}

async fn written(browser: &Browser) -> Result<String> {
    let text = browser.element(EDITOR).await?.prop("value").await?;
    Ok(text.unwrap_or_default())
}

async fn a_question_is_edited_with_the_mouse_and_its_versions_are_switched(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser, language).await?;
    let edit = words(language, "chat.edit_question")?;

    // Cancel leaves everything as it was, and forgets what was written.
    page.press(&edit).await?;
    assert_eq!(written(&browser).await?, "Two?");
    rewrite(&browser, "No, not that").await?;
    browser.element(CANCEL).await?.click().await?;
    wait_for_end_of(&browser, EDITOR).await?;
    assert_eq!(page.questions().await?, ["One?", "Two?"]);
    page.press(&edit).await?;
    assert_eq!(written(&browser).await?, "Two?");
    check(&browser, &named("question-editor", language)).await?;

    // What is written outlives a reload, until it is sent.
    rewrite(&browser, "Two again?").await?;
    page.reload().await?;
    page.press(&edit).await?;
    assert_eq!(written(&browser).await?, "Two again?");
    browser.element(SEND).await?.click().await?;
    page.wait_for_questions(&["One?", "Two again?"]).await?;
    page.wait_for_end(2).await?;
    wait_for_end_of(&browser, EDITOR).await?;
    wait_for_focus(&browser, TEXT_BOX).await?;

    page.press(&words(language, "chat.earlier_version")?)
        .await?;
    page.wait_for_questions(&["One?", "Two?"]).await?;
    page.press(&words(language, "chat.later_version")?).await?;
    page.wait_for_questions(&["One?", "Two again?"]).await?;
    page.reload().await?;
    assert_eq!(page.questions().await?, ["One?", "Two again?"]);

    // The same text in place of the same question is one version more each time.
    let (ada, id) = (page.client().await?, page.conversation().await?);
    let versions = async || anyhow::Ok(conversation(&ada, id).await?.messages[2].versions.clone());
    let edited = versions().await?[1];
    for number in [3, 4] {
        browser.element(&format!("#message-{edited}")).await?;
        page.press(&edit).await?;
        browser.element(SEND).await?.click().await?;
        wait_for_end_of(&browser, EDITOR).await?;
        page.wait_for_end(2).await?;
        assert_eq!(versions().await?.len(), number);
        browser.element(".version-switch button:enabled").await?;
        page.press(&words(language, "chat.earlier_version")?)
            .await?;
    }
    browser.quit().await
}

/// Another tab shows another branch, in which the question is not: it is still edited.
async fn what_another_tab_shows_takes_no_box_away(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser, language).await?;
    page.press(&words(language, "chat.edit_question")?).await?;
    rewrite(&browser, "Half a sent").await?;
    let (elsewhere, id) = (page.client().await?, page.conversation().await?);
    let first = conversation(&elsewhere, id).await?.messages[0].id;
    edit_and_wait(&elsewhere, first, "Another beginning").await?;
    // The page has looked at the chat when it has this.
    let fields = [("id", id.to_string()), ("title", "Renamed".to_owned())];
    elsewhere
        .call::<()>("rename_conversation", &fields)
        .await??;
    let title = "return document.querySelector('#title-button')?.innerText ?? ''";
    wait_for(&browser, "the chat is renamed", title, "Renamed").await?;
    browser.element(EDITOR).await?.send_keys("ence").await?;
    assert_eq!(written(&browser).await?, "Half a sentence");
    browser.element(CANCEL).await?.click().await?;
    page.wait_for_questions(&["Another beginning"]).await?;
    browser.quit().await
}

async fn a_question_is_edited_with_keys_alone(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser, language).await?;
    let keys = Keyboard::new(&browser);
    browser.element(TEXT_BOX).await?.focus().await?;
    // With a text in the box the caret moves, and nothing else.
    keys.write("x").await?;
    keys.press("ArrowUp", 0).await?;
    ensure!(!browser.has(EDITOR).await?, "the box is not empty");
    // The caret went to the beginning of the line.
    keys.press("Delete", 0).await?;
    keys.press("ArrowUp", 0).await?;
    wait_for_focus(&browser, EDITOR).await?;
    keys.press("Escape", 0).await?;
    wait_for_end_of(&browser, EDITOR).await?;
    wait_for_focus(&browser, TEXT_BOX).await?;

    // What an input method is asked to confirm, or to give up, is neither sent nor forgotten.
    keys.press("ArrowUp", 0).await?;
    wait_for_focus(&browser, EDITOR).await?;
    browser.script(COMPOSE, vec![json!(EDITOR)]).await?;
    ensure!(browser.has(EDITOR).await?, "it is being composed");
    rewrite(&browser, "Two").await?;
    keys.press("Enter", SHIFT).await?;
    keys.write("lines").await?;
    keys.press("Enter", 0).await?;
    page.wait_for_questions(&["One?", "Two\nlines"]).await?;
    page.wait_for_end(2).await?;

    // The first question of all, by its button.
    keys.tab_back_to("[data-role=user] .edit-question").await?;
    let first = "article.message:first-of-type .edit-question";
    keys.tab_back_to(first).await?;
    keys.press("Enter", 0).await?;
    wait_for_focus(&browser, EDITOR).await?;
    keys.press("Escape", 0).await?;
    wait_for_focus(&browser, first).await?;
    keys.press("Enter", 0).await?;
    wait_for_focus(&browser, EDITOR).await?;
    rewrite(&browser, "A new beginning").await?;
    keys.press("Enter", 0).await?;
    page.wait_for_questions(&["A new beginning"]).await?;
    page.wait_for_end(1).await?;
    browser.quit().await
}

async fn a_chat_forks_at_an_answer_and_at_a_question(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser, language).await?;
    let origin = page.conversation().await?;
    let other = async |than: &[String]| {
        eventually("another chat is shown", PATIENCE, async || {
            let path = page.path().await?;
            Ok((!than.contains(&path)).then_some(path))
        })
        .await
    };
    let fork = words(language, "chat.fork")?;
    let mark = words(language, "chat.fork_mark")?;
    let first = format!("/c/{origin}");
    page.press(&fork).await?;
    let second = other(std::slice::from_ref(&first)).await?;
    page.wait_for_questions(&["One?", "Two?"]).await?;
    let title = "return document.querySelector('#title-button')?.innerText ?? ''";
    wait_for(
        &browser,
        "the fork is titled",
        title,
        format!("One?{}", mark.trim_end()),
    )
    .await?;
    page.send("Three?").await?;
    page.wait_for_questions(&["One?", "Two?", "Three?"]).await?;
    page.wait_for_end(3).await?;

    // At a question its text stands in the box.
    let button = "article.message[data-role=user]:nth-of-type(3) .message-actions form button";
    let press = "document.querySelector(arguments[0]).click()";
    browser.element(button).await?;
    browser.script(press, vec![json!(button)]).await?;
    other(&[first.clone(), second]).await?;
    page.wait_for_questions(&["One?"]).await?;
    let draft = "return document.querySelector('#composer-text').value";
    wait_for(&browser, "the question is a draft", draft, "Two?").await?;
    page.open(&first).await?;
    assert_eq!(page.questions().await?, ["One?", "Two?"]);
    browser.quit().await
}

/// How many elements a selector finds.
async fn count(browser: &Browser, selector: &str) -> Result<Value> {
    let script = "return document.querySelectorAll(arguments[0]).length";
    browser.script(script, vec![json!(selector)]).await
}

async fn the_outline_of_three_branches_leads_to_each_of_them(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser, language).await?;
    let path = page.path().await?;
    let entry = "#more-menu a[href$='/branches']";
    page.open_chat_menu().await?;
    ensure!(!browser.has(entry).await?, "there is one branch");
    page.press_key("Escape", 0).await?;
    let first = page.wait_for_end(2).await?;
    page.press(&words(language, "chat.regenerate")?).await?;
    eventually("another version is shown", PATIENCE, async || {
        let last = page.last_answer().await?;
        Ok(last.filter(|it| it.id != first.id && !it.running))
    })
    .await?;
    page.press(&words(language, "chat.edit_question")?).await?;
    rewrite(&browser, "Two again?").await?;
    browser
        .element(EDITOR)
        .await?
        .send_keys(Key::Enter + "")
        .await?;
    page.wait_for_questions(&["One?", "Two again?"]).await?;
    page.wait_for_end(2).await?;

    page.open_chat_menu().await?;
    browser.element(entry).await?.click().await?;
    browser.element(".outline-page").await?;
    page.wait_until_interactive().await?;
    assert_eq!(count(&browser, ".outline-branch").await?, json!(3));
    assert_eq!(count(&browser, ".outline-line").await?, json!(7));
    check(&browser, &named("outline", language)).await?;

    // By keyboard to the question that was edited: its branch, and that message.
    let find = "const lines = [...document.querySelectorAll('.outline-line')];
        const line = lines.find(it => it.innerText.includes('Two?'));
        line.focus();
        return line.value;";
    let old = browser.script(find, Vec::new()).await?;
    let old = old.as_str().unwrap_or_default().to_owned();
    Keyboard::new(&browser).press("Enter", 0).await?;
    page.wait_for_questions(&["One?", "Two?"]).await?;
    page.wait_until_interactive().await?;
    assert_eq!(page.path().await?, path);
    wait_for_focus(&browser, &format!("#message-{old}")).await?;

    // Another text in its place: from now on the address is that of the chat, and does not lead
    // back to the old one.
    page.press(&words(language, "chat.edit_question")?).await?;
    rewrite(&browser, "Two at last?").await?;
    browser.element(SEND).await?.click().await?;
    page.wait_for_questions(&["One?", "Two at last?"]).await?;
    page.wait_for_end(2).await?;
    wait_for(
        &browser,
        "the address is that of the chat",
        "return location.search + location.hash",
        "",
    )
    .await?;
    page.reload().await?;
    assert_eq!(page.questions().await?, ["One?", "Two at last?"]);
    browser.quit().await
}
