//! `/settings/exports`: what was exported, and everything at once.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};
use server_fn::{ServerFn, error::ServerFnUrlError};

use super::window_title;
use crate::{
    api::exports::{CreateExport, DeleteExport, download_path, exports},
    browser,
    components::ErrorText,
    model::{ChatError, Export, ExportSubject},
    words::{self, export as export_words},
};

/// Where the archive of everything is made.
const ARCHIVE: &str = "/exports/all";

/// The list of exports. All buttons are forms: the page needs no script.
#[component]
pub(crate) fn ExportsPage() -> impl IntoView {
    let list = Resource::new(|| (), |()| exports());
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(export_words::EXPORTS)/>
        <main class="exports-page">
            <nav class="exports-nav">
                <A href="/">{export_words::BACK_TO_CHAT}</A>
                <A href="/settings/import">{export_words::IMPORT}</A>
            </nav>
            <h1>{export_words::EXPORTS}</h1>
            <ErrorText error=refusal()/>
            <section class="exports-section">
                <p>{export_words::EXPORT_ALL_LEAD}</p>
                <form method="post" action=ARCHIVE>
                    <button type="submit" class="primary-button">{export_words::EXPORT_ALL}</button>
                </form>
            </section>
            <p class="exports-lead">{export_words::EXPORTS_LEAD}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(list) if list.is_empty() => view! {
                            <p class="exports-empty">{export_words::NO_EXPORTS}</p>
                        }.into_any(),
                        Ok(list) => view! { <ExportTable list/> }.into_any(),
                        Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

/// What a form post was refused for; it stands in the address.
pub(super) fn refusal() -> Option<ChatError> {
    let query = use_query_map();
    let error = query.with_untracked(|query| query.get("__err"));
    error.map(|error| ServerFnUrlError::decode_err(&error))
}

#[component]
fn ExportTable(list: Vec<Export>) -> impl IntoView {
    view! {
        <table class="exports-table">
            <thead>
                <tr>
                    <th scope="col">{export_words::FILE}</th>
                    <th scope="col">{export_words::FORMAT}</th>
                    <th scope="col">{export_words::SIZE}</th>
                    <th scope="col">{export_words::MADE}</th>
                    <th scope="col"><span class="visually-hidden">{export_words::ACTIONS}</span></th>
                </tr>
            </thead>
            <tbody>
                {list.into_iter().map(|export| view! { <ExportRow export/> }).collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn ExportRow(export: Export) -> impl IntoView {
    let Export {
        id,
        subject,
        file_name,
        size,
        is_kept,
        time,
    } = export;
    let name = |action: &str| export_words::of_file(action, &file_name);
    let file = if is_kept {
        view! {
            <a
                class="quiet-button"
                href=download_path(id)
                // The router must not take a file for a page.
                rel="external"
                download
                aria-label=name(export_words::DOWNLOAD)
            >
                {export_words::DOWNLOAD}
            </a>
        }
        .into_any()
    } else {
        view! { <MakeAgain subject name=name(export_words::MAKE_AGAIN)/> }.into_any()
    };
    let delete = name(words::DELETE);
    view! {
        <tr>
            <td class="exports-name" dir="auto">{file_name}</td>
            <td>{export_words::subject(subject)}</td>
            <td>{export_words::bytes(size)}</td>
            <td>{time}</td>
            <td class="exports-actions">
                {file}
                <form method="post" action=DeleteExport::url()>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <button type="submit" class="quiet-button danger" aria-label=delete>
                        {words::DELETE}
                    </button>
                </form>
            </td>
        </tr>
    }
}

/// The file is no longer kept; nothing if its conversation is not there either.
#[component]
fn MakeAgain(subject: ExportSubject, name: String) -> impl IntoView {
    let (action, fields) = match subject {
        ExportSubject::All => (ARCHIVE, None),
        ExportSubject::Conversation {
            format,
            id: Some(id),
        } => (CreateExport::url(), Some((id, format))),
        ExportSubject::Conversation { id: None, .. } => return ().into_any(),
    };
    let fields = fields.map(|(id, format)| {
        view! {
            <input type="hidden" name="conversation" value=id.to_string()/>
            <input type="hidden" name="format" value=format.as_str()/>
        }
    });
    view! {
        <form method="post" action=action>
            {fields}
            <button type="submit" class="quiet-button" aria-label=name>
                {export_words::MAKE_AGAIN}
            </button>
        </form>
    }
    .into_any()
}
