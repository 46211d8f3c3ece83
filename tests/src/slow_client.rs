//! Clients that take their time: they begin a request, and read nothing of its answer.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{Cursor, Message};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::{
    deadline::eventually,
    web_client::{WebClient, function_path, tail_form},
};

/// Far more than a request takes to arrive.
const PATIENCE: Duration = Duration::from_secs(20);
const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

/// The head and the first bytes of a large file; the rest never comes.
pub async fn begin_upload(client: &WebClient) -> Result<TcpStream> {
    let head = "content-type: multipart/form-data; boundary=line\r\ncontent-length: 50000000\r\n";
    let file = "content-disposition: form-data; name=\"file\"; filename=\"a\"";
    begin(
        client,
        "/import",
        head,
        &format!("--line\r\n{file}\r\n\r\n["),
    )
    .await
}

/// An archive of everything.
pub async fn begin_archive(client: &WebClient) -> Result<TcpStream> {
    let head = format!("{FORM}content-length: 0\r\n");
    begin(client, "/exports/all", &head, "").await
}

/// The frames of a turn, from its beginning.
pub async fn begin_tail(client: &WebClient, message: &Message) -> Result<TcpStream> {
    let body = tail_form(&[(message.id, Cursor { epoch: 0, seq: 0 })]);
    let head = format!("{FORM}content-length: {}\r\n", body.len());
    begin(client, &function_path("tail_turns"), &head, &body).await
}

/// Waits until so many places of a kind of slow work are taken, as a server's watcher sees them.
pub async fn until_running(watcher: &WebClient, kind: &str, expected: u64) -> Result<()> {
    let line = format!("hearth_slow_work_running{{kind=\"{kind}\"}} {expected}");
    eventually(&line, PATIENCE, async || {
        let metrics = watcher.get("/metrics").await?.text();
        Ok(metrics.lines().any(|it| it == line).then_some(()))
    })
    .await
}

async fn begin(client: &WebClient, path: &str, head: &str, body: &str) -> Result<TcpStream> {
    let origin = client.base_url();
    let address = origin.trim_start_matches("http://");
    let cookie = client.cookie().context("somebody is signed in")?;
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\norigin: {origin}\r\ncookie: {cookie}\r\n\
         {head}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}
