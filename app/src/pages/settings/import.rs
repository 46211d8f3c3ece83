//! `/settings/import`: choose a file, see what it would change, import it.
//!
//! The file waits on the server between the two steps, so the page works without script, and
//! what is imported is what was looked at.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::exports::{ImportCommit, import_preview},
    model::{
        ChatError, ChatProgram, Drawing, ImportCounts, ImportProblem, Upload, UploadId, UploadState,
    },
    pages::{
        card::{Head, error_line},
        drawn::settled,
        told::Told,
    },
    sub_path::address_of,
    words::{problem, transfer, use_locale, words},
};

/// Where a file is sent.
const UPLOAD: &str = "/import";
const HERE: &str = "/settings/import";

/// The form, or what became of the file that the address names.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let state = look(told.get("upload")).await;
    let locale = use_locale();
    let view = match state {
        Ok(None) => view! { <UploadForm/> }.into_any(),
        Ok(Some(upload)) => view! { <Outcome upload/> }.into_any(),
        Err(ChatError::NotFound) => view! {
            <p class="error-text" role="alert">{words!(locale, exports.upload_gone)}</p>
            <UploadForm/>
        }
        .into_any(),
        Err(error) => return Err(error),
    };
    let error = error_line(locale, told.error_besides(&[]), "import-error");
    let head = Head::new(words!(locale, exports.import));
    let head = head.lead(words!(locale, exports.import_lead));
    Ok(settled(head.section(view! { {error} {view} })))
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
    let locale = use_locale();
    view! {
        <form
            class="setting setting-form"
            method="post"
            action=address_of(UPLOAD)
            enctype="multipart/form-data"
        >
            <div class="field">
                <label for="import-file">{words!(locale, exports.choose_file)}</label>
                <input
                    id="import-file"
                    class="input"
                    name="file"
                    type="file"
                    accept=".json,.jsonl,.zip,application/json,application/zip"
                    required
                />
            </div>
            <div class="form-end">
                <button type="submit" class="button primary">
                    {words!(locale, exports.look_at_file)}
                </button>
            </div>
        </form>
        <Programs/>
    }
}

/// Where other programs have the files that can be brought.
#[component]
fn Programs() -> impl IntoView {
    let locale = use_locale();
    let line = |program: ChatProgram| {
        view! {
            <div>
                <dt>{program.name()}</dt>
                <dd>{transfer::where_found(locale, program)}</dd>
            </div>
        }
    };
    view! {
        <div class="setting setting-form">
            <h3>{words!(locale, exports.programs)}</h3>
            <p>{words!(locale, exports.programs_lead)}</p>
            <dl class="import-programs">{ChatProgram::ALL.map(line).collect_view()}</dl>
        </div>
    }
}

#[component]
fn Outcome(upload: Upload) -> impl IntoView {
    let locale = use_locale();
    let id = upload.id;
    let body = match upload.state {
        UploadState::Ready(counts) if counts.is_nothing_new() => view! {
            <p>{words!(locale, exports.nothing_new)}</p>
            <Counts counts/>
        }
        .into_any(),
        UploadState::Ready(counts) => view! {
            <Counts counts/>
            <Commit upload=id without_unreadable=false/>
        }
        .into_any(),
        UploadState::Partly {
            counts,
            problems,
            num_more,
        } => view! {
            <p class="error-text" role="alert">{words!(locale, exports.some_unreadable)}</p>
            <Problems problems num_more/>
            <Counts counts/>
            {(!counts.is_nothing_new())
                .then(|| view! { <Commit upload=id without_unreadable=true/> })}
        }
        .into_any(),
        UploadState::Imported(counts) => view! {
            <p role="status">{words!(locale, exports.imported)}</p>
            <Counts counts/>
        }
        .into_any(),
        UploadState::Refused { problems, num_more } => view! {
            <p class="error-text" role="alert">{words!(locale, exports.refused)}</p>
            <Problems problems num_more/>
        }
        .into_any(),
    };
    view! {
        <div class="setting setting-form">
            <h3 dir="auto">{upload.file_name}</h3>
            {body}
        </div>
        // A full load: the form starts anew.
        <p><a href=address_of(HERE) rel="external">{words!(locale, exports.choose_another)}</a></p>
    }
}

/// The button that imports what was looked at.
#[component]
fn Commit(upload: UploadId, without_unreadable: bool) -> impl IntoView {
    let locale = use_locale();
    let label = if without_unreadable {
        words!(locale, exports.import_readable)
    } else {
        words!(locale, exports.import_now)
    };
    view! {
        <form method="post" action=address_of(ImportCommit::url())>
            <input type="hidden" name="upload" value=upload.to_string()/>
            {without_unreadable
                .then(|| view! { <input type="hidden" name="without_unreadable" value="true"/> })}
            <button type="submit" class="button primary">
                {label}
            </button>
        </form>
    }
}

#[component]
fn Problems(problems: Vec<ImportProblem>, num_more: u32) -> impl IntoView {
    let locale = use_locale();
    let more = words!(locale, exports.more, number = num_more);
    let named = |it| view! { <li>{problem(locale, it)}</li> };
    view! {
        <ul class="import-problems">
            {problems.into_iter().map(named).collect_view()}
            {(num_more > 0).then(|| view! { <li>{more}</li> })}
        </ul>
    }
}

#[component]
fn Counts(counts: ImportCounts) -> impl IntoView {
    let locale = use_locale();
    let line = |(name, number): (&'static str, u32)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{number}</dd>
            </div>
        }
    };
    let told = counts.brought.map(|brought| {
        let of_program = words!(locale, exports.of_program, program = brought.program.name());
        view! { <p>{of_program}</p> }
    });
    let brought = counts.brought.iter();
    let brought = brought.flat_map(|brought| transfer::brought(locale, brought));
    let lines = transfer::counts(locale, &counts).into_iter().chain(brought);
    let lines = lines.filter(|(_, number)| *number > 0);
    view! {
        {told}
        <dl class="import-counts">{lines.map(line).collect_view()}</dl>
    }
}
