//! Why something was not done, as values: the page puts them into words of its language.
//!
//! The sentences here are for logs and for programs, in English.

use serde::{Deserialize, Serialize};

use super::SettingName;
#[cfg(feature = "ssr")]
use super::message::MAX_MESSAGE_BYTES;

/// What is wrong with what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(thiserror::Error))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    #[cfg_attr(feature = "ssr", error("the message is empty"))]
    MessageEmpty,
    #[cfg_attr(
        feature = "ssr",
        error("the message has {bytes} bytes, at most {MAX_MESSAGE_BYTES} are accepted")
    )]
    MessageTooLong { bytes: usize },
    /// The whole request, whatever it holds.
    #[cfg_attr(feature = "ssr", error("the request has more than {limit} bytes"))]
    RequestTooLong { limit: usize },
    #[cfg_attr(feature = "ssr", error("the title is empty"))]
    TitleEmpty,
    #[cfg_attr(feature = "ssr", error("the title is longer than {limit} characters"))]
    TitleTooLong { limit: usize },
    #[cfg_attr(
        feature = "ssr",
        error(
            "the message is too long for the model: it has {tokens} tokens, \
         and at most {window} fit with the answer"
        )
    )]
    PromptTooLong { tokens: usize, window: usize },
    /// An answer cannot go on: prompt and answer fill what the model can read.
    #[cfg_attr(
        feature = "ssr",
        error(
            "this answer cannot go on: the conversation fills all {window} tokens that the model can \
         read. A new message leaves out the oldest turns"
        )
    )]
    WindowFull { window: usize },
    /// A setting outside its range. The range reads the same in every language.
    #[cfg_attr(feature = "ssr", error("{name} is {value:?}, allowed is {range}{}", if *.may_be_empty { " or nothing" } else { "" }))]
    Setting {
        name: String,
        /// What was given, cut; may be empty.
        value: String,
        range: String,
        may_be_empty: bool,
    },
    /// A setting outside its range, of which no more is known.
    #[cfg_attr(feature = "ssr", error("this value of {name} is not accepted"))]
    BadSetting { name: SettingName },
    #[cfg_attr(
        feature = "ssr",
        error("{name} has {chars} characters, at most {limit} are accepted")
    )]
    SettingTooLong {
        name: String,
        chars: usize,
        limit: usize,
    },
    #[cfg_attr(
        feature = "ssr",
        error("{name} takes at most {lines} lines of at most {chars} characters each")
    )]
    SettingLines {
        name: SettingName,
        lines: usize,
        chars: usize,
    },
    /// Two administrators at once: the second is told what holds now.
    #[cfg_attr(
        feature = "ssr",
        error("somebody else changed this setting meanwhile; it is now: {value}")
    )]
    Outdated { value: String, version: i64 },
    #[cfg_attr(
        feature = "ssr",
        error("this is the last administrator: make another one first")
    )]
    LastAdministrator,
    #[cfg_attr(
        feature = "ssr",
        error("the name is not that of the account: nothing was deleted")
    )]
    NameDiffers,
    #[cfg_attr(
        feature = "ssr",
        error("the own account is deleted in the own settings, with its password")
    )]
    OwnAccount,
    #[cfg_attr(feature = "ssr", error("an account of this name exists already"))]
    NameTaken,
    #[cfg_attr(
        feature = "ssr",
        error("there are {limit} API keys already: revoke one first")
    )]
    TooManyKeys { limit: usize },
    #[cfg_attr(
        feature = "ssr",
        error("the name of a folder has 1 to {limit} characters")
    )]
    FolderName { limit: usize },
    #[cfg_attr(feature = "ssr", error("a folder of this name exists already"))]
    FolderTaken,
    #[cfg_attr(
        feature = "ssr",
        error("there are {limit} folders already: delete one first")
    )]
    TooManyFolders { limit: usize },
    #[cfg_attr(
        feature = "ssr",
        error("at most {limit} conversations can be pinned: unpin one first")
    )]
    TooManyPinned { limit: usize },
    #[cfg_attr(
        feature = "ssr",
        error("1 to {limit} conversations are arranged at once")
    )]
    ArrangedAtOnce { limit: usize },
    #[cfg_attr(feature = "ssr", error("sharing is turned off on this server"))]
    SharingOff,
    #[cfg_attr(feature = "ssr", error("choose whom this is for"))]
    NobodyChosen,
    #[cfg_attr(feature = "ssr", error("there is nobody of this name"))]
    NoSuchPerson,
    #[cfg_attr(feature = "ssr", error("this chat is too long to be shared"))]
    ShareTooLong,
    #[cfg_attr(
        feature = "ssr",
        error("at most {limit} copies can be shared: stop sharing one first")
    )]
    TooManyShares { limit: usize },
    /// More than a browser's number of bytes may be.
    #[cfg_attr(feature = "ssr", error("the file has more than {limit} bytes"))]
    FileTooLarge { limit: u64 },
    #[cfg_attr(feature = "ssr", error("choose a file first"))]
    NoFile,
    /// A file that was to go with a message: removed, sent with another one, or a day old.
    #[cfg_attr(
        feature = "ssr",
        error("one of the files is not there any more: add it again")
    )]
    FilesGone,
    #[cfg_attr(
        feature = "ssr",
        error("at most {limit} files can be sent with one message")
    )]
    TooManyFiles { limit: usize },
    /// All files of a person together.
    #[cfg_attr(
        feature = "ssr",
        error("your files have more than {limit} bytes together: delete chats that have some")
    )]
    FilesFull { limit: u64 },
    #[cfg_attr(
        feature = "ssr",
        error("the connection ended before everything had arrived")
    )]
    Incomplete,
    #[cfg_attr(feature = "ssr", error("this answer is complete"))]
    AnswerComplete,
    #[cfg_attr(feature = "ssr", error("this message is not an answer"))]
    NotAnAnswer,
    /// An idempotency key that came with a message to another conversation.
    #[cfg_attr(
        feature = "ssr",
        error("this key was used for another message: send it again with a new one")
    )]
    KeyUsed,
    #[cfg_attr(feature = "ssr", error("a message can only follow an answer"))]
    MustFollowAnswer,
    /// One answer to an unknown name, a wrong password and a disabled account.
    #[cfg_attr(feature = "ssr", error("the name or the password is not right"))]
    WrongCredentials,
    #[cfg_attr(feature = "ssr", error("the current password is not right"))]
    WrongPassword,
    #[cfg_attr(
        feature = "ssr",
        error("a name has 1 to 64 characters and no control characters")
    )]
    BadName,
    #[cfg_attr(
        feature = "ssr",
        error("the password has {chars} characters, at least {limit} are needed")
    )]
    PasswordTooShort { chars: usize, limit: usize },
    #[cfg_attr(
        feature = "ssr",
        error("the password has {chars} characters, at most {limit} are accepted")
    )]
    PasswordTooLong { chars: usize, limit: usize },
    /// The page would not ask so; the detail is for programs, in English.
    #[cfg_attr(feature = "ssr", error("{detail}"))]
    NotUnderstood { detail: String },
    /// Something else was wrong.
    #[cfg_attr(feature = "ssr", error("this was not accepted"))]
    NotAccepted,
}

impl From<String> for Refusal {
    fn from(detail: String) -> Self {
        Self::NotUnderstood { detail }
    }
}

/// A refusal that passes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(thiserror::Error))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BusyReason {
    #[cfg_attr(
        feature = "ssr",
        error("the server is busy: {capacity} requests are already waiting")
    )]
    QueueFull { capacity: usize },
    #[cfg_attr(feature = "ssr", error("the model has stopped answering"))]
    EngineStopped,
    /// Why is for administrators only: the reason names a file of the server.
    #[cfg_attr(feature = "ssr", error("the model could not be loaded"))]
    ModelNotLoaded,
    #[cfg_attr(feature = "ssr", error("the model cannot take this request"))]
    RequestRefused,
    #[cfg_attr(
        feature = "ssr",
        error("nothing was saved: the server's disk is full or cannot be written")
    )]
    DiskFull,
    /// There is some, and not as much as a file needs.
    #[cfg_attr(
        feature = "ssr",
        error("nothing was saved: the server's disk has no room for a file of this size")
    )]
    NoRoom,
    #[cfg_attr(
        feature = "ssr",
        error("nothing was saved: another program keeps the server's database for itself")
    )]
    DatabaseBusy,
    #[cfg_attr(feature = "ssr", error("the server is being stopped"))]
    Closing,
    #[cfg_attr(
        feature = "ssr",
        error("an answer is still being written in this conversation")
    )]
    AnswerRunning,
    #[cfg_attr(
        feature = "ssr",
        error("{limit} answers are being written for you already")
    )]
    TooManyTurns { limit: u32 },
    #[cfg_attr(feature = "ssr", error("the {limit} tokens of today are used up"))]
    TokensUsedUp { limit: u64 },
    #[cfg_attr(feature = "ssr", error("other exports or imports are running"))]
    WorkersBusy,
    #[cfg_attr(
        feature = "ssr",
        error("the server has too much to do: try again in a moment")
    )]
    Overloaded,
    #[cfg_attr(feature = "ssr", error("the last answer is not saved yet"))]
    AnswerUnsaved,
    #[cfg_attr(
        feature = "ssr",
        error("too many failed attempts: try again in {seconds} s")
    )]
    TooManyAttempts { seconds: u32 },
    /// The server runs, and something of it does not answer yet.
    #[cfg_attr(feature = "ssr", error("the server is not ready yet"))]
    NotReady,
}

/// The sentences above are for logs and programs; in the browser `words` has those for people.
#[cfg(not(feature = "ssr"))]
macro_rules! displayed_as {
    ($($name:ident: $words:literal),*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($words)
            }
        }
    )*};
}
#[cfg(not(feature = "ssr"))]
displayed_as!(Refusal: "refused", BusyReason: "busy");

/// Why an answer is not what it should be. Stored with the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnError {
    EngineStopped,
    /// A fault of the server; what was written until then is kept.
    Broken,
    /// The operator's limit of time was reached.
    TimeUp,
    /// There was no model to make it.
    ModelNotLoaded,
    /// The cause is in the server's log. Earlier versions wrote an English reason here, which is
    /// read and not shown.
    NotMade {},
    /// Never stored: the answer is kept in memory.
    NotSaved,
    /// A sentence that an earlier version of Hearth wrote; shown as it is.
    Told {
        sentence: String,
    },
}

impl TurnError {
    /// As it stands in the database.
    ///
    /// # Panics
    /// Never: the type is plain data.
    pub fn to_stored(&self) -> String {
        serde_json::to_string(self).expect("invariant: errors of turns are plain data")
    }

    /// Reads what stands in the database; text that is no code is a sentence.
    pub fn from_stored(stored: String) -> Self {
        serde_json::from_str(&stored).unwrap_or(Self::Told { sentence: stored })
    }
}

/// Something to know about a turn that began; shown, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// That many of the oldest questions with their answers did not fit; at least one.
    TurnsLeftOut(usize),
    /// Of the files of this question only the beginning did fit.
    FilesCut,
    /// Another model goes on with the answer.
    NotExact,
    /// The answer was imported, and its tokens were not.
    Imported,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_error_is_read_again_and_an_old_sentence_stays_one() {
        for error in [TurnError::EngineStopped, TurnError::NotMade {}] {
            assert_eq!(TurnError::from_stored(error.to_stored()), error);
        }
        let old = r#"{"not_made":{"reason":"/var/lib/model.gguf: is broken"}}"#;
        assert_eq!(
            TurnError::from_stored(old.to_owned()),
            TurnError::NotMade {}
        );
        for old in [
            "The answer could not be made.",
            "{\"code\":\"unknown\"}",
            "",
        ] {
            let sentence = old.to_owned();
            assert_eq!(
                TurnError::from_stored(old.to_owned()),
                TurnError::Told { sentence }
            );
        }
    }
}
