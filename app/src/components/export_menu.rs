//! The menu above a conversation: what it can be taken away as. The entries are buttons of a form
//! whose answer is the file, so the page stays where it is, with script and without.

use leptos::{html, prelude::*};
use server_fn::ServerFn;

use super::{Icon, IconName, PageLink};
use crate::{
    api::exports::CreateExport,
    model::{ConversationId, ExportFormat},
    sub_path::address_of,
    words::{export, use_locale, words},
};

/// Formats of the shown conversation, and Print. Nothing while there is no conversation.
#[component]
pub(crate) fn ExportMenu(
    #[prop(into)] conversation: Signal<Option<ConversationId>>,
) -> impl IntoView {
    let locale = use_locale();
    let menu = NodeRef::<html::Details>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    let entry = move |format: ExportFormat| {
        view! {
            <button type="submit" name="format" value=format.as_str() class="menu-entry">
                {export::format(locale, format)}
            </button>
        }
    };
    let print = move |_| {
        close();
        // It fails in no browser; where there is no printer the window says so itself.
        let _ = window().print();
    };
    let panel = move |id: ConversationId| {
        view! {
            <details
                class="export-menu"
                node_ref=menu
                on:keydown=move |event| if event.key() == "Escape" {
                    close();
                }
            >
                <summary class="quiet-button">
                    <Icon name=IconName::Download/>
                    <span class="export-menu-name">{words!(locale, exports.export)}</span>
                </summary>
                <div class="menu-panel">
                    // The post goes out first: a closed menu sends nothing.
                    <form method="post" action=address_of(CreateExport::url()) on:submit=move |_| {
                        request_animation_frame(close);
                    }>
                        <input type="hidden" name="conversation" value=id.to_string()/>
                        <label class="menu-choice">
                            <input type="checkbox" name="reasoning" value="true"/>
                            {words!(locale, exports.with_reasoning)}
                        </label>
                        {ExportFormat::ALL.map(entry).collect_view()}
                    </form>
                    <button type="button" class="menu-entry needs-script" on:click=print>
                        {words!(locale, exports.print)}
                    </button>
                    <PageLink to="/settings/exports" attr:class="menu-entry">
                        {words!(locale, exports.all_exports)}
                    </PageLink>
                    <p class="menu-hint">{words!(locale, exports.export_hint)}</p>
                </div>
            </details>
        }
    };
    move || conversation.get().map(panel)
}
