//! What has to hold of ratings in a file.

use hearth_app::model::{ImportFault, Role, Thumb};

use super::problem::{Problems, problem};
use crate::{
    export::{ConversationDocument, EXTENDED_VERSION, MessageDocument},
    personal::comment_fault,
};

/// Ratings stand in documents of their version.
pub(super) fn check_version(document: &ConversationDocument, problems: &mut Problems) {
    let is_rated = document.messages.iter().any(|it| it.rating.is_some());
    if is_rated && document.version < EXTENDED_VERSION {
        let (found, read) = (document.version.to_string(), EXTENDED_VERSION);
        problems.push(problem(
            "version",
            ImportFault::OtherVersion { found, read },
        ));
    }
}

/// What is wrong with the rating of a message, and where.
pub(super) fn faults(message: &MessageDocument) -> Vec<(&'static str, ImportFault)> {
    let Some(rating) = &message.rating else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    if message.role == Role::User {
        faults.push(("rating", ImportFault::OnlyInAnswers));
    }
    let has_details = rating.reason.is_some() || rating.comment.is_some();
    if rating.thumb == Thumb::Up && has_details {
        let detail = "a thumb that points up has no reason and no comment".to_owned();
        faults.push(("rating", ImportFault::Unexpected { detail }));
    }
    let comment = rating.comment.as_deref().unwrap_or_default();
    if let Some(refusal) = comment_fault(comment) {
        faults.push(("rating/comment", ImportFault::Refused(refusal)));
    }
    faults
}

#[cfg(test)]
mod tests {
    use hearth_app::model::{MessageId, MessageStatus, RatingReason};
    use uuid::Uuid;

    use super::*;
    use crate::export::{RatingDocument, Timestamp};

    fn message(role: Role, thumb: Thumb, comment: Option<&str>) -> MessageDocument {
        MessageDocument {
            id: MessageId::new(Uuid::from_u128(1)),
            parent_id: None,
            role,
            status: MessageStatus::Finished,
            text: String::new(),
            files: Vec::new(),
            reasoning: None,
            tool_steps: Vec::new(),
            finish_reason: None,
            error: None,
            params: serde_json::Map::new(),
            model: None,
            usage: None,
            rating: Some(RatingDocument {
                comment: comment.map(str::to_owned),
                rated_at: Timestamp::from_ms(0),
                reason: comment.map(|_| RatingReason::Other),
                thumb,
            }),
            created_at: Timestamp::from_ms(0),
            sha256: String::new(),
        }
    }

    #[test]
    fn only_answers_are_rated_and_only_a_thumb_that_points_down_has_more_to_say() {
        let answer = |thumb, comment| faults(&message(Role::Assistant, thumb, comment));
        assert!(answer(Thumb::Up, None).is_empty());
        assert!(answer(Thumb::Down, Some("No.")).is_empty());
        let place = |faults: Vec<(&'static str, ImportFault)>| faults.first().map(|it| it.0);
        assert_eq!(place(answer(Thumb::Up, Some("Yes."))), Some("rating"));
        let endless = "a".repeat(10_000);
        let found = answer(Thumb::Down, Some(&endless));
        assert_eq!(place(found), Some("rating/comment"));
        let question = faults(&message(Role::User, Thumb::Down, None));
        assert_eq!(question, vec![("rating", ImportFault::OnlyInAnswers)]);
    }
}
