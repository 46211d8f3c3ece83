//! What one person may have computed: so many answers at once, so many tokens a day.

use hearth_app::model::{BusyReason, ChatError, ConversationId, UserId};

use super::{
    ChatServer,
    live_turns::{Claim, ClaimRefusal},
    refusal::{busy, store_refused},
};
use crate::store::now_ms;

/// The right of one request of a program to several answers at once.
#[derive(Debug)]
pub(crate) struct RequestClaim(Vec<Claim>);

impl RequestClaim {
    /// Resolves when its person is disabled; never by itself.
    pub(crate) async fn ended(&self) {
        match self.0.first() {
            Some(claim) => claim.ended().await,
            None => std::future::pending().await,
        }
    }
}

impl ChatServer {
    /// The right of a program to so many answers, within its person's allowance.
    pub(crate) async fn claim_request(
        &self,
        user: UserId,
        num_answers: usize,
    ) -> Result<RequestClaim, ChatError> {
        let mut claims = Vec::new();
        for _ in 0..num_answers {
            // Its answers belong to no conversation that is kept.
            let nowhere = ConversationId::new(uuid::Uuid::now_v7());
            claims.push(self.claim_place(user, nowhere).await?);
        }
        self.check_account(user).await?;
        Ok(RequestClaim(claims))
    }

    /// The right to run a turn, within the person's allowance.
    pub(super) async fn claim(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Claim, ChatError> {
        let claim = self.claim_place(user, conversation).await?;
        self.check_account(user).await?;
        Ok(claim)
    }

    async fn claim_place(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Claim, ChatError> {
        self.check_tokens(user, now_ms()).await?;
        let limit = self.settings.current().concurrent_turns;
        let claim = self.live.claim(user, conversation, limit);
        claim.map_err(|refusal| match refusal {
            ClaimRefusal::Running => busy(BusyReason::AnswerRunning),
            ClaimRefusal::TooMany => busy(BusyReason::TooManyTurns { limit }),
        })
    }

    /// Asked once the claim is there: whoever is disabled from then on has it ended.
    async fn check_account(&self, user: UserId) -> Result<(), ChatError> {
        let account = self.store.account(user).await;
        match account.map_err(|error| store_refused(&error))? {
            Some((_, is_disabled)) if !is_disabled => Ok(()),
            _ => Err(ChatError::Unauthorized),
        }
    }

    /// Refuses who has had as many tokens on the day of this moment as allowed: by the limit of
    /// their own, else by the server's.
    pub(super) async fn check_tokens(&self, user: UserId, now: i64) -> Result<(), ChatError> {
        let days = self.store.days();
        let spending = self.store.spending(user, days.number(now)).await;
        let spending = spending.map_err(|error| store_refused(&error))?;
        // Whoever is not there any more is refused later, by name.
        let Some(spending) = spending else {
            return Ok(());
        };
        let limit = spending.limit.or(self.settings.current().tokens_per_day);
        let Some(limit) = limit.filter(|limit| spending.used >= *limit) else {
            return Ok(());
        };
        let rest_s = days.rest_ms(now).div_euclid(1000) + 1;
        Err(ChatError::Busy {
            reason: BusyReason::TokensUsedUp { limit },
            retry_after_s: u32::try_from(rest_s).unwrap_or(u32::MAX),
        })
    }
}
