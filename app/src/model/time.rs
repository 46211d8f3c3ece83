//! Moments as the calendar and the clock of the reader show them. The server computes them.

use serde::{Deserialize, Serialize};

/// A minute in the reader's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalTime {
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    pub minute: u8,
}

/// How long ago a conversation was used, by days of the reader's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateGroup {
    Today,
    Yesterday,
    Previous7Days,
    Previous30Days,
    Month {
        year: i16,
        /// 1 to 12.
        month: u8,
    },
}
