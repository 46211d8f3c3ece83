//! Nothing moves while an answer comes, and the ember stands behind its last letter.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE, Screen},
    chat_page::{ChatPage, TEXT_BOX},
    deadline::eventually,
    extent,
    running_server::RunningServer,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Layout shift of a whole turn, in the unit of Chromium's.
const MAX_SHIFT: f64 = 0.01;
/// Letters of an answer; half as many in the short form.
const LENGTH: usize = 9000;
/// Those of the second one.
const SHORT: usize = 1500;
/// Room for both.
const WINDOW: usize = 1 << 16;
/// What a person did less than 500 ms ago excuses what moves.
const EXCUSED: Duration = Duration::from_millis(700);

/// Notes what moves from now on, and what moved before.
const WATCH: &str = r"
    window.shifts = [];
    window.watchedFrom = performance.now();
    const name = node => {
        const it = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
        return it ? [it.localName, ...it.classList].join('.') : 'something that is gone';
    };
    window.noteShifts = entries => window.shifts.push(...entries.map(it => ({
        value: it.value,
        has_input: it.hadRecentInput,
        is_later: it.startTime >= window.watchedFrom,
        moved: it.sources.map(source => name(source.node)),
    })));
    window.shiftWatch = new PerformanceObserver(list => window.noteShifts(list.getEntries()));
    window.shiftWatch.observe({ type: 'layout-shift', buffered: true });
";

/// What was noted; the next question begins anew.
const NOTED: &str = r"
    window.noteShifts(window.shiftWatch.takeRecords());
    window.watchedFrom = performance.now();
    return window.shifts.splice(0);
";

/// Sends what no hand wrote, so that nothing is excused.
const SEND: &str = r"
    const box = document.querySelector(arguments[0]);
    box.focus();
    document.execCommand('insertText', false, arguments[1]);
    box.form.querySelector('.send-button:not(.stop)').click();
";

const HAS_TOOLS: &str = r"
    const tools = [...document.querySelectorAll('.message-footer .copy-button')].pop();
    return tools?.checkVisibility() ?? false;
";

/// Something that moved.
#[derive(Deserialize)]
struct Shift {
    value: f64,
    has_input: bool,
    is_later: bool,
    moved: Vec<String>,
}

/// Everything that an answer may have, again and again.
fn answer(length: usize) -> Result<String> {
    let mut text = String::new();
    for part in 1.. {
        if text.len() >= length {
            break;
        }
        write!(
            text,
            "## Part {part} of the answer\n\n\
             Some words about $a^2 + b^2 = c^2$, about *slanted* and **bold** words, `code` and \
             [a link](https://example.org/{part}), long enough for more than a line.\n\n\
             | river | lamp | what it is and what it does |\n|---|---:|---|\n\
             | north | {part} | Serialization of a long cell that needs more than a line |\n\
             | winter | 12 | paper |\n\n\
             $$\\sum_{{i=1}}^{{n}} i = \\frac{{n(n+1)}}{{2}}$$\n\n\
             - first\n- second with `code`\n  - nested\n  - nested too\n- third\n\n\
             1. one\n2. two\n\n\
             ```rust\nfn main() {{\n    let part = {part};\n    println!(\"{{part}}\");\n}}\n```\n\n\
             > [!NOTE]\n> An alert with some words.\n\n\
             > A quotation of somebody.\n\n\
             - [x] done\n- [ ] open\n\n"
        )?;
    }
    text.push_str("And a last line.");
    Ok(text)
}

/// A model that takes its time; more of it in the whole form.
fn model(answers: Vec<String>) -> ScriptedModel {
    let micros = if extent::is_whole() { 3000 } else { 500 };
    ScriptedModel::new(answers)
        .with_context_window(WINDOW)
        .with_token_delay(Duration::from_micros(micros))
}

/// Waits for the end of an answer and for what appears with it.
async fn wait_for_tools((browser, page): (&Browser, &ChatPage<'_>), count: usize) -> Result<()> {
    page.wait_for_end(count).await?;
    eventually("the answer has its tools", PATIENCE, async || {
        let answer = browser.script(HAS_TOOLS, Vec::new()).await?;
        Ok((answer == Value::Bool(true)).then_some(()))
    })
    .await?;
    // What moves late moves too.
    tokio::time::sleep(EXCUSED).await;
    Ok(())
}

/// Fails if what was noted since the last time is more than a person overlooks.
async fn check(browser: &Browser, what: &str, counts_all: bool) -> Result<()> {
    let shifts = browser.script(NOTED, Vec::new()).await?;
    let shifts: Vec<Shift> = serde_json::from_value(shifts)?;
    let counted: Vec<_> = shifts
        .into_iter()
        .filter(|it| it.is_later && (counts_all || !it.has_input))
        .collect();
    let sum: f64 = counted.iter().map(|it| it.value).sum();
    let moved: Vec<_> = counted.iter().map(|it| (it.value, &it.moved)).collect();
    ensure!(sum <= MAX_SHIFT, "{what} moves by {sum}: {moved:#?}");
    Ok(())
}

async fn nothing_moves(screen: Screen) -> Result<()> {
    let length = if extent::is_whole() {
        LENGTH
    } else {
        LENGTH / 2
    };
    let answers = vec![answer(length)?, answer(SHORT)?];
    let (server, ada) = RunningServer::start(model(answers)).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    browser.show_screen(screen).await?;
    page.enter(&ada).await?;
    browser.script(WATCH, Vec::new()).await?;
    // With the first message the box goes down: the key excuses that, and that alone.
    page.send("Tell me everything.").await?;
    wait_for_tools((&browser, &page), 1).await?;
    check(&browser, "the first turn", false).await?;

    let arguments = vec![json!(TEXT_BOX), json!("And something short.")];
    browser.script(SEND, arguments).await?;
    wait_for_tools((&browser, &page), 2).await?;
    check(&browser, "a turn that nobody touches", true).await?;
    a_movement_is_noted(&browser).await?;
    browser.quit().await
}

const MOVE: &str = "document.querySelector('.chat-header').style.marginBlockStart = '200px'";

/// Fails if what moves is not noted any more.
async fn a_movement_is_noted(browser: &Browser) -> Result<()> {
    browser.script(MOVE, Vec::new()).await?;
    eventually("a movement is noted", PATIENCE, async || {
        let shifts = browser.script(NOTED, Vec::new()).await?;
        let shifts: Vec<Shift> = serde_json::from_value(shifts)?;
        let is_counted = |it: &Shift| !it.has_input && it.value > MAX_SHIFT;
        Ok(shifts.iter().any(is_counted).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_moves_from_the_question_to_the_tools_of_its_answer() -> Result<()> {
    nothing_moves(Screen::Desktop).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_moves_on_a_phone_either() -> Result<()> {
    nothing_moves(Screen::Phone).await
}

/// Looks at the ember in every frame: it is drawn behind an element, so for a moment an element of
/// the same size takes its place, before anything is painted.
const WATCH_CARET: &str = r"
    const told = window.caret = { looks: 0, wrong: [], without: [] };
    const isCaret = it => {
        const style = getComputedStyle(it, '::after');
        return style.content !== 'none' && style.inlineSize === '9px';
    };
    const lastText = place => {
        const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
        let last = null;
        while (walker.nextNode()) {
            const node = walker.currentNode;
            const isText = node.data.trim() !== '' && node.parentElement.checkVisibility()
                && !node.parentElement.closest('math, button');
            if (isText) last = node;
        }
        return last;
    };
    const placeOf = host => {
        const style = getComputedStyle(host, '::after');
        const stand = document.createElement('span');
        for (const name of ['display', 'inlineSize', 'blockSize', 'marginInlineStart',
            'marginInlineEnd', 'verticalAlign']) {
            stand.style[name] = style[name];
        }
        host.append(stand);
        const box = stand.getBoundingClientRect();
        stand.remove();
        return box;
    };
    const look = () => {
        const pending = document.querySelector('article.message[data-running] .pending');
        const block = pending?.lastElementChild;
        const text = block && lastText(block);
        // Behind a formula or a rule there is no letter.
        if (!text || block.matches('math, hr, :has(> math[display=block])')) return;
        const isFormula = it =>
            text.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING;
        if ([...block.querySelectorAll('math')].some(isFormula)) return;
        const kind = [block.localName, ...block.classList].join('.');
        const end = JSON.stringify(text.data.slice(-20));
        const hosts = [...pending.querySelectorAll('*')].filter(isCaret);
        told.looks += 1;
        if (hosts.length === 0) {
            told.without.push(kind);
            return;
        }
        const [host, second] = hosts;
        if (second) told.wrong.push(`${kind}: ${hosts.length} of them`);
        if (!host.contains(text)) {
            // In an item or a code that begins, the ember stands before the first letter.
            const order = text.compareDocumentPosition(host);
            const isBehind = (order & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
            if (isBehind && host.textContent.trim() === '') return;
            told.wrong.push(`${kind}: it stands in another ${host.localName} than ${end}`);
            return;
        }
        const range = document.createRange();
        const length = text.data.trimEnd().length;
        range.setStart(text, length - 1);
        range.setEnd(text, length);
        const letter = [...range.getClientRects()].pop();
        const box = placeOf(host);
        const middle = box.top + box.height / 2;
        const isNewLine = text.data.slice(length).includes('\n') && host.localName === 'code';
        const isOnLine = middle > letter.top - 2 && middle < letter.bottom + 2;
        // Code has an edge, and may end with a space.
        const isBehind = box.left > letter.right - 2 && box.left < letter.right + 32;
        if (!isNewLine && !(isOnLine && isBehind)) {
            const places = [letter, box].map(it => `${it.left.toFixed()} ${it.top.toFixed()}`);
            told.wrong.push(`${kind}: ${end} is at ${places[0]}, the ember at ${places[1]}`);
        }
    };
    const again = () => {
        try {
            look();
        } catch (error) {
            told.wrong.push(String(error));
        }
        requestAnimationFrame(again);
    };
    again();
";

const CARET: &str = "const { looks, wrong, without } = window.caret;
    return { looks, wrong: [...new Set(wrong)].slice(0, 20), without: [...new Set(without)] }";

/// What was seen of the ember.
#[derive(Debug, Deserialize)]
struct Caret {
    looks: usize,
    wrong: Vec<String>,
    /// Blocks that grew and had none.
    without: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ember_stands_on_the_line_of_the_last_letter_whatever_grows() -> Result<()> {
    let length = if extent::is_whole() {
        LENGTH
    } else {
        2 * SHORT
    };
    let (server, ada) = RunningServer::start(
        model(vec![answer(length)?]).with_token_delay(Duration::from_millis(2)),
    )
    .await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    for screen in Screen::ALL {
        browser.show_screen(screen).await?;
        page.open("/").await?;
        let begun = Instant::now();
        browser.script(WATCH_CARET, Vec::new()).await?;
        page.send("Tell me something of everything.").await?;
        page.wait_for_end(1).await?;
        let caret = browser.script(CARET, Vec::new()).await?;
        let caret: Caret = serde_json::from_value(caret)?;
        let took = begun.elapsed();
        ensure!(caret.looks > 20, "{} looks in {took:?}", caret.looks);
        ensure!(
            caret.wrong.is_empty() && caret.without.is_empty(),
            "{}: {caret:#?}",
            screen.as_str()
        );
    }
    browser.quit().await
}
