//! The export menu, the pages behind it, and paper.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use hearth_app::model::{Export, ExportId, Language, SettingName};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    accessibility,
    browser::{Browser, Screen, Theme},
    chat_page::ChatPage,
    deadline::eventually,
    running_server::{RunningServer, conversations, save_setting, send_and_wait},
    uploads::chatgpt_archive,
    web_client::WebClient,
    words::words,
};
use serde_json::json;

use super::{accessibility::check, named};

in_both_languages! {
    the_menu_makes_a_file_and_the_chat_stays_where_it_is,
    on_paper_the_whole_conversation_stands_and_nothing_else,
    a_file_is_looked_at_before_it_is_imported,
    a_zip_of_chatgpt_is_brought_without_what_cannot_be_read,
}

const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER: &str = "天空是蓝色的。\n\n```rust\nfn main() { println!(\"a line that is much longer than \
    any sheet of paper is wide, so that it has to be broken somewhere before its end\"); }\n```\n";

async fn exports(client: &WebClient) -> Result<Vec<Export>> {
    Ok(client.call("exports", &[]).await??)
}

async fn press_entry(browser: &Browser, page: &ChatPage<'_>, format: &str) -> Result<()> {
    page.open_chat_menu().await?;
    let entry = format!("#more-menu button[value='{format}']");
    browser.element(&entry).await?.click().await?;
    Ok(())
}

async fn the_menu_makes_a_file_and_the_chat_stays_where_it_is(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "为什么天空是蓝色的？").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    let path = format!("/c/{}", turn.conversation.id);
    page.open(&path).await?;
    page.open_chat_menu().await?;
    check(&browser, &named("chat-menu", language)).await?;
    browser.element(".chat-more").await?.click().await?;
    press_entry(&browser, &page, "markdown").await?;
    let made = eventually("the export is listed", PATIENCE, async || {
        Ok(exports(&ada).await?.pop())
    })
    .await?;
    assert_eq!(made.file_name, "为什么天空是蓝色的？.md");
    assert_eq!(browser.path().await?, path);
    ensure!(page.last_answer().await?.is_some(), "the chat is left");
    let copy = browser.element("[data-copy]").await?;
    let name = words(language, "chat.code_copy")?;
    assert_eq!(copy.attr("title").await?, Some(name));

    page.open("/settings/exports").await?;
    check(&browser, &named("exports", language)).await?;
    let share = "const button = document.querySelector('.setting-row > .button'); \
        return button.offsetWidth / button.parentElement.offsetWidth";
    let share = browser.script(share, Vec::new()).await?.as_f64();
    ensure!(share.is_some_and(|it| it < 0.5), "a wide button: {share:?}");
    browser
        .element(".exports-table .danger")
        .await?
        .click()
        .await?;
    let empty = browser.element(".exports-empty").await?;
    assert_eq!(empty.text().await?, words(language, "exports.no_exports")?);
    check(&browser, &named("exports-empty", language)).await?;
    page.open("/settings/import").await?;
    check(&browser, &named("import", language)).await?;
    ensure!(browser.console_errors().await?.is_empty());
    browser.quit().await
}

/// Cells that are wider than a sheet of paper as long as each has the room that a window gives it.
const TABLE: &str = "\n| River | Lamp | Winter | Paper | Stone |\n|---|---|---|---|---|\n\
    | It flows north in winter | It burns in the window | It comes from the north | It is made of \
    wood | It lies in the river |\n\n- [x] 已读\n";

/// What is wider than its place.
const SCROLLS: &str = "return ['.table-scroll', 'pre'].map(it => document.querySelector(it)) \
    .map(it => it.scrollWidth > it.clientWidth + 1)";

const PAPER: &str = "const seen = it => it && it.checkVisibility(); \
    const controls = ['.sidebar', '.composer-area', '.message-actions', '.chat-header-end', '.burger', \
        '.model-chip .icon', '.code-header > button', '.banner']; \
    const missing = controls.filter(it => !document.querySelector(it)); \
    const hidden = controls.filter(it => seen(document.querySelector(it))); \
    const clipped = [...document.querySelectorAll('.chat-page, .transcript, pre')] \
        .filter(it => it.scrollWidth > it.clientWidth || it.scrollHeight > it.clientHeight + 1) \
        .map(it => it.className || it.tagName); \
    const said = it => getComputedStyle(it, '::before').content; \
    const tick = getComputedStyle(document.querySelector('.check'), '::before').borderLeftColor; \
    const days = [...document.querySelectorAll('.day > span')].filter(seen).map(it => it.innerText); \
    const answerer = [said(document.querySelector('.message[data-role=\"assistant\"]')), \
        JSON.stringify(document.querySelector('.model-name').innerText)]; \
    return {missing, days, answerer, hidden, clipped, tick, speaker: said(document.querySelector('.message')), color: getComputedStyle(document.body).color, \
        select: getComputedStyle(document.querySelector('.answer')).userSelect};";

async fn on_paper_the_whole_conversation_stands_and_nothing_else(language: Language) -> Result<()> {
    let half = "\n- [x] 已读\n\n半 $\\frac{1}{2}$ 杯。\n";
    let answer = format!("{ANSWER}{half}{TABLE}");
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec![answer])).await?;
    let (banner, sentence) = match language {
        Language::English => (SettingName::BannerEn, "Back at noon."),
        Language::Chinese => (SettingName::BannerZh, "中午恢复服务。"),
    };
    save_setting(&ada, banner, sentence).await??;
    let turn = send_and_wait(&ada, None, "为什么天空是蓝色的？").await?;
    let path = format!("/c/{}", turn.conversation.id);
    let browser = Browser::open().await?;
    let _page = ChatPage::shown_at(&path, &browser, &ada, language).await?;
    // What a sheet of A4 has between its margins.
    let sheet = json!({"width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": false});
    let method = "Emulation.setDeviceMetricsOverride";
    browser.devtools(method, sheet).await?;
    ensure!(browser.element(".banner").await?.is_displayed().await?);
    let scrolls = browser.script(SCROLLS, Vec::new()).await?;
    assert_eq!(scrolls, json!([true, true]), "nothing has to be broken");
    let print = json!({"media": "print"});
    browser
        .devtools("Emulation.setEmulatedMedia", print)
        .await?;
    browser.photograph(&named("print", language)).await?;
    let found = browser.script(PAPER, Vec::new()).await?;
    assert_eq!(found["missing"], json!([]));
    // "Today" is another day when somebody reads it.
    let days: Vec<String> = serde_json::from_value(found["days"].clone())?;
    let [day] = days.as_slice() else {
        panic!("one day: {days:?}");
    };
    assert!(day.contains("20"), "{day}");
    assert_eq!(found["hidden"], json!([]));
    assert_eq!(found["clipped"], json!([]));
    let scrolls = browser.script(SCROLLS, Vec::new()).await?;
    assert_eq!(scrolls, json!([false, false]), "paper does not scroll");
    let speaker = words(language, "chat.you")?;
    assert_eq!(found["speaker"], json!(format!("{speaker:?}")));
    // An answer is its model's, which the head of the page names too.
    assert_eq!(found["answerer"][0], found["answerer"][1]);
    assert_eq!(found["color"], "rgb(0, 0, 0)");
    // Printers leave the ground out that a white tick stands on.
    assert_eq!(found["tick"], "rgb(0, 0, 0)");
    assert_ne!(found["select"], "none");
    look_at_a_narrow_sheet(&browser).await?;
    browser.quit().await
}

/// An answer with something of everything that a page by itself has to lay out.
const WHOLE: &str = "# A title\n\n## A heading\n\nSome words, and a [link](https://example.org).\n\n\
    ### A smaller one\n\n- first\n- second\n\n1. one\n2. two\n\n\
    | Internationalization | Telecommunications | Responsibilities | Recommendations |\n\
    |---|---|---|---|\n| Characteristics | Administration | Serialization | Words |\n\n\
    ```rust\nfn main() {}\n```\n\n> A quotation.\n\n- [x] done\n\nAnd $x^2$.\n";

/// How an exported page is laid out.
const FILE: &str = r"
    const answer = document.querySelector('.assistant > div');
    const style = name => getComputedStyle(answer.querySelector(name));
    const size = name => parseFloat(style(name).fontSize);
    const list = name => [style(name).listStyleType, style(`${name} > li`).display];
    const table = answer.querySelector('.table-scroll');
    const page = document.documentElement;
    return {
        headings: ['h1', 'h2', 'h3', 'p']
            .every((name, place, all) => place === 0 || size(name) < size(all[place - 1])),
        task: style('.task').listStyleType,
        lists: [list('ul'), list('ol')],
        indented: parseFloat(style('ul').paddingInlineStart) > 0,
        scrolls: table.scrollWidth > table.clientWidth && getComputedStyle(table).overflowX === 'auto',
        fits: page.scrollWidth <= window.innerWidth,
    };
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exported_page_is_laid_out_by_itself_and_has_no_violation() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec![WHOLE.to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "Show me everything.").await?;
    let arguments = [
        ("conversation", turn.conversation.id.to_string()),
        ("format", "html".to_owned()),
    ];
    let id: ExportId = ada.call("create_export", &arguments).await??;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("chat.html");
    let html = ada.get(&format!("/exports/{id}")).await?.text();
    std::fs::write(&file, html)?;
    let browser = Browser::open().await?;
    browser.show_screen(Screen::Phone).await?;
    browser.goto(&format!("file://{}", file.display())).await?;
    let found = browser.script(FILE, Vec::new()).await?;
    let expected = json!({
        "headings": true,
        "task": "none",
        "lists": [["disc", "list-item"], ["decimal", "list-item"]],
        "indented": true,
        "scrolls": true,
        "fits": true,
    });
    assert_eq!(found, expected);
    for theme in Theme::ALL {
        browser.show_theme(theme).await?;
        let name = format!("exported-{}", theme.as_str());
        browser.photograph(&name).await?;
        accessibility::check_strictly(&browser, &name).await?;
    }
    browser.quit().await
}

/// Rules for phones do not shrink the title, and a small fraction keeps together.
async fn look_at_a_narrow_sheet(browser: &Browser) -> Result<()> {
    browser.show_screen(Screen::Phone).await?;
    let is_loaded = "return document.fonts.check('16px \"Hearth Math\"')";
    eventually("the font of formulas is there", PATIENCE, async || {
        let is_loaded = browser.script(is_loaded, Vec::new()).await?;
        Ok((is_loaded == json!(true)).then_some(()))
    })
    .await?;
    let script = "const size = it => parseFloat(getComputedStyle(it).fontSize); \
        const fraction = document.querySelector('mfrac'); \
        return [Math.round(size(document.querySelector('.chat-title > button'))), \
            fraction.getBoundingClientRect().height / size(fraction)]";
    let found = browser.script(script, Vec::new()).await?;
    // 16 pt.
    assert_eq!(found[0], 21);
    let height = found[1].as_f64().unwrap_or(f64::MAX);
    assert!(height < 1.45, "its digits stand {height} high");
    Ok(())
}

/// Chooses a file and asks what it would change.
async fn upload(browser: &Browser, page: &ChatPage<'_>, file: &Path) -> Result<()> {
    page.open("/settings/import").await?;
    let input = browser.element("#import-file").await?;
    input.send_keys(file.to_string_lossy()).await?;
    let button = "form:has(#import-file) button";
    browser.element(button).await?.click().await?;
    Ok(())
}

async fn a_file_is_looked_at_before_it_is_imported(language: Language) -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "为什么天空是蓝色的？").await?;
    let arguments = [
        ("conversation", turn.conversation.id.to_string()),
        ("format", "json".to_owned()),
    ];
    let id: ExportId = ada.call("create_export", &arguments).await??;
    let document = ada.get(&format!("/exports/{id}")).await?.text();
    let folder = tempfile::tempdir()?;
    let (whole, damaged) = (
        folder.path().join("chat.json"),
        folder.path().join("bad.json"),
    );
    std::fs::write(&whole, &document)?;
    std::fs::write(
        &damaged,
        document.replace("天空是蓝色的。", "天空是绿色的。"),
    )?;
    let berta = server.add_user("Berta").await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &berta, language).await?;

    upload(&browser, &page, &damaged).await?;
    let refused = browser.element(".import-problems li").await?.text().await?;
    let changed = words(language, "faults.changed")?;
    ensure!(
        refused.starts_with("messages/1/sha256") && refused.contains(&changed),
        "{refused}"
    );
    check(&browser, &named("import-refused", language)).await?;

    upload(&browser, &page, &whole).await?;
    let counts = browser.element(".import-counts").await?.text().await?;
    ensure!(
        counts.contains(&words(language, "exports.new_messages")?),
        "{counts}"
    );
    check(&browser, &named("import-preview", language)).await?;
    browser
        .element(".setting form button")
        .await?
        .click()
        .await?;
    let done = browser
        .element(".setting [role=status]")
        .await?
        .text()
        .await?;
    assert_eq!(done, words(language, "exports.imported")?);
    assert_eq!(conversations(&berta).await?.len(), 1);
    browser.quit().await
}

async fn a_zip_of_chatgpt_is_brought_without_what_cannot_be_read(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("chatgpt.zip");
    std::fs::write(&file, chatgpt_archive(3, &[1])?)?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_at("/settings/import", &browser, &ada, language).await?;
    let programs = browser.element(".import-programs").await?.text().await?;
    ensure!(
        programs.contains(&words(language, "exports.chatgpt_file")?),
        "{programs}"
    );
    upload(&browser, &page, &file).await?;
    let problem = browser.element(".import-problems li").await?.text().await?;
    ensure!(problem.contains("“Chat 1”"), "{problem}");
    let counts = browser.element(".import-counts").await?.text().await?;
    for line in ["found_branches", "left_pictures", "left_unreadable"] {
        let line = words(language, &format!("exports.{line}"))?;
        ensure!(counts.contains(&line), "{line}: {counts}");
    }
    check(&browser, &named("import-of-chatgpt", language)).await?;
    let button = browser.element(".setting form button").await?;
    let label = words(language, "exports.import_readable")?;
    assert_eq!(button.text().await?, label);
    button.click().await?;
    let done = browser.element(".setting [role=status]").await?;
    assert_eq!(done.text().await?, words(language, "exports.imported")?);
    assert_eq!(conversations(&ada).await?.len(), 2);
    let titled = conversations(&ada).await?;
    let first = titled.iter().find(|it| it.title == "Chat 0");
    ensure!(first.is_some(), "{titled:?}");
    browser.quit().await
}
