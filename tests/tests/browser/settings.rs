//! Language and theme chosen by a person, in a real browser.

use anyhow::Result;
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::ApiClient,
    browser::{Browser, PATIENCE, Theme, wait_for},
    chat_page::{ChatPage, TEXT_BOX},
    deadline::eventually,
    keyboard::wait_for_focus,
    running_server::{PASSWORD, RunningServer, send_and_wait, sign_in},
};
use serde_json::{Value, json};

use super::accessibility::check;

const NEW: &str = "another horse battery";

/// The page's background as it is painted.
const GROUND: &str = "return getComputedStyle(document.body).backgroundColor";

async fn choose(browser: &Browser, value: &str) -> Result<()> {
    let choice = format!("input[type=radio][value=\"{value}\"]");
    let script = "document.querySelector(arguments[0]).click()";
    browser.element(&choice).await?;
    browser.script(script, vec![json!(choice)]).await?;
    Ok(())
}

async fn wait_for_saved(browser: &Browser, words: &str) -> Result<()> {
    eventually("the setting is saved", PATIENCE, async || {
        let script = "return [...document.querySelectorAll('.saved-mark')].map(it => it.innerText)";
        let marks = browser.script(script, Vec::new()).await?;
        Ok(marks.to_string().contains(words).then_some(()))
    })
    .await
}

/// Reduced motion shortens transitions of colours and does not remove them.
async fn wait_for_ground(browser: &Browser, color: &Value) -> Result<()> {
    wait_for(browser, "the page has its colour", GROUND, color.clone()).await
}

async fn language(browser: &Browser) -> Result<Value> {
    browser
        .script("return document.documentElement.lang", Vec::new())
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chosen_language_is_saved_at_once_and_every_page_speaks_it() -> Result<()> {
    let model = ScriptedModel::new(vec!["你好！**很高兴**见到你。".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    sign_in(&server.client()?, "Ada", PASSWORD).await??;
    let turn = send_and_wait(&ada, None, "你好，请介绍一下你自己。").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.open("/settings").await?;
    check(&browser, "settings-en").await?;
    choose(&browser, "zh-CN").await?;
    wait_for_saved(&browser, "已保存").await?;
    assert_eq!(language(&browser).await?, "zh-CN");
    page.wait_until_interactive().await?;
    check(&browser, "settings-zh").await?;
    page.open("/settings/account").await?;
    check(&browser, "account-zh").await?;
    page.open(&format!("/c/{}", turn.conversation.id)).await?;
    check(&browser, "chat-zh").await?;
    let heading = browser.element(".group-heading").await?;
    assert_eq!(heading.text().await?, "今天");
    page.open("/settings").await?;
    choose(&browser, "browser").await?;
    wait_for_saved(&browser, "Saved").await?;
    assert_eq!(language(&browser).await?, "en");
    page.open("/settings/account").await?;
    check(&browser, "account-en").await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chosen_theme_holds_at_once_and_after_a_reload_whatever_the_system_asks() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, "/settings").await?;
    browser.show_theme(Theme::Dark).await?;
    let dark = browser.script(GROUND, Vec::new()).await?;
    browser.show_theme(Theme::Light).await?;
    let light = browser.script(GROUND, Vec::new()).await?;
    assert_ne!(dark, light);
    let here = "document.querySelector('input[value=dark]').focus(); window.stays = true";
    browser.script(here, Vec::new()).await?;
    choose(&browser, "dark").await?;
    wait_for_saved(&browser, "Saved").await?;
    let stays = "return [window.stays, document.activeElement.value]";
    let stays = browser.script(stays, Vec::new()).await?;
    assert_eq!(
        stays,
        json!([true, "dark"]),
        "no page is loaded, the focus stays"
    );
    wait_for_ground(&browser, &dark).await?;
    page.reload().await?;
    wait_for_ground(&browser, &dark).await?;
    page.open("/").await?;
    browser.element(TEXT_BOX).await?;
    wait_for_ground(&browser, &dark).await?;
    browser.photograph("empty-chat-dark-chosen").await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_browser_s_own_language_greets_a_stranger() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let headers = json!({"headers": {"Accept-Language": "zh-CN,zh;q=0.9"}});
    let browser = Browser::open().await?;
    browser.devtools("Network.enable", json!({})).await?;
    browser
        .devtools("Network.setExtraHTTPHeaders", headers)
        .await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.open("/sign-in").await?;
    assert_eq!(language(&browser).await?, "zh-CN");
    check(&browser, "sign-in-zh").await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_is_taken_in_the_page_and_said_so() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, "/settings/account").await?;
    for (name, value) in [("old_password", PASSWORD), ("new_password", NEW)] {
        let field = browser.element(&format!("input[name={name}]")).await?;
        field.send_keys(value).await?;
    }
    let button = browser.element(".setting-form button[type=submit]").await?;
    button.click().await?;
    wait_for_saved(&browser, "The password was changed").await?;
    sign_in(&server.client()?, "Ada", NEW).await??;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_told_beside_its_field_and_the_page_stays() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, "/settings/account").await?;
    for (name, value) in [("old_password", NEW), ("new_password", NEW)] {
        let field = browser.element(&format!("input[name={name}]")).await?;
        field.send_keys(value).await?;
    }
    show_password(&browser, "old_password").await?;
    show_password(&browser, "new_password").await?;
    let kinds = "return [...document.querySelectorAll('.input-box > input')].map(it => it.type)";
    let seen = browser.script(kinds, Vec::new()).await?;
    assert_eq!(seen, json!(["text", "text", "password"]));
    submit(&browser, ".setting-form button[type=submit]").await?;
    let error = browser.element("#old_password-error").await?;
    let seen = browser.script(kinds, Vec::new()).await?;
    assert_eq!(seen, json!(["password", "password", "password"]));
    assert!(!error.text().await?.is_empty());
    let field = browser.element("input[name=old_password]").await?;
    assert_eq!(field.attr("aria-invalid").await?.as_deref(), Some("true"));
    assert_eq!(page.path().await?, "/settings/account");
    check(&browser, "account-refused").await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_from_an_ended_session_is_led_back_by_the_door() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await?;
    let chat = send_and_wait(&ada, None, "Is this kept?")
        .await?
        .conversation
        .id;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.open(&format!("/c/{chat}")).await?;
    ada.call::<()>("end_other_sessions", &[]).await??;
    page.send("And this?").await?;
    let told = browser.element(".door-head p").await?;
    assert_eq!(
        told.text().await?,
        "You were signed out. Your message is kept."
    );
    for (name, value) in [("name", "Ada"), ("password", PASSWORD)] {
        let field = browser.element(&format!("input[name={name}]")).await?;
        field.send_keys(value).await?;
    }
    submit(&browser, ".door-form button[type=submit]").await?;
    let text_box = browser.element(TEXT_BOX).await?;
    assert_eq!(page.path().await?, format!("/c/{chat}"));
    eventually("the message is kept", PATIENCE, async || {
        let kept = text_box.prop("value").await?;
        Ok((kept.as_deref() == Some("And this?")).then_some(()))
    })
    .await?;
    // Chromium lists the refused call.
    let errors = browser.console_errors().await?;
    assert!(
        errors.iter().all(|it| it.contains("status of 401")),
        "{errors:?}"
    );
    browser.quit().await
}

/// What a script gives, waited for.
async fn wait_until(browser: &Browser, what: &str, script: &str, wanted: Value) -> Result<()> {
    eventually(what, PATIENCE, async || {
        Ok((browser.script(script, Vec::new()).await? == wanted).then_some(()))
    })
    .await
}

/// Presses the eye behind a password: it is read, then hidden, then read again.
async fn show_password(browser: &Browser, id: &str) -> Result<()> {
    let eye = browser.element(&format!("#{id} + button")).await?;
    let state = format!(
        "const input = document.getElementById('{id}'), eye = input.nextElementSibling;
        const box = eye.getBoundingClientRect();
        return [input.type, input.value, eye.getAttribute('aria-pressed'), eye.title,
            eye.getAttribute('aria-label'), Math.min(box.width, box.height) >= 40]"
    );
    let hidden = json!([
        "password",
        NEW,
        "false",
        "Show password",
        "Show password",
        true
    ]);
    let shown = json!(["text", NEW, "true", "Hide password", "Show password", true]);
    for (what, wanted) in [
        ("hidden", &hidden),
        ("shown", &shown),
        ("hidden again", &hidden),
    ] {
        wait_until(browser, what, &state, wanted.clone()).await?;
        eye.click().await?;
    }
    wait_until(browser, "shown again", &state, shown).await?;
    let mends = format!("return document.getElementById('{id}').getAttribute('autocorrect')");
    wait_until(browser, "nothing mends it", &mends, json!("off")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_wrong_password_the_name_is_still_there() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.open("/sign-in?next=/settings").await?;
    for (name, value) in [("name", "Ada"), ("password", NEW)] {
        let field = browser.element(&format!("input[name={name}]")).await?;
        field.send_keys(value).await?;
    }
    show_password(&browser, "password").await?;
    // After the page's own.
    let remember = "addEventListener('submit', () =>
        sessionStorage.setItem('kind', document.getElementById('password').type))";
    browser.script(remember, Vec::new()).await?;
    submit(&browser, ".door-form button[type=submit]").await?;
    browser.element("#password-error").await?;
    let kind = "return sessionStorage.getItem('kind')";
    wait_until(&browser, "sent unseen", kind, json!("password")).await?;
    page.wait_until_interactive().await?;
    let fields = "return [...document.querySelectorAll('#name, #password')].map(it => it.value)";
    wait_until(&browser, "the name alone", fields, json!(["Ada", ""])).await?;
    wait_for_focus(&browser, "#password").await?;
    check(&browser, "sign-in-refused").await?;
    let field = browser.element("input[name=password]").await?;
    field.send_keys(PASSWORD).await?;
    submit(&browser, ".door-form button[type=submit]").await?;
    let path = "return location.pathname";
    wait_until(&browser, "the settings", path, json!("/settings")).await?;
    // Whoever comes next is told nobody's name.
    browser.driver().delete_all_cookies().await?;
    page.open("/sign-in").await?;
    wait_until(&browser, "no name", fields, json!(["", ""])).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_from_the_settings_without_a_session_is_led_to_the_door() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.open("/settings").await?;
    ada.call::<()>("end_other_sessions", &[]).await??;
    submit(&browser, ".settings-side > .quiet-button").await?;
    browser
        .element(".door-form input[name=password]")
        .await?
        .send_keys(PASSWORD)
        .await?;
    assert_eq!(page.path().await?, "/sign-in");
    // Chromium lists the refused call.
    let errors = browser.console_errors().await?;
    assert!(
        errors.iter().all(|it| it.contains("status of 401")),
        "{errors:?}"
    );
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_opened_out_of_the_chat_are_shown_with_their_style_sheet() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let sheet = "link[href$='-sections.css']";
    assert!(!browser.has(sheet).await?, "the chat does not load it");
    page.open_account_menu().await?;
    submit(&browser, ".sidebar-account a[href='/settings']").await?;
    browser.element(sheet).await?;
    let look = "const page = document.querySelector('.settings-page'); \
        const style = page && getComputedStyle(page); \
        return page && [style.visibility, style.display]";
    let wanted = json!(["visible", "grid"]);
    wait_until(&browser, "the page is shown", look, wanted).await?;
    // Without it, there is nothing to be seen.
    let without = "document.querySelector(\"link[href$='-sections.css']\").disabled = true; \
        return getComputedStyle(document.querySelector('.settings-page')).visibility";
    assert_eq!(browser.script(without, Vec::new()).await?, json!("hidden"));
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_link_the_set_up_page_says_so_and_shows_no_form() -> Result<()> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.open("/").await?;
    assert_eq!(page.path().await?, "/set-up");
    let seen = "const seen = it => document.querySelector(it)?.checkVisibility() ?? false; \
        return [seen('.door-note'), seen('.door-form')]";
    eventually(
        "the sentence stands in the place of the form",
        PATIENCE,
        async || {
            let seen = browser.script(seen, Vec::new()).await?;
            Ok((seen == json!([true, false])).then_some(()))
        },
    )
    .await?;
    check(&browser, "set-up-without-link").await?;
    // A link that is opened in this very tab brings the form.
    let link = format!(
        "{}/set-up#token={}",
        server.base_url(),
        server.set_up_token()
    );
    browser.goto(&link).await?;
    eventually("the form is there", PATIENCE, async || {
        let seen = browser.script(seen, Vec::new()).await?;
        Ok((seen == json!([false, true])).then_some(()))
    })
    .await?;
    browser.quit().await
}

async fn submit(browser: &Browser, button: &str) -> Result<()> {
    browser.element(button).await?.click().await?;
    Ok(())
}

/// A clipboard that can be read.
const KEEP_COPIED: &str = "Object.defineProperty(navigator, 'clipboard', {configurable: true,
    value: {writeText: text => { window.copied = text; return Promise.resolve(); }}})";
/// No last letter stands alone on a line of its own.
const KEY_WRAPS: &str = "const style = getComputedStyle(document.querySelector('.api-key'));
    return [style.overflowWrap, style.textWrapStyle ?? style.textWrap]";
/// Whether a key is listed, and whether the section that lists them has the focus.
const KEY_LEFT: &str = "const section = document.querySelector('.drawn');
    return [section.querySelector('.exports-table') !== null,
        section.contains(document.activeElement)]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_shown_once_works_and_is_revoked() -> Result<()> {
    let model = ScriptedModel::new(vec!["Good morning!".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, "/settings/keys").await?;
    let field = browser.element("input[name=name]").await?;
    field.send_keys("the build machine").await?;
    submit(&browser, ".setting-form button[type=submit]").await?;
    let key = browser.element(".api-key").await?.text().await?;
    browser.script(KEEP_COPIED, Vec::new()).await?;
    submit(&browser, "[data-copy=new-key]").await?;
    browser.element("[data-copy=new-key][data-copied]").await?;
    let copied = browser.script("return window.copied", Vec::new()).await?;
    assert_eq!(copied, json!(key));
    let wraps = browser.script(KEY_WRAPS, Vec::new()).await?;
    assert_eq!(wraps, json!(["anywhere", "balance"]));
    check(&browser, "keys-en").await?;
    let program = ApiClient::with_key(&server, &key)?;
    assert_eq!(program.get("/v1/models").await?.status, 200);
    page.speak(Language::Chinese).await?;
    page.open("/settings/keys").await?;
    let row = browser
        .element(".exports-table tbody tr")
        .await?
        .text()
        .await?;
    assert!(row.contains("the build machine"), "{row}");
    assert!(row.contains(&key[key.len() - 4..]), "{row}");
    let shown = browser
        .script("return document.body.innerText", Vec::new())
        .await?;
    assert!(!shown.to_string().contains(&key), "a key is shown once");
    check(&browser, "keys-zh").await?;
    submit(&browser, ".exports-actions button").await?;
    eventually("the key is gone", PATIENCE, async || {
        Ok((program.get("/v1/models").await?.status == 401).then_some(()))
    })
    .await?;
    let left = json!([false, true]);
    wait_for(&browser, "the focus stays in the section", KEY_LEFT, left).await?;
    browser.quit().await
}
