//! Reading the stream of one turn or several, frame by frame, with the moment each came.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use hearth_app::model::{ChatEvent, ChatEventKind, MessageStatus, TailLine, Told, TurnError};

/// An open stream.
#[derive(Debug)]
pub struct Tail {
    response: reqwest::Response,
    unread: Vec<u8>,
}

impl Tail {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        let unread = Vec::new();
        Self { response, unread }
    }

    /// A header of the answer; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.response.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The next frame of the one turn that was asked for; absent at the end.
    pub async fn next(&mut self) -> Result<Option<ChatEvent>> {
        let line = self.next_line().await?;
        line.map(event_of).transpose()
    }

    /// The next line of all turns; absent at the end.
    pub async fn next_line(&mut self) -> Result<Option<TailLine>> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let shown = || format!("line {}", String::from_utf8_lossy(&line));
                return Ok(Some(serde_json::from_slice(&line).with_context(shown)?));
            }
            match self.response.chunk().await? {
                Some(chunk) => self.unread.extend_from_slice(&chunk),
                None if self.unread.is_empty() => return Ok(None),
                None => bail!("the stream ends within a line"),
            }
        }
    }

    /// Reads until so many letters have come, and gives what there is.
    pub async fn read_letters(&mut self, number: usize) -> Result<AnswerText> {
        let mut text = AnswerText::default();
        while text.letters().len() < number {
            let event = self.next().await?;
            text.apply(&event.context("the answer goes on")?);
        }
        Ok(text)
    }

    /// Reads to the last frame.
    pub async fn to_end(mut self) -> Result<AnswerText> {
        let mut text = AnswerText::default();
        while let Some(event) = self.next().await? {
            text.apply(&event);
        }
        Ok(text)
    }
}

/// The frame that a line brings.
pub(crate) fn event_of(TailLine { message, told }: TailLine) -> Result<ChatEvent> {
    match told {
        Told::Event(event) => Ok(event),
        Told::Refused(error) => bail!("{message} is refused: {error}"),
    }
}

/// An answer as a page puts it together from frames.
#[derive(Clone, Debug, Default)]
pub struct AnswerText {
    pub blocks: Vec<String>,
    pub pending: String,
    /// Status and error of the last frame.
    pub ended: Option<(MessageStatus, Option<TurnError>)>,
    /// When each length (in letters) was reached.
    history: Vec<(Instant, usize)>,
}

impl AnswerText {
    /// The answer up to a message's own cursor.
    pub fn of_message(message: &hearth_app::model::Message) -> Self {
        Self {
            blocks: message.blocks.clone(),
            pending: message.pending.clone(),
            ..Self::default()
        }
    }

    pub fn apply(&mut self, event: &ChatEvent) {
        match &event.kind {
            ChatEventKind::Pending { keep, html } => {
                self.pending.truncate(*keep);
                self.pending.push_str(html);
            }
            ChatEventKind::Block(html) => {
                self.blocks.push(html.clone());
                self.pending.clear();
            }
            ChatEventKind::Settled(changed) => {
                for (index, html) in changed {
                    self.blocks[*index].clone_from(html);
                }
            }
            ChatEventKind::Snapshot {
                blocks, pending, ..
            } => {
                self.blocks.clone_from(blocks);
                self.pending.clone_from(pending);
            }
            ChatEventKind::Ended { status, error, .. } => {
                self.ended = Some((*status, error.clone()));
            }
            ChatEventKind::Waiting(_)
            | ChatEventKind::Reasoning(_)
            | ChatEventKind::Step(_)
            | ChatEventKind::KeepAlive => {}
        }
        self.history.push((Instant::now(), self.letters().len()));
    }

    /// All HTML.
    pub fn html(&self) -> String {
        format!("{}{}", self.blocks.concat(), self.pending)
    }

    /// Letters of the visible text: what Markdown and HTML have in common.
    pub fn letters(&self) -> String {
        letters(&visible_text(&self.html()))
    }

    /// When so many letters had come; absent if fewer did.
    pub fn moment_of(&self, letters: usize) -> Option<Instant> {
        let reached = self.history.iter().find(|(_, num)| *num >= letters);
        reached.map(|(at, _)| *at)
    }

    /// How many letters had come at that moment.
    pub fn letters_at(&self, moment: Instant) -> usize {
        let before = self.history.iter().rev().find(|(at, _)| *at <= moment);
        before.map_or(0, |(_, letters)| *letters)
    }
}

/// The letters of a text and nothing else.
pub fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

/// Text between the tags.
pub fn visible_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    entities
        .into_iter()
        .fold(text, |text, (entity, plain)| text.replace(entity, plain))
}
