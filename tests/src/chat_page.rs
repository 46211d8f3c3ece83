//! What a person does on Hearth's pages, and what they see there.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{
    ConversationId, Language, MessageId, SettingName, preferences::LANGUAGE_COOKIE,
};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::{
    browser::{Browser, PATIENCE},
    deadline::eventually,
    running_server::save_setting,
    web_client::WebClient,
};

/// How long a short answer of the small model may take on two busy cores.
pub const ANSWER: Duration = Duration::from_mins(1);

/// The message that waits for the end of the answer.
pub const QUEUED: &str = ".queued";
/// The box a message is written in.
pub const TEXT_BOX: &str = "#composer-text";
/// Stop stands where Send stood.
pub const STOP: &str = "button.send-button.stop";
/// The answer that is being made.
pub const RUNNING: &str = "article.message[data-running]";

/// Ids and visible texts of the shown messages.
const READ_MESSAGES: &str = r"
    return [...document.querySelectorAll('article.message')].map(it => ({
        id: it.id.replace('message-', ''),
        role: it.dataset.role,
        running: it.dataset.running !== undefined,
        text: (it.querySelector('.answer, .user-text') || it).innerText,
        note: (it.querySelector('.note-text') || { innerText: '' }).innerText,
    }))
";

/// Holds back what is asked of a function of the server, as `/send_message`, until `letGo` is
/// called.
pub const HOLD: &str = "const name = arguments[0];
    const fetch = window.fetch.bind(window);
    const held = new Promise(go => window.letGo = go);
    window.fetch = (request, ...rest) => (request.url ?? String(request)).endsWith(name)
        ? held.then(() => fetch(request, ...rest))
        : fetch(request, ...rest);";

/// The script has taken over the page once the document says so.
const IS_INTERACTIVE: &str = "return document.documentElement.dataset.interactive !== undefined";

/// A message as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct SeenMessage {
    pub id: String,
    pub role: String,
    pub running: bool,
    pub text: String,
    /// What stands below an answer: waiting, stopped, interrupted.
    pub note: String,
}

impl SeenMessage {
    pub fn message_id(&self) -> Result<MessageId> {
        let id = self.id.parse();
        id.with_context(|| format!("the id of {self:?}"))
    }
}

/// Hearth in a browser.
#[derive(Debug)]
pub struct ChatPage<'a> {
    browser: &'a Browser,
    base_url: String,
}

impl<'a> ChatPage<'a> {
    /// `base_url` has no slash at its end.
    pub fn new(browser: &'a Browser, base_url: impl Into<String>) -> Self {
        let base_url = base_url.into();
        Self { browser, base_url }
    }

    /// The start page in a language, of somebody who comes with the session that a client has.
    pub async fn shown_to(
        browser: &'a Browser,
        client: &WebClient,
        language: Language,
    ) -> Result<Self> {
        Self::shown_at("/", browser, client, language).await
    }

    /// As [`ChatPage::shown_to`], and another page is the first that is shown.
    pub async fn shown_at(
        path: &str,
        browser: &'a Browser,
        client: &WebClient,
        language: Language,
    ) -> Result<Self> {
        let page = Self::new(browser, client.base_url());
        page.speak(language).await?;
        page.enter_at(client, path).await?;
        Ok(page)
    }

    /// Path of the current page, below that of the server.
    pub async fn path(&self) -> Result<String> {
        let path = self.browser.path().await?;
        let (_, host) = self.base_url.split_once("://").unwrap_or_default();
        let below = host.find('/').map_or("", |slash| &host[slash..]);
        let inside = path.strip_prefix(below).map(str::to_owned);
        inside.with_context(|| format!("{path} leads out of {}", self.base_url))
    }

    /// Opens a path and waits until the page is interactive.
    pub async fn open(&self, path: &str) -> Result<()> {
        self.browser
            .goto(&format!("{}{path}", self.base_url))
            .await?;
        self.wait_until_interactive().await
    }

    pub async fn reload(&self) -> Result<()> {
        self.browser.driver().refresh().await?;
        self.wait_until_interactive().await
    }

    pub async fn wait_until_interactive(&self) -> Result<()> {
        eventually("the page becomes interactive", PATIENCE, async || {
            let answer = self.browser.script(IS_INTERACTIVE, Vec::new()).await?;
            Ok((answer == Value::Bool(true)).then_some(()))
        })
        .await
    }

    /// Claims the server with its printed link; the empty chat is shown afterwards.
    pub async fn set_up(&self, link: &str, name: &str, password: &str) -> Result<()> {
        self.browser.goto(link).await?;
        self.wait_until_interactive().await?;
        self.enter_account(name, password).await
    }

    pub async fn sign_in(&self, name: &str, password: &str) -> Result<()> {
        self.open("/sign-in").await?;
        self.enter_account(name, password).await
    }

    /// Comes with the session that a client has, not through the door: the start page is shown.
    pub async fn enter(&self, client: &WebClient) -> Result<()> {
        self.enter_at(client, "/").await
    }

    /// As [`ChatPage::enter`], and another page is the first that is shown.
    pub async fn enter_at(&self, client: &WebClient, path: &str) -> Result<()> {
        let cookie = client.cookie().context("the client is signed in")?;
        let (name, value) = cookie.split_once('=').context("a cookie has a value")?;
        let browser = self.browser;
        browser.set_cookie(&self.base_url, name, value).await?;
        self.open(path).await?;
        let shown = self.path().await?;
        ensure!(shown != "/sign-in", "the door is shown and not {path}");
        Ok(())
    }

    /// From now on the model takes its most probable words, so that every run says the same.
    pub async fn answer_greedily(&self) -> Result<()> {
        let client = self.client().await?;
        save_setting(&client, SettingName::Temperature, "0").await??;
        Ok(())
    }

    /// Asks for all pages in this language, as a choice in the settings does.
    pub async fn speak(&self, language: Language) -> Result<()> {
        let (url, language) = (&self.base_url, language.as_str());
        let browser = self.browser;
        browser.set_cookie(url, LANGUAGE_COOKIE, language).await
    }

    /// Writes a message and presses Enter.
    pub async fn send(&self, text: &str) -> Result<()> {
        let text_box = self.browser.element(TEXT_BOX).await?;
        text_box.send_keys(text).await?;
        text_box.send_keys(Key::Enter + "").await?;
        Ok(())
    }

    /// Puts a long message into the box at once and presses Enter.
    pub async fn paste_and_send(&self, text: &str) -> Result<()> {
        let text_box = self.browser.element(TEXT_BOX).await?;
        text_box.focus().await?;
        let insert = "document.execCommand('insertText', false, arguments[0])";
        self.browser.script(insert, vec![json!(text)]).await?;
        text_box.send_keys(Key::Enter + "").await?;
        Ok(())
    }

    /// What stands in the box.
    pub async fn draft(&self) -> Result<String> {
        let text_box = self.browser.element(TEXT_BOX).await?;
        Ok(text_box.prop("value").await?.unwrap_or_default())
    }

    /// Moves the list of messages up by a turn of the wheel, as a person does.
    pub async fn scroll_up(&self, pixels: i64) -> Result<()> {
        let turn = r"
            const list = document.querySelector('.transcript');
            const options = { deltaY: -arguments[0], bubbles: true };
            list.dispatchEvent(new WheelEvent('wheel', options));
            list.scrollBy(0, -arguments[0]);
        ";
        self.browser.script(turn, vec![json!(pixels)]).await?;
        Ok(())
    }

    /// Waits until what stands below the newest answer begins so.
    pub async fn wait_for_note(&self, beginning: &str) -> Result<SeenMessage> {
        let what = format!("the newest answer says {beginning:?}");
        self.told(
            eventually(&what, ANSWER, async || {
                let answer = self.last_answer().await?;
                Ok(answer.filter(|it| it.note.trim_start().starts_with(beginning)))
            })
            .await,
        )
        .await
    }

    pub async fn messages(&self) -> Result<Vec<SeenMessage>> {
        let messages = self.browser.script(READ_MESSAGES, Vec::new()).await?;
        Ok(serde_json::from_value(messages)?)
    }

    /// Texts of questions, oldest first.
    pub async fn questions(&self) -> Result<Vec<String>> {
        let messages = self.messages().await?;
        let asked = messages.into_iter().filter(|it| it.role == "user");
        Ok(asked.map(|it| it.text).collect())
    }

    /// Waits until these questions are shown.
    pub async fn wait_for_questions(&self, expected: &[&str]) -> Result<()> {
        let what = format!("the questions are {expected:?}");
        self.told(
            eventually(&what, ANSWER, async || {
                Ok((self.questions().await? == expected).then_some(()))
            })
            .await,
        )
        .await
    }

    /// The newest answer; absent if there is none.
    pub async fn last_answer(&self) -> Result<Option<SeenMessage>> {
        let messages = self.messages().await?;
        let mut answers = messages.into_iter().filter(|it| it.role == "assistant");
        Ok(answers.next_back())
    }

    /// Waits until the newest answer is there and shows at least that many characters.
    pub async fn wait_for_text(&self, characters: usize) -> Result<SeenMessage> {
        let what = format!("an answer of {characters} characters appears");
        self.told(
            eventually(&what, ANSWER, async || {
                let answer = self.last_answer().await?;
                Ok(answer.filter(|it| it.text.chars().count() >= characters))
            })
            .await,
        )
        .await
    }

    /// Waits until `count` answers are shown and none is running; gives the newest.
    pub async fn wait_for_end(&self, count: usize) -> Result<SeenMessage> {
        let what = format!("answer number {count} ends");
        self.told(
            eventually(&what, ANSWER, async || {
                let messages = self.messages().await?;
                let answers: Vec<_> = messages
                    .into_iter()
                    .filter(|it| it.role == "assistant")
                    .collect();
                let is_over = answers.len() == count && answers.iter().all(|it| !it.running);
                Ok(answers.into_iter().next_back().filter(|_| is_over))
            })
            .await,
        )
        .await
    }

    /// Waits for answer number `count`, and stops it once it shows 300 characters: so small a
    /// model may never end by itself.
    pub async fn wait_for_answer(&self, count: usize) -> Result<SeenMessage> {
        let what = format!("answer number {count} ends or grows long");
        let shown = eventually(&what, ANSWER, async || {
            let messages = self.messages().await?;
            let mut answers = messages.into_iter().filter(|it| it.role == "assistant");
            let answer = answers.nth(count - 1);
            Ok(answer.filter(|it| !it.running || it.text.chars().count() >= 300))
        });
        if self.told(shown.await).await?.running {
            // It may have ended in this moment; that it has ended is what counts.
            let _ = self.stop().await;
        }
        self.wait_for_end(count).await
    }

    /// Presses Stop.
    pub async fn stop(&self) -> Result<()> {
        // The box may still be on its way down: a press needs a place that stays.
        let settle = "document.getAnimations()
            .filter(it => it.effect.getComputedTiming().endTime !== Infinity)
            .forEach(it => it.finish())";
        self.browser.script(settle, Vec::new()).await?;
        self.browser.element(STOP).await?.click().await?;
        Ok(())
    }

    /// Presses the last button of that name.
    pub async fn press(&self, label: &str) -> Result<()> {
        let selector = format!("button[aria-label=\"{label}\"]");
        self.browser.element(&selector).await?;
        let buttons = self.browser.driver().find_all(By::Css(selector)).await?;
        let button = buttons.last().context("the button is still there")?;
        button.scroll_into_view().await?;
        button.click().await?;
        Ok(())
    }

    /// Opens the menu of the account.
    pub async fn open_account_menu(&self) -> Result<()> {
        self.open_menu(".account-button", "account-menu").await
    }

    /// Opens the menu of the shown conversation.
    pub async fn open_chat_menu(&self) -> Result<()> {
        self.open_menu(".chat-more", "more-menu").await
    }

    /// Presses a button and waits until its menu is open.
    pub async fn open_menu(&self, button: &str, menu: &str) -> Result<()> {
        let open = format!("#{menu}:popover-open");
        self.browser.element(button).await?.click().await?;
        self.browser.element(&open).await?;
        Ok(())
    }

    /// Opens the settings of the shown conversation, or of a new one.
    pub async fn open_chat_settings(&self) -> Result<()> {
        self.open_chat_menu().await?;
        let entry = "#more-menu > button";
        self.browser.element(entry).await?.click().await?;
        self.browser.element("dialog[open] #own-max-tokens").await?;
        Ok(())
    }

    /// Signs out through the menu of the account.
    pub async fn sign_out(&self) -> Result<()> {
        self.open_account_menu().await?;
        let button = "#account-menu form[action$='/sign_out'] button";
        self.browser.element(button).await?.click().await?;
        Ok(())
    }

    /// The conversation in the address bar.
    pub async fn conversation(&self) -> Result<ConversationId> {
        eventually("the address names the conversation", PATIENCE, async || {
            let path = self.path().await?;
            Ok(path.strip_prefix("/c/").and_then(|id| id.parse().ok()))
        })
        .await
    }

    /// A client without script that has this browser's session.
    pub async fn client(&self) -> Result<WebClient> {
        let client = WebClient::new(&self.base_url)?;
        let cookies = self.browser.driver().get_all_cookies().await?;
        let session = cookies
            .iter()
            .find(|cookie| cookie.name.contains("session"));
        let session = session.context("the browser has a session cookie")?;
        client.set_cookie(Some(format!("{}={}", session.name, session.value)));
        Ok(client)
    }

    /// Composes text as an input method does, without ending it.
    pub async fn compose(&self, text: &str) -> Result<()> {
        let length = text.encode_utf16().count();
        let parameters = json!({"text": text, "selectionStart": length, "selectionEnd": length});
        self.browser
            .devtools("Input.imeSetComposition", parameters)
            .await?;
        Ok(())
    }

    /// Enter as the keyboard sends it, whatever is being composed.
    pub async fn press_enter(&self) -> Result<()> {
        for kind in ["keyDown", "keyUp"] {
            let parameters = json!({
                "type": kind, "key": "Enter", "code": "Enter", "text": "\r",
                "windowsVirtualKeyCode": 13, "nativeVirtualKeyCode": 13,
            });
            self.browser
                .devtools("Input.dispatchKeyEvent", parameters)
                .await?;
        }
        Ok(())
    }

    /// A key with modifiers (1 Alt, 2 Control, 4 Meta, 8 Shift), wherever the focus is.
    pub async fn press_key(&self, key: &str, modifiers: u32) -> Result<()> {
        // With Shift it is another letter, with the others none.
        let is_letter = key.chars().count() == 1 && matches!(modifiers, 0 | 8);
        let text = if is_letter { key } else { "" };
        // What Chromium itself answers to Escape it knows by the number.
        let code = if key == "Escape" { 27 } else { 0 };
        for kind in ["keyDown", "keyUp"] {
            let parameters = json!({
                "type": kind, "key": key, "text": text, "modifiers": modifiers,
                "windowsVirtualKeyCode": code,
            });
            self.browser
                .devtools("Input.dispatchKeyEvent", parameters)
                .await?;
        }
        Ok(())
    }

    /// Whether calls of the server reach it: without, they fail as in a train.
    pub async fn set_online(&self, is_online: bool) -> Result<()> {
        let script = "window.wired ??= window.fetch.bind(window);
            window.fetch = arguments[0]
                ? window.wired
                : () => Promise.reject(new TypeError('Failed to fetch'));";
        self.browser.script(script, vec![json!(is_online)]).await?;
        Ok(())
    }

    /// The Enter that ends a composition: some browsers only mark it by key code 229.
    pub async fn press_composing_enter(&self) -> Result<()> {
        let script = r"
            const box = document.querySelector(arguments[0]);
            const event = new KeyboardEvent('keydown',
                { key: 'Enter', code: 'Enter', keyCode: 229, bubbles: true, cancelable: true });
            box.dispatchEvent(event);
        ";
        self.browser.script(script, vec![json!(TEXT_BOX)]).await?;
        Ok(())
    }

    async fn enter_account(&self, name: &str, password: &str) -> Result<()> {
        let name_box = self.browser.element("input[name=name]").await?;
        name_box.send_keys(name).await?;
        let password_box = self.browser.element("input[name=password]").await?;
        password_box.send_keys(password).await?;
        self.browser
            .element("button[type=submit]")
            .await?
            .click()
            .await?;
        self.browser.element(TEXT_BOX).await?;
        ensure!(self.path().await? == "/", "the start page follows");
        self.wait_until_interactive().await
    }

    /// Keeps a picture of a failure, and says what was shown instead.
    async fn told<T>(&self, outcome: Result<T>) -> Result<T> {
        let Err(error) = outcome else {
            return outcome;
        };
        self.browser.screenshot("failed").await?;
        let shown = self.last_answer().await?;
        Err(error.context(format!("the newest answer is {shown:?}")))
    }
}
