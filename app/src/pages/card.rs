//! What the sections of settings and administration are made of.

use leptos::prelude::*;

use crate::{
    components::{Icon, IconName},
    model::ChatError,
    words::{Locale, sentence, words},
};

/// A heading, a sentence below it, what stands at its end, and what it is about.
pub(super) struct Head {
    pub(super) heading: &'static str,
    pub(super) lead: Option<String>,
    pub(super) end: Option<AnyView>,
}

impl Head {
    pub(super) fn new(heading: &'static str) -> Self {
        Self {
            heading,
            lead: None,
            end: None,
        }
    }

    pub(super) fn lead(self, lead: impl Into<String>) -> Self {
        Self {
            lead: Some(lead.into()),
            ..self
        }
    }

    pub(super) fn end(self, end: impl IntoView + 'static) -> Self {
        Self {
            end: Some(end.into_any()),
            ..self
        }
    }

    /// The section with its content below the head.
    pub(super) fn section(self, content: impl IntoView + 'static) -> AnyView {
        let Self { heading, lead, end } = self;
        view! {
            <section class="section">
                <div class="section-head">
                    <h2>{heading}</h2>
                    {lead.map(|lead| view! { <p>{lead}</p> })}
                    {end.map(|end| view! { <div class="end">{end}</div> })}
                </div>
                {content.into_any()}
            </section>
        }
        .into_any()
    }
}

/// What is wrong with a field, or with a form.
pub(super) fn error_line(locale: Locale, error: Option<ChatError>, id: &str) -> Option<AnyView> {
    let id = id.to_owned();
    error.map(|error| {
        view! {
            <p class="error" id=id role="alert">
                <Icon name=IconName::Warning class="icon mini"/>
                <span>{sentence(locale, error)}</span>
            </p>
        }
        .into_any()
    })
}

/// A value that can be chosen: as it is sent, what it is called, and its drawing.
pub(super) type Segment = (&'static str, &'static str, Option<IconName>);

/// A few values side by side, of which one holds.
pub(super) struct Segmented {
    pub(super) id: Option<&'static str>,
    /// Name in the form.
    pub(super) field: String,
    /// What is chosen, for screen readers.
    pub(super) legend: &'static str,
    pub(super) segments: Vec<Segment>,
    pub(super) chosen: String,
    /// Ids of what else is said about it.
    pub(super) described_by: Option<String>,
}

impl Segmented {
    pub(super) fn view(self) -> AnyView {
        let Self {
            id,
            field,
            legend,
            segments,
            chosen,
            described_by,
        } = self;
        let segment = |(value, label, icon): Segment| {
            view! {
                <label>
                    <input
                        type="radio"
                        name=field.clone()
                        value=value
                        checked=value == chosen
                        autocomplete="off"
                    />
                    <span>
                        {icon.map(|icon| view! { <Icon name=icon class="icon small"/> })}
                        {label}
                    </span>
                </label>
            }
        };
        let segments: Vec<_> = segments.into_iter().map(segment).collect();
        view! {
            <fieldset class="segmented" id=id aria-describedby=described_by>
                <legend class="visually-hidden">{legend}</legend>
                {segments}
            </fieldset>
        }
        .into_any()
    }
}

/// Says that something is kept.
pub(super) fn saved_mark(is_saved: bool, words: &'static str) -> Option<AnyView> {
    is_saved.then(|| view! { <span class="saved-mark">{words}</span> }.into_any())
}

/// A button that copies the text of the element with this id.
pub(super) fn copy_button(locale: Locale, id: &'static str) -> AnyView {
    view! {
        <button type="button" class="button copy-button needs-script" data-copy=id>
            <span class="to-copy">
                <Icon name=IconName::Copy class="icon small"/>
                {words!(locale, chat.copy)}
            </span>
            <span class="copied">
                <Icon name=IconName::Check class="icon small"/>
                {words!(locale, chat.copied)}
            </span>
        </button>
    }
    .into_any()
}

/// A table in a section, with a last column for what can be done with a row.
pub(super) fn table(
    locale: Locale,
    class: &'static str,
    columns: &[&'static str],
    rows: impl IntoView + 'static,
) -> AnyView {
    let columns = columns
        .iter()
        .map(|&name| view! { <th scope="col">{name}</th> });
    let columns = columns.collect_view();
    view! {
        <div class="setting">
            <table class=class>
                <thead>
                    <tr>
                        {columns}
                        <th scope="col">
                            <span class="visually-hidden">{words!(locale, chat.actions)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// An empty list says so.
pub(super) fn empty(words: &'static str) -> AnyView {
    view! { <p class="exports-empty">{words}</p> }.into_any()
}

/// Appears with the first change and counts them; without script it is a button below the form.
pub(super) fn save_bar(locale: Locale) -> AnyView {
    let many = words!(locale, admin.unsaved, number = "{}");
    view! {
        <div class="save-bar">
            <p>
                <strong
                    role="status"
                    data-count=""
                    data-one=words!(locale, admin.unsaved_single)
                    data-many=many
                ></strong>
            </p>
            <button type="button" class="quiet-button needs-script" data-discard="">
                {words!(locale, admin.discard)}
            </button>
            <button type="submit" class="button primary">{words!(locale, admin.save)}</button>
        </div>
    }
    .into_any()
}
