//! The order of the list in a real browser: pins, folders, the archive, new answers, many at once.

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ConversationId, ConversationPage, FolderId, Language};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, Screen, wait_for, wait_for_end_of, wait_for_words},
    chat_page::ChatPage,
    keyboard::{SHIFT, wait_for_focus},
    running_server::{RunningServer, conversations, send_and_wait},
    seed::{self, Amount},
    web_client::WebClient,
    words::words,
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::{accessibility::check, chats::NUM_ROWS, named};

in_both_languages! {
    a_chat_is_pinned_put_into_a_new_folder_and_archived_by_its_menu,
    a_folder_says_what_its_chats_follow_and_goes_without_them,
    what_was_answered_meanwhile_has_a_dot_until_it_is_looked_at,
    many_chats_are_chosen_by_presses_and_keys_and_come_back_together,
    what_was_archived_comes_back_with_one_press_also_to_the_top,
    many_chats_are_moved_by_a_button_and_not_by_looking_at_folders,
    of_many_chats_the_list_loads_a_piece_whatever_is_pinned,
}

/// Headings with the titles of the rows below them.
const LISTED: &str = "return [...document.querySelectorAll('.conversation-group')].flatMap(it => [
    it.querySelector('h2').textContent.trim(),
    ...[...it.querySelectorAll('li .conversation-title')].map(it => '- ' + it.textContent),
])";
const TICKED: &str = "return [...document.querySelectorAll('.conversation-link')]
    .filter(it => it.ariaChecked === 'true').map(it => it.querySelector('.conversation-title')
    .textContent)";

async fn press(browser: &Browser, selector: &str) -> Result<()> {
    let element = browser.element(selector).await?;
    element.scroll_into_view().await?;
    element.click().await?;
    Ok(())
}

fn row(id: ConversationId) -> String {
    format!(".conversation-row:has(#chat-{id})")
}

/// Opens the menu of a row and presses an entry.
async fn choose(browser: &Browser, id: ConversationId, entry: &str) -> Result<()> {
    press(browser, &format!("{} > .row-more", row(id))).await?;
    press(browser, &format!("#row-menu:popover-open {entry}")).await
}

/// Signed in, with chats called A, B and C; the oldest first. All of them were seen.
async fn open(
    browser: &Browser,
    language: Language,
) -> Result<(RunningServer, WebClient, ChatPage<'_>, [ConversationId; 3])> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let mut ids = Vec::new();
    for title in ["A", "B", "C"] {
        let id = send_and_wait(&ada, None, title).await?.conversation.id;
        let seen = [("id", id.to_string())];
        ada.call::<()>("see_conversation", &seen).await??;
        ids.push(id);
    }
    let page = ChatPage::shown_to(browser, &ada, language).await?;
    let ids = ids.try_into().ok().context("three chats")?;
    Ok((server, ada, page, ids))
}

async fn a_chat_is_pinned_put_into_a_new_folder_and_archived_by_its_menu(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, page, [a, b, c]) = open(&browser, language).await?;
    let (pinned, today) = (
        words(language, "chat.pinned")?,
        words(language, "dates.today")?,
    );
    choose(&browser, a, "[data-arrange=pin]").await?;
    let expected = json!([pinned, "- A", today, "- C", "- B"]);
    wait_for(&browser, "it stands at the top", LISTED, expected).await?;

    press(&browser, &format!("{} > .row-more", row(b))).await?;
    let input = browser
        .element("#row-menu:popover-open .menu-line .input")
        .await?;
    input.send_keys("Tax".to_owned() + Key::Enter).await?;
    let expected = json!([pinned, "- A", "Tax", today, "- C"]);
    wait_for(&browser, "a folder is made", LISTED, expected).await?;
    check(&browser, &named("folders", language)).await?;
    press(&browser, ".folder-link").await?;
    let expected = json!([pinned, "- A", "Tax", "- B", today, "- C"]);
    wait_for(&browser, "the folder opens", LISTED, expected.clone()).await?;

    // A page that begins at a chat of a folder shows where it stands.
    page.open(&format!("/c/{b}")).await?;
    wait_for(&browser, "the same", LISTED, expected).await?;
    choose(&browser, c, "[data-arrange=archive]").await?;
    let expected = json!([pinned, "- A", "Tax", "- B"]);
    wait_for(&browser, "it is put away", LISTED, expected).await?;
    choose(&browser, b, "[data-arrange=move]:not([data-folder])").await?;
    let expected = json!([pinned, "- A", "Tax", today, "- B"]);
    wait_for(&browser, "out of the folder", LISTED, expected).await?;
    choose(&browser, a, "[data-arrange=unpin]").await?;
    let expected = json!(["Tax", today, "- B", "- A"]);
    wait_for(&browser, "in its place again", LISTED, expected).await?;

    // Another device of the same person says the same at once.
    let folder = ada
        .call::<ConversationPage>("conversations", &[])
        .await??
        .folders[0]
        .id;
    let fields = [
        ("ids[0]", a.to_string()),
        ("arrangement", "move".to_owned()),
        ("folder", folder.to_string()),
    ];
    ada.call_raw("arrange_conversations", &fields).await?;
    let expected = json!(["Tax", "- A", today, "- B"]);
    wait_for(&browser, "it goes here too", LISTED, expected).await?;

    page.open("/settings/archive").await?;
    wait_for_words(&browser, ".archive tbody", "C").await?;
    check(&browser, &named("archive", language)).await?;
    press(&browser, ".archive button").await?;
    browser.element(".exports-empty").await?;
    browser.quit().await
}

async fn a_folder_says_what_its_chats_follow_and_goes_without_them(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, page, [a, ..]) = open(&browser, language).await?;
    let fields = [
        ("ids[0]", a.to_string()),
        ("arrangement", "move".to_owned()),
        ("folder_name", "Tax".to_owned()),
    ];
    ada.call_raw("arrange_conversations", &fields).await?;
    browser.element(".folder-link").await?;
    browser.show_screen(Screen::Phone).await?;
    page.open("/settings/folders").await?;
    press(&browser, ".folder-names a").await?;
    let told = browser.element("#folder-instructions").await?;
    told.send_keys("Name the paragraph.").await?;
    check(&browser, &named("folder", language)).await?;
    press(&browser, "form:has(#folder-instructions) .button.primary").await?;
    page.open(&format!("/c/{a}")).await?;
    page.wait_for_end(1).await?;
    press(&browser, ".chat-more").await?;
    press(&browser, "#more-menu > button").await?;
    wait_for_words(&browser, "#own-system-prompt-hint", "Tax").await?;

    browser.show_screen(Screen::Desktop).await?;
    page.open("/settings/folders").await?;
    press(&browser, ".folder-names a").await?;
    press(&browser, ".confirm > summary").await?;
    press(&browser, ".confirm .button.danger").await?;
    browser.element(".exports-empty").await?;
    ensure!(conversations(&ada).await?.len() == 3, "its chats stay");
    browser.quit().await
}

async fn what_was_answered_meanwhile_has_a_dot_until_it_is_looked_at(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, page, [a, b, _]) = open(&browser, language).await?;
    let dot = |id| format!("{} .dot:not(.burning)", row(id));
    page.open(&format!("/c/{b}")).await?;
    page.wait_for_end(1).await?;
    send_and_wait(&ada, Some(a), "Once more").await?;
    let link = browser.element(&dot(a)).await?;
    let link = link.find(By::XPath("..")).await?.text().await?;
    ensure!(link.contains(&words(language, "chat.unread")?), "{link}");
    check(&browser, &named("unread", language)).await?;
    press(&browser, &format!("#chat-{a}")).await?;
    wait_for_end_of(&browser, &dot(a)).await?;
    // What ends before somebody's eyes is seen, and stays so in the next page.
    page.send("And here").await?;
    page.wait_for_end(3).await?;
    page.reload().await?;
    page.wait_for_end(3).await?;
    ensure!(!browser.has(&dot(a)).await?, "it was seen");
    browser.quit().await
}

async fn many_chats_are_chosen_by_presses_and_keys_and_come_back_together(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, _ada, page, [a, _, c]) = open(&browser, language).await?;
    let today = words(language, "dates.today")?;
    let all = json!([today, "- C", "- B", "- A"]);
    choose(&browser, c, "button:has([href$=check])").await?;
    wait_for(&browser, "one is chosen", TICKED, json!(["C"])).await?;
    page.press_key("ArrowDown", 0).await?;
    page.press_key("ArrowDown", 0).await?;
    page.press_key(" ", SHIFT).await?;
    wait_for(&browser, "a range", TICKED, json!(["C", "B", "A"])).await?;
    press(&browser, &format!("#chat-{a}")).await?;
    wait_for(&browser, "a press", TICKED, json!(["C", "B"])).await?;
    ensure!(page.path().await? == "/", "nothing was opened");
    check(&browser, &named("selection", language)).await?;
    press(&browser, ".selection-bar button:has([href$=trash])").await?;
    wait_for(&browser, "one is left", LISTED, json!([today, "- A"])).await?;
    press(&browser, ".toasts .toast-action").await?;
    wait_for(&browser, "they come back", LISTED, all.clone()).await?;

    // The key does on a row what the button does.
    choose(&browser, c, "button:has([href$=check])").await?;
    page.press_key("ArrowDown", 0).await?;
    page.press_key(" ", 0).await?;
    wait_for(&browser, "two", TICKED, json!(["C", "B"])).await?;
    page.press_key("Delete", 0).await?;
    wait_for(&browser, "one is left", LISTED, json!([today, "- A"])).await?;
    press(&browser, ".toasts .toast-action").await?;
    wait_for(&browser, "they come back", LISTED, all).await?;

    choose(&browser, a, "button:has([href$=check])").await?;
    browser.element(".selection-bar").await?;
    // A title that is written meanwhile has spaces, which choose nothing.
    page.press_key("F2", 0).await?;
    let title = browser.element(".conversation-row > .input").await?;
    title.send_keys("A new one".to_owned() + Key::Enter).await?;
    let renamed = json!([today, "- C", "- B", "- A new one"]);
    wait_for(&browser, "it has spaces", LISTED, renamed).await?;
    wait_for(&browser, "as before", TICKED, json!(["A new one"])).await?;
    // The way out gives the focus back to the list.
    press(&browser, ".selection-bar button:has([href$=close])").await?;
    wait_for_end_of(&browser, ".selection-bar").await?;
    wait_for_focus(&browser, &format!("#chat-{a}")).await?;

    choose(&browser, a, "button:has([href$=check])").await?;
    browser.element(".selection-bar").await?;
    page.press_key("Escape", 0).await?;
    wait_for_end_of(&browser, ".selection-bar").await?;
    press(&browser, &format!("#chat-{a}")).await?;
    page.wait_for_end(1).await?;
    browser.quit().await
}

async fn what_was_archived_comes_back_with_one_press_also_to_the_top(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, _ada, page, [a, _, c]) = open(&browser, language).await?;
    let (pinned, today) = (
        words(language, "chat.pinned")?,
        words(language, "dates.today")?,
    );
    choose(&browser, a, "[data-arrange=pin]").await?;
    let all = json!([pinned, "- A", today, "- C", "- B"]);
    wait_for(&browser, "it stands at the top", LISTED, all.clone()).await?;
    choose(&browser, a, "[data-arrange=archive]").await?;
    let fewer = json!([today, "- C", "- B"]);
    wait_for(&browser, "it is put away", LISTED, fewer).await?;
    wait_for_words(&browser, ".toast", &words(language, "chat.archived")?).await?;
    press(&browser, ".toasts .toast-action").await?;
    wait_for(&browser, "it comes back", LISTED, all.clone()).await?;

    choose(&browser, a, "button:has([href$=check])").await?;
    press(&browser, &format!("#chat-{c}")).await?;
    press(&browser, ".selection-bar button:has([href$=archive])").await?;
    wait_for(&browser, "one is left", LISTED, json!([today, "- B"])).await?;
    press(&browser, ".toasts .toast-action").await?;
    wait_for(&browser, "both come back", LISTED, all).await?;
    ensure!(page.path().await? == "/", "nothing was opened");
    browser.quit().await
}

async fn many_chats_are_moved_by_a_button_and_not_by_looking_at_folders(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, ada, _page, [a, b, _]) = open(&browser, language).await?;
    let today = words(language, "dates.today")?;
    let name = [("name", "Tax".to_owned())];
    ada.call::<FolderId>("create_folder", &name).await??;
    let listed = json!(["Tax", today, "- C", "- B", "- A"]);
    wait_for(&browser, "a folder", LISTED, listed.clone()).await?;
    choose(&browser, b, "button:has([href$=check])").await?;
    press(&browser, &format!("#chat-{a}")).await?;
    // Arrow keys in a box that is closed choose at once: that is no order yet.
    for option in ["last", "first"] {
        let option = format!(".selection-bar option:{option}-child");
        browser.element(&option).await?.click().await?;
        wait_for(&browser, "still chosen", TICKED, json!(["B", "A"])).await?;
    }
    wait_for(&browser, "nothing was moved", LISTED, listed).await?;
    let bar = "const bar = document.querySelector('.selection-bar');
        return bar.scrollWidth <= bar.clientWidth";
    wait_for(&browser, "there is room for all of it", bar, json!(true)).await?;
    press(&browser, ".selection-bar button:has([href$=folder])").await?;
    let moved = json!(["Tax", today, "- C"]);
    wait_for(&browser, "both are moved", LISTED, moved).await?;
    browser.quit().await
}

async fn of_many_chats_the_list_loads_a_piece_whatever_is_pinned(language: Language) -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let amount = Amount {
        conversations: 10_000,
        messages: 20_002,
        longest: 4,
    };
    let all = seed::fill(&server.database(), "Ada", amount)
        .await?
        .conversations;
    let mut fields = vec![("arrangement", "pin".to_owned())];
    fields.extend([
        ("ids[0]", all[0].to_string()),
        ("ids[1]", all[5000].to_string()),
    ]);
    ada.call_raw("arrange_conversations", &fields).await?;
    let browser = Browser::open().await?;
    let _page = ChatPage::shown_to(&browser, &ada, language).await?;
    wait_for(&browser, "a piece", NUM_ROWS, json!(52)).await?;
    press(&browser, "#more-conversations").await?;
    wait_for(&browser, "the next one", NUM_ROWS, json!(102)).await?;
    browser.quit().await
}
