//! What people delete, in a real browser: chats and the trash, one message, accounts.

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ChatError, Conversation, Language, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, Screen, wait_for_end_of, wait_for_words},
    chat_page::ChatPage,
    deadline::eventually,
    keyboard::wait_for_focus,
    running_server::{PASSWORD, RunningServer, send_and_wait, sign_in},
    words::words,
};
use thirtyfour::prelude::*;

use super::{accessibility::check, named};

in_both_languages! {
    a_deleted_chat_lies_in_the_trash_and_comes_back_or_goes_for_good,
    a_message_is_deleted_with_the_keyboard_and_on_a_phone,
    a_person_deletes_the_own_account_with_the_password,
    an_administrator_deletes_an_account_by_its_name,
}

async fn press(browser: &Browser, selector: &str) -> Result<()> {
    let element = browser.element(selector).await?;
    element.scroll_into_view().await?;
    element.click().await?;
    Ok(())
}

/// The button of a form without script, by the function it calls.
fn button_of(function: &str) -> String {
    format!("form[action$=\"/api/{function}\"] button[type=submit]")
}

async fn a_deleted_chat_lies_in_the_trash_and_comes_back_or_goes_for_good(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let chat = send_and_wait(&ada, None, "The first chat").await?;
    let id = chat.conversation.id;
    send_and_wait(&ada, None, "Another one").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    let link = format!("a.conversation-link[href=\"/c/{id}\"]");
    let row = format!(".conversation-row:has({link})");
    press(&browser, &format!("{row} .row-more")).await?;
    press(&browser, "#row-menu .danger").await?;
    wait_for_end_of(&browser, &link).await?;

    page.open("/settings/trash").await?;
    wait_for_words(&browser, ".trash tbody", "The first chat").await?;
    check(&browser, &named("trash", language)).await?;
    press(&browser, &button_of("restore_conversation")).await?;
    page.wait_for_end(1).await?;
    ensure!(page.conversation().await? == id, "it is shown again");
    browser.element(&link).await?;

    let deleted = [("id", id.to_string())];
    ada.call::<()>("delete_conversation", &deleted).await??;
    page.open("/settings/trash").await?;
    press(&browser, &button_of("delete_forever")).await?;
    browser.element(".exports-empty").await?;
    page.wait_until_interactive().await?;
    check(&browser, &named("trash-empty", language)).await?;
    let gone = ada.call::<Conversation>("conversation", &deleted).await?;
    ensure!(gone == Err(ChatError::NotFound), "{gone:?}");
    let restored = ada.call::<()>("restore_conversation", &deleted).await?;
    ensure!(restored == Err(ChatError::NotFound), "{restored:?}");
    browser.quit().await
}

/// The button that had the focus went with its message: that of the answer before it has it now.
async fn wait_for_focus_near(browser: &Browser, turn: &StartedTurn) -> Result<()> {
    let button = format!(
        "#message-{} .message-delete > button",
        turn.assistant_message.id
    );
    wait_for_focus(browser, &button).await
}

async fn a_message_is_deleted_with_the_keyboard_and_on_a_phone(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let first = send_and_wait(&ada, None, "One").await?;
    let id = first.conversation.id;
    let second = send_and_wait(&ada, Some(id), "Two").await?;
    let third = send_and_wait(&ada, Some(id), "Three").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at(&format!("/c/{id}"), &browser, &ada, language).await?;
    page.wait_for_end(3).await?;

    let answer = format!("#message-{}", third.assistant_message.id);
    let menu = browser
        .element(&format!("{answer} .message-delete > button"))
        .await?;
    let open = format!("{answer} .message-delete-panel:popover-open");
    menu.send_keys(Key::Enter + "").await?;
    browser.element(&open).await?;
    let question = words(language, "chat.delete_last_answer")?;
    wait_for_words(&browser, &open, &question).await?;
    check(&browser, &named("delete-message", language)).await?;
    menu.send_keys(Key::Escape + "").await?;
    wait_for_end_of(&browser, &open).await?;
    menu.send_keys(Key::Enter + "").await?;
    browser.element(&open).await?;
    menu.send_keys(Key::Tab + "").await?;
    let button = browser.driver().active_element().await?;
    let label = words(language, "chat.delete")?;
    ensure!(
        button.text().await?.trim() == label,
        "Tab leads to the button"
    );
    button.send_keys(Key::Enter + "").await?;
    wait_for_end_of(&browser, &answer).await?;
    page.wait_for_end(2).await?;
    wait_for_focus_near(&browser, &second).await?;

    browser.show_screen(Screen::Phone).await?;
    let asked = second.user_message.as_ref().map(|it| it.id);
    let asked = format!("#message-{}", asked.context("a question was stored")?);
    // A tap on the question brings its tools.
    press(&browser, &format!("{asked} .user-text")).await?;
    press(&browser, &format!("{asked} .message-delete > button")).await?;
    let panel = format!("{asked} .message-delete-panel");
    browser.element(&format!("{panel}:popover-open")).await?;
    browser.settle().await?;
    press(&browser, &format!("{panel} button")).await?;
    wait_for_end_of(&browser, &asked).await?;
    page.wait_for_end(1).await?;
    wait_for_focus_near(&browser, &first).await?;
    let kept = [("id", id.to_string())];
    let kept: Conversation = ada.call("conversation", &kept).await??;
    ensure!(kept.messages.len() == 2, "the first turn stays: {kept:?}");
    browser.quit().await
}

async fn a_person_deletes_the_own_account_with_the_password(language: Language) -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let bob = server.add_user("Bob").await?;
    send_and_wait(&bob, None, "Hi").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &bob, language).await?;
    let field = "form[action$=\"/api/delete_own_account\"] input[type=password]";
    let send = async |password: &str| {
        page.open("/settings/account").await?;
        press(&browser, ".confirm > summary").await?;
        browser.element(field).await?.send_keys(password).await?;
        anyhow::Ok(())
    };
    send("not my password").await?;
    check(&browser, &named("delete-own-account", language)).await?;
    press(&browser, &button_of("delete_own_account")).await?;
    let refusal = words(language, "errors.wrong_password")?;
    wait_for_words(&browser, ".section .error", &refusal).await?;
    send(PASSWORD).await?;
    press(&browser, &button_of("delete_own_account")).await?;
    eventually("the door is shown", PATIENCE, async || {
        Ok((browser.path().await? == "/sign-in").then_some(()))
    })
    .await?;
    let refused = sign_in(&server.client()?, "Bob", PASSWORD).await?;
    ensure!(refused.is_err(), "nobody enters it any more");
    let people: Vec<hearth_app::model::AccountSummary> = ada.call("accounts", &[]).await??;
    ensure!(people.len() == 1, "{people:?}");
    browser.quit().await
}

async fn an_administrator_deletes_an_account_by_its_name(language: Language) -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let bob = server.add_user("Bob").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    let send = async |name: &str| {
        page.open("/admin/people").await?;
        press(&browser, "td:has(summary.danger) [popovertarget]").await?;
        press(&browser, ".person-menu summary.danger").await?;
        let field = browser.element(".person-menu input[name=name]").await?;
        field.send_keys(name).await?;
        anyhow::Ok(())
    };
    send("Rob").await?;
    check(&browser, &named("delete-account", language)).await?;
    press(&browser, &button_of("delete_account")).await?;
    let refusal = words(language, "errors.name_differs")?;
    wait_for_words(&browser, ".section .error", &refusal).await?;
    send("Bob").await?;
    press(&browser, &button_of("delete_account")).await?;
    // Nobody but Ada is left, whose own account is deleted elsewhere.
    wait_for_end_of(&browser, ".person-menu summary.danger").await?;
    wait_for_words(&browser, ".person-name", "Ada").await?;
    let refused = bob.call::<Vec<Conversation>>("conversations", &[]).await?;
    ensure!(refused == Err(ChatError::Unauthorized), "{refused:?}");
    page.open("/admin/log").await?;
    wait_for_words(&browser, ".log", "Bob").await?;
    browser.quit().await
}
