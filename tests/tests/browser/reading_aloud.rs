//! Answers that are read aloud, by voices that only write down what they are to say.

use anyhow::Result;
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, wait_for},
    chat_page::{ChatPage, TEXT_BOX},
    keyboard::Keyboard,
    running_server::{RunningServer, send_and_wait},
    words::words,
};
use serde_json::{Value, json};

in_both_languages! {
    an_answer_is_read_sentence_by_sentence_without_its_code,
    the_same_button_escape_sending_and_leaving_end_it,
    voices_that_come_late_are_waited_for,
}

const ANSWER: &str = "# 标题\n\nHello there. 你好，世界。Use `cargo`:\n\n```rust\nlet unsaid = 1;\n\
    ```\n\nThe sum is $a + b$ today.\n\n- One\n- Zwei\n";
/// What is said of it, and in which language.
const SAID: [(&str, &str); 7] = [
    ("标题", "zh-CN"),
    ("Hello there.", "en"),
    ("你好，世界。", "zh-CN"),
    ("Use cargo:", "en"),
    ("The sum is  today.", "en"),
    ("One", "en"),
    ("Zwei", "en"),
];
const BUTTON: &str = ".read-aloud";

/// Voices that say nothing: `window.said` is what they were asked for, and `goOn` ends a sentence.
/// The list of voices is empty until `window.voicesCome()`.
const VOICES: &str = "
    window.said = [];
    window.numCancelled = 0;
    let voices = arguments_of_test ? [{}] : [];
    let spoken = null;
    const speech = {
        getVoices: () => voices,
        onvoiceschanged: null,
        speak: utterance => {
            spoken = utterance;
            window.said.push([utterance.text, utterance.lang]);
        },
        cancel: () => {
            window.numCancelled += 1;
            const ended = spoken;
            spoken = null;
            ended?.onerror?.(new Event('error'));
        },
    };
    window.goOn = () => {
        const ended = spoken;
        spoken = null;
        ended?.onend?.(new Event('end'));
    };
    window.voicesCome = () => {
        voices = [{}];
        speech.onvoiceschanged?.(new Event('voiceschanged'));
    };
    Object.defineProperty(window, 'speechSynthesis', {configurable: true, value: speech});";
const PRESSED: &str = "return document.querySelector('.read-aloud')?.getAttribute('aria-pressed')";
const NUM_MARKED: &str = "return CSS.highlights?.get('read-aloud')?.size ?? 0";
const NUM_SAID: &str = "return window.said.length";

async fn open(language: Language, has_voices: bool) -> Result<(Browser, RunningServer, String)> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "Say something.").await?;
    let path = format!("/c/{}", turn.conversation.id);
    let browser = Browser::open().await?;
    let voices = VOICES.replace(
        "arguments_of_test",
        if has_voices { "true" } else { "false" },
    );
    // Before any page asks whether there is a voice.
    let source = json!({"source": voices});
    browser
        .devtools("Page.addScriptToEvaluateOnNewDocument", source)
        .await?;
    ChatPage::shown_at(&path, &browser, &ada, language).await?;
    Ok((browser, server, path))
}

async fn press(browser: &Browser) -> Result<()> {
    // One that is not the last is seen under the pointer only.
    browser.element(BUTTON).await?;
    let press = format!("document.querySelector('{BUTTON}').click()");
    browser.script(&press, Vec::new()).await?;
    Ok(())
}

async fn begin(browser: &Browser) -> Result<()> {
    browser.script("window.said = []", Vec::new()).await?;
    press(browser).await?;
    wait_for(browser, "it begins", NUM_SAID, 1).await?;
    wait_for(browser, "the button is pressed", PRESSED, "true").await
}

async fn is_over(browser: &Browser) -> Result<()> {
    wait_for(browser, "the button is not pressed", PRESSED, "false").await?;
    let said = browser.script(NUM_SAID, Vec::new()).await?;
    browser.script("window.goOn()", Vec::new()).await?;
    browser.settle().await?;
    assert_eq!(browser.script(NUM_SAID, Vec::new()).await?, said, "no more");
    Ok(())
}

async fn an_answer_is_read_sentence_by_sentence_without_its_code(language: Language) -> Result<()> {
    let (browser, _server, _) = open(language, true).await?;
    let label = words(language, "chat.read_aloud")?;
    let button = browser.element(BUTTON).await?;
    assert_eq!(button.attr("aria-label").await?, Some(label));
    begin(&browser).await?;
    let marked = "return CSS.highlights ? [...(CSS.highlights.get('read-aloud') ?? [])] \
        .map(it => it.toString()) : ['标题']";
    wait_for(&browser, "what is read is marked", marked, json!(["标题"])).await?;
    for number in 2..=SAID.len() {
        browser.script("window.goOn()", Vec::new()).await?;
        wait_for(&browser, "the next one", NUM_SAID, number).await?;
    }
    let said = browser.script("return window.said", Vec::new()).await?;
    let expected: Vec<Value> = SAID.iter().map(|it| json!([it.0, it.1])).collect();
    assert_eq!(said, Value::from(expected));
    browser.script("window.goOn()", Vec::new()).await?;
    wait_for(&browser, "it is over", PRESSED, "false").await?;
    wait_for(&browser, "nothing is marked", NUM_MARKED, 0).await?;
    // Once more from the beginning.
    begin(&browser).await?;
    press(&browser).await?;
    is_over(&browser).await?;
    browser.quit().await
}

async fn the_same_button_escape_sending_and_leaving_end_it(language: Language) -> Result<()> {
    let (browser, server, path) = open(language, true).await?;
    let page = ChatPage::new(&browser, server.base_url());
    let keyboard = Keyboard::new(&browser);
    begin(&browser).await?;
    press(&browser).await?;
    is_over(&browser).await?;
    begin(&browser).await?;
    keyboard.press("Escape", 0).await?;
    is_over(&browser).await?;
    begin(&browser).await?;
    page.send("More").await?;
    page.wait_for_end(2).await?;
    is_over(&browser).await?;
    begin(&browser).await?;
    let cancelled = browser
        .script("return window.numCancelled", Vec::new())
        .await?;
    browser.element("#new-chat").await?.click().await?;
    browser.element(".greeting").await?;
    let more = cancelled.as_u64().unwrap_or_default() + 1;
    let num_cancelled = "return window.numCancelled";
    wait_for(&browser, "it ends where it was left", num_cancelled, more).await?;
    assert!(browser.has(TEXT_BOX).await? && !browser.path().await?.ends_with(&path));
    browser.quit().await
}

async fn voices_that_come_late_are_waited_for(language: Language) -> Result<()> {
    let (browser, _server, _) = open(language, false).await?;
    browser.element(BUTTON).await?;
    // In one step: nothing is said before the voices are there, and then at once.
    let waits = "document.querySelector('.read-aloud').click();
        return new Promise(done => {
            const look = () => {
                if (!speechSynthesis.onvoiceschanged) return requestAnimationFrame(look);
                const before = window.said.length;
                window.voicesCome();
                done(before);
            };
            look();
        })";
    assert_eq!(browser.script(waits, Vec::new()).await?, 0);
    wait_for(&browser, "then it begins", NUM_SAID, 1).await?;
    press(&browser).await?;
    is_over(&browser).await?;
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_browser_has_no_voice_there_is_no_button() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec![ANSWER.to_owned()])).await?;
    let turn = send_and_wait(&ada, None, "Say something.").await?;
    let browser = Browser::open().await?;
    let mute = "Object.defineProperty(window, 'speechSynthesis', {value: undefined})";
    let source = json!({"source": mute});
    browser
        .devtools("Page.addScriptToEvaluateOnNewDocument", source)
        .await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter_at(&ada, &format!("/c/{}", turn.conversation.id))
        .await?;
    page.wait_until_interactive().await?;
    let shown = "return getComputedStyle(document.querySelector('.read-aloud')).display";
    assert_eq!(browser.script(shown, Vec::new()).await?, "none");
    browser.quit().await
}
