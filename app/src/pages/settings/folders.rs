//! `/settings/folders`: what folders are called, and what models are told in them. All buttons are
//! forms.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::{
        conversations::conversations,
        order::{CreateFolder, DeleteFolder, SaveFolder, folder},
    },
    model::{ChatError, Drawing, Folder, FolderForm},
    pages::{
        card::{Head, empty, error_line},
        drawn::settled,
        escape_html,
        told::Told,
    },
    sub_path::address_of,
    words::{Locale, use_locale, words},
};

/// Where archives are made.
const ARCHIVE: &str = "/exports/all";

/// The names of all folders, the one that the address names with its form, and a way to a new one.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let folders = conversations(None).await?.folders;
    let asked = told.get("id").and_then(|id| id.parse().ok());
    let asked = folders.iter().find(|it| Some(it.id) == asked).cloned();
    let opened = match asked {
        Some(asked) => {
            let form = folder(asked.id).await?;
            Some((asked, form))
        }
        None => None,
    };
    let locale = use_locale();
    let head = Head::new(words!(locale, settings.folders));
    let head = head.lead(words!(locale, settings.folders_lead));
    let error = error_line(locale, told.error_besides(&[]), "folders-error");
    let list = if folders.is_empty() {
        empty(words!(locale, settings.folders_empty))
    } else {
        let names = folders.into_iter().map(link).collect_view();
        view! { <ul class="setting folder-names">{names}</ul> }.into_any()
    };
    let opened = opened.map(|(asked, form)| opened_folder(locale, &asked, form));
    Ok(settled(view! {
        {head.section(view! { {error} {list} {new_folder(locale)} })}
        {opened}
    }))
}

/// The way to a folder's form.
fn link(folder: Folder) -> impl IntoView {
    // A full load: the section is drawn anew for each address.
    let address = address_of(&format!("/settings/folders?id={}", folder.id));
    view! {
        <li><a class="setting-row" href=address rel="external" dir="auto">{folder.name}</a></li>
    }
}

fn new_folder(locale: Locale) -> AnyView {
    view! {
        <form class="setting setting-form" method="post" action=address_of(CreateFolder::url())>
            <div class="field">
                <label for="new-folder">{words!(locale, settings.folder_new)}</label>
                <input
                    id="new-folder"
                    class="input"
                    type="text"
                    name="name"
                    dir="auto"
                    autocomplete="off"
                    required
                />
            </div>
            <div class="form-end">
                <button type="submit" class="button">
                    {words!(locale, settings.folder_create)}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// A folder's form, and the way to delete it, which asks.
fn opened_folder(locale: Locale, folder: &Folder, form: FolderForm) -> AnyView {
    let id = folder.id.to_string();
    // The first line break after the tag is the browser's, not the text's.
    let instructions = format!("\n{}", escape_html(&form.instructions));
    let content = view! {
        <form class="setting setting-form" method="post" action=address_of(SaveFolder::url())>
            <input type="hidden" name="id" value=id.clone()/>
            <div class="field">
                <label for="folder-name">{words!(locale, settings.folder_name)}</label>
                <input
                    id="folder-name"
                    class="input"
                    type="text"
                    name="form[name]"
                    value=form.name.clone()
                    dir="auto"
                    autocomplete="off"
                    required
                />
            </div>
            <div class="field">
                <label for="folder-instructions">{words!(locale, frame.instructions)}</label>
                <textarea
                    id="folder-instructions"
                    class="input"
                    name="form[instructions]"
                    rows="5"
                    dir="auto"
                    autocomplete="off"
                    inner_html=instructions
                ></textarea>
            </div>
            <div class="form-end">
                <button type="submit" class="button primary">{words!(locale, admin.save)}</button>
            </div>
        </form>
        {export_form(locale, id.clone())}
        <details class="confirm">
            <summary class="button">{words!(locale, settings.folder_delete)}</summary>
            <form class="setting setting-form" method="post" action=address_of(DeleteFolder::url())>
                <input type="hidden" name="id" value=id/>
                <p>{words!(locale, settings.folder_delete_lead)}</p>
                <div class="form-end">
                    <button type="submit" class="button danger">
                        {words!(locale, settings.folder_delete)}
                    </button>
                </div>
            </form>
        </details>
    };
    let heading = view! {
        <section class="section">
            <div class="section-head"><h2 dir="auto">{form.name}</h2></div>
            {content}
        </section>
    };
    heading.into_any()
}

/// A ZIP of the chats in a folder.
fn export_form(locale: Locale, id: String) -> AnyView {
    view! {
        <form class="setting setting-form" method="post" action=address_of(ARCHIVE) data-leaves="">
            <input type="hidden" name="folder" value=id/>
            <p>{words!(locale, settings.folder_export_lead)}</p>
            <div class="form-end">
                <button type="submit" class="button">
                    {words!(locale, settings.folder_export)}
                </button>
            </div>
        </form>
    }
    .into_any()
}
