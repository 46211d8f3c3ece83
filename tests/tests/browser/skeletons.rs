//! What is waited for has lines in its place, after a moment and never before.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ConversationId, Language};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for, wait_for_end_of, wait_for_words},
    chat_page::{ChatPage, HOLD, TEXT_BOX},
    database::rename_all,
    keyboard::{ALT, CTRL, SHIFT, wait_for_focus},
    running_server::RunningServer,
    seed::{self, Amount},
    words::words,
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::{
    accessibility::check,
    chats::{Chats, NUM_ROWS},
    named,
};

in_both_languages! {
    a_conversation_that_takes_long_has_lines_in_its_place_and_is_sent_nothing_before_it_is_there,
    a_section_and_a_page_that_take_long_have_lines_in_their_place,
}

/// Notes how long after a press there are lines, and what is sent or copied.
const WATCH: &str = "window.seen = [];
    const begin = () => window.begun = performance.now();
    for (const kind of ['click', 'keydown']) addEventListener(kind, begin, true);
    const look = () => {
        if (document.querySelector('.skeletons')) {
            window.seen.push(performance.now() - window.begun);
        }
    };
    const options = { subtree: true, childList: true };
    new MutationObserver(look).observe(document.documentElement, options);
    window.sent = 0;
    const fetch = window.fetch.bind(window);
    window.fetch = (request, ...rest) => {
        const asked = (request.url ?? String(request)).split('/').pop();
        if (['send_message', 'message_text'].includes(asked)) window.sent += 1;
        return fetch(request, ...rest);
    };";

/// A clock on which one pause, in milliseconds, is another.
const CLOCK: &str = "const [from, to] = arguments;
    const later = window.setTimeout.bind(window);
    window.setTimeout = (what, pause, ...rest) =>
        later(what, pause === from ? to : pause, ...rest);";
/// After which there are lines.
const MOMENT: u32 = 150;
/// After which an answer is not waited for any more.
const LIMIT: u32 = 15_000;
const LONG: u32 = 600_000;

/// A clock after midnight, before that of the server is there; counts how often the list is asked
/// for.
const AHEAD: &str = "window.asked = 0;
    const fetch = window.fetch.bind(window);
    window.fetch = (request, ...rest) => {
        if ((request.url ?? String(request)).endsWith('/conversations')) window.asked += 1;
        return fetch(request, ...rest);
    };
    const day = new Date().getDate() % 28 + 1;
    Date.prototype.getDate = () => day;
    Date.prototype.getHours = () => 0;";

const LINES: &str = ".waiting-stage > .skeletons";

/// More than one page of the list.
const AMOUNT: Amount = Amount {
    conversations: 70,
    messages: 140,
    longest: 2,
};

async fn hold(browser: &Browser, function: &str) -> Result<()> {
    browser.script(WATCH, Vec::new()).await?;
    browser.script(HOLD, vec![json!(function)]).await?;
    Ok(())
}

async fn change_clock(browser: &Browser, from: u32, to: u32) -> Result<()> {
    let pauses = vec![json!(from), json!(to)];
    browser.script(CLOCK, pauses).await?;
    Ok(())
}

/// Lets what is held back go; the lines were not there at once and go too.
async fn let_go(browser: &Browser, lines: &str) -> Result<()> {
    let seen = browser.script("return window.seen[0]", Vec::new()).await?;
    let seen = seen.as_f64().context("there were lines")?;
    // A timer of the browser may be early by a little.
    ensure!(seen >= 145.0, "lines after {seen} ms");
    browser.script("window.letGo()", Vec::new()).await?;
    wait_for_end_of(browser, lines).await
}

async fn press(browser: &Browser, selector: &str) -> Result<()> {
    browser.element(selector).await?.click().await?;
    Ok(())
}

async fn a_conversation_that_takes_long_has_lines_in_its_place_and_is_sent_nothing_before_it_is_there(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&["Second", "First"]).await?;
    let browser = Browser::open().await?;
    let (_server, page, ids) = chats.show(&browser, language).await?;
    page.open(&format!("/c/{}", ids[0])).await?;
    press(&browser, "#title-button").await?;
    let input = browser.element(".chat-title > .input").await?;
    input.send_keys("Renamed").await?;
    // What is looked at here may take its time.
    change_clock(&browser, LIMIT, LONG).await?;
    hold(&browser, "/conversation").await?;
    page.press_key("ArrowDown", ALT).await?;
    browser.element(LINES).await?;
    let title = format!("#chat-{} .conversation-title", ids[0]);
    wait_for_words(&browser, &title, "Renamed").await?;
    let told = "return [
        document.querySelector('.transcript-content').ariaBusy,
        document.querySelector('.chat-stage > [role=status]').textContent,
        document.querySelector('.chat-title'),
    ]";
    let word = words(language, "frame.waiting")?;
    wait_for(&browser, "it is told", told, json!(["true", word, null])).await?;
    check(&browser, &named("waiting", language)).await?;
    // The person writes on; nothing of it goes to the conversation that is not seen any more.
    wait_for_focus(&browser, TEXT_BOX).await?;
    page.send("Meanwhile").await?;
    assert_eq!(page.draft().await?, "Meanwhile");
    // Nor is that one walked through, or copied.
    let seen = "return getComputedStyle(document.querySelector('.transcript')).visibility";
    wait_for(&browser, "it is covered", seen, json!("hidden")).await?;
    page.press_key("C", CTRL | SHIFT).await?;
    let_go(&browser, LINES).await?;
    page.wait_for_questions(&["Second"]).await?;
    wait_for_focus(&browser, TEXT_BOX).await?;
    let busy = "return document.querySelector('.transcript-content').ariaBusy";
    wait_for(&browser, "nothing is on its way", busy, json!(null)).await?;
    wait_for(&browser, "it is seen", seen, json!("visible")).await?;
    wait_for(&browser, "nothing was sent", "return window.sent", json!(0)).await?;
    assert_eq!(page.draft().await?, "Meanwhile");
    let draft = "return document.getElementById('composer-text').value";
    for (id, question, text) in [(ids[0], "First", ""), (ids[1], "Second", "Meanwhile")] {
        page.open(&format!("/c/{id}")).await?;
        page.wait_for_questions(&[question]).await?;
        wait_for(&browser, "the draft", draft, json!(text)).await?;
    }

    come_from_an_empty_page(&browser, &page, &ids).await?;
    go_back_and_ask_once_more(&browser, &page, &ids).await?;
    ask_in_vain(&browser, &page, &ids).await?;
    browser.quit().await
}

/// The box goes down at once, and does not move again.
async fn come_from_an_empty_page(
    browser: &Browser,
    page: &ChatPage<'_>,
    ids: &[ConversationId],
) -> Result<()> {
    page.open("/").await?;
    hold(browser, "/conversation").await?;
    press(browser, &format!("#chat-{}", ids[1])).await?;
    browser.element(LINES).await?;
    let place = "return document.querySelector('.composer').getBoundingClientRect().bottom";
    let before = browser.script(place, Vec::new()).await?;
    assert!(!browser.has(".greeting").await?);
    let_go(browser, LINES).await?;
    page.wait_for_questions(&["Second"]).await?;
    assert_eq!(browser.script(place, Vec::new()).await?, before);
    Ok(())
}

/// Who goes back meanwhile finds what was there, and later the first answer that comes.
async fn go_back_and_ask_once_more(
    browser: &Browser,
    page: &ChatPage<'_>,
    ids: &[ConversationId],
) -> Result<()> {
    hold(browser, "/conversation").await?;
    press(browser, &format!("#chat-{}", ids[0])).await?;
    browser.element(LINES).await?;
    press(browser, &format!("#chat-{}", ids[1])).await?;
    wait_for_end_of(browser, LINES).await?;
    page.wait_for_questions(&["Second"]).await?;
    let_go(browser, LINES).await?;
    page.wait_for_questions(&["Second"]).await?;

    hold(browser, "/conversation").await?;
    press(browser, &format!("#chat-{}", ids[0])).await?;
    browser.element(LINES).await?;
    press(browser, &format!("#chat-{}", ids[1])).await?;
    wait_for_end_of(browser, LINES).await?;
    let first = "window.letFirstGo = window.letGo";
    browser.script(first, Vec::new()).await?;
    hold(browser, "/conversation").await?;
    let again = format!("document.getElementById('chat-{}').click();", ids[0]) + "letFirstGo();";
    browser.script(&again, Vec::new()).await?;
    page.wait_for_questions(&["First"]).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!browser.has(LINES).await?);
    browser.script("window.letGo()", Vec::new()).await?;
    Ok(())
}

/// An answer that never comes is waited for only so long.
async fn ask_in_vain(browser: &Browser, page: &ChatPage<'_>, ids: &[ConversationId]) -> Result<()> {
    change_clock(browser, LIMIT, 400).await?;
    hold(browser, "/conversation").await?;
    press(browser, &format!("#chat-{}", ids[1])).await?;
    browser.element(".not-opened").await?;
    let seen = "return window.seen.length > 0";
    wait_for(browser, "there were lines", seen, true).await?;
    wait_for_end_of(browser, LINES).await?;
    page.wait_for_questions(&["First"]).await?;
    browser.script("window.letGo()", Vec::new()).await?;
    press(browser, ".not-opened button").await?;
    page.wait_for_questions(&["Second"]).await?;
    Ok(())
}

async fn a_section_and_a_page_that_take_long_have_lines_in_their_place(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&["Second", "First"]).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    page.open("/settings").await?;
    hold(&browser, "/draw_settings").await?;
    press(&browser, ".settings-sections a[href='/settings/account']").await?;
    let lines = ".settings-main > .skeletons";
    browser.element(lines).await?;
    let told = "return document.querySelector('.settings-main > [role=status]').textContent";
    let word = words(language, "frame.waiting")?;
    wait_for(&browser, "it is told", told, json!(word)).await?;
    check(&browser, &named("section-waiting", language)).await?;
    let_go(&browser, lines).await?;
    browser.element(".drawn input[name=old_password]").await?;

    hold(&browser, "/signed_in_user").await?;
    press(&browser, ".settings-side > a").await?;
    let lines = ".page-awaited > .skeletons";
    browser.element(lines).await?;
    let_go(&browser, lines).await?;
    browser.element(TEXT_BOX).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_rows_of_the_list_have_lines_in_their_place_when_they_take_long() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    seed::fill(&server.database(), "Ada", AMOUNT).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    wait_for(&browser, "the first page", NUM_ROWS, json!(50)).await?;
    hold(&browser, "/conversations").await?;
    let more = browser.element("#more-conversations").await?;
    more.focus().await?;
    more.send_keys(Key::Enter + "").await?;
    let lines = ".list-awaited > .skeletons";
    browser.element(lines).await?;
    wait_for_focus(&browser, "#more-conversations").await?;
    let_go(&browser, lines).await?;
    wait_for(&browser, "the second page", NUM_ROWS, json!(70)).await?;

    // After midnight the list is read anew, as far as it is shown: not before the server's, unless
    // that is hours away. What no tab was told of tells when.
    rename_all(&server.database(), "Read anew").await?;
    browser.script(AHEAD, Vec::new()).await?;
    let asked = "return window.asked > 3";
    wait_for(&browser, "the day is asked for again", asked, true).await?;
    let anew = "return [...document.querySelectorAll('.conversation-title')]
        .filter(it => it.textContent === 'Read anew').length";
    wait_for(&browser, "the same list", anew, json!(0)).await?;
    let later = "Date.prototype.getHours = () => 1";
    browser.script(later, Vec::new()).await?;
    wait_for(&browser, "the list of now", anew, json!(70)).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_within_a_moment_shows_no_lines() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let seeded = seed::fill(&server.database(), "Ada", AMOUNT).await?;
    let newest = seeded.conversations.last().context("a conversation")?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    change_clock(&browser, MOMENT, LONG).await?;
    browser.script(WATCH, Vec::new()).await?;
    press(&browser, &format!("#chat-{newest}")).await?;
    browser.element("article.message").await?;
    press(&browser, "#more-conversations").await?;
    wait_for(&browser, "the second page", NUM_ROWS, json!(70)).await?;
    let leave = "document.getElementById('settings-link').click()";
    browser.script(leave, Vec::new()).await?;
    browser.element(".settings-main .drawn").await?;
    press(&browser, ".settings-sections a[href='/settings/trash']").await?;
    let is_shown = "return location.pathname === '/settings/trash'
        && document.querySelector('.settings-main .drawn') !== null";
    wait_for(&browser, "the section", is_shown, json!(true)).await?;
    press(&browser, ".settings-side > a").await?;
    browser.element(TEXT_BOX).await?;
    wait_for(&browser, "no lines", "return window.seen", json!([])).await?;
    browser.quit().await
}
