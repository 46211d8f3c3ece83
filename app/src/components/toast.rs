//! What is said for a moment: one sentence at a time.

mod stay;

use std::{cell::Cell, time::Duration};

use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*};
use server_fn::ServerFn;

use super::{Icon, IconName, PostForm};
use crate::{
    api::conversations::RestoreConversation,
    browser,
    model::ConversationId,
    sub_path::address_of,
    words::{use_locale, words},
};
use stay::{Stay, TICK};

/// Where the focus goes that was on what is gone.
const NEW_CHAT: &str = "new-chat";

/// Until then it is gone.
const SETTLED: Duration = Duration::from_millis(50);

/// Shown while what was deleted or archived can come back with one press; a word that is said
/// meanwhile takes its place for a moment. With script both go by themselves.
#[component]
pub(crate) fn UndoToast(
    #[prop(into)] deleted: Signal<Option<ConversationId>>,
    /// It was archived, which pages without script do not take back.
    #[prop(into)]
    is_archived: Signal<bool>,
    on_undo: Callback<ConversationId>,
    /// A word that is shown for a moment, such as "Copied".
    #[prop(into)]
    flash: Signal<Option<&'static str>>,
    /// What is shown has been seen long enough, or was put away.
    on_end: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let toast = move |id: ConversationId| {
        let on_press = Callback::new(move |()| on_undo.run(id));
        view! {
            <div class="toast">
                {move || {
                    let (icon, words) = if is_archived.get() {
                        (IconName::Archive, words!(locale, chat.archived))
                    } else {
                        (IconName::Trash, words!(locale, chat.deleted))
                    };
                    view! {
                        <Icon name=icon class="icon small"/>
                        <span>{words}</span>
                    }
                }}
                <PostForm
                    action=address_of(RestoreConversation::url())
                    name="id"
                    value=id.to_string()
                    label=words!(locale, chat.undo)
                    class="toast-action"
                    on_press
                >
                    {words!(locale, chat.undo)}
                </PostForm>
            </div>
        }
    };
    let shown = move || match flash.get() {
        Some(words) => Some(view! { <div class="toast"><span>{words}</span></div> }.into_any()),
        None => deleted.get().map(|id| toast(id).into_any()),
    };
    end_in_time(deleted, flash, on_end);
    let on_key = move |event: web_sys::KeyboardEvent| {
        // A key on what is shown, which is nothing else's then.
        if event.key() == "Escape" && !browser::is_composing(&event) {
            event.prevent_default();
            on_end.run(());
            set_timeout(|| browser::focus_if_lost(NEW_CHAT), SETTLED);
        }
    };
    view! { <div class="toasts" role="status" on:keydown=on_key>{shown}</div> }
}

/// Each sentence has its whole time, also one that is said again.
fn end_in_time(
    deleted: Signal<Option<ConversationId>>,
    flash: Signal<Option<&'static str>>,
    on_end: Callback<()>,
) {
    Effect::new(move || {
        let stay = match (flash.get(), deleted.get()) {
            (Some(_), _) => Stay::WORD,
            (None, Some(_)) => Stay::WAY_BACK,
            (None, None) => return,
        };
        let left = Cell::new(stay);
        let tick = move || {
            let is_held = browser::is_hidden() || browser::is_attended(".toasts");
            left.set(left.get().tick(is_held));
            if left.get().is_over() {
                on_end.run(());
            }
        };
        if let Ok(ticking) = set_interval_with_handle(tick, TICK) {
            on_cleanup(move || ticking.clear());
        }
    });
}
