//! What one person may have computed: so many answers at once, so many tokens a day.

use hearth_app::model::{BusyReason, ChatError, ConversationId, UserId};

use super::{
    ChatServer,
    live_turns::{Claim, ClaimRefusal},
    refusal::{busy, store_refused},
};
use crate::store::{day_of, now_ms, rest_of_day_ms};

impl ChatServer {
    /// The right to run a turn, within the person's allowance.
    pub(super) async fn claim(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Claim, ChatError> {
        let settings = self.settings.current();
        if let Some(limit) = settings.tokens_per_day {
            self.check_tokens(user, limit).await?;
        }
        let limit = settings.concurrent_turns;
        let claim = self.live.claim(user, conversation, limit);
        claim.map_err(|refusal| match refusal {
            ClaimRefusal::Running => busy(BusyReason::AnswerRunning),
            ClaimRefusal::TooMany => busy(BusyReason::TooManyTurns { limit }),
        })
    }

    async fn check_tokens(&self, user: UserId, limit: u64) -> Result<(), ChatError> {
        let now = now_ms();
        let used = self.store.tokens_on(user, day_of(now)).await;
        let used = used.map_err(|error| store_refused(&error))?;
        if used < limit {
            return Ok(());
        }
        let rest_s = rest_of_day_ms(now).div_euclid(1000) + 1;
        Err(ChatError::Busy {
            reason: BusyReason::TokensUsedUp { limit },
            retry_after_s: u32::try_from(rest_s).unwrap_or(u32::MAX),
        })
    }
}
