//! How an answer is set: its column and rhythm, its direction, Han, and the font of formulas.

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, Screen, wait_for},
    chat_page::ChatPage,
    running_server::{RunningServer, send_and_wait},
};
use serde::Deserialize;
use serde_json::json;

/// Something of everything that is as wide as the column, and no formula.
const PLAIN: &str = "Some words about a river.\n\n```rust\nfn main() {}\n```\n\n\
    | River | Lamp | Winter | Paper |\n|---|---|---|---|\n\
    | All that is to be told of the river that flows north | All that is to be told of the lamp \
    in the window | All that is to be told of a long winter | All that is to be told of paper |\n\n\
    And a last line.";
/// Brackets and a brace around what is as high as three lines.
const HIGH: &str = "\n\n$$\\begin{pmatrix} 1 \\\\ 2 \\\\ 3 \\end{pmatrix} = \
    \\begin{cases} x & y \\\\ z & w \\\\ u & v \\end{cases}$$";
const ARABIC: &str = "هذه فقرة عن `rm -rf` وعن $x^2 + 1$ وأشياء أخرى.\n\n```rust\nfn main() {}\n\
    ```\n\n$$a + b = c$$\n\nفقرة أخيرة.";
const CHINESE: &str = "## 天空的颜色\n\n阳光进入大气层以后，会被空气中的分子散射，蓝光比红光散射得多，\
    所以我们抬头看到的天空是蓝色的。\n\n- 早晨的天空\n- 傍晚的天空\n\n这就是原因。";

/// How often the font of formulas was asked for, once all fonts are there that the page wants.
const NUM_MATH_FONTS: &str = "return (async () => {
    await document.fonts.ready;
    const loaded = performance.getEntriesByType('resource');
    return loaded.filter(it => it.name.includes('hearth-math')).length;
})()";

/// How high the marks around something high are, in ems, once their font is there: the letters of
/// most systems do not grow.
const GROWN: &str = r"
    if (!document.fonts.check(`16px 'Hearth Math'`)) return null;
    const marks = [...document.querySelectorAll('math mo[stretchy=true]')];
    const size = it => parseFloat(getComputedStyle(it).fontSize);
    return marks.map(it => [it.textContent, it.getBoundingClientRect().height / size(it) > 2]);
";

/// What does not share both edges of the column; a question has one of them.
const BESIDE_THE_COLUMN: &str = r"
    const column = document.querySelector('.transcript-content').getBoundingClientRect();
    const wrong = [];
    const look = (name, edges) => {
        const found = [...document.querySelectorAll(name)];
        if (found.length === 0) wrong.push(`there is no ${name}`);
        for (const it of found) {
            const box = it.getBoundingClientRect();
            for (const edge of edges) {
                const far = box[edge] - column[edge];
                if (Math.abs(far) > 1) wrong.push(`${name}: ${edge} is off by ${far}`);
            }
        }
    };
    // Chinese on an English page: its lines of 42 Han end before the column does.
    const text = '.answer:not(:lang(zh)) > .block > p';
    const wide = ['article.message', '.answer', text, '.code-block',
        '.table-scroll', 'form.composer'];
    wide.forEach(name => look(name, ['left', 'right']));
    look('.user-text', ['right']);
    return wrong;
";

/// From each message to the next.
const GAPS: &str = "const boxes = [...document.querySelectorAll('article.message')]
        .map(it => it.getBoundingClientRect());
    return boxes.slice(1).map((it, index) => Math.round(it.top - boxes[index].bottom))";

/// Of the second answer: how its paragraph, its code and its formulas run, and how far from the
/// left edge of a block its code begins, and its lines, if they are short, from the right one.
const DIRECTIONS: &str = r"
    const answer = document.querySelectorAll('.answer')[1];
    const block = answer.querySelector('pre');
    const range = document.createRange();
    range.selectNodeContents(block.querySelector('code'));
    const begin = range.getBoundingClientRect().left - block.getBoundingClientRect().left;
    const others = [...answer.querySelectorAll('pre, code, math')].map(it => {
        const style = getComputedStyle(it);
        return [it.localName, style.direction, style.textAlign];
    });
    const paragraph = answer.querySelector('p');
    const bar = block.closest('.code-block').querySelector('.code-header');
    const [name, button] = [bar.firstElementChild, bar.lastElementChild]
        .map(it => it.getBoundingClientRect().left);
    // Lines that are shorter than the column, in whichever font there is.
    answer.style.setProperty('--measure', '20ch');
    const [column, lines] = [answer, paragraph].map(it => it.getBoundingClientRect());
    answer.style.removeProperty('--measure');
    return {
        paragraph: getComputedStyle(paragraph).direction, others, begin, bar: button - name,
        shorter: column.width - lines.width, beside: column.right - lines.right,
    };
";

#[derive(Debug, Deserialize)]
struct Directions {
    paragraph: String,
    others: Vec<(String, String, String)>,
    begin: f64,
    /// From the name of the language to the last button of the bar.
    bar: f64,
    shorter: f64,
    beside: f64,
}

/// How the last answer is set.
const LAST: &str = r"
    const answer = [...document.querySelectorAll('.answer')].pop();
    const [heading, paragraph, item] = ['h2', 'p', 'li']
        .map(it => getComputedStyle(answer.querySelector(it)));
    const tracking = it => parseFloat(it.letterSpacing) || 0;
    return {
        language: answer.lang,
        paragraph: paragraph.textAlign,
        item: item.textAlign,
        leading: parseFloat(paragraph.lineHeight) / parseFloat(paragraph.fontSize),
        tracking: [paragraph, item, heading].map(tracking),
    };
";

#[derive(Debug, Deserialize)]
struct Setting {
    language: String,
    paragraph: String,
    item: String,
    leading: f64,
    tracking: [f64; 3],
}

async fn look_at_directions(browser: &Browser) -> Result<()> {
    let told = browser.script(DIRECTIONS, Vec::new()).await?;
    let told: Directions = serde_json::from_value(told)?;
    ensure!(told.paragraph == "rtl", "{told:?}");
    let names: Vec<_> = told.others.iter().map(|it| it.0.as_str()).collect();
    let expected = ["code", "math", "pre", "code", "math", "math"];
    ensure!(names == expected, "{told:?}");
    let is_left = |align: &str| matches!(align, "left" | "start");
    let runs_right = |it: &(String, String, String)| it.1 == "ltr" && is_left(&it.2);
    ensure!(told.others.iter().all(runs_right), "{told:?}");
    // Behind the room at the edge: on the other side it would be hundreds of pixels away.
    ensure!((0.0..40.0).contains(&told.begin), "{told:?}");
    ensure!(told.bar > 200.0, "the bar begins at the left: {told:?}");
    ensure!(told.shorter > 40.0 && told.beside.abs() < 1.0, "{told:?}");
    Ok(())
}

/// No room is added between letters, and none taken away.
fn is_none(tracking: f64) -> bool {
    tracking.abs() < 0.01
}

async fn last_setting(browser: &Browser) -> Result<Setting> {
    let told = browser.script(LAST, Vec::new()).await?;
    let told: Setting = serde_json::from_value(told)?;
    ensure!(
        told.paragraph == "justify" && told.item == "start",
        "{told:?}"
    );
    let [paragraph, item, _] = told.tracking;
    ensure!([paragraph, item].into_iter().all(is_none), "{told:?}");
    Ok(told)
}

/// A page loads again for each of the claims that depend on what is in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_share_a_column_and_each_is_set_in_its_own_direction_and_language() -> Result<()> {
    let arabic = format!("{ARABIC}{HIGH}");
    let answers = [PLAIN, arabic.as_str(), CHINESE].map(str::to_owned);
    let (_server, ada) = RunningServer::start(ScriptedModel::new(answers.into())).await?;
    let plain = send_and_wait(&ada, None, "A river").await?;
    let whole = send_and_wait(&ada, None, "A river").await?.conversation.id;
    for question in ["Something in Arabic", "Something in Chinese"] {
        send_and_wait(&ada, Some(whole), question).await?;
    }
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, Language::English).await?;
    browser.show_screen(Screen::Desktop).await?;
    page.open(&format!("/c/{}", plain.conversation.id)).await?;
    page.wait_for_end(1).await?;
    wait_for(&browser, "no font is asked for", NUM_MATH_FONTS, 0).await?;

    page.open(&format!("/c/{whole}")).await?;
    page.wait_for_end(3).await?;
    wait_for(&browser, "one font is asked for", NUM_MATH_FONTS, 1).await?;
    look_at_directions(&browser).await?;
    wait_for(&browser, "one column", BESIDE_THE_COLUMN, json!([])).await?;
    let pairs = json!([20, 44, 20, 44, 20]);
    wait_for(&browser, "questions stand by answers", GAPS, pairs).await?;
    let marks = json!([["(", true], [")", true], ["{", true]]);
    wait_for(&browser, "brackets grow", GROWN, marks).await?;
    let foreign = last_setting(&browser).await?;
    ensure!(foreign.language == "zh-CN", "{foreign:?}");
    ensure!((foreign.leading - 1.8).abs() < 0.01, "{foreign:?}");
    ensure!(foreign.tracking.into_iter().all(is_none), "{foreign:?}");

    page.speak(Language::Chinese).await?;
    page.open(&format!("/c/{whole}")).await?;
    page.wait_for_end(3).await?;
    let own = last_setting(&browser).await?;
    ensure!(own.language.is_empty(), "the page says it: {own:?}");
    ensure!((own.leading - 1.8).abs() < 0.01, "{own:?}");
    ensure!(own.tracking.into_iter().all(is_none), "{own:?}");
    browser.quit().await
}
