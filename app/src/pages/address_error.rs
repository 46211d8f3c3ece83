//! What a form post without script brings back in the address. Anybody can write an address, so
//! nothing of it is shown but sentences of this program, with numbers in them.

use server_fn::error::ServerFnUrlError;

use crate::model::{BusyReason, ChatError, Refusal, SettingName};

/// The error that an address tells (`__err`), without a word of the address.
pub fn address_error(encoded: &str) -> ChatError {
    match ServerFnUrlError::<ChatError>::decode_err(encoded) {
        error @ (ChatError::Unauthorized | ChatError::Forbidden | ChatError::NotFound) => error,
        ChatError::Invalid(told) => ChatError::Invalid(refusal(told)),
        ChatError::Busy {
            reason,
            retry_after_s,
        } => ChatError::Busy {
            reason: busy_reason(reason),
            retry_after_s,
        },
        ChatError::Internal { request_id } if is_request_id(&request_id) => {
            ChatError::Internal { request_id }
        }
        ChatError::Internal { .. } | ChatError::Unreachable(_) => {
            ChatError::Invalid(Refusal::NotAccepted)
        }
    }
}

fn refusal(told: Refusal) -> Refusal {
    match told {
        Refusal::Setting { name, .. } => name
            .parse()
            .map_or(Refusal::NotAccepted, |name| Refusal::BadSetting { name }),
        Refusal::SettingTooLong { ref name, .. } if name.parse::<SettingName>().is_ok() => told,
        Refusal::SettingTooLong { .. }
        | Refusal::Outdated { .. }
        | Refusal::NotUnderstood { .. } => Refusal::NotAccepted,
        Refusal::MessageEmpty
        | Refusal::MessageTooLong { .. }
        | Refusal::RequestTooLong { .. }
        | Refusal::TitleEmpty
        | Refusal::TitleTooLong { .. }
        | Refusal::PromptTooLong { .. }
        | Refusal::WindowFull { .. }
        | Refusal::NameDiffers
        | Refusal::OwnAccount
        | Refusal::BadSetting { .. }
        | Refusal::SettingLines { .. }
        | Refusal::LastAdministrator
        | Refusal::NameTaken
        | Refusal::TooManyKeys { .. }
        | Refusal::FolderName { .. }
        | Refusal::FolderTaken
        | Refusal::TooManyFolders { .. }
        | Refusal::TooManyPinned { .. }
        | Refusal::ArrangedAtOnce { .. }
        | Refusal::SharingOff
        | Refusal::NobodyChosen
        | Refusal::NoSuchPerson
        | Refusal::ShareTooLong
        | Refusal::TooManyShares { .. }
        | Refusal::FileTooLarge { .. }
        | Refusal::NoFile
        | Refusal::FilesGone
        | Refusal::TooManyFiles { .. }
        | Refusal::FilesFull { .. }
        | Refusal::Incomplete
        | Refusal::AnswerComplete
        | Refusal::NotAnAnswer
        | Refusal::KeyUsed
        | Refusal::MustFollowAnswer
        | Refusal::WrongCredentials
        | Refusal::WrongPassword
        | Refusal::BadName
        | Refusal::PasswordTooShort { .. }
        | Refusal::PasswordTooLong { .. }
        | Refusal::NotAccepted => told,
    }
}

/// Numbers only; a reason with words in it has to be met here.
fn busy_reason(told: BusyReason) -> BusyReason {
    match told {
        BusyReason::ModelNotLoaded
        | BusyReason::QueueFull { .. }
        | BusyReason::EngineStopped
        | BusyReason::RequestRefused
        | BusyReason::DiskFull
        | BusyReason::NoRoom
        | BusyReason::DatabaseBusy
        | BusyReason::Closing
        | BusyReason::AnswerRunning
        | BusyReason::TooManyTurns { .. }
        | BusyReason::TokensUsedUp { .. }
        | BusyReason::WorkersBusy
        | BusyReason::Overloaded
        | BusyReason::AnswerUnsaved
        | BusyReason::TooManyAttempts { .. }
        | BusyReason::NotReady => told,
    }
}

/// A UUID without hyphens: nobody writes a sentence with these letters.
fn is_request_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Locale, sentence};

    const FOREIGN: &str = "Call this number to unlock your account";

    fn told(error: ChatError) -> ChatError {
        let url = ServerFnUrlError::new("/api/any", error);
        let url = url.to_url("http://h/").unwrap();
        let (_, encoded) = url.query_pairs().find(|(name, _)| name == "__err").unwrap();
        address_error(&encoded)
    }

    #[test]
    fn no_word_of_an_address_is_shown() {
        let text = || FOREIGN.to_owned();
        let setting = |name: &str| Refusal::Setting {
            name: name.to_owned(),
            value: text(),
            range: text(),
            may_be_empty: false,
        };
        let too_long = Refusal::SettingTooLong {
            name: text(),
            chars: 1,
            limit: 1,
        };
        let outdated = Refusal::Outdated {
            value: text(),
            version: 1,
        };
        let refusals = [
            setting("max_tokens"),
            setting(FOREIGN),
            too_long,
            outdated,
            Refusal::from(text()),
        ];
        let others = [
            ChatError::Internal { request_id: text() },
            ChatError::Unreachable(text()),
        ];
        let errors = refusals.map(ChatError::Invalid).into_iter().chain(others);
        for error in errors.map(told).chain([address_error(FOREIGN)]) {
            for locale in [Locale::en, Locale::zh_CN] {
                let shown = sentence(locale, error.clone());
                assert!(!shown.contains(FOREIGN), "{shown}");
            }
        }
    }

    #[test]
    fn what_the_server_told_is_still_said() {
        let error = || ChatError::Invalid(Refusal::TitleTooLong { limit: 200 });
        assert_eq!(told(error()), error());
        let request_id = "0192f0c12f3a70008000000000000001".to_owned();
        let error = ChatError::Internal { request_id };
        assert_eq!(told(error.clone()), error);
        let error = ChatError::Invalid(Refusal::Setting {
            name: "max_tokens".to_owned(),
            value: "1e3".to_owned(),
            range: "1–10".to_owned(),
            may_be_empty: true,
        });
        let name = SettingName::MaxTokens;
        assert_eq!(
            told(error),
            ChatError::Invalid(Refusal::BadSetting { name })
        );
    }
}
