//! The style guide: every component in its states, in both themes and on both screens.

use anyhow::{Result, ensure};
use hearth_app::{STYLEGUIDE, model::Language};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    accessibility,
    browser::{Browser, Screen, Theme},
    running_server::RunningServer,
};
use serde_json::json;

use super::named;

in_both_languages! {
    every_component_is_sound_in_every_look,
    nothing_in_the_guide_reaches_the_server,
}

/// What reaches beyond the page's end, where the page can be moved sideways at all.
const TOO_WIDE: &str = r"
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth) return [];
    const isCut = it => {
        for (let up = it.parentElement; up && up !== document.body; up = up.parentElement) {
            if (getComputedStyle(up).overflowX !== 'visible') return true;
        }
        return false;
    };
    const reaches = it => it.getBoundingClientRect().right > page.clientWidth + 1;
    return [...document.querySelectorAll('.guide *')]
        .filter(it => reaches(it) && it.checkVisibility() && !isCut(it))
        .map(it => it.cloneNode(false).outerHTML);
";

/// Languages and styles as they came.
const LOOK: &str = "return [
    document.documentElement.lang,
    getComputedStyle(document.querySelector('.guide')).display,
]";

async fn open(browser: &Browser, language: Language) -> Result<RunningServer> {
    // It needs no account: there is none yet.
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let base_url = server.base_url();
    let url = format!("{base_url}{STYLEGUIDE}?lang={}", language.as_str());
    browser.goto(&url).await?;
    Ok(server)
}

async fn every_component_is_sound_in_every_look(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let _server = open(&browser, language).await?;
    let look = browser.script(LOOK, Vec::new()).await?;
    ensure!(look == json!([language.as_str(), "grid"]), "{look}");
    for theme in Theme::ALL {
        browser.show_theme(theme).await?;
        for screen in Screen::ALL {
            browser.show_screen(screen).await?;
            let name = named("styleguide", language);
            let name = format!("{name}-{}-{}", theme.as_str(), screen.as_str());
            browser.wait_for_frame().await?;
            browser.photograph_whole(&name).await?;
            let too_wide = browser.script(TOO_WIDE, Vec::new()).await?;
            ensure!(
                too_wide == json!([]),
                "{name} scrolls sideways: {too_wide:#}"
            );
            match theme {
                Theme::Light => accessibility::check(&browser, &name).await?,
                Theme::Dark => accessibility::check_colours(&browser, &name).await?,
            }
        }
    }
    browser.quit().await
}

async fn nothing_in_the_guide_reaches_the_server(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let _server = open(&browser, language).await?;
    let press = r"
        const forms = [...document.forms];
        const isMute = forms.every(it => it.method === 'dialog');
        const buttons = document.querySelectorAll('.stage :is(form button, button[form])');
        buttons.forEach(it => it.click());
        return [isMute, forms.length > 10, buttons.length > 10];
    ";
    let told = browser.script(press, Vec::new()).await?;
    ensure!(told == json!([true, true, true]), "{told}");
    ensure!(browser.path().await? == STYLEGUIDE);
    browser.quit().await
}
