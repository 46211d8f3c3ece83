//! What may be wrong with an answer.

use super::{Locale, words};
use crate::model::RatingReason;

/// A reason for people.
pub(crate) fn rating_reason(locale: Locale, reason: RatingReason) -> &'static str {
    match reason {
        RatingReason::Incorrect => words!(locale, chat.rating.reasons.incorrect),
        RatingReason::Ignored => words!(locale, chat.rating.reasons.ignored),
        RatingReason::Incomplete => words!(locale, chat.rating.reasons.incomplete),
        RatingReason::Style => words!(locale, chat.rating.reasons.style),
        RatingReason::Refused => words!(locale, chat.rating.reasons.refused),
        RatingReason::Harmful => words!(locale, chat.rating.reasons.harmful),
        RatingReason::Other => words!(locale, chat.rating.reasons.something_else),
    }
}
