//! What one conversation wants otherwise than the server's defaults.

use serde::{Deserialize, Serialize};

/// Own settings of a conversation; absent fields follow the server's defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationSettings {
    pub system_prompt: Option<String>,
    /// 0 to 2.
    pub temperature: Option<f32>,
    /// Above 0, up to 1.
    pub top_p: Option<f32>,
    /// Longest answer in tokens.
    pub max_tokens: Option<u32>,
}

/// The same as a form gives it: empty texts follow the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConversationForm {
    pub system_prompt: String,
    pub temperature: String,
    pub top_p: String,
    pub max_tokens: String,
}
