//! Why there is no text of a file.

use super::{locale_of, words};
use crate::model::{ExtractError, Language};

impl ExtractError {
    /// What somebody who chose the file is told.
    pub fn sentence(&self, language: Language) -> String {
        let locale = locale_of(language);
        let fixed = match self {
            Self::Picture => words!(locale, files.is_picture),
            Self::Sound => words!(locale, files.is_sound),
            Self::Video => words!(locale, files.is_video),
            Self::Archive => words!(locale, files.is_archive),
            Self::OldFormat => words!(locale, files.is_old_format),
            Self::Encrypted => words!(locale, files.is_encrypted),
            Self::Empty => words!(locale, files.is_empty),
            Self::NoText => words!(locale, files.has_no_text),
            Self::Damaged(detail) => {
                return words!(locale, files.is_damaged, detail = detail.clone());
            }
            Self::TooLarge => words!(locale, files.is_too_large),
            Self::TooLong => words!(locale, files.took_too_long),
            Self::TooMuchMemory => words!(locale, files.took_too_much_memory),
            Self::Crashed => words!(locale, files.broke_the_reader),
            Self::Unavailable => words!(locale, files.cannot_be_read_now),
        };
        fixed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_says_what_is_wrong_in_both_languages() {
        let error = ExtractError::Damaged("no pages".to_owned());
        let english = "This file is damaged or incomplete (no pages).";
        assert_eq!(error.sentence(Language::English), english);
        let chinese = "此文件已损坏或不完整（no pages）。";
        assert_eq!(error.sentence(Language::Chinese), chinese);
    }

    #[test]
    fn a_code_is_the_name_in_json() {
        for error in [
            ExtractError::OldFormat,
            ExtractError::TooMuchMemory,
            ExtractError::NoText,
        ] {
            let json = format!(r#"{{"error":"{}"}}"#, error.code());
            assert_eq!(serde_json::to_string(&error).unwrap(), json);
            assert_eq!(serde_json::from_str::<ExtractError>(&json).unwrap(), error);
        }
        let damaged = ExtractError::Damaged("it ends early".to_owned());
        let json = r#"{"error":"damaged","detail":"it ends early"}"#;
        assert_eq!(serde_json::to_string(&damaged).unwrap(), json);
        assert_eq!(serde_json::from_str::<ExtractError>(json).unwrap(), damaged);
    }
}
