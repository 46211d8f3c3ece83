//! A deletion that can be taken back.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::PostForm;
use crate::{
    api::conversations::RestoreConversation,
    model::ConversationId,
    sub_path::address_of,
    words::{use_locale, words},
};

/// Shown while a deleted conversation can come back with one press.
#[component]
pub(crate) fn UndoToast(
    #[prop(into)] deleted: Signal<Option<ConversationId>>,
    on_undo: Callback<ConversationId>,
    /// A word that is shown for a moment, such as "Copied".
    #[prop(into)]
    flash: Signal<Option<&'static str>>,
) -> impl IntoView {
    let locale = use_locale();
    let toast = move |id: ConversationId| {
        let on_press = Callback::new(move |()| on_undo.run(id));
        view! {
            <div class="toast">
                <span>{words!(locale, chat.deleted)}</span>
                <PostForm
                    action=address_of(RestoreConversation::url())
                    name="id"
                    value=id.to_string()
                    label=words!(locale, chat.undo)
                    on_press
                >
                    {words!(locale, chat.undo)}
                </PostForm>
            </div>
        }
    };
    let flash = move || {
        flash
            .get()
            .map(|words| view! { <div class="toast">{words}</div> })
    };
    view! {
        <div class="toasts" role="status">
            {move || deleted.get().map(toast)}
            {flash}
        </div>
    }
}
