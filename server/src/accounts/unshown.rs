//! What a form made and no page has shown yet, such as a secret: the page that the form leads to
//! shows it, once, and no address holds it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hearth_app::model::UserId;

/// A secret waits that long to be shown on a page (5 minutes).
const SHOWN_WITHIN_MS: i64 = 5 * 60 * 1000;

/// The last secret that each person made. Its `Debug` shows dots.
pub(crate) struct Unshown<T> {
    made: Mutex<HashMap<UserId, Made<T>>>,
}

struct Made<T> {
    secret: T,
    at_ms: i64,
}

impl<T> Default for Unshown<T> {
    fn default() -> Self {
        Self {
            made: Mutex::default(),
        }
    }
}

impl<T> fmt::Debug for Unshown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unshown(…)")
    }
}

impl<T> Unshown<T> {
    pub(crate) fn put(&self, user: UserId, secret: T, now_ms: i64) {
        let mut made = self.lock();
        made.retain(|_, it| it.at_ms + SHOWN_WITHIN_MS > now_ms);
        let at_ms = now_ms;
        made.insert(user, Made { secret, at_ms });
    }

    pub(crate) fn take(&self, user: UserId, now_ms: i64) -> Option<T> {
        let found = self.lock().remove(&user)?;
        (found.at_ms + SHOWN_WITHIN_MS > now_ms).then_some(found.secret)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Made<T>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_secret_is_shown_once_and_not_too_late() {
        let secrets = Unshown::default();
        let user = UserId::new(uuid::Uuid::now_v7());
        secrets.put(user, "a", 0);
        secrets.put(user, "b", 1);
        assert_eq!(secrets.take(user, 2), Some("b"));
        assert_eq!(secrets.take(user, 2), None);
        secrets.put(user, "c", 0);
        assert_eq!(secrets.take(user, SHOWN_WITHIN_MS), None);
        assert!(!format!("{secrets:?}").contains("\"c\""));
    }
}
