//! One tab follows an answer while everything between it and the model fails: the server, the
//! network, the computer it runs on. In the end it shows what the server stored.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{Language, SettingName};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE},
    chance::Chance,
    chat_page::{ChatPage, RUNNING, SeenMessage},
    deadline::eventually,
    extent,
    gate::{Gate, Passage},
    program::{Program, Slowed},
    running_server::{RunningServer, message_text, save_setting},
    tail::letters,
    web_client::WebClient,
    words::words,
};
use serde_json::{Value, json};

use super::leaving::HURRY;

/// Long enough for all troubles, short enough for a small model.
const MAX_TOKENS: &str = "160";
const QUESTION: &str = "Tell me a long story about a lighthouse keeper.";
/// Troubles of one answer, and those of the short form, whose two answers meet each of them once.
const TROUBLES: usize = 4;
const FEW_TROUBLES: usize = Trouble::ALL.len() / 2;
/// Until a slow model has written an answer to its end.
const LONG: Duration = Duration::from_mins(3);
/// How often a network delivers that collects.
const COLLECTED: Duration = Duration::from_secs(2);

/// It is told below the answer that the connection is lost.
const LOST: &str = "article.message[data-lost]";

/// The page tells that the connection is lost, or the answer has ended.
const IS_TOLD: &str = r"
    return document.querySelector('article.message[data-lost]') !== null
        || document.querySelector('article.message[data-running]') === null;
";

/// The page follows again, or the answer has ended.
const IS_FOLLOWED: &str = "return document.querySelector('article.message[data-lost]') === null";

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// The server is killed, and started again.
    Kill,
    /// Every connection ends and none comes about for a while.
    Cut,
    /// Every connection ends, and others come about at once.
    Blink,
    /// Nothing comes through for a while, and no connection ends.
    Hold,
    /// What comes, comes in large pieces.
    Pieces,
    /// The computer sleeps.
    Sleep,
}

impl Trouble {
    const ALL: [Self; 6] = [
        Self::Kill,
        Self::Cut,
        Self::Blink,
        Self::Hold,
        Self::Pieces,
        Self::Sleep,
    ];
}

/// Everything that fails, and who looks at it.
struct Scene<'a> {
    browser: &'a Browser,
    page: ChatPage<'a>,
    client: WebClient,
    program: Program,
    gate: Gate,
    /// A model that is quick has answered before anything fails.
    slowed: Option<Slowed>,
}

impl<'a> Scene<'a> {
    async fn open(browser: &'a Browser) -> Result<Self> {
        let program = Program::start().await?;
        let client = program.administrator().await?;
        save_setting(&client, SettingName::Temperature, "0").await??;
        save_setting(&client, SettingName::MaxTokens, MAX_TOKENS).await??;
        let address = program.base_url();
        let address = address.strip_prefix("http://").context("plain HTTP")?;
        let gate = Gate::before(address.parse()?).await?;
        let page = ChatPage::new(browser, gate.base_url());
        page.enter(&client).await?;
        Ok(Self {
            browser,
            page,
            client,
            program,
            gate,
            slowed: None,
        })
    }

    async fn is(&self, question: &str) -> Result<bool> {
        Ok(self.browser.script(question, Vec::new()).await? == Value::Bool(true))
    }

    async fn wait_until(&self, what: &str, question: &str) -> Result<()> {
        let waited = eventually(what, PATIENCE, async || {
            Ok(self.is(question).await?.then_some(()))
        })
        .await;
        if waited.is_err() {
            self.browser.screenshot("failed").await?;
        }
        waited
    }

    /// While nothing can come, a person is told so.
    async fn wait_until_told(&self) -> Result<()> {
        self.wait_until("the lost connection is told", IS_TOLD)
            .await?;
        let answer = self.page.last_answer().await?;
        let is_lost = self.browser.has(LOST).await?;
        let words = words(Language::English, "chat.reconnecting")?;
        let is_told = answer.is_none_or(|it| !it.running || it.note.contains(&words));
        ensure!(is_told || !is_lost, "it is marked and not told");
        Ok(())
    }

    async fn cause(&mut self, trouble: Trouble, chance: &mut Chance) -> Result<()> {
        let mut time = |from, to| {
            let time = Duration::from_millis(chance.within(from..to));
            tokio::time::sleep(time)
        };
        match trouble {
            Trouble::Kill => {
                self.slowed = None;
                self.program.kill()?;
                self.wait_until_told().await?;
                time(0, 2000).await;
                self.program.restart().await?;
                self.slowed = Some(self.program.slowed()?);
            }
            Trouble::Cut => {
                self.gate.shut();
                self.wait_until_told().await?;
                time(0, 3000).await;
                self.gate.set(Passage::Open);
            }
            Trouble::Blink => self.gate.cut(),
            Trouble::Hold => {
                self.gate.set(Passage::Held);
                time(500, 4000).await;
                self.gate.set(Passage::Open);
            }
            Trouble::Pieces => {
                self.gate.set(Passage::InPieces(COLLECTED));
                time(3000, 7000).await;
                self.gate.set(Passage::Open);
            }
            Trouble::Sleep => {
                self.set_state("frozen").await?;
                time(500, 4000).await;
                // Of a long sleep no connection is left.
                if chance.within(0..2) == 0 {
                    self.gate.cut();
                }
                self.wake().await?;
            }
        }
        self.wait_until("the page follows again", IS_FOLLOWED).await
    }

    /// The tab goes on and is looked at again.
    async fn wake(&self) -> Result<()> {
        self.set_state("active").await?;
        self.browser
            .devtools("Page.bringToFront", json!({}))
            .await?;
        Ok(())
    }

    /// A tab that is frozen is hidden and has no timers.
    async fn set_state(&self, state: &str) -> Result<()> {
        let method = "Page.setWebLifecycleState";
        self.browser
            .devtools(method, json!({"state": state}))
            .await?;
        Ok(())
    }

    /// An answer that the killed server began goes on with a press.
    async fn go_on(&self) -> Result<()> {
        let Some(answer) = self.page.last_answer().await? else {
            return Ok(());
        };
        let interrupted = words(Language::English, "chat.interrupted")?;
        if !answer.running && answer.note.trim_start().starts_with(&interrupted) {
            self.page.press("Continue").await?;
            let has_begun = "return document.querySelector('.message[data-running]') !== null
                || !document.querySelector('.message-note')";
            self.wait_until("the answer goes on", has_begun).await?;
        }
        Ok(())
    }

    /// The answer is over, and the page knows it.
    async fn wait_for_end(&mut self) -> Result<SeenMessage> {
        self.slowed = None;
        let shown = eventually("the answer is over", LONG, async || {
            let answer = self.page.last_answer().await?;
            Ok(answer.filter(|it| !it.running))
        });
        let shown = shown.await?;
        ensure!(!self.browser.has(LOST).await? && !self.browser.has(RUNNING).await?);
        Ok(shown)
    }

    /// One answer, its troubles, and what is left of it.
    async fn round(&mut self, chance: &mut Chance, troubles: &[Trouble]) -> Result<usize> {
        self.page.open("/").await?;
        self.slowed = Some(self.program.slowed()?);
        self.page.send(QUESTION).await?;
        self.page.wait_for_text(10).await?;
        for trouble in troubles {
            self.go_on().await?;
            let caused = self.cause(*trouble, chance).await;
            caused.with_context(|| format!("{trouble:?}"))?;
        }
        let shown = self.wait_for_end().await?;
        let stored = message_text(&self.client, shown.message_id()?).await?;
        let (seen, kept) = (letters(&shown.text), letters(&stored));
        ensure!(seen == kept, "shown is {seen}, stored is {kept}");
        self.page.reload().await?;
        let messages = self.page.messages().await?;
        ensure!(messages.len() == 2, "a message too many: {messages:?}");
        let again = messages.into_iter().next_back().context("an answer")?;
        ensure!(again == shown, "before {shown:?}, loaded again {again:?}");
        Ok(seen.len())
    }
}

/// Every seed has troubles of its own; in one run of a few seeds each is met.
fn troubles(chance: &mut Chance, round: u64) -> Result<Vec<Trouble>> {
    let all = Trouble::ALL.len();
    let mut left: Vec<usize> = (0..all).collect();
    // Of two rounds the second has what the first has not.
    let first = usize::try_from(round % 2)? * (all / 2);
    let mut chosen: Vec<usize> = left.drain(first..first + all / 2).collect();
    let count = if extent::is_whole() {
        TROUBLES
    } else {
        FEW_TROUBLES
    };
    while chosen.len() < count {
        let place = usize::try_from(chance.within(0..left.len() as u64))?;
        chosen.push(left.swap_remove(place));
    }
    let mut mixed = Vec::new();
    while !chosen.is_empty() {
        let place = usize::try_from(chance.within(0..chosen.len() as u64))?;
        mixed.extend(Trouble::ALL.get(chosen.swap_remove(place)));
    }
    Ok(mixed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_meanwhile_the_page_shows_what_the_server_stored() -> Result<()> {
    let seed = extent::seed("chaos", 0x0063_6861_6f73)?;
    let num_seeds = if extent::is_whole() { 50 } else { 2 };
    let browser = Browser::open().await?;
    let mut scene = Scene::open(&browser).await?;
    for round in 0..num_seeds {
        let seed = seed.wrapping_add(round);
        let mut chance = Chance::new(seed);
        let troubles = troubles(&mut chance, round)?;
        let shown = || format!("seed {seed}: {troubles:?}");
        let outcome = scene.round(&mut chance, &troubles).await;
        if outcome.is_err() {
            browser.screenshot(&format!("chaos-{seed}")).await?;
        }
        let num_letters = outcome.with_context(shown)?;
        writeln!(io::stdout(), "{}, {num_letters} letters", shown())?;
    }
    browser.quit().await
}

/// Counts how often a stream is asked for.
const COUNT_STREAMS: &str = "const fetch = window.fetch.bind(window);
    window.numStreams = 0;
    window.fetch = (request, ...rest) => {
        if ((request.url ?? String(request)).endsWith('/tail_turns')) window.numStreams += 1;
        return fetch(request, ...rest);
    };";

/// No stream of answers is reached.
const NO_STREAMS: &str = "const fetch = window.fetch.bind(window);
    window.fetch = (request, ...rest) => (request.url ?? String(request)).endsWith('/tail_turns')
        ? Promise.reject(new TypeError('no stream'))
        : fetch(request, ...rest);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_whose_stream_never_comes_is_shown_when_it_has_ended() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    browser.script(NO_STREAMS, Vec::new()).await?;
    page.send("Hello").await?;
    let shown = page.wait_for_end(1).await?;
    let stored = message_text(&ada, shown.message_id()?).await?;
    ensure!(letters(&shown.text) == letters(&stored), "{}", shown.text);
    ensure!(!browser.has(LOST).await?, "it is not marked any more");
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_holds_everything_back_is_told_and_nothing_is_lost() -> Result<()> {
    let answer = "A line of it. ".repeat(500);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(40));
    let (server, ada) = RunningServer::start(model).await?;
    let gate = Gate::before(server.addr()).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, gate.base_url());
    page.enter(&ada).await?;
    // The silence that ends a connection is short then, and so is that after which one asks anew.
    browser.script(HURRY, Vec::new()).await?;
    page.send("Go on").await?;
    page.wait_for_text(50).await?;
    browser.script(COUNT_STREAMS, Vec::new()).await?;
    gate.set(Passage::Held);
    let told = eventually("the silence is told", PATIENCE, async || {
        Ok(browser.has(LOST).await?.then_some(()))
    });
    told.await?;
    eventually("the page asks more than once", PATIENCE, async || {
        let asked = browser.script("return window.numStreams", Vec::new());
        Ok((asked.await?.as_u64() >= Some(2)).then_some(()))
    })
    .await?;
    ensure!(browser.has(LOST).await?, "nobody answered meanwhile");
    gate.set(Passage::Open);
    eventually("the page follows again", PATIENCE, async || {
        Ok((!browser.has(LOST).await?).then_some(()))
    })
    .await?;
    page.stop().await?;
    let shown = page.wait_for_end(1).await?;
    let stored = message_text(&ada, shown.message_id()?).await?;
    ensure!(letters(&shown.text) == letters(&stored), "{shown:?}");
    browser.quit().await
}
