//! `kill -9` in mid-answer, and Continue.

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{Message, MessageStatus, StartedTurn};
use hearth_tests::{
    browser::Browser,
    chat_page::ChatPage,
    program::Program,
    running_server::{PASSWORD, message_text, new_key},
    web_client::WebClient,
};

const QUESTION: &str = "Tell me a story about a lighthouse keeper.";
const MAX_TOKENS: u32 = 60;

/// Greedy, so that every run says the same.
pub(super) async fn ask(client: &WebClient) -> Result<StartedTurn> {
    let arguments = [
        ("text", QUESTION.to_owned()),
        ("key", new_key().to_string()),
        ("params[temperature]", "0".to_owned()),
        ("params[max_tokens]", MAX_TOKENS.to_string()),
    ];
    Ok(client.call("send_message", &arguments).await??)
}

pub(super) async fn read_to_end(client: &WebClient, message: &Message) -> Result<String> {
    let end = client.read_to_end(message).await?;
    let (status, error) = end.ended.context("the last frame is an end")?;
    ensure!(status == MessageStatus::Finished, "{status:?} {error:?}");
    message_text(client, message.id).await
}

pub(super) async fn continue_turn(client: &WebClient, message: &Message) -> Result<StartedTurn> {
    let arguments = [("message", message.id.to_string())];
    Ok(client.call("continue_turn", &arguments).await??)
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
