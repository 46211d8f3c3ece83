//! What an administrator sees and does, in a real browser.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::{Language, OneTimeLink, SettingName, preferences::BANNER_COOKIE};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, Screen, wait_for, wait_for_end_of, wait_for_words},
    chat_page::ChatPage,
    deadline::eventually,
    running_server::{PASSWORD, RunningServer, save_setting, send_and_wait},
    words::words,
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::{accessibility::check, named, popups::press};

in_both_languages! {
    settings_are_saved_together_and_a_banner_can_be_put_away,
    ways_to_begin_go_into_the_box_as_the_administrator_wrote_them,
    what_is_not_saved_is_counted_marked_and_asked_for_before_leaving,
    an_invited_person_chooses_a_password_and_is_in,
    models_usage_and_the_log_are_shown,
    a_conversation_has_settings_of_its_own_and_an_answer_tells_how_it_was_made,
    a_copy_is_made_with_the_keyboard_and_shown_when_it_is_there,
    people_are_searched_by_name_and_usage_is_looked_at_by_the_week,
}

/// The first call of the server fails as in a train.
const LOSE_ONE: &str = "const wired = window.fetch.bind(window);
    window.asked = 0;
    window.fetch = (...call) => window.asked++
        ? wired(...call)
        : Promise.reject(new TypeError('Failed to fetch'));";

/// Fills a field as a person would who replaces what stands there.
async fn fill(browser: &Browser, id: &str, text: &str) -> Result<()> {
    let field = browser.element(&format!("#{id}")).await?;
    let clear = "document.getElementById(arguments[0]).value = ''";
    browser.script(clear, vec![json!(id)]).await?;
    field.send_keys(text).await?;
    Ok(())
}

/// Presses the button of the form that holds this field.
async fn save(browser: &Browser, id: &str) -> Result<()> {
    let button = format!("form:has(#{id}) button[type=submit]");
    browser.element(&button).await?.click().await?;
    Ok(())
}

async fn settings_are_saved_together_and_a_banner_can_be_put_away(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at("/admin", &browser, &ada, language).await?;
    check(&browser, &named("admin-settings", language)).await?;
    let saved = words(language, "admin.saved")?;
    let (banner, text) = match language {
        Language::English => ("banner_en", "Back at noon."),
        Language::Chinese => ("banner_zh", "中午恢复服务。"),
    };
    fill(&browser, banner, text).await?;
    fill(&browser, "max_tokens", "1e3").await?;
    save(&browser, "max_tokens").await?;
    let name = words(language, "admin.names.max_tokens")?;
    wait_for_words(&browser, "#max_tokens-error", &name).await?;
    wait_for_words(&browser, "#max_tokens-error", "1–1000000").await?;
    check(&browser, &named("admin-settings-refused", language)).await?;
    let typed = browser.element(&format!("#{banner}")).await?;
    ensure!(
        typed.prop("value").await?.as_deref() == Some(text),
        "it is lost"
    );
    fill(&browser, "max_tokens", "256").await?;
    save(&browser, "max_tokens").await?;
    wait_for_words(&browser, ".saved-mark", &saved).await?;
    page.reload().await?;
    let kept = browser.element("#max_tokens").await?;
    ensure!(kept.prop("value").await?.as_deref() == Some("256"));
    page.open("/").await?;
    wait_for_words(&browser, ".banner", text).await?;
    browser.element(".banner > .icon").await?;
    check(&browser, &named("banner", language)).await?;
    browser.element(".banner button").await?.click().await?;
    wait_for_end_of(&browser, ".banner").await?;
    eventually("the browser keeps it", PATIENCE, async || {
        let cookies = browser.driver().get_all_cookies().await?;
        let is_kept = cookies.iter().any(|it| it.name == BANNER_COOKIE);
        Ok(is_kept.then_some(()))
    })
    .await?;
    page.reload().await?;
    ensure!(!browser.has(".banner").await?, "it stays away");
    browser.quit().await
}

async fn ways_to_begin_go_into_the_box_as_the_administrator_wrote_them(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at("/admin", &browser, &ada, language).await?;
    let (id, lines) = match language {
        Language::English => ("starters_en", ["Plan my week", "Translate this"]),
        Language::Chinese => ("starters_zh", ["安排我的一周", "翻译这段话"]),
    };
    fill(&browser, id, "1\n2\n3\n4\n5").await?;
    save(&browser, id).await?;
    let name = words(language, &format!("admin.names.{id}"))?;
    wait_for_words(&browser, &format!("#{id}-error"), &name).await?;
    fill(&browser, id, &lines.join("\n")).await?;
    save(&browser, id).await?;
    wait_for_words(&browser, ".saved-mark", &words(language, "admin.saved")?).await?;
    page.open("/").await?;
    browser.element(".starter").await?;
    let shown = "return [...document.querySelectorAll('.starter')].map(it => it.innerText.trim())";
    let shown = browser.script(shown, Vec::new()).await?;
    ensure!(shown == json!(lines), "{shown}");
    check(&browser, &named("starters", language)).await?;
    browser.element(".starter").await?.click().await?;
    let draft = page.draft().await?;
    ensure!(draft.trim_end() == lines[0], "{draft}");
    ensure!(page.messages().await?.is_empty() && page.path().await? == "/");
    browser.quit().await
}

/// What the save bar says; nothing while it is not there.
async fn unsaved(browser: &Browser) -> Result<String> {
    let script = "const bar = document.querySelector('.save-bar:not(.saved)'); \
        return bar && bar.checkVisibility() ? bar.querySelector('[data-count]').innerText : ''";
    let told = browser.script(script, Vec::new()).await?;
    Ok(told.as_str().unwrap_or_default().to_owned())
}

/// Whether the bar that saves stays in sight, wherever one is on a long page.
const IS_BAR_SEEN: &str = "const bar = document.querySelector('.save-bar:not(.saved)');
    const box = bar.getBoundingClientRect();
    const isSeen = box.top >= 0 && box.bottom <= window.innerHeight;
    return [getComputedStyle(bar).position, isSeen,
        document.documentElement.scrollHeight > window.innerHeight]";

/// Whether the browser would ask before it leaves the page.
async fn is_leaving_asked(browser: &Browser) -> Result<bool> {
    let script = "const leaving = new Event('beforeunload', { cancelable: true }); \
        window.dispatchEvent(leaving); return leaving.defaultPrevented";
    Ok(browser.script(script, Vec::new()).await? == json!(true))
}

async fn what_is_not_saved_is_counted_marked_and_asked_for_before_leaving(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let _page = ChatPage::shown_at("/admin", &browser, &ada, language).await?;
    ensure!(unsaved(&browser).await?.is_empty(), "nothing was changed");
    ensure!(!is_leaving_asked(&browser).await?, "nothing would be lost");
    let link = browser
        .element(".settings-sections a[href=\"/admin/log\"]")
        .await?;
    ensure!(link.attr("rel").await?.is_none());

    fill(&browser, "max_tokens", "256").await?;
    let one = words(language, "admin.unsaved_single")?;
    ensure!(unsaved(&browser).await? == one, "{one}");
    let seen = browser.script(IS_BAR_SEEN, Vec::new()).await?;
    ensure!(seen == json!(["sticky", true, true]), "{seen}");
    browser.element("label.changed[for=max_tokens]").await?;
    let switch = "document.getElementById('calculator').click()";
    browser.script(switch, Vec::new()).await?;
    let two = words(language, "admin.unsaved")?.replace("{{ number }}", "2");
    ensure!(unsaved(&browser).await? == two, "{two}");
    ensure!(
        is_leaving_asked(&browser).await?,
        "two changes would be lost"
    );
    ensure!(link.attr("rel").await?.as_deref() == Some("external"));
    check(&browser, &named("admin-settings-unsaved", language)).await?;
    // What is as it was is no change.
    browser.script(switch, Vec::new()).await?;
    ensure!(unsaved(&browser).await? == one, "{one}");

    browser.element("[data-discard]").await?.click().await?;
    ensure!(
        unsaved(&browser).await?.is_empty(),
        "everything is as it was"
    );
    ensure!(!is_leaving_asked(&browser).await?);
    let field = browser.element("#max_tokens").await?;
    ensure!(field.prop("value").await?.as_deref() == Some(""));

    fill(&browser, "max_tokens", "256").await?;
    save(&browser, "max_tokens").await?;
    wait_for_words(&browser, ".saved-mark", &words(language, "admin.saved")?).await?;
    ensure!(!is_leaving_asked(&browser).await?, "it is saved");
    let stays = "return document.querySelector('.drawn').contains(document.activeElement)";
    let stays = browser.script(stays, Vec::new()).await?;
    ensure!(stays == json!(true), "the focus stays in the section");
    browser.quit().await
}

/// What an administrator can do with somebody.
const PERSON_MENU: &str = ".person-menu:popover-open";

async fn an_invited_person_chooses_a_password_and_is_in(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at("/admin/people", &browser, &ada, language).await?;
    fill(&browser, "name", "Dora").await?;
    save(&browser, "name").await?;
    let link = browser.element(".new-link code").await?;
    page.wait_until_interactive().await?;
    let address = eventually("the link is complete", PATIENCE, async || {
        let text = link.text().await?;
        Ok(text.starts_with("http").then_some(text))
    })
    .await?;
    check(&browser, &named("admin-people", language)).await?;
    // Nobody takes the own role, account or access here.
    for (person, num_changes) in [("Ada", 0), ("Dora", 2)] {
        let script = "const row = [...document.querySelectorAll('.people tbody tr')] \
            .find(it => it.innerText.includes(arguments[0])); \
            row.querySelector('[popovertarget]').click(); \
            const menu = row.querySelector('.person-menu'); \
            return [menu.matches(':popover-open'), \
                menu.querySelectorAll('[name=change]').length]";
        let found = browser.script(script, vec![json!(person)]).await?;
        ensure!(found == json!([true, num_changes]), "{person}: {found}");
    }
    check(&browser, &named("admin-person-menu", language)).await?;
    page.press_key("Escape", 0).await?;
    wait_for_end_of(&browser, PERSON_MENU).await?;
    let more = browser.element(".people tbody [popovertarget]").await?;
    more.click().await?;
    browser.element(PERSON_MENU).await?;
    press(&browser, 6, 450).await?;
    wait_for_end_of(&browser, PERSON_MENU).await?;
    browser.driver().delete_all_cookies().await?;
    page.speak(language).await?;
    browser.goto(&address).await?;
    page.wait_until_interactive().await?;
    check(&browser, &named("join", language)).await?;
    fill(&browser, "password", PASSWORD).await?;
    save(&browser, "password").await?;
    wait_for_words(&browser, ".account-name", "Dora").await?;
    // The link is used up: in this tab too there is room for the next one.
    page.open("/join").await?;
    let ended = words(language, "admin.join_ended")?;
    wait_for_words(&browser, ".error-text", &ended).await?;
    browser.element("#token").await?;
    browser.quit().await
}

async fn models_usage_and_the_log_are_shown(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    send_and_wait(&ada, None, "Hi").await?;
    save_setting(&ada, SettingName::Temperature, "0.5").await??;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at("/admin/models", &browser, &ada, language).await?;
    wait_for_words(&browser, ".model-state", &words(language, "frame.lit")?).await?;
    check(&browser, &named("admin-models", language)).await?;
    page.open("/admin/usage").await?;
    ensure!(browser.has(".usage-chart rect").await?, "there are bars");
    wait_for_words(&browser, ".data-table tbody", "Ada").await?;
    let stops = "return document.querySelectorAll('.day-bar[tabindex=\"0\"]').length";
    ensure!(
        browser.script(stops, Vec::new()).await? == json!(1),
        "one stop for Tab"
    );
    let focus = "document.querySelector('.day-bar').focus()";
    browser.script(focus, Vec::new()).await?;
    let first = browser.driver().active_element().await?;
    first.send_keys(Key::Right + "").await?;
    let place = "return [...document.querySelectorAll('.day-bar')] \
        .indexOf(document.activeElement)";
    ensure!(
        browser.script(place, Vec::new()).await? == json!(1),
        "the next day"
    );
    let told = "return [document.activeElement, document.querySelector('.day-bar')] \
        .map(it => getComputedStyle(it.querySelector('.tip')).opacity)";
    wait_for(&browser, "its value is told", told, json!(["1", "0"])).await?;
    check(&browser, &named("admin-usage", language)).await?;
    page.open("/admin/log").await?;
    wait_for_words(&browser, ".log", "0.5").await?;
    ensure!(
        !browser.has("a[href*=\"before=\"]").await?,
        "there is nothing older"
    );
    check(&browser, &named("admin-log", language)).await?;
    browser.quit().await
}

async fn a_conversation_has_settings_of_its_own_and_an_answer_tells_how_it_was_made(
    language: Language,
) -> Result<()> {
    let model = ScriptedModel::new(vec!["123456789".into()]);
    let (_server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    page.open_chat_settings().await?;
    browser.element("dialog[open] #own-max-tokens").await?;
    check(&browser, &named("conversation-settings", language)).await?;
    fill(&browser, "own-max-tokens", "none").await?;
    save(&browser, "own-max-tokens").await?;
    wait_for_words(&browser, "dialog .error-text", "none").await?;
    fill(&browser, "own-max-tokens", "3").await?;
    save(&browser, "own-max-tokens").await?;
    page.conversation().await?;
    page.send("Count, please.").await?;
    let answer = page.wait_for_end(1).await?;
    ensure!(answer.text.trim() == "123", "{answer:?}");
    browser
        .element(".message-info > button")
        .await?
        .click()
        .await?;
    wait_for_words(&browser, ".message-info .facts", "max tokens 3").await?;
    let seed = words(language, "admin.info_seed")?;
    wait_for_words(&browser, ".message-info .facts", &seed).await?;
    check(&browser, &named("message-info", language)).await?;
    browser.quit_after_refusals().await
}

/// Comes from the list of sections to the button by Tab, and presses it.
async fn back_up(browser: &Browser, language: Language) -> Result<()> {
    let section = ".settings-sections a[href=\"/admin/backups\"]";
    let section = browser.element(section).await?;
    section.send_keys(Key::Tab + "").await?;
    let button = browser.driver().active_element().await?;
    let (label, found) = (words(language, "admin.back_up")?, button.text().await?);
    ensure!(found.trim() == label, "Tab leads to {found:?}");
    button.send_keys(Key::Enter + "").await?;
    Ok(())
}

/// Waits until so many copies are listed that somebody asked for, and the page says what is in the
/// last one. Nothing but the page itself draws it anew.
async fn wait_for_copies(
    browser: &Browser,
    language: Language,
    (num_copies, num_conversations): (usize, usize),
) -> Result<()> {
    let sentence = words(language, "admin.backup_made")?
        .replace("{{ accounts }}", "1")
        .replace("{{ conversations }}", &num_conversations.to_string())
        .replace("{{ messages }}", &(2 * num_conversations).to_string());
    let (before, after) = sentence.split_once("{{ time }}").unwrap_or_default();
    ensure!(!after.is_empty(), "no time in {sentence:?}");
    // Looked at in one moment: elements of a while ago are not there any more.
    let look = "const shown = document.querySelector('.settings-main'); \
        return shown ? shown.innerText : ''";
    let what = format!("{num_copies} copies are shown, and {after:?}");
    let shown = eventually(&what, PATIENCE, async || {
        // A page that is being left answers nothing.
        let Ok(shown) = browser.script(look, Vec::new()).await else {
            return Ok(None);
        };
        let shown = shown.as_str().unwrap_or_default();
        let num_shown = shown.matches("-asked.db").count();
        let is_told = shown.contains(before) && shown.contains(after);
        Ok((num_shown == num_copies && is_told).then_some(()))
    });
    let shown = shown.await;
    if shown.is_err() {
        browser.screenshot("failed").await?;
    }
    shown
}

async fn a_copy_is_made_with_the_keyboard_and_shown_when_it_is_there(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    send_and_wait(&ada, None, "Hi").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at("/admin/backups", &browser, &ada, language).await?;
    wait_for_words(&browser, ".section-head", "03:00").await?;
    back_up(&browser, language).await?;
    wait_for_copies(&browser, language, (1, 1)).await?;
    page.wait_until_interactive().await?;
    check(&browser, &named("admin-backups", language)).await?;
    send_and_wait(&ada, None, "Hi again").await?;
    browser.show_screen(Screen::Phone).await?;
    back_up(&browser, language).await?;
    wait_for_copies(&browser, language, (2, 2)).await?;
    browser.quit().await
}

async fn people_are_searched_by_name_and_usage_is_looked_at_by_the_week(
    language: Language,
) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    for number in 1..=10 {
        let name = ("name", format!("Person {number}"));
        let fields = [name, ("role", "user".to_owned())];
        ada.call::<OneTimeLink>("create_account", &fields).await??;
    }
    send_and_wait(&ada, None, "Hi").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at("/admin/people", &browser, &ada, language).await?;
    let field = browser.element("#people-search").await?;
    field.send_keys("person 10").await?;
    field.send_keys(Key::Enter + "").await?;
    browser.element(".people tbody tr:only-child").await?;
    page.wait_until_interactive().await?;
    wait_for_words(&browser, ".person-name", "Person 10").await?;
    check(&browser, &named("admin-people-found", language)).await?;

    page.open("/admin/usage").await?;
    let week = "a[href$='days=7']";
    browser.element(week).await?.click().await?;
    browser.element(&format!("{week}[aria-current]")).await?;
    page.wait_until_interactive().await?;
    let bars = "return document.querySelectorAll('.day-bar').length";
    wait_for(&browser, "a week is shown", bars, 7).await?;
    check(&browser, &named("admin-usage-week", language)).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_that_changes_is_followed_after_a_lost_answer_too() -> Result<()> {
    let browser = Browser::open().await?;
    let model = ScriptedModel::new(Vec::new()).with_load_delay(Duration::from_secs(8));
    let (server, ada) = RunningServer::start(model).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, "/admin/models").await?;
    ensure!(browser.has(".drawn[data-changing]").await?, "it loads");
    browser.script(LOSE_ONE, Vec::new()).await?;
    let is_lit = "return document.querySelector('.model-tile.lit') !== null";
    wait_for(&browser, "it is lit", is_lit, true).await?;
    let asked = browser.script("return window.asked", Vec::new()).await?;
    ensure!(asked.as_u64() > Some(1), "{asked}");
    browser.quit().await
}
