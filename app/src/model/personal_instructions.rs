//! What a person wants models to know in every chat.

use serde::{Deserialize, Serialize};

/// Longest text of each box, in units of UTF-16: so browsers count (`maxlength`).
pub const MAX_PERSONAL_CHARS: usize = 2000;

/// Two texts for all chats of a person, as their form gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonalInstructions {
    /// Who the person is.
    pub about: String,
    /// How they want to be answered.
    pub answering: String,
    /// Off: the texts are kept, and no model is told. A form without a tick sends nothing, and
    /// means no.
    pub is_on: bool,
}

impl PersonalInstructions {
    /// Whether models are told anything.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.is_on && !(self.about.is_empty() && self.answering.is_empty())
    }
}
