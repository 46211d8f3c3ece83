use std::{net::SocketAddr, time::Duration};

use axum::{Router, middleware::from_fn_with_state, routing::get};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};
use tower::ServiceExt as _;

use super::*;
use crate::{
    config::Config,
    log::{LogFormat, tests::Written},
    serve::{RunningServer, ServeOptions, Server},
};

const SECRET: &str = "geheim";

async fn start() -> (tempfile::TempDir, RunningServer) {
    start_behind("[]").await
}

/// A server that takes the word of these proxies.
async fn start_behind(proxies: &str) -> (tempfile::TempDir, RunningServer) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path().join("data"));
    config.server.trusted_proxies = serde_json::from_str(proxies).unwrap();
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start(ServeOptions::new(config)).await.unwrap();
    (folder, server)
}

/// Sends a request, with these lines of its head beside what is always there.
async fn ask(server: &RunningServer, request: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {length}\r\n\
         {lines}\r\n{body}",
        server.addr
    );
    let mut stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The numbers in the head of an answer.
fn numbers(answer: &str) -> Vec<String> {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let lines = head.lines().map(str::to_lowercase);
    let numbers = lines.filter_map(|line| Some(line.strip_prefix("x-request-id: ")?.to_owned()));
    numbers.collect()
}

/// The lines of a log, each of which has to be an object.
fn objects(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Lines about requests at this path.
fn about<'a>(lines: &'a [Value], path: &str) -> Vec<&'a Value> {
    let told = lines.iter();
    told.filter(|it| it["target"] == "access" && it["http.path"] == path)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_answer_has_one_number() {
    let (_folder, server) = start().await;
    let html = "accept: text/html\r\n";
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let foreign = "sec-fetch-site: cross-site\r\n";
    let long = "a".repeat(2 << 20);
    for (request, lines, body, status) in [
        ("GET /", html, "", 303),
        ("GET /set-up", html, "", 200),
        ("GET /nothing", html, "", 404),
        ("GET /nothing", "", "", 404),
        ("GET /healthz", "", "", 200),
        ("HEAD /healthz", "", "", 200),
        ("GET /readyz", "", "", 503),
        ("GET /pkg/nothing.js", "", "", 404),
        ("PUT /healthz", "", "", 405),
        ("POST /api/nothing", "", "", 404),
        ("POST /api/conversations", form, "", 401),
        ("POST /api/conversations", foreign, "", 403),
        ("POST /api/conversations", "", long.as_str(), 413),
        ("POST /import", "", "", 401),
        ("GET /v1/models", "", "", 401),
        ("GET /v1/nothing", "", "", 404),
        ("DELETE /v1/models", "", "", 405),
        ("GET /metrics", "", "", 401),
    ] {
        let answer = ask(&server, request, lines, body).await;
        let begins = format!("HTTP/1.1 {status}");
        assert!(answer.starts_with(&begins), "{request}: {answer}");
        assert_eq!(numbers(&answer).len(), 1, "{request}: {answer}");
    }
}

#[tokio::test]
async fn a_plain_number_of_a_proxy_comes_back_and_another_does_not() {
    let (_folder, server) = start_behind(r#"["127.0.0.1"]"#).await;
    let plain = ask(&server, "GET /healthz", "x-request-id: proxy-7\r\n", "").await;
    assert_eq!(numbers(&plain), ["proxy-7"]);
    let odd = ask(&server, "GET /healthz", "x-request-id: two words\r\n", "").await;
    let numbers = numbers(&odd);
    assert_eq!((numbers.len(), numbers[0].len()), (1, 32), "{odd}");
}

#[tokio::test]
async fn no_visitor_chooses_a_number() {
    for proxies in ["[]", r#"["192.0.2.1"]"#] {
        let (_folder, server) = start_behind(proxies).await;
        let chosen = format!("x-request-id: {}\r\n", "7".repeat(32));
        let answer = ask(&server, "GET /healthz", &chosen, "").await;
        let numbers = numbers(&answer);
        assert_eq!((numbers.len(), numbers[0].len()), (1, 32), "{answer}");
        assert_ne!(numbers[0], "7".repeat(32), "{proxies}");
    }
}

#[tokio::test]
async fn the_log_tells_each_request_and_no_secret() {
    let written = Written::default();
    let _log = tracing::subscriber::set_default(written.log("debug", LogFormat::Json));
    let (_folder, server) = start_behind(r#"["127.0.0.1"]"#).await;
    let lines = format!(
        "x-request-id: mine\r\naccept: text/html\r\ncookie: hearth_session={SECRET}\r\n\
         authorization: Bearer {SECRET}\r\nreferer: http://here/?{SECRET}\r\n"
    );
    let form = "content-type: application/x-www-form-urlencoded\r\naccept: application/json\r\n";
    let body = format!("name=Ada&password={SECRET}&token={SECRET}&text={SECRET}");
    ask(&server, &format!("GET /join?token={SECRET}"), &lines, "").await;
    ask(&server, &format!("GET /v1/models?key={SECRET}"), &lines, "").await;
    for function in ["set_up", "sign_in", "join", "send_message"] {
        ask(
            &server,
            &format!("POST /api/{function}?{SECRET}"),
            form,
            &body,
        )
        .await;
    }
    ask(&server, "GET /healthz", "", "").await;
    let log = written.text();
    assert!(!log.contains(SECRET), "{log}");
    let lines = objects(&log);
    let models = about(&lines, "/v1/models");
    assert_eq!(models.len(), 1, "{log}");
    assert_eq!(models[0]["request.id"], "mine");
    assert_eq!(models[0]["http.status"], 401);
    assert_eq!(models[0]["http.method"], "GET");
    assert_eq!(models[0]["level"], "INFO");
    assert_eq!(models[0]["client.address"], "127.0.0.1");
    assert!(models[0]["bytes"].as_u64() > Some(0), "{log}");
    assert!(models[0]["duration_ms"].is_u64(), "{log}");
    assert_eq!(about(&lines, "/healthz")[0]["level"], "DEBUG");
    assert_eq!(about(&lines, "/api/sign_in").len(), 1, "{log}");
}

#[tokio::test]
async fn what_is_logged_for_a_request_carries_its_number_also_while_its_answer_is_sent() {
    let written = Written::default();
    let _log = tracing::subscriber::set_default(written.log("info", LogFormat::Json));
    let answer = || async {
        tracing::info!("while it is made");
        let pieces = futures::stream::once(async {
            tracing::info!("while it is sent");
            Ok::<_, std::io::Error>("piece")
        });
        Body::from_stream(pieces)
    };
    let router: Router = Router::new()
        .route("/", get(answer))
        .layer(from_fn_with_state(Arc::<Metrics>::default(), log));
    let request = Request::get("/")
        .header(request_id::HEADER, "7")
        .extension(ThroughProxy);
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await;
    let bytes = axum::body::to_bytes(response.unwrap().into_body(), 100).await;
    assert_eq!(bytes.unwrap(), "piece");
    let lines = objects(&written.text());
    for message in ["while it is made", "while it is sent"] {
        let line = lines.iter().find(|it| it["message"] == message).unwrap();
        assert_eq!(line["span"]["request.id"], "7", "{message}");
    }
    let told = about(&lines, "/");
    assert_eq!(told.len(), 1, "{lines:?}");
    assert_eq!(told[0]["bytes"], 5);
    assert_eq!(told[0]["request.id"], "7");
}

#[tokio::test]
async fn an_operator_can_silence_requests_and_nothing_else() {
    let written = Written::default();
    let filter = "info,access=off";
    let _log = tracing::subscriber::set_default(written.log(filter, LogFormat::Text));
    let answer = || async { tracing::info!("a line of another module") };
    let router: Router = Router::new()
        .route("/", get(answer))
        .layer(from_fn_with_state(Arc::<Metrics>::default(), log));
    let request = Request::get("/").body(Body::empty()).unwrap();
    drop(router.oneshot(request).await.unwrap());
    let text = written.text();
    assert!(text.contains("a line of another module"), "{text}");
    assert!(!text.contains("answered"), "{text}");
}

#[tokio::test]
async fn what_is_refused_is_told_also_where_all_else_is_quiet() {
    let written = Written::default();
    let _log = tracing::subscriber::set_default(written.log("debug", LogFormat::Json));
    let (_folder, server) = start().await;
    let told = [
        ("/healthz", 200, "DEBUG"),
        // Machines ask until the model is loaded.
        ("/readyz", 503, "DEBUG"),
        ("/health", 503, "DEBUG"),
        ("/pkg/nothing.js", 404, "INFO"),
        ("/metrics", 401, "INFO"),
    ];
    for (path, _, _) in told {
        ask(&server, &format!("GET {path}"), "", "").await;
    }
    let lines = objects(&written.text());
    for (path, status, level) in told {
        let found = about(&lines, path);
        assert_eq!(found.len(), 1, "{path}");
        assert_eq!(found[0]["http.status"], status, "{path}");
        assert_eq!(found[0]["level"], level, "{path}");
    }
}

#[tokio::test]
async fn whoever_goes_before_there_is_an_answer_is_told_of_too() {
    let written = Written::default();
    let _log = tracing::subscriber::set_default(written.log("info", LogFormat::Json));
    let router: Router = Router::new()
        .route("/", get(std::future::pending::<()>))
        .layer(from_fn_with_state(Arc::<Metrics>::default(), log));
    let connection = ConnectInfo(SocketAddr::from(([203, 0, 113, 5], 4711)));
    let request = Request::get("/").extension(connection);
    let answer = router.oneshot(request.body(Body::empty()).unwrap());
    // It is dropped as that of a client who hangs up is.
    let answer = timeout(Duration::from_millis(20), answer).await;
    assert!(answer.is_err(), "there is none");
    let lines = objects(&written.text());
    let told = about(&lines, "/");
    assert_eq!(told.len(), 1, "{lines:?}");
    assert_eq!(told[0]["http.status"], 0);
    assert_eq!(told[0]["client.address"], "203.0.113.5");
}
