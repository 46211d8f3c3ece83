//! `ChatML`, with the default system line of the model at hand.

use super::{ChatTemplateError, PromptTokens};
use crate::{
    request::{ChatMessage, Conversation, Role, TokenId},
    tokenizer::Tokenizer,
};

const START: &str = "<|im_start|>";
const END: &str = "<|im_end|>";

/// A recognised `ChatML` template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMl {
    start: TokenId,
    end: TokenId,
    /// Said when a conversation does not begin with a system message.
    default_system: Option<String>,
}

impl ChatMl {
    pub(super) fn recognise(text: &str, tokenizer: &Tokenizer) -> Result<Self, ChatTemplateError> {
        if !(text.contains(START) && text.contains(END)) {
            return Err(ChatTemplateError::Unknown);
        }
        let id = |name| {
            tokenizer
                .control(name)
                .ok_or(ChatTemplateError::MissingToken(name))
        };
        Ok(Self {
            start: id(START)?,
            end: id(END)?,
            default_system: default_system(text),
        })
    }

    /// Control tokens go in as ids; what people and models wrote, as ordinary text.
    pub(super) fn prompt(
        &self,
        conversation: &Conversation,
        tokenizer: &Tokenizer,
    ) -> PromptTokens {
        let mut ids: Vec<TokenId> = tokenizer.begin_token().into_iter().collect();
        let first_role = conversation.messages.first().map(|message| message.role);
        if let Some(line) = &self.default_system
            && first_role != Some(Role::System)
        {
            let system = ChatMessage::new(Role::System, line.clone());
            self.push_message(&mut ids, &system, tokenizer);
        }
        let messages = conversation.messages.iter().map(|message| {
            let start = ids.len();
            self.push_message(&mut ids, message, tokenizer);
            start..ids.len()
        });
        let messages = messages.collect();
        let answer = ids.len();
        ids.push(self.start);
        ids.extend(tokenizer.encode_text("assistant\n"));
        PromptTokens::new(ids, messages, answer)
    }

    fn push_message(&self, ids: &mut Vec<TokenId>, message: &ChatMessage, tokenizer: &Tokenizer) {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        };
        ids.push(self.start);
        if let Some(written) = written_ids(message, tokenizer) {
            ids.extend(tokenizer.encode_text(&format!("{role}\n")));
            ids.extend_from_slice(written);
        } else {
            // Role, line break and text are one piece: the model has seen them merged so.
            ids.extend(tokenizer.encode_text(&format!("{role}\n{}", message.content)));
        }
        ids.push(self.end);
        ids.extend(tokenizer.encode_text("\n"));
    }
}

/// The ids an answer was written with, its end token left out, if they spell what is shown: a stop
/// string cuts the text but not the ids.
fn written_ids<'a>(message: &'a ChatMessage, tokenizer: &Tokenizer) -> Option<&'a [TokenId]> {
    let is_end = |id: &TokenId| tokenizer.end_tokens().contains(id);
    let num_words = message
        .token_ids
        .iter()
        .take_while(|id| !is_end(id))
        .count();
    let ids = &message.token_ids[..num_words];
    let is_written = message.role == Role::Assistant && !ids.is_empty();
    (is_written && tokenizer.spells(ids, &message.content)).then_some(ids)
}

/// The literal system line in a template, if it has one.
///
/// Templates are code: text between quotes is what we want, code between markers is not.
fn default_system(template: &str) -> Option<String> {
    const IS_CODE: [char; 4] = ['{', '}', '\'', '"'];
    template.match_indices(START).find_map(|(position, start)| {
        let after = template[position + start.len()..].strip_prefix("system")?;
        let line = after
            .strip_prefix('\n')
            .or_else(|| after.strip_prefix("\\n"))?;
        let line = &line[..line.find(END)?];
        (!line.is_empty() && !line.contains(IS_CODE)).then(|| line.replace("\\n", "\n"))
    })
}

#[cfg(test)]
mod tests {
    use super::default_system;

    #[test]
    fn the_default_system_line_is_read_from_the_template() {
        let check = |template: &str, expected: Option<&str>| {
            assert_eq!(default_system(template).as_deref(), expected, "{template}");
        };
        check(
            "{{ '<|im_start|>system\nYou help.<|im_end|>\n' }}",
            Some("You help."),
        );
        check(
            "{{ '<|im_start|>system\\nYou help.<|im_end|>\\n' }}",
            Some("You help."),
        );
        check(
            "{{ '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}",
            None,
        );
        check(
            "{{ '<|im_start|>' + message['role'] + '\\n' }}<|im_end|>",
            None,
        );
        check("<|im_start|>system\n", None);
    }
}
