//! Code that a page loads when it is used: what hangs on a press is no part of what every visit
//! loads. See `docs/adr/0045-code-that-is-loaded-when-it-is-used.md`.
//!
//! A function in [`later!`] begins a part of the program, which takes along what nothing else
//! needs:
//!
//! ```ignore
//! later! { chat:
//!     /// Gives a conversation another title.
//!     pub(crate) async fn rename(id: ConversationId, title: String) -> Result<(), ChatError> {
//!         conversations::rename_conversation(id, title).await
//!     }
//! }
//! ```
//!
//! Functions of one name (`chat`) are one part. The first call loads it; on the server there is
//! nothing to load. Each such function costs some bytes of every visit, so a part with many gives a
//! table of plain ones (`pages/chat/parts.rs`); views are made at once, and so by functions of such
//! a table.

use std::time::Duration;

use futures::future::LocalBoxFuture;
use leptos::wasm_split::SplitLoaderError;

use crate::{browser, model::ChatError};

/// After that time a page that became interactive has nothing more urgent to load.
const LEISURE: Duration = Duration::from_secs(1);

/// What a function of a part does once the part is there.
pub(crate) type Work<T> = LocalBoxFuture<'static, T>;

/// The server was not reached, or has another page by now. The next call tries again.
impl From<SplitLoaderError> for ChatError {
    fn from(error: SplitLoaderError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// An `async fn` that a page loads with the part of this name. Its error is a `ChatError`, also
/// if the part could not be loaded.
macro_rules! later {
    (
        $part:ident:
        $(#[$attribute:meta])*
        $visibility:vis async fn $name:ident($($argument:ident: $kind:ty),* $(,)?) -> $gives:ty
        $work:block
    ) => {
        #[::leptos::wasm_split::wasm_split(
            $part,
            wasm_split_path = ::leptos::wasm_split,
            fallible,
            return_wrapper(let work = _; { work?.await } -> $gives)
        )]
        $(#[$attribute])*
        $visibility fn $name(
            $($argument: $kind),*
        ) -> Result<$crate::later::Work<$gives>, $crate::model::ChatError> {
            Ok(Box::pin(async move $work))
        }
    };
}
pub(crate) use later;

/// Loads a part before it is used, so that no press waits for it. What fails is told when it is
/// used.
pub(crate) async fn at_leisure<T>(part: impl Future<Output = Result<T, ChatError>>) {
    browser::sleep(LEISURE).await;
    if let Err(error) = part.await {
        leptos::logging::warn!("a part of the page was not loaded ahead: {error}");
    }
}
