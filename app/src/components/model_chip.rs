//! Which model answers, and whether it can: in words at the start of the header, with its menu.

use leptos::prelude::*;

use super::{Icon, IconName, PageLink, menu::Menu};
use crate::{
    browser,
    model::{ModelState, ModelStatus},
    words::{self, use_locale, words},
};

const MENU: &str = "model-menu";

/// Name and state. The menu says more, and opens without script too.
#[component]
pub(crate) fn ModelChip(
    status: RwSignal<ModelStatus>,
    /// Shows what only an administrator can change.
    is_administrator: bool,
    on_settings: Callback<()>,
) -> impl IntoView {
    let locale = use_locale();
    let name = move || words::model_chip(locale, &status.read());
    let told = move || words::model(locale, &status.read());
    view! {
        <button
            type="button"
            class="model-chip"
            popovertarget=MENU
            title=words!(locale, frame.model)
        >
            <ModelDot status/>
            <span class="model-name">{name}</span>
            <Icon name=IconName::ChevronDown class="icon mini"/>
        </button>
        <span class="visually-hidden" role="status">{told}</span>
        <Menu id=MENU label=words!(locale, frame.model)>
            <ModelFacts status is_administrator/>
            <hr class="needs-script"/>
            <button
                type="button"
                class="menu-entry needs-script"
                autofocus
                on:click=move |_| {
                    browser::close_menu(MENU);
                    on_settings.run(());
                }
            >
                <Icon name=IconName::Sliders/>
                <span>{words!(locale, frame.chat_settings)}</span>
            </button>
            {is_administrator.then(|| view! {
                <PageLink to="/admin/models" attr:class="menu-entry">
                    <Icon name=IconName::Model/>
                    <span>{words!(locale, admin.models)}</span>
                </PageLink>
            })}
        </Menu>
    }
}

/// Lit, burning while it loads, or failed.
#[component]
fn ModelDot(status: RwSignal<ModelStatus>) -> impl IntoView {
    let class = move || match status.read().state {
        ModelState::Ready => "dot",
        ModelState::Loading { .. } => "dot burning",
        ModelState::Failed => "dot failed",
    };
    view! { <span class=class></span> }
}

/// What there is to know about the model.
#[component]
fn ModelFacts(status: RwSignal<ModelStatus>, is_administrator: bool) -> impl IntoView {
    let locale = use_locale();
    let name = move || status.read().name.clone();
    let state = move || words::model_state(locale, &status.read().state);
    let has_failed = Memo::new(move |_| status.read().state == ModelState::Failed);
    let failure = move || words::model(locale, &status.read()).filter(|_| has_failed.get());
    let is_demonstration = Memo::new(move |_| status.read().is_demonstration && is_administrator);
    view! {
        <div class="menu-person">
            <ModelDot status/>
            <span>
                <strong>{name}</strong>
                <small>{state}</small>
            </span>
        </div>
        {move || failure().map(|words| view! { <p class="menu-note">{words}</p> })}
        {move || is_demonstration.get().then(|| view! {
            <p class="menu-note">
                {words!(locale, chat.demonstration)} <code>{words::DEMONSTRATION_COMMAND}</code>
                {words!(locale, chat.demonstration_more)}
            </p>
        })}
    }
}
