//! Arbitrary byte chunks to whole events.
//!
//! A network chunk may end anywhere, also inside a character; a line feed never occurs inside a
//! frame, because JSON escapes it.

use crate::model::ChatEvent;

/// Collects bytes until a line is whole.
#[derive(Debug, Default)]
pub struct EventDecoder {
    /// The beginning of a line that has not ended yet.
    rest: Vec<u8>,
}

/// A line that is not an event: the stream is of another version, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("a frame cannot be read: {0}")]
pub struct DecodeError(#[from] serde_json::Error);

impl EventDecoder {
    /// Takes the next bytes and returns the events that are whole now.
    ///
    /// # Errors
    /// [`DecodeError`] if a line is not an event; the stream must be opened again.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<ChatEvent>, DecodeError> {
        let mut events = Vec::new();
        let mut bytes = bytes;
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.rest);
            if !line.trim_ascii().is_empty() {
                events.push(serde_json::from_slice(&line)?);
            }
        }
        self.rest.extend_from_slice(bytes);
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{ChatEventKind, Cursor, MessageStatus, WaitState};

    fn event(seq: u64, kind: ChatEventKind) -> ChatEvent {
        let cursor = Cursor { epoch: 7, seq };
        ChatEvent { cursor, kind }
    }

    fn events_of(texts: &[String]) -> Vec<ChatEvent> {
        let mut events = vec![event(
            1,
            ChatEventKind::Waiting(WaitState::Queued {
                ahead: 2,
                seconds: Some(40),
            }),
        )];
        for (seq, text) in (2..).zip(texts) {
            let html = text.clone();
            events.push(event(seq, ChatEventKind::Pending { keep: 3, html }));
            events.push(event(seq, ChatEventKind::Block(text.clone())));
        }
        events.push(event(
            99,
            ChatEventKind::Ended {
                status: MessageStatus::Finished,
                finish_reason: None,
                usage: None,
                error: None,
            },
        ));
        events
    }

    fn bytes_of(events: &[ChatEvent]) -> Vec<u8> {
        events
            .iter()
            .flat_map(|event| event.to_line().to_vec())
            .collect()
    }

    #[test]
    fn every_split_in_two_gives_the_same_events() {
        let events = events_of(&["<p>粗体\n🦀 a</p>".into(), "é".into()]);
        let bytes = bytes_of(&events);
        for at in 0..=bytes.len() {
            let mut decoder = EventDecoder::default();
            let mut seen = decoder.push(&bytes[..at]).unwrap();
            seen.extend(decoder.push(&bytes[at..]).unwrap());
            assert_eq!(seen, events, "split at {at}");
        }
    }

    #[test]
    fn a_damaged_line_is_an_error() {
        assert!(EventDecoder::default().push(b"{\"cursor\":\n").is_err());
    }

    proptest! {
        #[test]
        fn every_chunking_gives_the_same_events(
            texts in proptest::collection::vec(".*", 0..6),
            sizes in proptest::collection::vec(1_usize..17, 1..40),
        ) {
            let events = events_of(&texts);
            let bytes = bytes_of(&events);
            let mut decoder = EventDecoder::default();
            let (mut seen, mut rest) = (Vec::new(), bytes.as_slice());
            for size in sizes.iter().cycle() {
                let (chunk, later) = rest.split_at((*size).min(rest.len()));
                seen.extend(decoder.push(chunk).unwrap());
                rest = later;
                if rest.is_empty() { break; }
            }
            prop_assert_eq!(seen, events);
        }
    }
}
