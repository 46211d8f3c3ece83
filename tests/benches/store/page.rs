//! A conversation of 2,000 messages in Chromium: until it is interactive, and typing meanwhile.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hearth_tests::{
    browser::Browser,
    chat_page::{ChatPage, RUNNING, TEXT_BOX},
    running_server::{PASSWORD, RunningServer},
    seed::Seeded,
};
use serde_json::json;

use super::measured::Measured;

const OPENINGS: usize = 11;
const LETTERS: usize = 120;
/// From the navigation to a page whose script has taken over.
const MAX_OPENING: Duration = Duration::from_secs(1);
/// From a key to the frame that shows its letter.
const MAX_LETTER: Duration = Duration::from_millis(50);

/// Notes when the script has taken over, in milliseconds since the navigation began.
const WATCH_OPENING: &str = r"
    new MutationObserver((_, observer) => {
        if (document.documentElement?.dataset.interactive !== undefined) {
            window.interactiveAfter = performance.now();
            observer.disconnect();
        }
    }).observe(document, { attributes: true, childList: true, subtree: true });
";

/// Notes how long each key takes from the moment the browser had it to the task after the frame
/// that shows it.
const WATCH_KEYS: &str = r"
    window.keyTimes = [];
    document.addEventListener('keydown', event => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () =>
            window.keyTimes.push(performance.now() - event.timeStamp);
        channel.port2.postMessage(0);
    }), { capture: true });
";

/// Paragraphs, a table, a list and code, about 16 kB, so that it grows all the while.
pub(crate) fn long_answer() -> String {
    let part = "A paragraph with *emphasis*, `code` and [a link](https://example.org) goes on.\n\n\
                | river | lamp |\n|---|---|\n| north | quiet |\n| winter | paper |\n\n\
                - first\n- second\n\n```rust\nfn main() {\n    let x = 1;\n}\n```\n\n";
    part.repeat(80)
}

/// Opens the longest conversation again and again, then types below an answer that grows.
pub(crate) async fn measure(server: &RunningServer, seeded: &Seeded) -> Result<[Measured; 2]> {
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    let watch = json!({"source": WATCH_OPENING});
    browser
        .devtools("Page.addScriptToEvaluateOnNewDocument", watch)
        .await?;
    let long = seeded.conversations.first().context("conversations")?;
    let opening = open(&browser, &page, &format!("/c/{long}")).await?;
    let typing = type_letters(&browser, &page).await?;
    browser.quit().await?;
    Ok([opening, typing])
}

async fn open(browser: &Browser, page: &ChatPage<'_>, path: &str) -> Result<Measured> {
    let mut opening = Measured::new("2,000 messages until interactive").within(MAX_OPENING);
    for _ in 0..OPENINGS {
        page.open(path).await?;
        let after = browser.script("return window.interactiveAfter", Vec::new());
        let after = after.await?.as_f64().context("a page that was watched")?;
        opening.times.push(Duration::from_secs_f64(after / 1000.0));
    }
    Ok(opening)
}

async fn type_letters(browser: &Browser, page: &ChatPage<'_>) -> Result<Measured> {
    let mut typing = Measured::new("a letter typed while an answer grows").within(MAX_LETTER);
    page.send("Tell me everything.").await?;
    page.wait_for_text(200).await?;
    browser.element(TEXT_BOX).await?.click().await?;
    browser.script(WATCH_KEYS, Vec::new()).await?;
    for _ in 0..LETTERS {
        for kind in ["keyDown", "keyUp"] {
            let parameters = json!({
                "type": kind, "key": "a", "code": "KeyA", "text": "a",
                "windowsVirtualKeyCode": 65, "nativeVirtualKeyCode": 65,
            });
            browser
                .devtools("Input.dispatchKeyEvent", parameters)
                .await?;
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    ensure!(browser.has(RUNNING).await?, "the answer grew all the while");
    let times = browser.script("return window.keyTimes", Vec::new()).await?;
    let times: Vec<f64> = serde_json::from_value(times)?;
    ensure!(times.len() == LETTERS, "{} letters came", times.len());
    let times = times.iter().map(|ms| Duration::from_secs_f64(ms / 1000.0));
    typing.times.extend(times);
    Ok(typing)
}
