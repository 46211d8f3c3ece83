//! That the server is away.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::words::{use_locale, words};

/// Says above a conversation that the server is away. Where there is little room it is a drawing
/// with a name.
#[component]
pub(crate) fn OfflineChip(#[prop(into)] is_offline: Signal<bool>) -> impl IntoView {
    let words = words!(use_locale(), chat.offline);
    let chip = move || {
        is_offline.get().then(|| {
            view! {
                <span class="chip" title=words>
                    <Icon name=IconName::Offline class="icon mini"/>
                    <span class="text">{words}</span>
                </span>
            }
        })
    };
    // It is there before it says something: screen readers read out what changes.
    view! { <div role="status">{chip}</div> }
}
