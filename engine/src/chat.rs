//! Conversations to prompts. Templates are ours, chosen by recognising the model's; a template
//! found in a file is never executed.

mod chatml;
mod harmony;
mod prompt_tokens;

#[cfg(test)]
mod tests;

use chatml::ChatMl;
use harmony::Harmony;
pub use prompt_tokens::PromptTokens;

use crate::{
    harmony::{conversation::ToolCall, tool_chain::ToolChainParser},
    request::{Conversation, TokenId},
    tokenizer::Tokenizer,
};

/// Between the parts of an answer that speaks before it calls a tool.
pub(crate) const PART_SEPARATOR: &str = "\n\n";

/// How a model wants conversations written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatTemplate {
    /// `<|im_start|>role`, a line break, the text, `<|im_end|>`.
    ChatMl(ChatMl),
    /// The format of gpt-oss.
    Harmony(Harmony),
}

/// Why no template could be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChatTemplateError {
    #[error("the chat template is none of the known ones (known: ChatML)")]
    Unknown,
    #[error(
        "there is no chat template in the file and no <|im_start|> in its vocabulary: it is a base \
         model, or was converted without; take a file of the model that was made for chats"
    )]
    Missing,
    #[error("the chat template uses {0}, which the vocabulary does not have")]
    MissingToken(&'static str),
}

impl ChatTemplate {
    /// Recognises the template text of a model file.
    ///
    /// # Errors
    /// [`ChatTemplateError`] if the template is unknown or does not fit the vocabulary.
    pub fn recognise(text: &str, tokenizer: &Tokenizer) -> Result<Self, ChatTemplateError> {
        ChatMl::recognise(text, tokenizer).map(Self::ChatMl)
    }

    /// The template of a model file that has none: `ChatML`, if the vocabulary is made for it.
    ///
    /// # Errors
    /// [`ChatTemplateError::Missing`] if it is not.
    pub fn assumed(tokenizer: &Tokenizer) -> Result<Self, ChatTemplateError> {
        let chatml = ChatMl::recognise("<|im_start|><|im_end|>", tokenizer);
        let chatml = chatml.map_err(|_| ChatTemplateError::Missing)?;
        tracing::warn!("the model file has no chat template; ChatML is assumed");
        Ok(Self::ChatMl(chatml))
    }

    /// The template of gpt-oss.
    ///
    /// # Errors
    /// [`ChatTemplateError::MissingToken`] if the vocabulary is another model's.
    pub fn harmony(tokenizer: &Tokenizer) -> Result<Self, ChatTemplateError> {
        Harmony::new(tokenizer).map(Self::Harmony)
    }

    /// Plain `ChatML` of the scripted model, without a default system line.
    #[cfg(feature = "testing")]
    pub(crate) fn scripted(tokenizer: &Tokenizer) -> Self {
        ChatMl::recognise("<|im_start|><|im_end|>", tokenizer)
            .map(Self::ChatMl)
            .expect("invariant: the byte vocabulary has both control tokens")
    }

    /// Ids of the prompt at whose end the model writes its answer.
    pub fn prompt(&self, conversation: &Conversation, tokenizer: &Tokenizer) -> Vec<TokenId> {
        self.prompt_tokens(conversation, tokenizer).into_ids()
    }

    /// The same ids, and which message each of them belongs to.
    pub fn prompt_tokens(
        &self,
        conversation: &Conversation,
        tokenizer: &Tokenizer,
    ) -> PromptTokens {
        match self {
            Self::ChatMl(template) => template.prompt(conversation, tokenizer),
            Self::Harmony(template) => template.prompt(conversation, tokenizer),
        }
    }

    /// Ids of an answer of which only the text is known, as they follow a prompt.
    pub fn answer(&self, text: &str, tokenizer: &Tokenizer) -> Vec<TokenId> {
        match self {
            Self::ChatMl(_) => tokenizer.encode_text(text),
            Self::Harmony(template) => template.answer(text, tokenizer),
        }
    }

    /// What tells reasoning from answer, where the model writes both.
    pub fn parser(&self) -> Option<ToolChainParser> {
        match self {
            Self::ChatMl(_) => None,
            Self::Harmony(template) => Some(template.parser()),
        }
    }

    /// Whether the model can be told how long to think before it answers.
    pub fn has_effort(&self) -> bool {
        matches!(self, Self::Harmony(_))
    }

    /// Whether the model can call tools.
    pub fn has_tools(&self) -> bool {
        matches!(self, Self::Harmony(_))
    }

    /// Ids that follow an answer that ends with a call, up to where the model goes on; empty
    /// where no tool can be called.
    pub fn tool_result(
        &self,
        call: &ToolCall,
        result: &str,
        tokenizer: &Tokenizer,
    ) -> Vec<TokenId> {
        match self {
            Self::ChatMl(_) => Vec::new(),
            Self::Harmony(template) => template.tool_result(call, result, tokenizer),
        }
    }

    /// Ids at the beginning of an answer that calls a function: this one, or one that the model
    /// chooses. Empty where no function can be called.
    pub fn begun_call(&self, function: Option<&str>, tokenizer: &Tokenizer) -> Vec<TokenId> {
        match self {
            Self::ChatMl(_) => Vec::new(),
            Self::Harmony(template) => template.begun_call(function, tokenizer),
        }
    }
}
