//! What one tab or device does appears in all others, over one connection.

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, wait_for},
    chat_page::ChatPage,
    deadline::eventually,
    running_server::{PASSWORD, RunningServer, send_and_wait},
};
use serde_json::{Value, json};

/// Titles of the list.
const TITLES: &str =
    "return [...document.querySelectorAll('.conversation-title')].map(it => it.textContent)";

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

async fn wait_for_titles(browser: &Browser, expected: &[&str]) -> Result<()> {
    let what = format!("the list is {expected:?}");
    wait_for(browser, &what, TITLES, json!(expected)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_device_does_appears_without_a_look() -> Result<()> {
    let browser = Browser::open().await?;
    let (server, phone) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
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
    let browser = Browser::open().await?;
    let (server, phone) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ChatPage::new(&browser, server.base_url());
    let source = json!({ "source": REMEMBER });
    let method = "Page.addScriptToEvaluateOnNewDocument";
    browser.devtools(method, source.clone()).await?;
    page.sign_in("Ada", PASSWORD).await?;
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
