//! The number of a request: in every answer, in each line that is logged for it, and in what a
//! person is told when the server fails.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Both ways: what a proxy sends, and what everybody is answered.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest number that is taken from a request.
const MAX_BYTES: usize = 64;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// Letters, digits, `-`, `_` and `.`, at most 64 of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The one that a request of a trusted proxy brings, if it is short and plain; else a new one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut brought = headers.get_all(HEADER).into_iter();
        let only = brought.next().filter(|_| brought.next().is_none());
        let text = only.and_then(|value| value.to_str().ok());
        let plain = text.filter(|text| is_plain(text));
        plain.map_or_else(Self::random, |text| Self(text.to_owned()))
    }

    /// A new one: a UUID without hyphens.
    pub(crate) fn random() -> Self {
        Self(uuid::Uuid::now_v7().simple().to_string())
    }

    /// As a header has it. Absent never: it is plain.
    pub(crate) fn header_value(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }

    /// What somebody is told who meets a failure: this request's number where it looks like one of
    /// ours, else a new one. The page shows no other text that an address can bring.
    pub(crate) fn to_be_told() -> String {
        let current = current().filter(Self::is_uuid);
        current.unwrap_or_else(Self::random).0
    }

    fn is_uuid(&self) -> bool {
        self.0.len() == 32 && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Does the work of this request.
    pub(crate) async fn carry<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The request that is being worked for.
fn current() -> Option<RequestId> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Work that goes on in a task of its own, for the same request.
pub(crate) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let id = current();
    async move {
        match id {
            Some(id) => id.carry(work).await,
            None => work.await,
        }
    }
}

fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        RequestId::of(&headers).to_string()
    }

    #[test]
    fn a_short_and_plain_number_is_taken() {
        for plain in ["7", "a-b_c.D9", &"f".repeat(64)] {
            assert_eq!(of(&[plain.as_bytes()]), plain);
        }
    }

    #[test]
    fn anything_else_gets_a_new_number() {
        let long = "a".repeat(65);
        for odd in [
            b"".as_slice(),
            b"two words",
            b"a\tb",
            b"<script>",
            b"a=b;c",
            "\u{e4}".as_bytes(),
            long.as_bytes(),
        ] {
            let found = of(&[odd]);
            assert!(RequestId(found.clone()).is_uuid(), "{odd:?} became {found}");
        }
        assert!(RequestId(of(&[b"one", b"two"])).is_uuid());
        assert_ne!(of(&[]), of(&[]));
    }

    #[tokio::test]
    async fn who_meets_a_failure_is_told_the_number_of_the_request() {
        let id = RequestId::random();
        let told = id.clone().carry(async { RequestId::to_be_told() }).await;
        assert_eq!(told, id.to_string());
        let beside = id
            .clone()
            .carry(async { tokio::spawn(carried(async { RequestId::to_be_told() })).await });
        assert_eq!(beside.await.unwrap(), id.to_string());
        let brought = RequestId("call-us-now".to_owned());
        let told = brought.carry(async { RequestId::to_be_told() }).await;
        assert!(RequestId(told.clone()).is_uuid(), "{told}");
    }
}
