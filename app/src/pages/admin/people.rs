//! Accounts: who has one, and a way to invite somebody. All buttons are plain forms.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::person_menu::person_menu;
use crate::{
    api::administration::CreateAccount,
    components::{Field, Icon, IconName},
    model::{AccountSummary, ChatError, Drawing, OneTimeLink, TokenLimit, User, UserRole},
    pages::{
        card::{Head, Segmented, copy_button, empty, error_line},
        drawn::settled,
        told::Told,
    },
    service::administration_service,
    sub_path::address_of,
    words::{Locale, grouped, seen, use_locale, words},
};

/// Where a new link stands.
const LINK_ID: &str = "new-link";

/// So many people are found without a search.
const MOST_WITHOUT_SEARCH: usize = 10;

/// A link that was just made, everybody with an account, and a form to invite somebody.
pub(super) async fn draw(by: &User, told: &Told) -> Result<Drawing, ChatError> {
    let service = administration_service();
    let accounts = service.accounts().await?;
    let new = service.take_new_link(by).await;
    let locale = use_locale();
    let error = error_line(
        locale,
        told.error_besides(&[CreateAccount::PATH]),
        "people-error",
    );
    let num_invited = accounts.iter().filter(|it| it.is_invited).count();
    let lead = lead(locale, accounts.len(), num_invited);
    let sought = told.get("q").unwrap_or_default().trim().to_owned();
    let is_long = accounts.len() > MOST_WITHOUT_SEARCH || !sought.is_empty();
    let search = is_long.then(|| search(locale, sought.clone()));
    let found = accounts.iter().filter(|it| is_called(it, &sought));
    let rows: Vec<_> = found.map(|it| row(locale, it, by)).collect();
    let head = Head::new(words!(locale, admin.people)).lead(lead);
    Ok(settled(view! {
        {new.map(|link| new_link(locale, link))}
        {head.section(view! {
            {error}
            {search}
            {table(locale, rows)}
        })}
        {invitation(locale, told.error_of(CreateAccount::PATH))}
    }))
}

/// How many accounts there are, and how many of them wait for their person.
fn lead(locale: Locale, num_people: usize, num_invited: usize) -> String {
    let people = match num_people {
        1 => words!(locale, admin.one_person).to_owned(),
        number => words!(locale, admin.number_of_people, number = number),
    };
    let invitations = match num_invited {
        0 => return words!(locale, admin.people_lead, people = people),
        1 => words!(locale, admin.one_invitation).to_owned(),
        number => words!(locale, admin.number_of_invitations, number = number),
    };
    words!(
        locale,
        admin.people_lead_invited,
        people = people,
        invitations = invitations
    )
}

/// Whether a name has this in it.
fn is_called(account: &AccountSummary, sought: &str) -> bool {
    let name = account.user.name.to_lowercase();
    name.contains(&sought.to_lowercase())
}

/// A form whose answer is this page: the address says what is sought. Its answer is a whole page
/// with script too.
fn search(locale: Locale, sought: String) -> AnyView {
    view! {
        <form
            class="setting"
            role="search"
            method="get"
            action=address_of("/admin/people")
            data-leaves=""
        >
            <div class="setting-row">
                <label class="label" for="people-search">
                    {words!(locale, admin.search_people)}
                </label>
                <div class="setting-end">
                    <input
                        id="people-search"
                        class="input"
                        type="search"
                        name="q"
                        value=sought
                        dir="auto"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                    />
                    <button type="submit" class="button">{words!(locale, admin.search)}</button>
                </div>
            </div>
        </form>
    }
    .into_any()
}

fn table(locale: Locale, rows: Vec<AnyView>) -> AnyView {
    if rows.is_empty() {
        return empty(words!(locale, admin.nobody_found));
    }
    view! {
        <div class="setting">
            <table class="data-table people">
                <thead>
                    <tr>
                        <th scope="col">{words!(locale, door.name)}</th>
                        <th scope="col">{words!(locale, admin.role)}</th>
                        <th scope="col">{words!(locale, admin.seen)}</th>
                        <th scope="col" class="number">{words!(locale, admin.today)}</th>
                        <th scope="col">
                            <span class="visually-hidden">{words!(locale, frame.more)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn invitation(locale: Locale, error: Option<ChatError>) -> AnyView {
    let head = Head::new(words!(locale, admin.new_person));
    let role = Segmented {
        id: None,
        field: "role".to_owned(),
        legend: words!(locale, admin.role),
        segments: vec![
            ("user", words!(locale, admin.user), None),
            ("administrator", words!(locale, admin.administrator), None),
        ],
        chosen: "user".to_owned(),
        described_by: None,
    };
    head.lead(words!(locale, admin.new_person_lead)).section(view! {
        <form class="setting setting-form" method="post" action=address_of(CreateAccount::url())>
            <Field
                label=words!(locale, door.name)
                name="name"
                autocomplete="off"
                error=error
            />
            <div class="field">
                <span class="label" aria-hidden="true">{words!(locale, admin.role)}</span>
                {role.view()}
            </div>
            <div class="form-end">
                <button type="submit" class="button primary">
                    <Icon name=IconName::Plus class="icon small"/>
                    {words!(locale, admin.invite)}
                </button>
            </div>
        </form>
    })
}

/// A link that is shown once. Its host is the one people type: only the browser knows it.
fn new_link(locale: Locale, link: OneTimeLink) -> AnyView {
    let lead = words!(
        locale,
        admin.link_ready,
        name = link.user_name,
        hours = link.valid_hours
    );
    let path = address_of(&format!("/join#token={}", link.token));
    Head::new(words!(locale, admin.link_heading))
        .lead(lead)
        .section(view! {
            <div class="setting shown-once new-link" role="status">
                <code id=LINK_ID data-address="">{path}</code>
                {copy_button(locale, LINK_ID)}
            </div>
        })
}

fn row(locale: Locale, account: &AccountSummary, by: &User) -> AnyView {
    let is_own = account.user.id == by.id;
    let name = account.user.name.clone();
    let initial = account.user.initial();
    let when = match account.last_seen {
        Some(when) => seen(locale, when),
        None => words!(locale, admin.never_seen).to_owned(),
    };
    let facts = facts(locale, account, is_own);
    let tokens = grouped(account.tokens_today);
    let is_off = account.disabled;
    view! {
        <tr class:off=is_off>
            <td>
                <span class="person">
                    <span class="avatar" aria-hidden="true">{initial}</span>
                    <span class="person-name">
                        <strong dir="auto">{name}</strong>
                        {(!facts.is_empty()).then(|| view! { <small>{facts}</small> })}
                    </span>
                </span>
            </td>
            <td class="role">{badge(locale, account)}</td>
            <td class="seen quiet">{when}</td>
            <td class="number">{tokens}</td>
            <td>{person_menu(locale, account, is_own)}</td>
        </tr>
    }
    .into_any()
}

/// The role, or what keeps a person from it.
fn badge(locale: Locale, account: &AccountSummary) -> AnyView {
    let (class, words) = if account.disabled {
        ("badge danger", words!(locale, admin.disabled))
    } else if account.is_invited && account.last_seen.is_none() {
        ("badge warning", words!(locale, admin.invited))
    } else if account.user.role == UserRole::Administrator {
        ("badge accent", words!(locale, admin.administrator))
    } else {
        ("badge usual", words!(locale, admin.user))
    };
    view! { <span class=class>{words}</span> }.into_any()
}

/// What else there is to know of a person.
fn facts(locale: Locale, account: &AccountSummary, is_own: bool) -> String {
    let mut facts = Vec::new();
    if is_own {
        facts.push(words!(locale, admin.you).to_owned());
    }
    if account.is_invited {
        facts.push(words!(locale, admin.unused_link).to_owned());
    }
    match account.token_limit {
        TokenLimit::Default => {}
        TokenLimit::None => facts.push(words!(locale, admin.unlimited).to_owned()),
        TokenLimit::Tokens(limit) => {
            let number = grouped(limit);
            facts.push(words!(locale, admin.limited, number = number));
        }
    }
    facts.join(words!(locale, admin.between))
}
