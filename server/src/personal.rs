//! What a person may want models to know in every chat, and what may be said of an answer.

use hearth_app::model::{
    MAX_COMMENT_CHARS, MAX_PERSONAL_CHARS, PersonalInstructions, RatingDetails, Refusal, Thumb,
};

/// Instructions as they are kept.
///
/// # Errors
/// [`Refusal::SettingTooLong`]: the page lets nobody write that much.
pub(crate) fn parse_personal(form: &PersonalInstructions) -> Result<PersonalInstructions, Refusal> {
    let told = PersonalInstructions {
        about: kept(&form.about),
        answering: kept(&form.answering),
        is_on: form.is_on,
    };
    match instruction_faults(&told).pop() {
        Some((_, refusal)) => Err(refusal),
        None => Ok(told),
    }
}

/// What is wrong with instructions, by the name of the text.
pub(crate) fn instruction_faults(told: &PersonalInstructions) -> Vec<(&'static str, Refusal)> {
    let texts = [("about", &told.about), ("answering", &told.answering)];
    let faults = texts.into_iter().filter_map(|(name, text)| {
        let refusal = too_long(name, text, MAX_PERSONAL_CHARS)?;
        Some((name, refusal))
    });
    faults.collect()
}

/// What is said of an answer, as it is kept. What somebody adds belongs to a thumb that points
/// down.
///
/// # Errors
/// [`Refusal::SettingTooLong`] for a long comment; a sentence for programs if something is added to
/// a thumb that points up.
pub(crate) fn parse_details(
    thumb: Thumb,
    details: &RatingDetails,
) -> Result<RatingDetails, Refusal> {
    let details = RatingDetails {
        comment: kept(&details.comment),
        ..details.clone()
    };
    if thumb == Thumb::Up && details != RatingDetails::default() {
        let why = "only a thumb that points down has a reason or a comment";
        return Err(why.to_owned().into());
    }
    match comment_fault(&details.comment) {
        Some(refusal) => Err(refusal),
        None => Ok(details),
    }
}

/// What is wrong with a comment.
pub(crate) fn comment_fault(comment: &str) -> Option<Refusal> {
    too_long("comment", comment, MAX_COMMENT_CHARS)
}

/// Without space around it; browsers send line breaks of forms as CR LF.
fn kept(typed: &str) -> String {
    typed.trim().replace("\r\n", "\n")
}

fn too_long(name: &str, text: &str, limit: usize) -> Option<Refusal> {
    let chars = text.encode_utf16().count();
    (chars > limit).then(|| Refusal::SettingTooLong {
        name: name.to_owned(),
        chars,
        limit,
    })
}

#[cfg(test)]
mod tests {
    use hearth_app::model::RatingReason;

    use super::*;

    #[test]
    fn texts_are_kept_without_space_around_them_and_long_ones_are_named() {
        let form = PersonalInstructions {
            about: "  I keep bees.\r\nIn Ulm. \n".to_owned(),
            answering: "答".repeat(MAX_PERSONAL_CHARS),
            is_on: true,
        };
        let told = parse_personal(&form).unwrap();
        assert_eq!(told.about, "I keep bees.\nIn Ulm.");
        assert!(told.is_told());
        // Two units each, as browsers count.
        let long = PersonalInstructions {
            answering: "🦀".repeat(MAX_PERSONAL_CHARS / 2 + 1),
            ..form
        };
        let refused = parse_personal(&long);
        let Err(Refusal::SettingTooLong { name, chars, limit }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((name.as_str(), chars), ("answering", limit + 2));
    }

    #[test]
    fn nothing_written_and_what_is_off_is_not_told() {
        let mut told = PersonalInstructions {
            is_on: true,
            ..PersonalInstructions::default()
        };
        assert!(!told.is_told());
        told.about = "I keep bees.".to_owned();
        assert!(told.is_told());
        told.is_on = false;
        assert!(!told.is_told());
    }

    #[test]
    fn a_reason_and_a_comment_belong_to_a_thumb_that_points_down() {
        let details = RatingDetails {
            reason: Some(RatingReason::Incorrect),
            comment: " 1 + 1 = 2\r\n".to_owned(),
            with_texts: true,
        };
        let kept = parse_details(Thumb::Down, &details).unwrap();
        assert_eq!(kept.comment, "1 + 1 = 2");
        assert!(kept.with_texts && kept.reason.is_some());
        assert!(parse_details(Thumb::Up, &details).is_err());
        assert!(parse_details(Thumb::Up, &RatingDetails::default()).is_ok());
        let endless = RatingDetails {
            comment: "a".repeat(MAX_COMMENT_CHARS + 1),
            ..RatingDetails::default()
        };
        assert!(parse_details(Thumb::Down, &endless).is_err());
    }
}
