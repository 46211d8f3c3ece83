//! Everything that the chat page can do, by somebody who has no mouse: keys lead there, and at
//! each step one sees where the focus is.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{Export, Language};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE},
    chat_page::{ChatPage, STOP, TEXT_BOX},
    deadline::eventually,
    keyboard::{CTRL, Keyboard, SHIFT},
    running_server::{PASSWORD, RunningServer},
    web_client::WebClient,
    words::words,
};
use serde_json::{Value, json};

in_both_languages! {
    everything_is_done_with_keys_and_the_focus_is_seen_all_the_way,
}

/// Until the focus has come to rest, on a machine that has other things to do.
const REST: Duration = Duration::from_secs(3);

/// A clipboard that counts.
const CLIPBOARD: &str = r"
    window.copies = 0;
    const keep = () => {
        window.copies += 1;
        return Promise.resolve();
    };
    navigator.clipboard.write = keep;
    navigator.clipboard.writeText = keep;
";

const SECTIONS: [&str; 6] = [
    "/settings/account",
    "/settings/keys",
    "/settings/exports",
    "/settings/import",
    "/settings/trash",
    "/settings",
];

/// Somebody with a keyboard, and what that person could not see.
struct Walk<'a> {
    browser: &'a Browser,
    page: ChatPage<'a>,
    keys: Keyboard<'a>,
    language: Language,
    faults: Vec<String>,
}

impl<'a> Walk<'a> {
    async fn begin(browser: &'a Browser, base_url: &str, language: Language) -> Result<Self> {
        // The window keeps the focus, whatever Tab leads out of.
        let focused = json!({"enabled": true});
        browser
            .devtools("Emulation.setFocusEmulationEnabled", focused)
            .await?;
        let page = ChatPage::new(browser, base_url);
        page.speak(language).await?;
        Ok(Self {
            browser,
            page,
            keys: Keyboard::new(browser),
            language,
            faults: Vec::new(),
        })
    }

    /// Notes what a person does not see of the focus after a step.
    async fn look(&mut self, step: &str) -> Result<()> {
        let keys = self.keys;
        let seen = eventually(step, REST, async || {
            Ok(keys.fault().await?.is_none().then_some(()))
        });
        if seen.await.is_err()
            && let Some(fault) = keys.fault().await?
        {
            self.browser.screenshot("failed").await?;
            self.faults.push(format!("{step}: {fault}"));
        }
        Ok(())
    }

    async fn wait(&self, what: &str, question: &str) -> Result<()> {
        let waited = eventually(what, PATIENCE, async || {
            let answer = self.browser.script(question, Vec::new()).await?;
            Ok((answer == Value::Bool(true)).then_some(()))
        })
        .await;
        if waited.is_err() {
            self.browser.screenshot("failed").await?;
        }
        waited.with_context(|| format!("so far {:?}", self.faults))
    }

    /// Waits until the focus is there, and looks whether one sees it.
    async fn look_at(&mut self, step: &str, selector: &str) -> Result<()> {
        let keys = self.keys;
        let is_there = eventually(step, REST, async || {
            Ok(keys.is_at(selector).await?.then_some(()))
        });
        if is_there.await.is_err() {
            self.faults
                .push(format!("{step}: the focus is not at {selector}"));
        }
        self.look(step).await
    }

    async fn wait_for_path(&self, path: &str) -> Result<()> {
        let question = format!("return location.pathname === '{path}'");
        self.wait(path, &question).await
    }

    /// Walks to something and looks whether one sees it there.
    async fn go(&mut self, selector: &str) -> Result<()> {
        self.keys.tab_to(selector).await?;
        self.look(selector).await
    }

    async fn go_back(&mut self, selector: &str) -> Result<()> {
        self.keys.tab_back_to(selector).await?;
        self.look(selector).await
    }

    /// A button in this language.
    fn button(&self, key: &str) -> Result<String> {
        let label = words(self.language, key)?;
        Ok(format!("button[aria-label=\"{label}\"]"))
    }

    async fn sign_in(&mut self) -> Result<()> {
        self.page.open("/sign-in").await?;
        self.go("input[name=name]").await?;
        self.keys.write("Ada").await?;
        self.go("input[name=password]").await?;
        self.keys.write(PASSWORD).await?;
        self.keys.press("Enter", 0).await?;
        self.browser.element(TEXT_BOX).await?;
        self.page.wait_until_interactive().await?;
        self.look("signed in").await
    }

    async fn send(&mut self, text: &str) -> Result<()> {
        if !self.keys.is_at(TEXT_BOX).await? {
            self.go(TEXT_BOX).await?;
        }
        self.keys.write(text).await?;
        self.keys.press("Enter", 0).await?;
        self.look("sent").await
    }

    async fn stop(&mut self) -> Result<()> {
        self.send("Hello").await?;
        self.browser.element(STOP).await?;
        self.keys.press("Escape", 0).await?;
        self.page.wait_for_end(1).await?;
        self.look("stopped by a key").await?;
        self.send("Once more").await?;
        self.go(STOP).await?;
        self.keys.press(" ", 0).await?;
        self.page.wait_for_end(2).await?;
        self.look_at("stopped by its button", TEXT_BOX).await
    }

    async fn begin_a_chat(&mut self) -> Result<()> {
        self.keys.press("O", CTRL | SHIFT).await?;
        self.wait_for_path("/").await?;
        self.look("a new chat").await?;
        self.send("Tell me something").await?;
        self.page.wait_for_end(1).await?;
        self.look("answered").await
    }

    async fn copy(&mut self) -> Result<()> {
        self.browser.script(CLIPBOARD, Vec::new()).await?;
        self.keys.press("C", CTRL | SHIFT).await?;
        self.wait("it is copied", "return window.copies === 1")
            .await?;
        self.look("copied by a chord").await?;
        self.go_back("article[data-role=assistant] .copy-button")
            .await?;
        self.keys.press("Enter", 0).await?;
        self.wait("it is copied again", "return window.copies === 2")
            .await?;
        self.look("copied").await
    }

    async fn walk_versions(&mut self) -> Result<()> {
        let again = self.button("chat.regenerate")?;
        self.go(&again).await?;
        self.keys.press("Enter", 0).await?;
        let shows = |version: &str| {
            format!(
                "return !document.querySelector('.message[data-running]') &&
                    document.querySelector('.version-switch')?.innerText.includes('{version}')"
            )
        };
        self.wait("another version", &shows("2 / 2")).await?;
        let answer = "article[data-role=assistant]:last-of-type";
        self.look_at("regenerated", &format!("{answer}, {answer} *"))
            .await?;
        for (key, other, version) in [
            ("chat.earlier_version", "chat.later_version", "1 / 2"),
            ("chat.later_version", "chat.earlier_version", "2 / 2"),
        ] {
            let button = self.button(key)?;
            self.go(&button).await?;
            self.keys.press(" ", 0).await?;
            self.wait(key, &shows(version)).await?;
            // At an end the button rests: the one beside it is the nearest.
            let nearest = self.button(other)?;
            self.look_at(key, &nearest).await?;
        }
        Ok(())
    }

    /// Where the page can do that.
    async fn edit_and_resend(&mut self) -> Result<()> {
        let button = self.button("chat.edit")?;
        let button = format!("article[data-role=user] {button}");
        if !self.browser.has(&button).await? {
            writeln!(io::stdout(), "a question cannot be changed: skipped")?;
            return Ok(());
        }
        self.go_back(&button).await?;
        self.keys.press("Enter", 0).await?;
        self.browser
            .element("article[data-role=user] textarea")
            .await?;
        self.look("a question is changed").await?;
        self.keys.write(" else").await?;
        self.keys.press("Enter", 0).await?;
        self.page.wait_for_end(1).await?;
        self.look("sent again").await
    }

    async fn rename(&mut self) -> Result<()> {
        self.go_back("#title-button").await?;
        self.keys.press("F2", 0).await?;
        self.browser.element(".chat-title > .input").await?;
        self.look("a title is written").await?;
        self.keys.write("Renamed").await?;
        self.keys.press("Enter", 0).await?;
        let title = "return document.querySelector('.chat-title').textContent === 'Renamed'";
        self.wait("the new title", title).await?;
        self.look("renamed").await
    }

    async fn open_chat_menu(&mut self) -> Result<()> {
        if !self.keys.is_at(".chat-more").await? {
            self.go(".chat-more").await?;
        }
        self.keys.press("Enter", 0).await?;
        self.browser.element("#more-menu:popover-open").await?;
        self.look("the menu of the chat").await
    }

    async fn export(&mut self, ada: &WebClient) -> Result<()> {
        self.open_chat_menu().await?;
        for key in ["ArrowDown", "End", "ArrowUp", "Home"] {
            self.keys.press(key, 0).await?;
            self.look(key).await?;
        }
        self.go("#more-menu button[value=markdown]").await?;
        self.keys.press("Enter", 0).await?;
        eventually("the export is listed", PATIENCE, async || {
            let exports: Vec<Export> = ada.call("exports", &[]).await??;
            Ok((!exports.is_empty()).then_some(()))
        })
        .await?;
        self.look("exported").await
    }

    async fn change_chat_settings(&mut self) -> Result<()> {
        self.open_chat_menu().await?;
        self.keys.press("Home", 0).await?;
        self.keys.press("Enter", 0).await?;
        self.browser.element("dialog[open] #own-max-tokens").await?;
        self.look("settings of the chat").await?;
        self.go("#own-max-tokens").await?;
        self.keys.write("300").await?;
        self.go("#own-calculator input").await?;
        self.keys.press("ArrowRight", 0).await?;
        self.look("a choice").await?;
        self.go("dialog[open] button[type=submit]").await?;
        self.keys.press("Enter", 0).await?;
        let closed = "return document.querySelector('dialog[open]') === null";
        self.wait("the dialog closes", closed).await?;
        self.look("settings are saved").await
    }

    async fn delete_and_undo(&mut self) -> Result<()> {
        let shown = self.page.path().await?;
        self.go_back(".conversation-link").await?;
        self.keys.press("Delete", 0).await?;
        self.browser.element(".toast-action").await?;
        self.look("deleted").await?;
        self.go(".toast-action").await?;
        self.keys.press("Enter", 0).await?;
        self.wait_for_path(&shown).await?;
        self.page.wait_for_end(1).await?;
        self.look("it is back").await
    }

    async fn see_shortcuts(&mut self) -> Result<()> {
        self.go_back("#new-chat").await?;
        self.keys.press("?", SHIFT).await?;
        self.browser.element("#shortcuts[open]").await?;
        self.look("shortcuts").await?;
        self.keys.press("Escape", 0).await?;
        let closed = "return !document.getElementById('shortcuts').open";
        self.wait("the list closes", closed).await?;
        self.look("shortcuts are closed").await
    }

    async fn walk_settings(&mut self) -> Result<()> {
        self.keys.press(",", CTRL).await?;
        self.wait_for_path("/settings").await?;
        self.page.wait_until_interactive().await?;
        self.look_at("the settings", ".settings-sections [aria-current]")
            .await?;
        for section in SECTIONS {
            let link = format!(".settings-sections a[href$='{section}']");
            self.go(&link).await?;
            self.keys.press("Enter", 0).await?;
            self.wait_for_path(section).await?;
            self.look(section).await?;
        }
        self.go_back(".settings-side > a").await?;
        self.keys.press("Enter", 0).await?;
        self.wait_for_path("/").await?;
        self.browser.element(TEXT_BOX).await?;
        self.page.wait_until_interactive().await?;
        self.look("back in the chat").await
    }

    async fn open_account_menu(&mut self) -> Result<()> {
        self.go_back(".account-button").await?;
        self.keys.press("Enter", 0).await?;
        self.browser.element("#account-menu:popover-open").await?;
        self.look("the menu of the account").await
    }

    async fn choose_and_leave(&mut self) -> Result<()> {
        self.open_account_menu().await?;
        let theme = "return document.documentElement.dataset.theme ?? ''";
        let was = self.browser.script(theme, Vec::new()).await?;
        self.go("#account-menu [name=theme]").await?;
        self.keys.press("ArrowRight", 0).await?;
        let other = format!("return (document.documentElement.dataset.theme ?? '') !== {was}");
        self.wait("another theme", &other).await?;
        self.look("another theme").await?;
        self.go("#account-menu [name=language]").await?;
        self.keys.press("ArrowRight", 0).await?;
        let was = self.language.as_str();
        let other = format!("return document.documentElement.lang !== '{was}'");
        self.wait("another language", &other).await?;
        self.page.wait_until_interactive().await?;
        self.look("another language").await?;
        self.open_account_menu().await?;
        self.go("#account-menu form[action$='/sign_out'] button")
            .await?;
        self.keys.press("Enter", 0).await?;
        self.browser.element("input[name=password]").await?;
        Ok(())
    }
}

async fn everything_is_done_with_keys_and_the_focus_is_seen_all_the_way(
    language: Language,
) -> Result<()> {
    let answer = "Some words of an answer, one after the other. ".repeat(8);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(12));
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let mut walk = Walk::begin(&browser, server.base_url(), language).await?;
    walk.sign_in().await?;
    walk.stop().await?;
    walk.begin_a_chat().await?;
    walk.copy().await?;
    walk.walk_versions().await?;
    walk.edit_and_resend().await?;
    walk.rename().await?;
    walk.export(&ada).await?;
    walk.change_chat_settings().await?;
    walk.delete_and_undo().await?;
    walk.see_shortcuts().await?;
    walk.walk_settings().await?;
    walk.choose_and_leave().await?;
    ensure!(walk.faults.is_empty(), "not seen: {:#?}", walk.faults);
    browser.quit().await
}
