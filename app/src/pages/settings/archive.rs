//! `/settings/archive`: what stands in no list, the last used first. All buttons are forms.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::order::{ArrangeConversations, archive},
    model::{Arrangement, ChatError, ConversationSummary, Drawing},
    pages::{
        card::{Head, empty, error_line, table},
        drawn::settled,
        told::Told,
    },
    sub_path::address_of,
    words::{self, group_heading, titled, use_locale, words},
};

/// A page of the list, and the way to the one before.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let after = told.get("after").and_then(|place| place.parse().ok());
    let page = archive(after).await?;
    let locale = use_locale();
    let head = Head::new(words!(locale, settings.archive));
    let head = head.lead(words!(locale, settings.archive_lead));
    let error = error_line(locale, told.error_besides(&[]), "archive-error");
    if page.conversations.is_empty() {
        let list = empty(words!(locale, settings.archive_empty));
        return Ok(settled(head.section(view! { {error} {list} })));
    }
    let last = page.conversations.last().filter(|_| page.has_more);
    let older = last.map(|last| {
        // A full load: the section is drawn anew for each address.
        let address = address_of(&format!("/settings/archive?after={}", last.place()));
        let words = words!(locale, chat.more_conversations);
        view! { <p><a href=address rel="external">{words}</a></p> }
    });
    let rows = page.conversations.into_iter();
    let rows = rows.map(|it| view! { <Row it/> }).collect_view();
    let columns = [
        words!(locale, chat.title),
        words!(locale, settings.last_used),
    ];
    let table = table(locale, "exports-table archive", &columns, rows);
    Ok(settled(head.section(view! {
        {error}
        {table}
        {older}
    })))
}

#[component]
fn Row(it: ConversationSummary) -> impl IntoView {
    let locale = use_locale();
    let title = titled(locale, it.title);
    let action = words!(locale, settings.unarchive);
    let name = words!(
        locale,
        exports.of_file,
        action = action,
        file = title.clone()
    );
    let language = words::foreign(locale, [&title]);
    view! {
        <tr>
            <td class="exports-name" dir="auto" lang=language>
                <a href=address_of(&format!("/c/{}", it.id))>{title}</a>
            </td>
            <td data-label=words!(locale, settings.last_used)>{group_heading(locale, it.group)}</td>
            <td class="exports-actions">
                <form method="post" action=address_of(ArrangeConversations::url())>
                    <input type="hidden" name="ids[0]" value=it.id.to_string()/>
                    <input
                        type="hidden"
                        name="arrangement"
                        value=Arrangement::Unarchive.as_str()
                    />
                    <button type="submit" class="quiet-button" aria-label=name>{action}</button>
                </form>
            </td>
        </tr>
    }
}
