//! A person who wrote something about themselves.

use async_trait::async_trait;
use hearth_app::{model::*, service::personal::PersonalService};

use crate::fake::HOSTILE;

pub(crate) struct FakePersonal;

#[async_trait]
impl PersonalService for FakePersonal {
    async fn personal_instructions(&self, _: UserId) -> Result<PersonalInstructions, ChatError> {
        Ok(PersonalInstructions {
            about: HOSTILE.into(),
            answering: String::new(),
            is_on: true,
        })
    }
    async fn save_personal_instructions(
        &self,
        _: UserId,
        _: PersonalInstructions,
    ) -> Result<(), ChatError> {
        Err(ChatError::NotFound)
    }
    async fn rate(
        &self,
        _: UserId,
        _: MessageId,
        _: Option<Thumb>,
        _: RatingDetails,
    ) -> Result<(), ChatError> {
        Err(ChatError::NotFound)
    }
}
