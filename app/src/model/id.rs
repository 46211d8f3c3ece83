//! Identifiers. All are UUIDs made by the server, except the idempotency key, made by the browser.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that the store or the address bar gave.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare id, for SQL.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id! {
    /// One conversation; time-ordered (`UUIDv7`).
    ConversationId
}
uuid_id! {
    /// One folder of conversations.
    FolderId
}
uuid_id! {
    /// One message; time-ordered (`UUIDv7`).
    MessageId
}
uuid_id! {
    /// One person with an account.
    UserId
}
uuid_id! {
    /// One session of a person; no secret, it opens nothing.
    SessionId
}
uuid_id! {
    /// One key of a program; no secret, it opens nothing.
    ApiKeyId
}
uuid_id! {
    /// Random key a browser makes for one press of Send: a repeated post starts nothing new.
    IdempotencyKey
}
uuid_id! {
    /// One file beside a message, or on its way to one.
    FileId
}
uuid_id! {
    /// One file that was exported.
    ExportId
}
uuid_id! {
    /// One copy of a chat that its person shares; random.
    ShareId
}
uuid_id! {
    /// One file that was uploaded to be imported.
    UploadId
}
