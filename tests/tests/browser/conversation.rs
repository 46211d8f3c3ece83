//! From the printed link to a second turn, with the real model.

use anyhow::{Result, ensure};
use hearth_app::model::SettingName;
use hearth_tests::{
    browser::Browser,
    chat_page::ChatPage,
    database::{AnswerTokens, Database},
    program::Program,
    running_server::{PASSWORD, save_setting},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_printed_link_to_a_second_turn_that_remembers_the_first() -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start().await?;
    let page = ChatPage::new(&browser, program.base_url());
    page.set_up(&program.set_up_link().await?, "Ada", PASSWORD)
        .await?;
    page.answer_greedily().await?;

    page.send("My name is Ada. Say hello.").await?;
    page.wait_for_text(1).await?;
    let first = page.wait_for_answer(1).await?;
    ensure!(!first.text.trim().is_empty(), "{first:?}");
    page.conversation().await?;
    page.send("What is my name?").await?;
    let second = page.wait_for_answer(2).await?;

    let mut database = Database::open(&program.database()).await?;
    let before = database.answer_tokens(first.message_id()?).await?;
    let after = database.answer_tokens(second.message_id()?).await?;
    assert_holds(&after.prompt, &before);

    page.reload().await?;
    let shown = page.messages().await?;
    assert_eq!(shown.len(), 4, "{shown:?}");
    assert_eq!(shown[1].text, first.text);
    assert_eq!(shown[3].text, second.text);
    // The log tells who came in, and nothing of what was said.
    let log = program.log()?.replace("user.name=\"Ada\"", "");
    assert!(
        !log.contains("Ada") && !log.contains("my name"),
        "the log holds words: {log}"
    );
    browser.quit().await
}

/// The later prompt begins with the earlier one and holds the earlier answer.
fn assert_holds(prompt: &[u32], earlier: &AnswerTokens) {
    assert!(!earlier.prompt.is_empty() && !earlier.answer.is_empty());
    assert!(
        prompt.starts_with(&earlier.prompt),
        "{prompt:?}\n{earlier:?}"
    );
    let rest = &prompt[earlier.prompt.len()..];
    // The last id may be the end of the message, which the template writes itself.
    let words = &earlier.answer[..earlier.answer.len() - 1];
    assert!(rest.starts_with(words), "{rest:?}\n{earlier:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_tab_shows_the_same_answer_while_it_grows_and_after() -> Result<()> {
    let browser = Browser::open().await?;
    let program = Program::start().await?;
    let ada = program.administrator().await?;
    save_setting(&ada, SettingName::Temperature, "0").await??;
    let page = ChatPage::new(&browser, program.base_url());
    page.enter(&ada).await?;
    page.send("Tell me a story about a lighthouse.").await?;
    page.wait_for_text(20).await?;
    let path = browser.path().await?;
    let first_tab = browser.driver().window().await?;

    browser.open_tab().await?;
    page.open(&path).await?;
    let growing = page.wait_for_text(20).await?;
    // The story may be long; Stop works from any tab.
    if growing.running {
        page.stop().await?;
    }
    let second = page.wait_for_end(1).await?;
    assert!(second.text.len() >= growing.text.len());
    let second_tab = browser.driver().window().await?;

    browser.driver().switch_to_window(first_tab).await?;
    let first = page.wait_for_end(1).await?;
    assert_eq!(first, second);
    browser.driver().switch_to_window(second_tab).await?;
    page.reload().await?;
    assert_eq!(page.wait_for_end(1).await?, second);
    browser.quit().await
}
