//! Who may call what: every route and every server function, asked by four people.

mod table;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use hearth_app::model::{
    ApiKeySummary, ChatError, ExportId, FolderId, Message, SessionSummary, ShareId, StartedTurn,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer, new_key, question_of, send, send_and_wait, sign_in},
    uploads::add_file,
    web_client::{Answer, WebClient},
};

use table::{
    Belongings, FUNCTIONS,
    Outcome::{self, Done, Forbidden, Invalid, NotFound, ToForm, ToSignIn, ToStart, Unauthorized},
    ROUTES,
};

fn outcome(answer: &Answer) -> Outcome {
    if (200..300).contains(&answer.status) {
        return Done;
    }
    match answer.header("location") {
        // It leads back to where somebody was.
        door if door.split('?').next() == Some("/sign-in") => return ToSignIn,
        "/" => return ToStart,
        form if form.starts_with("/settings/import?") => return ToForm,
        _ => {}
    }
    let told = serde_json::from_slice::<ChatError>(&answer.body);
    match (told, answer.status) {
        (Ok(ChatError::Unauthorized), _) | (Err(_), 401) => Unauthorized,
        (Ok(ChatError::Forbidden), _) | (Err(_), 403) => Forbidden,
        (Ok(ChatError::NotFound), _) | (Err(_), 404) => NotFound,
        (Ok(ChatError::Invalid(_)), _) => Invalid,
        (_, status) => Outcome::Other(status),
    }
}

struct People {
    _server: RunningServer,
    anonymous: WebClient,
    other_user: WebClient,
    administrator: WebClient,
    owner: WebClient,
}

impl People {
    async fn meet() -> Result<Self> {
        let model = ScriptedModel::new(vec!["Hello there.".to_owned()])
            .with_token_delay(std::time::Duration::from_millis(5));
        let (server, administrator) = RunningServer::start(model).await?;
        Ok(Self {
            anonymous: server.client()?,
            other_user: server.add_user("Carl").await?,
            owner: server.add_user("Berta").await?,
            administrator,
            _server: server,
        })
    }

    /// A fresh conversation with a finished answer, and one with a stopped one.
    async fn belongings(&self) -> Result<Belongings> {
        let turn = send_and_wait(&self.owner, None, "Hello").await?;
        let stopped = send(&self.owner, None, "Hello").await??.assistant_message;
        stop(&self.owner, &stopped).await?;
        let second = WebClient::new(self.owner.base_url())?;
        sign_in(&second, "Berta", PASSWORD).await??;
        let sessions: Vec<SessionSummary> = second.call("sessions", &[]).await??;
        let session = sessions.into_iter().find(|it| it.is_current);
        Ok(Belongings {
            session: session.context("she is signed in")?.id.to_string(),
            conversation: turn.conversation.id.to_string(),
            question: question_of(&turn)?.to_string(),
            answer: turn.assistant_message.id.to_string(),
            stopped: stopped.id.to_string(),
            trashed: self.trashed().await?,
            export: self.export(&turn.conversation.id.to_string()).await?,
            upload: self.upload().await?,
            api_key: self.api_key().await?,
            folder: self.folder().await?,
            share: self.share(&turn.conversation.id.to_string()).await?,
            file: String::new(),
        })
    }

    async fn export(&self, conversation: &str) -> Result<String> {
        let arguments = [
            ("conversation", conversation.to_owned()),
            ("format", "json".to_owned()),
        ];
        let id: ExportId = self.owner.call("create_export", &arguments).await??;
        Ok(id.to_string())
    }

    async fn trashed(&self) -> Result<String> {
        let turn = send_and_wait(&self.owner, None, "Hello").await?;
        let id = turn.conversation.id.to_string();
        let arguments = [("id", id.clone())];
        self.owner
            .call::<()>("delete_conversation", &arguments)
            .await??;
        Ok(id)
    }

    async fn api_key(&self) -> Result<String> {
        // One for each row would be more than anybody may have.
        let mut keys: Vec<ApiKeySummary> = self.owner.call("api_keys", &[]).await??;
        if keys.is_empty() {
            let name = [("name", "a program".to_owned())];
            self.owner.call::<String>("create_api_key", &name).await??;
            keys = self.owner.call("api_keys", &[]).await??;
        }
        Ok(keys.first().context("a key was made")?.id.to_string())
    }

    async fn folder(&self) -> Result<String> {
        let name = [("name", new_key().to_string())];
        let id: FolderId = self.owner.call("create_folder", &name).await??;
        Ok(id.to_string())
    }

    async fn share(&self, conversation: &str) -> Result<String> {
        let arguments = [
            ("id", conversation.to_owned()),
            ("audience", "named".to_owned()),
            ("readers[0]", "Carl".to_owned()),
        ];
        let id: ShareId = self.owner.call("share_conversation", &arguments).await??;
        Ok(id.to_string())
    }

    async fn file(&self) -> Result<String> {
        let file = add_file(&self.owner, "notes.txt", b"some notes").await?;
        Ok(file.id.to_string())
    }

    async fn upload(&self) -> Result<String> {
        let page = super::imports::upload(&self.owner, "file.json", b"{}").await?;
        let (_, id) = page.rsplit_once('=').context("the page names the upload")?;
        Ok(id.to_owned())
    }

    fn in_order(&self) -> [&WebClient; 4] {
        [
            &self.anonymous,
            &self.other_user,
            &self.administrator,
            &self.owner,
        ]
    }
}

async fn stop(client: &WebClient, message: &Message) -> Result<()> {
    let arguments = [("message", message.id.to_string())];
    client.call::<()>("stop_turn", &arguments).await??;
    client.read_to_end(message).await?;
    Ok(())
}

#[test]
fn every_server_function_has_a_row_and_every_row_a_server_function() {
    let registered: BTreeSet<&str> = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path)
        .collect();
    let rows: BTreeSet<&str> = FUNCTIONS.iter().map(|row| row.path).collect();
    assert_eq!(registered, rows);
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let registered: BTreeSet<String> = hearth_server::http::routes()
        .into_iter()
        .map(|route| route.path)
        .collect();
    let rows: BTreeSet<String> = ROUTES.iter().map(|row| row.path.to_owned()).collect();
    assert_eq!(registered, rows, "left: served, right: in this table");
}

#[tokio::test]
async fn every_route_answers_each_person_as_the_table_says() -> Result<()> {
    let people = People::meet().await?;
    let mut belongings = people.belongings().await?;
    belongings.file = people.file().await?;
    let mut differences = Vec::new();
    let posted: Vec<String> = hearth_server::http::routes()
        .into_iter()
        .filter(|route| route.method == "POST")
        .map(|route| route.path)
        .collect();
    for row in ROUTES {
        let path = row
            .path
            .replace("/s/{id}", &format!("/s/{}", belongings.share))
            .replace("{id}", &belongings.conversation)
            .replace("{export}", &belongings.export)
            .replace("{file}", &belongings.file)
            .replace("/changes", "/changes?wait=0")
            .replace("{*file}", "nothing.js");
        let is_posted = posted.iter().any(|it| it == row.path);
        let expected = [row.anonymous, row.other_user, row.administrator, row.owner];
        for (column, (client, expected)) in people.in_order().iter().zip(expected).enumerate() {
            let answer = if is_posted {
                client.submit_form(&path, &[]).await?
            } else {
                client.get(&path).await?
            };
            let found = outcome(&answer);
            if found != expected {
                differences.push(format!("{path} column {column}: {found:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
    Ok(())
}

#[tokio::test]
async fn every_server_function_answers_each_person_as_the_table_says() -> Result<()> {
    let people = People::meet().await?;
    let mut differences = Vec::new();
    for row in FUNCTIONS {
        let belongings = people.belongings().await?;
        let expected = [row.anonymous, row.other_user, row.administrator, row.owner];
        for (column, (client, expected)) in people.in_order().iter().zip(expected).enumerate() {
            let function = row.path.trim_start_matches("/api/");
            let answer = client
                .call_raw(function, &(row.arguments)(&belongings))
                .await?;
            let found = outcome(&answer);
            if found != expected {
                let text = answer.text();
                differences.push(format!("{} column {column}: {found:?} {text}", row.path));
            }
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
    Ok(())
}

#[tokio::test]
async fn what_is_not_yours_and_what_is_not_there_get_the_same_answer() -> Result<()> {
    let people = People::meet().await?;
    let theirs = people.belongings().await?;
    let nowhere = Belongings {
        conversation: new_key().to_string(),
        question: new_key().to_string(),
        answer: new_key().to_string(),
        stopped: new_key().to_string(),
        trashed: new_key().to_string(),
        session: new_key().to_string(),
        export: new_key().to_string(),
        upload: new_key().to_string(),
        api_key: new_key().to_string(),
        folder: new_key().to_string(),
        share: new_key().to_string(),
        file: new_key().to_string(),
    };
    for row in FUNCTIONS.iter().filter(|row| row.other_user == NotFound) {
        let function = row.path.trim_start_matches("/api/");
        let mut answers = Vec::new();
        for belongings in [&theirs, &nowhere] {
            let arguments = (row.arguments)(belongings);
            answers.push(people.other_user.call_raw(function, &arguments).await?);
        }
        assert_eq!(answers[0].status, 404, "{function}");
        assert_eq!(answers[0].status, answers[1].status, "{function}");
        assert_eq!(answers[0].body, answers[1].body, "{function}");
    }
    Ok(())
}

#[tokio::test]
async fn a_message_of_another_conversation_is_no_parent() -> Result<()> {
    let people = People::meet().await?;
    let theirs = people.belongings().await?;
    let own = send_and_wait(&people.other_user, None, "Hello").await?;
    let arguments = [
        ("conversation", own.conversation.id.to_string()),
        ("parent", theirs.answer),
        ("text", "Hello".to_owned()),
        ("key", new_key().to_string()),
    ];
    let sent = people
        .other_user
        .call::<StartedTurn>("send_message", &arguments)
        .await?;
    assert_eq!(sent, Err(ChatError::NotFound));
    Ok(())
}
