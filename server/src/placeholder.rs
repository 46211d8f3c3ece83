//! Stands in for the turns, the engine's door and the pages until they are merged.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use hearth_app::{
    model::{
        ChatError, ChatEvent, Conversation, ConversationId, ConversationSummary, Cursor, MessageId,
        ModelState, ModelStatus, StartedTurn, UserId,
    },
    service::{ChatService, SendMessage},
};
use hearth_engine::handle::{EngineConfig, EngineState, ModelSource};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use crate::store::Store;

#[derive(Clone, Debug)]
pub(crate) struct EngineHandle {
    source: ModelSource,
}

impl EngineHandle {
    pub(crate) fn start(source: ModelSource, _config: EngineConfig) -> Self {
        Self { source }
    }

    pub(crate) fn state(&self) -> EngineState {
        match &self.source {
            ModelSource::Gguf(path) if path.is_file() => EngineState::Ready,
            source => EngineState::Failed(format!("cannot load {source:?}")),
        }
    }

    pub(crate) fn shut_down(&self) {}
}

#[derive(Debug)]
pub(crate) struct ChatServer {
    engine: EngineHandle,
}

impl ChatServer {
    pub(crate) fn start(_store: Store, engine: EngineHandle) -> Arc<Self> {
        Arc::new(Self { engine })
    }

    pub(crate) async fn shut_down(&self) {}
}

type Answer<T> = Result<T, ChatError>;

#[async_trait]
impl ChatService for ChatServer {
    async fn conversations(&self, _: UserId) -> Answer<Vec<ConversationSummary>> {
        Ok(Vec::new())
    }
    async fn conversation(&self, _: UserId, _: ConversationId) -> Answer<Conversation> {
        Err(ChatError::NotFound)
    }
    async fn rename(&self, _: UserId, _: ConversationId, _: String) -> Answer<()> {
        Err(ChatError::NotFound)
    }
    async fn delete(&self, _: UserId, _: ConversationId) -> Answer<()> {
        Err(ChatError::NotFound)
    }
    async fn restore(&self, _: UserId, _: ConversationId) -> Answer<()> {
        Err(ChatError::NotFound)
    }
    async fn show_version(&self, _: UserId, _: MessageId) -> Answer<()> {
        Err(ChatError::NotFound)
    }
    async fn send(&self, _: UserId, _: SendMessage) -> Answer<StartedTurn> {
        Err(ChatError::NotFound)
    }
    async fn regenerate(&self, _: UserId, _: MessageId) -> Answer<StartedTurn> {
        Err(ChatError::NotFound)
    }
    async fn continue_turn(&self, _: UserId, _: MessageId) -> Answer<StartedTurn> {
        Err(ChatError::NotFound)
    }
    async fn stop(&self, _: UserId, _: MessageId) -> Answer<()> {
        Err(ChatError::NotFound)
    }
    async fn tail(
        &self,
        _: UserId,
        _: MessageId,
        _: Cursor,
    ) -> Answer<BoxStream<'static, ChatEvent>> {
        Err(ChatError::NotFound)
    }
    async fn message_text(&self, _: UserId, _: MessageId) -> Answer<String> {
        Err(ChatError::NotFound)
    }
    fn model_status(&self) -> ModelStatus {
        ModelStatus {
            name: "none".into(),
            is_demonstration: true,
            state: match self.engine.state() {
                EngineState::Loading { percent } => ModelState::Loading { percent },
                EngineState::Ready => ModelState::Ready,
                EngineState::Failed(reason) => ModelState::Failed(reason),
            },
        }
    }
}

pub(crate) fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <HydrationScripts options/>
            </head>
            <body><App/></body>
        </html>
    }
}

#[component]
pub(crate) fn App() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=|| "not found">
                <Route path=path!("") view=|| "chat"/>
                <Route path=path!("c/:id") view=|| "chat"/>
                <Route path=path!("sign-in") view=|| "sign in"/>
                <Route path=path!("set-up") view=|| "set up"/>
            </Routes>
        </Router>
    }
}
