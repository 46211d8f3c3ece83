//! Stored messages and live turns, as the page shows them.

use hearth_app::model::{
    LocalTime, Message, MessageId, MessageStatus, Provenance, Role, TurnParams,
};

use super::{live_turns::LiveTurn, rendered_answers::RenderedAnswers};
use crate::store::StoredMessage;

/// Longest title made from a first message, in characters.
pub(super) const MADE_TITLE_CHARS: usize = 60;

/// A message for the page. Renders Markdown: not for the threads that serve requests.
pub(super) fn message(
    stored: StoredMessage,
    live: Option<&LiveTurn>,
    versions: Vec<MessageId>,
    time: LocalTime,
    rendered: &RenderedAnswers,
) -> Message {
    let mut message = Message {
        id: stored.id,
        parent_id: stored.parent_id,
        role: stored.role,
        status: settled(stored.status),
        text: String::new(),
        files: String::new(),
        blocks: Vec::new(),
        pending: String::new(),
        reasoning: stored.reasoning,
        steps: stored.steps,
        cursor: None,
        finish_reason: stored.finish_reason,
        usage: (stored.usage.completion_tokens > 0).then_some(stored.usage),
        provenance: (stored.role == Role::Assistant).then(|| Provenance {
            model: stored.model_name,
            sampling: sampling(&stored.params),
            seed: stored
                .params
                .seed
                .map(|it| it.to_string())
                .unwrap_or_default(),
        }),
        error: stored.error,
        rating: stored.rating,
        versions,
        time,
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
    message.reasoning = view.reasoning;
    message.steps = view.steps;
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

/// The field's own names: they are the same in every language.
fn sampling(params: &TurnParams) -> String {
    let mut parts = Vec::new();
    parts.extend(params.temperature.map(|it| format!("temperature {it}")));
    parts.extend(params.top_p.map(|it| format!("top-p {it}")));
    parts.extend(params.max_tokens.map(|it| format!("max tokens {it}")));
    parts.join(", ")
}

/// Title of a conversation: the first line of its first message, cut at a word.
pub(crate) fn title(text: &str) -> String {
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MADE_TITLE_CHARS {
        return line;
    }
    let cut: String = line.chars().take(MADE_TITLE_CHARS - 1).collect();
    // A word of more than half the title is cut itself.
    let words = cut.rfind(' ').filter(|&space| space > cut.len() / 2);
    format!("{}…", &cut[..words.unwrap_or(cut.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(
            title("\n  Why is  the sky blue?\nTell me."),
            "Why is the sky blue?"
        );
        let long = title(&"word ".repeat(30));
        assert!(long.ends_with("word…") && long.chars().count() <= MADE_TITLE_CHARS);
        assert_eq!(title(&"字".repeat(100)).chars().count(), MADE_TITLE_CHARS);
    }
}
