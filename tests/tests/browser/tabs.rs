//! What one tab or device does appears in all others, over two connections.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::{Language, MessageId, SettingName};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, wait_for},
    chat_page::{ChatPage, HOLD, QUEUED, RUNNING, TEXT_BOX},
    deadline::eventually,
    gate::Gate,
    running_server::{RunningServer, message_text, save_setting, send, send_and_wait},
    tail::letters,
    web_client::WebClient,
};
use serde_json::{Value, json};
use thirtyfour::WindowHandle;

use super::chats::TITLES;

in_both_languages! {
    what_two_tabs_write_for_the_end_of_an_answer_is_one_message,
    what_another_tab_adds_while_the_message_is_sent_waits_on,
    what_waits_in_two_tabs_comes_back_to_the_one_that_is_looked_at,
    a_text_that_another_tab_sent_can_be_written_once_more,
}

/// Remembers the streams that a page opens, and tells other pages how many are open.
const REMEMBER: &str = "window.streams = [];
    window.EventSource = class extends window.EventSource {
        constructor(...rest) {
            super(...rest);
            window.streams.push(this);
        }
    };
    window.openStreams = () => window.streams.filter(it => it.readyState !== 2).length;
    const asked = new BroadcastChannel('test-streams');
    asked.onmessage = event => event.data === '?' && asked.postMessage(window.openStreams());";

/// How many streams this and each other page have open.
const COUNT: &str = "const done = arguments[arguments.length - 1];
    const counts = [];
    const asked = new BroadcastChannel('test-streams');
    asked.onmessage = event => event.data !== '?' && counts.push(event.data);
    asked.postMessage('?');
    setTimeout(() => { asked.close(); done(counts.sort()) }, 300);";

/// Adds to the message that waits, as another tab does.
const ADD: &str =
    "const name = Object.keys(localStorage).find(it => it.startsWith('hearth-queued'));
    const [, ...text] = localStorage.getItem(name).split('\\n');
    const key = '0192f0c1-2f3a-4000-8000-000000000001';
    localStorage.setItem(name, [key, ...text, '', 'Three'].join('\\n'));";

/// Counts how often the list of conversations is read.
const COUNT_LISTS: &str = "const fetch = window.fetch.bind(window);
    window.numLists = 0;
    window.fetch = (request, ...rest) => {
        if ((request.url ?? String(request)).endsWith('/conversations')) window.numLists += 1;
        return fetch(request, ...rest);
    };";

/// An answer of about twelve seconds.
fn slow_model() -> ScriptedModel {
    let answer = "A slow answer, word by word. ".repeat(20);
    ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(20))
}

/// A question whose answer is being written.
async fn ask<'a>(
    browser: &'a Browser,
    ada: &WebClient,
    language: Language,
) -> Result<ChatPage<'a>> {
    let page = ChatPage::shown_to(browser, ada, language).await?;
    page.send("One").await?;
    page.wait_for_text(3).await?;
    Ok(page)
}

/// Waits until this waits for the end of the answer.
async fn wait_for_waiting(browser: &Browser, expected: &str) -> Result<()> {
    let what = format!("{expected:?} waits");
    let script = "return document.querySelector(arguments[0])?.textContent";
    let row = format!("{QUEUED} p");
    eventually(&what, PATIENCE, async || {
        let text = browser.script(script, vec![json!(row)]).await?;
        Ok((text == expected).then_some(()))
    })
    .await
}

async fn wait_for_titles(browser: &Browser, expected: &[&str]) -> Result<()> {
    let what = format!("the list is {expected:?}");
    wait_for(browser, &what, TITLES, json!(expected)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_device_does_appears_without_a_look() -> Result<()> {
    let (server, phone) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&phone).await?;
    page.send("Hello").await?;
    page.wait_for_end(1).await?;
    let id = page.conversation().await?;

    send_and_wait(&phone, Some(id), "From the phone").await?;
    eventually("the phone's question is shown", PATIENCE, async || {
        let messages = page.messages().await?;
        let is_there = messages.len() == 4 && messages[2].text == "From the phone";
        Ok(is_there.then_some(()))
    })
    .await?;
    page.wait_for_end(2).await?;

    let elsewhere = send_and_wait(&phone, None, "Elsewhere").await?;
    wait_for_titles(&browser, &["Elsewhere", "Hello"]).await?;
    let title = [("id", id.to_string()), ("title", "Renamed".to_owned())];
    phone.call::<()>("rename_conversation", &title).await??;
    wait_for_titles(&browser, &["Elsewhere", "Renamed"]).await?;
    eventually("the shown title is the new one", PATIENCE, async || {
        let shown = browser.driver().title().await?;
        Ok(shown.starts_with("Renamed").then_some(()))
    })
    .await?;
    let gone = [("id", elsewhere.conversation.id.to_string())];
    phone.call::<()>("delete_conversation", &gone).await??;
    wait_for_titles(&browser, &["Renamed"]).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_tabs_one_listens_and_another_takes_over() -> Result<()> {
    let (server, phone) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    let source = json!({ "source": REMEMBER });
    let method = "Page.addScriptToEvaluateOnNewDocument";
    browser.devtools(method, source.clone()).await?;
    page.enter(&phone).await?;
    let first = browser.driver().window().await?;
    for _ in 0..2 {
        browser.open_tab().await?;
        browser.devtools(method, source.clone()).await?;
        page.open("/").await?;
    }
    eventually("one of three tabs listens", PATIENCE, async || {
        let counts = browser.driver().execute_async(COUNT, Vec::new()).await?;
        Ok((*counts.json() == json!([0, 0, 1])).then_some(()))
    })
    .await?;

    // The one that listened is gone.
    browser.driver().close_window().await?;
    let turn = send_and_wait(&phone, None, "Hello").await?;
    browser.driver().switch_to_window(first).await?;
    wait_for_titles(&browser, &["Hello"]).await?;
    let title = [
        ("id", turn.conversation.id.to_string()),
        ("title", "Renamed".to_owned()),
    ];
    phone.call::<()>("rename_conversation", &title).await??;
    wait_for_titles(&browser, &["Renamed"]).await?;
    let counts = browser.driver().execute_async(COUNT, Vec::new()).await?;
    assert_eq!(*counts.json(), Value::from(vec![0, 1]));
    browser.quit().await
}

/// The page is one of another build.
const OTHER_BUILD: &str = "new MutationObserver((_, observer) => {
        const root = document.documentElement;
        if (!root) return;
        root.dataset.build = 'another';
        observer.disconnect();
    }).observe(document, { childList: true });";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tabs_of_two_builds_do_not_listen_for_each_other() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    let method = "Page.addScriptToEvaluateOnNewDocument";
    let remember = json!({ "source": REMEMBER });
    browser.devtools(method, remember.clone()).await?;
    page.enter(&ada).await?;
    browser.open_tab().await?;
    browser.devtools(method, remember).await?;
    let other = json!({ "source": OTHER_BUILD });
    browser.devtools(method, other).await?;
    page.open("/").await?;
    eventually("each of two tabs listens", PATIENCE, async || {
        let counts = browser.driver().execute_async(COUNT, Vec::new()).await?;
        Ok((*counts.json() == json!([1, 1])).then_some(()))
    })
    .await?;
    browser.quit().await
}

/// What a stream of running answers is never silent for.
const SPEAKING: Duration = Duration::from_secs(2);
/// As many as the connections that a browser opens to a host.
const NUM_TABS: usize = 6;

/// A tab, or a window, with an answer of its own that is being made.
async fn ask_in_another(
    browser: &Browser,
    page: &ChatPage<'_>,
    number: usize,
) -> Result<(WindowHandle, MessageId)> {
    if number % 2 == 1 {
        browser.open_tab().await?;
        page.open("/").await?;
    } else if number > 0 {
        let window = browser.driver().new_window().await?;
        browser.driver().switch_to_window(window).await?;
        page.open("/").await?;
    }
    page.send(&format!("Question {number}")).await?;
    let answer = page.wait_for_text(5).await?;
    Ok((browser.driver().window().await?, answer.message_id()?))
}

/// What each of them shows grows.
async fn all_grow(
    browser: &Browser,
    page: &ChatPage<'_>,
    tabs: &[(WindowHandle, MessageId)],
) -> Result<()> {
    for (tab, _) in tabs {
        browser.driver().switch_to_window(tab.clone()).await?;
        let seen = page.wait_for_text(1).await?.text.chars().count();
        page.wait_for_text(seen + 10).await?;
    }
    Ok(())
}

/// One connection has the answers, and another one what changes.
async fn at_most_two_connections(gate: &Gate) -> Result<()> {
    eventually("the rest has come", PATIENCE, async || {
        Ok((gate.num_speaking(SPEAKING) <= 2).then_some(()))
    })
    .await?;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let speaking = gate.num_speaking(SPEAKING);
        ensure!((1..=2).contains(&speaking), "{speaking} connections");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tabs_with_running_answers_take_two_connections() -> Result<()> {
    // Longer than all of this takes.
    let answer = "word ".repeat(1500);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(40));
    let (server, ada) = RunningServer::start(model).await?;
    save_setting(&ada, SettingName::ConcurrentTurns, "100").await??;
    let gate = Gate::before(server.addr()).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, gate.base_url());
    page.enter(&ada).await?;
    let mut tabs = Vec::new();
    for number in 0..NUM_TABS {
        tabs.push(ask_in_another(&browser, &page, number).await?);
    }
    all_grow(&browser, &page, &tabs).await?;
    at_most_two_connections(&gate).await?;
    browser.open_tab().await?;
    page.open("/").await?;
    browser.element(TEXT_BOX).await?;
    // The one that holds the streams is gone.
    browser.driver().close_window().await?;
    all_grow(&browser, &page, &tabs).await?;
    at_most_two_connections(&gate).await?;

    for (_, answer) in &tabs {
        let stopped = [("message", answer.to_string())];
        ada.call::<()>("stop_turn", &stopped).await??;
    }
    for (tab, answer) in tabs {
        browser.driver().switch_to_window(tab).await?;
        let shown = page.wait_for_end(1).await?;
        let stored = message_text(&ada, answer).await?;
        assert_eq!(letters(&shown.text), letters(&stored));
    }
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_grows_on_while_the_tab_that_listens_for_it_goes_elsewhere() -> Result<()> {
    let answer = "word ".repeat(1500);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(40));
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let tabs = [
        ask_in_another(&browser, &page, 0).await?,
        ask_in_another(&browser, &page, 1).await?,
    ];
    let path = format!("/c/{}", page.conversation().await?);
    for press in [
        "document.getElementById('new-chat').click()",
        "document.getElementById('settings-link').click()",
        "history.back()",
    ] {
        browser.script(press, Vec::new()).await?;
        all_grow(&browser, &page, &tabs[..1]).await?;
        browser.driver().switch_to_window(tabs[1].0.clone()).await?;
    }
    page.open(&path).await?;
    all_grow(&browser, &page, &tabs).await?;
    page.stop().await?;
    page.wait_for_end(1).await?;
    all_grow(&browser, &page, &tabs[..1]).await?;
    browser.show_tab(&tabs[0].0).await?;
    page.stop().await?;
    page.wait_for_end(1).await?;
    browser.quit().await
}

async fn what_two_tabs_write_for_the_end_of_an_answer_is_one_message(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let browser = Browser::open().await?;
    let page = ask(&browser, &ada, language).await?;
    let path = format!("/c/{}", page.conversation().await?);
    let first = browser.driver().window().await?;
    let second = browser.open_tab().await?;
    page.open(&path).await?;
    browser.driver().switch_to_window(first.clone()).await?;
    page.send("Two").await?;
    wait_for_waiting(&browser, "Two").await?;
    browser.driver().switch_to_window(second.clone()).await?;
    wait_for_waiting(&browser, "Two").await?;
    page.send("Three").await?;
    wait_for_waiting(&browser, "Two\n\nThree").await?;
    browser.driver().switch_to_window(first).await?;
    wait_for_waiting(&browser, "Two\n\nThree").await?;
    browser.element(".stop-and-send").await?.click().await?;
    for tab in [browser.driver().window().await?, second] {
        browser.driver().switch_to_window(tab).await?;
        page.wait_for_questions(&["One", "Two\n\nThree"]).await?;
        let is_sent = "return document.querySelector('.queued') === null";
        wait_for(&browser, "nothing waits any more", is_sent, true).await?;
        ensure!(page.draft().await?.is_empty());
    }
    page.stop().await?;
    page.wait_for_end(2).await?;
    ensure!(page.questions().await?.len() == 2, "it was sent once");
    browser.quit().await
}

async fn what_another_tab_adds_while_the_message_is_sent_waits_on(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let browser = Browser::open().await?;
    let page = ask(&browser, &ada, language).await?;
    page.send("Two").await?;
    wait_for_waiting(&browser, "Two").await?;
    browser.script(HOLD, vec![json!("/send_message")]).await?;
    browser.element(".stop-and-send").await?.click().await?;
    page.wait_for_end(1).await?;
    browser.script(ADD, Vec::new()).await?;
    browser.script("window.letGo()", Vec::new()).await?;
    wait_for_waiting(&browser, "Three").await?;
    ensure!(page.questions().await? == ["One", "Two"]);
    browser.element(RUNNING).await?;
    browser.element(".stop-and-send").await?.click().await?;
    page.wait_for_questions(&["One", "Two", "Three"]).await?;
    page.stop().await?;
    page.wait_for_end(3).await?;
    ensure!(!browser.has(QUEUED).await? && page.draft().await?.is_empty());
    browser.quit().await
}

async fn what_waits_in_two_tabs_comes_back_to_the_one_that_is_looked_at(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let browser = Browser::open().await?;
    let page = ask(&browser, &ada, language).await?;
    let path = format!("/c/{}", page.conversation().await?);
    let first = browser.driver().window().await?;
    let second = browser.open_tab().await?;
    page.open(&path).await?;
    browser.show_tab(&first).await?;
    page.send("Two").await?;
    browser.driver().switch_to_window(second.clone()).await?;
    wait_for_waiting(&browser, "Two").await?;
    browser.driver().switch_to_window(first).await?;
    page.stop().await?;
    page.wait_for_end(1).await?;
    eventually("it is a draft again", PATIENCE, async || {
        Ok((page.draft().await? == "Two").then_some(()))
    })
    .await?;
    browser.driver().switch_to_window(second).await?;
    page.wait_for_end(1).await?;
    let is_gone = "return document.querySelector('.queued') === null";
    wait_for(&browser, "nothing waits any more", is_gone, true).await?;
    ensure!(page.questions().await? == ["One"], "it was not sent");
    browser.quit().await
}

/// The key of a message is its own: with that of an old one it would be taken for the old one.
async fn a_text_that_another_tab_sent_can_be_written_once_more(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let browser = Browser::open().await?;
    let page = ask(&browser, &ada, language).await?;
    let path = format!("/c/{}", page.conversation().await?);
    page.send("Again").await?;
    wait_for_waiting(&browser, "Again").await?;
    browser.element("#new-chat").await?.click().await?;
    let is_new = "return document.querySelector('article.message') === null";
    wait_for(&browser, "a new chat is shown", is_new, true).await?;
    let first = browser.driver().window().await?;
    browser.open_tab().await?;
    page.open(&path).await?;
    browser.element(".stop-and-send").await?.click().await?;
    page.wait_for_questions(&["One", "Again"]).await?;
    page.stop().await?;
    page.wait_for_end(2).await?;

    browser.driver().switch_to_window(first).await?;
    let link = format!("a.conversation-link[href=\"{path}\"]");
    browser.element(&link).await?.click().await?;
    page.wait_for_end(2).await?;
    page.send("Again").await?;
    page.wait_for_questions(&["One", "Again", "Again"]).await?;
    page.stop().await?;
    page.wait_for_end(3).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_another_chat_is_answered_nobody_asks_how_far_it_is() -> Result<()> {
    let (server, phone) = RunningServer::start(slow_model()).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&phone).await?;
    browser.script(COUNT_LISTS, Vec::new()).await?;
    let turn = send(&phone, None, "Elsewhere").await??;
    browser.element(".conversation-link .burning").await?;
    // Twice as long as the page pauses between two looks at itself.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let stopped = [("message", turn.assistant_message.id.to_string())];
    phone.call::<()>("stop_turn", &stopped).await??;
    let is_over = "return document.querySelector('.conversation-link .burning') === null";
    wait_for(&browser, "the list says that it is over", is_over, true).await?;
    let asked = browser.script("return window.numLists", Vec::new()).await?;
    assert_eq!(asked, 0);
    browser.quit().await
}
