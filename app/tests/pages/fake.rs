//! A server without an engine and a database.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use axum::Router;
use futures::{StreamExt, stream::BoxStream};
use hearth_app::{
    App, SubPath,
    model::*,
    provide_sub_path,
    service::{
        AccountService, AdministrationService, ChatService, JoinService, SendMessage,
        SessionCookie, SessionToken, personal::PersonalService,
    },
    shell,
};
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use uuid::Uuid;

use crate::{fake_administration::FakeAdministration, fake_personal::FakePersonal};

pub(crate) const CONVERSATION: &str = "00000000-0000-7000-8000-000000000001";
pub(crate) const HOSTILE: &str = "</title></textarea><script>alert(1)</script>";

/// The day of whoever looks at the pages.
const TODAY: LocalDate = LocalDate {
    year: 2026,
    month: 11,
    day: 24,
};

/// While Leptos looks for them, nothing in the whole process is loaded for a page.
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// What the pages talk to.
#[derive(Clone)]
pub(crate) struct FakeServer {
    user: Option<User>,
    preferences: Preferences,
    sub_path: SubPath,
    /// Of the conversation.
    title: String,
}

impl FakeServer {
    pub(crate) fn signed_in() -> Self {
        let id = UserId::new(Uuid::from_u128(9));
        let user = User {
            id,
            name: HOSTILE.into(),
            role: UserRole::Administrator,
        };
        Self {
            user: Some(user),
            preferences: Preferences::default(),
            sub_path: SubPath::default(),
            title: HOSTILE.into(),
        }
    }

    pub(crate) fn signed_out() -> Self {
        Self {
            user: None,
            ..Self::signed_in()
        }
    }

    /// Whoever is signed in is no administrator.
    pub(crate) fn demoted(self) -> Self {
        let user = self.user.map(|user| User {
            role: UserRole::User,
            ..user
        });
        Self { user, ..self }
    }

    /// Its conversation has this title.
    pub(crate) fn with_title(self, title: String) -> Self {
        Self { title, ..self }
    }

    /// Serves pages as somebody wants them.
    pub(crate) fn with_preferences(self, preferences: Preferences) -> Self {
        Self {
            preferences,
            ..self
        }
    }

    /// Serves pages that stand below a path.
    pub(crate) fn below(self, path: &str) -> Self {
        Self {
            sub_path: SubPath::new(path.to_owned()),
            ..self
        }
    }

    /// All pages, as the real server mounts them.
    pub(crate) fn router(self) -> Router {
        let options = LeptosOptions::builder().output_name("hearth-test").build();
        let provide = move || {
            provide_sub_path(self.sub_path);
            provide_context(self.user.clone());
            provide_context(self.preferences);
            provide_context(SessionToken::default());
            let title = self.title.clone();
            provide_context::<Arc<dyn ChatService>>(Arc::new(FakeChat { title }));
            provide_context::<Arc<dyn AccountService>>(Arc::new(FakeAccounts));
            provide_context::<Arc<dyn AdministrationService>>(Arc::new(FakeAdministration));
            provide_context::<Arc<dyn JoinService>>(Arc::new(FakeAdministration));
            provide_context::<Arc<dyn PersonalService>>(Arc::new(FakePersonal));
        };
        let document = {
            let options = options.clone();
            move || shell(options.clone())
        };
        let elsewhere =
            leptos_axum::render_app_async_with_context(provide.clone(), document.clone());
        Router::new()
            .leptos_routes_with_context(&options, ROUTES.clone(), provide, document)
            .fallback(elsewhere)
            .with_state(options)
    }
}

struct FakeChat {
    title: String,
}

impl FakeChat {
    fn summary(&self) -> ConversationSummary {
        let id = CONVERSATION.parse().expect("a conversation id");
        ConversationSummary {
            id,
            title: self.title.clone(),
            running: true,
            updated_at: 0,
            group: DateGroup::Today,
            pinned_at: None,
            folder: None,
            archived: false,
            unread: false,
        }
    }
}

/// One message a day; the third one is of today.
fn message(number: u128, role: Role) -> Message {
    let id = MessageId::new(Uuid::from_u128(number));
    let time = LocalTime {
        year: 2026,
        month: 11,
        day: u8::try_from(21 + number).expect("a day of the month"),
        hour: 6,
        minute: 30,
    };
    Message::empty(id, role, time)
}

fn conversation(summary: ConversationSummary) -> Conversation {
    let question = Message {
        text: format!("a question of a person {HOSTILE}"),
        ..message(1, Role::User)
    };
    let blocks = vec!["<p>first block</p>".into(), "<p>second block</p>".into()];
    let answer = Message {
        blocks,
        finish_reason: Some(FinishReason::Length),
        usage: Some(Usage::default()),
        ..message(2, Role::Assistant)
    };
    let running = Message {
        status: MessageStatus::Running,
        pending: "<p>growing".into(),
        cursor: Some(Cursor { epoch: 7, seq: 3 }),
        ..message(3, Role::Assistant)
    };
    Conversation {
        state: ConversationState {
            summary,
            leaf: Some(running.id),
            num_messages: 3,
            has_branches: false,
            choices: Choices {
                effort: Some(ReasoningEffort::High),
                calculator: None,
            },
            instructed_by: None,
        },
        messages: vec![question, answer, running],
    }
}

#[async_trait]
impl ChatService for FakeChat {
    async fn conversations(
        &self,
        _: UserId,
        _: Option<ListPlace>,
    ) -> Result<ConversationPage, ChatError> {
        Ok(ConversationPage {
            conversations: vec![self.summary()],
            has_more: true,
            today: TODAY,
            ..ConversationPage::default()
        })
    }
    async fn conversation_at(
        &self,
        user: UserId,
        id: ConversationId,
        _: MessageId,
    ) -> Result<Conversation, ChatError> {
        self.conversation(user, id, None).await
    }

    async fn conversation(
        &self,
        _: UserId,
        id: ConversationId,
        before: Option<MessageId>,
    ) -> Result<Conversation, ChatError> {
        let mut shown = conversation(self.summary());
        if before.is_some() {
            shown.messages.truncate(1);
        }
        if shown.state.summary.id == id {
            Ok(shown)
        } else {
            Err(ChatError::NotFound)
        }
    }
    async fn conversation_state(
        &self,
        _: UserId,
        id: ConversationId,
    ) -> Result<ConversationState, ChatError> {
        let summary = self.summary();
        if id != summary.id {
            return Err(ChatError::NotFound);
        }
        Ok(ConversationState {
            summary,
            leaf: None,
            num_messages: 2,
            has_branches: false,
            choices: Choices::default(),
            instructed_by: None,
        })
    }
    async fn rename(&self, _: UserId, _: ConversationId, _: String) -> Result<(), ChatError> {
        Ok(())
    }
    async fn delete(&self, _: UserId, _: ConversationId) -> Result<(), ChatError> {
        Ok(())
    }
    async fn restore(&self, _: UserId, _: ConversationId) -> Result<(), ChatError> {
        Ok(())
    }
    async fn show_version(&self, _: UserId, _: MessageId) -> Result<ConversationId, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn outline(&self, _: UserId, id: ConversationId) -> Result<Outline, ChatError> {
        let summary = self.summary();
        if summary.id != id {
            return Err(ChatError::NotFound);
        }
        let line = |message: Message| OutlineMessage {
            id: message.id,
            parent_id: None,
            role: message.role,
            beginning: HOSTILE.into(),
            time: message.time,
        };
        let messages = [message(1, Role::User), message(2, Role::User)].map(line);
        Ok(Outline {
            conversation: id,
            title: summary.title,
            leaf: Some(messages[0].id),
            messages: messages.into(),
        })
    }
    async fn fork(&self, _: UserId, _: MessageId, _: &str) -> Result<ConversationId, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn send(&self, _: UserId, _: SendMessage) -> Result<StartedTurn, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn regenerate(&self, _: UserId, _: MessageId) -> Result<StartedTurn, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn continue_turn(&self, _: UserId, _: MessageId) -> Result<StartedTurn, ChatError> {
        Err(ChatError::NotFound)
    }
    async fn stop(&self, _: UserId, _: MessageId) -> Result<(), ChatError> {
        Ok(())
    }
    async fn tail(
        &self,
        _: UserId,
        _: MessageId,
        _: Cursor,
    ) -> Result<BoxStream<'static, ChatEvent>, ChatError> {
        Ok(futures::stream::empty().boxed())
    }
    async fn message_text(&self, _: UserId, _: MessageId) -> Result<String, ChatError> {
        Ok(String::new())
    }
    async fn conversation_settings(
        &self,
        _: UserId,
        _: ConversationId,
    ) -> Result<ConversationForm, ChatError> {
        Ok(ConversationForm::default())
    }
    async fn save_conversation_settings(
        &self,
        _: UserId,
        _: Option<ConversationId>,
        _: ConversationForm,
    ) -> Result<ConversationId, ChatError> {
        Err(ChatError::NotFound)
    }
    fn model_status(&self) -> ModelStatus {
        ModelStatus {
            name: "SmolLM2-135M-Instruct".into(),
            is_demonstration: true,
            state: ModelState::Loading { percent: 40 },
            usual: Choices {
                effort: Some(ReasoningEffort::Low),
                calculator: Some(false),
            },
        }
    }
}

struct FakeAccounts;

#[async_trait]
impl AccountService for FakeAccounts {
    async fn needs_set_up(&self) -> Result<bool, ChatError> {
        Ok(false)
    }
    async fn set_up(&self, _: String, _: String, _: String) -> Result<SessionCookie, ChatError> {
        Err(ChatError::Forbidden)
    }
    async fn sign_in(&self, _: String, _: String) -> Result<SessionCookie, ChatError> {
        Err(ChatError::Forbidden)
    }
    async fn is_signed_in(&self, _: UserId, _: &str) -> bool {
        true
    }
    async fn sessions(&self, _: &User) -> Result<Vec<SessionSummary>, ChatError> {
        let session = |number, is_current| SessionSummary {
            id: SessionId::new(Uuid::from_u128(number)),
            browser: Browser {
                name: Some("Firefox".into()),
                system: Some("Linux".into()),
            },
            last_seen: Seen::Before(message(1, Role::User).time),
            is_current,
        };
        Ok(vec![session(1, true), session(2, false)])
    }
    async fn end_session(&self, _: &User, _: SessionId) -> Result<(), ChatError> {
        Ok(())
    }
    async fn end_other_sessions(&self, _: &User) -> Result<(), ChatError> {
        Ok(())
    }
    async fn change_password(&self, _: &User, _: String, _: String) -> Result<String, ChatError> {
        Err(ChatError::Forbidden)
    }
    async fn sign_out(&self, _: Option<String>) -> Result<SessionCookie, ChatError> {
        Err(ChatError::Forbidden)
    }
}
