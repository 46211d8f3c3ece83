//! `/settings/import`: choose a file, see what it would change, import it.
//!
//! The file waits on the server between the two steps, so the page works without script, and
//! what is imported is what was looked at.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};
use server_fn::ServerFn;

use super::{exports::refusal, window_title};
use crate::{
    api::exports::{ImportCommit, import_preview},
    browser,
    components::ErrorText,
    model::{ChatError, ImportCounts, Upload, UploadState},
    words::export as words,
};

/// Where a file is sent.
const UPLOAD: &str = "/import";
const HERE: &str = "/settings/import";

/// The form, or what became of the file that the address names.
#[component]
pub(crate) fn ImportPage() -> impl IntoView {
    let query = use_query_map();
    let upload = query.with_untracked(|query| query.get("upload"));
    let state = Resource::new(|| (), move |()| look(upload.clone()));
    Effect::new(browser::mark_interactive);
    view! {
        <Title text=window_title(words::IMPORT)/>
        <main class="exports-page">
            <nav class="exports-nav">
                <A href="/">{words::BACK_TO_CHAT}</A>
                <A href="/settings/exports">{words::EXPORTS}</A>
            </nav>
            <h1>{words::IMPORT}</h1>
            <ErrorText error=refusal()/>
            <Suspense>
                {move || Suspend::new(async move {
                    match state.await {
                        Ok(None) => view! { <UploadForm/> }.into_any(),
                        Ok(Some(upload)) => view! { <Outcome upload/> }.into_any(),
                        Err(ChatError::NotFound) => view! {
                            <p class="error-text" role="alert">{words::UPLOAD_GONE}</p>
                            <UploadForm/>
                        }.into_any(),
                        Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

/// The file that the address names; one that is no id is not there.
async fn look(upload: Option<String>) -> Result<Option<Upload>, ChatError> {
    let Some(upload) = upload else {
        return Ok(None);
    };
    let id = upload.parse().map_err(|_| ChatError::NotFound)?;
    import_preview(id).await.map(Some)
}

#[component]
fn UploadForm() -> impl IntoView {
    view! {
        <form
            class="exports-section"
            method="post"
            action=UPLOAD
            enctype="multipart/form-data"
        >
            <p id="import-lead">{words::IMPORT_LEAD}</p>
            <div class="field">
                <label for="import-file">{words::CHOOSE_FILE}</label>
                <input
                    id="import-file"
                    name="file"
                    type="file"
                    accept=".json,.zip,application/json,application/zip"
                    aria-describedby="import-lead"
                    required
                />
            </div>
            <button type="submit" class="primary-button">{words::LOOK_AT_FILE}</button>
        </form>
    }
}

#[component]
fn Outcome(upload: Upload) -> impl IntoView {
    let id = upload.id;
    let body = match upload.state {
        UploadState::Ready(counts) if counts.is_nothing_new() => view! {
            <p>{words::NOTHING_NEW}</p>
            <Counts counts/>
        }
        .into_any(),
        UploadState::Ready(counts) => view! {
            <Counts counts/>
            <form method="post" action=ImportCommit::url()>
                <input type="hidden" name="upload" value=id.to_string()/>
                <button type="submit" class="primary-button">{words::IMPORT_NOW}</button>
            </form>
        }
        .into_any(),
        UploadState::Imported(counts) => view! {
            <p role="status">{words::IMPORTED}</p>
            <Counts counts/>
        }
        .into_any(),
        UploadState::Refused { problems, num_more } => view! {
            <p class="error-text" role="alert">{words::REFUSED}</p>
            <ul class="import-problems">
                {problems.into_iter().map(|it| view! { <li>{it}</li> }).collect_view()}
                {(num_more > 0).then(|| view! { <li>{words::more_problems(num_more)}</li> })}
            </ul>
        }
        .into_any(),
    };
    view! {
        <section class="exports-section">
            <h2 dir="auto">{upload.file_name}</h2>
            {body}
        </section>
        // A full load: the form starts anew.
        <p><a href=HERE rel="external">{words::CHOOSE_ANOTHER}</a></p>
    }
}

#[component]
fn Counts(counts: ImportCounts) -> impl IntoView {
    let line = |(name, number): (&'static str, u32)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{number}</dd>
            </div>
        }
    };
    let lines = words::counts(&counts)
        .into_iter()
        .filter(|(_, number)| *number > 0);
    view! { <dl class="import-counts">{lines.map(line).collect_view()}</dl> }
}
