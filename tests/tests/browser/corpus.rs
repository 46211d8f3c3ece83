//! Answers as models write them, judged by axe without mercy, in both themes.

use anyhow::{Result, ensure};
use hearth_app::model::ConversationId;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    accessibility,
    browser::{Browser, Theme},
    chance::Chance,
    chat_page::ChatPage,
    extent,
    running_server::{RunningServer, send_and_wait},
    web_client::WebClient,
};

macro_rules! corpus {
    ($($name:literal),*) => {
        [$(include_str!(concat!(
            "../../../server/src/markdown/tests/corpus/",
            $name,
            ".txt"
        ))),*]
    };
}

/// Answers of each subject; the renderer has the same ones.
const CORPUS: [&str; 9] = corpus![
    "blocks",
    "code",
    "html",
    "languages",
    "links",
    "math",
    "prices",
    "shell",
    "tables"
];
/// Begins an answer; its name follows.
const MARK: &str = "%%% ";
/// Answers of a conversation: a page shows them all.
const TURNS: usize = 25;
/// Conversations of the short form.
const FEW: usize = 1;
/// All of a conversation's text, twice.
const WINDOW: usize = 1 << 16;

fn answers() -> Vec<&'static str> {
    let parts = CORPUS.iter().flat_map(|texts| texts.split(MARK).skip(1));
    let texts = parts.filter_map(|part| Some(part.split_once('\n')?.1));
    texts.filter(|text| !text.trim().is_empty()).collect()
}

/// Which conversations are looked at.
fn chosen(count: usize) -> Result<Vec<usize>> {
    let seed = extent::seed("answers of the corpus", 0x0061_7865)?;
    if extent::is_whole() {
        return Ok((0..count).collect());
    }
    let mut chance = Chance::new(seed);
    let mut left: Vec<usize> = (0..count).collect();
    let mut chosen = Vec::new();
    while chosen.len() < FEW && !left.is_empty() {
        let place = usize::try_from(chance.within(0..left.len() as u64))?;
        chosen.push(left.swap_remove(place));
    }
    Ok(chosen)
}

/// The model says what it is told.
async fn tell(ada: &WebClient, texts: &[&str]) -> Result<Option<ConversationId>> {
    let mut conversation = None;
    for text in texts {
        let turn = send_and_wait(ada, conversation, text).await?;
        conversation = Some(turn.conversation.id);
    }
    Ok(conversation)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_as_models_write_them_have_no_violation_of_any_impact() -> Result<()> {
    let model = ScriptedModel::new(Vec::new()).with_context_window(WINDOW);
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    let answers = answers();
    ensure!(answers.len() >= 200, "{} answers", answers.len());
    let parts: Vec<&[&str]> = answers.chunks(TURNS).collect();
    let mut violations = Vec::new();
    for number in chosen(parts.len())? {
        let part = parts.get(number).copied().unwrap_or_default();
        let Some(id) = tell(&ada, part).await? else {
            continue;
        };
        page.open(&format!("/c/{id}")).await?;
        page.wait_for_end(part.len()).await?;
        for theme in Theme::ALL {
            browser.show_theme(theme).await?;
            let name = format!("answers-{number}-{}", theme.as_str());
            browser.photograph(&name).await?;
            let checked = accessibility::check_strictly(&browser, &name).await;
            violations.extend(checked.err().map(|error| format!("{error:#}")));
        }
    }
    ensure!(violations.is_empty(), "{}", violations.join("\n"));
    browser.quit().await
}
