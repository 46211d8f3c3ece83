//! What a person says of an answer, in a document: what they think of it, not whom they told.

use hearth_app::model::{RatingReason, Thumb};
use serde::{Deserialize, Serialize};

use super::Timestamp;
use crate::store::KeptRating;

/// A rating. Whether question and answer were sent along is the business of the server where that
/// was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatingDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    pub rated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RatingReason>,
    pub thumb: Thumb,
}

impl RatingDocument {
    pub(super) fn new(rating: KeptRating) -> Self {
        let KeptRating {
            thumb,
            reason,
            comment,
            rated_at,
        } = rating;
        Self {
            comment: Some(comment).filter(|it| !it.is_empty()),
            rated_at: Timestamp::from_ms(rated_at),
            reason,
            thumb,
        }
    }

    pub(super) fn into_rating(self) -> KeptRating {
        KeptRating {
            thumb: self.thumb,
            reason: self.reason,
            comment: self.comment.unwrap_or_default(),
            rated_at: self.rated_at.ms(),
        }
    }
}
