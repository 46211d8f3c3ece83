//! What a conversation can be taken away as: entries of the menu above it. They are buttons of a
//! form whose answer is the file, so the page stays where it is, with script and without.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, PageLink};
use crate::{
    api::exports::CreateExport,
    browser,
    model::{ConversationId, ExportFormat},
    sub_path::address_of,
    words::{export, use_locale, words},
};

/// The formats, Print, and the way to all files.
#[component]
pub(super) fn ExportEntries(
    conversation: ConversationId,
    /// Id of the menu around the entries.
    menu: &'static str,
    /// A message has more than one version.
    has_branches: Signal<bool>,
) -> impl IntoView {
    let locale = use_locale();
    let entry = move |format: ExportFormat| {
        view! {
            <button type="submit" name="format" value=format.as_str() class="menu-entry">
                {export::format(locale, format)}
            </button>
        }
    };
    // The post goes out first: a closed menu sends nothing.
    let on_submit = move |_| request_animation_frame(move || browser::close_menu(menu));
    let print = move |_| {
        browser::close_menu(menu);
        browser::print();
    };
    view! {
        <form method="post" action=address_of(CreateExport::url()) on:submit=on_submit>
            <input type="hidden" name="conversation" value=conversation.to_string()/>
            <p class="group-label">{words!(locale, exports.export)}</p>
            <div class="menu-formats">{ExportFormat::ALL.map(entry).collect_view()}</div>
            <label class="menu-choice">
                <input class="check" type="checkbox" name="reasoning" value="true"/>
                {words!(locale, exports.with_reasoning)}
            </label>
            <Show when=move || has_branches.get()>
                <label class="menu-choice">
                    <input class="check" type="checkbox" name="branches" value="true"/>
                    {words!(locale, exports.with_branches)}
                </label>
            </Show>
            <p class="menu-note">{words!(locale, exports.export_hint)}</p>
        </form>
        <PageLink to="/settings/exports" attr:class="menu-entry">
            <Icon name=IconName::Download/>
            <span>{words!(locale, exports.all_exports)}</span>
        </PageLink>
        <button type="button" class="menu-entry needs-script" on:click=print>
            <Icon name=IconName::File/>
            <span>{words!(locale, exports.print)}</span>
        </button>
    }
}
