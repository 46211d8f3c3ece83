//! On a phone what a finger presses is 40 px both ways, nothing is cut or beyond the edge, and what
//! opens is a sheet.

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for_end_of},
    chat_page::ChatPage,
    running_server::{RunningServer, send_and_wait},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::accessibility::CODE;

in_both_languages! {
    all_that_a_finger_presses_is_large_enough,
}

/// Pixels both ways.
const LEAST: u32 = 40;

/// Of an answer.
const DELETE: &str = "[data-role=assistant] .message-delete > :is(button, summary)";

const IS_COARSE: &str = "return matchMedia('(pointer: coarse)').matches";

/// How much there is to press in what lies above the page, or else in all of it, and what of it is
/// smaller. Something small may have room around it that belongs to it: then that is hit.
const SMALL: &str = r"
    const least = arguments[0];
    const place = document.querySelector('dialog[open]')
        ?? document.querySelector('.menu:popover-open')
        ?? document.querySelector('.sidebar.open')
        ?? document;
    const pressed = 'button, summary, select, textarea, input:not([type=hidden]), nav a, header a,'
        + '.sidebar a, a:is(.button, .quiet-button, .icon-button, .menu-entry, .row)';
    const isChoice = it => it.matches('[type=radio], [type=checkbox], [type=file]');
    const target = it => (isChoice(it) && it.closest('label')) || it;
    const isSeen = it => !it.closest('[inert], .visually-hidden, .skip-link')
        && it.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    const name = it => it.localName + (it.id && `#${it.id}`)
        + [...it.classList].map(word => `.${word}`).join('')
        + (it.name ? `[name=${it.name}]` : '');
    const found = new Set();
    let looked = 0;
    for (const it of place.querySelectorAll(pressed)) {
        const spot = target(it);
        // The boxes of a list of tasks are drawings.
        if (it.matches('input:disabled') || !isSeen(spot)) continue;
        // What lets presses through is no target.
        if (getComputedStyle(spot).pointerEvents === 'none') continue;
        spot.scrollIntoView({ block: 'center', inline: 'center' });
        const box = spot.getBoundingClientRect();
        if (box.width <= 1 || box.height <= 1) continue;
        looked += 1;
        const x = box.left + box.width / 2;
        const y = box.top + box.height / 2;
        const isHit = (across, down) => {
            const hit = document.elementFromPoint(x + across, y + down);
            return hit !== null && (spot.contains(hit) || hit.closest('label')?.control === it);
        };
        // How far a press from the middle in one direction still hits it.
        const reach = (across, down) => {
            let far = 0;
            while (far < least && isHit(across * (far + 1), down * (far + 1))) far++;
            return far;
        };
        // The edges themselves belong to what lies beside it.
        const isWide = box.width > least - 0.5 || reach(-1, 0) + reach(1, 0) >= least - 2;
        const isHigh = box.height > least - 0.5 || reach(0, -1) + reach(0, 1) >= least - 2;
        if (isWide && isHigh) continue;
        const around = it.parentElement ? `${name(it.parentElement)} > ` : '';
        found.add(`${around}${name(it)}: ${box.width.toFixed(0)} x ${box.height.toFixed(0)}`);
    }
    return [looked, [...found]];
";

/// What is cut, reaches beyond the edge, or lies above the page and is no sheet.
const OUT_OF_SHAPE: &str = r"
    const isSeen = it => !it.closest('[inert], .visually-hidden')
        && it.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    const found = [];
    const parts = '.row, .menu, .dialog, .message-delete-panel, .setting, .setting table';
    for (const it of document.querySelectorAll(parts)) {
        const box = it.getBoundingClientRect();
        if (!isSeen(it) || box.width <= 1) continue;
        const name = `${it.localName}.${it.className}`;
        if (it.scrollWidth > it.clientWidth + 1) {
            found.push(`${name} is cut: ${it.scrollWidth} in ${it.clientWidth}`);
        }
        // Tabs scroll sideways; that of the page is in sight.
        if (it.closest('.settings-sections') && it.ariaCurrent !== 'page') continue;
        if (box.left < -0.5 || box.right > innerWidth + 0.5) {
            found.push(`${name} reaches from ${box.left} to ${box.right}`);
        }
        const lies = it.matches(':popover-open, dialog[open]');
        const isSheet = box.width > innerWidth - 1 && Math.abs(box.bottom - innerHeight) < 1;
        if (lies && !isSheet) found.push(`${name} is no sheet`);
        const foot = it.querySelector('.dialog-foot');
        if (lies && foot && box.bottom - foot.getBoundingClientRect().bottom > 1) {
            found.push(`${name} shows something below its foot`);
        }
    }
    const keys = [...document.querySelectorAll('.menu-entry > kbd')].filter(isSeen);
    return found.concat(keys.map(it => `a menu tells of the key ${it.innerText}`));
";

/// Sections of the settings and of the administration.
const SECTIONS: [&str; 13] = [
    "/settings",
    "/settings/account",
    "/settings/keys",
    "/settings/exports",
    "/settings/import",
    "/settings/trash",
    "/settings/shared",
    "/admin",
    "/admin/people",
    "/admin/models",
    "/admin/usage",
    "/admin/log",
    "/admin/upkeep",
];

/// Notes what is out of shape or too small of what the window shows.
async fn look(browser: &Browser, place: &str, faults: &mut Vec<String>) -> Result<()> {
    browser.settle().await?;
    // Looking for small things scrolls them into sight.
    let shape = browser.script(OUT_OF_SHAPE, Vec::new()).await?;
    let mut found: Vec<String> = serde_json::from_value(shape)?;
    let small = browser.script(SMALL, vec![json!(LEAST)]).await?;
    let (looked, small): (usize, Vec<String>) = serde_json::from_value(small)?;
    ensure!(looked > 0, "{place} has nothing to press");
    found.extend(small);
    faults.extend(found.iter().map(|it| format!("{place}: {it}")));
    Ok(())
}

async fn press(browser: &Browser, selector: &str) -> Result<()> {
    browser.settle().await?;
    let press = "document.querySelector(arguments[0]).click()";
    browser.element(selector).await?;
    browser.script(press, vec![json!(selector)]).await?;
    Ok(())
}

/// The chat, its menus, its dialog and the drawer.
async fn look_at_chat(browser: &Browser, faults: &mut Vec<String>) -> Result<()> {
    look(browser, "chat", faults).await?;
    press(browser, DELETE).await?;
    look(browser, "what is asked before an answer goes", faults).await?;
    press(browser, ".chat-more").await?;
    browser.element("#more-menu:popover-open").await?;
    look(browser, "menu of the chat", faults).await?;
    press(browser, "#more-menu > button").await?;
    browser.element("dialog[open] #own-max-tokens").await?;
    look(browser, "settings of the chat", faults).await?;
    press(browser, ".dialog[open] .dialog-head button").await?;
    press(browser, "#open-sidebar").await?;
    browser.element(".sidebar.open").await?;
    look(browser, "drawer", faults).await?;
    for (button, menu) in [
        (".row-more", "#row-menu"),
        (".account-button", "#account-menu"),
    ] {
        press(browser, button).await?;
        browser.element(&format!("{menu}:popover-open")).await?;
        look(browser, menu, faults).await?;
        let close = "document.querySelector(arguments[0]).hidePopover()";
        browser.script(close, vec![json!(menu)]).await?;
    }
    Ok(())
}

async fn all_that_a_finger_presses_is_large_enough(language: Language) -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![CODE.to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "Show me a function.").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    browser.show_touch_screen().await?;
    page.speak(language).await?;
    page.open("/sign-in").await?;
    let is_coarse = browser.script(IS_COARSE, Vec::new()).await?;
    ensure!(is_coarse == Value::Bool(true), "no finger is emulated");
    let mut faults = Vec::new();
    look(&browser, "/sign-in", &mut faults).await?;
    page.enter(&ada).await?;
    look(&browser, "/", &mut faults).await?;
    page.open(&format!("/c/{}", turn.conversation.id)).await?;
    page.wait_for_end(1).await?;
    look_at_chat(&browser, &mut faults).await?;
    for section in SECTIONS {
        page.open(section).await?;
        look(&browser, section, &mut faults).await?;
    }
    page.open("/admin/people").await?;
    press(&browser, ".people [popovertarget]").await?;
    browser.element(".person-menu:popover-open").await?;
    look(&browser, "menu of a person", &mut faults).await?;
    ensure!(faults.is_empty(), "not for a phone: {faults:#?}");
    browser.quit().await
}

/// How a menu lies in the window, and how high its entries are.
const SHEET: &str = r"
    const menu = document.querySelector(arguments[0]);
    const box = menu.getBoundingClientRect();
    const seen = [...menu.querySelectorAll('.menu-entry')].filter(it => it.checkVisibility());
    const sizes = seen.map(it => it.getBoundingClientRect());
    return {
        sides: [box.left, innerWidth - box.right, innerHeight - box.bottom],
        top: box.top,
        lowest: Math.min(...sizes.map(it => it.height)),
        narrowest: Math.min(...sizes.map(it => it.width)),
        width: innerWidth,
        height: innerHeight,
        entries: seen.length,
    };
";

#[derive(Debug, Deserialize)]
struct Sheet {
    /// From the left, the right and the lower edge of the window.
    sides: [f64; 3],
    top: f64,
    /// Of its entries.
    lowest: f64,
    /// Entries of formats stand two by two.
    narrowest: f64,
    width: f64,
    height: f64,
    entries: usize,
}

/// Fails unless the open menu comes from below over the whole width.
async fn is_a_sheet(browser: &Browser, menu: &str) -> Result<()> {
    browser.settle().await?;
    let sheet = browser.script(SHEET, vec![json!(menu)]).await?;
    let sheet: Sheet = serde_json::from_value(sheet)?;
    let lies_at_edges = sheet.sides.iter().all(|it| it.abs() < 1.0);
    ensure!(lies_at_edges, "{menu}: {sheet:?}");
    ensure!(
        sheet.top > sheet.height / 10.0 && sheet.width < 400.0,
        "{menu}: {sheet:?}"
    );
    ensure!(
        sheet.entries >= 2 && sheet.lowest > 47.9 && sheet.narrowest > sheet.width / 3.0,
        "{menu}: {sheet:?}"
    );
    Ok(())
}

/// A press at a place of the window, as a hand does it.
async fn press_at(browser: &Browser, x: u32, y: u32) -> Result<()> {
    for kind in ["mousePressed", "mouseReleased"] {
        let parameters = json!({
            "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1,
        });
        let method = "Input.dispatchMouseEvent";
        browser.devtools(method, parameters).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn menus_of_a_phone_are_sheets_and_close_with_a_press_beside_them() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    browser.show_touch_screen().await?;
    page.enter(&ada).await?;
    for (button, menu, lies_in_drawer) in [
        (".chat-more", "#more-menu", false),
        (".row-more", "#row-menu", true),
        (".account-button", "#account-menu", true),
    ] {
        page.open(&format!("/c/{}", turn.conversation.id)).await?;
        page.wait_for_end(1).await?;
        if lies_in_drawer {
            press(&browser, "#open-sidebar").await?;
            browser.element(".sidebar.open").await?;
        }
        press(&browser, button).await?;
        let open = format!("{menu}:popover-open");
        browser.element(&open).await?;
        is_a_sheet(&browser, menu).await?;
        // Above the sheet, and beside the drawer.
        press_at(&browser, 380, 90).await?;
        wait_for_end_of(&browser, &open).await?;
    }
    browser.quit().await
}
