//! Keys of programs, as their person sees them.

use serde::{Deserialize, Serialize};

use super::{ApiKeyId, LocalTime, Seen};

/// A line of the list of keys. The key itself is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeySummary {
    pub id: ApiKeyId,
    pub name: String,
    /// Its last characters.
    pub ending: String,
    pub made: LocalTime,
    /// Absent: never.
    pub last_used: Option<Seen>,
}
