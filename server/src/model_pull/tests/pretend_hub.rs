//! A hub for tests: files in memory, behind a real socket of this machine.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

/// How one answer for a file's content goes wrong.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The connection breaks after this many bytes.
    Breaks(usize),
    /// Nothing comes any more after this many bytes.
    FallsSilent(usize),
    IgnoresRange,
    /// The content begins one byte later than asked.
    ShiftsRange,
    /// Every byte is another one.
    Damages,
    /// No length is announced and more comes than there is.
    Overflows,
    Answers(u16, &'static str),
    Redirects(String),
}

struct HubFile {
    path: String,
    content: Vec<u8>,
    is_large: bool,
}

/// What a request said.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) range: Option<String>,
    pub(super) authorization: Option<String>,
}

#[derive(Default)]
struct State {
    files: Vec<HubFile>,
    /// An answer instead of the list of files: status, content type, body.
    listing: Option<(u16, &'static str, String)>,
    page_entries: Option<usize>,
    /// The faults of the next answers with content, then none.
    faults: Vec<Fault>,
    seen: Vec<Seen>,
}

/// A hub with the model `someone/rose`; ends when dropped.
pub(super) struct PretendHub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    running: Option<(oneshot::Sender<()>, thread::JoinHandle<()>)>,
}

impl PretendHub {
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let (running, ended) = oneshot::channel();
        let answering = Arc::clone(&state);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let router = Router::new().fallback(async move |request: Request| {
                    answering.lock().unwrap().answer(&request)
                });
                tokio::select! {
                    served = axum::serve(listener, router) => served.unwrap(),
                    _ = ended => {}
                }
            });
        });
        Self {
            address,
            state,
            running: Some((running, thread)),
        }
    }

    /// A file that is listed with the git blob id.
    pub(super) fn small(self, path: &str, content: &[u8]) -> Self {
        self.with(path, content, false)
    }

    /// A file that is listed with SHA-256.
    pub(super) fn large(self, path: &str, content: &[u8]) -> Self {
        self.with(path, content, true)
    }

    fn with(self, path: &str, content: &[u8], is_large: bool) -> Self {
        self.state.lock().unwrap().files.push(HubFile {
            path: path.to_owned(),
            content: content.to_owned(),
            is_large,
        });
        self
    }

    pub(super) fn faults(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.state.lock().unwrap().faults = faults.into_iter().collect();
        self
    }

    pub(super) fn listing(self, status: u16, kind: &'static str, body: &str) -> Self {
        self.state.lock().unwrap().listing = Some((status, kind, body.to_owned()));
        self
    }

    pub(super) fn pages_of(self, num_entries: usize) -> Self {
        self.state.lock().unwrap().page_entries = Some(num_entries);
        self
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same hub under another name.
    pub(super) fn other_name(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// The ranges of the requests for content, `all` where there was none.
    pub(super) fn ranges(&self) -> Vec<String> {
        let seen = self.seen();
        let of_content = seen.iter().filter(|seen| !seen.path.starts_with("/api/"));
        let range = |seen: &Seen| seen.range.clone().unwrap_or_else(|| "all".to_owned());
        of_content.map(range).collect()
    }
}

impl Drop for PretendHub {
    fn drop(&mut self) {
        if let Some((running, thread)) = self.running.take() {
            drop(running);
            // A panic there has failed the test already.
            let _ = thread.join();
        }
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Response {
        let header = |name| {
            let value = request.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let path = request.uri().path_and_query().unwrap().as_str().to_owned();
        self.seen.push(Seen {
            path: path.clone(),
            range: header(header::RANGE),
            authorization: header(header::AUTHORIZATION),
        });
        if let Some(query) = path.strip_prefix("/api/models/someone/rose/tree/refs%2Fpr%2F1?") {
            return self.list(query);
        }
        let below = path.strip_prefix("/someone/rose/resolve/refs%2Fpr%2F1/");
        let file = below.and_then(|below| self.files.iter().find(|file| file.path == below));
        let Some(file) = file else {
            return response(404, "text/plain", "there is no such page");
        };
        let mut faults = self.faults.drain(..);
        let fault = faults.next();
        let rest = faults.collect();
        self.faults = rest;
        content(&file.content, request.headers(), fault.as_ref())
    }

    fn list(&self, query: &str) -> Response {
        assert!(query.starts_with("recursive=true"), "{query}");
        if let Some((status, kind, body)) = &self.listing {
            return response(*status, kind, body);
        }
        let num_entries = self.page_entries.unwrap_or(usize::MAX);
        let start = query
            .split_once("cursor=")
            .map_or(0, |(_, at)| at.parse().unwrap());
        let entries = self.files.iter().skip(start).take(num_entries).map(entry);
        let body = Value::Array(entries.collect()).to_string();
        let mut response = response(200, "application/json", &body);
        let next = start.saturating_add(num_entries);
        if next < self.files.len() {
            let path = "/api/models/someone/rose/tree/refs%2Fpr%2F1";
            let link = format!("<{path}?recursive=true&cursor={next}>; rel=\"next\"");
            let headers = response.headers_mut();
            headers.insert(header::LINK, link.parse().unwrap());
        }
        response
    }
}

fn entry(file: &HubFile) -> Value {
    let size = file.content.len();
    let mut blob = Sha1::new();
    blob.update(format!("blob {size}\0"));
    blob.update(&file.content);
    let blob = hex(&blob.finalize());
    if file.is_large {
        let large = json!({ "oid": hex(&Sha256::digest(&file.content)), "size": size });
        return json!({
            "type": "file", "path": file.path, "size": size, "oid": "0".repeat(40), "lfs": large,
        });
    }
    json!({ "type": "file", "path": file.path, "size": size, "oid": blob })
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
    digits.collect()
}

fn response(status: u16, kind: &str, body: &str) -> Response {
    let builder = Response::builder().status(status);
    let builder = builder.header(header::CONTENT_TYPE, kind);
    builder.body(body.to_owned().into()).unwrap()
}

fn content(content: &[u8], headers: &HeaderMap, fault: Option<&Fault>) -> Response {
    let range = headers.get(header::RANGE).map(|it| it.to_str().unwrap());
    let start = range.and_then(|it| it.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let mut start: Option<usize> = start;
    match fault {
        Some(Fault::Answers(status, body)) => return response(*status, "text/html", body),
        Some(Fault::Redirects(to)) => {
            let builder = Response::builder().status(StatusCode::FOUND);
            let builder = builder.header(header::LOCATION, to);
            return builder.body(Body::empty()).unwrap();
        }
        Some(Fault::IgnoresRange) => start = None,
        Some(Fault::ShiftsRange) => start = start.map(|start| start + 1),
        _ => {}
    }
    let mut builder = Response::builder();
    if let Some(start) = start {
        let (last, all) = (content.len() - 1, content.len());
        builder = builder
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, format!("bytes {start}-{last}/{all}"));
    }
    let mut sent = content[start.unwrap_or(0)..].to_owned();
    if !matches!(fault, Some(Fault::Overflows)) {
        builder = builder.header(header::CONTENT_LENGTH, sent.len());
    }
    let end: Option<Result<Bytes, io::Error>> = match fault {
        Some(Fault::Breaks(after)) => {
            sent.truncate(*after);
            Some(Err(io::ErrorKind::ConnectionReset.into()))
        }
        Some(Fault::Overflows) => Some(Ok(Bytes::from_static(b"and more"))),
        Some(Fault::FallsSilent(after)) => {
            sent.truncate(*after);
            let first = stream::iter([Ok::<_, io::Error>(Bytes::from(sent))]);
            let body = Body::from_stream(first.chain(stream::pending()));
            return builder.body(body).unwrap();
        }
        Some(Fault::Damages) => {
            for byte in &mut sent {
                *byte ^= 1;
            }
            None
        }
        _ => None,
    };
    // A pause between the pieces, so that a break does not overtake what was sent before.
    let pieces = [Some(Ok(Bytes::from(sent))), end];
    let pieces = stream::iter(pieces.into_iter().flatten()).then(async |piece| {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        piece
    });
    builder.body(Body::from_stream(pieces)).unwrap()
}
