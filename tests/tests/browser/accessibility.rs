//! Every page in both themes and on both screens: axe, overflow, a picture.

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    accessibility,
    browser::{Browser, Screen, Theme},
    chat_page::{ChatPage, TEXT_BOX},
    running_server::{PASSWORD, RunningServer, send_and_wait},
};

use super::named;

in_both_languages! {
    set_up_and_the_empty_chat_have_no_serious_violation,
    sign_in_and_a_chat_with_code_have_no_serious_violation,
}

/// An answer with something of everything.
pub(super) const CODE: &str = "Here is a function:\n\n```rust\n/// Adds one.\nfn add_one(x: u32) -> u32 {\n    \
    let label = \"a string that is long enough to need a scroll bar on a narrow screen, surely\";\n    \
    x + 1 // and a comment\n}\n```\n\nIt has a [link](https://example.com), `inline code`, **bold** \
    and *slanted* words, and $x^2 + y^2$.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> A quotation.\n\n- [x] done\n\
    - [ ] open\n\n> [!WARNING]\n> Careful.\n\n| Feature | What it is and what it does | Third |\n\
    |---|---|---|\n| Internationalization | Serialization, deserialization, and so on and on | \
    telecommunications |\n\n$$a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7 + a_8 + a_9 + b_1 + b_2 + b_3 + \
    b_4 + b_5 + b_6 + b_7 + b_8 = c$$\n\n<details>\n<summary>More</summary>\n\nInside[^1].\n\n\
    </details>\n\n[^1]: A note.\n";

/// Checks what the window shows, four times, and photographs it for whoever asks for that.
pub(crate) async fn check(browser: &Browser, name: &str) -> Result<()> {
    for theme in Theme::ALL {
        browser.show_theme(theme).await?;
        for screen in Screen::ALL {
            browser.show_screen(screen).await?;
            let name = format!("{name}-{}-{}", theme.as_str(), screen.as_str());
            browser.wait_for_frame().await?;
            browser.photograph(&name).await?;
            match theme {
                Theme::Light => accessibility::check(browser, &name).await?,
                Theme::Dark => accessibility::check_colours(browser, &name).await?,
            }
            let script = "return document.documentElement.scrollWidth <= window.innerWidth";
            let fits = browser.script(script, Vec::new()).await?;
            ensure!(
                fits == serde_json::Value::Bool(true),
                "{name} scrolls sideways"
            );
        }
    }
    browser.show_screen(Screen::Desktop).await
}

/// Buttons without a name in words of the page's language, and those whose tooltip says something
/// else than their name. The button of a row is one of many: its name says which.
const BADLY_NAMED: &str = r"
    const isHan = text => /\p{Script=Han}/u.test(text);
    const isChinese = document.documentElement.lang.startsWith('zh');
    const isKey = text => /^[a-z_]+(\.[a-z_]+)+$/.test(text) || text.includes('{{');
    const isNamed = text => /\p{L}/u.test(text) && !isKey(text);
    const isOwn = text => isNamed(text) && isHan(text) === isChinese;
    const faults = it => {
        const name = it.getAttribute('aria-label');
        const title = it.getAttribute('title');
        const found = [];
        if (name === null && !isNamed(it.textContent.trim())) found.push('it has no name');
        if (name !== null && title === null) found.push('it has no tooltip');
        if (name !== null && !isOwn(name)) found.push(`it is called ${name}`);
        if (title !== null && !isOwn(title)) found.push(`its tooltip says ${title}`);
        const isOne = it.matches('.row-more') || name === null || name === title;
        if (!isOne) found.push(`it is called ${name}, and its tooltip says ${title}`);
        return found.map(fault => `${it.outerHTML.slice(0, 160)}: ${fault}`);
    };
    const buttons = [...document.querySelectorAll('button, summary.icon-button')];
    return [buttons.length, buttons.flatMap(faults)];
";

/// Fails if a button of the page says nothing to whoever hears it or stays above it.
async fn every_button_is_named(browser: &Browser) -> Result<()> {
    let told = browser.script(BADLY_NAMED, Vec::new()).await?;
    let (count, faults): (usize, Vec<String>) = serde_json::from_value(told)?;
    ensure!(count > 20, "{count} buttons");
    ensure!(faults.is_empty(), "{faults:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_less_motion_sees_every_change_at_once() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    browser.show_theme(Theme::Light).await?;
    let change = r"
        const seen = () => getComputedStyle(document.querySelector('.sidebar-collapse'));
        delete document.documentElement.dataset.interactive;
        const hidden = seen().visibility;
        document.documentElement.dataset.interactive = '';
        return [hidden, seen().visibility, document.getAnimations().length];
    ";
    let told = browser.script(change, Vec::new()).await?;
    ensure!(
        told == serde_json::json!(["hidden", "visible", 0]),
        "{told}"
    );
    // Nor does a message arrive: it is there.
    let watch = "window.moved = [];
        for (const kind of ['transitionrun', 'animationstart']) {
            document.addEventListener(kind, it => window.moved.push(it.target.className));
        }";
    browser.script(watch, Vec::new()).await?;
    page.send("Hello").await?;
    page.wait_for_end(1).await?;
    let moved = browser.script("return window.moved", Vec::new()).await?;
    ensure!(moved == serde_json::json!([]), "{moved}");
    browser.quit().await
}

async fn set_up_and_the_empty_chat_have_no_serious_violation(language: Language) -> Result<()> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.speak(language).await?;
    page.open(&format!("/set-up#token={}", server.set_up_token()))
        .await?;
    check(&browser, &named("set-up", language)).await?;
    let link = format!(
        "{}/set-up#token={}",
        server.base_url(),
        server.set_up_token()
    );
    page.set_up(&link, "Ada", PASSWORD).await?;
    browser.element(TEXT_BOX).await?;
    check(&browser, &named("empty-chat", language)).await?;
    browser.quit().await
}

async fn sign_in_and_a_chat_with_code_have_no_serious_violation(language: Language) -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![CODE.to_owned()])).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.speak(language).await?;
    page.open("/sign-in").await?;
    check(&browser, &named("sign-in", language)).await?;
    let turn = send_and_wait(&ada, None, "Show me a function, please.").await?;
    page.sign_in("Ada", PASSWORD).await?;
    page.open(&format!("/c/{}", turn.conversation.id)).await?;
    page.wait_for_end(1).await?;
    every_button_is_named(&browser).await?;
    check(&browser, &named("chat-with-code", language)).await?;
    browser.quit().await
}
