//! `/settings/exports`: what was exported, and everything at once.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::exports::{CreateExport, DeleteExport, download_path, exports},
    model::{ChatError, Drawing, Export, ExportSubject},
    pages::{
        card::{Head, empty, error_line, table},
        drawn::settled,
        told::Told,
    },
    sub_path::address_of,
    words::{Locale, bytes, moment, transfer, use_locale, words},
};

/// Where the archive of everything is made.
const ARCHIVE: &str = "/exports/all";

/// The list of exports. All buttons are forms: the page needs no script.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let list = exports().await?;
    let locale = use_locale();
    let list = if list.is_empty() {
        empty(words!(locale, exports.no_exports))
    } else {
        view! { <ExportTable list/> }.into_any()
    };
    let error = error_line(locale, told.error_besides(&[]), "exports-error");
    let head = Head::new(words!(locale, exports.exports));
    let head = head.lead(words!(locale, exports.exports_lead));
    Ok(settled(view! {
        {everything(locale)}
        {head.section(view! { {error} {list} })}
    }))
}

/// The archive of all conversations: a file, so the browser leaves for it.
fn everything(locale: Locale) -> AnyView {
    let head = Head::new(words!(locale, exports.export_all));
    head.lead(words!(locale, exports.export_all_lead))
        .section(view! {
            <form class="setting" method="post" action=address_of(ARCHIVE) data-leaves="">
                <div class="setting-row">
                    <label class="label" for="with-reasoning">
                        {words!(locale, exports.with_reasoning)}
                    </label>
                    <input
                        id="with-reasoning"
                        class="switch"
                        type="checkbox"
                        role="switch"
                        name="reasoning"
                        value="true"
                        autocomplete="off"
                    />
                </div>
                <div class="setting-row">
                    <button type="submit" class="button primary">
                        {words!(locale, exports.export_all)}
                    </button>
                </div>
            </form>
        })
}

#[component]
fn ExportTable(list: Vec<Export>) -> impl IntoView {
    let locale = use_locale();
    let rows = list
        .into_iter()
        .map(|export| view! { <ExportRow export/> })
        .collect_view();
    let columns = [
        words!(locale, exports.file),
        words!(locale, exports.format),
        words!(locale, exports.size),
        words!(locale, exports.made),
    ];
    table(locale, "exports-table", &columns, rows)
}

#[component]
fn ExportRow(export: Export) -> impl IntoView {
    let locale = use_locale();
    let Export {
        id,
        subject,
        file_name,
        size,
        is_kept,
        time,
    } = export;
    let name = |action: &'static str| {
        let file = file_name.clone();
        words!(locale, exports.of_file, action = action, file = file)
    };
    let file = if is_kept {
        view! {
            <a
                class="quiet-button"
                href=address_of(&download_path(id))
                // The router must not take a file for a page.
                rel="external"
                download
                aria-label=name(words!(locale, exports.download))
            >
                {words!(locale, exports.download)}
            </a>
        }
        .into_any()
    } else {
        view! { <MakeAgain subject name=name(words!(locale, exports.make_again))/> }.into_any()
    };
    let delete = name(words!(locale, chat.delete));
    view! {
        <tr>
            <td class="exports-name" dir="auto">{file_name}</td>
            <td>{transfer::subject(locale, subject)}</td>
            <td class="nowrap">{bytes(size)}</td>
            <td>{moment(locale, time)}</td>
            <td class="exports-actions">
                {file}
                <form method="post" action=address_of(DeleteExport::url())>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button type="submit" class="quiet-button danger" aria-label=delete>
                        {words!(locale, chat.delete)}
                    </button>
                </form>
            </td>
        </tr>
    }
}

/// The file is no longer kept; nothing if its conversation is not there either.
#[component]
fn MakeAgain(subject: ExportSubject, name: String) -> impl IntoView {
    let locale = use_locale();
    let (action, fields) = match subject {
        ExportSubject::All => (address_of(ARCHIVE), None),
        ExportSubject::Conversation {
            format,
            id: Some(id),
        } => (address_of(CreateExport::url()), Some((id, format))),
        ExportSubject::Conversation { id: None, .. } => return ().into_any(),
    };
    let fields = fields.map(|(id, format)| {
        view! {
            <input type="hidden" name="conversation" value=id.to_string()/>
            <input type="hidden" name="format" value=format.as_str()/>
        }
    });
    view! {
        <form method="post" action=action data-leaves="">
            {fields}
            <button type="submit" class="quiet-button" aria-label=name>
                {words!(locale, exports.make_again)}
            </button>
        </form>
    }
    .into_any()
}
