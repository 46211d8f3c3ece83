//! A long list and a long conversation, by keyboard and on a phone.

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, Screen, wait_for},
    chat_page::ChatPage,
    deadline::eventually,
    running_server::RunningServer,
    seed::{self, Amount},
    speed,
    words::words,
};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::chats::NUM_ROWS;

in_both_languages! {
    older_conversations_and_earlier_messages_come_by_keyboard_and_on_a_phone,
}

const AMOUNT: Amount = Amount {
    conversations: 120,
    messages: 400,
    longest: 160,
};
/// More than any window of the page holds, many times over.
const LARGE: Amount = Amount {
    conversations: 3_100,
    messages: 8_200,
    longest: 2_000,
};
const EARLIER: &str = "#earlier-messages";
const MORE: &str = "#more-conversations";
const NUM_MESSAGES: &str = "return document.querySelectorAll('article.message').length";
/// Where a message stands on the screen.
const PLACE: &str = "return Math.round(
    document.getElementById(arguments[0]).getBoundingClientRect().top)";

/// The message that is kept as the one being read, and how far below the upper edge of the list it
/// stands in pixels, once what is kept is where it is.
const KEPT: &str = "const names = Object.keys(sessionStorage);
    const name = names.find(it => it.startsWith('hearth-place'));
    const [kept, , id] = (sessionStorage.getItem(name) ?? '').split(' ');
    const top = it => it.getBoundingClientRect().top;
    const message = document.getElementById(id);
    const offset = message && top(message) - top(document.querySelector('.transcript'));
    return message && Math.abs(offset - kept) < 1 ? [id, offset] : null";
/// How far below that edge a message stands; nothing while it is not in the page.
const OFFSET: &str = "const top = it => it.getBoundingClientRect().top;
    const message = document.getElementById(arguments[0]);
    return message && top(message) - top(document.querySelector('.transcript'))";
/// Somebody was reading a message, among the newest, that is not there any more. Two frames later
/// nothing is kept of the last movement of the list.
const READ_WHAT_IS_GONE: &str = "return (async () => {
    for (let frame = 0; frame < 2; frame += 1) {
        await new Promise(done => requestAnimationFrame(done));
    }
    const names = Object.keys(sessionStorage);
    const name = names.find(it => it.startsWith('hearth-place'));
    sessionStorage.setItem(name, '8 60 message-that-is-gone');
})()";
/// How many messages are shown, and whether their end is seen.
const AT_THE_END: &str = "const list = document.querySelector('.transcript');
    return [document.querySelectorAll('article.message').length,
        list.scrollHeight - list.clientHeight - list.scrollTop <= 2]";

async fn place(browser: &Browser, id: &str) -> Result<Value> {
    browser.script(PLACE, vec![json!(id)]).await
}

/// Presses what leads to earlier messages; the message that stood first stays where it was.
async fn show_earlier(
    (browser, page): (&Browser, &ChatPage<'_>),
    by_keyboard: bool,
    first: &str,
    number: u64,
) -> Result<()> {
    page.scroll_up(1_000_000).await?;
    let link = browser.element(EARLIER).await?;
    let before = place(browser, first).await?;
    if by_keyboard {
        link.focus().await?;
        link.send_keys(Key::Enter + "").await?;
    } else {
        link.click().await?;
    }
    wait_for(browser, "messages are shown", NUM_MESSAGES, number).await?;
    eventually("the message keeps its place", PATIENCE, async || {
        let after = place(browser, first).await?;
        let (was, is) = (before.as_i64(), after.as_i64());
        let moved = was.zip(is).map(|(was, is)| (was - is).abs());
        // The link above it may be gone.
        Ok(moved.is_some_and(|moved| moved <= 60).then_some(()))
    })
    .await
}

async fn older_conversations_and_earlier_messages_come_by_keyboard_and_on_a_phone(
    language: Language,
) -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let seeded = seed::fill(&server.database(), "Ada", AMOUNT).await?;
    let browser = Browser::open().await?;
    let path = format!("/c/{}", seeded.conversations[0]);
    let page = ChatPage::shown_at(&path, &browser, &ada, language).await?;

    wait_for(&browser, "conversations are listed", NUM_ROWS, 50).await?;
    let more = browser.element(MORE).await?;
    assert_eq!(
        more.text().await?,
        words(language, "chat.more_conversations")?
    );
    more.focus().await?;
    more.send_keys(Key::Enter + "").await?;
    wait_for(&browser, "conversations are listed", NUM_ROWS, 100).await?;
    // It is still there, and has the focus.
    browser
        .element(MORE)
        .await?
        .send_keys(Key::Enter + "")
        .await?;
    wait_for(&browser, "conversations are listed", NUM_ROWS, 120).await?;
    assert!(!browser.has(MORE).await?);

    let earlier = browser.element(EARLIER).await?.text().await?;
    assert_eq!(earlier, words(language, "chat.earlier_messages")?);
    let first = |index: usize| format!("message-{}", seeded.branch[index]);
    show_earlier((&browser, &page), true, &first(100), 120).await?;
    browser.show_screen(Screen::Phone).await?;
    show_earlier((&browser, &page), false, &first(40), 160).await?;
    assert!(!browser.has(EARLIER).await?);
    let shown = page.messages().await?;
    let shown: Vec<_> = shown.iter().map(|it| it.id.clone()).collect();
    let branch: Vec<_> = seeded.branch.iter().map(ToString::to_string).collect();
    assert_eq!(shown, branch);

    // The conversation goes to the top of the list, and its answer to the end of the branch.
    page.send("Hello").await?;
    page.wait_for_end(81).await?;
    wait_for(&browser, "conversations are listed", NUM_ROWS, 120).await?;
    assert_eq!(page.messages().await?.len(), 162);
    let top = "return document.querySelector('.conversation-link').getAttribute('href')";
    let top = browser.script(top, Vec::new()).await?;
    assert_eq!(top, json!(format!("/c/{}", seeded.conversations[0])));

    // On a phone the list is a drawer.
    page.open("/").await?;
    browser.element("#open-sidebar").await?.click().await?;
    let moving = "return document.getAnimations().length";
    wait_for(&browser, "animations run", moving, 0).await?;
    browser.element(MORE).await?.click().await?;
    wait_for(&browser, "conversations are listed", NUM_ROWS, 100).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_has_no_more_elements_because_there_is_more_in_the_database() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let seeded = seed::fill(&server.database(), "Ada", LARGE).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let long = format!("/c/{}", seeded.conversations[0]);
    for (path, count) in [("/", 0), (long.as_str(), 60)] {
        page.open(path).await?;
        wait_for(&browser, "conversations are listed", NUM_ROWS, 50).await?;
        wait_for(&browser, "messages are shown", NUM_MESSAGES, count).await?;
        let number = speed::num_elements(&browser).await?;
        assert!(
            number <= speed::MAX_ELEMENTS,
            "{path} has {number} elements"
        );
    }
    browser.quit().await
}

/// Waits until a message stands that far below the upper edge of the list again.
async fn wait_for_place(browser: &Browser, (message, offset): &(String, f64)) -> Result<()> {
    eventually("the same message is read", PATIENCE, async || {
        let is = browser.script(OFFSET, vec![json!(message)]).await?;
        let moved = is.as_f64().map(|is| (is - offset).abs());
        Ok(moved.is_some_and(|moved| moved <= 2.0).then_some(()))
    })
    .await
}

async fn leave_and_come_back(browser: &Browser) -> Result<()> {
    browser.element("#new-chat").await?.click().await?;
    browser.element(".empty-stage").await?;
    browser.driver().back().await?;
    Ok(())
}

/// A conversation is opened with its newest messages: what was read before them is fetched again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_back_leads_to_earlier_messages_that_were_fetched_and_read() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let seeded = seed::fill(&server.database(), "Ada", AMOUNT).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    let long = format!("/c/{}", seeded.conversations[0]);
    page.enter_at(&ada, &long).await?;
    let message = |index: usize| format!("message-{}", seeded.branch[index]);
    show_earlier((&browser, &page), false, &message(100), 120).await?;
    show_earlier((&browser, &page), false, &message(40), 160).await?;
    page.scroll_up(1_500).await?;
    let read: (String, f64) = eventually("the place is kept", PATIENCE, async || {
        let kept = browser.script(KEPT, Vec::new()).await?;
        Ok(serde_json::from_value(kept)?)
    })
    .await?;
    let is_early = (0..40).any(|index| read.0 == message(index));
    ensure!(is_early, "{read:?} was fetched last");

    leave_and_come_back(&browser).await?;
    wait_for_place(&browser, &read).await?;
    wait_for(&browser, "messages are shown", NUM_MESSAGES, 160).await?;
    page.reload().await?;
    wait_for_place(&browser, &read).await?;

    // Not all of a long conversation is fetched for a message that was deleted meanwhile.
    browser.script(READ_WHAT_IS_GONE, Vec::new()).await?;
    leave_and_come_back(&browser).await?;
    let end = json!([120, true]);
    wait_for(&browser, "the end is shown", AT_THE_END, end).await?;
    browser.quit().await
}
