//! Where a conversation begins and ends: it is one value, or, in the lines that llama.cpp writes,
//! the line that begins it and those of its messages.

use std::io::Read;

use serde::Deserialize;
use serde_json::Value;

use super::values::{Broken, MAX_VALUE_BYTES, Next, Values};

/// What the line says that begins a conversation, and its most bytes: it is a name and a few ids.
const SESSION: &str = "session";
const MAX_SESSION_BYTES: usize = 64 << 10;
/// Most lines of a conversation: twice as many as it may have messages.
const MAX_LINES: usize = 200_000;

/// The conversations of a stream.
pub(super) struct Records<R> {
    values: Values<R>,
    /// The line that begins the next conversation.
    waiting: Option<Vec<u8>>,
}

/// What tells lines from each other.
#[derive(Deserialize)]
struct Line {
    r#type: Option<Value>,
}

impl<R: Read> Records<R> {
    pub(super) fn new(content: R) -> Self {
        Self {
            values: Values::new(content),
            waiting: None,
        }
    }

    /// Reads on to the end of the next conversation. Lines of one stand below each other.
    pub(super) fn read_next(&mut self) -> Result<Next, Broken> {
        let first = match self.waiting.take() {
            Some(line) => line,
            None => match self.values.read_next()? {
                Next::Value(value) => value,
                other => return Ok(other),
            },
        };
        if !begins_session(&first) {
            return Ok(Next::Value(first));
        }
        let (mut record, mut num_bytes) = (first, 0_u64);
        let mut num_lines = 0_usize;
        loop {
            num_lines = num_lines.saturating_add(1);
            match self.values.read_next()? {
                Next::End => break,
                Next::TooMany => num_lines = MAX_LINES,
                Next::TooLong(line) => num_bytes = num_bytes.saturating_add(line),
                Next::Value(line) if begins_session(&line) => {
                    self.waiting = Some(line);
                    break;
                }
                Next::Value(line) if record.len() + line.len() >= MAX_VALUE_BYTES => {
                    num_bytes = num_bytes.saturating_add(line.len() as u64);
                }
                Next::Value(_) if num_lines >= MAX_LINES => {}
                Next::Value(mut line) => {
                    record.push(b'\n');
                    record.append(&mut line);
                }
            }
        }
        Ok(match num_bytes {
            0 if num_lines >= MAX_LINES => Next::TooMany,
            0 => Next::Value(record),
            left_out => Next::TooLong(left_out.saturating_add(record.len() as u64)),
        })
    }
}

fn begins_session(json: &[u8]) -> bool {
    if json.len() > MAX_SESSION_BYTES {
        return false;
    }
    let line = serde_json::from_slice::<Line>(json);
    line.is_ok_and(|line| line.r#type.as_ref().and_then(Value::as_str) == Some(SESSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_belong_to_the_session_above_them() {
        let session = |id: u32| format!("{{\"type\":\"session\",\"id\":{id}}}");
        let line = "{\"type\":\"message\"}";
        let [one, two, three] = [1, 2, 3].map(session);
        let lines = [one.as_str(), line, line, &two, &three, line].join("\n");
        let mut records = Records::new(lines.as_bytes());
        for expected in [
            [one.as_str(), line, line].join("\n"),
            two.clone(),
            [three.as_str(), line].join("\n"),
        ] {
            let found = records.read_next().unwrap();
            assert_eq!(found, Next::Value(expected.into_bytes()));
        }
        assert_eq!(records.read_next().unwrap(), Next::End);
        let mut others = Records::new(&b"[{\"mapping\":1},{\"mapping\":2}]"[..]);
        let first = others.read_next().unwrap();
        assert_eq!(first, Next::Value(b"{\"mapping\":1}".to_vec()));
    }
}
