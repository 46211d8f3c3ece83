//! Listening to what changes in somebody's conversations, as a browser does.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hearth_app::model::Change;
use reqwest::Method;

use crate::web_client::WebClient;

/// An open stream of changes.
#[derive(Debug)]
pub struct ChangeStream {
    response: reqwest::Response,
    unread: String,
    /// Id of the last event.
    pub cursor: String,
}

impl ChangeStream {
    /// Opens it from a cursor on, or from now on.
    pub async fn open(client: &WebClient, after: Option<&str>) -> Result<Self> {
        let address = match after {
            Some(cursor) => format!("/changes?after={cursor}"),
            None => "/changes".to_owned(),
        };
        let request = client.request(Method::GET, &address);
        let response = request
            .header("accept", "text/event-stream")
            .header("accept-encoding", "gzip, br")
            .send()
            .await?;
        ensure!(
            response.status().is_success(),
            "status {}",
            response.status()
        );
        Ok(Self {
            response,
            unread: String::new(),
            cursor: String::new(),
        })
    }

    /// A header of the answer; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.response.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The next change; absent at the end.
    pub async fn next(&mut self) -> Result<Option<Change>> {
        loop {
            while let Some((event, rest)) = self.unread.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.unread = rest;
                if let Some(change) = self.read(&event)? {
                    return Ok(Some(change));
                }
            }
            match self.response.chunk().await? {
                Some(chunk) => self.unread.push_str(std::str::from_utf8(&chunk)?),
                None if self.unread.is_empty() => return Ok(None),
                None => bail!("the stream ends within an event"),
            }
        }
    }

    /// The next change, which has to come within this time.
    pub async fn next_within(&mut self, time: Duration) -> Result<Change> {
        let next = tokio::time::timeout(time, self.next()).await;
        next.context("nothing was told in time")??
            .context("the stream goes on")
    }

    /// Whether nothing is told for this time.
    pub async fn is_silent(&mut self, time: Duration) -> Result<bool> {
        match tokio::time::timeout(time, self.next()).await {
            Err(_) => Ok(true),
            Ok(told) => {
                told?;
                Ok(false)
            }
        }
    }

    fn read(&mut self, event: &str) -> Result<Option<Change>> {
        let field = |name: &str| {
            let mut lines = event.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let (Some(id), Some(data)) = (field("id"), field("data")) else {
            return Ok(None);
        };
        id.clone_into(&mut self.cursor);
        Ok(Some(data.parse()?))
    }
}
