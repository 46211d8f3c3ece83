//! Conversations to prompts, on any thread.

use std::sync::Arc;

use super::EngineHandle;
use crate::{
    chat::PromptTokens,
    harmony::conversation::ToolCall,
    loaded_model::OpenedModel,
    request::{Conversation, SubmitError, TokenId},
};

/// The vocabulary and the template of a model whose file is open. Cheap to clone.
///
/// Its functions take as long as it takes to encode the texts that they are given: a tenth of a
/// second for a long conversation, so they belong on a thread that nothing else waits for.
#[derive(Clone, Debug)]
pub struct PromptMaker(Arc<OpenedModel>);

impl PromptMaker {
    /// Ids of the prompt at whose end the model answers.
    pub fn prompt(&self, conversation: &Conversation) -> Vec<TokenId> {
        self.prompt_tokens(conversation).into_ids()
    }

    /// The same ids, of which those of whole messages can be left out.
    pub fn prompt_tokens(&self, conversation: &Conversation) -> PromptTokens {
        let template = &self.0.template;
        template.prompt_tokens(conversation, &self.0.tokenizer)
    }

    /// Ids with which every next prompt of a conversation begins, whatever is said next.
    pub fn next_prompt(&self, conversation: &Conversation) -> Vec<TokenId> {
        self.prompt_tokens(conversation).into_next_prompt()
    }

    /// Ids of an answer that another model gave.
    pub fn encode_answer(&self, text: &str) -> Vec<TokenId> {
        self.0.template.answer(text, &self.0.tokenizer)
    }

    /// See [`EngineHandle::tool_result`].
    pub fn tool_result(&self, call: &ToolCall, result: &str) -> Vec<TokenId> {
        let template = &self.0.template;
        template.tool_result(call, result, &self.0.tokenizer)
    }
}

impl EngineHandle {
    /// What makes prompts of the engine's model. Waits for the file to be open, not for the
    /// weights.
    ///
    /// # Errors
    /// [`SubmitError::ModelNotLoaded`] or [`SubmitError::EngineStopped`] if it never will be.
    pub async fn prompt_maker(&self) -> Result<PromptMaker, SubmitError> {
        let mut changes = self.shared.watch_state();
        loop {
            if let Some(opened) = self.shared.opened() {
                return Ok(PromptMaker(Arc::clone(opened)));
            }
            self.shared.check_serving()?;
            if changes.changed().await.is_err() {
                return Err(SubmitError::EngineStopped);
            }
        }
    }
}
