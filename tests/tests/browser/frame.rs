//! The frame of the chat page: list, rail, menus, title, shortcuts.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ConversationId, Language};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, Screen, wait_for},
    chat_page::{ChatPage, TEXT_BOX},
    deadline::eventually,
    running_server::{RunningServer, conversations, send_and_wait},
    web_client::WebClient,
    words::words,
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::{accessibility::check, named};

in_both_languages! {
    the_list_is_one_stop_of_tab_and_its_rows_are_walked_renamed_and_deleted_by_keys,
    one_menu_serves_every_row_and_closes_with_a_press_elsewhere,
    a_rail_is_chosen_once_and_stands_in_the_next_page_from_the_beginning,
    the_edge_of_the_list_is_drawn_and_stays_where_it_was_left,
    the_edge_of_the_list_is_moved_by_keys,
    a_title_is_renamed_where_it_stands,
    the_account_has_a_menu_and_the_theme_changes_at_once,
    the_header_tells_a_model_that_loads_and_when_it_is_lit,
    shortcuts_work_and_a_list_of_them_opens,
}

const ALT: u32 = 1;
const CTRL: u32 = 2;
const SHIFT: u32 = 8;

const FOCUSED: &str = "return document.activeElement.id";
const NUM_STOPS: &str = "return [...document.querySelectorAll('.conversation-list :is(a, button)')]
    .filter(it => it.tabIndex >= 0).length";
const TITLES: &str = "return [...document.querySelectorAll('.conversation-title')]
    .map(it => it.textContent)";

async fn wait_for_focus(browser: &Browser, id: &str) -> Result<()> {
    wait_for(browser, &format!("{id} has the focus"), FOCUSED, json!(id)).await
}

fn link(id: ConversationId) -> String {
    format!("chat-{id}")
}

/// What somebody asked, each in a chat of its own.
const QUESTIONS: [&str; 3] = ["Third", "Second", "First"];

/// Somebody with chats.
pub(super) struct Chats {
    server: RunningServer,
    ada: WebClient,
    /// As listed: the last used one comes first.
    ids: Vec<ConversationId>,
}

impl Chats {
    /// A chat for each title, while another test has the browser.
    pub(super) async fn begin(titles: &[&str]) -> Result<Self> {
        let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
        for title in titles {
            send_and_wait(&ada, None, title).await?;
        }
        let listed = conversations(&ada).await?;
        let ids = listed.into_iter().map(|it| it.id).collect();
        Ok(Self { server, ada, ids })
    }

    /// The page of that person.
    pub(super) async fn show(
        self,
        browser: &Browser,
        language: Language,
    ) -> Result<(RunningServer, ChatPage<'_>, Vec<ConversationId>)> {
        let page = ChatPage::new(browser, self.server.base_url());
        page.speak(language).await?;
        page.enter(&self.ada).await?;
        Ok((self.server, page, self.ids))
    }
}

async fn the_list_is_one_stop_of_tab_and_its_rows_are_walked_renamed_and_deleted_by_keys(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, ids) = chats.show(&browser, language).await?;
    wait_for(&browser, "one stop", NUM_STOPS, json!(1)).await?;
    let search = browser.element("#open-search").await?;
    search.focus().await?;
    search.send_keys(Key::Tab + "").await?;
    wait_for_focus(&browser, &link(ids[0])).await?;
    page.press_key("ArrowDown", 0).await?;
    page.press_key("ArrowDown", 0).await?;
    page.press_key("ArrowUp", 0).await?;
    wait_for_focus(&browser, &link(ids[1])).await?;
    wait_for(&browser, "still one stop", NUM_STOPS, json!(1)).await?;

    page.press_key("F2", 0).await?;
    let input = browser.element(".conversation-row > .input").await?;
    input.send_keys("Thrown away").await?;
    // Keys of the row are keys of the text while it is written.
    input.send_keys(Key::Delete + Key::Escape).await?;
    wait_for_focus(&browser, &link(ids[1])).await?;
    let old = json!(["First", "Second", "Third"]);
    wait_for(&browser, "the old title", TITLES, old).await?;
    page.press_key("F2", 0).await?;
    let input = browser.element(".conversation-row > .input").await?;
    input.send_keys("Another").await?;
    input.send_keys(Key::Enter + "").await?;
    let new = json!(["First", "Another", "Third"]);
    wait_for(&browser, "the new title", TITLES, new).await?;
    wait_for_focus(&browser, &link(ids[1])).await?;

    page.press_key("F10", SHIFT).await?;
    browser.element("#row-menu:popover-open").await?;
    let entry = browser.driver().active_element().await?;
    entry.send_keys(Key::Escape + "").await?;
    wait_for_focus(&browser, &link(ids[1])).await?;

    page.press_key("Delete", 0).await?;
    wait_for(&browser, "two rows", TITLES, json!(["First", "Third"])).await?;
    wait_for_focus(&browser, &link(ids[2])).await?;
    page.press_key("Delete", 0).await?;
    wait_for_focus(&browser, &link(ids[0])).await?;
    page.press_key("Delete", 0).await?;
    wait_for_focus(&browser, "new-chat").await?;
    browser.quit().await
}

async fn one_menu_serves_every_row_and_closes_with_a_press_elsewhere(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, _page, ids) = chats.show(&browser, language).await?;
    let open = "return document.querySelectorAll('.menu:popover-open').length";
    let more = |id| format!(".conversation-row:has(#{}) > .row-more", link(id));
    let press = async |selector: &str| -> Result<()> {
        browser.element(selector).await?.click().await?;
        Ok(())
    };
    press(&more(ids[0])).await?;
    wait_for(&browser, "the menu opens", open, json!(1)).await?;
    check(&browser, &named("row-menu", language)).await?;
    press(TEXT_BOX).await?;
    wait_for(&browser, "the menu closes", open, json!(0)).await?;
    // The button closes what it opened, and the button of another row opens it there.
    press(&more(ids[0])).await?;
    wait_for(&browser, "the menu opens", open, json!(1)).await?;
    press(&more(ids[0])).await?;
    wait_for(&browser, "the menu closes", open, json!(0)).await?;
    press(&more(ids[1])).await?;
    wait_for(&browser, "the menu opens", open, json!(1)).await?;
    press("#row-menu .danger").await?;
    wait_for(&browser, "the row goes", TITLES, json!(["First", "Third"])).await?;
    wait_for_focus(&browser, &link(ids[2])).await?;
    let toast = browser.element(".toasts .toast").await?.text().await?;
    ensure!(toast.contains(&words(language, "chat.deleted")?), "{toast}");
    press(&more(ids[2])).await?;
    press("#row-menu .menu-entry").await?;
    let input = browser.element(".conversation-row > .input").await?;
    input.send_keys("Last".to_owned() + Key::Enter).await?;
    wait_for(&browser, "the title", TITLES, json!(["First", "Last"])).await?;
    browser.quit().await
}

async fn a_rail_is_chosen_once_and_stands_in_the_next_page_from_the_beginning(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    let width = "return document.getElementById('sidebar').offsetWidth";
    wait_for(&browser, "a list", width, json!(272)).await?;
    let collapse = browser.element("#collapse-sidebar").await?;
    collapse.click().await?;
    wait_for(&browser, "a rail", width, json!(56)).await?;
    wait_for_focus(&browser, "expand-sidebar").await?;
    page.reload().await?;
    wait_for(&browser, "still a rail", width, json!(56)).await?;
    // The server itself said so: nothing moves while the page loads.
    let sent = "return (await (await fetch('/')).text()).includes('data-sidebar=\"rail\"')";
    let sent = format!("return (async () => {{ {sent} }})()");
    wait_for(&browser, "it is sent as one", &sent, json!(true)).await?;
    check(&browser, &named("rail", language)).await?;
    page.open_account_menu().await?;
    page.press_key("b", CTRL).await?;
    wait_for(&browser, "a list again", width, json!(272)).await?;
    page.reload().await?;
    wait_for(&browser, "still a list", width, json!(272)).await?;
    // On a phone it is a drawer, whatever was chosen.
    browser.show_screen(Screen::Phone).await?;
    page.press_key("b", CTRL).await?;
    browser.element(".sidebar.open").await?;
    wait_for_focus(&browser, "new-chat").await?;
    page.press_key("b", CTRL).await?;
    wait_for_focus(&browser, "open-sidebar").await?;
    browser.quit().await
}

const WIDTH: &str = "return document.getElementById('sidebar').offsetWidth";
/// What a screen reader says of the edge.
const EDGE: &str = "const it = document.getElementById('sidebar-edge');
    return [it.ariaValueNow, it.ariaValueText]";
/// Adds up what moved since the page was opened.
const ADD_SHIFTS: &str = "window.moved = 0;
    const add = list => list.getEntries().forEach(it => window.moved += it.value);
    new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });";

/// A mouse takes the edge by its middle, draws it to these places and lets it go.
async fn draw(browser: &Browser, places: &[i64]) -> Result<()> {
    let middle = "const box = document.getElementById('sidebar-edge').getBoundingClientRect();
        return Math.round(box.x + box.width / 2)";
    let from = browser.script(middle, Vec::new()).await?;
    let from = from.as_i64().context("the edge has a place")?;
    mouse(browser, "mouseMoved", from, 0).await?;
    mouse(browser, "mousePressed", from, 1).await?;
    for place in places {
        mouse(browser, "mouseMoved", *place, 1).await?;
    }
    let last = places.last().copied().unwrap_or(from);
    mouse(browser, "mouseReleased", last, 1).await
}

async fn mouse(browser: &Browser, kind: &str, x: i64, clicks: u32) -> Result<()> {
    let is_held = kind == "mousePressed" || (kind == "mouseMoved" && clicks > 0);
    let button = if clicks > 0 { "left" } else { "none" };
    let parameters = json!({
        "type": kind, "x": x, "y": 450, "button": button,
        "buttons": u32::from(is_held), "clickCount": clicks,
    });
    browser
        .devtools("Input.dispatchMouseEvent", parameters)
        .await?;
    Ok(())
}

async fn the_edge_of_the_list_is_drawn_and_stays_where_it_was_left(
    language: Language,
) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    wait_for(&browser, "a list", WIDTH, json!(272)).await?;
    wait_for(&browser, "it says so", EDGE, json!(["272", null])).await?;
    browser.element(TEXT_BOX).await?.focus().await?;
    draw(&browser, &[300, 341]).await?;
    wait_for(&browser, "a wider list", WIDTH, json!(340)).await?;
    wait_for_focus(&browser, "composer-text").await?;
    wait_for(&browser, "it says so", EDGE, json!(["340", null])).await?;
    page.reload().await?;
    wait_for(&browser, "still as wide", WIDTH, json!(340)).await?;
    wait_for(&browser, "it says so", EDGE, json!(["340", null])).await?;
    let sent = "return (await (await fetch('/')).text()).includes('data-side-width=\"340\"')";
    let sent = format!("return (async () => {{ {sent} }})()");
    wait_for(&browser, "it is sent so", &sent, json!(true)).await?;
    browser.script(ADD_SHIFTS, Vec::new()).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let moved = browser.script("return window.moved", Vec::new()).await?;
    let is_still = moved.as_f64().is_some_and(|moved| moved <= 0.01);
    ensure!(is_still, "the page moved by {moved}");

    draw(&browser, &[500, 900]).await?;
    wait_for(&browser, "the widest list", WIDTH, json!(400)).await?;
    draw(&browser, &[300, 160]).await?;
    wait_for(&browser, "the narrowest list", WIDTH, json!(220)).await?;
    draw(&browser, &[150, 90]).await?;
    wait_for(&browser, "a rail", WIDTH, json!(56)).await?;
    let collapsed = words(language, "frame.sidebar_collapsed")?;
    let said = json!(["220", collapsed]);
    wait_for(&browser, "it says so", EDGE, said.clone()).await?;
    page.reload().await?;
    wait_for(&browser, "still a rail", WIDTH, json!(56)).await?;
    wait_for(&browser, "it says so", EDGE, said).await?;
    draw(&browser, &[100, 180, 300]).await?;
    wait_for(&browser, "a list again", WIDTH, json!(300)).await?;

    // A press alone moves nothing, two of them put it back.
    draw(&browser, &[]).await?;
    wait_for(&browser, "the same list", WIDTH, json!(300)).await?;
    for clicks in [1, 2] {
        mouse(&browser, "mousePressed", 300, clicks).await?;
        mouse(&browser, "mouseReleased", 300, clicks).await?;
    }
    wait_for(&browser, "as it was at first", WIDTH, json!(272)).await?;
    browser.show_screen(Screen::Phone).await?;
    let is_seen = "return document.getElementById('sidebar-edge').checkVisibility()";
    wait_for(&browser, "no edge on a phone", is_seen, json!(false)).await?;
    browser.quit().await
}

async fn the_edge_of_the_list_is_moved_by_keys(language: Language) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    let account = browser.element(".account-button").await?;
    account.focus().await?;
    account.send_keys(Key::Tab + "").await?;
    wait_for_focus(&browser, "sidebar-edge").await?;
    let edge = browser.element("#sidebar-edge").await?;
    let name = edge.attr("aria-label").await?;
    ensure!(
        name == Some(words(language, "frame.sidebar_width")?),
        "{name:?}"
    );
    for (key, width) in [
        ("ArrowRight", 288),
        ("ArrowLeft", 272),
        ("ArrowLeft", 256),
        ("End", 400),
        ("ArrowRight", 400),
        ("Home", 220),
        ("ArrowLeft", 220),
        ("Enter", 56),
        ("ArrowLeft", 56),
        ("ArrowRight", 220),
        ("ArrowRight", 236),
        ("Enter", 56),
        ("Enter", 236),
    ] {
        page.press_key(key, 0).await?;
        wait_for(&browser, key, WIDTH, json!(width)).await?;
        wait_for_focus(&browser, "sidebar-edge").await?;
    }
    check(&browser, &named("edge", language)).await?;
    page.reload().await?;
    wait_for(&browser, "still as wide", WIDTH, json!(236)).await?;
    // Where one reads from the right, the list stands there and its edge at its left.
    let turn = "document.documentElement.dir = 'rtl'";
    browser.script(turn, Vec::new()).await?;
    browser.element("#sidebar-edge").await?.focus().await?;
    page.press_key("ArrowLeft", 0).await?;
    wait_for(&browser, "a wider list", WIDTH, json!(252)).await?;
    page.press_key("ArrowRight", 0).await?;
    wait_for(&browser, "a narrower list", WIDTH, json!(236)).await?;
    draw(&browser, &[1000, 980]).await?;
    wait_for(&browser, "a wider list", WIDTH, json!(300)).await?;
    // In a narrow window the list has less room; keys go on from where its edge is seen.
    let narrow = json!({"width": 800, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    browser
        .devtools("Emulation.setDeviceMetricsOverride", narrow)
        .await?;
    browser.element("#sidebar-edge").await?.focus().await?;
    page.press_key("End", 0).await?;
    wait_for(&browser, "the widest list", WIDTH, json!(360)).await?;
    let most = "const it = document.getElementById('sidebar-edge');
        return [it.ariaValueNow, it.ariaValueMax]";
    wait_for(&browser, "it says so", most, json!(["360", "360"])).await?;
    page.press_key("ArrowRight", 0).await?;
    wait_for(&browser, "a narrower list", WIDTH, json!(344)).await?;
    browser.quit().await
}

async fn a_title_is_renamed_where_it_stands(language: Language) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, ids) = chats.show(&browser, language).await?;
    page.open(&format!("/c/{}", ids[2])).await?;
    let title = "return document.querySelector('.chat-title').textContent";
    wait_for(&browser, "the title", title, json!("Third")).await?;
    browser.element("#title-button").await?.click().await?;
    let input = browser.element(".chat-title > .input").await?;
    input.send_keys("Written".to_owned() + Key::Enter).await?;
    wait_for(&browser, "the new title", title, json!("Written")).await?;
    let listed = json!(["First", "Second", "Written"]);
    wait_for(&browser, "the row", TITLES, listed).await?;
    wait_for_focus(&browser, "title-button").await?;
    page.press_key("F2", 0).await?;
    let input = browser.element(".chat-title > .input").await?;
    input
        .send_keys("Thrown away".to_owned() + Key::Escape)
        .await?;
    wait_for(&browser, "the same title", title, json!("Written")).await?;

    page.open_menu(".model-chip", "model-menu").await?;
    check(&browser, &named("model-menu", language)).await?;
    page.open_chat_menu().await?;
    browser.element("#more-menu .danger").await?.click().await?;
    wait_for(&browser, "two rows", TITLES, json!(["First", "Second"])).await?;
    wait_for(&browser, "no title", "return location.pathname", json!("/")).await?;
    let lost = "return document.activeElement === document.body";
    wait_for(&browser, "the focus is somewhere", lost, json!(false)).await?;
    browser.quit().await
}

async fn the_account_has_a_menu_and_the_theme_changes_at_once(language: Language) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, _ids) = chats.show(&browser, language).await?;
    page.open_account_menu().await?;
    check(&browser, &named("account-menu", language)).await?;
    let choose = "document.querySelector('#account-menu [value=dark]').click()";
    browser.script(choose, Vec::new()).await?;
    let theme = "return document.documentElement.dataset.theme ?? null";
    wait_for(&browser, "it is dark", theme, json!("dark")).await?;
    eventually("the choice is kept", PATIENCE, async || {
        let cookies = browser.driver().get_all_cookies().await?;
        let is_kept = |it: &Cookie| it.name == "hearth_theme" && it.value == "dark";
        Ok(cookies.iter().any(is_kept).then_some(()))
    })
    .await?;
    page.reload().await?;
    wait_for(&browser, "it is still dark", theme, json!("dark")).await?;
    let chosen = "return document.querySelector('#account-menu [name=theme]:checked').value";
    wait_for(&browser, "and says so", chosen, json!("dark")).await?;
    page.sign_out().await?;
    browser.element("input[name=password]").await?;
    browser.quit().await
}

async fn the_header_tells_a_model_that_loads_and_when_it_is_lit(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let model = ScriptedModel::new(Vec::new()).with_load_delay(Duration::from_secs(8));
    let (server, ada) = RunningServer::start(model).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.speak(language).await?;
    page.enter(&ada).await?;
    let dot = "return document.querySelector('.model-chip .dot').className";
    let chip = "return document.querySelector('.model-chip').textContent.includes('%')";
    let told = "return document.querySelector('.chat-heading [role=status]').textContent !== ''";
    wait_for(&browser, "it burns", dot, json!("dot burning")).await?;
    wait_for(&browser, "the chip tells how far it is", chip, json!(true)).await?;
    wait_for(&browser, "a screen reader tells it", told, json!(true)).await?;
    check(&browser, &named("model-loading", language)).await?;
    wait_for(&browser, "it is lit", dot, json!("dot")).await?;
    wait_for(&browser, "the chip has its name alone", chip, json!(false)).await?;
    wait_for(&browser, "there is nothing to tell", told, json!(false)).await?;
    browser.quit().await
}

/// The keys that the list tells of.
const TOLD_KEYS: &str = "return [...document.querySelectorAll('#shortcuts kbd')]
    .map(it => it.innerText)";
/// Those that tests press: here, those of rows and of the rail further above, the others where
/// answers are read and questions edited. A key that is told of and does nothing is missed.
const PRESSED_KEYS: [&str; 14] = [
    "Ctrl ⇧ O",
    "Ctrl K",
    "Ctrl B",
    "Ctrl ,",
    "Alt ↑",
    "Alt ↓",
    "Esc",
    "Ctrl ⇧ C",
    "↑",
    "↑ ↓",
    "F2",
    "⇧ F10",
    "Del",
    "?",
];

async fn shortcuts_work_and_a_list_of_them_opens(language: Language) -> Result<()> {
    let chats = Chats::begin(&QUESTIONS).await?;
    let browser = Browser::open().await?;
    let (_server, page, ids) = chats.show(&browser, language).await?;
    let path = "return location.pathname";
    let at = |id: ConversationId| json!(format!("/c/{id}"));
    page.press_key("ArrowDown", ALT).await?;
    wait_for(&browser, "the first chat", path, at(ids[0])).await?;
    page.press_key("ArrowDown", ALT).await?;
    wait_for(&browser, "the second chat", path, at(ids[1])).await?;
    page.press_key("ArrowUp", ALT).await?;
    wait_for(&browser, "the first chat", path, at(ids[0])).await?;
    page.press_key("O", CTRL + SHIFT).await?;
    wait_for(&browser, "a new chat", path, json!("/")).await?;

    // In a text it is a question mark.
    let open = "return document.getElementById('shortcuts').open";
    browser.element(TEXT_BOX).await?.focus().await?;
    page.press_key("?", SHIFT).await?;
    wait_for(&browser, "no list", open, json!(false)).await?;
    browser.element("#new-chat").await?.focus().await?;
    page.press_key("?", SHIFT).await?;
    wait_for(&browser, "the list", open, json!(true)).await?;
    check(&browser, &named("shortcuts", language)).await?;
    let told = browser.script(TOLD_KEYS, Vec::new()).await?;
    ensure!(told == json!(PRESSED_KEYS), "{told}");
    let beside = "document.getElementById('shortcuts').click()";
    browser.script(beside, Vec::new()).await?;
    wait_for(&browser, "the list closes", open, json!(false)).await?;
    // As a Chinese keyboard writes it.
    browser.element("#new-chat").await?.focus().await?;
    page.press_key("\u{ff1f}", SHIFT).await?;
    wait_for(&browser, "the list again", open, json!(true)).await?;
    browser.script(beside, Vec::new()).await?;
    wait_for(&browser, "the list closes", open, json!(false)).await?;

    // The settings close with a press beside them, but not once something is written.
    page.open_chat_settings().await?;
    let beside = "document.querySelector('dialog[open]')?.click()";
    let shown = "return document.querySelector('dialog[open]') !== null";
    browser.script(beside, Vec::new()).await?;
    wait_for(&browser, "the settings close", shown, json!(false)).await?;
    page.open_chat_settings().await?;
    let field = browser.element("#own-max-tokens").await?;
    field.send_keys("12").await?;
    browser.script(beside, Vec::new()).await?;
    wait_for(&browser, "the settings stay", shown, json!(true)).await?;
    let kept = field.prop("value").await?;
    ensure!(kept.as_deref() == Some("12"), "{kept:?}");
    page.press_key(",", CTRL).await?;
    wait_for(&browser, "behind a dialog", path, json!("/")).await?;
    browser
        .element(".dialog-head button")
        .await?
        .click()
        .await?;
    page.press_key(",", CTRL).await?;
    wait_for(&browser, "the settings", path, json!("/settings")).await?;
    browser.quit().await
}
