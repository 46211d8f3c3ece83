//! Stop: queued, before the first token, in mid-answer.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hearth_app::model::{Language, SettingName};
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::EngineSection;
use hearth_tests::{
    browser::{Browser, wait_for},
    chat_page::{ChatPage, QUEUED, STOP, SeenMessage},
    program::Program,
    running_server::{RunningServer, save_setting, send},
};

/// A press of a button through the driver, the answer of the server and a rendered page.
const STOPPED_IN_PAGE: Duration = Duration::from_secs(2);

in_both_languages! {
    stop_and_send_sends_also_if_the_page_is_loaded_again_in_between,
}

/// Messages that are sent reach no server.
const LOSE: &str = "const fetch = window.fetch.bind(window);
    window.fetch = (request, ...rest) => {
        const isSent = (request.url ?? String(request)).includes('/send_message');
        if (isSent) window.isLost = true;
        return isSent ? new Promise(() => {}) : fetch(request, ...rest);
    };";

/// The first stream of answers tells nothing any more once `isDeaf` is true, and does not end.
const DEAFEN: &str = "const fetch = window.fetch.bind(window);
    window.fetch = async (request, ...rest) => {
        const answer = await fetch(request, ...rest);
        const isStream = (request.url ?? String(request)).endsWith('/tail_turns');
        if (!isStream || window.isDeaf !== undefined) return answer;
        window.isDeaf = false;
        const transform = (bytes, to) => window.isDeaf || to.enqueue(bytes);
        const body = answer.body.pipeThrough(new TransformStream({ transform }), {
            preventClose: true,
        });
        return new Response(body, answer);
    };";

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
    let model = slow_model().with_prefill_delay(Duration::from_secs(10));
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
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
    let engine = EngineSection {
        max_running: 1,
        ..EngineSection::default()
    };
    let (server, ada) = RunningServer::start_with(slow_model(), engine).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    send(&ada, None, "Keep the engine busy").await??;
    page.open("/").await?;
    page.send("Hello").await?;
    browser.element(STOP).await?;
    let stopped = stop(&page).await?;
    assert_eq!(stopped.text.trim(), "");
    browser.quit().await
}

/// The page of the real model, which takes its most probable words.
async fn enter<'a>(browser: &'a Browser, program: &Program) -> Result<ChatPage<'a>> {
    let ada = program.administrator().await?;
    save_setting(&ada, SettingName::Temperature, "0").await??;
    let page = ChatPage::new(browser, program.base_url());
    page.enter(&ada).await?;
    Ok(page)
}

/// About 5,500 tokens.
fn long_question() -> String {
    format!("How often does this say sea?{}", " sea".repeat(5500))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_works_while_the_real_model_reads_a_long_prompt_and_while_a_turn_waits_behind_it()
-> Result<()> {
    let browser = Browser::open().await?;
    // One turn at a time and one thread, so that reading takes its time on every machine.
    let settings = ["HEARTH_ENGINE__MAX_RUNNING", "HEARTH_ENGINE__THREADS"];
    let settings = settings.map(|name| (name, "1".to_owned()));
    let program = Program::start_with(settings.to_vec()).await?;
    let page = enter(&browser, &program).await?;
    page.paste_and_send(&long_question()).await?;
    page.wait_for_note("Reading the prompt").await?;
    let reading = browser.path().await?;
    let first_tab = browser.driver().window().await?;

    browser.open_tab().await?;
    page.open("/").await?;
    page.send("Hello").await?;
    let second_tab = browser.driver().window().await?;
    page.wait_for_note("Queued").await?;
    let queued = stop(&page).await?;
    assert_eq!(queued.text.trim(), "");
    assert_ne!(browser.path().await?, reading);

    browser.driver().switch_to_window(first_tab).await?;
    page.wait_for_note("Reading the prompt").await?;
    let unread = stop(&page).await?;
    assert_eq!(unread.text.trim(), "");

    browser.driver().switch_to_window(second_tab).await?;
    page.send("Say hello.").await?;
    // So small a model may never end by itself.
    let answer = page.wait_for_text(5).await?;
    if answer.running {
        page.stop().await?;
    }
    page.wait_for_end(2).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_in_mid_answer_keeps_what_was_written_and_continue_goes_on_from_there() -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start().await?;
    let page = enter(&browser, &program).await?;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_whose_stream_is_dead_is_shown_as_stopped_soon_after_stop() -> Result<()> {
    let (server, ada) = RunningServer::start(slow_model()).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    browser.script(DEAFEN, Vec::new()).await?;
    page.send("Hello").await?;
    page.wait_for_text(10).await?;
    browser.script("window.isDeaf = true", Vec::new()).await?;
    let pressed = Instant::now();
    page.stop().await?;
    let stopped = page.wait_for_end(1).await?;
    let took = pressed.elapsed();
    // Silence alone ends a stream after forty seconds.
    ensure!(took < Duration::from_secs(10), "stopping took {took:?}");
    ensure!(stopped.note.contains("Stopped"), "{stopped:?}");
    browser.quit().await
}

async fn stop_and_send_sends_also_if_the_page_is_loaded_again_in_between(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    page.send("One").await?;
    page.wait_for_text(3).await?;
    page.send("Two").await?;
    browser.element(QUEUED).await?;
    browser.script(LOSE, Vec::new()).await?;
    browser.element(".stop-and-send").await?.click().await?;
    let is_lost = "return window.isLost === true";
    wait_for(&browser, "the answer is stopped", is_lost, true).await?;
    page.reload().await?;
    page.wait_for_questions(&["One", "Two"]).await?;
    page.stop().await?;
    page.wait_for_end(2).await?;
    ensure!(!browser.has(QUEUED).await? && page.draft().await?.is_empty());
    browser.quit().await
}
