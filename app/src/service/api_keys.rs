//! What the server offers to those who let programs ask in their name.

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use crate::model::{ApiKeyId, ApiKeySummary, ChatError, User};

/// Keys of programs.
#[async_trait]
pub trait ApiKeyService: Send + Sync + 'static {
    /// A person's keys, the newest first.
    async fn api_keys(&self, user: &User) -> Result<Vec<ApiKeySummary>, ChatError>;
    /// Makes a key and gives it, for the only time.
    async fn create_api_key(&self, user: &User, name: String) -> Result<String, ChatError>;
    async fn revoke_api_key(&self, user: &User, id: ApiKeyId) -> Result<(), ChatError>;
    /// The key made last, if no page has shown it yet.
    fn take_new_api_key(&self, user: &User) -> Option<String>;
}

/// The service of this request.
///
/// # Panics
/// If the server did not provide it: a mistake in its wiring.
pub fn api_key_service() -> Arc<dyn ApiKeyService> {
    use_context().expect("invariant: the server provides the service of API keys")
}
