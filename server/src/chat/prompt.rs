//! History to token ids: whole turns are left out, oldest first, until answer and prompt fit.

use std::collections::HashMap;

use hearth_app::model::{ChatError, Notice, ReasoningEffort, Role, UserId};
use hearth_engine::{
    handle::{EngineHandle, PromptMaker},
    harmony::conversation::ReasoningEffort as EngineEffort,
    request::{ChatMessage, Conversation, Role as EngineRole, SubmitError, TokenId},
};

use super::{
    ChatServer,
    file_blocks::{Said, with_blocks},
    refusal::store_refused,
    settings::Settings,
    tools,
};
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
    /// Present if turns were left out, or files of the last message are cut.
    pub(super) notice: Option<Notice>,
}

impl ChatServer {
    /// The messages of a branch as the engine takes them, with their files beside them, answers
    /// without any text left out. Answers of the model at hand bring the ids they were written
    /// with.
    pub(super) async fn history(
        &self,
        user: UserId,
        branch: &[StoredMessage],
        engine: &EngineHandle,
    ) -> Result<Vec<Said>, ChatError> {
        let (mut written, mut files) = (HashMap::new(), HashMap::new());
        if let Some(leaf) = branch.last() {
            let texts = self.store.file_texts_of_branch(user, leaf.id);
            files = texts.await.map_err(|error| store_refused(&error))?;
        }
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
            Said {
                message: ChatMessage {
                    token_ids: token_ids.into_iter().map(TokenId).collect(),
                    ..ChatMessage::new(role, message.text.clone())
                },
                files: files.remove(&message.id).unwrap_or_default(),
            }
        });
        Ok(messages.collect())
    }
}

/// Tokenises the system prompt and as many of the last turns, with their files, as fit beside the
/// answer into `window` tokens. Takes as long as it takes to encode all of it, once.
///
/// # Errors
/// If system prompt and last message alone are too long.
pub(super) fn fit(
    maker: &PromptMaker,
    window: usize,
    said: Vec<Said>,
    settings: &Settings,
) -> Result<Prompt, SubmitError> {
    let first = said.first().map_or("", |it| &it.message.content);
    let system = system_message(&settings.system_prompt, first);
    let num_fixed = usize::from(system.is_some());
    let mut is_cut = false;
    let messages = said.into_iter().map(|said| {
        // What counts is the last one's.
        let message;
        (message, is_cut) = with_blocks(said, maker, window);
        message
    });
    let messages = system.into_iter().chain(messages).collect();
    let mut conversation = Conversation {
        messages,
        date: utc_date(now_ms()),
        reasoning_effort: engine_effort(settings.reasoning_effort),
        tools: tools::offered(settings),
        ..Conversation::default()
    };
    let mut tokens = maker.prompt_tokens(&conversation);
    let wanted = tokens.ids().len() + reply_room(window, settings.params.max_tokens);
    let ends = turn_ends(&conversation.messages, num_fixed);
    let left_out = turns_to_leave_out(&ends, wanted.saturating_sub(window), |end| {
        tokens.num_tokens_of(num_fixed..end)
    });
    if let Some(last) = left_out.checked_sub(1) {
        tokens.leave_out(num_fixed..ends[last]);
        conversation.messages.drain(num_fixed..ends[last]);
    }
    let num_tokens = tokens.ids().len();
    // One token of the window is the answer's.
    if left_out == ends.len() && num_tokens >= window {
        return Err(SubmitError::PromptTooLong {
            prompt_tokens: num_tokens,
            context_window: window,
        });
    }
    // What a person wrote is nobody else's.
    let num_fixed = if settings.has_own_prompt {
        0
    } else {
        num_fixed
    };
    Ok(Prompt {
        num_shared_tokens: tokens.num_fixed(num_fixed),
        ids: tokens.into_ids(),
        conversation,
        notice: match left_out {
            _ if is_cut => Some(Notice::FilesCut),
            0 => None,
            number => Some(Notice::TurnsLeftOut(number)),
        },
    })
}

/// The engine's word for it.
pub(crate) fn engine_effort(effort: ReasoningEffort) -> EngineEffort {
    match effort {
        ReasoningEffort::Low => EngineEffort::Low,
        ReasoningEffort::Medium => EngineEffort::Medium,
        ReasoningEffort::High => EngineEffort::High,
    }
}

/// What a conversation begins with, in the language of its first message.
fn system_message(prompt: &Bilingual, first: &str) -> Option<ChatMessage> {
    let text = prompt.choose(is_chinese(first));
    (!text.is_empty()).then(|| ChatMessage::new(EngineRole::System, text))
}

/// Whether a text is Chinese, English words in between or not: it has at least as many Chinese
/// characters as words in Latin letters.
pub(super) fn is_chinese(text: &str) -> bool {
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

/// How many of the first turns hold `excess` tokens; all that may be left out if they hold less.
fn turns_to_leave_out(
    ends: &[usize],
    excess: usize,
    num_tokens_before: impl Fn(usize) -> usize,
) -> usize {
    if excess == 0 {
        return 0;
    }
    let enough = ends
        .iter()
        .position(|&end| num_tokens_before(end) >= excess);
    enough.map_or(ends.len(), |last| last + 1)
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
            let system = system_message(&prompt, first).unwrap();
            assert_eq!(system.content, expected, "{first}");
        };
        check("用 Rust 写一个 HTTP server", "请帮忙。");
        check("What does 火 mean in Chinese?", "Help.");
        check("3 + 4 = ?", "Help.");
        assert_eq!(system_message(&Bilingual::default(), "a"), None);
        let only_english = Bilingual::same("Help.");
        let system = system_message(&only_english, "你好");
        assert_eq!(system.unwrap().content, "Help.");
    }

    #[test]
    fn no_more_turns_are_left_out_than_must_be() {
        // A system prompt, two questions with their answers, and the question.
        let mut conversation = messages(&["aaaa", "bbbb", "cccc", "dddd", "eeee"]);
        conversation.insert(0, ChatMessage::new(EngineRole::System, "Help."));
        let ends = turn_ends(&conversation, 1);
        assert_eq!(ends, [3, 5]);
        // Four tokens each.
        let check = |excess, expected| {
            let found = turns_to_leave_out(&ends, excess, |end| (end - 1) * 4);
            assert_eq!(found, expected, "{excess}");
        };
        check(0, 0);
        check(1, 1);
        check(8, 1);
        check(9, 2);
        // The last question stays, however much is too much.
        check(1000, 2);
        assert_eq!(turns_to_leave_out(&[], 1000, |_| 0), 0);
    }
}
