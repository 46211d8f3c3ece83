//! Errors as sentences.

use super::{Locale, words};
use crate::model::{BusyReason, ChatError, MAX_MESSAGE_BYTES, Refusal, TurnError};

/// What went wrong.
pub(crate) fn sentence(locale: Locale, error: ChatError) -> String {
    match error {
        ChatError::Unauthorized => words!(locale, errors.unauthorized).to_owned(),
        ChatError::Forbidden => words!(locale, errors.forbidden).to_owned(),
        ChatError::NotFound => words!(locale, errors.not_found).to_owned(),
        ChatError::Invalid(it) => refusal(locale, it),
        ChatError::Busy { reason, .. } => busy(locale, &reason),
        ChatError::Internal { request_id } => words!(locale, errors.internal, id = request_id),
        // The reason is for developers, in English.
        ChatError::Unreachable(_) => words!(locale, errors.unreachable).to_owned(),
    }
}

pub(super) fn refusal(locale: Locale, refusal: Refusal) -> String {
    let fixed = match refusal {
        Refusal::MessageEmpty => words!(locale, errors.message_empty),
        Refusal::TitleEmpty => words!(locale, errors.title_empty),
        Refusal::AnswerComplete => words!(locale, errors.answer_complete),
        Refusal::NotAnAnswer => words!(locale, errors.not_an_answer),
        Refusal::KeyUsed => words!(locale, errors.key_used),
        Refusal::MustFollowAnswer => words!(locale, errors.must_follow_answer),
        Refusal::WrongCredentials => words!(locale, errors.wrong_credentials),
        Refusal::WrongPassword => words!(locale, errors.wrong_password),
        Refusal::BadName => words!(locale, errors.bad_name),
        Refusal::NoFile => words!(locale, errors.no_file),
        Refusal::FilesGone => words!(locale, errors.files_gone),
        Refusal::Incomplete => words!(locale, errors.incomplete),
        Refusal::NotUnderstood { .. } => words!(locale, errors.not_understood),
        Refusal::NotAccepted => words!(locale, errors.not_accepted),
        Refusal::LastAdministrator => words!(locale, errors.last_administrator),
        Refusal::NameDiffers => words!(locale, errors.name_differs),
        Refusal::OwnAccount => words!(locale, errors.own_account),
        Refusal::NameTaken => words!(locale, errors.name_taken),
        Refusal::FolderTaken => words!(locale, errors.folder_taken),
        other => return refusal_with_numbers(locale, other),
    };
    fixed.to_owned()
}

fn refusal_with_numbers(locale: Locale, refusal: Refusal) -> String {
    match refusal {
        Refusal::MessageTooLong { bytes } => {
            let limit = MAX_MESSAGE_BYTES;
            words!(
                locale,
                errors.message_too_long,
                bytes = bytes,
                limit = limit
            )
        }
        Refusal::RequestTooLong { limit } => {
            words!(locale, errors.request_too_long, limit = limit)
        }
        Refusal::Outdated { value, .. } => words!(locale, errors.outdated, value = value),
        Refusal::FileTooLarge { limit } => {
            words!(locale, errors.file_too_large, size = binary_bytes(limit))
        }
        Refusal::TooManyFiles { limit } => words!(locale, errors.too_many_files, limit = limit),
        // Told where the server draws.
        #[cfg(feature = "ssr")]
        Refusal::FilesFull { limit } => {
            words!(locale, errors.files_full, size = binary_bytes(limit))
        }
        Refusal::TooManyKeys { limit } => words!(locale, errors.too_many_keys, limit = limit),
        Refusal::TitleTooLong { limit } => words!(locale, errors.title_too_long, limit = limit),
        Refusal::WindowFull { window } => words!(locale, errors.window_full, window = window),
        Refusal::PromptTooLong { tokens, window } => {
            words!(
                locale,
                errors.prompt_too_long,
                tokens = tokens,
                window = window
            )
        }
        Refusal::PasswordTooShort { chars, limit } => {
            words!(
                locale,
                errors.password_too_short,
                number = chars,
                limit = limit
            )
        }
        Refusal::PasswordTooLong { chars, limit } => {
            words!(
                locale,
                errors.password_too_long,
                number = chars,
                limit = limit
            )
        }
        other => refused_order(locale, other),
    }
}

/// What is wrong with folders, and with what is done to many conversations.
fn refused_order(locale: Locale, refusal: Refusal) -> String {
    match refusal {
        Refusal::FolderName { limit } => words!(locale, errors.folder_name, limit = limit),
        Refusal::TooManyFolders { limit } => {
            words!(locale, errors.too_many_folders, limit = limit)
        }
        Refusal::TooManyPinned { limit } => words!(locale, errors.too_many_pinned, limit = limit),
        Refusal::ArrangedAtOnce { limit } => {
            words!(locale, errors.arranged_at_once, limit = limit)
        }
        #[cfg(feature = "ssr")]
        other => refused_share(locale, other),
        #[cfg(not(feature = "ssr"))]
        other => refused_setting(locale, other),
    }
}

/// Why a chat is not shared: told where the server draws.
#[cfg(feature = "ssr")]
fn refused_share(locale: Locale, refusal: Refusal) -> String {
    match refusal {
        Refusal::SharingOff => words!(locale, sharing.off).to_owned(),
        Refusal::NobodyChosen => words!(locale, sharing.nobody_chosen).to_owned(),
        Refusal::NoSuchPerson => words!(locale, sharing.no_such_person).to_owned(),
        Refusal::ShareTooLong => words!(locale, sharing.too_long).to_owned(),
        Refusal::TooManyShares { limit } => words!(locale, sharing.too_many, limit = limit),
        other => refused_setting(locale, other),
    }
}

fn refused_setting(locale: Locale, refusal: Refusal) -> String {
    match refusal {
        Refusal::Setting {
            name,
            value,
            range,
            may_be_empty,
        } => out_of_range(locale, name, value, (range, may_be_empty)),
        Refusal::BadSetting { name } => {
            let name = super::setting_name(locale, name);
            words!(locale, errors.bad_setting, name = name)
        }
        Refusal::SettingTooLong { name, chars, limit } => words!(
            locale,
            errors.setting_too_long,
            name = setting_name(locale, name),
            number = chars,
            limit = limit
        ),
        // Told where the server draws.
        #[cfg(feature = "ssr")]
        Refusal::SettingLines { name, lines, chars } => words!(
            locale,
            errors.setting_lines,
            name = super::setting_name(locale, name),
            lines = lines,
            chars = chars
        ),
        // The others have their words above.
        _ => words!(locale, errors.not_accepted).to_owned(),
    }
}

/// `allowed`: the range, and whether nothing is allowed too.
fn out_of_range(locale: Locale, name: String, value: String, allowed: (String, bool)) -> String {
    let (range, may_be_empty) = allowed;
    let range = if may_be_empty {
        words!(locale, errors.range_or_nothing, range = range)
    } else {
        range
    };
    let value = if value.is_empty() {
        words!(locale, errors.nothing).to_owned()
    } else {
        words!(locale, errors.quoted, value = value)
    };
    let name = setting_name(locale, name);
    words!(
        locale,
        errors.setting,
        name = name,
        value = value,
        range = range
    )
}

/// As the page calls it, if it is a setting of the server.
fn setting_name(locale: Locale, name: String) -> String {
    let known = name.parse();
    known.map_or(name, |known| super::setting_name(locale, known).to_owned())
}

fn busy(locale: Locale, reason: &BusyReason) -> String {
    let fixed = match *reason {
        BusyReason::QueueFull { capacity } => {
            return words!(locale, errors.queue_full, number = capacity);
        }
        BusyReason::TooManyAttempts { seconds } => {
            return words!(locale, errors.too_many_attempts, seconds = seconds);
        }
        BusyReason::TooManyTurns { limit } => {
            return words!(locale, errors.too_many_turns, number = limit);
        }
        BusyReason::TokensUsedUp { limit } => {
            return words!(locale, errors.tokens_used_up, number = limit);
        }
        BusyReason::WorkersBusy => words!(locale, errors.workers_busy),
        BusyReason::Overloaded => words!(locale, errors.overloaded),
        BusyReason::EngineStopped => words!(locale, errors.engine_stopped),
        BusyReason::ModelNotLoaded => words!(locale, errors.model_not_loaded),
        BusyReason::RequestRefused => words!(locale, errors.request_refused),
        BusyReason::DiskFull => words!(locale, errors.disk_full),
        BusyReason::NoRoom => words!(locale, errors.no_room),
        BusyReason::DatabaseBusy => words!(locale, errors.database_busy),
        BusyReason::Closing => words!(locale, errors.closing),
        BusyReason::AnswerRunning => words!(locale, errors.answer_running),
        BusyReason::AnswerUnsaved => words!(locale, errors.answer_unsaved),
        BusyReason::NotReady => words!(locale, errors.not_ready),
    };
    fixed.to_owned()
}

/// A limit as it is set: in powers of 1024, whole.
fn binary_bytes(number: u64) -> String {
    if number >= 1 << 30 {
        format!("{} GiB", number >> 30)
    } else {
        format!("{} MiB", number >> 20)
    }
}

/// Why an answer is not what it should be.
pub(crate) fn turn_error(locale: Locale, error: TurnError) -> String {
    let fixed = match error {
        TurnError::EngineStopped => words!(locale, errors.turn_engine_stopped),
        TurnError::Broken => words!(locale, errors.turn_broken),
        TurnError::TimeUp => words!(locale, errors.turn_time_up),
        TurnError::ModelNotLoaded => words!(locale, errors.turn_model_not_loaded),
        TurnError::NotMade {} => words!(locale, errors.turn_not_made),
        TurnError::NotSaved => words!(locale, errors.turn_not_saved),
        TurnError::Told { sentence } => return sentence,
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_sentence_of_the_page_s_language() {
        let error = || ChatError::Invalid(Refusal::TitleTooLong { limit: 200 });
        let english = sentence(Locale::en, error());
        assert_eq!(english, "The title is longer than 200 characters.");
        assert_eq!(
            sentence(Locale::zh_CN, error()),
            "标题不能超过 200 个字符。"
        );
    }

    #[test]
    fn the_limits_of_files_are_told_as_they_are_set() {
        for (limit, told) in [(64 << 20, "64 MiB"), (4 << 30, "4 GiB")] {
            let error = ChatError::Invalid(Refusal::FileTooLarge { limit });
            let shown = sentence(Locale::en, error);
            assert_eq!(shown, format!("The file is larger than {told}."));
        }
    }

    #[test]
    fn what_is_said_to_programs_is_not_shown_and_an_old_answer_keeps_its_sentence() {
        let detail = "missing field `text`".to_owned();
        for error in [
            ChatError::Invalid(detail.clone().into()),
            ChatError::Unreachable(detail.clone()),
        ] {
            assert!(!sentence(Locale::en, error.clone()).contains(&detail));
            assert!(sentence(Locale::zh_CN, error).contains("服务器"));
        }
        let old = TurnError::from_stored("An old sentence.".to_owned());
        assert_eq!(turn_error(Locale::zh_CN, old), "An old sentence.");
    }
}
