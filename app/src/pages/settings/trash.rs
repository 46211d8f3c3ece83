//! `/settings/trash`: what was deleted and can come back. All buttons are forms.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::{
        conversations::RestoreConversation,
        deletion::{DeleteForever, EmptyTrash, trash},
    },
    model::{ChatError, Drawing, TrashedConversation},
    pages::{
        card::{Head, empty, error_line, table},
        drawn::settled,
        told::Told,
    },
    sub_path::address_of,
    words::{Locale, grouped, moment, titled, use_locale, words},
};

/// The list, and a way to empty it.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let trash = trash().await?;
    let locale = use_locale();
    let head = Head::new(words!(locale, settings.trash));
    let head = head.lead(words!(locale, settings.trash_lead));
    let error = error_line(locale, told.error_besides(&[]), "trash-error");
    if trash.conversations.is_empty() {
        let list = empty(words!(locale, settings.trash_empty));
        return Ok(settled(head.section(view! { {error} {list} })));
    }
    let more = (trash.num_more > 0).then(|| {
        let number = grouped(trash.num_more);
        view! { <p class="hint">{words!(locale, settings.trash_more, number = number)}</p> }
    });
    let rows = trash.conversations.into_iter();
    let rows = rows.map(|it| view! { <Row it/> }).collect_view();
    let columns = [
        words!(locale, chat.title),
        words!(locale, settings.deleted),
        words!(locale, settings.removal),
    ];
    let table = table(locale, "exports-table trash", &columns, rows);
    Ok(settled(head.section(view! {
        {error}
        {table}
        {more}
        {emptying(locale)}
    })))
}

/// Asks before everything goes.
fn emptying(locale: Locale) -> AnyView {
    view! {
        <details class="confirm">
            <summary class="button">{words!(locale, settings.empty_trash)}</summary>
            <form
                class="setting setting-form"
                method="post"
                action=address_of(EmptyTrash::url())
            >
                <p>{words!(locale, settings.empty_trash_lead)}</p>
                <div class="form-end">
                    <button type="submit" class="button danger">
                        {words!(locale, settings.empty_trash_now)}
                    </button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

#[component]
fn Row(it: TrashedConversation) -> impl IntoView {
    let locale = use_locale();
    let title = titled(locale, it.title);
    let name = |action: &'static str| {
        let file = title.clone();
        words!(locale, exports.of_file, action = action, file = file)
    };
    let (restore, forever) = (
        words!(locale, settings.restore),
        words!(locale, settings.delete_now),
    );
    let (restore_name, forever_name) = (name(restore), name(forever));
    view! {
        <tr>
            <td class="exports-name" dir="auto">{title}</td>
            <td data-label=words!(locale, settings.deleted)>{moment(locale, it.deleted)}</td>
            <td data-label=words!(locale, settings.removal)>{moment(locale, it.removal)}</td>
            <td class="exports-actions">
                // It leads to the conversation.
                <form method="post" action=address_of(RestoreConversation::url()) data-leaves="">
                    <input type="hidden" name="id" value=it.id.to_string()/>
                    <button type="submit" class="quiet-button" aria-label=restore_name>
                        {restore}
                    </button>
                </form>
                <form method="post" action=address_of(DeleteForever::url())>
                    <input type="hidden" name="id" value=it.id.to_string()/>
                    <button type="submit" class="quiet-button danger" aria-label=forever_name>
                        {forever}
                    </button>
                </form>
            </td>
        </tr>
    }
}
