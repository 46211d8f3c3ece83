//! Which turns are running, and which have just ended.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hearth_app::model::{ConversationId, MessageId, UserId};
use tokio::sync::watch;

use super::turn_log::TurnLog;

/// Why a turn is to end before the model ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    /// Somebody pressed Stop.
    Person,
    ShutDown,
    /// Another model takes the place of the one that answers.
    ModelSwitch,
    /// The account was disabled.
    Disabled,
}

/// One turn as others see it.
#[derive(Debug)]
pub(super) struct LiveTurn {
    pub(super) user: UserId,
    pub(super) message: MessageId,
    pub(super) conversation: ConversationId,
    pub(super) log: TurnLog,
    stop: watch::Sender<Option<StopReason>>,
}

impl LiveTurn {
    pub(super) fn new(
        user: UserId,
        message: MessageId,
        conversation: ConversationId,
        log: TurnLog,
    ) -> Self {
        let (stop, _) = watch::channel(None);
        Self {
            user,
            message,
            conversation,
            log,
            stop,
        }
    }

    /// Asks the turn's task to end; the first reason counts.
    pub(super) fn stop(&self, reason: StopReason) {
        self.stop.send_if_modified(|asked| {
            let is_first = asked.is_none();
            *asked = asked.or(Some(reason));
            is_first
        });
    }

    /// Becomes `Some` when the turn is to end.
    pub(super) fn stop_asked(&self) -> watch::Receiver<Option<StopReason>> {
        self.stop.subscribe()
    }
}

/// All live turns. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct LiveTurns {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    turns: HashMap<MessageId, Arc<LiveTurn>>,
    /// Conversations with a turn that runs or is about to.
    claimed: HashMap<ConversationId, Claimed>,
}

#[derive(Debug)]
struct Claimed {
    user: UserId,
    /// Why what it is for is to end, be it before it has begun.
    end: watch::Sender<Option<StopReason>>,
}

/// Why a turn may not run now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClaimRefusal {
    /// One already runs in this conversation.
    Running,
    /// The person has as many as allowed.
    TooMany,
}

/// The right to run a turn in a conversation; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Claim {
    live: LiveTurns,
    conversation: ConversationId,
    end: watch::Receiver<Option<StopReason>>,
}

impl Claim {
    /// Why the turn that was about to begin is to end at once.
    pub(super) fn end_reason(&self) -> Option<StopReason> {
        *self.end.borrow()
    }

    /// Resolves when what this claim is for is to end; never by itself.
    pub(super) async fn ended(&self) {
        let mut end = self.end.clone();
        if end.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.live.lock().claimed.remove(&self.conversation);
    }
}

/// A claim of a turn's task and of what looks after the task: whoever is last to write gives it
/// back, also where the other one panicked.
#[derive(Clone, Debug)]
pub(super) struct SharedClaim(Arc<Mutex<Option<Claim>>>);

impl SharedClaim {
    pub(super) fn new(claim: Claim) -> Self {
        Self(Arc::new(Mutex::new(Some(claim))))
    }

    pub(super) fn give_back(&self) {
        let claim = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Another lock: not while this one is held.
        drop(claim);
    }
}

impl LiveTurns {
    /// Claims a conversation for `user`, who may hold at most `limit` at once.
    pub(super) fn claim(
        &self,
        user: UserId,
        conversation: ConversationId,
        limit: u32,
    ) -> Result<Claim, ClaimRefusal> {
        let mut shared = self.lock();
        if shared.claimed.contains_key(&conversation) {
            return Err(ClaimRefusal::Running);
        }
        let held = shared.claimed.values().filter(|it| it.user == user);
        let num_held = held.count();
        if u32::try_from(num_held).is_ok_and(|num_held| num_held < limit) {
            let (end, is_ended) = watch::channel(None);
            shared.claimed.insert(conversation, Claimed { user, end });
            return Ok(Claim {
                live: self.clone(),
                conversation,
                end: is_ended,
            });
        }
        Err(ClaimRefusal::TooMany)
    }

    pub(super) fn is_running(&self, conversation: ConversationId) -> bool {
        self.lock().claimed.contains_key(&conversation)
    }

    /// Replaces an ended turn of the same message.
    pub(super) fn insert(&self, turn: Arc<LiveTurn>) {
        self.lock().turns.insert(turn.message, turn);
    }

    /// Forgets a turn, unless its message has a newer one.
    pub(super) fn remove(&self, turn: &Arc<LiveTurn>) {
        let mut shared = self.lock();
        let current = shared.turns.get(&turn.message);
        if current.is_some_and(|current| Arc::ptr_eq(current, turn)) {
            shared.turns.remove(&turn.message);
        }
    }

    /// A turn of this user that runs or has just ended.
    pub(super) fn turn(&self, user: UserId, message: MessageId) -> Option<Arc<LiveTurn>> {
        let turn = self.lock().turns.get(&message).cloned();
        turn.filter(|turn| turn.user == user)
    }

    /// Ends turns by person and conversation, those that are about to begin too: whoever holds a
    /// claim looks at it once the turn is here.
    pub(super) fn stop_where(
        &self,
        is_meant: impl Fn(UserId, ConversationId) -> bool,
        reason: StopReason,
    ) {
        let turns: Vec<_> = {
            let shared = self.lock();
            for (&conversation, claimed) in &shared.claimed {
                if is_meant(claimed.user, conversation) {
                    claimed.end.send_replace(Some(reason));
                }
            }
            let turns = shared.turns.values();
            let meant = turns.filter(|turn| is_meant(turn.user, turn.conversation));
            meant.cloned().collect()
        };
        for turn in turns {
            turn.stop(reason);
        }
    }

    /// Ends what is about to begin in a conversation.
    pub(super) fn end_claim(&self, conversation: ConversationId, reason: StopReason) {
        if let Some(claimed) = self.lock().claimed.get(&conversation) {
            claimed.end.send_replace(Some(reason));
        }
    }

    /// Everybody for whom something is being made or about to be.
    pub(super) fn people(&self) -> HashSet<UserId> {
        self.lock().claimed.values().map(|it| it.user).collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<LiveTurn>> {
        self.lock().turns.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Every change under the lock is a single call: a panic leaves nothing half done.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
