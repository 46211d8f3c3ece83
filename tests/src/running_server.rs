//! A whole server within the test: scripted model, ephemeral port, its own data directory.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use hearth_app::model::{
    ChatError, Conversation, ConversationId, ConversationPage, ConversationSummary, IdempotencyKey,
    MessageId, MessageStatus, RefusedSetting, Setting, SettingName, StartedTurn, User, UserId,
    UserRole,
};
use hearth_engine::{
    handle::{Disturbance, ModelSource},
    scripted::ScriptedModel,
};
use hearth_server::{
    accounts::{
        now_ms,
        password::{Password, Passwords},
    },
    config::{Config, EngineSection},
    serve::{ServeOptions, Server},
    slow_work::Asker,
    store::Store,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{program, web_client::WebClient};

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";

/// A server that ends with the test.
#[derive(Debug)]
pub struct RunningServer {
    server: hearth_server::serve::RunningServer,
    base_url: String,
    set_up_token: String,
    data: TempDir,
}

impl RunningServer {
    /// A server nobody has claimed.
    pub async fn unclaimed(model: ScriptedModel) -> Result<Self> {
        Self::unclaimed_with(model, EngineSection::default()).await
    }

    /// As [`RunningServer::unclaimed`], with settings of the engine.
    pub async fn unclaimed_with(model: ScriptedModel, engine: EngineSection) -> Result<Self> {
        Self::unclaimed_model(ModelSource::Scripted(model), |config| {
            config.engine = engine;
        })
        .await
    }

    /// A claimed server that people reach at another address, as behind a proxy, and its
    /// administrator, Ada. Tests still ask it directly.
    pub async fn start_behind(model: ScriptedModel, public_url: &str) -> Result<(Self, WebClient)> {
        let behind = |config: &mut Config| public_url.clone_into(&mut config.server.public_url);
        Self::claimed(Self::unclaimed_model(ModelSource::Scripted(model), behind).await?).await
    }

    async fn unclaimed_model(
        model: ModelSource,
        configure: impl FnOnce(&mut Config),
    ) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut config = Config::new(data.path().to_owned());
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        "127.0.0.1:0".clone_into(&mut config.server.metrics_listen);
        configure(&mut config);
        // Only tests that send files need it to be there.
        let program = program::binary().unwrap_or_default();
        let options = ServeOptions {
            config,
            model,
            program,
        };
        let server = Server::start(options).await?;
        let token = server.set_up_token.clone();
        Ok(Self {
            base_url: format!("http://{}", server.addr),
            set_up_token: token.context("a new server can be claimed")?,
            server,
            data,
        })
    }

    /// A claimed server and its administrator, Ada.
    pub async fn start(model: ScriptedModel) -> Result<(Self, WebClient)> {
        Self::start_with(model, EngineSection::default()).await
    }

    /// As [`RunningServer::start`], with settings of the engine.
    pub async fn start_with(
        model: ScriptedModel,
        engine: EngineSection,
    ) -> Result<(Self, WebClient)> {
        Self::claimed(Self::unclaimed_with(model, engine).await?).await
    }

    /// As [`RunningServer::start`], configured by an operator.
    pub async fn start_configured(
        model: ScriptedModel,
        configure: impl FnOnce(&mut Config),
    ) -> Result<(Self, WebClient)> {
        Self::claimed(Self::unclaimed_model(ModelSource::Scripted(model), configure).await?).await
    }

    /// As [`RunningServer::start`], with the model of a file.
    pub async fn start_file(model: PathBuf) -> Result<(Self, WebClient)> {
        Self::start_file_with(model, EngineSection::default()).await
    }

    /// As [`RunningServer::start_file`], with settings of the engine.
    pub async fn start_file_with(
        model: PathBuf,
        engine: EngineSection,
    ) -> Result<(Self, WebClient)> {
        let configure = |config: &mut Config| config.engine = engine;
        Self::claimed(Self::unclaimed_model(ModelSource::File(model), configure).await?).await
    }

    /// As [`RunningServer::start_file`], with a pause before each step of the model: a small one is
    /// else quicker than any click.
    pub async fn start_slow_file(
        model: PathBuf,
        step_delay: Duration,
    ) -> Result<(Self, WebClient)> {
        let disturbance = Disturbance {
            step_delay,
            ..Disturbance::default()
        };
        let model = ModelSource::Disturbed(model, disturbance);
        Self::claimed(Self::unclaimed_model(model, |_| {}).await?).await
    }

    async fn claimed(server: Self) -> Result<(Self, WebClient)> {
        let administrator = claim(&server.base_url, &server.set_up_token).await?;
        Ok((server, administrator))
    }

    /// Address without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr
    }

    /// What a claimer has to show.
    pub fn set_up_token(&self) -> &str {
        &self.set_up_token
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data.path().join("hearth.db")
    }

    /// A client nobody knows.
    pub fn client(&self) -> Result<WebClient> {
        WebClient::new(&self.base_url)
    }

    /// A client that reads metrics without a key.
    pub fn watcher(&self) -> Result<WebClient> {
        let address = self.server.metrics_addr.context("metrics are told")?;
        WebClient::new(format!("http://{address}"))
    }

    /// Lets the hourly upkeep run as if so many days had passed.
    pub async fn upkeep_in_days(&self, days: i64) {
        let later = now_ms() + days * 24 * 60 * 60 * 1000;
        self.server.run_upkeep(later).await;
    }

    /// Ends it as a signal does.
    pub async fn shut_down(self) {
        self.server.shut_down().await;
    }

    /// Makes an account and signs in.
    pub async fn add_user(&self, name: &str) -> Result<WebClient> {
        let store = Store::open(&self.database()).await?;
        let user = User {
            id: UserId::new(Uuid::now_v7()),
            name: name.to_owned(),
            role: UserRole::User,
        };
        let password = Password::parse(PASSWORD)?;
        let hash = Passwords::default().hash(Asker::Stranger, password).await?;
        store.insert_user(&user, &hash, now_ms()).await?;
        let client = self.client()?;
        sign_in(&client, name, PASSWORD).await??;
        Ok(client)
    }
}

/// Claims a new server: its administrator, Ada, signed in.
pub async fn claim(base_url: &str, token: &str) -> Result<WebClient> {
    let administrator = WebClient::new(base_url)?;
    let fields = [
        ("token", token.to_owned()),
        ("name", "Ada".to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    administrator.call::<()>("set_up", &fields).await??;
    Ok(administrator)
}

/// Signs in as the page's script does.
pub async fn sign_in(
    client: &WebClient,
    name: &str,
    password: &str,
) -> Result<Result<(), ChatError>> {
    let fields = [("name", name.to_owned()), ("password", password.to_owned())];
    client.call("sign_in", &fields).await
}

/// A key for one press of Send.
pub fn new_key() -> IdempotencyKey {
    IdempotencyKey::new(Uuid::now_v7())
}

/// Sends a message, to a new conversation unless one is named.
pub async fn send(
    client: &WebClient,
    conversation: Option<ConversationId>,
    text: &str,
) -> Result<Result<StartedTurn, ChatError>> {
    let mut arguments = vec![
        ("text", text.to_owned()),
        ("key", new_key().to_string()),
        ("params[temperature]", "0".to_owned()),
    ];
    if let Some(id) = conversation {
        arguments.push(("conversation", id.to_string()));
    }
    client.call("send_message", &arguments).await
}

/// Sends a message and reads its answer to the end; the answer finishes.
pub async fn send_and_wait(
    client: &WebClient,
    conversation: Option<ConversationId>,
    text: &str,
) -> Result<StartedTurn> {
    let turn = send(client, conversation, text).await??;
    let answer = client.read_to_end(&turn.assistant_message).await?;
    let (status, error) = answer.ended.context("the last frame is an end")?;
    anyhow::ensure!(status == MessageStatus::Finished, "{status:?}: {error:?}");
    Ok(turn)
}

/// Has a question answered once more, and reads that version to its end.
pub async fn regenerate_and_wait(client: &WebClient, answer: MessageId) -> Result<StartedTurn> {
    let arguments = [("message", answer.to_string())];
    let turn: StartedTurn = client.call("regenerate", &arguments).await??;
    client.read_to_end(&turn.assistant_message).await?;
    Ok(turn)
}

/// What an edited question is sent with.
pub fn edit_of(question: MessageId, text: &str) -> [(&'static str, String); 3] {
    [
        ("message", question.to_string()),
        ("text", text.to_owned()),
        ("key", new_key().to_string()),
    ]
}

/// Sends a question with another text beside it, and reads the answer to its end.
pub async fn edit_and_wait(
    client: &WebClient,
    question: MessageId,
    text: &str,
) -> Result<StartedTurn> {
    let arguments = edit_of(question, text);
    let turn: StartedTurn = client.call("edit_question", &arguments).await??;
    client.read_to_end(&turn.assistant_message).await?;
    Ok(turn)
}

/// The question that a turn began with.
pub fn question_of(turn: &StartedTurn) -> Result<MessageId> {
    let question = turn.user_message.as_ref();
    Ok(question.context("a question was stored")?.id)
}

/// Gives a setting of the server another value, as the administrator's form does.
pub async fn save_setting(
    client: &WebClient,
    name: SettingName,
    value: &str,
) -> Result<Result<(), ChatError>> {
    let settings: Vec<Setting> = client.call("settings", &[]).await??;
    let old = settings.into_iter().find(|it| it.name == name);
    let old = old.with_context(|| format!("{name} is listed"))?;
    save_setting_from(client, name, value, old.version).await
}

/// As [`save_setting`], in a form that was drawn when the setting had this version.
pub async fn save_setting_from(
    client: &WebClient,
    name: SettingName,
    value: &str,
    version: i64,
) -> Result<Result<(), ChatError>> {
    let field = |part: &str| format!("form[{name}][{part}]");
    let (value_field, was_field, version_field) = (field("value"), field("was"), field("version"));
    let fields = [
        (value_field.as_str(), value.to_owned()),
        // What it was is something else in any case.
        (was_field.as_str(), format!("not {value}")),
        (version_field.as_str(), version.to_string()),
    ];
    let saved = client.call::<Vec<RefusedSetting>>("save_settings", &fields);
    Ok(match saved.await? {
        Ok(refused) => refused
            .into_iter()
            .next()
            .map_or(Ok(()), |it| Err(it.error)),
        Err(error) => Err(error),
    })
}

/// The first page of a person's list.
pub async fn conversations(client: &WebClient) -> Result<Vec<ConversationSummary>> {
    let page: ConversationPage = client.call("conversations", &[]).await??;
    Ok(page.conversations)
}

/// The conversation as the page gets it.
pub async fn conversation(client: &WebClient, id: ConversationId) -> Result<Conversation> {
    let arguments = [("id", id.to_string())];
    Ok(client.call("conversation", &arguments).await??)
}

/// The Markdown source of a message.
pub async fn message_text(client: &WebClient, message: MessageId) -> Result<String> {
    let arguments = [("message", message.to_string())];
    Ok(client.call("message_text", &arguments).await??)
}
