//! Files that are chosen with the button at the box, and what is said of those that are not taken.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, wait_for, wait_for_words},
    chat_page::{ChatPage, TEXT_BOX},
    deadline::eventually,
    keyboard::wait_for_focus,
    running_server::RunningServer,
    words::words,
};
use serde_json::json;
use tempfile::TempDir;

use super::{accessibility::check, named};

in_both_languages! {
    a_button_opens_the_dialog_for_files_and_texts_of_any_usual_encoding_come_into_the_box,
    every_file_that_is_not_taken_is_named_with_its_reason,
}

const INPUT: &str = ".composer input[type=file]";
/// "你好，世界。"
const HAN: &str = "\u{4f60}\u{597d}\u{ff0c}\u{4e16}\u{754c}\u{3002}";
/// The same in GB18030.
const HAN_GB18030: &[u8] = b"\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\xa1\xa3\n";

/// "A greeting" in EUC-KR.
const KOREAN: &[u8] = b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4. \xb9\xdd\xb0\xa9\xbd\xc0\xb4\
              \xcf\xb4\xd9.";
/// "The document of a meeting" in EUC-JP.
const JAPANESE: &[u8] = b"\xb2\xf1\xb5\xc4\xbb\xf1\xce\xc1 \xc6\xfc\xcb\xdc\xb8\xec\xb0\xec\xcd\
              \xf7";

/// Writes a file and gives its path as an input takes it.
fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> Result<String> {
    let path: PathBuf = folder.path().join(name);
    fs::write(&path, bytes)?;
    let path = path.to_str().context("a plain path")?;
    Ok(path.to_owned())
}

fn utf_16(text: &str) -> Vec<u8> {
    let signs = std::iter::once(0xfeff).chain(text.encode_utf16());
    signs.flat_map(u16::to_le_bytes).collect()
}

async fn open(browser: &Browser, language: Language) -> Result<(RunningServer, ChatPage<'_>)> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let page = ChatPage::shown_to(browser, &ada, language).await?;
    Ok((server, page))
}

/// Waits until the box has a text.
async fn wait_for_draft(page: &ChatPage<'_>, expected: &str) -> Result<()> {
    let what = format!("the box has {expected:?}");
    eventually(&what, PATIENCE, async || {
        Ok(page.draft().await?.contains(expected).then_some(()))
    })
    .await
}

async fn a_button_opens_the_dialog_for_files_and_texts_of_any_usual_encoding_come_into_the_box(
    language: Language,
) -> Result<()> {
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
    check(&browser, &named("add-files", language)).await?;

    let input = browser.element(INPUT).await?;
    for (name, bytes) in [
        ("utf-8.txt", format!("{HAN}\n").into_bytes()),
        ("marked.txt", format!("\u{feff}{HAN}\n").into_bytes()),
        ("utf-16.txt", utf_16(&format!("{HAN}\r\n"))),
        ("gb18030.txt", HAN_GB18030.to_vec()),
    ] {
        let path = file(&folder, name, &bytes)?;
        input.send_keys(path.as_str()).await?;
        wait_for_draft(&page, &format!("```{name}\n{HAN}\n```")).await?;
        // The same file once more: the input had forgotten it.
        let files = "return document.querySelector('.composer input[type=file]').files.length";
        wait_for(&browser, "the input is empty", files, 0).await?;
    }
    wait_for_focus(&browser, TEXT_BOX).await?;
    ensure!(!browser.has(".composer-inline .error-text").await?);
    browser.quit().await
}

async fn every_file_that_is_not_taken_is_named_with_its_reason(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let (_server, page) = open(&browser, language).await?;
    let folder = tempfile::tempdir()?;
    let paths = [
        file(&folder, "long.txt", "word ".repeat(60_000).as_bytes())?,
        file(&folder, "picture.dat", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?,
        file(&folder, "latin.txt", b"d\xe9j\xe0 vu, \xe9a\n")?,
        file(&folder, "korean.txt", KOREAN)?,
        file(&folder, "japanese.txt", JAPANESE)?,
        file(&folder, "notes.txt", b"notes\n")?,
    ];
    let input = browser.element(INPUT).await?;
    input.send_keys(paths.join("\n").as_str()).await?;
    wait_for_draft(&page, "```notes.txt\nnotes\n```").await?;
    for (name, key) in [
        ("long.txt", "chat.file_too_large"),
        ("picture.dat", "chat.text_only"),
        ("latin.txt", "chat.text_only"),
        ("korean.txt", "chat.text_only"),
        ("japanese.txt", "chat.text_only"),
    ] {
        let told = words(language, key)?.replace("{{ name }}", name);
        wait_for_words(&browser, ".composer-inline .error-text", &told).await?;
    }
    check(&browser, &named("refused-files", language)).await?;
    browser.element(TEXT_BOX).await?.send_keys("!").await?;
    let told = "return document.querySelectorAll('.composer-inline .error-text').length";
    wait_for(&browser, "they are put away", told, 0).await?;
    browser.quit().await
}
