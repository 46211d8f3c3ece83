//! Files that go with a message: chosen at the box, read on the server, and shown as chips.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for, wait_for_words},
    chat_page::{ChatPage, TEXT_BOX},
    keyboard::wait_for_focus,
    running_server::RunningServer,
    words::words,
};
use serde_json::json;
use tempfile::TempDir;

use super::{accessibility::check, named};

in_both_languages! {
    a_chosen_file_becomes_a_chip_and_goes_with_its_message,
    a_file_that_is_not_taken_says_why_and_its_chip_is_removed,
    a_long_text_that_is_pasted_is_offered_as_a_file,
}

const INPUT: &str = ".composer input[type=file]";
const CHIP: &str = "#composer-files > [data-file]";

/// Writes a file and gives its path as an input takes it.
fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> Result<String> {
    let path = folder.path().join(name);
    fs::write(&path, bytes)?;
    let path = path.to_str().context("a plain path")?;
    Ok(path.to_owned())
}

/// A model that says what it was asked.
async fn open(browser: &Browser, language: Language) -> Result<(RunningServer, ChatPage<'_>)> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ChatPage::shown_to(browser, &ada, language).await?;
    Ok((server, page))
}

/// Waits until so many elements are there.
async fn wait_for_count(browser: &Browser, selector: &str, count: usize) -> Result<()> {
    let script = format!("return document.querySelectorAll('{selector}').length");
    wait_for(browser, selector, &script, count).await
}

async fn a_chosen_file_becomes_a_chip_and_goes_with_its_message(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser, language).await?;
    let folder = tempfile::tempdir()?;
    let label = words(language, "chat.add_files")?;
    let button = browser
        .element(&format!(".composer button[aria-label=\"{label}\"]"))
        .await?;
    // The system's own dialog is none of the page's.
    let count = "window.asked = 0;
        document.querySelector(arguments[0]).addEventListener('click', event => {
            event.preventDefault();
            window.asked += 1;
        }, { once: true });";
    browser.script(count, vec![json!(INPUT)]).await?;
    button.click().await?;
    wait_for(&browser, "it asks for files", "return window.asked", 1).await?;

    let paths = [
        file(&folder, "notes.md", b"# Notes\n\nRye.\n")?,
        file(&folder, "more.txt", b"wheat\n")?,
    ];
    let input = browser.element(INPUT).await?;
    input.send_keys(paths.join("\n").as_str()).await?;
    wait_for_count(&browser, CHIP, 2).await?;
    wait_for_words(&browser, "#composer-files", "notes.md").await?;
    wait_for_focus(&browser, TEXT_BOX).await?;
    check(&browser, &named("added-files", language)).await?;

    // They wait like a draft.
    page.reload().await?;
    wait_for_count(&browser, CHIP, 2).await?;
    page.send("Which flour?").await?;
    wait_for_count(&browser, ".question-files .attachment", 2).await?;
    wait_for_count(&browser, "#composer-files > li", 0).await?;
    wait_for_words(&browser, ".answer", "[File: notes.md]").await?;
    check(&browser, &named("sent-files", language)).await?;
    let link = "return new URL(document.querySelector('.question-files a').href).pathname";
    let path = browser.script(link, Vec::new()).await?;
    let path = path.as_str().context("a path")?.to_owned();
    ensure!(path.starts_with("/files/"), "{path}");
    browser.quit().await
}

async fn a_file_that_is_not_taken_says_why_and_its_chip_is_removed(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, _page) = open(&browser, language).await?;
    let folder = tempfile::tempdir()?;
    let path = file(&folder, "picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?;
    browser
        .element(INPUT)
        .await?
        .send_keys(path.as_str())
        .await?;
    let told = words(language, "files.is_picture")?;
    wait_for_words(&browser, "#composer-files .failed", &told).await?;
    check(&browser, &named("refused-files", language)).await?;
    let button = browser
        .element("#composer-files [data-remove-file]")
        .await?;
    button.click().await?;
    wait_for_count(&browser, "#composer-files > li", 0).await?;
    browser.quit_after_refusals().await
}

/// Pastes a text into the box, as a browser does.
const PASTE: &str = "const [text] = arguments;
    const box = document.getElementById('composer-text');
    const brought = new DataTransfer();
    brought.items.add(text, 'text/plain');
    const options = { clipboardData: brought, bubbles: true, cancelable: true };
    box.focus();
    if (box.dispatchEvent(new ClipboardEvent('paste', options))) {
        document.execCommand('insertText', false, text);
    }";

async fn a_long_text_that_is_pasted_is_offered_as_a_file(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser, language).await?;
    let offer = ".composer-inline > [role=status] .button";
    browser.script(PASTE, vec![json!("a short text ")]).await?;
    ensure!(!browser.has(offer).await?);
    browser
        .script(PASTE, vec![json!("word ".repeat(1000))])
        .await?;
    let told = words(language, "chat.add_as_file")?;
    wait_for_words(&browser, offer, &told).await?;
    check(&browser, &named("long-paste", language)).await?;
    browser.element(offer).await?.click().await?;
    wait_for_count(&browser, CHIP, 1).await?;
    wait_for_count(&browser, offer, 0).await?;
    let text = "return document.getElementById('composer-text').value";
    wait_for(&browser, "the box has the rest", text, "a short text ").await?;
    ensure!(page.draft().await? == "a short text ");
    browser.quit().await
}
