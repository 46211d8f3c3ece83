//! Code, tables and tasks in answers: what their buttons do, and what fits where.

use std::{fmt::Write as _, fs, time::Duration};

use anyhow::{Context as _, Result};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, Screen, wait_for},
    chat_page::ChatPage,
    deadline::eventually,
    running_server::{RunningServer, send_and_wait},
    words::words,
};
use serde_json::json;

in_both_languages! {
    a_code_block_is_copied_wrapped_and_unfolded,
    a_table_scrolls_and_breaks_no_word,
    a_line_of_text_is_no_longer_than_one_reads_and_code_keeps_the_column,
}

const PATIENCE: Duration = Duration::from_secs(10);
/// A clipboard that can be read.
const CLIPBOARD: &str = "Object.defineProperty(navigator, 'clipboard', {configurable: true, \
    value: {writeText: text => { window.copied = text; return Promise.resolve(); }}})";

/// Opens a conversation with this answer.
async fn open(answer: String, language: Language) -> Result<(Browser, RunningServer)> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![answer])).await?;
    let turn = send_and_wait(&ada, None, "Show me.").await?;
    let browser = Browser::open().await?;
    {
        let path = format!("/c/{}", turn.conversation.id);
        let page = ChatPage::shown_at(&path, &browser, &ada, language).await?;
        page.wait_for_end(1).await?;
    }
    Ok((browser, server))
}

async fn a_code_block_is_copied_wrapped_and_unfolded(language: Language) -> Result<()> {
    let mut answer = String::from("```text\n");
    for line in 1..=120 {
        let _ = writeln!(answer, "line {line}");
    }
    answer.push_str("```\n\nThe end.");
    let (browser, server) = open(answer, language).await?;
    browser.show_screen(Screen::Desktop).await?;

    // Only the beginning is seen, and how long it is.
    let label = words(language, "chat.code_all")?.replace("{{ number }}", "120");
    let more = browser.element(".code-more").await?;
    assert_eq!(more.text().await?, label);
    let seen = "return [...document.querySelectorAll('.code-block pre')] \
        .map(it => Math.round(it.clientHeight / parseFloat(getComputedStyle(it).lineHeight)))";
    let folded = browser.script(seen, Vec::new()).await?;
    assert_eq!(folded, json!([20, 0, 0]), "{folded}");
    more.click().await?;
    let unfolded = browser.script(seen, Vec::new()).await?;
    let lines: Vec<u64> = serde_json::from_value(unfolded)?;
    assert!(
        lines[0] >= 50 && lines[1] >= 50 && lines[2] >= 20,
        "{lines:?}"
    );

    // Its buttons do what they say, to all of its pieces.
    browser.element("[data-wrap]").await?.click().await?;
    let wrapped = "return document.querySelectorAll('.code-block[data-wrapped]').length";
    assert_eq!(browser.script(wrapped, Vec::new()).await?, 3);
    browser.script(CLIPBOARD, Vec::new()).await?;
    let copy = browser.element("[data-copy]").await?;
    let (usual, copied) = (
        words(language, "chat.code_copy")?,
        words(language, "chat.copied")?,
    );
    assert_eq!(copy.attr("title").await?, Some(usual.clone()));
    copy.click().await?;
    for name in [copied, usual] {
        eventually("the button says so", PATIENCE, async || {
            let title = copy.attr("title").await?;
            Ok((title.as_deref() == Some(name.as_str())).then_some(()))
        })
        .await?;
    }
    let lines = "return window.copied.split('\\n').filter(it => it.startsWith('line ')).length";
    assert_eq!(browser.script(lines, Vec::new()).await?, 120);
    is_saved_as_a_file(&browser).await?;
    its_bar_stays(&browser, &server).await?;
    browser.quit().await
}

/// Download leaves a file with all of the lines.
async fn is_saved_as_a_file(browser: &Browser) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let parameters = json!({"behavior": "allow", "downloadPath": folder.path()});
    let method = "Browser.setDownloadBehavior";
    browser.devtools(method, parameters).await?;
    browser.element("[data-download]").await?.click().await?;
    let file = folder.path().join("code.txt");
    let expected: Vec<_> = (1..=120).map(|line| format!("line {line}")).collect();
    eventually("the code is saved", PATIENCE, async || {
        let text = fs::read_to_string(&file).unwrap_or_default();
        Ok(text.lines().eq(&expected).then_some(()))
    })
    .await
}

/// While a block scrolls by its bar stands below the header of the page.
async fn its_bar_stays(browser: &Browser, server: &RunningServer) -> Result<()> {
    // The first piece begins 300 pixels above what is seen, and is longer than that.
    let far = "const top = it => document.querySelector(it).getBoundingClientRect().top;
        return Math.round(top('.transcript') - 300 - top('.code-block'))";
    let far = browser.script(far, Vec::new()).await?;
    let far = far.as_i64().context("pixels")?;
    let page = ChatPage::new(browser, server.base_url());
    page.scroll_up(far).await?;
    let places = "const top = it => document.querySelector(it).getBoundingClientRect().top;
        return ['.code-block', '.code-header']
            .map(it => Math.round((top(it) - top('.transcript')) / 10) * 10)";
    wait_for(browser, "the bar stays", places, json!([-300, 10])).await
}

async fn a_table_scrolls_and_breaks_no_word(language: Language) -> Result<()> {
    let answer = "| Internationalization | Telecommunications | Responsibilities | Recommendations |\n\
        |---|---|---|---|\n| Characteristics | Administration | 1,234.56 | words that may be broken \
        where there is a space between them, and nowhere else at all |\n\n- [x] Buy flour\n\n";
    let wide = |cell: &str| format!("|{}\n", format!(" {cell} |").repeat(25));
    let columns = ["Feature", "---", "Serialization"].map(wide).concat();
    let (browser, _server) = open(format!("{answer}{columns}"), language).await?;
    browser.show_screen(Screen::Phone).await?;
    let script = "const [frame, wide] = document.querySelectorAll('.table-scroll'); \
        const lines = it => it.getClientRects().length; \
        const words = [...frame.querySelectorAll('th')].map(it => { \
            const range = document.createRange(); range.selectNodeContents(it); return lines(range); }); \
        const broken = [...document.querySelectorAll('.table-scroll :is(th, td)')].flatMap(it => { \
            const text = it.firstChild; \
            return [...text.data.matchAll(/\\S+/g)].filter(word => { \
                const range = document.createRange(); \
                range.setStart(text, word.index); \
                range.setEnd(text, word.index + word[0].length); \
                return lines(range) !== 1; \
            }).map(word => word[0]); }); \
        return {scrolls: frame.scrollWidth > frame.clientWidth, words, broken, \
            wide: [wide.querySelectorAll('th').length, wide.scrollWidth > wide.clientWidth], \
            reached: frame.tabIndex, \
            fits: document.documentElement.scrollWidth <= window.innerWidth, \
            task: document.querySelector('.task input').labels[0].innerText.trim()}";
    let found = browser.script(script, Vec::new()).await?;
    let expected = json!({
        "scrolls": true,
        "words": [1, 1, 1, 1],
        "broken": [],
        "wide": [25, true],
        "reached": 0,
        "fits": true,
        "task": "Buy flour",
    });
    assert_eq!(found, expected);
    browser.quit().await
}

/// How wide paragraphs and points are, in zeros of their font and in ems; and code and the column,
/// in px.
const MEASURE: &str = r"
    const zero = place => {
        const probe = document.createElement('span');
        probe.style.cssText = 'position: absolute; inline-size: 100ch';
        place.append(probe);
        const width = probe.getBoundingClientRect().width / 100;
        probe.remove();
        return width;
    };
    const all = selector => [...document.querySelectorAll(selector)];
    const width = it => Math.round(it.getBoundingClientRect().width);
    const size = it => parseFloat(getComputedStyle(it).fontSize);
    return {
        zeros: all('.answer:not(:lang(zh)) :is(p, li)').map(it => width(it) / zero(it)),
        ems: all('.answer :is(p, li)').map(it => width(it) / size(it)),
        code: all('.code-block').map(width),
        column: width(document.querySelector('.answer')),
    };
";

async fn a_line_of_text_is_no_longer_than_one_reads_and_code_keeps_the_column(
    language: Language,
) -> Result<()> {
    let text = match language {
        Language::English => {
            "A calm person who knows the house says what is, and then what is kept. "
        }
        Language::Chinese => "\u{4e00}\u{4f4d}\u{6c89}\u{7a33}\u{7684}\u{540c}\u{4e8b}\u{ff0c}",
    };
    let text = text.repeat(12);
    let code = "x = 1".repeat(60);
    let answer = format!("{text}\n\n- {text}\n- {text}\n\n```text\n{code}\n```\n\n{text}");
    let (browser, server) = open(answer, language).await?;
    browser.show_screen(Screen::Desktop).await?;
    let measured = browser.script(MEASURE, Vec::new()).await?;
    let numbers = |name: &str| -> Vec<f64> {
        let list = measured[name].as_array();
        let numbers = list
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_f64);
        numbers.collect()
    };
    let (zeros, ems) = (numbers("zeros"), numbers("ems"));
    assert_eq!(ems.len(), 4, "{measured}");
    let is_short = |most: f64| move |it: &f64| *it <= most;
    match language {
        Language::English => {
            assert_eq!(zeros.len(), 4, "{measured}");
            assert!(zeros.iter().all(is_short(68.1)), "{measured}");
        }
        Language::Chinese => assert!(ems.iter().all(is_short(42.05)), "{measured}"),
    }
    let column = measured["column"].as_f64().unwrap_or_default();
    assert_eq!(numbers("code"), [column], "{measured}");
    // Who comes to the code by keyboard sees where they are: nothing is cut off from the frame.
    let page = ChatPage::new(&browser, server.base_url());
    page.press_key("Tab", 0).await?;
    let ring = "const it = document.querySelector('.code-block pre');
        it.focus();
        const style = getComputedStyle(it);
        return [it.matches(':focus-visible'), style.outlineStyle, style.maskImage,
            parseFloat(style.outlineOffset) < 0]";
    let ring = browser.script(ring, Vec::new()).await?;
    assert_eq!(ring, json!([true, "solid", "none", true]));
    browser.quit().await
}
