//! What a person wants of all answers, and what they say of each.

use async_trait::async_trait;
use hearth_app::{
    model::{ChatError, MessageId, PersonalInstructions, RatingDetails, Thumb, UserId},
    service::personal::PersonalService,
};

use super::{ChatServer, service::read};
use crate::{
    personal::{parse_details, parse_personal},
    settings::Bilingual,
};

#[async_trait]
impl PersonalService for ChatServer {
    async fn personal_instructions(&self, user: UserId) -> Result<PersonalInstructions, ChatError> {
        let told = read(self.store.personal_instructions(user).await)?;
        Ok(told.unwrap_or_else(|| PersonalInstructions {
            is_on: true,
            ..PersonalInstructions::default()
        }))
    }

    async fn save_personal_instructions(
        &self,
        user: UserId,
        form: PersonalInstructions,
    ) -> Result<(), ChatError> {
        let told = parse_personal(&form).map_err(ChatError::Invalid)?;
        read(self.store.save_personal_instructions(user, &told).await)
    }

    async fn rate(
        &self,
        user: UserId,
        message: MessageId,
        thumb: Option<Thumb>,
        details: RatingDetails,
    ) -> Result<(), ChatError> {
        let is_done = match thumb {
            Some(thumb) => {
                let details = parse_details(thumb, &details).map_err(ChatError::Invalid)?;
                read(self.store.rate(user, message, thumb, &details).await)?
            }
            None => read(self.store.withdraw_rating(user, message).await)?,
        };
        // What was taken back already is not there a second time.
        let is_there = is_done
            || (thumb.is_none() && read(self.store.message(user, message).await)?.is_some());
        if is_there {
            Ok(())
        } else {
            Err(ChatError::NotFound)
        }
    }
}

/// What a person wants models to know, as models are told it. The same texts give the same bytes,
/// so that a prompt begins as the one before did.
pub(super) fn wording(told: &PersonalInstructions) -> Bilingual {
    let said = |about: &str, answering: &str| {
        let parts = [(about, &told.about), (answering, &told.answering)];
        let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
        let parts: Vec<String> = parts
            .map(|(words, text)| format!("{words}\n{text}"))
            .collect();
        parts.join("\n\n")
    };
    Bilingual {
        en: said(
            "The person you are talking to says of themselves:",
            "This is how they want to be answered:",
        ),
        zh: said("对话者的自我介绍：", "对话者希望得到这样的回答："),
    }
}

/// What stands between what holds in all chats of a person and what holds in this one.
pub(super) fn nearer() -> Bilingual {
    Bilingual {
        en: "For this conversation, and before everything above where it differs:".to_owned(),
        zh: "以下是本次对话的要求，如与上文不同，以此为准：".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_wrote_is_not_spoken_of() {
        let told = |about: &str, answering: &str| {
            wording(&PersonalInstructions {
                about: about.to_owned(),
                answering: answering.to_owned(),
                is_on: true,
            })
        };
        let both = told("I keep bees.", "Briefly.");
        let expected = "The person you are talking to says of themselves:\nI keep bees.\n\n\
                        This is how they want to be answered:\nBriefly.";
        assert_eq!(both.choose(false), expected);
        assert!(
            both.choose(true)
                .starts_with("对话者的自我介绍：\nI keep bees.")
        );
        let one = told("", "Briefly.");
        assert_eq!(
            one.choose(false),
            "This is how they want to be answered:\nBriefly."
        );
    }
}
