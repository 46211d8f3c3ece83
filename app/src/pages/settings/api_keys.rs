//! `/settings/keys`: keys with which programs ask in one's name.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::api_keys::{CreateApiKey, RevokeApiKey},
    components::Field,
    model::{ApiKeySummary, ChatError, Drawing, User},
    pages::{
        card::{Head, copy_button, empty, error_line, table},
        drawn::settled,
        told::Told,
    },
    service::api_keys::api_key_service,
    sub_path::address_of,
    words::{Locale, moment, seen, use_locale, words},
};

/// Where a new key stands.
const KEY_ID: &str = "new-key";

/// What was just made, a form for another one, and the list. All buttons are forms.
pub(super) async fn draw(user: &User, told: &Told) -> Result<Drawing, ChatError> {
    let service = api_key_service();
    let list = service.api_keys(user).await?;
    let made = service.take_new_api_key(user);
    let locale = use_locale();
    let list = if list.is_empty() {
        empty(words!(locale, settings.no_keys))
    } else {
        view! { <KeyTable list/> }.into_any()
    };
    let error = told.error_of(CreateApiKey::PATH);
    let other = told.error_besides(&[CreateApiKey::PATH]);
    let form = view! {
        <form class="setting setting-form" method="post" action=address_of(CreateApiKey::url())>
            <Field label=words!(locale, settings.key_name) name="name" autocomplete="off" error/>
            <div class="form-end">
                <button type="submit" class="button primary">
                    {words!(locale, settings.make_key)}
                </button>
            </div>
        </form>
        {error_line(locale, other, "keys-error")}
        {list}
    };
    let head = Head::new(words!(locale, settings.keys));
    Ok(settled(view! {
        {made.map(|key| new_key(locale, key))}
        {head.lead(words!(locale, settings.keys_lead)).section(form)}
    }))
}

fn new_key(locale: Locale, key: String) -> AnyView {
    let head = Head::new(words!(locale, settings.key_made));
    head.lead(words!(locale, settings.key_once)).section(view! {
        <div class="setting shown-once" role="status">
            <code class="api-key" id=KEY_ID>{key}</code>
            {copy_button(locale, KEY_ID)}
        </div>
    })
}

#[component]
fn KeyTable(list: Vec<ApiKeySummary>) -> impl IntoView {
    let locale = use_locale();
    let rows = list
        .into_iter()
        .map(|key| view! { <KeyRow key/> })
        .collect_view();
    let columns = [
        words!(locale, settings.key_name),
        words!(locale, settings.key),
        words!(locale, exports.made),
        words!(locale, settings.last_used),
    ];
    table(locale, "exports-table", &columns, rows)
}

#[component]
fn KeyRow(key: ApiKeySummary) -> impl IntoView {
    let locale = use_locale();
    let used = match key.last_used {
        Some(when) => seen(locale, when),
        None => words!(locale, settings.never_used).to_owned(),
    };
    let revoke = words!(locale, settings.revoke_name, name = key.name.clone());
    view! {
        <tr>
            <td class="exports-name" dir="auto">{key.name}</td>
            <td><code>{format!("…{}", key.ending)}</code></td>
            <td data-label=words!(locale, exports.made)>{moment(locale, key.made)}</td>
            <td data-label=words!(locale, settings.last_used)>{used}</td>
            <td class="exports-actions">
                <form method="post" action=address_of(RevokeApiKey::url())>
                    <input type="hidden" name="id" value=key.id.to_string()/>
                    <button type="submit" class="quiet-button danger" aria-label=revoke>
                        {words!(locale, settings.revoke)}
                    </button>
                </form>
            </td>
        </tr>
    }
}
