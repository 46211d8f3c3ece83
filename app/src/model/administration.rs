//! What an administrator sees of accounts, models, usage and changes.

use serde::{Deserialize, Serialize};

use super::{LocalTime, ModelState, Seen, TokenLimit, User, UserId, UserRole};

/// An account, without anything its owner wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSummary {
    pub user: User,
    pub disabled: bool,
    /// Absent: never signed in.
    pub last_seen: Option<Seen>,
    /// A link to choose a password was made and not used yet.
    pub is_invited: bool,
    /// Tokens that may be computed for this person in a day.
    pub token_limit: TokenLimit,
    /// Tokens computed today, in the server's time zone; prompts and answers.
    pub tokens_today: u64,
}

/// A link with which its owner chooses a password, once. Shown once, never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeLink {
    pub user: UserId,
    pub user_name: String,
    /// What makes `/join#token=…`; the host is the one the page was opened at.
    pub token: String,
    /// Hours until it ends.
    pub valid_hours: u32,
}

/// A change to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    MakeAdministrator,
    MakeUser,
    Disable,
    Enable,
}

/// A model file that could be served, or is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Name of the file, which chooses it.
    pub file: String,
    /// Bytes of the file.
    pub num_bytes: u64,
    pub active: Option<ActiveModel>,
    /// Why it did not load when it was last tried; for administrators, in English.
    pub failure: Option<String>,
}

/// What is known of the model that answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveModel {
    pub name: String,
    pub state: ModelState,
    /// Such as `GGUF, llama, Q4_1`; empty until the file is open.
    pub format: String,
    /// Such as `CPU, avx2`.
    pub device: String,
    /// Bytes of the weights.
    pub weight_bytes: u64,
    /// Most tokens of a conversation.
    pub context_window: Option<u64>,
    /// Median decode speed of the last answers.
    pub tokens_per_second: Option<f32>,
}

/// Tokens computed for one person on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageDay {
    pub user: UserId,
    pub user_name: String,
    /// Days since 1970-01-01, in the server's time zone.
    pub day: i64,
    pub num_turns: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

/// Usage of the last days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageReport {
    /// The number that the first day has in `rows`.
    pub first_day: i64,
    /// `YYYY-MM-DD` of every day, the oldest first.
    pub dates: Vec<String>,
    /// The time zone by whose midnights days are told apart: the server's.
    pub zone: String,
    /// Of every person that used anything, in order of days.
    pub rows: Vec<UsageDay>,
}

/// How much of the past a usage report tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsagePeriod {
    Week,
    #[default]
    Month,
    Quarter,
}

impl UsagePeriod {
    /// The shortest first.
    pub const ALL: [Self; 3] = [Self::Week, Self::Month, Self::Quarter];

    /// Days, today included.
    #[must_use]
    pub const fn num_days(self) -> u32 {
        match self {
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
        }
    }

    /// The one of that many days, written as in an address.
    #[must_use]
    pub fn of_days(num_days: &str) -> Option<Self> {
        let num_days = num_days.parse::<u32>().ok()?;
        Self::ALL.into_iter().find(|it| it.num_days() == num_days)
    }
}

/// One change somebody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Where the next page of older entries begins.
    pub cursor: String,
    pub time: LocalTime,
    /// Empty: it was done on the command line.
    pub user_name: String,
    pub action: AuditAction,
    /// A setting, an account, a model.
    pub subject: String,
    pub old: String,
    pub new: String,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    ChangeSetting,
    CreateAccount,
    /// A person made an account by themselves.
    SignUp,
    ChangeRole,
    DisableAccount,
    EnableAccount,
    DeleteAccount,
    RenameAccount,
    ChangeLimit,
    MakeLink,
    /// A password was chosen on the command line.
    ResetPassword,
    SwitchModel,
    /// A model did not load, and the one before answers again.
    ReturnToModel,
}

impl AccountChange {
    /// Its word in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MakeAdministrator => "make_administrator",
            Self::MakeUser => "make_user",
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }

    /// The role it gives, if it gives one.
    pub const fn role(self) -> Option<UserRole> {
        match self {
            Self::MakeAdministrator => Some(UserRole::Administrator),
            Self::MakeUser => Some(UserRole::User),
            Self::Disable | Self::Enable => None,
        }
    }
}
