//! What an administrator may do about one person: a menu that needs no script. Nobody takes the
//! own role or account here.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::{
        administration::{ChangeAccount, ChangeLimit, MakeLink},
        deletion::DeleteAccount,
    },
    components::{Icon, IconName},
    model::{AccountChange, AccountSummary, TokenLimit, UserId, UserRole},
    sub_path::address_of,
    words::{Locale, words},
};

/// The button with its menu.
pub(super) fn person_menu(locale: Locale, account: &AccountSummary, is_own: bool) -> AnyView {
    let id = account.user.id;
    let menu = format!("person-{id}");
    let name = words!(locale, admin.person_menu, name = account.user.name.clone());
    let changes = (!is_own).then(|| changes(locale, account));
    let deletion = (!is_own).then(|| deletion(locale, id));
    view! {
        <button
            type="button"
            class="icon-button"
            popovertarget=menu.clone()
            aria-haspopup="dialog"
            aria-label=name.clone()
            title=name.clone()
        >
            <Icon name=IconName::More/>
        </button>
        <div class="menu sheet person-menu" id=menu popover="auto" role="dialog" aria-label=name>
            <div class="handle"></div>
            {changes}
            {link(locale, id)}
            {limit(locale, id, account.token_limit)}
            {deletion}
        </div>
    }
    .into_any()
}

/// Role and state.
fn changes(locale: Locale, account: &AccountSummary) -> AnyView {
    let role = match account.user.role {
        UserRole::User => (
            AccountChange::MakeAdministrator,
            words!(locale, admin.make_administrator),
            IconName::Shield,
        ),
        UserRole::Administrator => (
            AccountChange::MakeUser,
            words!(locale, admin.make_user),
            IconName::User,
        ),
    };
    let state = if account.disabled {
        let enable = words!(locale, admin.enable);
        (AccountChange::Enable, enable, IconName::Check)
    } else {
        let disable = words!(locale, admin.disable);
        (AccountChange::Disable, disable, IconName::Lock)
    };
    let id = account.user.id;
    let form = |(change, label, icon): (AccountChange, &'static str, IconName)| {
        view! {
            <form method="post" action=address_of(ChangeAccount::url())>
                <input type="hidden" name="user" value=id.to_string()/>
                <input type="hidden" name="change" value=change.as_str()/>
                <button type="submit" class="menu-entry">
                    <Icon name=icon/>
                    {label}
                </button>
            </form>
        }
    };
    [role, state]
        .map(form)
        .into_iter()
        .collect_view()
        .into_any()
}

/// Another link, such as for a forgotten password.
fn link(locale: Locale, id: UserId) -> AnyView {
    view! {
        <form method="post" action=address_of(MakeLink::url())>
            <input type="hidden" name="user" value=id.to_string()/>
            <button type="submit" class="menu-entry">
                <Icon name=IconName::Link/>
                {words!(locale, admin.new_link)}
            </button>
        </form>
    }
    .into_any()
}

/// Tokens a day for one person, in the place of the server's setting.
fn limit(locale: Locale, id: UserId, limit: TokenLimit) -> AnyView {
    let (choice, number) = (format!("limit-{id}"), format!("tokens-{id}"));
    let (chosen, tokens) = match limit {
        TokenLimit::Default => ("default", String::new()),
        TokenLimit::None => ("none", String::new()),
        TokenLimit::Tokens(tokens) => ("tokens", tokens.to_string()),
    };
    let choices = [
        ("default", words!(locale, admin.limit_default)),
        ("none", words!(locale, admin.limit_none)),
        ("tokens", words!(locale, admin.limit_own)),
    ];
    let option = |(value, label): (&'static str, &'static str)| {
        view! { <option value=value selected=value == chosen>{label}</option> }
    };
    let options: Vec<_> = choices.into_iter().map(option).collect();
    view! {
        <details class="menu-part">
            <summary class="menu-entry">
                <Icon name=IconName::Usage/>
                {words!(locale, admin.token_limit)}
            </summary>
            <form class="menu-form" method="post" action=address_of(ChangeLimit::url())>
                <input type="hidden" name="user" value=id.to_string()/>
                <div class="field">
                    <label for=choice.clone()>{words!(locale, admin.token_limit)}</label>
                    <span class="select">
                        <select id=choice name="limit" autocomplete="off">
                            {options}
                        </select>
                        <Icon name=IconName::UpDown class="icon small"/>
                    </span>
                </div>
                <div class="field">
                    <label for=number.clone()>{words!(locale, admin.names.tokens_per_day)}</label>
                    <input
                        id=number
                        class="input"
                        name="tokens"
                        type="text"
                        inputmode="numeric"
                        autocomplete="off"
                        value=tokens
                    />
                </div>
                <button type="submit" class="button">{words!(locale, admin.save)}</button>
            </form>
        </details>
    }
    .into_any()
}

/// The name is typed: a button in a list is pressed wrong too easily.
fn deletion(locale: Locale, id: UserId) -> AnyView {
    let input = format!("remove-{id}");
    view! {
        <hr/>
        <details class="menu-part">
            <summary class="menu-entry danger">
                <Icon name=IconName::Trash/>
                {words!(locale, settings.delete_account)}
            </summary>
            <form class="menu-form" method="post" action=address_of(DeleteAccount::url())>
                <p class="hint">{words!(locale, admin.delete_account_lead)}</p>
                <input type="hidden" name="user" value=id.to_string()/>
                <div class="field">
                    <label for=input.clone()>{words!(locale, door.name)}</label>
                    <input
                        id=input
                        class="input"
                        name="name"
                        autocomplete="off"
                        dir="auto"
                        required
                    />
                </div>
                <button type="submit" class="button danger">
                    {words!(locale, settings.delete_account)}
                </button>
            </form>
        </details>
    }
    .into_any()
}
