//! Chromium, two tests at a time; nothing stays from one to the next, and the page's security
//! policy stays in force.

use std::{
    env, fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::{WebDriver, WebElement, prelude::*};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{chromedriver, chromium::Chromium, deadline::eventually};

/// A test with a browser waits half of its time for the page, the server or a person's pause, so
/// two cores hold two of them.
const NUM_STAGES: u32 = 2;

static STAGES: Semaphore = Semaphore::const_new(NUM_STAGES as usize);

/// What earlier tests left empty: starting a Chromium takes longer than what many tests do with it.
static LEFT: Mutex<Vec<Chromium>> = Mutex::new(Vec::new());

/// How long a page may take to show something.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Names the folder of all pictures.
const SCREENSHOTS: &str = "HEARTH_SCREENSHOTS";

/// Most pixels of a picture from top to bottom: Chromium draws none of twice that.
const PICTURE: u32 = 8_000;

/// Runs before every page's own scripts. Violations survive a reload in the session storage.
const COLLECT_VIOLATIONS: &str = r"
    document.addEventListener('securitypolicyviolation', event => {
        const key = 'test-violations';
        const told = JSON.parse(sessionStorage.getItem(key) || '[]');
        told.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
        sessionStorage.setItem(key, JSON.stringify(told));
    });
";

/// Whether one of some elements is seen and says something. Looked at in one moment: an element of
/// a while ago may have gone.
const IS_SAID: &str = r"
    const [selector, words] = arguments;
    const isSeen = it => it.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    return [...document.querySelectorAll(selector)]
        .some(it => isSeen(it) && it.innerText.replaceAll('\u00a0', ' ').includes(words));
";

/// Light or dark, as the system asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// Name in file names and in `prefers-color-scheme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// 1280 by 900.
    Desktop,
    /// 390 by 844, touch.
    Phone,
}

impl Screen {
    pub const ALL: [Self; 2] = [Self::Desktop, Self::Phone];

    /// Name in file names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Phone => "390",
        }
    }
}

/// Room for a browser, or for something that needs the whole machine.
#[derive(Debug)]
pub struct Stage {
    _permit: SemaphorePermit<'static>,
}

/// Waits until no other test of this binary shows a browser, and keeps it so while this lives.
pub async fn wait_for_stage() -> Result<Stage> {
    let permit = STAGES.acquire_many(NUM_STAGES).await?;
    Ok(Stage { _permit: permit })
}

fn left() -> MutexGuard<'static, Vec<Chromium>> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until a script's body gives this value. `what` completes "… did not happen".
pub async fn wait_for(
    browser: &Browser,
    what: &str,
    script: &str,
    value: impl Into<Value>,
) -> Result<()> {
    let value = value.into();
    let waited = eventually(what, PATIENCE, async || {
        Ok((browser.script(script, Vec::new()).await? == value).then_some(()))
    })
    .await;
    if waited.is_err() {
        browser.screenshot("failed").await?;
        let is = browser.script(script, Vec::new()).await?;
        ensure!(is == value, "{what}: {is} is not {value}");
    }
    Ok(())
}

/// Waits until an element that a CSS selector finds says something.
pub async fn wait_for_words(browser: &Browser, selector: &str, words: &str) -> Result<()> {
    let what = format!("{selector} says {words:?}");
    let arguments = vec![json!(selector), json!(words)];
    eventually(&what, PATIENCE, async || {
        let is_said = browser.script(IS_SAID, arguments.clone()).await?;
        Ok((is_said == json!(true)).then_some(()))
    })
    .await
}

/// Waits until a CSS selector finds nothing any more.
pub async fn wait_for_end_of(browser: &Browser, selector: &str) -> Result<()> {
    let what = format!("{selector} goes");
    eventually(&what, PATIENCE, async || {
        Ok((!browser.has(selector).await?).then_some(()))
    })
    .await
}

/// A browser window. End it with [`Browser::quit`], which also checks what it complained about.
#[derive(Debug)]
pub struct Browser {
    driver: WebDriver,
    chromium: Chromium,
    /// Only the first of several browsers of a test has it.
    stage: Option<Stage>,
}

impl Browser {
    /// Waits for its turn and opens an empty window. Whatever needs no window, such as the start
    /// of a server, comes before: another test has its turn meanwhile.
    pub async fn open() -> Result<Self> {
        let stage = Stage {
            _permit: STAGES.acquire().await?,
        };
        let chromium = left().pop();
        let chromium = match chromium {
            Some(left) => left,
            None => Chromium::start().await?,
        };
        Self::connect(chromium, Some(stage)).await
    }

    /// One more with a profile of its own, as on another device, while this one is open.
    pub async fn open_beside(&self) -> Result<Self> {
        ensure!(self.stage.is_some(), "the first browser opens all others");
        Self::connect(Chromium::start().await?, None).await
    }

    async fn connect(chromium: Chromium, stage: Option<Stage>) -> Result<Self> {
        let driver = WebDriver::new(chromedriver::address().await?, chromium.capabilities()?)
            .await
            .context("connecting to Chromium")?;
        let browser = Self {
            driver,
            chromium,
            stage,
        };
        browser.prepare_tab().await?;
        browser.devtools("Page.bringToFront", json!({})).await?;
        Ok(browser)
    }

    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Another tab of the same profile, now the current one.
    pub async fn open_tab(&self) -> Result<WindowHandle> {
        let tab = self.driver.new_tab().await?;
        self.driver.switch_to_window(tab.clone()).await?;
        self.prepare_tab().await?;
        Ok(tab)
    }

    /// Brings a tab of this browser to the front; what follows happens there.
    pub async fn show_tab(&self, tab: &WindowHandle) -> Result<()> {
        self.driver.switch_to_window(tab.clone()).await?;
        self.devtools("Page.bringToFront", json!({})).await?;
        Ok(())
    }

    pub async fn goto(&self, url: &str) -> Result<()> {
        let went = self.driver.goto(url).await;
        went.with_context(|| format!("opening {url}"))
    }

    /// Path of the current page.
    pub async fn path(&self) -> Result<String> {
        Ok(self.driver.current_url().await?.path().to_owned())
    }

    /// Gives the browser a cookie for all of a host, of which no page has to be open.
    pub async fn set_cookie(&self, url: &str, name: &str, value: &str) -> Result<()> {
        let parameters = json!({"url": url, "name": name, "value": value, "path": "/"});
        self.devtools("Network.setCookie", parameters).await?;
        Ok(())
    }

    /// Runs a script's body and gives what it returns.
    pub async fn script(&self, body: &str, arguments: Vec<Value>) -> Result<Value> {
        let answer = self.driver.execute(body, arguments).await?;
        Ok(answer.json().clone())
    }

    /// A raw command of the devtools protocol.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        let answer = self.driver.cdp().send_raw(method, parameters).await;
        answer.with_context(|| format!("devtools command {method}"))
    }

    pub async fn show_theme(&self, theme: Theme) -> Result<()> {
        let feature = json!({"name": "prefers-color-scheme", "value": theme.as_str()});
        let calm = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        let parameters = json!({"features": [feature, calm]});
        self.devtools("Emulation.setEmulatedMedia", parameters)
            .await?;
        self.settle().await
    }

    pub async fn show_screen(&self, screen: Screen) -> Result<()> {
        // Headless Chromium makes no window narrower than 500 px.
        let (width, height, mobile) = match screen {
            Screen::Desktop => (1280, 900, false),
            Screen::Phone => (390, 844, true),
        };
        let parameters = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", parameters)
            .await?;
        Ok(())
    }

    /// A phone that is held in the hand: fingers are coarse and hover over nothing.
    pub async fn show_touch_screen(&self) -> Result<()> {
        self.show_screen(Screen::Phone).await?;
        let parameters = json!({"enabled": true, "maxTouchPoints": 1});
        self.devtools("Emulation.setTouchEmulationEnabled", parameters)
            .await?;
        Ok(())
    }

    /// The first element a CSS selector finds, waited for.
    pub async fn element(&self, selector: &str) -> Result<WebElement> {
        let what = format!("the page shows {selector}");
        let found = eventually(&what, PATIENCE, async || {
            // A search by the driver sends its own program along each time.
            let first = "return document.querySelector(arguments[0])";
            let found = self.driver.execute(first, vec![json!(selector)]).await?;
            let is_there = !found.json().is_null();
            Ok(is_there.then(|| found.element()).transpose()?)
        })
        .await;
        if found.is_err() {
            self.screenshot("failed").await?;
        }
        found
    }

    /// Whether a CSS selector finds anything now.
    pub async fn has(&self, selector: &str) -> Result<bool> {
        let script = "return document.querySelector(arguments[0]) !== null";
        let found = self.script(script, vec![json!(selector)]).await?;
        Ok(found == json!(true))
    }

    /// Takes every transition to its end. Nothing waits for one to get there: in content that the
    /// browser skips, such as closed details, transitions begin and never end by themselves.
    pub async fn settle(&self) -> Result<()> {
        let script = r"
            const ends = it => it.effect.getComputedTiming().endTime !== Infinity;
            document.getAnimations().filter(ends).forEach(it => it.finish());
        ";
        self.script(script, Vec::new()).await?;
        Ok(())
    }

    /// Waits until the window has been drawn anew, so that the page has heard of a change of its
    /// size or its theme. In a tab that is hidden nothing is drawn: then for a moment.
    pub async fn wait_for_frame(&self) -> Result<()> {
        let script = r"
            return new Promise(go => {
                requestAnimationFrame(() => requestAnimationFrame(() => go(true)));
                setTimeout(go, 200, false);
            });
        ";
        self.script(script, Vec::new()).await?;
        Ok(())
    }

    /// Saves what the window shows as `NAME.png`: for failures. What a test only shows is
    /// [photographed](Browser::photograph).
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let directory = screenshots();
        fs::create_dir_all(&directory)?;
        let path = directory.join(format!("{name}.png"));
        self.driver.screenshot(&path).await?;
        Ok(())
    }

    /// As [`Browser::screenshot`], for somebody who named a folder to look at the pictures.
    pub async fn photograph(&self, name: &str) -> Result<()> {
        if is_photographed() {
            self.screenshot(name).await?;
        }
        Ok(())
    }

    /// Photographs the whole page as `NAME-1.png` and so on, from top to bottom.
    pub async fn photograph_whole(&self, name: &str) -> Result<()> {
        if !is_photographed() {
            return Ok(());
        }
        let script = "const page = document.documentElement;
            return [page.clientWidth, page.scrollHeight]";
        let size = self.script(script, Vec::new()).await?;
        let (width, height): (u32, u32) = serde_json::from_value(size)?;
        let directory = screenshots();
        fs::create_dir_all(&directory)?;
        let tops = (0..height).step_by(usize::try_from(PICTURE)?);
        for (number, top) in (1..).zip(tops) {
            let height = (height - top).min(PICTURE);
            let clip = json!({"x": 0, "y": top, "width": width, "height": height, "scale": 1});
            let parameters = json!({"captureBeyondViewport": true, "clip": clip});
            let answer = self.devtools("Page.captureScreenshot", parameters).await?;
            let picture = answer["data"].as_str().context("a picture in base64")?;
            let picture = thirtyfour::support::base64_decode(picture)?;
            fs::write(directory.join(format!("{name}-{number}.png")), picture)?;
        }
        Ok(())
    }

    /// Violations of the security policy since the tab was opened.
    pub async fn violations(&self) -> Result<Vec<String>> {
        let script = "return JSON.parse(sessionStorage.getItem('test-violations') || '[]')";
        let told = self.script(script, Vec::new()).await?;
        Ok(serde_json::from_value(told)?)
    }

    /// Errors of the console, network errors of a killed server left out.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        let entries = self.driver.browser_log().await?;
        let is_error = |level: &str| level == "SEVERE";
        let errors = entries.into_iter().filter(|entry| is_error(&entry.level));
        let messages = errors.map(|entry| entry.message);
        // What Chromium and `fetch` say of a connection that was cut.
        let is_cut = |message: &str| {
            ["net::ERR_", "TypeError: network error", "Failed to fetch"]
                .iter()
                .any(|words| message.contains(words))
        };
        Ok(messages.filter(|message| !is_cut(message)).collect())
    }

    /// Ends the browser; fails if the page broke its security policy or its scripts failed.
    pub async fn quit(self) -> Result<()> {
        self.quit_unless(|_| false).await
    }

    /// As [`Browser::quit`], after input that the server refused: Chromium lists every 400.
    pub async fn quit_after_refusals(self) -> Result<()> {
        self.quit_unless(|message| message.contains("status of 400"))
            .await
    }

    /// As [`Browser::quit`], after answers of the server that are no errors of the page: each of
    /// them is named by words of its line in the console.
    pub async fn quit_excusing(self, answers: &[&str]) -> Result<()> {
        self.quit_unless(|message| answers.iter().any(|words| message.contains(words)))
            .await
    }

    /// A Chromium that a test left in the middle of something ends with it.
    async fn quit_unless(self, is_expected: impl Fn(&str) -> bool) -> Result<()> {
        let violations = self.violations().await?;
        let mut errors = self.console_errors().await?;
        errors.retain(|message| !is_expected(message));
        if self.stage.is_some() {
            self.leave_empty().await?;
        }
        self.driver.quit().await?;
        if self.stage.is_some() {
            left().push(self.chromium);
        }
        ensure!(violations.is_empty(), "CSP violations: {violations:#?}");
        ensure!(errors.is_empty(), "errors in the console: {errors:#?}");
        Ok(())
    }

    /// One new tab, and nothing of what the pages of this test kept in the browser.
    async fn leave_empty(&self) -> Result<()> {
        let tabs = self.driver.windows().await?;
        let empty = self.driver.new_tab().await?;
        for tab in tabs {
            self.driver.switch_to_window(tab).await?;
            self.driver.close_window().await?;
        }
        self.driver.switch_to_window(empty).await?;
        for (method, parameters) in [
            (
                "Storage.clearDataForOrigin",
                json!({"origin": "*", "storageTypes": "all"}),
            ),
            ("Network.clearBrowserCache", json!({})),
            (
                "Browser.setDownloadBehavior",
                json!({"behavior": "default"}),
            ),
        ] {
            self.devtools(method, parameters).await?;
        }
        Ok(())
    }

    async fn prepare_tab(&self) -> Result<()> {
        self.devtools("Page.enable", json!({})).await?;
        let parameters = json!({"source": COLLECT_VIOLATIONS});
        self.devtools("Page.addScriptToEvaluateOnNewDocument", parameters)
            .await?;
        self.show_screen(Screen::Desktop).await
    }
}

/// Whether somebody wants to look at what tests show.
fn is_photographed() -> bool {
    env::var_os(SCREENSHOTS).is_some()
}

/// `HEARTH_SCREENSHOTS`, else `target/screenshots` of the workspace.
fn screenshots() -> PathBuf {
    env::var_os(SCREENSHOTS).map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../target/screenshots"
            ))
        },
        PathBuf::from,
    )
}
