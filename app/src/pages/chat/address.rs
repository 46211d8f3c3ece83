//! Which conversation the address bar names.

use leptos_router::params::ParamsMap;

use crate::{
    model::{ConversationId, FolderId, ListPlace, MessageId},
    sub_path::{SubPath, address_of},
};

/// A place of the chat page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChatAddress {
    New,
    Conversation(ConversationId),
    /// `/c/` followed by something that is no id.
    Nowhere,
}

impl ChatAddress {
    /// Reads an address without its query.
    pub(super) fn parse(address: &str, sub_path: SubPath) -> Self {
        let path = sub_path.strip(address).unwrap_or_default();
        match path.strip_prefix("/c/") {
            None => Self::New,
            Some(id) => id
                .trim_end_matches('/')
                .parse()
                .map_or(Self::Nowhere, Self::Conversation),
        }
    }

    /// The conversation, if one is named.
    pub(super) fn conversation(self) -> Option<ConversationId> {
        match self {
            Self::Conversation(id) => Some(id),
            Self::New | Self::Nowhere => None,
        }
    }
}

/// What an address asks for instead of the newest: links lead there without script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces {
    /// The page of the list below this place.
    pub(super) older: Option<ListPlace>,
    /// The list of this folder, and the page of it below this place.
    pub(super) folder: Option<FolderId>,
    pub(super) within: Option<ListPlace>,
    /// The messages before this one.
    pub(super) before: Option<MessageId>,
    /// The messages around this one, which somebody looked for.
    pub(super) at: Option<MessageId>,
    /// What can be done with this conversation, as forms.
    pub(super) menu: Option<ConversationId>,
    /// A box in the place of this question.
    pub(super) edit: Option<MessageId>,
}

impl Pieces {
    /// Reads the query of an address; what nobody understands is left out.
    pub(super) fn parse(query: &ParamsMap) -> Self {
        Self {
            older: query.get("older").and_then(|place| place.parse().ok()),
            folder: query.get("folder").and_then(|id| id.parse().ok()),
            within: query.get("within").and_then(|place| place.parse().ok()),
            before: query.get("before").and_then(|id| id.parse().ok()),
            at: query.get("at").and_then(|id| id.parse().ok()),
            menu: query.get("menu").and_then(|id| id.parse().ok()),
            edit: query.get("edit").and_then(|id| id.parse().ok()),
        }
    }
}

/// The address of the messages of a conversation before one of them.
pub(super) fn before(conversation: ConversationId, message: MessageId) -> String {
    format!("{}?before={message}", address(Some(conversation)))
}

/// The address of a conversation, or of a new one.
pub(super) fn address(conversation: Option<ConversationId>) -> String {
    address_of(&conversation.map_or_else(|| "/".to_owned(), |id| format!("/c/{id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_conversation_or_a_new_one() {
        let id: ConversationId = "0192f0c1-2f3a-7000-8000-000000000001".parse().unwrap();
        for sub_path in [SubPath::default(), SubPath::new("/c/chat".to_owned())] {
            let parse = |path: &str| ChatAddress::parse(&sub_path.to(path), sub_path);
            assert_eq!(parse("/"), ChatAddress::New);
            let found = parse(&format!("/c/{id}"));
            assert_eq!(found, ChatAddress::Conversation(id));
            assert_eq!(parse(&format!("/c/{id}/")), found);
            assert_eq!(parse("/c/nonsense"), ChatAddress::Nowhere);
        }
    }
}
