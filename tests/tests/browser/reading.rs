//! Reading: the end of a growing answer, the place one comes back to, what a lost connection says.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::{ConversationId, Language, SettingName};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, Screen, wait_for, wait_for_end_of, wait_for_words},
    chat_page::{ANSWER, ChatPage, TEXT_BOX},
    deadline::eventually,
    gate::Gate,
    program::Program,
    running_server::{RunningServer, save_setting, send_and_wait},
    web_client::WebClient,
    words::words,
};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

in_both_languages! {
    only_a_person_s_own_movement_lets_go_of_the_end,
    a_conversation_that_cannot_be_opened_leaves_the_shown_one_and_its_address,
    a_lost_connection_is_told_below_the_answer_and_comes_back,
    a_message_in_another_language_than_the_page_says_so,
}

/// Pixels below what is seen.
const BELOW: &str = "const it = document.querySelector('.transcript');
    return it.scrollHeight - it.clientHeight - it.scrollTop";
const TOP: &str = "return document.querySelector('.transcript').scrollTop";

async fn number(browser: &Browser, question: &str) -> Result<f64> {
    let answer = browser.script(question, Vec::new()).await?;
    Ok(answer.as_f64().unwrap_or(f64::MAX))
}

/// In which language each message is, where that is said.
const LANGUAGES: &str =
    "return [...document.querySelectorAll('.user-text, .answer')].map(it => it.lang)";

async fn a_message_in_another_language_than_the_page_says_so(language: Language) -> Result<()> {
    let english = "Good morning.\n\nIt is late.";
    let chinese = "早上好。\n\n时间不早了。";
    let (own, other, said) = match language {
        Language::English => (english, chinese, "zh-CN"),
        Language::Chinese => (chinese, english, "en"),
    };
    let model = ScriptedModel::new(vec![own.to_owned(), other.to_owned()]);
    let (_server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    for (count, text) in [(1, own), (2, other)] {
        page.paste_and_send(text.lines().next().unwrap_or_default())
            .await?;
        page.wait_for_end(count).await?;
    }
    let expected = json!(["", "", said, said]);
    wait_for(&browser, "it is said", LANGUAGES, expected.clone()).await?;
    page.reload().await?;
    page.wait_for_end(2).await?;
    wait_for(&browser, "it is said again", LANGUAGES, expected).await?;
    browser.quit().await
}

/// Many short paragraphs, slowly.
fn long_answer() -> ScriptedModel {
    let answer = "A line of it.\n\n".repeat(120);
    ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(6))
}

async fn only_a_person_s_own_movement_lets_go_of_the_end(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(long_answer()).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    page.send("Go on").await?;
    page.wait_for_text(600).await?;
    let text_box = browser.element(TEXT_BOX).await?;
    text_box.send_keys("ab").await?;
    text_box.send_keys(Key::Backspace + "").await?;
    text_box.send_keys(Key::Backspace + "").await?;
    page.wait_for_text(800).await?;
    eventually("the end is shown", PATIENCE, async || {
        Ok((number(&browser, BELOW).await? <= 2.0).then_some(()))
    })
    .await?;

    page.scroll_up(400).await?;
    let shown = page.last_answer().await?.map_or(0, |it| it.text.len());
    page.wait_for_text(shown + 200).await?;
    ensure!(number(&browser, BELOW).await? > 400.0, "it stays put");
    let pill = browser.element(".to-bottom button").await?;
    let told = words(language, "chat.new_lines")?;
    let (_, told) = told.split_once("{{ number }}").unwrap_or_default();
    let label = pill.text().await?;
    let is_told = !told.is_empty() && label.trim().ends_with(told.trim());
    ensure!(is_told, "{label}");
    pill.click().await?;
    page.wait_for_end(1).await?;
    ensure!(number(&browser, BELOW).await? <= 2.0, "it follows again");
    ensure!(!browser.has(".to-bottom button").await?);
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_back_leads_to_where_one_was_reading() -> Result<()> {
    let answer = "A line of it.\n\n".repeat(120);
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![answer])).await?;
    let chat = send_and_wait(&ada, None, "A long one").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, &format!("/c/{}", chat.conversation.id))
        .await?;
    page.wait_for_end(1).await?;
    page.scroll_up(900).await?;
    wait_for(
        &browser,
        "the place is kept",
        "return Object.keys(sessionStorage).some(it => it.startsWith('hearth-place'))",
        true,
    )
    .await?;
    let before = number(&browser, TOP).await?;
    browser.element("#new-chat").await?.click().await?;
    browser.element(".empty-stage").await?;
    browser.driver().back().await?;
    page.wait_for_end(1).await?;
    eventually("the same lines are shown", PATIENCE, async || {
        let moved = (number(&browser, TOP).await? - before).abs();
        Ok((moved <= 3.0).then_some(()))
    })
    .await?;
    browser.quit().await
}

/// Which row is marked, and what the page is called.
const MARKED: &str = "const rows = document.querySelectorAll('.conversation-link[aria-current]');
    return [[...rows].map(it => it.getAttribute('href')),
        document.querySelector('.chat-title').innerText.trim(), document.title]";

async fn a_conversation_that_cannot_be_opened_leaves_the_shown_one_and_its_address(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let other = send_and_wait(&ada, None, "The other one").await?;
    let shown = send_and_wait(&ada, None, "The shown one").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    let address = format!("/c/{}", shown.conversation.id);
    page.open(&address).await?;
    page.wait_for_end(1).await?;
    page.set_online(false).await?;
    let link = format!("a.conversation-link[href=\"/c/{}\"]", other.conversation.id);
    browser.element(&link).await?.click().await?;
    let note = browser.element(".not-opened").await?.text().await?;
    ensure!(
        note.starts_with(&words(language, "chat.not_opened")?),
        "{note}"
    );
    eventually("the address is true", PATIENCE, async || {
        Ok((page.path().await? == address).then_some(()))
    })
    .await?;
    ensure!(page.messages().await?[0].text == "The shown one");
    let marked = json!([[address], "The shown one", "The shown one · Hearth"]);
    wait_for(&browser, "the page says which it is", MARKED, marked).await?;

    page.set_online(true).await?;
    browser
        .element(".not-opened .button")
        .await?
        .click()
        .await?;
    eventually("the other one is shown", PATIENCE, async || {
        let messages = page.messages().await?;
        let is_shown = messages
            .first()
            .is_some_and(|it| it.text == "The other one");
        Ok(is_shown.then_some(()))
    })
    .await?;
    ensure!(page.conversation().await? == other.conversation.id);
    ensure!(!browser.has(".not-opened").await?);
    browser.quit().await
}

async fn a_lost_connection_is_told_below_the_answer_and_comes_back(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let mut program = Program::start().await?;
    let ada = program.administrator().await?;
    save_setting(&ada, SettingName::Temperature, "0").await??;
    let page = ChatPage::new(&browser, program.base_url());
    page.speak(language).await?;
    page.enter(&ada).await?;
    // Nothing runs, and nobody asks for anything.
    let place = "const it = document.querySelector('.model-chip').getBoundingClientRect();
        return [it.left, it.top, it.height].join(' ')";
    let before = browser.script(place, Vec::new()).await?;
    program.kill()?;
    let offline = words(language, "chat.offline")?;
    wait_for_words(&browser, "[role=status] > .chip", &offline).await?;
    ensure!(browser.script(place, Vec::new()).await? == before);
    browser.show_screen(Screen::Phone).await?;
    let fits = "const chip = document.querySelector('.chip'), root = document.documentElement;
        return [chip.offsetWidth <= 40, chip.title, root.scrollWidth <= root.clientWidth]";
    wait_for(&browser, "it fits", fits, json!([true, offline, true])).await?;
    browser.show_screen(Screen::Desktop).await?;
    program.restart().await?;
    wait_for_end_of(&browser, ".chip").await?;

    page.send("Tell me a long story about a lighthouse.")
        .await?;
    page.wait_for_text(20).await?;
    program.kill()?;
    page.wait_for_note(&words(language, "chat.reconnecting")?)
        .await?;
    browser.element("article.message[data-lost]").await?;
    wait_for_words(&browser, ".chip", &offline).await?;
    program.restart().await?;
    page.wait_for_note(&words(language, "chat.interrupted")?)
        .await?;
    wait_for_end_of(&browser, ".chip").await?;
    ensure!(!browser.has("article.message[data-lost]").await?);
    browser.quit().await
}

const LOST: &str = "article.message[data-lost]";
/// How the ember at the end of what is being written burns.
const EMBERS: &str = "return [...document.querySelectorAll('.pending *')]
    .map(it => getComputedStyle(it, '::after'))
    .filter(it => it.content !== 'none')
    .map(it => it.animationName)";

/// From now on no timer rings but those of a moment, so that the page does nothing by itself any
/// more; notes that it waits before it asks for the answer again.
const STOP_CLOCK: &str = "window.usualTimeout = window.setTimeout;
    window.setTimeout = (call, pause, ...given) => {
        if (pause < 200) return window.usualTimeout(call, pause, ...given);
        if (pause >= 500 && pause <= 8000) window.isPausing = true;
        return 0;
    };";
const START_CLOCK: &str = "window.setTimeout = window.usualTimeout";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_button_below_a_lost_answer_brings_it_on_without_a_wait() -> Result<()> {
    let answer = "A line of it. ".repeat(200);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(20));
    let (server, ada) = RunningServer::start(model).await?;
    let gate = Gate::before(server.addr()).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, gate.base_url());
    page.enter(&ada).await?;
    page.send("Go on").await?;
    page.wait_for_text(30).await?;
    wait_for(&browser, "the ember burns", EMBERS, json!(["burn"])).await?;
    page.set_online(false).await?;
    gate.cut();
    let lost = words(Language::English, "chat.reconnecting")?;
    page.wait_for_note(&lost).await?;
    browser.script(STOP_CLOCK, Vec::new()).await?;
    wait_for(&browser, "the ember is out", EMBERS, json!(["none"])).await?;
    let is_pausing = "return window.isPausing === true";
    wait_for(&browser, "the page waits", is_pausing, true).await?;

    // The server is there again; nothing but the button tells the page.
    page.set_online(true).await?;
    let shown = page.wait_for_note(&lost).await?.text.chars().count();
    let button = browser.element(".message-note .button").await?;
    ensure!(button.text().await? == words(Language::English, "chat.try_again")?);
    button.click().await?;
    page.wait_for_text(shown + 30).await?;
    ensure!(!browser.has(LOST).await?, "it is told no longer");
    browser.script(START_CLOCK, Vec::new()).await?;
    page.stop().await?;
    page.wait_for_end(1).await?;
    browser.quit().await
}

/// How long an answer of this conversation may be, in tokens.
async fn limit_answers(client: &WebClient, id: ConversationId, limit: &str) -> Result<()> {
    let arguments = [
        ("id", id.to_string()),
        ("form[max_tokens]", limit.to_owned()),
    ];
    let saved = client.call::<ConversationId>("save_conversation_settings", &arguments);
    saved.await??;
    Ok(())
}

/// Which answers have something told of their turn, oldest first.
const TOLD: &str = "return [...document.querySelectorAll('article[data-role=assistant]')]
    .map(it => it.querySelector('.message-notice') !== null)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_of_one_turn_is_not_told_of_the_next() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hi".into()])).await?;
    // More than half of what the model can read: each letter is a token.
    let long = "words ".repeat(750);
    let id = send_and_wait(&ada, None, &long).await?.conversation.id;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, &format!("/c/{id}")).await?;
    page.wait_for_end(1).await?;

    // The other half is kept free, so that the long question is left out.
    limit_answers(&ada, id, "4096").await?;
    page.send("Two").await?;
    page.wait_for_end(2).await?;
    let told = browser.element(".message-notice").await?.text().await?;
    ensure!(
        told == words(Language::English, "chat.one_left_out")?,
        "{told}"
    );
    limit_answers(&ada, id, "16").await?;
    page.send("Three").await?;
    page.wait_for_end(3).await?;
    let told = browser.script(TOLD, Vec::new()).await?;
    ensure!(told == json!([false, true, false]), "{told}");
    browser.quit().await
}

/// Where what a CSS selector finds begins and ends in the window, from above; no script runs.
async fn place(browser: &Browser, selector: &str) -> Result<(f64, f64)> {
    let document = json!({"depth": 1});
    let document = browser.devtools("DOM.getDocument", document).await?;
    let asked = json!({"nodeId": document["root"]["nodeId"], "selector": selector});
    let found = browser.devtools("DOM.querySelector", asked).await?;
    let asked = json!({"nodeId": found["nodeId"]});
    let told = browser.devtools("DOM.getBoxModel", asked).await?;
    // Across and down, from the first corner on with the clock.
    let corners: [f64; 8] = serde_json::from_value(told["model"]["border"].clone())?;
    Ok((corners[1], corners[5]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_script_a_long_conversation_opens_at_its_end() -> Result<()> {
    let answer = "A line of it.\n\n".repeat(120);
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![answer])).await?;
    let chat = send_and_wait(&ada, None, "A long one").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let switch = "Emulation.setScriptExecutionDisabled";
    browser.devtools(switch, json!({"value": true})).await?;
    let address = format!("{}/c/{}", server.base_url(), chat.conversation.id);
    browser.goto(&address).await?;
    let (top, bottom) = place(&browser, "article.message[data-role=assistant]").await?;
    let (box_top, box_bottom) = place(&browser, "form.composer").await?;
    ensure!(
        top < 0.0,
        "it is longer than the window, and begins at {top}"
    );
    ensure!(
        bottom > 0.0 && bottom < box_top && box_bottom < 900.0,
        "it ends at {bottom}, above the box from {box_top} to {box_bottom}"
    );
    browser.devtools(switch, json!({"value": false})).await?;
    page.open("/").await?;
    browser.quit().await
}

/// The ember stands behind the last letter, in the item itself, not below the list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caret_of_a_list_stands_in_its_last_item() -> Result<()> {
    let answer = format!("- one\n- {}", "two and more of it ".repeat(30));
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(10));
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    page.send("A list").await?;
    let question = "const list = document.querySelector('.pending > ul');
        if (!list || list.children.length < 2) return false;
        const has = it => getComputedStyle(it, '::after').content !== 'none';
        return !has(list) && has(list.lastElementChild) && !has(list.firstElementChild);";
    eventually("the caret is in the item", ANSWER, async || {
        let answer = browser.script(question, Vec::new()).await?;
        Ok((answer == Value::Bool(true)).then_some(()))
    })
    .await?;
    page.stop().await?;
    page.wait_for_end(1).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_open_beside_their_button_and_a_chord_copies_the_last_answer() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    page.send("Hello").await?;
    let answer = page.wait_for_end(1).await?;
    let place = "const it = document.querySelector('.message-footer').getBoundingClientRect();
        return [it.top, it.height].join(' ')";
    // It has arrived.
    browser.settle().await?;
    let before = browser.script(place, Vec::new()).await?;
    let button = browser.element(".message-info > button").await?;
    button.click().await?;
    let is_open = "return document.querySelector('.about-answer').matches(':popover-open')";
    wait_for(&browser, "the facts are shown", is_open, true).await?;
    ensure!(browser.script(place, Vec::new()).await? == before);
    page.press_key("Escape", 0).await?;
    let is_closed = "return !document.querySelector('.about-answer').matches(':popover-open')";
    wait_for(&browser, "they are put away", is_closed, true).await?;

    let clipboard = "const { clipboard } = navigator;
        const text = items => items[0].getType('text/plain').then(blob => blob.text());
        const keep = it => { window.copied = it };
        clipboard.write = items => text(items).then(keep);
        clipboard.writeText = text => Promise.resolve(keep(text));";
    browser.script(clipboard, Vec::new()).await?;
    page.press_key("C", 10).await?;
    eventually("the answer is copied", PATIENCE, async || {
        let copied = browser.script("return window.copied", Vec::new()).await?;
        Ok((copied == json!(answer.text)).then_some(()))
    })
    .await?;
    browser.element(".copy-button[data-copied]").await?;
    browser.quit().await
}
