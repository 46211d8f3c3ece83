//! Which keys do what.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{
    browser,
    model::SingleKeys,
    preferences,
    words::{use_locale, words},
};

/// Id of the dialog.
pub(crate) const SHORTCUTS: &str = "shortcuts";

/// The dialog with the list of shortcuts; `?` opens it, where single keys are on, and the menu of
/// the account.
#[component]
pub(crate) fn ShortcutsDialog(children: Children) -> impl IntoView {
    let close = move |event: web_sys::MouseEvent| {
        if let Some(dialog) = browser::pressed_backdrop(&event) {
            dialog.close();
        }
    };
    view! {
        <dialog id=SHORTCUTS class="dialog sheet" aria-labelledby="shortcuts-title" on:click=close>
            {children()}
        </dialog>
    }
}

/// The list itself.
#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let locale = use_locale();
    let rows = [
        (words!(locale, chat.new_chat), "Ctrl ⇧ O"),
        (words!(locale, frame.search), "Ctrl K"),
        (words!(locale, frame.toggle_sidebar), "Ctrl B"),
        (words!(locale, settings.settings), "Ctrl ,"),
        (words!(locale, frame.previous), "Alt ↑"),
        (words!(locale, frame.next), "Alt ↓"),
        (words!(locale, frame.stop_answer), "Esc"),
        (words!(locale, frame.copy_answer), "Ctrl ⇧ C"),
        (words!(locale, frame.edit_last), "↑"),
        (words!(locale, frame.walk), "↑ ↓"),
        (words!(locale, frame.rename_chosen), "F2"),
        (words!(locale, frame.menu_chosen), "⇧ F10"),
        (words!(locale, frame.delete_chosen), "Del"),
    ];
    let has_keys = preferences::of_page().single_keys == SingleKeys::On;
    let help = has_keys.then(|| (words!(locale, frame.help), "?"));
    let rows = rows.into_iter().chain(help);
    let told = (!has_keys).then(|| {
        view! { <p class="hint">{words!(locale, frame.single_keys_off)}</p> }
    });
    let row = |(what, keys): (&'static str, &'static str)| {
        view! {
            <div>
                <dt>{what}</dt>
                <dd><kbd>{keys}</kbd></dd>
            </div>
        }
    };
    view! {
        <form class="dialog-head" method="dialog">
            <h2 id="shortcuts-title">{words!(locale, frame.shortcuts)}</h2>
            <button
                type="submit"
                class="icon-button"
                title=words!(locale, frame.close)
                aria-label=words!(locale, frame.close)
            >
                <Icon name=IconName::Close/>
            </button>
        </form>
        <div class="dialog-body">
            <dl class="shortcut-list">{rows.map(row).collect_view()}</dl>
            {told}
            <p class="hint">{words!(locale, frame.mac)}</p>
        </div>
    }
}
