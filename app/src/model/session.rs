//! Sessions, as their person sees them.

use serde::{Deserialize, Serialize};

use super::{Seen, SessionId};

/// A browser and the system it runs on, as far as it tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    /// Such as `Firefox`.
    pub name: Option<String>,
    /// Such as `Android`.
    pub system: Option<String>,
}

/// A line of the list of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    pub id: SessionId,
    pub browser: Browser,
    pub last_seen: Seen,
    /// The session that asks.
    pub is_current: bool,
}
