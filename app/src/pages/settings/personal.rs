//! What models are to know in every chat of a person: two texts and a switch, saved together.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::personal::SavePersonalInstructions,
    model::{MAX_PERSONAL_CHARS, PersonalInstructions},
    pages::{
        card::{Head, error_line, save_bar},
        escape_html,
        told::Told,
    },
    sub_path::address_of,
    words::{Locale, words},
};

/// One of the texts.
struct Text {
    /// Id of its box.
    id: &'static str,
    field: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
}

/// The form. Without a tick at its switch nothing is told, and the texts are kept.
pub(super) fn section(locale: Locale, told: &Told, shown: PersonalInstructions) -> AnyView {
    let path = SavePersonalInstructions::PATH;
    let about = Text {
        id: "about-me",
        field: "form[about]",
        label: words!(locale, settings.about_me),
        hint: words!(locale, settings.about_me_hint),
        value: shown.about,
    };
    let answering = Text {
        id: "answering",
        field: "form[answering]",
        label: words!(locale, settings.answering),
        hint: words!(locale, settings.answering_hint),
        value: shown.answering,
    };
    let saved = told.was_saved("personal").then(|| {
        let words = words!(locale, admin.saved);
        view! { <p class="save-bar saved saved-mark" tabindex="-1">{words}</p> }
    });
    let rows = view! {
        {switch(locale, shown.is_on)}
        {row(about)}
        {row(answering)}
    };
    let head = Head::new(words!(locale, settings.personal));
    let head = head.lead(words!(locale, settings.personal_lead));
    view! {
        <form class="settings-form" method="post" action=address_of(path) data-save-bar="">
            {head.section(view! { <div class="setting">{rows}</div> })}
            {error_line(locale, told.error_of(path), "personal-error")}
            {saved}
            {save_bar(locale)}
        </form>
    }
    .into_any()
}

fn switch(locale: Locale, is_on: bool) -> AnyView {
    view! {
        <div class="setting-row">
            <div>
                <label class="label" for="personal-on">
                    {words!(locale, settings.personal_on)}
                </label>
                <p class="hint" id="personal-on-hint">
                    {words!(locale, settings.personal_on_hint)}
                </p>
            </div>
            <input
                id="personal-on"
                class="switch"
                type="checkbox"
                role="switch"
                name="form[is_on]"
                value="true"
                checked=is_on
                autocomplete="off"
                aria-describedby="personal-on-hint"
            />
        </div>
    }
    .into_any()
}

/// A box that takes no more than is kept, and how full it is.
fn row(text: Text) -> AnyView {
    let Text {
        id,
        field,
        label,
        hint,
        value,
    } = text;
    let (hint_id, count_id) = (format!("{id}-hint"), format!("{id}-count"));
    let described_by = format!("{hint_id} {count_id}");
    // As browsers count.
    let count = format!("{} / {MAX_PERSONAL_CHARS}", value.encode_utf16().count());
    // The first line break after the tag is the browser's, not the text's.
    let value = format!("\n{}", escape_html(&value));
    view! {
        <div class="setting-row stacked">
            <div>
                <label class="label" for=id>{label}</label>
                <p class="hint" id=hint_id>{hint}</p>
            </div>
            <textarea
                id=id
                class="input"
                name=field
                rows="4"
                maxlength=MAX_PERSONAL_CHARS.to_string()
                dir="auto"
                autocomplete="off"
                aria-describedby=described_by
                inner_html=value
            ></textarea>
            <p class="hint text-count" id=count_id>{count}</p>
        </div>
    }
    .into_any()
}
