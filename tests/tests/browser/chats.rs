//! Somebody who has chats already when the page opens, and how the page lists them.

use anyhow::Result;
use hearth_app::model::{ConversationId, Language};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::Browser,
    chat_page::ChatPage,
    running_server::{RunningServer, conversations, send_and_wait},
    web_client::WebClient,
};

/// Titles of the list, as it is shown.
pub(super) const TITLES: &str = "return [...document.querySelectorAll('.conversation-title')]
    .map(it => it.textContent)";
/// How many rows it has.
pub(super) const NUM_ROWS: &str = "return document.querySelectorAll('.conversation-row').length";

/// What finds the link of a row.
pub(super) fn link(id: ConversationId) -> String {
    format!("#chat-{id}")
}

/// What somebody asked, each in a chat of its own.
pub(super) const QUESTIONS: [&str; 3] = ["Third", "Second", "First"];

/// Somebody with chats.
pub(super) struct Chats {
    server: RunningServer,
    ada: WebClient,
    /// As listed: the last used one comes first.
    ids: Vec<ConversationId>,
}

impl Chats {
    /// A chat for each title, while another test has the browser.
    pub(super) async fn begin(titles: &[&str]) -> Result<Self> {
        let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
        for title in titles {
            send_and_wait(&ada, None, title).await?;
        }
        let listed = conversations(&ada).await?;
        let ids = listed.into_iter().map(|it| it.id).collect();
        Ok(Self { server, ada, ids })
    }

    /// The page of that person.
    pub(super) async fn show(
        self,
        browser: &Browser,
        language: Language,
    ) -> Result<(RunningServer, ChatPage<'_>, Vec<ConversationId>)> {
        let page = ChatPage::shown_to(browser, &self.ada, language).await?;
        Ok((self.server, page, self.ids))
    }
}
