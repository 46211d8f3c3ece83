//! History to token ids: whole turns are left out, oldest first, until answer and prompt fit.

use std::collections::HashMap;

use hearth_app::model::{ChatError, Notice, ReasoningEffort, Role, UserId};
use hearth_engine::{
    handle::EngineHandle,
    harmony::conversation::ReasoningEffort as EngineEffort,
    request::{ChatMessage, Conversation, Role as EngineRole, SubmitError, TokenId},
};

use super::{ChatServer, refusal::store_refused, settings::Settings, tools};
use crate::{accounts::now_ms, calendar::utc_date, settings::Bilingual, store::StoredMessage};

/// Part of the context window kept free for the answer, unless the turn says how long it may be.
const REPLY_SHARE: usize = 4;

/// A prompt that fits.
#[derive(Debug)]
pub(super) struct Prompt {
    pub(super) ids: Vec<TokenId>,
    /// What it was made of.
    pub(super) conversation: Conversation,
    /// Tokens at its beginning that no person wrote.
    pub(super) num_shared_tokens: usize,
    /// Present if turns were left out.
    pub(super) notice: Option<Notice>,
}

impl ChatServer {
    /// The messages of a branch as the engine takes them, answers without any text left out.
    /// Answers of the model at hand bring the ids they were written with.
    pub(super) async fn history(
        &self,
        user: UserId,
        branch: &[StoredMessage],
        engine: &EngineHandle,
    ) -> Result<Vec<ChatMessage>, ChatError> {
        let mut written = HashMap::new();
        if let (Some(leaf), Some(fingerprint)) = (branch.last(), engine.fingerprint()) {
            let ids = self.store.answer_token_ids(user, leaf.id, &fingerprint);
            written = ids.await.map_err(|error| store_refused(&error))?;
        }
        let said_something = branch.iter().filter(|message| !message.text.is_empty());
        let messages = said_something.map(|message| {
            let role = match message.role {
                Role::User => EngineRole::User,
                Role::Assistant => EngineRole::Assistant,
            };
            let token_ids = written.remove(&message.id).unwrap_or_default();
            ChatMessage {
                token_ids: token_ids.into_iter().map(TokenId).collect(),
                ..ChatMessage::new(role, message.text.clone())
            }
        });
        Ok(messages.collect())
    }
}

/// Tokenises the system prompt and as many of the last turns as fit beside the answer.
///
/// # Errors
/// If the model cannot be opened, or system prompt and last message alone are too long.
pub(super) async fn fit(
    engine: &EngineHandle,
    messages: Vec<ChatMessage>,
    settings: &Settings,
) -> Result<Prompt, SubmitError> {
    let system = system_message(&settings.system_prompt, &messages);
    let num_fixed = usize::from(system.is_some());
    let messages = system.into_iter().chain(messages).collect();
    let mut conversation = Conversation {
        messages,
        date: utc_date(now_ms()),
        reasoning_effort: engine_effort(settings.reasoning_effort),
        tools: tools::offered(settings),
        ..Conversation::default()
    };
    let mut num_left_out = 0;
    loop {
        let ids = engine.prompt(&conversation).await?;
        let window = settings.window(engine);
        let room = reply_room(window, settings.params.max_tokens);
        let is_fitting = ids.len().saturating_add(room) <= window;
        let is_least = turn_ends(&conversation.messages, num_fixed).is_empty();
        // One token of the window is the answer's.
        if is_least && ids.len() >= window {
            return Err(SubmitError::PromptTooLong {
                prompt_tokens: ids.len(),
                context_window: window,
            });
        }
        if is_fitting || is_least {
            let notice = (num_left_out > 0).then_some(Notice::TurnsLeftOut(num_left_out));
            let num_fixed = if settings.has_own_prompt {
                0
            } else {
                num_fixed
            };
            let num_shared_tokens = num_shared(engine, &conversation, num_fixed, &ids).await?;
            return Ok(Prompt {
                ids,
                conversation,
                num_shared_tokens,
                notice,
            });
        }
        let excess = ids.len() + room - window.min(ids.len());
        num_left_out += leave_out(&mut conversation.messages, num_fixed, ids.len(), excess);
    }
}

/// The engine's word for it.
pub(crate) fn engine_effort(effort: ReasoningEffort) -> EngineEffort {
    match effort {
        ReasoningEffort::Low => EngineEffort::Low,
        ReasoningEffort::Medium => EngineEffort::Medium,
        ReasoningEffort::High => EngineEffort::High,
    }
}

/// Tokens at the beginning of a prompt that are the same whatever people write behind the first
/// `num_fixed` messages.
async fn num_shared(
    engine: &EngineHandle,
    conversation: &Conversation,
    num_fixed: usize,
    ids: &[TokenId],
) -> Result<usize, SubmitError> {
    let bare = Conversation {
        messages: conversation.messages[..num_fixed].to_vec(),
        ..conversation.clone()
    };
    let bare = engine.prompt(&bare).await?;
    Ok(ids
        .iter()
        .zip(bare)
        .take_while(|(id, other)| *id == other)
        .count())
}

/// What a conversation begins with, in the language of its first message.
fn system_message(prompt: &Bilingual, messages: &[ChatMessage]) -> Option<ChatMessage> {
    let is_chinese = messages
        .first()
        .is_some_and(|first| is_chinese(&first.content));
    let text = prompt.choose(is_chinese);
    (!text.is_empty()).then(|| ChatMessage::new(EngineRole::System, text))
}

/// Whether a text is Chinese, English words in between or not: it has at least as many Chinese
/// characters as words in Latin letters.
fn is_chinese(text: &str) -> bool {
    let is_han =
        |letter: char| matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
    let num_han = text.chars().filter(|&letter| is_han(letter)).count();
    let words = text.split(|letter: char| !letter.is_ascii_alphabetic());
    let num_words = words.filter(|word| !word.is_empty()).count();
    num_han > 0 && num_han >= num_words
}

/// Tokens kept free for the answer.
fn reply_room(window: usize, max_tokens: Option<u32>) -> usize {
    let asked = max_tokens.and_then(|tokens| usize::try_from(tokens).ok());
    asked.unwrap_or(window / REPLY_SHARE).min(window / 2)
}

/// Where turns but the last one end: each person's message but the first begins a new turn. The
/// first `num_fixed` messages belong to no turn.
fn turn_ends(messages: &[ChatMessage], num_fixed: usize) -> Vec<usize> {
    let starts = messages.iter().enumerate().skip(num_fixed + 1);
    starts
        .filter(|(_, message)| message.role == EngineRole::User)
        .map(|(index, _)| index)
        .collect()
}

/// Removes at least one turn behind the fixed messages, and as many as hold about `excess` of
/// `num_tokens`.
fn leave_out(
    messages: &mut Vec<ChatMessage>,
    num_fixed: usize,
    num_tokens: usize,
    excess: usize,
) -> usize {
    let num_bytes = |messages: &[ChatMessage]| -> usize {
        let lengths = messages.iter().map(|message| message.content.len());
        lengths.sum()
    };
    let excess_bytes = num_bytes(messages).saturating_mul(excess) / num_tokens.max(1);
    let ends = turn_ends(messages, num_fixed);
    let enough = ends
        .iter()
        .position(|&end| num_bytes(&messages[num_fixed..end]) >= excess_bytes);
    let num_turns = enough.map_or(ends.len(), |index| index + 1);
    messages.drain(num_fixed..ends[num_turns - 1]);
    num_turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(contents: &[&str]) -> Vec<ChatMessage> {
        let roles = [EngineRole::User, EngineRole::Assistant]
            .into_iter()
            .cycle();
        let pairs = roles.zip(contents);
        pairs
            .map(|(role, content)| ChatMessage::new(role, *content))
            .collect()
    }

    #[test]
    fn the_first_message_chooses_the_language_of_the_system_prompt() {
        let prompt = Bilingual {
            en: "Help.".to_owned(),
            zh: "请帮忙。".to_owned(),
        };
        let check = |first: &str, expected: &str| {
            let system = system_message(&prompt, &messages(&[first])).unwrap();
            assert_eq!(system.content, expected, "{first}");
        };
        check("用 Rust 写一个 HTTP server", "请帮忙。");
        check("What does 火 mean in Chinese?", "Help.");
        check("3 + 4 = ?", "Help.");
        assert_eq!(
            system_message(&Bilingual::default(), &messages(&["a"])),
            None
        );
        let only_english = Bilingual::same("Help.");
        let system = system_message(&only_english, &messages(&["你好"]));
        assert_eq!(system.unwrap().content, "Help.");
    }

    #[test]
    fn only_whole_turns_are_left_out() {
        let mut conversation = messages(&["aaaa", "bbbb", "cccc", "dddd", "eeee"]);
        assert_eq!(leave_out(&mut conversation, 0, 20, 1), 1);
        assert_eq!(conversation, messages(&["cccc", "dddd", "eeee"]));
    }

    #[test]
    fn the_system_prompt_is_never_left_out() {
        let mut conversation = messages(&["aaaa", "bbbb", "cccc"]);
        conversation.insert(0, ChatMessage::new(EngineRole::System, "Help."));
        assert_eq!(turn_ends(&conversation, 1), [3]);
        assert_eq!(leave_out(&mut conversation, 1, 20, 1000), 1);
        let contents: Vec<_> = conversation.iter().map(|it| &it.content).collect();
        assert_eq!(contents, ["Help.", "cccc"]);
        assert!(turn_ends(&conversation, 1).is_empty());
    }

    #[test]
    fn the_last_question_stays_however_much_is_too_much() {
        let mut conversation = messages(&["aaaa", "bbbb", "cccc", "dddd", "eeee"]);
        assert_eq!(leave_out(&mut conversation, 0, 20, 1000), 2);
        assert_eq!(conversation, messages(&["eeee"]));
        assert!(turn_ends(&conversation, 0).is_empty());
    }
}
