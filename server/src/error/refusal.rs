//! What refusals are counted as.

use hearth_app::model::BusyReason;

use super::AppError;

/// What a refusal is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusalKind {
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// After wrong passwords.
    Throttled,
    /// A person's own limits.
    Limit,
    QueueFull,
    /// What is asked for is being done already, such as an answer in a conversation.
    Underway,
    /// Slow work of all kinds.
    Overloaded,
    /// There is no model that answers.
    NotReady,
    /// The disk is full, or somebody keeps the database.
    Database,
    Closing,
    TooLarge,
    TooSlow,
}

impl RefusalKind {
    pub(crate) const ALL: [Self; 12] = [
        Self::Unauthorized,
        Self::Forbidden,
        Self::Throttled,
        Self::Limit,
        Self::QueueFull,
        Self::Underway,
        Self::Overloaded,
        Self::NotReady,
        Self::Database,
        Self::Closing,
        Self::TooLarge,
        Self::TooSlow,
    ];

    /// Its name in `/metrics`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Throttled => "throttled",
            Self::Limit => "limit",
            Self::QueueFull => "queue_full",
            Self::Underway => "underway",
            Self::Overloaded => "overloaded",
            Self::NotReady => "not_ready",
            Self::Database => "database",
            Self::Closing => "closing",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
        }
    }

    fn of_busy(reason: &BusyReason) -> Self {
        match reason {
            BusyReason::TooManyAttempts { .. } => Self::Throttled,
            BusyReason::TooManyTurns { .. } | BusyReason::TokensUsedUp { .. } => Self::Limit,
            BusyReason::QueueFull { .. } => Self::QueueFull,
            BusyReason::AnswerRunning | BusyReason::AnswerUnsaved => Self::Underway,
            BusyReason::EngineStopped | BusyReason::ModelNotLoaded | BusyReason::NotReady => {
                Self::NotReady
            }
            BusyReason::DiskFull | BusyReason::NoRoom | BusyReason::DatabaseBusy => Self::Database,
            BusyReason::Closing => Self::Closing,
            _ => Self::Overloaded,
        }
    }
}

impl AppError {
    /// What it is counted as; nothing for what was asked wrong, and for faults.
    pub(super) fn refusal(&self) -> Option<RefusalKind> {
        Some(match self {
            Self::Unauthorized => RefusalKind::Unauthorized,
            Self::Forbidden | Self::ForeignOrigin => RefusalKind::Forbidden,
            Self::TooLarge { .. } => RefusalKind::TooLarge,
            Self::TooSlow => RefusalKind::TooSlow,
            Self::Busy { reason, .. } => RefusalKind::of_busy(reason),
            Self::NotReady { .. } => RefusalKind::NotReady,
            Self::NotFound | Self::Invalid(_) | Self::Unacceptable(_) | Self::Internal { .. } => {
                return None;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_and_mistakes_and_faults_are_not() {
        let busy = |reason| AppError::Busy {
            reason,
            retry_after_s: 5,
        };
        for (error, expected) in [
            (AppError::Unauthorized, Some("unauthorized")),
            (AppError::ForeignOrigin, Some("forbidden")),
            (
                busy(BusyReason::TooManyAttempts { seconds: 1 }),
                Some("throttled"),
            ),
            (busy(BusyReason::TokensUsedUp { limit: 1 }), Some("limit")),
            (busy(BusyReason::WorkersBusy), Some("overloaded")),
            (busy(BusyReason::DiskFull), Some("database")),
            (busy(BusyReason::NoRoom), Some("database")),
            (AppError::NotFound, None),
            (AppError::internal("fire"), None),
        ] {
            assert_eq!(
                error.refusal().map(RefusalKind::as_str),
                expected,
                "{error}"
            );
        }
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let mut names = RefusalKind::ALL.map(RefusalKind::as_str).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RefusalKind::ALL.len());
    }
}
