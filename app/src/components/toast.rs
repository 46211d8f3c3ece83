//! What is said for a moment: one sentence at a time.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, PostForm};
use crate::{
    api::conversations::RestoreConversation,
    model::ConversationId,
    sub_path::address_of,
    words::{use_locale, words},
};

/// Shown while a deleted conversation can come back with one press; a word that is said meanwhile
/// takes its place for a moment.
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
                <Icon name=IconName::Trash class="icon small"/>
                <span>{words!(locale, chat.deleted)}</span>
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
    view! { <div class="toasts" role="status">{shown}</div> }
}
