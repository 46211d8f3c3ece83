//! `kill -9` in mid-answer, and Continue.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{Message, MessageStatus, StartedTurn};
use hearth_tests::{
    browser::Browser,
    chance::Chance,
    chat_page::ChatPage,
    program::Program,
    running_server::{PASSWORD, conversation, message_text, new_key},
    tail::{AnswerText, letters},
    web_client::WebClient,
};

const KILLS: usize = 20;
/// What a crash may cost.
const LOSS: Duration = Duration::from_millis(300);
const QUESTION: &str = "Tell me a story about a lighthouse keeper.";
const MAX_TOKENS: u32 = 60;

/// Greedy, so that every run says the same.
async fn ask(client: &WebClient) -> Result<StartedTurn> {
    let arguments = [
        ("text", QUESTION.to_owned()),
        ("key", new_key().to_string()),
        ("params[temperature]", "0".to_owned()),
        ("params[max_tokens]", MAX_TOKENS.to_string()),
    ];
    Ok(client.call("send_message", &arguments).await??)
}

async fn read_to_end(client: &WebClient, message: &Message) -> Result<String> {
    let cursor = message.cursor.context("a running answer has a cursor")?;
    let end = client.tail(message.id, cursor).await?.to_end().await?;
    let (status, error) = end.ended.context("the last frame is an end")?;
    ensure!(status == MessageStatus::Finished, "{status:?} {error:?}");
    message_text(client, message.id).await
}

async fn continue_turn(client: &WebClient, message: &Message) -> Result<StartedTurn> {
    let arguments = [("message", message.id.to_string())];
    Ok(client.call("continue_turn", &arguments).await??)
}

/// Watches an answer until it has so many letters, or ends.
async fn watch(client: &WebClient, message: &Message, letters: usize) -> Result<AnswerText> {
    let cursor = message.cursor.context("a running answer has a cursor")?;
    let mut tail = client.tail(message.id, cursor).await?;
    let mut seen = AnswerText::default();
    while let Some(event) = tail.next().await? {
        seen.apply(&event);
        if seen.letters().len() >= letters {
            break;
        }
    }
    Ok(seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_at_random_moments_cost_at_most_300_ms_and_continue_is_exact() -> Result<()> {
    // Nothing else may take the two cores meanwhile.
    let browser = Browser::open().await?;
    let mut program = Program::start().await?;
    let client = program.administrator().await?;
    let undisturbed = read_to_end(&client, &ask(&client).await?.assistant_message).await?;
    let whole = letters(&undisturbed);
    ensure!(whole.len() > 40, "the story is too short: {undisturbed}");

    let mut chance = Chance::new(0x6b69_6c6c);
    for round in 0..KILLS {
        let turn = ask(&client).await?;
        let moment = usize::try_from(chance.within(0..whole.len() as u64 * 9 / 10))?;
        let seen = watch(&client, &turn.assistant_message, moment).await?;
        let safe = Instant::now()
            .checked_sub(LOSS)
            .context("the clock has run so long")?;
        program.kill()?;
        program.restart().await?;
        let shown = conversation(&client, turn.conversation.id).await?;
        let message = shown.messages.last().context("the answer is still there")?;
        assert_eq!(message.status, MessageStatus::Interrupted, "round {round}");
        let kept = letters(&message_text(&client, message.id).await?);
        assert!(whole.starts_with(&kept), "round {round}: {kept}");
        let (kept, due) = (kept.len(), seen.letters_at(safe));
        assert!(
            kept >= due,
            "round {round}: {kept} letters kept, {due} were older than 300 ms"
        );
        let continued = continue_turn(&client, message).await?.assistant_message;
        assert_eq!(continued.id, message.id);
        let text = read_to_end(&client, &continued).await?;
        assert_eq!(
            text, undisturbed,
            "round {round}, killed at {moment} letters"
        );
    }
    browser.quit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_survives_a_kill_and_its_continue_button_finishes_the_answer() -> Result<()> {
    let browser = Browser::open().await?;
    let mut program = Program::start().await?;
    let page = ChatPage::new(&browser, program.base_url());
    page.set_up(&program.set_up_link().await?, "Ada", PASSWORD)
        .await?;
    let client = page.client().await?;
    let undisturbed = read_to_end(&client, &ask(&client).await?.assistant_message).await?;
    let turn = ask(&client).await?;
    page.open(&format!("/c/{}", turn.conversation.id)).await?;
    page.wait_for_text(20).await?;
    program.kill()?;
    program.restart().await?;
    page.reload().await?;
    let interrupted = page.wait_for_end(1).await?;
    assert!(interrupted.note.contains("Interrupted"), "{interrupted:?}");
    page.press("Continue").await?;
    page.wait_for_text(interrupted.text.chars().count() + 1)
        .await?;
    page.wait_for_end(1).await?;
    let text = message_text(&client, turn.assistant_message.id).await?;
    assert_eq!(text, undisturbed);
    browser.quit().await
}
