//! `/settings/keys`: keys with which programs ask in one's name.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::api_keys::{CreateApiKey, RevokeApiKey},
    components::Field,
    model::{ApiKeySummary, ChatError, Drawing, User},
    pages::drawn::settled,
    service::api_keys::api_key_service,
    sub_path::address_of,
    words::{moment, use_locale, words},
};

/// What was just made, a form for another one, and the list. All buttons are forms.
pub(crate) async fn draw(user: &User) -> Result<Drawing, ChatError> {
    let service = api_key_service();
    let list = service.api_keys(user).await?;
    let made = service.take_new_api_key(user);
    let locale = use_locale();
    let list = if list.is_empty() {
        view! { <p class="exports-empty">{words!(locale, settings.no_keys)}</p> }.into_any()
    } else {
        view! { <KeyTable list/> }.into_any()
    };
    Ok(settled(view! {
        {made.map(|key| view! { <NewKey key/> })}
        <section class="setting">
            <p class="setting-lead">{words!(locale, settings.keys_lead)}</p>
            <form method="post" action=address_of(CreateApiKey::url()) class="setting-form">
                <Field label=words!(locale, settings.key_name) name="name" autocomplete="off"/>
                <div class="setting-end">
                    <button type="submit" class="primary-button">
                        {words!(locale, settings.make_key)}
                    </button>
                </div>
            </form>
        </section>
        {list}
    }))
}

#[component]
fn NewKey(key: String) -> impl IntoView {
    let locale = use_locale();
    view! {
        <section class="setting" role="status">
            <h3>{words!(locale, settings.key_made)}</h3>
            <p class="setting-lead">{words!(locale, settings.key_once)}</p>
            <p><code class="api-key">{key}</code></p>
        </section>
    }
}

#[component]
fn KeyTable(list: Vec<ApiKeySummary>) -> impl IntoView {
    let locale = use_locale();
    view! {
        <table class="exports-table">
            <thead>
                <tr>
                    <th scope="col">{words!(locale, settings.key_name)}</th>
                    <th scope="col">{words!(locale, settings.key)}</th>
                    <th scope="col">{words!(locale, exports.made)}</th>
                    <th scope="col">{words!(locale, settings.last_used)}</th>
                    <th scope="col">
                        <span class="visually-hidden">{words!(locale, exports.actions)}</span>
                    </th>
                </tr>
            </thead>
            <tbody>{list.into_iter().map(|key| view! { <KeyRow key/> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn KeyRow(key: ApiKeySummary) -> impl IntoView {
    let locale = use_locale();
    let used = match key.last_used {
        Some(time) => moment(locale, time),
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
