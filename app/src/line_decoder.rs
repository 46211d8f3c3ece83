//! Arbitrary byte chunks to whole lines.
//!
//! A network chunk may end anywhere, also inside a character; a line feed never occurs inside a
//! line, because JSON escapes it.

use std::string::FromUtf8Error;

/// Collects bytes until a line is whole.
#[derive(Debug, Default)]
pub struct LineDecoder {
    /// The beginning of a line that has not ended yet.
    rest: Vec<u8>,
}

impl LineDecoder {
    /// Takes the next bytes and returns the lines that are whole now, without empty ones.
    ///
    /// # Errors
    /// If a line is no text: the stream is damaged and must be opened again.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, FromUtf8Error> {
        let mut lines = Vec::new();
        let mut bytes = bytes;
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.rest);
            if !line.trim_ascii().is_empty() {
                lines.push(String::from_utf8(line)?);
            }
        }
        self.rest.extend_from_slice(bytes);
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::model::{
        ChatError, ChatEvent, ChatEventKind, Cursor, MessageId, MessageStatus, TailLine, Told,
        WaitState,
    };

    fn line(seq: u64, kind: ChatEventKind) -> TailLine {
        let cursor = Cursor { epoch: 7, seq };
        TailLine {
            message: MessageId::new(Uuid::from_u128(seq.into())),
            told: Told::Event(ChatEvent { cursor, kind }),
        }
    }

    fn lines_of(texts: &[String]) -> Vec<TailLine> {
        let mut lines = vec![line(
            1,
            ChatEventKind::Waiting(WaitState::Queued {
                ahead: 2,
                seconds: Some(40),
            }),
        )];
        for (seq, text) in (2..).zip(texts) {
            let html = text.clone();
            lines.push(line(seq, ChatEventKind::Pending { keep: 3, html }));
            lines.push(line(seq, ChatEventKind::Block(text.clone())));
        }
        lines.push(TailLine {
            message: MessageId::new(Uuid::from_u128(98)),
            told: Told::Refused(ChatError::NotFound),
        });
        lines.push(line(
            99,
            ChatEventKind::Ended {
                status: MessageStatus::Finished,
                finish_reason: None,
                usage: None,
                error: None,
            },
        ));
        lines
    }

    fn bytes_of(lines: &[TailLine]) -> Vec<u8> {
        lines
            .iter()
            .flat_map(|line| line.to_line().to_vec())
            .collect()
    }

    fn read(lines: &[String]) -> Vec<TailLine> {
        let read = |line: &String| serde_json::from_str(line).unwrap();
        lines.iter().map(read).collect()
    }

    #[test]
    fn every_split_in_two_gives_the_same_lines() {
        let lines = lines_of(&["<p>粗体\n🦀 a</p>".into(), "é".into()]);
        let bytes = bytes_of(&lines);
        for at in 0..=bytes.len() {
            let mut decoder = LineDecoder::default();
            let mut seen = decoder.push(&bytes[..at]).unwrap();
            seen.extend(decoder.push(&bytes[at..]).unwrap());
            assert_eq!(read(&seen), lines, "split at {at}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_is_an_error_and_an_empty_one_is_none() {
        assert!(LineDecoder::default().push(b"{\"a\": \xff}\n").is_err());
        assert_eq!(LineDecoder::default().push(b"\n \n"), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn every_chunking_gives_the_same_lines(
            texts in proptest::collection::vec(".*", 0..6),
            sizes in proptest::collection::vec(1_usize..17, 1..40),
        ) {
            let lines = lines_of(&texts);
            let bytes = bytes_of(&lines);
            let mut decoder = LineDecoder::default();
            let (mut seen, mut rest) = (Vec::new(), bytes.as_slice());
            for size in sizes.iter().cycle() {
                let (chunk, later) = rest.split_at((*size).min(rest.len()));
                seen.extend(decoder.push(chunk).unwrap());
                rest = later;
                if rest.is_empty() { break; }
            }
            prop_assert_eq!(read(&seen), lines);
        }
    }
}
