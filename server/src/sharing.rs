//! Copies of chats that people share with each other, inside of the server.
//!
//! A copy is made once (`making`) and never follows its chat. Who may read it is decided where it
//! is read (`store/share`), by one statement. `service` is what is offered; an administrator may
//! turn all of it off.

mod making;
mod service;

use std::sync::Arc;

use hearth_app::model::{ChatError, Refusal};

use crate::{
    changes::Changes,
    chat::{ModelTitles, store_refused},
    settings::{SettingsBook, Sharing},
    slow_work::SlowWork,
    store::{Store, StoreError},
};

/// Shares copies of conversations of a store.
#[derive(Debug)]
pub struct SharingServer {
    pub(crate) store: Store,
    pub(crate) settings: Arc<SettingsBook>,
    pub(crate) slow_work: SlowWork,
    pub(crate) changes: Changes,
    pub(crate) titles: ModelTitles,
}

impl SharingServer {
    fn is_off(&self) -> bool {
        self.settings.current().sharing == Sharing::Off
    }
}

fn refused(refusal: Refusal) -> ChatError {
    ChatError::Invalid(refusal)
}

fn read<T>(result: Result<T, StoreError>) -> Result<T, ChatError> {
    result.map_err(|error| store_refused(&error))
}
