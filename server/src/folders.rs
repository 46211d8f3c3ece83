//! What a folder of conversations may be called, and what models may be told in it.

use hearth_app::model::{ConversationForm, MAX_FOLDER_NAME_CHARS, Refusal};

use crate::settings::{SettingError, parse_conversation_form};

/// A name as it is kept: without space around it, and with one space between words.
///
/// # Errors
/// [`Refusal::FolderName`]: nothing is left, it is too long, or it has control characters.
pub(crate) fn parse_name(typed: &str) -> Result<String, Refusal> {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let num_chars = name.chars().count();
    let is_good = (1..=MAX_FOLDER_NAME_CHARS).contains(&num_chars);
    if !is_good || name.chars().any(char::is_control) {
        return Err(Refusal::FolderName {
            limit: MAX_FOLDER_NAME_CHARS,
        });
    }
    Ok(name)
}

/// Instructions as they are kept; nothing if nothing was written. What holds for those of one
/// conversation holds for these.
///
/// # Errors
/// [`SettingError`]: they are too long.
pub(crate) fn parse_instructions(typed: &str) -> Result<Option<String>, SettingError> {
    let form = ConversationForm {
        system_prompt: typed.to_owned(),
        ..ConversationForm::default()
    };
    Ok(parse_conversation_form(&form)?.system_prompt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_words() {
        assert_eq!(parse_name("  Tax\t 2026\n").as_deref(), Ok("Tax 2026"));
        assert_eq!(parse_name("税务").as_deref(), Ok("税务"));
        let longest = "字".repeat(MAX_FOLDER_NAME_CHARS);
        assert_eq!(parse_name(&longest), Ok(longest.clone()));
        for wrong in ["", " \n", "a\u{7}b", &format!("{longest}字")] {
            let refused = parse_name(wrong);
            assert!(
                matches!(refused, Err(Refusal::FolderName { .. })),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn blank_instructions_are_none_and_endless_ones_are_refused() {
        assert_eq!(parse_instructions(" \n"), Ok(None));
        let told = parse_instructions("Answer in rhymes.\r\nAlways.");
        assert_eq!(told, Ok(Some("Answer in rhymes.\nAlways.".to_owned())));
        assert!(parse_instructions(&"a".repeat(1 << 20)).is_err());
    }
}
