//! Unpacks an archive on a system that holds nothing but an old C library, starts the server there
//! and has it answer: what whoever downloads it will do.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::old_glibc::OldGlibc;
use crate::process;

/// How long the server may take to answer at all, and to answer with words.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often it is asked again.
const POLL: Duration = Duration::from_millis(20);
const PASSWORD: &str = "correct+horse+battery";

/// A small system: its folder, and the program that makes it the whole world of another.
struct System {
    root: PathBuf,
    enter: Vec<String>,
}

/// A server that runs there. Dropping it ends it.
struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks the archive whose files lie below `name`; prints how long everything took.
///
/// # Errors
/// If the program does not start there, or the page or the answer does not come.
pub(super) fn check(archive: &Path, name: &str, glibc: &OldGlibc, model: &Path) -> Result<()> {
    process::announce("starting the program on a system with an old C library and nothing else");
    let system = System::make(&archive.with_file_name("system"), glibc)?;
    fs::copy(model, system.root.join("model.gguf"))?;
    let start = Instant::now();
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(archive).arg("-C").arg(&system.root);
    process::run(&mut unpack)?;
    let server = system.serve(name)?;
    let token = server.token()?;
    let page = server.ask("GET", "/set-up", &[("accept", "text/html")], "")?;
    ensure!(
        page.status == 200,
        "the page came with status {}",
        page.status
    );
    ensure!(
        page.body.contains("<html"),
        "the page is none: {}",
        page.body
    );
    let first_page = start.elapsed();
    // Only development builds have it. A page says so as one that is not there does.
    let guide = server.ask("GET", "/styleguide", &[("accept", "text/html")], "")?;
    ensure!(
        guide.status == 404,
        "a release answers /styleguide with status {}",
        guide.status
    );
    let answer = server.answer(&token)?;
    let first_answer = start.elapsed();
    process::note(&format!("it answered: {}", answer.trim()));
    println!(
        "from unpacking to the first page {:.1} s, to the first answer {:.1} s",
        first_page.as_secs_f64(),
        first_answer.as_secs_f64()
    );
    drop(server);
    fs::remove_dir_all(&system.root)?;
    Ok(())
}

impl System {
    /// The shared libraries of glibc and the compiler, and what loads them.
    fn make(root: &Path, glibc: &OldGlibc) -> Result<Self> {
        if root.exists() {
            fs::remove_dir_all(root)?;
        }
        let libraries = glibc.libraries();
        let below = libraries.strip_prefix(glibc.root())?;
        fs::create_dir_all(root.join(below))?;
        for library in fs::read_dir(&libraries)? {
            let library = library?;
            // A link is followed: what it leads to is copied under its name.
            fs::copy(library.path(), root.join(below).join(library.file_name()))?;
        }
        let loader = root.join(OldGlibc::loader());
        fs::create_dir_all(loader.parent().context("the loader lies in a folder")?)?;
        fs::copy(glibc.root().join(OldGlibc::loader()), loader)?;
        for folder in ["tmp", "data"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let root = fs::canonicalize(root)?;
        let enter = ways_in(&root);
        Ok(Self { root, enter })
    }

    /// Starts the program that was unpacked.
    fn serve(&self, name: &str) -> Result<Server> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let log = self.root.with_extension("log");
        let output = File::create(&log)?;
        let (first, rest) = self.enter.split_first().context("there is a way in")?;
        let mut command = Command::new(first);
        command.args(rest).arg(format!("/{name}/hearth"));
        command.args(["serve", "--data", "/data", "--model", "/model.gguf"]);
        command.arg("--listen").arg(format!("127.0.0.1:{port}"));
        command
            .stdin(Stdio::null())
            .stderr(output.try_clone()?)
            .stdout(output);
        let child = command
            .spawn()
            .with_context(|| format!("starting {first}"))?;
        Ok(Server { child, port, log })
    }
}

/// `unshare` needs no rights where the kernel allows user namespaces; root can do without.
fn ways_in(root: &Path) -> Vec<String> {
    let root = root.display().to_string();
    let probe = ["--map-root-user", "true"];
    if process::output(Command::new("unshare").args(probe)).is_ok() {
        return vec![
            "unshare".to_owned(),
            "--map-root-user".to_owned(),
            format!("--root={root}"),
            "--".to_owned(),
        ];
    }
    vec!["chroot".to_owned(), root]
}

/// What came back.
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Server {
    /// The one-time token that a new server prints.
    fn token(&self) -> Result<String> {
        let start = Instant::now();
        loop {
            let log = fs::read_to_string(&self.log)?;
            // The whole line, or half of the token could be taken for all of it.
            if let Some((_, rest)) = log.split_once("/set-up?token=")
                && let Some((token, _)) = rest.split_once('\n')
            {
                return Ok(token.trim().to_owned());
            }
            if start.elapsed() > PATIENCE {
                bail!("the program did not start: {log}");
            }
            thread::sleep(POLL);
        }
    }

    /// Makes an account and a key, and asks until the model has loaded and answers.
    fn answer(&self, token: &str) -> Result<String> {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let json = ("accept", "application/json");
        let account = format!("token={token}&name=Ada&password={PASSWORD}");
        let reply = self.ask("POST", "/api/set_up", &[form, json], &account)?;
        let cookie = cookie(&reply.head);
        let cookie = cookie.with_context(|| format!("no account was made: {}", reply.body))?;
        let headers = [form, json, ("cookie", cookie)];
        let reply = self.ask("POST", "/api/create_api_key", &headers, "name=check")?;
        let key: String = serde_json::from_str(&reply.body)
            .with_context(|| format!("no key was made: {}", reply.body))?;
        let bearer = format!("Bearer {key}");
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &*bearer),
        ];
        let question = r#"{"messages":[{"role":"user","content":"Good morning!"}],"max_tokens":8}"#;
        let start = Instant::now();
        loop {
            let reply = self.ask("POST", "/v1/chat/completions", &headers, question)?;
            match reply.status {
                200 => return content(&reply.body),
                503 if start.elapsed() < PATIENCE => thread::sleep(POLL),
                status => bail!("the answer came with status {status}: {}", reply.body),
            }
        }
    }

    /// One request on a connection of its own, in HTTP/1.0, so that the end is the end.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Reply> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let port = self.port;
        let mut request = format!("{method} {path} HTTP/1.0\r\nhost: 127.0.0.1:{port}\r\n");
        for (name, value) in headers {
            request.push_str(&[*name, ": ", *value, "\r\n"].concat());
        }
        let length = body.len().to_string();
        request.push_str(&["content-length: ", &length, "\r\n\r\n", body].concat());
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        reply(&String::from_utf8_lossy(&bytes))
    }
}

fn reply(text: &str) -> Result<Reply> {
    let (head, body) = text
        .split_once("\r\n\r\n")
        .context("the answer has no end of headers")?;
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok());
    Ok(Reply {
        status: status.context("the answer has no status")?,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

/// The session's cookie, as it is sent back.
fn cookie(head: &str) -> Option<&str> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let pair = value.split(';').next()?;
        let is_session =
            name.eq_ignore_ascii_case("set-cookie") && pair.contains("hearth_session=");
        is_session.then_some(pair)
    })
}

/// The words of an answer.
fn content(body: &str) -> Result<String> {
    let answer: Value = serde_json::from_str(body)?;
    let content = answer["choices"][0]["message"]["content"].as_str();
    let content = content.with_context(|| format!("the answer has no words: {body}"))?;
    ensure!(
        !content.trim().is_empty(),
        "the answer has no words: {body}"
    );
    Ok(content.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_a_status_a_cookie_and_a_body() {
        let text = "HTTP/1.0 200 OK\r\nSet-Cookie: theme=dark; Path=/\r\n\
                    set-cookie: hearth_session=abc; HttpOnly\r\n\r\nnull";
        let found = reply(text).unwrap();
        assert_eq!((found.status, found.body.as_str()), (200, "null"));
        assert_eq!(cookie(&found.head), Some("hearth_session=abc"));
        assert_eq!(cookie("HTTP/1.0 200 OK"), None);
        assert!(reply("").is_err());
        assert!(reply("nonsense\r\n\r\n").is_err());
    }

    #[test]
    fn an_answer_without_words_is_none() {
        let said = |words: &str| {
            let body = serde_json::json!({"choices": [{"message": {"content": words}}]});
            content(&body.to_string())
        };
        assert_eq!(said("Good morning.").unwrap(), "Good morning.");
        assert!(said(" ").is_err());
        assert!(content("{}").is_err());
    }
}
