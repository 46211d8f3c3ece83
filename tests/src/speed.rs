//! How long the page takes until it answers to a hand, and from a key to its letter.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::{
    browser::Browser,
    chat_page::{ANSWER, ChatPage, RUNNING, TEXT_BOX},
    deadline::eventually,
};

/// From the navigation to a page whose script has taken over: no more than this, half of the time.
pub const MAX_OPENING: Duration = Duration::from_secs(1);
/// From a key to the frame that shows its letter, while an answer grows: the same.
pub const MAX_LETTER: Duration = Duration::from_millis(50);
/// Elements of a page, whatever lies in the database.
pub const MAX_ELEMENTS: u64 = 5_000;

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
    window.watchKey ??= document.addEventListener('keydown', event => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () =>
            window.keyTimes.push(performance.now() - event.timeStamp);
        channel.port2.postMessage(0);
    }), { capture: true }) ?? true;
";

/// Between two letters.
const PAUSE: Duration = Duration::from_millis(40);

/// Paragraphs, a table, a list and code, about 16 kB, so that it grows all the while.
pub fn long_answer() -> String {
    let part = "A paragraph with *emphasis*, `code` and [a link](https://example.org) goes on.\n\n\
                | river | lamp |\n|---|---|\n| north | quiet |\n| winter | paper |\n\n\
                - first\n- second\n\n```rust\nfn main() {\n    let x = 1;\n}\n```\n\n";
    part.repeat(80)
}

/// Pages that are opened from now on note when they are interactive.
pub async fn watch_openings(browser: &Browser) -> Result<()> {
    let watch = json!({"source": WATCH_OPENING});
    let method = "Page.addScriptToEvaluateOnNewDocument";
    browser.devtools(method, watch).await?;
    Ok(())
}

/// From the navigation to a page whose script has taken over.
pub async fn open(browser: &Browser, page: &ChatPage<'_>, path: &str) -> Result<Duration> {
    page.open(path).await?;
    let after = browser.script("return window.interactiveAfter", Vec::new());
    let after = after.await?.as_f64().context("a page that was watched")?;
    Ok(Duration::from_secs_f64(after / 1000.0))
}

/// Elements of the page.
pub async fn num_elements(browser: &Browser) -> Result<u64> {
    let count = "return document.querySelectorAll('*').length";
    let count = browser.script(count, Vec::new()).await?;
    count.as_u64().context("a number")
}

/// Types so many letters while an answer grows; how long each took from its key to the frame that
/// shows it.
pub async fn type_letters(
    browser: &Browser,
    page: &ChatPage<'_>,
    count: usize,
) -> Result<Vec<Duration>> {
    page.send("Tell me everything.").await?;
    eventually("the answer grows", ANSWER, async || {
        let answer = page.last_answer().await?;
        Ok(answer.filter(|it| it.running && it.text.len() >= 200))
    })
    .await?;
    browser.element(TEXT_BOX).await?.click().await?;
    browser.script(WATCH_KEYS, Vec::new()).await?;
    for _ in 0..count {
        for kind in ["keyDown", "keyUp"] {
            let parameters = json!({
                "type": kind, "key": "a", "code": "KeyA", "text": "a",
                "windowsVirtualKeyCode": 65, "nativeVirtualKeyCode": 65,
            });
            browser
                .devtools("Input.dispatchKeyEvent", parameters)
                .await?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    ensure!(browser.has(RUNNING).await?, "the answer grew all the while");
    let times = browser.script("return window.keyTimes", Vec::new()).await?;
    let times: Vec<f64> = serde_json::from_value(times)?;
    ensure!(times.len() == count, "{} letters came", times.len());
    let times = times.iter().map(|ms| Duration::from_secs_f64(ms / 1000.0));
    Ok(times.collect())
}
