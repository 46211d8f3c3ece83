//! No such page.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{answer_not_found, window_title};
use crate::{
    components::{Icon, IconName, PageLink},
    words::{use_locale, words},
};

/// The answer to every other address, with status 404.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    let locale = use_locale();
    answer_not_found();
    view! {
        <Title text=window_title(words!(locale, door.not_found))/>
        <main class="door">
            <div class="blank">
                <Icon name=IconName::Flame class="flame out"/>
                <h1>{words!(locale, door.not_found_title)}</h1>
                <p>{words!(locale, door.not_found_lead)}</p>
                <div class="actions">
                    <PageLink to="/" attr:class="button primary">
                        {words!(locale, chat.new_chat)}
                    </PageLink>
                    <PageLink to="/settings" attr:class="button">
                        {words!(locale, settings.settings)}
                    </PageLink>
                </div>
            </div>
        </main>
    }
}
