//! Asking over TLS as a plain client does: no browser, HTTP/1.1, any certificate. It blocks.

use std::{
    io::{BufRead as _, BufReader},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ChatEvent, Cursor, MessageId};
use ureq::{Agent, tls::TlsConfig};

use crate::{tail::event_of, web_client::tail_form};

fn agent() -> Agent {
    let anybody = TlsConfig::builder().disable_verification(true).build();
    let config = Agent::config_builder()
        .tls_config(anybody)
        .proxy(None)
        .http_status_as_error(false)
        .build();
    config.into()
}

/// Asks once, with these lines in the head; the number that the answer brings.
pub fn number_of_answer(url: &str, lines: &[(&str, &str)]) -> Result<String> {
    let mut request = agent().get(url);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    let response = request.call()?;
    let number = response.headers().get("x-request-id");
    let number = number.context("an answer has a number")?;
    Ok(number.to_str()?.to_owned())
}

/// Frames of a stream to the last one, with the moment at which each came. `cookie` is
/// `name=value` of a session.
pub fn read(
    base_url: &str,
    cookie: &str,
    message: MessageId,
    cursor: Cursor,
) -> Result<Vec<(Instant, ChatEvent)>> {
    let form = tail_form(&[(message, cursor)]);
    let response = agent()
        .post(format!("{base_url}/api/tail_turns"))
        .header("cookie", cookie)
        .header("accept", "application/json")
        .header("accept-encoding", "gzip, br")
        .header("content-type", "application/x-www-form-urlencoded")
        .send(form)?;
    let status = response.status().as_u16();
    ensure!(status == 200, "tail_turns answered {status}");
    let mut lines = BufReader::new(response.into_body().into_reader());
    let mut frames = Vec::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(frames);
        }
        let read = serde_json::from_str(&line).with_context(|| format!("line {line}"))?;
        frames.push((Instant::now(), event_of(read)?));
    }
}
