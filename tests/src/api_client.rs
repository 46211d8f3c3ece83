//! A program that uses the OpenAI-compatible API with a key.

use anyhow::{Context as _, Result};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::{
    running_server::RunningServer,
    web_client::{Answer, WebClient},
};

/// A program and its key.
#[derive(Debug)]
pub struct ApiClient {
    http: reqwest::Client,
    base_url: String,
    key: String,
}

/// A stream of server-sent events, read line by line.
#[derive(Debug)]
pub struct EventLines {
    response: Response,
    unread: Vec<u8>,
}

impl ApiClient {
    /// A program of the person who is signed in at `person`.
    pub async fn of(server: &RunningServer, person: &WebClient) -> Result<Self> {
        Self::at(server.base_url(), person).await
    }

    /// As [`ApiClient::of`], of a server at that address.
    pub async fn at(base_url: &str, person: &WebClient) -> Result<Self> {
        let name = [("name", "a test".to_owned())];
        let key: String = person.call("create_api_key", &name).await??;
        Self::with_key_at(base_url, &key)
    }

    /// A program that says it has this key.
    pub fn with_key(server: &RunningServer, key: &str) -> Result<Self> {
        Self::with_key_at(server.base_url(), key)
    }

    fn with_key_at(base_url: &str, key: &str) -> Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder()
                .pool_max_idle_per_host(0)
                .no_proxy()
                .build()?,
            base_url: base_url.to_owned(),
            key: key.to_owned(),
        })
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// A request with the key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base_url);
        self.http.request(method, url).bearer_auth(&self.key)
    }

    /// Sends and reads to the end.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let response = request.send().await?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
        })
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Posts a body as it is.
    pub async fn post_raw(&self, path: &str, body: impl Into<String>) -> Result<Answer> {
        let request = self.request(Method::POST, path).body(body.into());
        self.send(request.header("content-type", "application/json"))
            .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.post_raw(path, body.to_string()).await
    }

    /// Posts what is to be answered with 200 and JSON.
    pub async fn ask(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.post(path, body).await?;
        anyhow::ensure!(answer.status == 200, "{}: {}", answer.status, answer.text());
        serde_json::from_slice(&answer.body).with_context(|| answer.text())
    }

    /// Opens a stream, or an answer that is read by lines.
    pub async fn open(&self, path: &str, body: &Value) -> Result<EventLines> {
        let mut request = self.request(Method::POST, path).body(body.to_string());
        // As every client does. An answer in one piece would be compressed, and is read as it is.
        if body["stream"] == true {
            request = request.header("accept-encoding", "gzip, br");
        }
        let response = request.send().await?;
        let unread = Vec::new();
        Ok(EventLines { response, unread })
    }
}

impl EventLines {
    /// A header of the answer; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.response.headers().get(name);
        let value = value.and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The next line that is not empty; absent at the end.
    pub async fn next(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let line = String::from_utf8(line)?.trim_end().to_owned();
                if line.is_empty() {
                    continue;
                }
                return Ok(Some(line));
            }
            match self.response.chunk().await? {
                Some(chunk) => self.unread.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }

    /// All lines to the end.
    pub async fn lines(mut self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        while let Some(line) = self.next().await? {
            lines.push(line);
        }
        Ok(lines)
    }

    /// All chunks to `[DONE]`, comments left out.
    pub async fn chunks(self) -> Result<Vec<Value>> {
        let lines = self.lines().await?;
        let data: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("data: "))
            .collect();
        let (last, chunks) = data.split_last().context("the stream has lines")?;
        anyhow::ensure!(*last == "[DONE]", "the last line is {last}");
        let parse = |chunk: &&str| Ok(serde_json::from_str(chunk)?);
        chunks.iter().map(parse).collect()
    }
}

/// A chat with one question.
pub fn question(text: &str) -> Value {
    serde_json::json!({"messages": [{"role": "user", "content": text}], "temperature": 0})
}

/// The same request with another field.
#[must_use]
pub fn with(mut request: Value, field: &str, value: impl Into<Value>) -> Value {
    request[field] = value.into();
    request
}
