//! Stop: queued, before the first token, in mid-answer.

use std::time::{Duration, Instant};

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::EngineSection;
use hearth_tests::{
    browser::Browser,
    chat_page::{ChatPage, STOP, SeenMessage},
    program::Program,
    running_server::{PASSWORD, RunningServer, send},
};

/// A press of a button through the driver, the answer of the server and a rendered page.
const STOPPED_IN_PAGE: Duration = Duration::from_secs(2);

fn slow_model() -> ScriptedModel {
    let answer = "A slow answer that nobody has the patience to read to its end. ".repeat(20);
    ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(20))
}

/// Presses Stop and waits until the page says so.
async fn stop(page: &ChatPage<'_>) -> Result<SeenMessage> {
    let pressed = Instant::now();
    page.stop().await?;
    let stopped = page.wait_for_end(1).await?;
    let took = pressed.elapsed();
    assert!(took < STOPPED_IN_PAGE, "stopping took {took:?}");
    assert!(stopped.note.contains("Stopped"), "{stopped:?}");
    Ok(stopped)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_before_the_first_token_leaves_an_empty_stopped_answer() -> Result<()> {
    let browser = Browser::open().await?;
    let model = slow_model().with_prefill_delay(Duration::from_secs(10));
    let (server, _ada) = RunningServer::start(model).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.send("Hello").await?;
    browser.element(STOP).await?;
    let stopped = stop(&page).await?;
    assert_eq!(stopped.text.trim(), "");
    page.reload().await?;
    assert_eq!(page.wait_for_end(1).await?.note, stopped.note);
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_works_while_others_come_first() -> Result<()> {
    let browser = Browser::open().await?;
    let engine = EngineSection {
        max_running: 1,
        ..EngineSection::default()
    };
    let (server, ada) = RunningServer::start_with(slow_model(), engine).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    send(&ada, None, "Keep the engine busy").await??;
    page.open("/").await?;
    page.send("Hello").await?;
    browser.element(STOP).await?;
    let stopped = stop(&page).await?;
    assert_eq!(stopped.text.trim(), "");
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_in_mid_answer_keeps_what_was_written_and_continue_goes_on_from_there() -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start().await?;
    let page = ChatPage::new(&browser, program.base_url());
    page.set_up(&program.set_up_link().await?, "Ada", PASSWORD)
        .await?;
    page.send("Tell me a long story about a lighthouse.")
        .await?;
    page.wait_for_text(30).await?;
    let stopped = stop(&page).await?;
    assert!(stopped.text.chars().count() >= 30, "{stopped:?}");
    page.reload().await?;
    assert_eq!(page.wait_for_end(1).await?.text, stopped.text);
    page.press("Continue").await?;
    let longer = page
        .wait_for_text(stopped.text.chars().count() + 20)
        .await?;
    assert!(
        longer.text.starts_with(stopped.text.trim_end()),
        "{longer:?}"
    );
    if longer.running {
        page.stop().await?;
    }
    page.wait_for_end(1).await?;
    browser.quit().await
}
