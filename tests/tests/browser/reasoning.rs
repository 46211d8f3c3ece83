//! A model that thinks before it answers: a tiny trained gpt-oss, in a real browser.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Result, ensure};
use hearth_app::model::{ConversationForm, Language, SettingName};
use hearth_tests::{
    browser::{Browser, PATIENCE, Screen},
    chat_page::{ANSWER, ChatPage},
    deadline::eventually,
    keyboard::Keyboard,
    program::Program,
    running_server::{RunningServer, save_setting},
    words::words,
};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::{accessibility::check, named};

in_both_languages! {
    reasoning_is_folded_above_the_answer_and_stays_after_a_reload,
    an_answer_stopped_while_it_thinks_goes_on_exactly,
    a_conversation_may_ask_for_less_thinking,
    effort_and_calculator_are_chosen_beside_the_box,
    a_calculation_is_a_folded_step_above_the_answer,
    stop_works_while_the_model_thinks,
}

/// What a token takes: a short thought goes on for longer than a press of a button takes.
const STEP: Duration = Duration::from_millis(200);

const SUMMARY: &str = ".steps > summary";
const TEXT: &str = ".step-thought";

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/gpt-oss-tiny-chat/model")
}

/// What the model was trained to answer, word for word.
fn greeting(language: Language) -> [&'static str; 2] {
    match language {
        Language::English => ["Good morning!", "Good morning! How can I help you?"],
        Language::Chinese => ["谢谢", "不客气！"],
    }
}

/// A page of the model, which takes its most probable words.
async fn open<'a>(
    browser: &'a Browser,
    program: &Program,
    language: Language,
) -> Result<ChatPage<'a>> {
    let ada = program.administrator().await?;
    save_setting(&ada, SettingName::Temperature, "0").await??;
    let page = ChatPage::new(browser, program.base_url());
    page.speak(language).await?;
    page.enter(&ada).await?;
    Ok(page)
}

async fn is_open(browser: &Browser) -> Result<bool> {
    let script = "return document.querySelector('.steps').open";
    Ok(browser.script(script, Vec::new()).await? == Value::Bool(true))
}

/// The text, folded or not.
async fn thought(browser: &Browser) -> Result<String> {
    let script = "return document.querySelector('.step-thought').textContent";
    let text = browser.script(script, Vec::new()).await?;
    Ok(text.as_str().unwrap_or_default().trim().to_owned())
}

async fn reasoning_is_folded_above_the_answer_and_stays_after_a_reload(
    language: Language,
) -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start_with_model(&model()).await?;
    let page = open(&browser, &program, language).await?;
    let [question, expected] = greeting(language);
    page.send(question).await?;
    let answer = page.wait_for_end(1).await?;
    ensure!(answer.text.trim() == expected, "{answer:?}");
    ensure!(
        !is_open(&browser).await?,
        "it is folded once the answer is there"
    );
    let summary = browser.element(SUMMARY).await?;
    let told = words(language, "chat.reasoned_a_second")?;
    assert_eq!(summary.text().await?, told);
    let before = thought(&browser).await?;
    ensure!(
        !before.is_empty() && !answer.text.contains(&before),
        "{before}"
    );

    page.reload().await?;
    assert_eq!(page.wait_for_end(1).await?.text, answer.text);
    assert_eq!(thought(&browser).await?, before);
    browser.element(SUMMARY).await?.click().await?;
    eventually("the reasoning is shown", PATIENCE, async || {
        let shown = browser.element(TEXT).await?.text().await?;
        Ok((shown.trim() == before).then_some(()))
    })
    .await?;
    check(&browser, &named("reasoning", language)).await?;

    // Another turn: what was thought is in no later prompt, and the model still knows its way.
    page.send(question).await?;
    let again = page.wait_for_end(2).await?;
    ensure!(!again.text.trim().is_empty(), "{again:?}");
    browser.quit().await
}

async fn an_answer_stopped_while_it_thinks_goes_on_exactly(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start_with_model(&model()).await?;
    let page = open(&browser, &program, language).await?;
    let [question, expected] = greeting(language);
    // The whole answer is cut off by its own limit inside the reasoning.
    page.open_chat_settings().await?;
    let field = browser.element("dialog[open] #own-max-tokens").await?;
    field.send_keys("12").await?;
    let save = "dialog form:has(#own-max-tokens) button[type=submit]";
    browser.element(save).await?.click().await?;
    page.conversation().await?;
    page.send(question).await?;
    let cut = page.wait_for_end(1).await?;
    assert_eq!(cut.note.trim(), words(language, "chat.only_reasoning")?);
    let begun = thought(&browser).await?;
    ensure!(!begun.is_empty(), "{cut:?}");
    // Each piece is as long as the first; a press while one is being made does nothing.
    let press = "document.querySelector(`button[aria-label='${arguments[0]}']`)?.click()";
    let go_on = words(language, "chat.go_on")?;
    eventually("the answer is whole", ANSWER, async || {
        let last = page.last_answer().await?;
        if last.is_some_and(|it| !it.running && it.text.trim() == expected) {
            return Ok(Some(()));
        }
        browser.script(press, vec![go_on.clone().into()]).await?;
        Ok(None)
    })
    .await?;
    let whole = thought(&browser).await?;
    ensure!(
        whole.starts_with(&begun) && whole.len() > begun.len(),
        "{begun} / {whole}"
    );
    browser.quit().await
}

async fn a_conversation_may_ask_for_less_thinking(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start_with_model(&model()).await?;
    let page = open(&browser, &program, language).await?;
    let [question, expected] = greeting(language);
    page.send(question).await?;
    page.wait_for_end(1).await?;
    let usual = thought(&browser).await?;

    page.open("/").await?;
    page.open_chat_settings().await?;
    browser
        .element("dialog[open] #own-reasoning-effort")
        .await?;
    let choose = "document.querySelector('#own-reasoning-effort [value=low]').click()";
    browser.script(choose, Vec::new()).await?;
    let save = "dialog form:has(#own-reasoning-effort) button[type=submit]";
    browser.element(save).await?.click().await?;
    page.conversation().await?;
    page.send(question).await?;
    let answer = page.wait_for_end(1).await?;
    ensure!(answer.text.trim() == expected, "{answer:?}");
    let short = thought(&browser).await?;
    ensure!(
        !short.is_empty() && short.len() < usual.len(),
        "{short} / {usual}"
    );
    browser.quit().await
}

/// A calculation, its expression, its value and the answer.
fn calculation(language: Language) -> [&'static str; 4] {
    match language {
        Language::English => ["What is 123 * 45?", "123*45", "5535", "123 * 45 = 5535."],
        Language::Chinese => ["345*12等于多少？", "345*12", "4140", "345 * 12 = 4140。"],
    }
}

async fn a_calculation_is_a_folded_step_above_the_answer(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start_with_model(&model()).await?;
    let page = open(&browser, &program, language).await?;
    let [question, expression, value, expected] = calculation(language);
    page.send(question).await?;
    let answer = page.wait_for_end(1).await?;
    ensure!(answer.text.trim() == expected, "{answer:?}");
    for _ in 0..2 {
        // One line tells of the thought and of the tool.
        let summary = browser.element(SUMMARY).await?;
        let used = words(language, "chat.and_used_calculator")?;
        let (_, used) = used.split_once("{{ thought }}").unwrap_or_default();
        let told = summary.text().await?;
        ensure!(!used.is_empty() && told.trim().ends_with(used), "{told}");
        let step = browser.element(".step-tool .step-box").await?;
        ensure!(!step.is_displayed().await?, "the step is folded");
        summary.click().await?;
        eventually("the step is open", PATIENCE, async || {
            let shown = browser
                .element(".step-tool .step-box")
                .await?
                .text()
                .await?;
            let is_whole = shown.contains(expression) && shown.contains(value);
            Ok(is_whole.then_some(()))
        })
        .await?;
        check(&browser, &named("calculator", language)).await?;
        page.reload().await?;
        assert_eq!(page.wait_for_end(1).await?.text, answer.text);
    }

    // Without the calculator the same question has no step.
    page.open("/").await?;
    page.open_chat_settings().await?;
    browser.element("dialog[open] #own-calculator").await?;
    let choose = "document.querySelector('#own-calculator [value=no]').click()";
    browser.script(choose, Vec::new()).await?;
    let save = "dialog form:has(#own-calculator) button[type=submit]";
    browser.element(save).await?.click().await?;
    page.conversation().await?;
    page.send(question).await?;
    page.wait_for_end(1).await?;
    let count = "return document.querySelectorAll('.step-tool').length";
    assert_eq!(browser.script(count, Vec::new()).await?, 0);
    browser.quit().await
}

/// Slow enough that each part of an answer is seen before the next.
const PART: Duration = Duration::from_millis(30);

/// The order of thoughts and tools.
const ORDER: &str = "return [...document.querySelectorAll('.step')]
    .map(it => it.matches('.step-tool') ? 'tool' : 'thought').join(' ')";

/// Notes every order that is shown while the answer is made.
const WATCH_ORDER: &str = r"
    window.orders = new Set();
    const note = () => {
        const steps = [...document.querySelectorAll('article[data-running] .step')];
        const kinds = steps.map(it => it.matches('.step-tool') ? 'tool' : 'thought');
        if (kinds.length > 0) window.orders.add(kinds.join(' '));
    };
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true });
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thoughts_and_calls_stand_in_their_order_as_they_come_and_after_a_reload() -> Result<()> {
    let (server, ada) = RunningServer::start_slow_file(model(), PART).await?;
    save_setting(&ada, SettingName::Temperature, "0").await??;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    browser.script(WATCH_ORDER, Vec::new()).await?;
    let [question, _, _, expected] = calculation(Language::English);
    page.send(question).await?;
    let answer = page.wait_for_end(1).await?;
    ensure!(answer.text.trim() == expected, "{answer:?}");
    let whole = "thought tool thought";
    let orders = browser.script("return [...window.orders]", Vec::new());
    let orders: Vec<String> = serde_json::from_value(orders.await?)?;
    ensure!(orders.iter().all(|it| whole.starts_with(it)), "{orders:?}");
    ensure!(orders.iter().any(|it| it == whole), "{orders:?}");
    for _ in 0..2 {
        let order = browser.script(ORDER, Vec::new()).await?;
        ensure!(order == json!(whole), "{order}");
        page.reload().await?;
        page.wait_for_end(1).await?;
    }
    browser.quit().await
}

/// What the model was trained to count, at length.
async fn stop_works_while_the_model_thinks(language: Language) -> Result<()> {
    let (_server, ada) = RunningServer::start_slow_file(model(), STEP).await?;
    save_setting(&ada, SettingName::Temperature, "0").await??;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    let [question, expected] = greeting(language);
    page.send(question).await?;
    eventually("it thinks", ANSWER, async || {
        let has_begun = browser.has(TEXT).await? && !thought(&browser).await?.is_empty();
        Ok(has_begun.then_some(()))
    })
    .await?;
    page.stop().await?;
    let stopped = page.wait_for_end(1).await?;
    ensure!(stopped.text.trim().is_empty(), "{stopped:?}");
    let begun = thought(&browser).await?;
    ensure!(!begun.is_empty(), "{stopped:?}");
    page.press(&words(language, "chat.go_on")?).await?;
    eventually("the answer is whole", ANSWER, async || {
        let last = page.last_answer().await?;
        Ok(last.filter(|it| !it.running && it.text.trim() == expected))
    })
    .await?;
    let whole = thought(&browser).await?;
    ensure!(whole.starts_with(&begun), "{begun} / {whole}");
    browser.quit().await
}

const EFFORT: &str = ".tool-chip select";
const CALCULATOR: &str = ".tool-chip input";

/// What stands beside the box: the effort in words, and whether the calculator may be used.
async fn chosen(browser: &Browser) -> Result<Value> {
    browser.element(EFFORT).await?;
    let script =
        "const [effort, calculator] = [...arguments].map(it => document.querySelector(it));
        return [effort.selectedOptions[0].textContent, calculator.checked]";
    let places = vec![EFFORT.into(), CALCULATOR.into()];
    browser.script(script, places).await
}

async fn effort_and_calculator_are_chosen_beside_the_box(language: Language) -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start_with_model(&model()).await?;
    let page = open(&browser, &program, language).await?;
    let low = words(language, "chat.think.low")?;
    let medium = words(language, "chat.think.medium")?;
    ensure!(chosen(&browser).await? == json!([medium, true]));
    check(&browser, &named("tools-empty", language)).await?;
    let [question, expected] = greeting(language);
    page.send(question).await?;
    page.wait_for_end(1).await?;
    let usual = thought(&browser).await?;

    // A new chat keeps it for its first message.
    page.open("/").await?;
    let effort = browser.element(EFFORT).await?;
    effort.send_keys(Key::Up + "").await?;
    page.send(question).await?;
    let id = page.conversation().await?;
    let answer = page.wait_for_end(1).await?;
    ensure!(answer.text.trim() == expected, "{answer:?}");
    let short = thought(&browser).await?;
    ensure!(
        !short.is_empty() && short.len() < usual.len(),
        "{short} / {usual}"
    );
    page.reload().await?;
    ensure!(chosen(&browser).await? == json!([low, true]));

    // An old one has it at once, of several choices the last, and the focus stays.
    let high = words(language, "chat.think.high")?;
    let effort = browser.element(EFFORT).await?;
    effort.send_keys(Key::Down + Key::Down).await?;
    let calculator = browser.element(CALCULATOR).await?;
    calculator.send_keys(" ").await?;
    let client = page.client().await?;
    eventually("the server keeps it", PATIENCE, async || {
        let arguments = [("id", id.to_string())];
        let kept: ConversationForm = client.call("conversation_settings", &arguments).await??;
        let is_kept = kept.calculator == "no" && kept.reasoning_effort == "high";
        Ok(is_kept.then_some(()))
    })
    .await?;
    let keys = Keyboard::new(&browser);
    ensure!(keys.is_at(CALCULATOR).await?, "the focus stays");
    let shown = chosen(&browser).await?;
    ensure!(shown == json!([high, false]), "{shown}");
    check(&browser, &named("tools", language)).await?;
    browser.show_screen(Screen::Phone).await?;
    let sizes = "return [...document.querySelectorAll('.tool-chip')].map(it => {
        const box = it.getBoundingClientRect();
        return Math.min(box.width, box.height); })";
    let sizes: Vec<f64> = serde_json::from_value(browser.script(sizes, Vec::new()).await?)?;
    ensure!(
        sizes.len() == 2 && sizes.iter().all(|it| *it >= 40.0),
        "{sizes:?}"
    );
    browser.quit().await
}
