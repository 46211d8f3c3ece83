//! A finger that rests on a row or a question opens what can be done with it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{Language, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for, wait_for_end_of, wait_for_words},
    chat_page::ChatPage,
    running_server::{RunningServer, send_and_wait},
    words::words,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{accessibility::check, chats::link, named};

in_both_languages! {
    a_finger_that_rests_on_a_row_opens_its_menu_and_not_the_chat,
    a_finger_that_rests_on_a_question_opens_its_menu_and_selects_in_an_answer,
}

/// Longer than a finger has to rest.
const REST: Duration = Duration::from_millis(900);
/// What would come of a finger that left has come.
const SETTLED: Duration = Duration::from_millis(500);

const MIDDLE: &str = "
    const box = document.querySelector(arguments[0]).getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
";

/// Clicks on a link; whether that would have led there.
const CLICK: &str = "
    let arrives = false;
    const stop = event => { arrives = !event.defaultPrevented; event.preventDefault(); };
    const list = document.getElementById('conversations');
    list.addEventListener('click', stop);
    document.querySelector(arguments[0]).dispatchEvent(
        new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 }));
    list.removeEventListener('click', stop);
    return arrives;
";

/// A finger of the emulated screen.
struct Finger<'a>(&'a Browser);

impl Finger<'_> {
    async fn tell(&self, kind: &str, points: Value) -> Result<()> {
        let parameters = json!({"type": kind, "touchPoints": points});
        let method = "Input.dispatchTouchEvent";
        self.0.devtools(method, parameters).await?;
        Ok(())
    }

    /// Puts it down in the middle of what a selector finds.
    async fn put_on(&self, selector: &str) -> Result<(f64, f64)> {
        self.0.settle().await?;
        self.0.element(selector).await?;
        let middle = self.0.script(MIDDLE, vec![json!(selector)]).await?;
        let (x, y): (f64, f64) = serde_json::from_value(middle)?;
        let points = json!([{"x": x, "y": y}]);
        self.tell("touchStart", points).await?;
        Ok((x, y))
    }

    /// Puts it down and leaves it there until this is open, however busy the machine is: one that
    /// left before has pressed.
    async fn rest_on(&self, selector: &str, menu: &str) -> Result<()> {
        self.put_on(selector).await?;
        sleep(REST).await;
        self.0.element(&format!("{menu}:popover-open")).await?;
        Ok(())
    }

    async fn lift(&self) -> Result<()> {
        self.tell("touchEnd", json!([])).await
    }
}

/// A phone with a chat and an older one; the newer one is shown.
async fn open(
    browser: &Browser,
    language: Language,
) -> Result<(RunningServer, ChatPage<'_>, [StartedTurn; 2])> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let older = send_and_wait(&ada, None, "The older one").await?;
    let newer = send_and_wait(&ada, None, "The newer one").await?;
    let page = ChatPage::shown_to(browser, &ada, language).await?;
    browser.show_touch_screen().await?;
    page.open(&format!("/c/{}", newer.conversation.id)).await?;
    page.wait_for_end(1).await?;
    Ok((server, page, [older, newer]))
}

async fn open_drawer(browser: &Browser) -> Result<()> {
    browser.element("#open-sidebar").await?.click().await?;
    browser.element(".sidebar.open").await?;
    Ok(())
}

/// The click that some phones send after a rest does nothing, and later ones arrive.
async fn look_at_clicks(
    browser: &Browser,
    page: &ChatPage<'_>,
    shown: &str,
    other: &str,
) -> Result<()> {
    let finger = Finger(browser);
    let is_open = "return document.querySelectorAll('#row-menu:popover-open').length";
    finger.rest_on(shown, "#row-menu").await?;
    let arrives = browser.script(CLICK, vec![json!(shown)]).await?;
    ensure!(arrives == json!(false), "the click of the rest");
    browser.element(".sidebar.open").await?;
    finger.lift().await?;
    sleep(SETTLED).await;
    page.press_key("Escape", 0).await?;
    wait_for(browser, "the menu closes", is_open, json!(0)).await?;

    finger.rest_on(other, "#row-menu").await?;
    finger.lift().await?;
    sleep(SETTLED).await;
    let arrives = browser.script(CLICK, vec![json!(other)]).await?;
    ensure!(arrives == json!(true), "a click after the rest");
    Ok(())
}

async fn a_finger_that_rests_on_a_row_opens_its_menu_and_not_the_chat(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page, [older, newer]) = open(&browser, language).await?;
    let (older, newer) = (older.conversation.id, newer.conversation.id);
    let finger = Finger(&browser);
    let is_open = "return document.querySelectorAll('#row-menu:popover-open').length";
    open_drawer(&browser).await?;

    // It scrolls.
    let (x, y) = finger.put_on(&link(older)).await?;
    finger
        .tell("touchMove", json!([{"x": x, "y": y + 30.0}]))
        .await?;
    sleep(REST).await;
    wait_for(&browser, "nothing opens", is_open, json!(0)).await?;
    finger.lift().await?;

    finger.rest_on(&link(older), "#row-menu").await?;
    finger.lift().await?;
    sleep(SETTLED).await;
    wait_for(&browser, "the menu stays", is_open, json!(1)).await?;
    ensure!(page.conversation().await? == newer, "nothing else is shown");
    check(&browser, &named("row-sheet", language)).await?;
    browser.show_touch_screen().await?;
    page.press_key("Escape", 0).await?;
    wait_for(&browser, "the menu closes", is_open, json!(0)).await?;

    // A mouse has a button of its own.
    let asks = "return document.querySelector('.conversation-link').dispatchEvent(
        new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))";
    let keeps = browser.script(asks, Vec::new()).await?;
    ensure!(keeps == json!(true), "the browser's own menu is kept");

    // Looked at on a wide screen, where it is none, the drawer was closed.
    open_drawer(&browser).await?;
    finger.put_on(&link(older)).await?;
    finger.lift().await?;
    let path = "return location.pathname";
    let wanted = json!(format!("/c/{older}"));
    wait_for(&browser, "a tap opens the chat", path, wanted).await?;

    open_drawer(&browser).await?;
    look_at_clicks(&browser, &page, &link(older), &link(newer)).await?;

    page.open(&format!("/c/{older}")).await?;
    open_drawer(&browser).await?;
    finger.rest_on(&link(newer), "#row-menu").await?;
    finger.lift().await?;
    browser.element("#row-menu:popover-open").await?;
    browser.settle().await?;
    browser.element("#row-menu .danger").await?.click().await?;
    wait_for_end_of(&browser, &link(newer)).await?;
    browser.quit().await
}

async fn a_finger_that_rests_on_a_question_opens_its_menu_and_selects_in_an_answer(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page, [_, newer]) = open(&browser, language).await?;
    let question = newer.user_message.as_ref().map(|it| it.id);
    let question = format!("#message-{}", question.context("a question was stored")?);
    let answer = format!("#message-{}", newer.assistant_message.id);
    let finger = Finger(&browser);
    let is_open = "return document.querySelectorAll('.menu:popover-open').length";
    let selects = "return [arguments[0], arguments[1]].map(it =>
        getComputedStyle(document.querySelector(it)).userSelect)";
    let texts = [
        format!("{question} .user-text"),
        format!("{answer} .answer"),
    ];
    let selects = browser
        .script(selects, texts.iter().map(|it| json!(it)).collect())
        .await?;
    ensure!(selects == json!(["none", "auto"]), "{selects}");

    finger.put_on(&texts[1]).await?;
    sleep(REST).await;
    wait_for(&browser, "nothing opens", is_open, json!(0)).await?;
    finger.lift().await?;

    finger.rest_on(&texts[0], "#question-menu").await?;
    finger.lift().await?;
    sleep(SETTLED).await;
    wait_for(&browser, "the menu stays", is_open, json!(1)).await?;
    let says = words(language, "chat.delete_question")?;
    wait_for_words(&browser, "#question-menu", &says).await?;
    check(&browser, &named("question-sheet", language)).await?;
    browser.show_touch_screen().await?;
    page.press_key("Escape", 0).await?;
    wait_for(&browser, "the menu closes", is_open, json!(0)).await?;

    finger.rest_on(&texts[0], "#question-menu").await?;
    finger.lift().await?;
    let delete = "#question-menu:popover-open .danger";
    browser.settle().await?;
    browser.element(delete).await?.click().await?;
    wait_for_end_of(&browser, &question).await?;
    wait_for_end_of(&browser, &answer).await?;
    browser.quit().await
}
