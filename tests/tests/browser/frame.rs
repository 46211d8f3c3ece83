//! The frame of the chat page: the list, menus, title, and what tells of the model.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, wait_for},
    chat_page::{ChatPage, TEXT_BOX},
    deadline::eventually,
    keyboard::{SHIFT, wait_for_focus},
    running_server::RunningServer,
    words::words,
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::{
    accessibility::check,
    chats::{Chats, QUESTIONS, TITLES, link},
    named,
};

in_both_languages! {
    the_list_is_one_stop_of_tab_and_its_rows_are_walked_renamed_and_deleted_by_keys,
    one_menu_serves_every_row_and_closes_with_a_press_elsewhere,
    a_title_is_renamed_where_it_stands,
    the_account_has_a_menu_and_the_theme_changes_at_once,
    the_header_tells_a_model_that_loads_and_when_it_is_lit,
}

const NUM_STOPS: &str = "return [...document.querySelectorAll('.conversation-list :is(a, button)')]
    .filter(it => it.tabIndex >= 0).length";

async fn the_list_is_one_stop_of_tab_and_its_rows_are_walked_renamed_and_deleted_by_keys(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, ids) = chats.show(&browser, language).await?;
    wait_for(&browser, "one stop", NUM_STOPS, json!(1)).await?;
    let search = browser.element("#open-search").await?;
    search.focus().await?;
    search.send_keys(Key::Tab + "").await?;
    wait_for_focus(&browser, &link(ids[0])).await?;
    page.press_key("ArrowDown", 0).await?;
    page.press_key("ArrowDown", 0).await?;
    page.press_key("ArrowUp", 0).await?;
    wait_for_focus(&browser, &link(ids[1])).await?;
    wait_for(&browser, "still one stop", NUM_STOPS, json!(1)).await?;

    page.press_key("F2", 0).await?;
    let input = browser.element(".conversation-row > .input").await?;
    input.send_keys("Thrown away").await?;
    // Keys of the row are keys of the text while it is written.
    input.send_keys(Key::Delete + Key::Escape).await?;
    wait_for_focus(&browser, &link(ids[1])).await?;
    let old = json!(["First", "Second", "Third"]);
    wait_for(&browser, "the old title", TITLES, old).await?;
    page.press_key("F2", 0).await?;
    let input = browser.element(".conversation-row > .input").await?;
    input.send_keys("Another").await?;
    input.send_keys(Key::Enter + "").await?;
    let new = json!(["First", "Another", "Third"]);
    wait_for(&browser, "the new title", TITLES, new).await?;
    wait_for_focus(&browser, &link(ids[1])).await?;

    page.press_key("F10", SHIFT).await?;
    browser.element("#row-menu:popover-open").await?;
    let entry = browser.driver().active_element().await?;
    entry.send_keys(Key::Escape + "").await?;
    wait_for_focus(&browser, &link(ids[1])).await?;

    page.press_key("Delete", 0).await?;
    wait_for(&browser, "two rows", TITLES, json!(["First", "Third"])).await?;
    wait_for_focus(&browser, &link(ids[2])).await?;
    page.press_key("Delete", 0).await?;
    wait_for_focus(&browser, &link(ids[0])).await?;
    page.press_key("Delete", 0).await?;
    wait_for_focus(&browser, "#new-chat").await?;
    browser.quit().await
}

async fn one_menu_serves_every_row_and_closes_with_a_press_elsewhere(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, _page, ids) = chats.show(&browser, language).await?;
    let open = "return document.querySelectorAll('.menu:popover-open').length";
    let more = |id| format!(".conversation-row:has({}) > .row-more", link(id));
    let press = async |selector: &str| -> Result<()> {
        browser.element(selector).await?.click().await?;
        Ok(())
    };
    press(&more(ids[0])).await?;
    wait_for(&browser, "the menu opens", open, json!(1)).await?;
    check(&browser, &named("row-menu", language)).await?;
    press(TEXT_BOX).await?;
    wait_for(&browser, "the menu closes", open, json!(0)).await?;
    // The button closes what it opened, and the button of another row opens it there.
    press(&more(ids[0])).await?;
    wait_for(&browser, "the menu opens", open, json!(1)).await?;
    press(&more(ids[0])).await?;
    wait_for(&browser, "the menu closes", open, json!(0)).await?;
    press(&more(ids[1])).await?;
    wait_for(&browser, "the menu opens", open, json!(1)).await?;
    press("#row-menu .danger").await?;
    wait_for(&browser, "the row goes", TITLES, json!(["First", "Third"])).await?;
    wait_for_focus(&browser, &link(ids[2])).await?;
    let toast = browser.element(".toasts .toast").await?.text().await?;
    ensure!(toast.contains(&words(language, "chat.deleted")?), "{toast}");
    press(&more(ids[2])).await?;
    press("#row-menu .menu-entry").await?;
    let input = browser.element(".conversation-row > .input").await?;
    input.send_keys("Last".to_owned() + Key::Enter).await?;
    wait_for(&browser, "the title", TITLES, json!(["First", "Last"])).await?;
    browser.quit().await
}

async fn a_title_is_renamed_where_it_stands(language: Language) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, ids) = chats.show(&browser, language).await?;
    page.open(&format!("/c/{}", ids[2])).await?;
    let title = "return document.querySelector('.chat-title').textContent";
    wait_for(&browser, "the title", title, json!("Third")).await?;
    browser.element("#title-button").await?.click().await?;
    let input = browser.element(".chat-title > .input").await?;
    input.send_keys("Written".to_owned() + Key::Enter).await?;
    wait_for(&browser, "the new title", title, json!("Written")).await?;
    let listed = json!(["First", "Second", "Written"]);
    wait_for(&browser, "the row", TITLES, listed).await?;
    wait_for_focus(&browser, "#title-button").await?;
    page.press_key("F2", 0).await?;
    let input = browser.element(".chat-title > .input").await?;
    input
        .send_keys("Thrown away".to_owned() + Key::Escape)
        .await?;
    wait_for(&browser, "the same title", title, json!("Written")).await?;

    page.open_menu(".model-chip", "model-menu").await?;
    check(&browser, &named("model-menu", language)).await?;
    page.open_chat_menu().await?;
    browser.element("#more-menu .danger").await?.click().await?;
    wait_for(&browser, "two rows", TITLES, json!(["First", "Second"])).await?;
    wait_for(&browser, "no title", "return location.pathname", json!("/")).await?;
    let lost = "return document.activeElement === document.body";
    wait_for(&browser, "the focus is somewhere", lost, json!(false)).await?;
    browser.quit().await
}

async fn the_account_has_a_menu_and_the_theme_changes_at_once(language: Language) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    page.open_account_menu().await?;
    check(&browser, &named("account-menu", language)).await?;
    let choose = "document.querySelector('#account-menu [value=dark]').click()";
    browser.script(choose, Vec::new()).await?;
    let theme = "return document.documentElement.dataset.theme ?? null";
    wait_for(&browser, "it is dark", theme, json!("dark")).await?;
    eventually("the choice is kept", PATIENCE, async || {
        let cookies = browser.driver().get_all_cookies().await?;
        let is_kept = |it: &Cookie| it.name == "hearth_theme" && it.value == "dark";
        Ok(cookies.iter().any(is_kept).then_some(()))
    })
    .await?;
    page.reload().await?;
    wait_for(&browser, "it is still dark", theme, json!("dark")).await?;
    let chosen = "return document.querySelector('#account-menu [name=theme]:checked').value";
    wait_for(&browser, "and says so", chosen, json!("dark")).await?;
    page.sign_out().await?;
    browser.element("input[name=password]").await?;
    browser.quit().await
}

async fn the_header_tells_a_model_that_loads_and_when_it_is_lit(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let model = ScriptedModel::new(Vec::new()).with_load_delay(Duration::from_secs(8));
    let (_server, ada) = RunningServer::start(model).await?;
    let _page = ChatPage::shown_to(&browser, &ada, language).await?;
    let dot = "return document.querySelector('.model-chip .dot').className";
    let chip = "return document.querySelector('.model-chip').textContent.includes('%')";
    let told = "return document.querySelector('.chat-heading [role=status]').textContent !== ''";
    wait_for(&browser, "it burns", dot, json!("dot burning")).await?;
    wait_for(&browser, "the chip tells how far it is", chip, json!(true)).await?;
    wait_for(&browser, "a screen reader tells it", told, json!(true)).await?;
    check(&browser, &named("model-loading", language)).await?;
    wait_for(&browser, "it is lit", dot, json!("dot")).await?;
    wait_for(&browser, "the chip has its name alone", chip, json!(false)).await?;
    wait_for(&browser, "there is nothing to tell", told, json!(false)).await?;
    browser.quit().await
}
