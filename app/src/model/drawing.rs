//! Parts of pages that the server draws.

use serde::{Deserialize, Serialize};

/// A part of a page as HTML. Texts of people in it are escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    pub html: String,
    /// It is about to change by itself: ask again in a second.
    pub is_changing: bool,
}

/// Sections of the administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminSection {
    Server,
    People,
    Models,
    Usage,
    Ratings,
    Log,
    Upkeep,
    Backups,
}

/// Sections of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingsSection {
    General,
    Account,
    Keys,
    Exports,
    Import,
    Trash,
    Folders,
    Archive,
    Shared,
}
