//! Every answer has the number of its request: of routes and server functions, of streams and
//! files.

use anyhow::{Context as _, Result};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::{ApiClient, question, with},
    running_server::{RunningServer, send},
    web_client::{Answer, WebClient},
};
use reqwest::Method;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

const HEADER: &str = "x-request-id";

fn check(answer: &Answer, what: &str) {
    let number = answer.headers.get_all(HEADER).iter().count();
    let length = answer.header(HEADER).len();
    assert_eq!((number, length), (1, 32), "{what}: {:?}", answer.headers);
}

async fn start() -> Result<(RunningServer, WebClient)> {
    RunningServer::start(ScriptedModel::new(vec!["Good morning!".to_owned()])).await
}

#[tokio::test]
async fn every_route_and_function_gives_a_number_to_strangers_and_to_administrators() -> Result<()>
{
    let (server, ada) = start().await?;
    let stranger = server.client()?;
    let routes = hearth_server::http::routes().into_iter();
    let mut asked: Vec<(Method, String)> = routes.map(|it| (it.method, it.path)).collect();
    let functions = server_fn::axum::server_fn_paths();
    // Ada stays signed in.
    let functions = functions.filter(|(path, _)| !path.ends_with("/sign_out"));
    asked.extend(functions.map(|(path, _)| (Method::POST, path.to_owned())));
    for (method, path) in asked {
        // A stream that would go on for minutes.
        let path = path.replace("/changes", "/changes?wait=0");
        for client in [&stranger, &ada] {
            for accepted in ["text/html", "application/json"] {
                let request = client.request(method.clone(), &path);
                let answer = client.send(request.header("accept", accepted)).await?;
                check(&answer, &format!("{method} {path} {accepted}"));
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn streams_have_a_number_before_their_first_word() -> Result<()> {
    let (server, ada) = start().await?;
    let message = send(&ada, None, "Hello").await??.assistant_message;
    let cursor = message.cursor.context("it runs")?;
    let tail = ada.tails_request(&[(message.id, cursor)]).send().await?;
    assert!(tail.headers().contains_key(HEADER), "{tail:?}");
    let program = ApiClient::of(&server, &ada).await?;
    let body = with(question("Hello"), "stream", true);
    let stream = program.open("/v1/chat/completions", &body).await?;
    assert_eq!(stream.header(HEADER).len(), 32);
    Ok(())
}

#[tokio::test]
async fn a_failure_is_told_under_the_number_of_the_answer() -> Result<()> {
    let (server, ada) = start().await?;
    let options = SqliteConnectOptions::new().filename(server.database());
    let mut database = SqliteConnection::connect_with(&options).await?;
    sqlx::query("alter table setting rename to setting_that_is_gone")
        .execute(&mut database)
        .await?;
    let fields = [
        ("form[temperature][value]", "0.5".to_owned()),
        ("form[temperature][version]", "0".to_owned()),
    ];
    let answer = ada.call_raw("save_settings", &fields).await?;
    assert_eq!(answer.status, 500, "{}", answer.text());
    let number = answer.header(HEADER);
    assert!(answer.text().contains(number), "{}", answer.text());
    Ok(())
}
