//! Who may call what: every route and every server function, asked by four people.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, ExportId, Message, SessionSummary, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer, new_key, send, send_and_wait, sign_in},
    web_client::{Answer, WebClient},
};

use Outcome::{Done, Forbidden, Invalid, NotFound, ToForm, ToSignIn, ToStart, Unauthorized};

/// What somebody gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// A redirect to the sign-in page.
    ToSignIn,
    /// A redirect to the start page.
    ToStart,
    /// A redirect to the form that was filled in wrong.
    ToForm,
    Unauthorized,
    Forbidden,
    NotFound,
    /// Allowed, and the arguments are not good.
    Invalid,
    Other(u16),
}

/// What belongs to Berta, the user the table speaks of.
struct Belongings {
    conversation: String,
    answer: String,
    stopped: String,
    /// Another browser of hers.
    session: String,
    export: String,
    upload: String,
}

type Arguments = Vec<(&'static str, String)>;

/// One route or server function. The last column is tried last: it may change something.
struct Row {
    path: &'static str,
    arguments: fn(&Belongings) -> Arguments,
    anonymous: Outcome,
    other_user: Outcome,
    administrator: Outcome,
    owner: Outcome,
}

const fn row(
    path: &'static str,
    arguments: fn(&Belongings) -> Arguments,
    expected: [Outcome; 4],
) -> Row {
    let [anonymous, other_user, administrator, owner] = expected;
    Row {
        path,
        arguments,
        anonymous,
        other_user,
        administrator,
        owner,
    }
}

const EVERYBODY: [Outcome; 4] = [Done; 4];
const SIGNED_IN: [Outcome; 4] = [Unauthorized, Done, Done, Done];
const ADMINISTRATOR: [Outcome; 4] = [Unauthorized, Forbidden, Done, Forbidden];
/// As above, and what is asked for is not there.
const ADMINISTRATOR_MISSES: [Outcome; 4] = [Unauthorized, Forbidden, NotFound, Forbidden];
/// Pages of the administration.
const TO_ADMINISTRATION: [Outcome; 4] = [ToSignIn, ToStart, Done, ToStart];
/// An administrator reads no other person's conversations.
const OWNER: [Outcome; 4] = [Unauthorized, NotFound, NotFound, Done];

fn nothing(_: &Belongings) -> Arguments {
    Vec::new()
}

fn conversation(it: &Belongings) -> Arguments {
    vec![("id", it.conversation.clone())]
}

fn answer(it: &Belongings) -> Arguments {
    vec![("message", it.answer.clone())]
}

fn stopped(it: &Belongings) -> Arguments {
    vec![("message", it.stopped.clone())]
}

fn title(it: &Belongings) -> Arguments {
    vec![
        ("id", it.conversation.clone()),
        ("title", "Another title".to_owned()),
    ]
}

fn message(it: &Belongings) -> Arguments {
    vec![
        ("conversation", it.conversation.clone()),
        ("text", "Hello".to_owned()),
        ("key", new_key().to_string()),
    ]
}

fn tail(it: &Belongings) -> Arguments {
    vec![
        ("message", it.answer.clone()),
        ("cursor[epoch]", "0".to_owned()),
        ("cursor[seq]", "0".to_owned()),
    ]
}

fn markdown(it: &Belongings) -> Arguments {
    vec![
        ("conversation", it.conversation.clone()),
        ("format", "markdown".to_owned()),
    ]
}

fn export(it: &Belongings) -> Arguments {
    vec![("id", it.export.clone())]
}

fn upload(it: &Belongings) -> Arguments {
    vec![("upload", it.upload.clone())]
}

fn claim(_: &Belongings) -> Arguments {
    vec![
        ("token", "guess".to_owned()),
        ("name", "Mallory".to_owned()),
        ("password", "correct horse".to_owned()),
    ]
}

fn language(_: &Belongings) -> Arguments {
    vec![("language", "zh-CN".to_owned())]
}

fn theme(_: &Belongings) -> Arguments {
    vec![("theme", "dark".to_owned())]
}

fn session(it: &Belongings) -> Arguments {
    vec![("id", it.session.clone())]
}

fn passwords(_: &Belongings) -> Arguments {
    vec![
        ("old_password", PASSWORD.to_owned()),
        ("new_password", PASSWORD.to_owned()),
    ]
}

fn wrong_password(_: &Belongings) -> Arguments {
    vec![
        ("name", "Berta".to_owned()),
        ("password", "wrong horse".to_owned()),
    ]
}

fn setting(_: &Belongings) -> Arguments {
    vec![
        ("name", "temperature".to_owned()),
        ("value", "0.5".to_owned()),
        ("version", "0".to_owned()),
    ]
}

fn new_account(_: &Belongings) -> Arguments {
    vec![("name", "Dora".to_owned()), ("role", "user".to_owned())]
}

fn nobody(_: &Belongings) -> Arguments {
    vec![
        ("user", new_key().to_string()),
        ("change", "disable".to_owned()),
    ]
}

fn nobody_alone(_: &Belongings) -> Arguments {
    vec![("user", new_key().to_string())]
}

fn no_model(_: &Belongings) -> Arguments {
    vec![("file", "nothing.gguf".to_owned())]
}

fn guessed_link(_: &Belongings) -> Arguments {
    vec![("token", "guess".to_owned())]
}

fn banner(_: &Belongings) -> Arguments {
    vec![("dismissal", "0-1-0-0".to_owned())]
}

fn own_settings(it: &Belongings) -> Arguments {
    vec![
        ("id", it.conversation.clone()),
        ("form[temperature]", "0.5".to_owned()),
    ]
}

/// Columns: anonymous, another user, the administrator, the owner.
const FUNCTIONS: &[Row] = &[
    row("/api/set_up", claim, [Forbidden; 4]),
    row("/api/sign_in", wrong_password, [Invalid; 4]),
    row("/api/needs_set_up", nothing, EVERYBODY),
    row("/api/signed_in_user", nothing, EVERYBODY),
    row("/api/model_status", nothing, SIGNED_IN),
    row("/api/conversations", nothing, SIGNED_IN),
    row("/api/conversation", conversation, OWNER),
    row("/api/rename_conversation", title, OWNER),
    row("/api/delete_conversation", conversation, OWNER),
    row("/api/restore_conversation", conversation, OWNER),
    row("/api/show_version", answer, OWNER),
    row("/api/send_message", message, OWNER),
    row("/api/tail_turn", tail, OWNER),
    row("/api/stop_turn", answer, OWNER),
    row("/api/regenerate", answer, OWNER),
    row("/api/continue_turn", stopped, OWNER),
    row("/api/message_text", answer, OWNER),
    row("/api/conversation_settings", conversation, OWNER),
    row("/api/save_conversation_settings", own_settings, OWNER),
    row("/api/settings", nothing, ADMINISTRATOR),
    row("/api/save_setting", setting, ADMINISTRATOR),
    row("/api/accounts", nothing, ADMINISTRATOR),
    row("/api/create_account", new_account, ADMINISTRATOR),
    row("/api/make_link", nobody_alone, ADMINISTRATOR_MISSES),
    row("/api/change_account", nobody, ADMINISTRATOR_MISSES),
    row("/api/models", nothing, ADMINISTRATOR),
    row("/api/switch_model", no_model, ADMINISTRATOR_MISSES),
    row("/api/usage", nothing, ADMINISTRATOR),
    row("/api/audit", nothing, ADMINISTRATOR),
    row("/api/banner", nothing, SIGNED_IN),
    row("/api/dismiss_banner", banner, SIGNED_IN),
    row("/api/may_sign_up", nothing, EVERYBODY),
    row("/api/sign_up", claim, [Forbidden; 4]),
    row("/api/link_owner", guessed_link, EVERYBODY),
    row("/api/join", claim, [Forbidden; 4]),
    row("/api/set_language", language, EVERYBODY),
    row("/api/set_theme", theme, EVERYBODY),
    row("/api/sessions", nothing, SIGNED_IN),
    row("/api/end_session", session, OWNER),
    row("/api/change_password", passwords, SIGNED_IN),
    row("/api/end_other_sessions", nothing, SIGNED_IN),
    row("/api/create_export", markdown, OWNER),
    row("/api/exports", nothing, SIGNED_IN),
    row("/api/delete_export", export, OWNER),
    row("/api/import_preview", upload, OWNER),
    row("/api/import_commit", upload, OWNER),
    // Last: it ends the sessions.
    row("/api/sign_out", nothing, EVERYBODY),
];

/// Every other route, `{id}` being a conversation of Berta's and `{export}` an export.
const ROUTES: &[Row] = &[
    row("/", nothing, [ToSignIn, Done, Done, Done]),
    row("/c/{id}", nothing, [ToSignIn, NotFound, NotFound, Done]),
    row(
        "/exports/{export}",
        nothing,
        [ToSignIn, NotFound, NotFound, Done],
    ),
    row("/exports/all", nothing, [ToSignIn, Done, Done, Done]),
    // Nobody sends a file here: those who may are led back to the form.
    row("/import", nothing, [ToSignIn, ToForm, ToForm, ToForm]),
    row("/settings/exports", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/import", nothing, [ToSignIn, Done, Done, Done]),
    row("/sign-in", nothing, [Done, ToStart, ToStart, ToStart]),
    row("/sign-up", nothing, [Done, ToStart, ToStart, ToStart]),
    row("/join", nothing, EVERYBODY),
    row("/admin", nothing, TO_ADMINISTRATION),
    row("/admin/people", nothing, TO_ADMINISTRATION),
    row("/admin/models", nothing, TO_ADMINISTRATION),
    row("/admin/usage", nothing, TO_ADMINISTRATION),
    row("/admin/log", nothing, TO_ADMINISTRATION),
    row("/set-up", nothing, [ToSignIn, ToStart, ToStart, ToStart]),
    row("/setup", nothing, [ToSignIn, ToStart, ToStart, ToStart]),
    row("/settings", nothing, [ToSignIn, Done, Done, Done]),
    row("/settings/account", nothing, [ToSignIn, Done, Done, Done]),
    row("/healthz", nothing, EVERYBODY),
    row("/readyz", nothing, EVERYBODY),
    row("/favicon.svg", nothing, EVERYBODY),
    row("/manifest.webmanifest", nothing, EVERYBODY),
    row("/robots.txt", nothing, EVERYBODY),
    // The table asks for a file that is not there.
    row("/pkg/{*file}", nothing, [NotFound; 4]),
];

fn outcome(answer: &Answer) -> Outcome {
    if (200..300).contains(&answer.status) {
        return Done;
    }
    match answer.header("location") {
        "/sign-in" => return ToSignIn,
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
            answer: turn.assistant_message.id.to_string(),
            stopped: stopped.id.to_string(),
            export: self.export(&turn.conversation.id.to_string()).await?,
            upload: self.upload().await?,
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
    let cursor = message.cursor.context("it ran")?;
    client.tail(message.id, cursor).await?.to_end().await?;
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
    let belongings = people.belongings().await?;
    let mut differences = Vec::new();
    let posted: Vec<String> = hearth_server::http::routes()
        .into_iter()
        .filter(|route| route.method == "POST")
        .map(|route| route.path)
        .collect();
    for row in ROUTES {
        let path = row
            .path
            .replace("{id}", &belongings.conversation)
            .replace("{export}", &belongings.export)
            .replace("{*file}", "nothing.js");
        let expected = [row.anonymous, row.other_user, row.administrator, row.owner];
        for (column, (client, expected)) in people.in_order().iter().zip(expected).enumerate() {
            let answer = if posted.contains(&path) {
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
        answer: new_key().to_string(),
        stopped: new_key().to_string(),
        session: new_key().to_string(),
        export: new_key().to_string(),
        upload: new_key().to_string(),
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
