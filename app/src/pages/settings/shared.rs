//! `/settings/shared`: copies that one shares, and those that others share with one. All buttons
//! are forms.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::sharing::{RevokeShare, shares},
    model::{ChatError, Drawing, ReceivedShare, Share, ShareId},
    pages::{
        card::{Head, empty, error_line, table},
        drawn::settled,
        told::Told,
    },
    sub_path::address_of,
    words::{self, Locale, moment, titled, use_locale, words},
};

/// Both lists, the newest first.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let shares = shares().await?;
    let locale = use_locale();
    let error = error_line(locale, told.error_besides(&[]), "shared-error");
    let off = shares.is_off.then(|| {
        view! { <p class="hint">{words!(locale, sharing.off)}</p> }
    });
    let own = Head::new(words!(locale, sharing.shared));
    let own = own.lead(words!(locale, sharing.own_lead));
    let own_list = if shares.own.is_empty() {
        empty(words!(locale, sharing.own_empty))
    } else {
        own_table(locale, shares.own)
    };
    let received = Head::new(words!(locale, sharing.received));
    let received = received.lead(words!(locale, sharing.received_lead));
    let received_list = if shares.received.is_empty() {
        empty(words!(locale, sharing.received_empty))
    } else {
        received_table(locale, shares.received)
    };
    Ok(settled(view! {
        {own.section(view! { {off} {error} {own_list} })}
        {received.section(received_list)}
    }))
}

fn own_table(locale: Locale, shares: Vec<Share>) -> AnyView {
    let rows = shares.into_iter();
    let rows = rows.map(|it| view! { <OwnRow it/> }).collect_view();
    let columns = [
        words!(locale, chat.title),
        words!(locale, sharing.for_whom),
        words!(locale, sharing.made),
    ];
    table(locale, "exports-table", &columns, rows)
}

#[component]
fn OwnRow(it: Share) -> impl IntoView {
    let locale = use_locale();
    let title = titled(locale, it.title);
    let whom = match it.readers {
        _ if it.is_in_trash => words!(locale, sharing.in_trash).to_owned(),
        None => words!(locale, sharing.for_everybody).to_owned(),
        Some(names) if names.is_empty() => words!(locale, sharing.for_nobody).to_owned(),
        Some(names) => words::listed(locale, &names),
    };
    let stop = words!(locale, sharing.stop_name, name = title.clone());
    view! {
        <tr>
            {title_cell(locale, it.id, title)}
            <td data-label=words!(locale, sharing.for_whom) dir="auto">{whom}</td>
            <td data-label=words!(locale, sharing.made)>{moment(locale, it.made)}</td>
            <td class="exports-actions">
                <form method="post" action=address_of(RevokeShare::url())>
                    <input type="hidden" name="id" value=it.id.to_string()/>
                    <button type="submit" class="quiet-button danger" aria-label=stop>
                        {words!(locale, sharing.stop)}
                    </button>
                </form>
            </td>
        </tr>
    }
}

fn received_table(locale: Locale, shares: Vec<ReceivedShare>) -> AnyView {
    let rows = shares.into_iter().map(|it| {
        let title = titled(locale, it.title);
        view! {
            <tr>
                {title_cell(locale, it.id, title)}
                <td data-label=words!(locale, sharing.owner) dir="auto">{it.owner}</td>
                <td data-label=words!(locale, sharing.made)>{moment(locale, it.made)}</td>
                <td class="exports-actions"></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = [
        words!(locale, chat.title),
        words!(locale, sharing.owner),
        words!(locale, sharing.made),
    ];
    table(locale, "exports-table", &columns, rows)
}

/// The way to a copy.
fn title_cell(locale: Locale, id: ShareId, title: String) -> AnyView {
    let language = words::foreign(locale, [&title]);
    // A full load: the page is one that only the server draws.
    let address = address_of(&format!("/s/{id}"));
    view! {
        <td class="exports-name" dir="auto" lang=language>
            <a href=address rel="external">{title}</a>
        </td>
    }
    .into_any()
}
