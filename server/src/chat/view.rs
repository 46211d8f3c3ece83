//! Stored messages and live turns, as the page shows them.

use hearth_app::model::{Message, MessageId, MessageStatus, Role};

use super::{live_turns::LiveTurn, rendered_answers::RenderedAnswers};
use crate::{calendar, store::StoredMessage};

/// Longest title made from a first message, in characters.
const MAX_TITLE_CHARS: usize = 60;

/// A message for the page. Renders Markdown: not for the threads that serve requests.
pub(super) fn message(
    stored: StoredMessage,
    live: Option<&LiveTurn>,
    versions: Vec<MessageId>,
    rendered: &RenderedAnswers,
) -> Message {
    let mut message = Message {
        id: stored.id,
        parent_id: stored.parent_id,
        role: stored.role,
        status: settled(stored.status),
        text: String::new(),
        blocks: Vec::new(),
        pending: String::new(),
        cursor: None,
        finish_reason: stored.finish_reason,
        usage: (stored.usage.completion_tokens > 0).then_some(stored.usage),
        error: stored.error,
        versions,
        time: time(stored.created_at),
    };
    match (stored.role, live) {
        (Role::User, _) => message.text = stored.text,
        (Role::Assistant, None) => {
            message.blocks = rendered.blocks(stored.id, &stored.text);
        }
        (Role::Assistant, Some(live)) => show_live(&mut message, live),
    }
    message
}

/// What the log says counts: the database follows it.
fn show_live(message: &mut Message, live: &LiveTurn) {
    let view = live.log.view();
    message.blocks = view.blocks;
    message.pending = view.pending;
    match view.ending {
        None => {
            message.status = MessageStatus::Running;
            message.cursor = Some(view.cursor);
            message.finish_reason = None;
            message.usage = None;
            message.error = None;
        }
        Some(ending) => {
            message.status = ending.status;
            message.finish_reason = ending.finish_reason;
            message.usage = ending.usage;
            message.error = ending.error;
        }
    }
}

/// Status of a message without a live turn: nobody makes it any more.
pub(super) fn settled(status: MessageStatus) -> MessageStatus {
    match status {
        MessageStatus::Running => MessageStatus::Interrupted,
        settled => settled,
    }
}

/// Title of a conversation: the first line of its first message, cut at a word.
pub(super) fn title(text: &str) -> String {
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_TITLE_CHARS {
        return line;
    }
    let cut: String = line.chars().take(MAX_TITLE_CHARS - 1).collect();
    // A word of more than half the title is cut itself.
    let words = cut.rfind(' ').filter(|&space| space > cut.len() / 2);
    format!("{}…", &cut[..words.unwrap_or(cut.len())])
}

/// Milliseconds UTC as `YYYY-MM-DD HH:MM`.
fn time(ms: i64) -> String {
    let minutes = ms.div_euclid(60_000);
    let (day, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let (year, month, date) = calendar::date(day);
    format!(
        "{year:04}-{month:02}-{date:02} {:02}:{:02}",
        minute / 60,
        minute % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(time(0), "1970-01-01 00:00");
        assert_eq!(time(951_782_340_000), "2000-02-28 23:59");
        assert_eq!(time(951_868_800_000), "2000-03-01 00:00");
        assert_eq!(time(1_709_164_800_000), "2024-02-29 00:00");
        assert_eq!(time(-60_000), "1969-12-31 23:59");
    }

    #[test]
    fn a_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(
            title("\n  Why is  the sky blue?\nTell me."),
            "Why is the sky blue?"
        );
        let long = title(&"word ".repeat(30));
        assert!(long.ends_with("word…") && long.chars().count() <= MAX_TITLE_CHARS);
        assert_eq!(title(&"字".repeat(100)).chars().count(), MAX_TITLE_CHARS);
    }
}
