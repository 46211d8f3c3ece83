//! Keys that do something outside of fields: the switch that turns them off, and input methods.

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for, wait_for_words},
    chat_page::{ChatPage, TEXT_BOX},
    keyboard::{CTRL, Keyboard, SHIFT, wait_for_focus},
    running_server::{RunningServer, send_and_wait},
    words::words,
};
use serde_json::json;

use super::{accessibility::check, named, shortcuts::IS_LIST_OPEN};

in_both_languages! {
    single_keys_are_turned_off_in_the_settings_and_the_list_of_shortcuts_says_so,
}

const IS_OFF: &str = "return document.documentElement.hasAttribute('data-single-keys')";

/// A keyboard sends keys to whatever has the focus.
async fn hold_focus(browser: &Browser) -> Result<()> {
    let focused = json!({"enabled": true});
    let method = "Emulation.setFocusEmulationEnabled";
    browser.devtools(method, focused).await?;
    Ok(())
}

async fn single_keys_are_turned_off_in_the_settings_and_the_list_of_shortcuts_says_so(
    language: Language,
) -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    let keys = Keyboard::new(&browser);
    hold_focus(&browser).await?;
    page.speak(language).await?;
    page.enter(&ada).await?;
    let press_outside = async || -> Result<()> {
        browser.element("#new-chat").await?.focus().await?;
        keys.press("?", SHIFT).await?;
        keys.write("ab").await
    };
    page.open("/settings").await?;
    check(&browser, &named("settings-keyboard", language)).await?;
    browser.element("#single-keys").await?.click().await?;
    wait_for(&browser, "the page says so at once", IS_OFF, true).await?;
    wait_for_focus(&browser, "#single-keys").await?;

    // The same document, another page.
    browser.element(".settings-side > a").await?.click().await?;
    browser.element(TEXT_BOX).await?;
    for is_new in [false, true] {
        if is_new {
            page.reload().await?;
        }
        press_outside().await?;
        wait_for(&browser, "no list", IS_LIST_OPEN, false).await?;
        ensure!(keys.is_at("#new-chat").await?, "the focus stays");
        ensure!(page.draft().await?.is_empty(), "nothing is written");
    }
    // In the box letters are letters, and keys with others do what they did.
    browser.element(TEXT_BOX).await?.focus().await?;
    keys.write("ab").await?;
    ensure!(page.draft().await? == "ab");
    page.open_account_menu().await?;
    let entry = "#account-menu > button";
    browser.element(entry).await?.click().await?;
    wait_for(&browser, "the list", IS_LIST_OPEN, true).await?;
    let told = words(language, "frame.single_keys_off")?;
    wait_for_words(&browser, "#shortcuts .hint", &told).await?;
    check(&browser, &named("shortcuts-off", language)).await?;
    keys.press("Escape", 0).await?;
    wait_for(&browser, "the list closes", IS_LIST_OPEN, false).await?;
    keys.press(",", CTRL).await?;
    browser.element("#single-keys").await?.click().await?;
    wait_for(&browser, "they are on again", IS_OFF, false).await?;
    page.open("/").await?;
    browser.element("#new-chat").await?.focus().await?;
    keys.press("?", SHIFT).await?;
    wait_for(&browser, "the list", IS_LIST_OPEN, true).await?;
    browser.quit().await
}

/// Sends keys as input methods do: some say that they compose, Safari only gives the number.
const COMPOSE: &str = r"
    const [selector, key, others] = arguments;
    const place = document.querySelector(selector);
    place.focus();
    const seen = [{ isComposing: true }, { keyCode: 229 }].map(sign => {
        const event = new KeyboardEvent('keydown',
            { key, bubbles: true, cancelable: true, ...others, ...sign });
        return place.dispatchEvent(event);
    });
    return seen.every(it => it) && document.activeElement === place;
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_an_input_method_do_nothing_else() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    let turn = send_and_wait(&ada, None, "One").await?;
    let path = format!("/c/{}", turn.conversation.id);
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    hold_focus(&browser).await?;
    page.enter_at(&ada, &path).await?;
    page.wait_for_end(1).await?;
    let (ctrl, alt) = (json!({"ctrlKey": true}), json!({"altKey": true}));
    let chord = json!({"ctrlKey": true, "shiftKey": true});
    let plain = json!({});
    for (place, key, others) in [
        (TEXT_BOX, "Enter", &plain),
        (TEXT_BOX, "Escape", &plain),
        ("#new-chat", "?", &plain),
        ("#new-chat", "a", &plain),
        ("#new-chat", ",", &ctrl),
        ("#new-chat", "b", &ctrl),
        ("#new-chat", "O", &chord),
        ("#new-chat", "C", &chord),
        ("#new-chat", "ArrowDown", &alt),
        (".conversation-link", "Delete", &plain),
        (".conversation-link", "F2", &plain),
        (".conversation-link", "ArrowDown", &plain),
    ] {
        let arguments = vec![json!(place), json!(key), others.clone()];
        let is_left_alone = browser.script(COMPOSE, arguments).await?;
        ensure!(is_left_alone == json!(true), "{key} at {place}");
    }
    wait_for(&browser, "no list", IS_LIST_OPEN, false).await?;
    ensure!(page.path().await? == path);
    ensure!(page.draft().await? == "");
    ensure!(!browser.has(".conversation-row > .input").await?);
    ensure!(page.messages().await?.len() == 2);
    let width = "return document.getElementById('sidebar').offsetWidth";
    wait_for(&browser, "the list stands beside the chat", width, 272).await?;
    browser.quit().await
}
