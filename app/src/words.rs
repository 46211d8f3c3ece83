//! Every sentence and label a person reads, in one place.

pub(crate) mod export;

use crate::model::{FinishReason, ModelState, ModelStatus, Usage, WaitState};

pub(crate) const PRODUCT: &str = "Hearth";
pub(crate) const SKIP_TO_MESSAGE: &str = "Skip to the message box";
pub(crate) const CONVERSATIONS: &str = "Conversations";
pub(crate) const NEW_CHAT: &str = "New chat";
pub(crate) const NO_CONVERSATIONS: &str = "Conversations appear here.";
pub(crate) const OPEN_SIDEBAR: &str = "Open the list of conversations";
pub(crate) const CLOSE_SIDEBAR: &str = "Close the list of conversations";
pub(crate) const RUNNING: &str = "answering";
pub(crate) const TITLE: &str = "Title";
pub(crate) const RENAME: &str = "Rename";
pub(crate) const DELETE: &str = "Delete";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const DELETED: &str = "The conversation was deleted.";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const SIGN_IN: &str = "Sign in";
pub(crate) const SIGN_IN_LEAD: &str = "Your conversations stay on this server.";
pub(crate) const NAME: &str = "Name";
pub(crate) const PASSWORD: &str = "Password";
pub(crate) const PASSWORD_RULE: &str = "10 to 128 characters.";
pub(crate) const SET_UP: &str = "Set up Hearth";
pub(crate) const SET_UP_LEAD: &str = "Create the administrator's account. \
    This page works once, with the link that the server printed when it started.";
pub(crate) const CREATE_ACCOUNT: &str = "Create account";
pub(crate) const TOKEN_MISSING: &str = "Open this page with the complete link that the server \
    printed when it started: it ends in ?token=…";
pub(crate) const SET_UP_FIRST: &str = "Nobody has an account yet. Open the set-up link that the \
    server printed when it started.";
pub(crate) const NOT_FOUND: &str = "Not found";
pub(crate) const NOT_FOUND_LEAD: &str = "There is no such page, or the conversation was deleted.";
pub(crate) const GREETING: &str = "What is on your mind?";
pub(crate) const PRIVACY: &str = "Messages stay on this server.";
pub(crate) const MESSAGES: &str = "Messages";
pub(crate) const MESSAGE: &str = "Message";
pub(crate) const MESSAGE_PLACEHOLDER: &str = "Write a message";
pub(crate) const KEYS: &str = "Enter sends, Shift+Enter starts a new line.";
pub(crate) const KEYS_WHILE_RUNNING: &str = "You can send when the answer is finished.";
pub(crate) const SEND: &str = "Send";
#[cfg(feature = "ssr")]
pub(crate) const NOT_SENT: &str = "This message was not sent";
#[cfg(feature = "ssr")]
pub(crate) const YOUR_MESSAGE: &str = "Your message";
#[cfg(feature = "ssr")]
pub(crate) const SEND_AGAIN: &str = "Send again";
#[cfg(feature = "ssr")]
pub(crate) const BACK_WITHOUT_SENDING: &str = "Back without sending";
pub(crate) const STOP: &str = "Stop";
pub(crate) const TO_BOTTOM: &str = "To the newest message";
pub(crate) const YOU: &str = "You";
pub(crate) const ASSISTANT: &str = "Assistant";
pub(crate) const COPY: &str = "Copy";
pub(crate) const COPIED: &str = "Copied";
pub(crate) const NOT_COPIED: &str = "Copying failed";
pub(crate) const REGENERATE: &str = "Regenerate";
pub(crate) const RETRY: &str = "Retry";
pub(crate) const CONTINUE: &str = "Continue";
pub(crate) const EARLIER_VERSION: &str = "Earlier version";
pub(crate) const LATER_VERSION: &str = "Later version";
pub(crate) const MESSAGE_ACTIONS: &str = "Actions";
pub(crate) const THINKING: &str = "Waiting for the first word…";
pub(crate) const STOPPED: &str = "Stopped. The text so far was kept.";
pub(crate) const INTERRUPTED: &str =
    "Interrupted: the server stopped in mid-answer. The text so far was kept.";
pub(crate) const CUT_OFF: &str = "The answer reached its length limit.";
pub(crate) const FAILED: &str = "The answer failed. Your message was saved.";
pub(crate) const GENERATING: &str = "Generating";
pub(crate) const COMPLETE: &str = "Answer complete";
pub(crate) const ANSWER_STOPPED: &str = "Stopped";
pub(crate) const ANSWER_FAILED: &str = "The answer failed";
pub(crate) const RECONNECTING: &str = "The connection was lost. The answer goes on; reconnecting…";

/// What a person waits for before the first token.
pub(crate) fn waiting(state: WaitState) -> String {
    match state {
        WaitState::LoadingModel { percent } => format!("Loading the model: {percent} %"),
        WaitState::Queued { ahead: 0 } => "Queued: next".to_owned(),
        WaitState::Queued { ahead } => format!("Queued: {ahead} ahead"),
        WaitState::ReadingPrompt { percent } => format!("Reading the prompt: {percent} %"),
    }
}

/// What an answer cost.
pub(crate) fn usage(usage: &Usage) -> String {
    let Usage {
        prompt_tokens,
        completion_tokens,
        tokens_per_second,
        ..
    } = usage;
    let counts = format!("{prompt_tokens} + {completion_tokens} tokens");
    // One token, or an answer quicker than the clock: there is no speed to tell.
    if *tokens_per_second > 0.0 {
        format!("{tokens_per_second:.1} tokens/s · {counts}")
    } else {
        counts
    }
}

/// Why an answer ended, if a person has to know.
pub(crate) fn finish(reason: Option<FinishReason>) -> Option<&'static str> {
    (reason == Some(FinishReason::Length)).then_some(CUT_OFF)
}

/// The state of the model, if it needs words.
pub(crate) fn model(status: &ModelStatus) -> Option<String> {
    match &status.state {
        ModelState::Loading { percent } => Some(format!("{} is loading: {percent} %", status.name)),
        ModelState::Failed(reason) => Some(format!("{} cannot answer: {reason}", status.name)),
        ModelState::Ready => None,
    }
}

/// The sentence before the command that starts a better model.
pub(crate) const DEMONSTRATION: &str = "This is a small demonstration model. \
    For real answers point Hearth at gpt-oss-20b: ";
pub(crate) const DEMONSTRATION_COMMAND: &str = "hearth serve --model PATH";
pub(crate) const DEMONSTRATION_MORE: &str = " (see the README)";

/// Name of the version switch for screen readers.
pub(crate) fn version(place: usize, count: usize) -> String {
    format!("Version {place} of {count}")
}

/// Name of a conversation's menu.
pub(crate) fn menu(title: &str) -> String {
    format!("Menu of “{title}”")
}
