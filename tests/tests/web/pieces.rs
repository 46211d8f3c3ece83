//! Long lists and long conversations without script: a page holds a piece, links lead to the rest.

use anyhow::{Context as _, Result};
use hearth_app::model::MessageId;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::RunningServer,
    seed::{self, Amount},
    web_client::WebClient,
};

const AMOUNT: Amount = Amount {
    conversations: 120,
    messages: 520,
    longest: 280,
};

/// Ids of the messages and of the conversations of a page, in its order.
fn ids(page: &str, before: &str) -> Vec<String> {
    let pieces = page.split(before).skip(1);
    let ids = pieces.filter_map(|piece| piece.get(..36));
    ids.map(str::to_owned).collect()
}

/// The address of a link with this beginning of its query.
fn link(page: &str, beginning: &str) -> Option<String> {
    let links = page.split("href=\"").skip(1);
    let links = links.filter_map(|piece| piece.split('"').next());
    let mut links = links.filter(|address| address.contains(beginning));
    Some(links.next()?.replace("&amp;", "&"))
}

async fn page(client: &WebClient, path: &str) -> Result<String> {
    let answer = client.get(path).await?;
    assert_eq!(answer.status, 200, "{path}");
    Ok(answer.text())
}

#[tokio::test]
async fn links_lead_to_every_message_of_a_long_conversation() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let seeded = seed::fill(&server.database(), "Ada", AMOUNT).await?;
    let path = format!("/c/{}", seeded.conversations[0]);
    let leaf = seeded.branch.last().context("messages")?;
    let mut all: Vec<String> = Vec::new();
    let mut next = path.clone();
    loop {
        let html = page(&ada, &next).await?;
        let shown = ids(&html, "id=\"message-");
        assert!(!shown.is_empty() && shown.len() <= 60, "{next}");
        // Whatever is shown, a message that is sent goes to the end.
        assert!(
            html.contains(&format!("name=\"parent\" value=\"{leaf}\"")),
            "{next}"
        );
        let has_later = html.contains(&format!("rel=\"external\" href=\"{path}\""));
        assert_eq!(has_later, !all.is_empty(), "{next}");
        all.splice(0..0, shown);
        match link(&html, "?before=") {
            Some(address) => next = address,
            None => break,
        }
    }
    let branch: Vec<String> = seeded.branch.iter().map(MessageId::to_string).collect();
    assert_eq!(all, branch);
    Ok(())
}

#[tokio::test]
async fn links_lead_to_every_conversation_of_a_long_list() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let seeded = seed::fill(&server.database(), "Ada", AMOUNT).await?;
    let open = format!("/c/{}", seeded.conversations[0]);
    let mut all = Vec::new();
    let mut next = open.clone();
    loop {
        let html = page(&ada, &next).await?;
        assert!(
            html.contains("Question 139:"),
            "the conversation stays: {next}"
        );
        all.extend(ids(&html, "id=\"chat-"));
        match link(&html, "?older=") {
            Some(query) => next = format!("{open}{}", query.replace("#sidebar", "")),
            None => break,
        }
    }
    let mut conversations: Vec<String> = seeded
        .conversations
        .iter()
        .map(ToString::to_string)
        .collect();
    conversations.reverse();
    assert_eq!(all, conversations);
    Ok(())
}

#[tokio::test]
async fn places_that_are_none_lead_to_the_newest_and_messages_elsewhere_to_nothing() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let seeded = seed::fill(&server.database(), "Ada", AMOUNT).await?;
    let (first, last) = (seeded.conversations[0], seeded.conversations[119]);
    let html = page(&ada, &format!("/c/{first}?before=nonsense&older=yesterday")).await?;
    assert!(html.contains("Question 139:"));
    assert!(html.contains(&format!("id=\"chat-{last}\"")));
    let elsewhere = format!("/c/{last}?before={}", seeded.branch[9]);
    assert_eq!(ada.get(&elsewhere).await?.status, 404);
    Ok(())
}
