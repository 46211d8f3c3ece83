//! A browser without script: forms, one cookie, and the stream of a turn.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow, ensure};
use hearth_app::model::{ChatError, Cursor, Message, MessageId};
use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE},
    redirect::Policy,
};
use serde::de::DeserializeOwned;

use crate::tail::{AnswerText, Tail};

/// Media type of a form post.
const FORM: &str = "application/x-www-form-urlencoded";

/// Name of the cookie that the client keeps; over https a prefix stands before it.
const SESSION_COOKIE: &str = "hearth_session";

/// A client that keeps the session cookie and follows no redirect.
#[derive(Debug)]
pub struct WebClient {
    http: reqwest::Client,
    base_url: String,
    cookie: Mutex<Option<String>>,
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// What a server function answered.
    pub fn outcome<T: DeserializeOwned>(&self) -> Result<Result<T, ChatError>> {
        if (200..300).contains(&self.status) {
            let value = serde_json::from_slice(&self.body);
            return Ok(Ok(value.with_context(|| format!("answer {self:?}"))?));
        }
        let error = serde_json::from_slice(&self.body);
        Ok(Err(error.with_context(|| {
            format!("status {}, body {}", self.status, self.text())
        })?))
    }
}

impl WebClient {
    /// A client nobody knows yet. `base_url` has no slash at its end.
    pub fn new(base_url: impl Into<String>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            // A killed server leaves dead connections behind.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()?;
        let base_url = base_url.into();
        let cookie = Mutex::new(None);
        Ok(Self {
            http,
            base_url,
            cookie,
        })
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// `name=value` of the session, if there is one.
    pub fn cookie(&self) -> Option<String> {
        let cookie = self.cookie.lock().unwrap_or_else(PoisonError::into_inner);
        cookie.clone()
    }

    /// Takes over a session, written `name=value`.
    pub fn set_cookie(&self, cookie: Option<String>) {
        *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = cookie;
    }

    /// A request with the session's cookie.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base_url));
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// A form post to be sent.
    pub fn form(&self, path: &str, fields: &[(&str, String)]) -> RequestBuilder {
        self.request(Method::POST, path)
            .header(CONTENT_TYPE, FORM)
            .body(encode_form(fields))
    }

    /// Sends and reads to the end; keeps a new session cookie.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let response = request.send().await?;
        self.keep_cookie(response.headers());
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
        })
    }

    /// Opens an address as a browser does.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        let request = self.request(Method::GET, path);
        self.send(request.header("accept", "text/html")).await
    }

    /// Presses a form's button, as a browser without script does.
    pub async fn submit_form(&self, path: &str, fields: &[(&str, String)]) -> Result<Answer> {
        let request = self.form(path, fields).header("accept", "text/html");
        self.send(request).await
    }

    /// Calls a server function as the page's script does.
    pub async fn call<T: DeserializeOwned>(
        &self,
        function: &str,
        arguments: &[(&str, String)],
    ) -> Result<Result<T, ChatError>> {
        self.call_raw(function, arguments).await?.outcome()
    }

    /// Calls a server function and gives the whole answer.
    pub async fn call_raw(&self, function: &str, arguments: &[(&str, String)]) -> Result<Answer> {
        let request = self.form(&function_path(function), arguments);
        self.send(request.header("accept", "application/json"))
            .await
    }

    /// Opens the stream of a turn, accepting gzip as every browser does.
    pub async fn tail(&self, message: MessageId, cursor: Cursor) -> Result<Tail> {
        self.tails(&[(message, cursor)]).await
    }

    /// Reads an answer to its end; it is as it was when its turn began.
    pub async fn read_to_end(&self, answer: &Message) -> Result<AnswerText> {
        let cursor = answer.cursor.context("a running answer has a cursor")?;
        self.tail(answer.id, cursor).await?.to_end().await
    }

    /// Opens one stream of several turns.
    pub async fn tails(&self, tails: &[(MessageId, Cursor)]) -> Result<Tail> {
        let request = self
            .tails_request(tails)
            .header("accept-encoding", "gzip, br");
        let response = request.send().await?;
        ensure!(
            response.status().is_success(),
            "tail_turns answered {}: {}",
            response.status(),
            response.text().await?
        );
        Ok(Tail::new(response))
    }

    /// Asks for one stream of several turns.
    pub fn tails_request(&self, tails: &[(MessageId, Cursor)]) -> RequestBuilder {
        self.request(Method::POST, &function_path("tail_turns"))
            .header(CONTENT_TYPE, FORM)
            .body(tail_form(tails))
    }

    fn keep_cookie(&self, headers: &HeaderMap) {
        for value in headers.get_all(SET_COOKIE) {
            let value = value.to_str().unwrap_or_default();
            let pair = value.split(';').next().unwrap_or_default();
            let (name, token) = pair.split_once('=').unwrap_or((pair, ""));
            if name.ends_with(SESSION_COOKIE) {
                self.set_cookie((!token.is_empty()).then(|| pair.to_owned()));
            }
        }
    }
}

/// What is posted to follow turns.
pub fn tail_form(tails: &[(MessageId, Cursor)]) -> String {
    let fields = (0..).zip(tails).map(|(number, (message, cursor))| {
        let Cursor { epoch, seq } = cursor;
        let name = format!("tails[{number}]");
        format!("{name}[message]={message}&{name}[cursor][epoch]={epoch}&{name}[cursor][seq]={seq}")
    });
    fields.collect::<Vec<_>>().join("&")
}

/// Where a server function is found.
pub fn function_path(function: &str) -> String {
    format!("/api/{function}")
}

/// The first attribute `name="…"` after `marker` in a page.
pub fn attribute_after<'a>(page: &'a str, marker: &str, name: &str) -> Result<&'a str> {
    let missing = || anyhow!("the page has no {name} after {marker}");
    let (_, rest) = page.split_once(marker).ok_or_else(missing)?;
    let (_, rest) = rest.split_once(&format!("{name}=\"")).ok_or_else(missing)?;
    let (value, _) = rest.split_once('"').ok_or_else(missing)?;
    Ok(value)
}

fn encode_form(fields: &[(&str, String)]) -> String {
    let pair = |(name, value): &(&str, String)| format!("{}={}", encode(name), encode(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.[]".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("invariant: a String takes every write");
        }
    }
    encoded
}
