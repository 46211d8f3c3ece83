//! A prompt and its place in the engine's queue: the last thing that can refuse a turn.

use hearth_app::model::{ChatError, Notice, Refusal, UserId};
use hearth_engine::{
    handle::{EngineHandle, Permit, UserKey},
    request::{Conversation, SubmitError, TokenId},
};

use super::{
    ChatServer,
    engine_slot::EngineSlot,
    file_blocks::Said,
    prompt::{self, Prompt},
    refusal::{engine_refused, store_refused},
    settings::Settings,
};
use crate::{
    slow_work::Kind,
    store::{AnswerStart, StoredMessage},
};

/// A prompt with its place in the queue.
pub(super) struct Reserved {
    /// Whose queue it is, and who makes the answer.
    pub(super) engine: EngineHandle,
    /// How often engines had been replaced by then.
    num_replaced: u64,
    pub(super) prompt: Vec<TokenId>,
    /// What the prompt was made of; absent where that would not fit any more.
    pub(super) conversation: Option<Conversation>,
    pub(super) num_shared_tokens: usize,
    pub(super) notice: Option<Notice>,
    pub(super) permit: Permit,
}

impl ChatServer {
    /// A place for an answer to this branch, and to a message that is not in it yet, at the engine
    /// that answers now: where another model takes its place meanwhile, at that one.
    pub(super) async fn reserve_current(
        &self,
        user: UserId,
        branch: &[StoredMessage],
        question: Option<Said>,
        settings: &Settings,
    ) -> Result<Reserved, ChatError> {
        loop {
            let num_replaced = self.engine.num_replaced();
            let engine = self.engine.current();
            let mut history = self.history(user, branch, &engine).await?;
            history.extend(question.clone());
            let place = (engine, num_replaced);
            let reserved = self.reserve(user, history, settings, place).await;
            if self.engine.num_replaced() == num_replaced {
                return reserved;
            }
        }
    }

    async fn reserve(
        &self,
        user: UserId,
        history: Vec<Said>,
        settings: &Settings,
        (engine, num_replaced): (EngineHandle, u64),
    ) -> Result<Reserved, ChatError> {
        let prompt = self.fit(user, &engine, history, settings).await?;
        let prompt = prompt.map_err(engine_refused)?;
        let permit = engine.reserve(user_key(user), prompt.ids.len());
        Ok(Reserved {
            engine,
            num_replaced,
            permit: permit.map_err(engine_refused)?,
            prompt: prompt.ids,
            conversation: Some(prompt.conversation),
            num_shared_tokens: prompt.num_shared_tokens,
            notice: prompt.notice,
        })
    }

    /// A place for the rest of an answer, and the ids of what is there: the stored ones if the
    /// same model goes on, else made anew from the text.
    pub(super) async fn reserve_rest(
        &self,
        user: UserId,
        old: &StoredMessage,
        branch: &[StoredMessage],
        settings: &Settings,
    ) -> Result<(Reserved, Vec<u32>), ChatError> {
        let num_replaced = self.engine.num_replaced();
        let engine = self.engine.current();
        let history = self.history(user, branch, &engine).await?;
        let again = self.fit(user, &engine, history, settings).await?;
        let stored = self.store.continued_answer(user, old.id).await;
        let stored = stored
            .map_err(|error| store_refused(&error))?
            .ok_or(ChatError::NotFound)?;
        // An imported answer has its text only.
        let has_ids = !stored.prompt_token_ids.is_empty();
        let is_exact = has_ids
            && stored.model_fingerprint.is_some()
            && stored.model_fingerprint == engine.fingerprint();
        // The prompt of then may be good where today's settings make one that is too long.
        let again = match again {
            Err(SubmitError::PromptTooLong { .. }) if is_exact => None,
            again => Some(again.map_err(engine_refused)?),
        };
        // An old prompt may begin otherwise.
        let shared = again.as_ref().filter(|_| !is_exact);
        let num_shared_tokens = shared.map_or(0, |again| again.num_shared_tokens);
        let (conversation, again) = again.map(|again| (again.conversation, again.ids)).unzip();
        let (prompt, ids, notice) = if is_exact {
            let prompt: Vec<_> = stored.prompt_token_ids.into_iter().map(TokenId).collect();
            (prompt, stored.token_ids, None)
        } else {
            let ids = self.encode_answer(user, &engine, old.text.clone()).await?;
            let notice = if has_ids {
                Notice::NotExact
            } else {
                Notice::Imported
            };
            (again.unwrap_or_default(), ids, Some(notice))
        };
        let window = settings.window(&engine);
        if prompt.len() + ids.len() >= window {
            return Err(ChatError::Invalid(Refusal::WindowFull { window }));
        }
        let permit = engine.reserve(user_key(user), prompt.len() + ids.len());
        let permit = permit.map_err(engine_refused)?;
        let reserved = Reserved {
            engine,
            num_replaced,
            prompt,
            conversation,
            num_shared_tokens,
            notice,
            permit,
        };
        Ok((reserved, ids))
    }
}

impl ChatServer {
    /// A prompt of the history that fits.
    async fn fit(
        &self,
        user: UserId,
        engine: &EngineHandle,
        history: Vec<Said>,
        settings: &Settings,
    ) -> Result<Result<Prompt, SubmitError>, ChatError> {
        let maker = engine.prompt_maker().await.map_err(engine_refused)?;
        let (window, settings) = (settings.window(engine), settings.clone());
        let fit = move || prompt::fit(&maker, window, history, &settings);
        Ok(self.slow_work.run(Kind::Text, user, fit).await?)
    }

    /// Ids of an answer that another model gave.
    async fn encode_answer(
        &self,
        user: UserId,
        engine: &EngineHandle,
        text: String,
    ) -> Result<Vec<u32>, ChatError> {
        let maker = engine.prompt_maker().await.map_err(engine_refused)?;
        let encode = move || maker.encode_answer(&text);
        let ids = self.slow_work.run(Kind::Text, user, encode).await?;
        Ok(ids.into_iter().map(|id| id.0).collect())
    }
}

impl Reserved {
    /// Whether another engine has taken the place of this one.
    pub(super) fn is_replaced(&self, slot: &EngineSlot) -> bool {
        slot.num_replaced() != self.num_replaced
    }

    /// What the database keeps of the answer from its beginning.
    pub(super) fn answer_start(&self, settings: &Settings) -> AnswerStart {
        AnswerStart {
            prompt_token_ids: self.prompt.iter().map(|id| id.0).collect(),
            params: serde_json::to_string(&settings.params)
                .expect("invariant: settings are plain data"),
            model_name: self.engine.model_name(),
            model_fingerprint: self.engine.fingerprint(),
        }
    }
}

pub(crate) fn user_key(user: UserId) -> UserKey {
    UserKey(user.as_uuid().as_u128())
}
