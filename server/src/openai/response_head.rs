//! What every answer begins with.

use hearth_engine::handle::EngineHandle;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::now_ms;

/// Digits of a fingerprint that are told.
const FINGERPRINT_DIGITS: usize = 12;

/// The same in all chunks of an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ResponseHead {
    id: String,
    object: &'static str,
    /// Seconds since 1970, UTC.
    created: i64,
    model: String,
    /// Distinguishes model files.
    system_fingerprint: Option<String>,
}

impl ResponseHead {
    pub(super) fn new(prefix: &str, object: &'static str, engine: &EngineHandle) -> Self {
        let fingerprint = engine.fingerprint().map(|fingerprint| {
            let digits: String = fingerprint.chars().take(FINGERPRINT_DIGITS).collect();
            format!("fp_{digits}")
        });
        Self {
            id: random_id(prefix),
            object,
            created: now_ms() / 1000,
            model: engine.model_name(),
            system_fingerprint: fingerprint,
        }
    }
}

/// An id that tells nothing.
pub(super) fn random_id(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::now_v7().simple())
}
