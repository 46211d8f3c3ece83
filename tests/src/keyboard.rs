//! Keys as a keyboard sends them, wherever the focus is, and where that is.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, PATIENCE},
    deadline::eventually,
};

/// Modifiers of a key.
pub const ALT: u32 = 1;
pub const CTRL: u32 = 2;
pub const SHIFT: u32 = 8;

/// More stops of Tab than any page has.
const MOST_STOPS: usize = 150;

/// What is wrong with the focus; nothing if a person sees where it is. A choice shows it beside
/// itself, and the box of the message around itself.
const FAULT: &str = r"
    const it = document.activeElement;
    if (!it || it === document.body) return 'nothing has the focus';
    const name = it.localName + (it.id && `#${it.id}`)
        + [...it.classList].map(word => `.${word}`).join('')
        + (it.getAttribute('aria-label') ? `[${it.getAttribute('aria-label')}]` : '');
    const isChoice = it.matches('[type=radio], [type=checkbox]');
    const spot = (isChoice && it.closest('label')) || it;
    const box = spot.getBoundingClientRect();
    const isSeen = spot.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
        && box.width > 1 && box.height > 1;
    if (!isSeen) return `${name} has the focus and is not seen`;
    const isInside = box.bottom > 0 && box.right > 0
        && box.top < innerHeight && box.left < innerWidth;
    if (!isInside) return `${name} has the focus outside of the window`;
    const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
    const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
    const hit = document.elementFromPoint(x, y);
    if (!hit || !(spot.contains(hit) || hit.contains(spot))) {
        return `${name} has the focus below something else`;
    }
    const around = it.matches('#composer-text') ? it.closest('form') : null;
    const hasRing = place => {
        if (!place) return false;
        const style = getComputedStyle(place);
        const hasOutline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
        return hasOutline || style.boxShadow !== 'none';
    };
    const places = [it, around, isChoice ? it.nextElementSibling : null, isChoice ? spot : null];
    return places.some(hasRing) ? '' : `${name} has the focus and no ring`;
";

/// Whether the focus is there; then what is typed goes there.
const IS_AT: &str = "return document.activeElement?.matches(arguments[0]) ?? false";

const WHERE: &str = "const it = document.activeElement;
    return it ? it.outerHTML.slice(0, 120) : 'nowhere'";

/// Waits until what a CSS selector finds has the focus.
pub async fn wait_for_focus(browser: &Browser, selector: &str) -> Result<()> {
    let keys = Keyboard::new(browser);
    let what = format!("{selector} has the focus");
    let waited = eventually(&what, PATIENCE, async || {
        Ok(keys.is_at(selector).await?.then_some(()))
    })
    .await;
    let Err(error) = waited else {
        return Ok(());
    };
    browser.screenshot("failed").await?;
    let place = browser.script(WHERE, Vec::new()).await?;
    Err(error.context(format!("the focus is at {place}")))
}

/// The keyboard of a browser.
#[derive(Clone, Copy, Debug)]
pub struct Keyboard<'a>(&'a Browser);

impl<'a> Keyboard<'a> {
    pub fn new(browser: &'a Browser) -> Self {
        Self(browser)
    }

    /// Presses a key, named as in `KeyboardEvent.key`, and lets it go.
    pub async fn press(self, key: &str, modifiers: u32) -> Result<()> {
        let (code, text) = known(key, modifiers);
        for kind in ["keyDown", "keyUp"] {
            let parameters = json!({
                "type": kind, "key": key, "text": text, "modifiers": modifiers,
                "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code,
            });
            let method = "Input.dispatchKeyEvent";
            self.0.devtools(method, parameters).await?;
        }
        Ok(())
    }

    /// Types letters.
    pub async fn write(self, text: &str) -> Result<()> {
        for letter in text.chars() {
            self.press(&letter.to_string(), 0).await?;
        }
        Ok(())
    }

    /// Whether what a CSS selector finds has the focus.
    pub async fn is_at(self, selector: &str) -> Result<bool> {
        let answer = self.0.script(IS_AT, vec![json!(selector)]).await?;
        Ok(answer == Value::Bool(true))
    }

    /// Presses Tab until what a CSS selector finds has the focus.
    pub async fn tab_to(self, selector: &str) -> Result<()> {
        self.walk_to(selector, 0).await
    }

    /// The same, backwards.
    pub async fn tab_back_to(self, selector: &str) -> Result<()> {
        self.walk_to(selector, SHIFT).await
    }

    /// What is wrong with the focus now; nothing if a person sees where it is.
    pub async fn fault(self) -> Result<Option<String>> {
        self.0.settle().await?;
        let fault = self.0.script(FAULT, Vec::new()).await?;
        let fault: String = serde_json::from_value(fault)?;
        Ok(Some(fault).filter(|it| !it.is_empty()))
    }

    async fn walk_to(self, selector: &str, modifiers: u32) -> Result<()> {
        self.0.element(selector).await?;
        for _ in 0..MOST_STOPS {
            if self.is_at(selector).await? {
                return Ok(());
            }
            self.press("Tab", modifiers).await?;
        }
        let place = self.0.script(WHERE, Vec::new()).await?;
        bail!("Tab never leads to {selector}, but to {place}")
    }
}

/// Number of a key, which Chromium itself goes by, and what it writes.
fn known(key: &str, modifiers: u32) -> (u32, &str) {
    match key {
        "Backspace" => (8, ""),
        "Tab" => (9, ""),
        "Enter" => (13, "\r"),
        "Escape" => (27, ""),
        " " => (32, " "),
        "End" => (35, ""),
        "Home" => (36, ""),
        "ArrowLeft" => (37, ""),
        "ArrowUp" => (38, ""),
        "ArrowRight" => (39, ""),
        "ArrowDown" => (40, ""),
        "Delete" => (46, ""),
        "F2" => (113, ""),
        "F10" => (121, ""),
        _ => {
            let letter = key.bytes().next().filter(u8::is_ascii_alphanumeric);
            let code = letter.map_or(0, |it| u32::from(it.to_ascii_uppercase()));
            // With Shift it is another letter, with the others none.
            let is_written = matches!(modifiers, 0 | SHIFT);
            (code, if is_written { key } else { "" })
        }
    }
}
