//! Accounts: who has one, and what an administrator may do about it.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::once_loaded;
use crate::{
    api::{
        administration::{
            ChangeAccount, ChangeLimit, CreateAccount, MakeLink, accounts, take_new_link,
        },
        conversations::signed_in_user,
        deletion::DeleteAccount,
    },
    browser,
    components::Field,
    model::{AccountChange, AccountSummary, ChatError, OneTimeLink, TokenLimit, UserId, UserRole},
    sub_path::address_of,
    words::{Locale, grouped, moment, use_locale, words},
};

/// The administrator, everybody with an account, and a link that is shown for the only time.
type People = (Option<UserId>, Vec<AccountSummary>, Option<OneTimeLink>);

/// Everybody with an account, and a form to invite somebody. All buttons are plain forms.
#[component]
pub(super) fn PeopleSection() -> impl IntoView {
    let locale = use_locale();
    let accounts = Resource::new(
        || (),
        |()| async {
            let own = signed_in_user().await?.map(|user| user.id);
            Ok::<_, ChatError>((own, accounts().await?, take_new_link().await?))
        },
    );
    let show = move |(own, accounts, new): People| {
        let new = new.map(|link| view! { <NewLink link/> });
        let row = move |account| view! { <Account account own/> };
        let rows = accounts.into_iter().map(row).collect_view();
        view! { {new} <ul class="people">{rows}</ul> }
    };
    view! {
        <section class="settings-group">
            <h2>{words!(locale, admin.people)}</h2>
            {once_loaded(accounts, show)}
        </section>
        <Invitation/>
    }
}

#[component]
fn Invitation() -> impl IntoView {
    let locale = use_locale();
    view! {
        <section class="settings-group">
            <h2>{words!(locale, admin.new_person)}</h2>
            <form method="post" action=address_of(CreateAccount::url()) class="setting-field">
                <Field label=words!(locale, admin.person_name) name="name" autocomplete="off"/>
                <div class="field">
                    <label for="role">{words!(locale, admin.role)}</label>
                    <select id="role" name="role">
                        <option value="user">{words!(locale, admin.user)}</option>
                        <option value="administrator">{words!(locale, admin.administrator)}</option>
                    </select>
                </div>
                <div class="setting-end">
                    <button type="submit" class="secondary-button">
                        {words!(locale, admin.invite)}
                    </button>
                </div>
            </form>
        </section>
    }
}

/// A link that is shown once.
#[component]
fn NewLink(link: OneTimeLink) -> impl IntoView {
    let locale = use_locale();
    let lead = words!(
        locale,
        admin.link_ready,
        name = link.user_name,
        hours = link.valid_hours
    );
    // Only the browser knows the address people type; without script the path has to do.
    let path = address_of(&format!("/join#token={}", link.token));
    let address = RwSignal::new(path.clone());
    Effect::new(move || address.set(format!("{}{path}", browser::origin())));
    let is_copied = RwSignal::new(None);
    let copy = move |_| {
        let copying = browser::copy_text(&address.get_untracked());
        leptos::task::spawn_local(async move { is_copied.set(Some(copying.await)) });
    };
    let copied = move || {
        is_copied.get().map(|is_copied| {
            if is_copied {
                words!(locale, chat.copied)
            } else {
                words!(locale, chat.not_copied)
            }
        })
    };
    view! {
        <div class="new-link" role="status">
            <p>{lead}</p>
            <p><code>{move || address.get()}</code></p>
            <div class="setting-end">
                <button type="button" class="secondary-button needs-script" on:click=copy>
                    {words!(locale, admin.copy_link)}
                </button>
                <span class="saved-mark">{copied}</span>
            </div>
        </div>
    }
}

#[component]
fn Account(account: AccountSummary, own: Option<UserId>) -> impl IntoView {
    let locale = use_locale();
    let facts = facts(locale, &account, own);
    let (id, limit) = (account.user.id, account.token_limit);
    let role_change = match account.user.role {
        UserRole::User => (
            AccountChange::MakeAdministrator,
            words!(locale, admin.make_administrator),
        ),
        UserRole::Administrator => (AccountChange::MakeUser, words!(locale, admin.make_user)),
    };
    let state_change = if account.disabled {
        (AccountChange::Enable, words!(locale, admin.enable))
    } else {
        (AccountChange::Disable, words!(locale, admin.disable))
    };
    let change_form = move |(what, label): (AccountChange, &'static str)| {
        view! {
            <form method="post" action=address_of(ChangeAccount::url()) class="post-form">
                <input type="hidden" name="user" value=id.to_string()/>
                <input type="hidden" name="change" value=what.as_str()/>
                <button type="submit" class="quiet-button">{label}</button>
            </form>
        }
    };
    view! {
        <li class="person" class:disabled=account.disabled>
            <div class="person-name">
                <strong dir="auto">{account.user.name}</strong>
                <span class="person-facts">{facts}</span>
            </div>
            <div class="person-actions">
                {change_form(role_change)}
                {change_form(state_change)}
                <form method="post" action=address_of(MakeLink::url()) class="post-form">
                    <input type="hidden" name="user" value=id.to_string()/>
                    <button type="submit" class="quiet-button">
                        {words!(locale, admin.new_link)}
                    </button>
                </form>
                <LimitForm id limit/>
                {(own != Some(id)).then(|| view! { <Removal id/> })}
            </div>
        </li>
    }
}

/// Tokens a day for one person, in the place of the server's setting.
#[component]
fn LimitForm(id: UserId, limit: TokenLimit) -> impl IntoView {
    let locale = use_locale();
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
        let is_chosen = value == chosen;
        view! { <option value=value selected=is_chosen>{label}</option> }
    };
    let options: Vec<_> = choices.into_iter().map(option).collect();
    view! {
        <details class="confirm">
            <summary class="quiet-button">{words!(locale, admin.token_limit)}</summary>
            <form method="post" action=address_of(ChangeLimit::url()) class="setting-field">
                <input type="hidden" name="user" value=id.to_string()/>
                <div class="field">
                    <label for=choice.clone()>{words!(locale, admin.token_limit)}</label>
                    <select id=choice name="limit">
                        {options}
                    </select>
                </div>
                <div class="field">
                    <label for=number.clone()>{words!(locale, admin.names.tokens_per_day)}</label>
                    <input
                        id=number
                        name="tokens"
                        type="text"
                        inputmode="numeric"
                        autocomplete="off"
                        value=tokens
                    />
                </div>
                <button type="submit" class="secondary-button">
                    {words!(locale, admin.save)}
                </button>
            </form>
        </details>
    }
}

/// The name is typed: a list of buttons is pressed wrong too easily.
#[component]
fn Removal(id: UserId) -> impl IntoView {
    let locale = use_locale();
    let input = format!("remove-{id}");
    view! {
        <details class="confirm">
            <summary class="quiet-button danger">{words!(locale, chat.delete)}</summary>
            <form method="post" action=address_of(DeleteAccount::url()) class="setting-field">
                <p class="settings-lead">{words!(locale, admin.delete_account_lead)}</p>
                <input type="hidden" name="user" value=id.to_string()/>
                <div class="field">
                    <label for=input.clone()>{words!(locale, admin.person_name)}</label>
                    <input id=input name="name" autocomplete="off" dir="auto" required/>
                </div>
                <button type="submit" class="secondary-button danger">
                    {words!(locale, admin.delete_account)}
                </button>
            </form>
        </details>
    }
}

fn facts(locale: Locale, account: &AccountSummary, own: Option<UserId>) -> String {
    let role = match account.user.role {
        UserRole::User => words!(locale, admin.user),
        UserRole::Administrator => words!(locale, admin.administrator),
    };
    let mut facts = vec![role.to_owned()];
    if own == Some(account.user.id) {
        facts.push(words!(locale, admin.you).to_owned());
    }
    if account.disabled {
        facts.push(words!(locale, admin.disabled).to_owned());
    }
    if account.is_invited {
        facts.push(words!(locale, admin.invited).to_owned());
    }
    facts.push(match account.last_seen {
        Some(time) => words!(locale, admin.last_seen, time = moment(locale, time)),
        None => words!(locale, admin.never_seen).to_owned(),
    });
    match account.token_limit {
        TokenLimit::Default => {}
        TokenLimit::None => facts.push(words!(locale, admin.unlimited).to_owned()),
        TokenLimit::Tokens(limit) => {
            let number = grouped(limit);
            facts.push(words!(locale, admin.limited, number = number));
        }
    }
    if account.tokens_today > 0 {
        let number = grouped(account.tokens_today);
        facts.push(words!(locale, admin.tokens_today, number = number));
    }
    facts.join(" · ")
}
