//! On a phone what a finger presses is 40 px both ways, nothing is cut or beyond the edge, and what
//! opens is a sheet.

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::Browser,
    chat_page::ChatPage,
    running_server::{PASSWORD, RunningServer, send_and_wait},
};
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

/// What is smaller, in what lies above the page, or else in all of it. Something small may have
/// room around it that belongs to it: then that is hit.
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
    for (const it of place.querySelectorAll(pressed)) {
        const spot = target(it);
        // The boxes of a list of tasks are drawings.
        if (it.matches('input:disabled') || !isSeen(spot)) continue;
        // What lets presses through is no target.
        if (getComputedStyle(spot).pointerEvents === 'none') continue;
        spot.scrollIntoView({ block: 'center', inline: 'center' });
        const box = spot.getBoundingClientRect();
        if (box.width <= 1 || box.height <= 1) continue;
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
    return [...found];
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
const SECTIONS: [&str; 12] = [
    "/settings",
    "/settings/account",
    "/settings/keys",
    "/settings/exports",
    "/settings/import",
    "/settings/trash",
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
    for script in [OUT_OF_SHAPE, SMALL] {
        let found = browser.script(script, vec![json!(LEAST)]).await?;
        let found: Vec<String> = serde_json::from_value(found)?;
        faults.extend(found.iter().map(|it| format!("{place}: {it}")));
    }
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
    let browser = Browser::open().await?;
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![CODE.to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "Show me a function.").await?;
    let page = ChatPage::new(&browser, server.base_url());
    browser.show_touch_screen().await?;
    page.speak(language).await?;
    let is_coarse = browser.script(IS_COARSE, Vec::new()).await?;
    ensure!(is_coarse == Value::Bool(true), "no finger is emulated");
    let mut faults = Vec::new();
    page.open("/sign-in").await?;
    look(&browser, "/sign-in", &mut faults).await?;
    page.sign_in("Ada", PASSWORD).await?;
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
