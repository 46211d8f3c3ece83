//! Reloads at any moment lose nothing.

use std::time::Duration;

use anyhow::Result;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::Browser,
    chance::Chance,
    chat_page::ChatPage,
    running_server::{PASSWORD, RunningServer},
};

const RELOADS: usize = 20;

/// Prose, a list and code, so that committed and growing blocks of every kind are met.
const ANSWER: &str = "The first paragraph has **bold** words.\n\nThen comes a list:\n\n- one\n- two\n\n\
    ```rust\nfn main() {\n    println!(\"hello\");\n}\n```\n\nAnd a last paragraph that ends.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_reloads_at_random_moments_show_what_one_undisturbed_tab_shows() -> Result<()> {
    let browser = Browser::open().await?;
    let model =
        ScriptedModel::new(vec![ANSWER.to_owned()]).with_token_delay(Duration::from_millis(25));
    let (server, _ada) = RunningServer::start(model).await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.sign_in("Ada", PASSWORD).await?;
    page.send("Undisturbed").await?;
    let undisturbed = page.wait_for_end(1).await?;

    let mut chance = Chance::new(0x6865_6172_7468);
    for round in 0..RELOADS {
        page.open("/").await?;
        page.send(&format!("Round {round}")).await?;
        page.conversation().await?;
        let whole = undisturbed.text.chars().count() as u64;
        let moment = usize::try_from(chance.within(0..whole))?;
        page.wait_for_text(moment).await?;
        page.reload().await?;
        let reloaded = page.wait_for_end(1).await?;
        assert_eq!(
            reloaded.text, undisturbed.text,
            "round {round}, at {moment} characters"
        );
        assert_eq!(page.messages().await?.len(), 2, "round {round}");
    }
    browser.quit().await
}
