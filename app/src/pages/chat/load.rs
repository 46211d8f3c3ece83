//! What the page needs before it can be shown.

use futures::future::{OptionFuture, try_join5};
use serde::{Deserialize, Serialize, Serializer};

use super::address::{ChatAddress, Pieces};
use crate::{
    api::{accounts, banner, conversations, order},
    model::{
        ChatError, Conversation, ConversationPage, ConversationSummary, FolderId, Message,
        ModelStatus, PageWords, Phase, User, phases,
    },
};

/// Everything of the first view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Loaded {
    pub(super) user: User,
    pub(super) list: ConversationPage,
    /// The list does not begin with the conversation used last.
    pub(super) is_list_older: bool,
    /// The folder that is open.
    pub(super) folder: Option<(FolderId, ConversationPage)>,
    pub(super) model: ModelStatus,
    pub(super) words: PageWords,
    /// Absent: a new conversation, or `is_missing`.
    #[serde(serialize_with = "without_text")]
    pub(super) conversation: Option<Conversation>,
    /// The row whose forms the address asks for.
    pub(super) row_forms: Option<ConversationSummary>,
    /// The address names a conversation that is not there.
    pub(super) is_missing: bool,
}

/// Why there is nothing to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum NotLoaded {
    SignIn,
    SetUp,
    Failed(ChatError),
}

impl From<ChatError> for NotLoaded {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Unauthorized => Self::SignIn,
            other => Self::Failed(other),
        }
    }
}

/// Loads the page at an address.
pub(super) async fn load(address: ChatAddress, pieces: Pieces) -> Result<Loaded, NotLoaded> {
    let Some(user) = conversations::signed_in_user().await? else {
        let is_new = accounts::needs_set_up().await?;
        return Err(if is_new {
            NotLoaded::SetUp
        } else {
            NotLoaded::SignIn
        });
    };
    let read = move |id| async move {
        match pieces.at {
            Some(message) => conversations::conversation_at(id, message).await,
            None => conversations::conversation(id, pieces.before).await,
        }
    };
    let shown = OptionFuture::from(address.conversation().map(read));
    let conversation = async { found(shown.await.transpose()) };
    let asked = OptionFuture::from(pieces.menu.map(conversations::conversation_state));
    let asked = async { found(asked.await.transpose()) };
    let (list, model, words, mut conversation, asked) = try_join5(
        conversations::conversations(pieces.older),
        conversations::model_status(),
        banner::page_words(),
        conversation,
        asked,
    )
    .await?;
    let is_missing = address != ChatAddress::New && conversation.is_none();
    let folder = load_folder(pieces, conversation.as_ref()).await?;
    if let Some(shown) = &mut conversation {
        see(&mut shown.state.summary).await;
    }
    Ok(Loaded {
        user,
        list,
        is_list_older: pieces.older.is_some(),
        folder,
        model,
        words,
        conversation,
        row_forms: asked.flatten().map(|it| it.summary),
        is_missing,
    })
}

/// The folder that the address names, or the one that the shown conversation stands in.
async fn load_folder(
    pieces: Pieces,
    shown: Option<&Conversation>,
) -> Result<Option<(FolderId, ConversationPage)>, ChatError> {
    let of_shown = || {
        let summary = &shown?.state.summary;
        let is_elsewhere = summary.archived || summary.pinned_at.is_some();
        summary.folder.filter(|_| !is_elsewhere)
    };
    let Some(id) = pieces.folder.or_else(of_shown) else {
        return Ok(None);
    };
    let page = order::folder_conversations(id, pieces.within).await;
    Ok(found(page.map(Some))?.map(|page| (id, page)))
}

/// Who asks for a conversation sees what is new in it.
async fn see(summary: &mut ConversationSummary) {
    if summary.unread && order::see_conversation(summary.id).await.is_ok() {
        summary.unread = false;
    }
}

/// Not there is an answer, not a failure.
fn found<T>(answer: Result<Option<T>, ChatError>) -> Result<Option<T>, ChatError> {
    match answer {
        Err(ChatError::NotFound | ChatError::Invalid(_)) => Ok(None),
        other => other,
    }
}

/// The document holds every text already, so the values for hydration carry only its shape: as
/// many blocks as there are, a space for files and for a block that grows, a letter for each
/// thought, and no cursor, so that a running answer begins with a snapshot.
#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
fn without_text<S: Serializer>(
    conversation: &Option<Conversation>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut shape = conversation.clone();
    for message in shape.iter_mut().flat_map(|it| &mut it.messages) {
        message.text.clear();
        if !message.files.is_empty() {
            " ".clone_into(&mut message.files);
        }
        message.blocks.iter_mut().for_each(String::clear);
        if !message.pending.is_empty() {
            " ".clone_into(&mut message.pending);
        }
        leave_order(message);
        message.cursor = None;
    }
    shape.serialize(serializer)
}

/// Of reasoning and steps only the order.
fn leave_order(message: &mut Message) {
    let reasoning = message.reasoning.as_ref().map_or("", |it| &it.text);
    let (mut letters, mut places) = (String::new(), Vec::new());
    for phase in phases(reasoning, &message.steps) {
        match phase {
            Phase::Thought(_) => letters.push('.'),
            Phase::Step(_) => places.push(u32::try_from(letters.len()).ok()),
        }
    }
    for (step, place) in message.steps.iter_mut().zip(places) {
        step.reasoning_bytes = place;
    }
    if let Some(reasoning) = &mut message.reasoning {
        reasoning.text = letters;
    }
}
