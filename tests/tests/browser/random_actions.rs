//! Two tabs and another browser of one person do what comes; then all three show the same.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use hearth_app::model::{Language, SettingName};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::Browser,
    chance::Chance,
    chat_page::{ChatPage, TEXT_BOX},
    deadline::eventually,
    extent,
    running_server::{PASSWORD, RunningServer, conversations, save_setting, send_and_wait},
    web_client::WebClient,
    words::words,
};
use serde_json::{Value, json};
use thirtyfour::WindowHandle;

/// Until all turns have ended, and until what is shown is the same everywhere.
const QUIET: Duration = Duration::from_secs(40);
/// Between two actions, in milliseconds.
const PAUSE: u64 = 250;

/// What the server says to somebody who comes too late, as the console tells it: another tab
/// deleted the conversation, answers in it, or too many turns run.
const TOO_LATE: [&str; 3] = ["status of 400", "status of 404", "status of 429"];

/// How to press, and what all actions have at hand.
const HANDS: &str = r"
    const [draw, text, words] = arguments;
    const all = selector => [...document.querySelectorAll(selector)];
    const seen = selector => all(selector).filter(it => it.checkVisibility() && !it.disabled);
    const drawn = found => found[draw % Math.max(found.length, 1)];
    const press = found => {
        const it = drawn(found);
        it?.click();
        return it !== undefined;
    };
    const named = name => seen(`button[aria-label='${name}']`);
    const frames = async count => {
        for (let number = 0; number < count; number += 1) {
            await new Promise(go => setTimeout(go, 30));
        }
    };
    const write = (box, text) => {
        box.focus();
        box.select();
        document.execCommand('insertText', false, text);
    };
    const enter = box => box.dispatchEvent(new KeyboardEvent('keydown',
        { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true }));
    const openRow = async () => {
        const row = drawn(all('.conversation-row'));
        row?.querySelector('.row-more').click();
        await frames(2);
        return document.querySelector('#row-menu:popover-open');
    };
";

/// What a person does. An answer of `false`: there was nothing to do it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Send,
    Stop,
    Rename,
    Delete,
    Undo,
    NewChat,
    Open,
    SwitchVersion,
    Regenerate,
    EditAndResend,
    GoBack,
    Reload,
}

impl Action {
    /// What is done often stands here often.
    const ALL: [Self; 17] = [
        Self::Send,
        Self::Send,
        Self::Send,
        Self::Send,
        Self::Stop,
        Self::Rename,
        Self::Delete,
        Self::Undo,
        Self::NewChat,
        Self::Open,
        Self::Open,
        Self::SwitchVersion,
        Self::SwitchVersion,
        Self::Regenerate,
        Self::EditAndResend,
        Self::GoBack,
        Self::Reload,
    ];

    fn script(self) -> &'static str {
        match self {
            Self::Send => {
                "const box = document.querySelector('#composer-text');
                if (!box) return false;
                write(box, text);
                await frames(1);
                return press(seen('.send-button:not(.stop)'));"
            }
            Self::Stop => "return press(seen('.send-button.stop'));",
            Self::Rename => {
                "const menu = await openRow();
                menu?.querySelector('.menu-entry').click();
                await frames(3);
                const box = document.querySelector('.conversation-row > .input');
                if (!box) return false;
                write(box, text);
                enter(box);
                return true;"
            }
            Self::Delete => {
                "const menu = await openRow();
                menu?.querySelector('.danger').click();
                return menu !== null;"
            }
            Self::Undo => "return press(seen('.toast-action'));",
            Self::NewChat => "return press(all('#new-chat'));",
            Self::Open => "return press(all('.conversation-link'));",
            Self::SwitchVersion => "return press(seen('.version-switch button'));",
            Self::Regenerate => "return press(named(words.regenerate));",
            // Only once the page has a way to change a question.
            Self::EditAndResend => {
                "const isQuestion = it => it.closest('[data-role=user]');
                if (!press(named(words.edit).filter(isQuestion))) return false;
                await frames(3);
                const box = document.querySelector('[data-role=user] textarea');
                if (!box) return false;
                write(box, text);
                enter(box);
                return true;"
            }
            Self::GoBack => {
                "const { index } = navigation.currentEntry;
                const before = navigation.entries()[index - 1];
                const leads = before && /^\\/(c\\/.*)?$/.test(new URL(before.url).pathname);
                if (leads) history.back();
                return Boolean(leads);"
            }
            Self::Reload => "return true;",
        }
    }
}

/// What is shown, without what may differ: focus, places, ids that no other page has.
const SHOWN: &str = r"
    const text = it => (it?.textContent ?? '').trim();
    const html = it => {
        const copy = it.cloneNode(true);
        for (const inner of copy.querySelectorAll('[tabindex], [data-copied]')) {
            inner.removeAttribute('tabindex');
            inner.removeAttribute('data-copied');
        }
        return copy.innerHTML.replace(/<!--.*?-->/g, '');
    };
    const isSeen = it => it.checkVisibility({ checkVisibilityCSS: true });
    const button = it => (it.getAttribute('aria-label') ?? text(it)) + (it.disabled ? ' (off)' : '');
    const message = it => ({
        id: it.id,
        role: it.dataset.role,
        running: it.dataset.running !== undefined,
        lost: it.dataset.lost !== undefined,
        question: text(it.querySelector('.user-text')),
        answer: [...it.querySelectorAll('.answer > :is(.block, .pending)')].map(html).join(''),
        note: text(it.querySelector('.note-text')),
        version: text(it.querySelector('.version-switch > [aria-hidden]')),
        tools: [...it.querySelectorAll('button, summary')]
            .filter(tool => !tool.closest('.answer') && isSeen(tool)).map(button),
        time: text(it.querySelector('.message-time')),
    });
    const row = it => ({
        title: text(it.querySelector('.conversation-title')),
        id: it.querySelector('.conversation-link').id,
        burns: it.querySelector('.dot.burning') !== null,
        current: it.querySelector('[aria-current]') !== null,
    });
    const group = it => ({
        heading: text(it.querySelector('.group-heading')),
        rows: [...it.querySelectorAll('.conversation-row')].map(row),
    });
    return {
        path: location.pathname,
        window: document.title,
        title: text(document.querySelector('.chat-title')),
        list: [...document.querySelectorAll('.conversation-group')].map(group),
        days: [...document.querySelectorAll('.transcript .day')].map(text),
        messages: [...document.querySelectorAll('article.message')].map(message),
    };
";

const IS_QUIET: &str = r"
    return document.querySelector('article.message[data-running]') === null
        && document.querySelector('.conversation-list .dot.burning') === null
        && document.querySelector('.queued') === null;
";

/// One window of the person's.
struct View<'a> {
    name: &'static str,
    page: ChatPage<'a>,
    browser: &'a Browser,
    tab: WindowHandle,
}

impl<'a> View<'a> {
    async fn open(name: &'static str, browser: &'a Browser, base_url: &str) -> Result<Self> {
        Ok(Self {
            name,
            page: ChatPage::new(browser, base_url),
            browser,
            tab: browser.driver().window().await?,
        })
    }

    /// Does something here; whether there was anything to do it with.
    async fn perform(&self, action: Action, chance: &mut Chance) -> Result<bool> {
        self.browser.show_tab(&self.tab).await?;
        if action == Action::Reload {
            self.page.reload().await?;
            return Ok(true);
        }
        let draw = chance.within(0..1_000_000);
        let words = json!({
            "regenerate": words(Language::English, "chat.regenerate")?,
            "edit": words(Language::English, "chat.edit")?,
        });
        let text = format!("{} {draw}", self.name);
        let script = format!("{HANDS} return (async () => {{ {} }})();", action.script());
        let arguments = vec![json!(draw), json!(text), words];
        let answer = self.browser.script(&script, arguments).await?;
        Ok(answer == Value::Bool(true))
    }

    /// A press on its row shows it, if it is not shown already.
    async fn show(&self, conversation: &str) -> Result<()> {
        self.browser.show_tab(&self.tab).await?;
        let link = format!("#chat-{conversation}");
        self.browser.element(&link).await?;
        let press = "document.querySelector(arguments[0]).click()";
        self.browser.script(press, vec![json!(link)]).await?;
        let path = format!("/c/{conversation}");
        eventually("the conversation is shown", QUIET, async || {
            let is_there = self.page.path().await? == path;
            let is_shown = is_there && !self.page.messages().await?.is_empty();
            Ok(is_shown.then_some(()))
        })
        .await
    }

    async fn shown(&self) -> Result<Value> {
        self.browser.show_tab(&self.tab).await?;
        self.browser.script(SHOWN, Vec::new()).await
    }

    async fn wait_until_quiet(&self) -> Result<()> {
        self.browser.show_tab(&self.tab).await?;
        let what = format!("all turns of {} have ended", self.name);
        let waited = eventually(&what, QUIET, async || {
            let answer = self.browser.script(IS_QUIET, Vec::new()).await?;
            Ok((answer == Value::Bool(true)).then_some(()))
        });
        let waited = waited.await;
        if waited.is_err() {
            self.browser.screenshot("failed").await?;
        }
        waited
    }
}

/// Waits until all show the same; says what is different if they never do.
async fn wait_until_equal(views: &[View<'_>]) -> Result<()> {
    let mut differences = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < QUIET {
        let mut shown = Vec::new();
        for view in views {
            shown.push(view.shown().await?);
        }
        let Some(first) = shown.first() else { break };
        if shown.iter().all(|it| it == first) {
            return Ok(());
        }
        differences = views
            .iter()
            .zip(&shown)
            .map(|(view, shown)| format!("{}: {}", view.name, told(first, shown)))
            .collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for view in views {
        view.browser.show_tab(&view.tab).await?;
        view.browser
            .screenshot(&format!("failed-{}", view.name))
            .await?;
    }
    bail!("they differ:\n{}", differences.join("\n"))
}

/// The parts that are otherwise than in the first window.
fn told(first: &Value, shown: &Value) -> String {
    let (Value::Object(first), Value::Object(shown)) = (first, shown) else {
        return shown.to_string();
    };
    let parts = shown
        .iter()
        .filter(|(name, value)| first.get(*name) != Some(*value));
    let parts: Vec<String> = parts
        .map(|(name, value)| {
            let was = first.get(name).map(Value::to_string);
            format!(
                "{name} is {value}, in the first {}",
                was.unwrap_or_default()
            )
        })
        .collect();
    parts.join("; ")
}

/// Everybody acts, one after the other, while answers go on.
async fn act(views: &[View<'_>], chance: &mut Chance, time: Duration) -> Result<()> {
    let begun = Instant::now();
    let mut history = Vec::new();
    while begun.elapsed() < time {
        let place = usize::try_from(chance.within(0..views.len() as u64))?;
        let number = usize::try_from(chance.within(0..Action::ALL.len() as u64))?;
        let (view, action) = (views.get(place), Action::ALL.get(number));
        let (view, action) = view.zip(action).context("within their number")?;
        let performed = view.perform(*action, chance).await;
        let told = || format!("{action:?} in {}, after {history:?}", view.name);
        if performed.with_context(told)? {
            history.push((view.name, *action));
        }
        tokio::time::sleep(Duration::from_millis(chance.within(0..PAUSE))).await;
    }
    ensure!(history.len() > 5, "only {history:?} was done");
    Ok(())
}

/// The conversation that all look at in the end: one with messages, used last.
async fn agreed(ada: &WebClient) -> Result<String> {
    let listed = conversations(ada).await?;
    let used = listed.iter().find(|it| !it.title.is_empty());
    if let Some(used) = used {
        return Ok(used.id.to_string());
    }
    let turn = send_and_wait(ada, None, "The last one").await?;
    Ok(turn.conversation.id.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_done_in_three_windows_they_agree_in_the_end() -> Result<()> {
    let seed = extent::seed("random actions", 0x7468_7265)?;
    let seconds = if extent::is_whole() { 120 } else { 12 };
    let answer = "Some words, **bold** ones and `code`.\n\n- one\n- two\n\n".repeat(4);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(8));
    let (server, ada) = RunningServer::start(model).await?;
    save_setting(&ada, SettingName::ConcurrentTurns, "20").await??;
    for question in ["First", "Second", "Third"] {
        send_and_wait(&ada, None, question).await?;
    }
    let browser = Browser::open().await?;
    let other = browser.open_beside().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let first = View::open("first tab", &browser, server.base_url()).await?;
    browser.open_tab().await?;
    page.open("/").await?;
    let second = View::open("second tab", &browser, server.base_url()).await?;
    ChatPage::new(&other, server.base_url())
        .sign_in("Ada", PASSWORD)
        .await?;
    let third = View::open("other browser", &other, server.base_url()).await?;
    for view in [&first, &second, &third] {
        view.browser.element(TEXT_BOX).await?;
    }
    let views = [first, second, third];

    let mut chance = Chance::new(seed);
    act(&views, &mut chance, Duration::from_secs(seconds)).await?;
    for view in &views {
        view.wait_until_quiet().await?;
    }
    let conversation = agreed(&ada).await?;
    for view in &views {
        view.show(&conversation).await?;
    }
    // A message that waited in one of them goes now.
    for view in &views {
        view.wait_until_quiet().await?;
    }
    wait_until_equal(&views).await?;
    // What a page became is what the server sends to a new one.
    let [first, _, _] = &views;
    browser.show_tab(&first.tab).await?;
    first.page.reload().await?;
    wait_until_equal(&views).await?;
    other.quit_excusing(&TOO_LATE).await?;
    browser.quit_excusing(&TOO_LATE).await
}
