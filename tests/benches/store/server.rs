//! What a large database costs over HTTP.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{ConversationId, ConversationPage, StartedTurn};
use hearth_tests::{running_server::new_key, seed::Seeded, web_client::WebClient};

use super::measured::Measured;

const ROUNDS: usize = 31;
/// Of the list and of the way of a message; the median counts.
const MAX_TIME: Duration = Duration::from_millis(50);
/// Of what is found while somebody types.
const MAX_SEARCH: Duration = Duration::from_millis(100);
/// Of a page, uncompressed, with the values for hydration.
const MAX_PAGE_BYTES: usize = 400_000;

/// Everything, one after the other.
pub(crate) async fn measure(ada: &WebClient, seeded: &Seeded) -> Result<Vec<Measured>> {
    let long = *seeded.conversations.first().context("conversations")?;
    let middle = seeded.conversations.len() / 2;
    let short = *seeded.conversations.get(middle).context("conversations")?;
    let mut all = Vec::from(open(ada, seeded).await?);
    all.extend(list(ada).await?);
    all.extend(search(ada).await?);
    all.push(send(ada, "a message sent to 10 messages", short).await?);
    all.push(send(ada, "a message sent to 2,000 messages", long).await?);
    Ok(all)
}

async fn list(ada: &WebClient) -> Result<[Measured; 2]> {
    let mut first = Measured::new("the first page of the list").within(MAX_TIME);
    let mut deep = Measured::new("every tenth page of the list, to its end").within(MAX_TIME);
    for _ in 0..ROUNDS {
        first.ask(ada.call_raw("conversations", &[])).await?;
    }
    let mut after = Vec::new();
    for number in 0_usize.. {
        let asking = ada.call_raw("conversations", &after);
        let answer = if number % 10 == 9 {
            deep.ask(asking).await?
        } else {
            asking.await?
        };
        let page: ConversationPage = answer.outcome()??;
        let last = page.conversations.last().context("a page with rows")?;
        after = vec![
            ("after[updated_at]", last.updated_at.to_string()),
            ("after[id]", last.id.to_string()),
        ];
        if !page.has_more {
            break;
        }
    }
    Ok([first, deep])
}

/// What somebody types: some letters that begin many words, words that many messages have, and a
/// phrase.
async fn search(ada: &WebClient) -> Result<[Measured; 4]> {
    let mut all = [
        ("a search for two letters", "co"),
        ("a search for a word", "answer "),
        ("a search for three words", "answer question wa"),
        ("a search for a phrase", "\"question 1\""),
    ]
    .map(|(name, typed)| (Measured::new(name).within(MAX_SEARCH), typed));
    for _ in 0..ROUNDS {
        for (measured, typed) in &mut all {
            let fields = [("typed", (*typed).to_owned())];
            measured.ask(ada.call_raw("draw_search", &fields)).await?;
        }
    }
    Ok(all.map(|(measured, _)| measured))
}

/// The way of a message: until its answer begins.
async fn send(ada: &WebClient, name: &'static str, to: ConversationId) -> Result<Measured> {
    let mut sent = Measured::new(name).within(MAX_TIME);
    for _ in 0..ROUNDS {
        let fields = [
            ("conversation", to.to_string()),
            ("text", "How are you?".to_owned()),
            ("key", new_key().to_string()),
        ];
        let answer = sent.ask(ada.call_raw("send_message", &fields)).await?;
        let turn: StartedTurn = answer.outcome()??;
        let message = turn.assistant_message;
        let cursor = message.cursor.context("a running answer")?;
        ada.tail(message.id, cursor).await?.to_end().await?;
    }
    Ok(sent)
}

async fn open(ada: &WebClient, seeded: &Seeded) -> Result<[Measured; 3]> {
    let id = seeded.conversations.first().context("conversations")?;
    let middle = seeded.branch.get(1000).context("messages")?;
    let (path, earlier) = (format!("/c/{id}"), format!("/c/{id}?before={middle}"));
    let mut page = Measured::new("the page of 2,000 messages").below(MAX_PAGE_BYTES);
    let mut before = Measured::new("its page of earlier messages").below(MAX_PAGE_BYTES);
    let mut state = Measured::new("whether it changed").within(MAX_TIME);
    for _ in 0..ROUNDS {
        page.ask(ada.get(&path)).await?;
        before.ask(ada.get(&earlier)).await?;
        let fields = [("id", id.to_string())];
        state
            .ask(ada.call_raw("conversation_state", &fields))
            .await?;
    }
    Ok([page, before, state])
}
