//! What was drawn and works as well without: a walk through a few pages, each asked at once for
//! everything that nothing else would miss.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, Screen, wait_for},
    chat_page::{ChatPage, TEXT_BOX},
    running_server::{RunningServer, send_and_wait},
    words::words,
};
use serde_json::{Value, json};

use super::chats::NUM_ROWS;

/// Every size of heading, a line that is longer than the column, and a note.
const ENGLISH: &str = "# First\n\n## Second\n\n### Third\n\n#### Fourth\n\n##### Fifth\n\n\
    Some words.\n\n```text\nA line of code that is much longer than the column is wide, so that \
    one has to scroll to its very end, where there is a word\n```\n\n> [!WARNING]\n> Careful.\n";
const CHINESE: &str = "阳光进入大气层以后，蓝光比红光*散射*得多。\n\n所以天空是蓝色的。";
/// It does not fit into the list.
const LONG_TITLE: &str = "Another chat, whose title is much longer than the list is wide";

/// What the questions have in common.
const LOOK: &str = r"
    const one = name => document.querySelector(name);
    const box = name => one(name).getBoundingClientRect();
    const style = (name, part) => getComputedStyle(one(name), part);
    const isSeen = it => it.checkVisibility({ visibilityProperty: true });
    const seen = name => [...document.querySelectorAll(name)].filter(isSeen).length;
    // What a token comes to.
    const token = (property, name) => {
        const probe = document.createElement('span');
        probe.style[property] = `var(--${name})`;
        document.body.append(probe);
        const value = getComputedStyle(probe)[property];
        probe.remove();
        return value;
    };
    const fades = value => value.startsWith('linear-gradient(');
";

/// The sign that nothing can be sent yet is that of the box that is empty.
const EMPTY: &str = r"
    const stage = box('.chat-stage'), composer = box('.composer');
    const middle = (composer.top + composer.bottom) / 2 - stage.top;
    const send = style('.send-button');
    return {
        home: [one('.brand').getAttribute('href'), seen('.brand > .flame'),
            one('.brand').innerText.trim()],
        new_chats: seen('#new-chat') + seen('.header-new'),
        in_the_middle: middle > stage.height / 4 && middle < stage.height * 0.6,
        glow: style('.empty-stage', '::before').backgroundImage.startsWith('radial-gradient('),
        privacy: one('.privacy').innerText.trim(),
        list: [seen('.sidebar-hint > .icon'), one('.sidebar-hint').innerText.trim()],
        send: [send.color === token('color', 'text-quiet'),
            send.backgroundColor === token('backgroundColor', 'hover')],
    };
";
const MODEL: &str = "return document.querySelector('.model-chip > .dot').className === 'dot'
    ? document.querySelector('.model-name').innerText.trim() : null";
const CAN_SEND: &str = "return style('.send-button').backgroundColor
    === token('backgroundColor', 'accent')";

/// The box, what fades before it is cut off, and what stands below an answer and in it.
const CHAT: &str = r"
    const above = style('.composer-area', '::before'), below = style('.chat-header', '::after');
    const size = name => parseFloat(style(`.answer ${name}`).fontSize);
    const foot = one('article[data-role=assistant] > .message-footer').innerText.trim();
    const code = style('.code-block pre'), note = style('.alert');
    return {
        box: Math.round(box('.composer').height),
        way_down: [style('.begun > .composer-area').animationName,
            style('.begun > .composer-area').animationDuration],
        fades: [above.blockSize, fades(above.backgroundImage),
            below.blockSize, fades(below.backgroundImage)],
        between: seen('.chat-main > .notice'),
        foot: /^\d\d:\d\d$/.test(foot) || foot,
        headings: ['h1', 'h2', 'h3', 'h4', 'h5'].map(size),
        code: [code.animationName, fades(code.maskImage)],
        note: [note.borderInlineStartWidth,
            note.borderInlineStartColor === token('color', 'warning'), seen('.alert > .icon')],
    };
";
/// How much of the end edge of a line of code fades.
const END: &str = "const code = document.querySelector('.code-block pre');
    return getComputedStyle(code).getPropertyValue('--end-fade')";
const TO_THE_END: &str = "document.querySelector('.code-block pre').scrollLeft = 10_000";

/// Rows of the list: the one that is shown, and another one.
const ROWS: &str = r"
    const [shown, other] = ['[aria-current]', ':not([aria-current])']
        .map(it => one(`.conversation-link${it}`));
    const title = it => getComputedStyle(it.querySelector('.conversation-title'));
    const ground = it => getComputedStyle(it.closest('.conversation-row')).backgroundColor;
    const text = other.querySelector('.conversation-title');
    return {
        cut: [text.scrollWidth > text.clientWidth, title(other).textOverflow,
            fades(title(other).maskImage)],
        weight: title(shown).fontWeight,
        grounds: [ground(shown) === token('backgroundColor', 'pressed'), ground(other)],
        heading: style('.group-heading').position,
    };
";

/// Notes what begins to move.
const WATCH: &str = "window.came = new Set();
    document.addEventListener('transitionrun', event => {
        const it = event.target;
        window.came.add(`${it.dataset.role ?? it.id} ${event.propertyName}`);
    });";
/// Messages and menus that came, and from where.
const CAME: &str = "return [...window.came].sort()
    .filter(it => /^(user|assistant|model-menu) (translate|opacity|scale)$/.test(it))";

/// How a dialog comes in.
const DIALOG: &str = r"
    one('#shortcuts').showModal();
    const { animationName, animationDuration } = style('#shortcuts');
    one('#shortcuts').close();
    return [animationName, animationDuration];
";

const PHONE: &str = r"
    return [Math.round(box('.composer').height), Math.round(box('.chat-header').height),
        seen('#new-chat') + seen('.header-new')];
";

const LATIN: &str = "return getComputedStyle(document.body).fontFamily";
/// How a page in Chinese is set; its brand is as it is everywhere.
const HAN: &str = r"
    const begins = name => /^.?PingFang SC/.test(style(name).fontFamily);
    const dots = style('.answer em');
    return {
        fonts: [begins('body'), begins('.answer:has(em)'), style('.brand').fontFamily],
        emphasis: [dots.fontStyle, dots.textEmphasisStyle.includes('dot'),
            dots.textEmphasisPosition.startsWith('under')],
        breaks: style('.answer:has(em)').lineBreak,
        gaps: [style('body').textAutospace, style('body').textSpacingTrim],
        small: style('.group-heading').fontSize,
    };
";

/// Fails unless the page answers a question so.
async fn look(browser: &Browser, question: &str, expected: Value) -> Result<()> {
    let told = browser
        .script(&format!("{LOOK}{question}"), Vec::new())
        .await?;
    ensure!(told == expected, "{told:#} is not {expected:#}");
    Ok(())
}

async fn look_at_the_empty_page(browser: &Browser) -> Result<()> {
    let is_lit = format!("return (() => {{ {MODEL} }})() !== null");
    wait_for(browser, "the model is lit", &is_lit, true).await?;
    let model = browser.script(MODEL, Vec::new()).await?;
    let model = model.as_str().unwrap_or_default();
    let privacy = words(Language::English, "chat.privacy_and_model")?;
    let expected = json!({
        "home": ["/", 1, "Hearth"],
        "new_chats": 1,
        "in_the_middle": true,
        "glow": true,
        "privacy": privacy.replace("{{ name }}", model),
        "list": [1, words(Language::English, "chat.no_conversations")?],
        "send": [true, true],
    });
    look(browser, EMPTY, expected).await?;
    browser.element(TEXT_BOX).await?.send_keys("Look").await?;
    let can_send = format!("{LOOK}{CAN_SEND}");
    wait_for(browser, "it can be sent", &can_send, true).await
}

async fn look_at_a_chat(browser: &Browser) -> Result<()> {
    let expected = json!({
        "box": 52,
        "way_down": ["settle", "0.22s"],
        "fades": ["32px", true, "12px", true],
        "between": 0,
        "foot": true,
        "headings": [22, 19, 17, 16, 14],
        "code": ["fade-at-end", true],
        "note": ["3px", true, 1],
    });
    look(browser, CHAT, expected).await?;
    wait_for(browser, "the line goes on", END, "32px").await?;
    browser.script(TO_THE_END, Vec::new()).await?;
    wait_for(browser, "the line is at its end", END, "0px").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_drawn_is_what_one_sees() -> Result<()> {
    // Slow enough to be seen while they grow.
    let answers = vec![ENGLISH.to_owned(), CHINESE.repeat(5)];
    let model = ScriptedModel::new(answers).with_token_delay(Duration::from_millis(3));
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    look_at_the_empty_page(&browser).await?;
    page.send(" at this").await?;
    page.wait_for_end(1).await?;
    look_at_a_chat(&browser).await?;
    let chat = page.path().await?;

    send_and_wait(&ada, None, LONG_TITLE).await?;
    wait_for(&browser, "another chat is listed", NUM_ROWS, 2).await?;
    let expected = json!({
        "cut": [true, "clip", true],
        "weight": "400",
        "grounds": [true, "rgba(0, 0, 0, 0)"],
        "heading": "sticky",
    });
    // One that is read is no bolder for being shown.
    let rows = format!("{LOOK}{ROWS}");
    wait_for(&browser, "the rows are told apart", &rows, expected).await?;

    browser.script(WATCH, Vec::new()).await?;
    page.send("And this").await?;
    page.wait_for_end(2).await?;
    let came = json!([
        "assistant opacity",
        "assistant translate",
        "user opacity",
        "user translate"
    ]);
    look(&browser, CAME, came).await?;
    browser.script("window.came.clear()", Vec::new()).await?;
    page.open_menu(".model-chip", "model-menu").await?;
    let came = json!(["model-menu opacity", "model-menu scale"]);
    wait_for(&browser, "the menu comes", CAME, came).await?;
    page.press_key("Escape", 0).await?;
    look(&browser, DIALOG, json!(["arrive", "0.18s"])).await?;
    let latin = browser.script(LATIN, Vec::new()).await?;

    browser.show_screen(Screen::Phone).await?;
    // The list goes out of the way.
    browser.settle().await?;
    look(&browser, PHONE, json!([52, 52, 1])).await?;
    look(&browser, DIALOG, json!(["from-below", "0.22s"])).await?;
    browser.show_screen(Screen::Desktop).await?;

    page.speak(Language::Chinese).await?;
    page.open(&chat).await?;
    page.wait_for_end(2).await?;
    let expected = json!({
        "fonts": [true, true, latin],
        "emphasis": ["normal", true, true],
        "breaks": "strict",
        "gaps": ["normal", "trim-start"],
        "small": "13px",
    });
    look(&browser, HAN, expected).await?;
    browser.quit().await
}
