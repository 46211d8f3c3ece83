//! Random keys from `crypto.getRandomValues`, which plain HTTP has too (`randomUUID` it has not).

use leptos::prelude::window;

use crate::model::IdempotencyKey;

/// A key for one press of Send.
pub(crate) fn idempotency_key() -> IdempotencyKey {
    let mut bytes = [0; 16];
    if let Ok(crypto) = window().crypto() {
        // Every browser that runs WebAssembly has it; sixteen bytes never exceed its quota.
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    IdempotencyKey::new(uuid::Builder::from_random_bytes(bytes).into_uuid())
}
