//! The box: who has the focus, what waits in it, what is dropped on it, and that nothing is lost.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, Screen, wait_for},
    chat_page::{ChatPage, QUEUED, STOP, TEXT_BOX},
    deadline::eventually,
    keyboard::{Keyboard, wait_for_focus},
    running_server::RunningServer,
    words::words,
};
use serde_json::{Value, json};

in_both_languages! {
    a_page_greets_and_its_beginnings_fill_the_box_and_send_nothing,
    the_next_message_waits_for_the_end_of_the_answer_also_over_a_reload,
    a_stopped_answer_gives_the_waiting_message_back_and_stop_and_send_sends_it,
    a_message_that_reached_no_server_is_kept_and_goes_once,
    files_dropped_anywhere_wait_at_the_box,
}

/// An answer that is there in no time.
const SOON: &str = "Yes.";

/// So many times six tenths of a second.
fn slow_answer(times: usize) -> String {
    "A slow answer, word by word. ".repeat(times)
}

/// The first question has the first of these answers, and so on.
fn model(answers: Vec<String>) -> ScriptedModel {
    ScriptedModel::new(answers).with_token_delay(Duration::from_millis(20))
}

/// An answer of about six seconds.
fn slow_model() -> ScriptedModel {
    model(vec![slow_answer(10)])
}

async fn is_focused(browser: &Browser) -> Result<bool> {
    Keyboard::new(browser).is_at(TEXT_BOX).await
}

async fn wait_for_draft(page: &ChatPage<'_>, expected: &str) -> Result<()> {
    let what = format!("the box says {expected:?}");
    eventually(&what, PATIENCE, async || {
        Ok((page.draft().await? == expected).then_some(()))
    })
    .await
}

async fn a_page_greets_and_its_beginnings_fill_the_box_and_send_nothing(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    let greeting = browser.element(".greeting h1").await?.text().await?;
    let greetings = ["good_morning", "good_afternoon", "good_evening"];
    let mut known = Vec::new();
    for key in greetings {
        let words = words(language, &format!("chat.{key}"))?;
        known.push(words.replace("{{ name }}", "Ada"));
    }
    ensure!(known.contains(&greeting), "{greeting}");

    browser.element(".starter").await?.click().await?;
    let beginning = words(language, "chat.starters.clearer_text")?;
    let draft = page.draft().await?;
    ensure!(draft.starts_with(&beginning), "{draft}");
    ensure!(is_focused(&browser).await?, "a person goes on writing");
    ensure!(page.messages().await?.is_empty() && page.path().await? == "/");
    browser.element(TEXT_BOX).await?.send_keys("Hi").await?;
    ensure!(
        page.draft().await?.ends_with("\nHi"),
        "behind the beginning"
    );
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_box_has_the_focus_and_letters_typed_anywhere_go_to_it() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, Language::English).await?;
    wait_for_focus(&browser, TEXT_BOX).await?;
    page.send("Hello").await?;
    page.wait_for_end(1).await?;
    browser.element("#new-chat").await?.click().await?;
    wait_for_focus(&browser, TEXT_BOX).await?;
    browser.element(".conversation-link").await?.click().await?;
    page.wait_for_end(1).await?;
    wait_for_focus(&browser, TEXT_BOX).await?;
    page.reload().await?;
    ensure!(page.path().await?.starts_with("/c/"), "a chat is opened");
    wait_for_focus(&browser, TEXT_BOX).await?;

    let leave = "document.activeElement.blur()";
    browser.script(leave, Vec::new()).await?;
    ensure!(!is_focused(&browser).await?);
    page.press_key("a", 2).await?;
    ensure!(!is_focused(&browser).await?, "a shortcut is no letter");
    page.press_key("h", 0).await?;
    wait_for_draft(&page, "h").await?;
    ensure!(is_focused(&browser).await?);
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finger_s_enter_is_a_line() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, Language::English).await?;
    let coarse = "window.matchMedia = query => ({ matches: query.includes('coarse') })";
    browser.script(coarse, Vec::new()).await?;
    page.send("first").await?;
    browser.element(TEXT_BOX).await?.send_keys("second").await?;
    wait_for_draft(&page, "first\nsecond").await?;
    ensure!(page.messages().await?.is_empty());
    browser.element(".send-button").await?.click().await?;
    page.wait_for_end(1).await?;
    browser.quit().await
}

/// Notes every place of the box and of its last button, frame by frame.
const WATCH_PLACES: &str = "window.places = new Set();
    const look = () => {
        const box = document.querySelector('.composer').getBoundingClientRect();
        const buttons = [...document.querySelectorAll('.send-button')];
        const seen = buttons.filter(it => it.checkVisibility()).pop();
        const button = seen ? seen.getBoundingClientRect().left : 0;
        window.places.add([box.top, box.bottom, button].map(Math.round).join(' '));
        requestAnimationFrame(look);
    };
    look();";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_box_stays_where_it_is_when_an_answer_begins_and_ends() -> Result<()> {
    // The first one is only there, the second begins and ends, the third is stopped.
    let answers = vec![SOON.to_owned(), slow_answer(5), slow_answer(10)];
    let (_server, ada) = RunningServer::start(model(answers)).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, Language::English).await?;
    page.send("One").await?;
    page.wait_for_end(1).await?;
    // The box comes down from the middle of the page with the first message.
    browser.settle().await?;
    browser.script(WATCH_PLACES, Vec::new()).await?;
    page.send("Two").await?;
    browser.element(STOP).await?;
    page.wait_for_end(2).await?;
    // Whoever sent three messages knows what Enter does.
    let hint = browser.element(".composer-foot").await?;
    ensure!(hint.text().await? == words(Language::English, "chat.keys")?);
    page.send("Three").await?;
    page.wait_for_text(3).await?;
    page.stop().await?;
    page.wait_for_end(3).await?;
    eventually("the hint goes", PATIENCE, async || {
        Ok(hint.text().await?.is_empty().then_some(()))
    })
    .await?;
    let places = "return [...window.places]";
    let places = browser.script(places, Vec::new()).await?;
    ensure!(
        places.as_array().is_some_and(|it| it.len() == 1),
        "{places}"
    );
    browser.quit().await
}

async fn the_next_message_waits_for_the_end_of_the_answer_also_over_a_reload(
    language: Language,
) -> Result<()> {
    let answers = vec![slow_answer(10), SOON.to_owned()];
    let (_server, ada) = RunningServer::start(model(answers)).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    page.send("One").await?;
    page.wait_for_text(3).await?;
    page.send("Two").await?;
    let row = browser.element(&format!("{QUEUED} p")).await?;
    ensure!(row.text().await? == "Two");
    wait_for_draft(&page, "").await?;
    page.send("Three").await?;
    wait_for_draft(&page, "").await?;
    browser.element(TEXT_BOX).await?.send_keys("Four").await?;
    page.reload().await?;
    let row = browser
        .element(&format!("{QUEUED} p"))
        .await?
        .text()
        .await?;
    ensure!(row.contains("Two") && row.contains("Three"), "{row}");
    ensure!(page.draft().await? == "Four");
    ensure!(page.questions().await? == ["One"], "it was not sent yet");

    page.wait_for_end(2).await?;
    ensure!(page.questions().await? == ["One", "Two\n\nThree"]);
    ensure!(!browser.has(QUEUED).await? && page.draft().await? == "Four");
    page.reload().await?;
    ensure!(!browser.has(QUEUED).await? && page.draft().await? == "Four");
    browser.quit().await
}

async fn a_stopped_answer_gives_the_waiting_message_back_and_stop_and_send_sends_it(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    page.send("One").await?;
    page.wait_for_text(3).await?;
    page.send("Two").await?;
    // A phone has no room for the pencil: the words are pressed.
    browser.show_screen(Screen::Phone).await?;
    // The list goes out of the way.
    browser.settle().await?;
    let is_over = "const words = document.querySelector('.queued p').getBoundingClientRect(); \
        const hit = document.elementFromPoint(words.left + words.width / 2, words.top + 10); \
        return hit?.matches('.edit-queued') \
            && !document.querySelector('.edit-queued > .icon').checkVisibility()";
    ensure!(browser.script(is_over, Vec::new()).await? == json!(true));
    browser.element(".edit-queued").await?.click().await?;
    browser.show_screen(Screen::Desktop).await?;
    wait_for_draft(&page, "Two").await?;
    ensure!(!browser.has(QUEUED).await? && is_focused(&browser).await?);
    page.send("").await?;
    browser.element(QUEUED).await?;
    page.press_key("Escape", 0).await?;
    page.wait_for_end(1).await?;
    wait_for_draft(&page, "Two").await?;
    ensure!(!browser.has(QUEUED).await?, "nothing was sent");

    page.send("").await?;
    eventually("another answer begins", PATIENCE, async || {
        Ok((page.messages().await?.len() == 4).then_some(()))
    })
    .await?;
    page.send("Three").await?;
    browser.element(".stop-and-send").await?.click().await?;
    eventually("the waiting message is sent", PATIENCE, async || {
        Ok((page.questions().await? == ["One", "Two", "Three"]).then_some(()))
    })
    .await?;
    page.stop().await?;
    page.wait_for_end(3).await?;
    ensure!(page.draft().await?.is_empty());
    browser.quit().await
}

async fn a_message_that_reached_no_server_is_kept_and_goes_once(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    page.set_online(false).await?;
    page.send("Hello").await?;
    let note = browser.element(".message-note.failed").await?;
    let told = note.text().await?;
    let expected = words(language, "chat.lost_sending")?;
    ensure!(told.starts_with(&expected), "{told}");
    ensure!(!told.contains("fetch") && page.draft().await? == "Hello");
    page.set_online(true).await?;
    let again = ".message-note.failed .button";
    browser.element(again).await?.click().await?;
    page.wait_for_end(1).await?;
    ensure!(page.questions().await? == ["Hello"]);
    ensure!(!browser.has(".message-note.failed").await?);
    browser.quit().await
}

/// Something is dragged over a place of the page, or dropped there.
const DROP: &str = "const [place, kind, name, type, text] = arguments;
    const brought = new DataTransfer();
    brought.items.add(new File([text], name, { type }));
    const options = { bubbles: true, cancelable: true, dataTransfer: brought };
    return document.querySelector(place).dispatchEvent(new DragEvent(kind, options));";

async fn files_dropped_anywhere_wait_at_the_box(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    let drop_at = async |place: &str, kind: &str, name: &str, mime: &str| {
        let arguments = [place, kind, name, mime, "one, two\n"].map(Value::from);
        browser.script(DROP, arguments.to_vec()).await
    };
    let drop =
        async |kind: &str, name: &str, mime: &str| drop_at(".chat-stage", kind, name, mime).await;
    ensure!(drop("dragover", "a.csv", "text/csv").await? == false);
    let zone = browser.element(".drop-zone").await?.text().await?;
    ensure!(
        zone.contains(&words(language, "chat.drop_files")?),
        "{zone}"
    );
    // The browser would leave the page and show the file.
    ensure!(drop("drop", "a.csv", "text/csv").await? == false);
    let chips = async |count: usize| {
        let script = "return document.querySelectorAll('#composer-files > [data-file]').length";
        wait_for(&browser, "the file has a chip", script, count).await
    };
    chips(1).await?;
    ensure!(!browser.has(".drop-zone").await?);
    // Beside the column too.
    for (place, count) in [(".conversation-list", 2), (".chat-header", 3)] {
        let is_left = drop_at(place, "drop", "a.csv", "text/csv").await?;
        ensure!(is_left == false, "{place} leaves it to the browser");
        chips(count).await?;
    }
    ensure!(page.draft().await?.is_empty());
    ensure!(page.path().await? == "/");
    browser.quit().await
}
