//! The model that answers, and the files that could.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::administration::{SwitchModel, models},
    model::{ActiveModel, ChatError, Drawing, ModelState, ModelSummary},
    pages::{admin::details::Details, drawn::settled},
    sub_path::address_of,
    words::{Locale, bytes, grouped, use_locale, words},
};

/// Models of the models folder, and a button to switch.
pub(super) async fn draw() -> Result<Drawing, ChatError> {
    let models = models().await?;
    let locale = use_locale();
    let is_changing = models.iter().any(is_loading);
    let drawing = settled(view! {
        <section class="settings-group">
            <h2>{words!(locale, admin.models)}</h2>
            <p class="settings-lead">{words!(locale, admin.switch_hint)}</p>
            <Models models/>
        </section>
    });
    Ok(Drawing {
        is_changing,
        ..drawing
    })
}

#[component]
fn Models(models: Vec<ModelSummary>) -> impl IntoView {
    let locale = use_locale();
    if models.is_empty() {
        return view! { <p>{words!(locale, admin.no_models)}</p> }.into_any();
    }
    let row = move |model| view! { <Model model/> };
    view! { <ul class="models">{models.into_iter().map(row).collect_view()}</ul> }.into_any()
}

fn is_loading(model: &ModelSummary) -> bool {
    let state = model.active.as_ref().map(|active| &active.state);
    matches!(state, Some(ModelState::Loading { .. }))
}

#[component]
fn Model(model: ModelSummary) -> impl IntoView {
    let locale = use_locale();
    let size = bytes(model.num_bytes);
    let file = model.file.clone();
    let body = match model.active {
        Some(active) => view! { <Active active/> }.into_any(),
        None => view! {
            <form method="post" action=address_of(SwitchModel::url()) class="post-form">
                <input type="hidden" name="file" value=file/>
                <button type="submit" class="secondary-button">
                    {words!(locale, admin.use_model)}
                </button>
            </form>
        }
        .into_any(),
    };
    let failure = model.failure.map(|reason| {
        view! {
            <p class="model-failure">{words!(locale, admin.not_loaded_lately)}</p>
            <Details text=reason/>
        }
    });
    view! {
        <li class="model">
            <p class="model-file"><strong>{model.file}</strong> <span>{size}</span></p>
            {body}
            {failure}
        </li>
    }
}

#[component]
fn Active(active: ActiveModel) -> impl IntoView {
    let locale = use_locale();
    let unknown = || words!(locale, admin.unknown).to_owned();
    let or_unknown = |text: String| if text.is_empty() { unknown() } else { text };
    let context = active.context_window.map_or_else(unknown, |number| {
        words!(locale, admin.context_tokens, number = grouped(number))
    });
    let speed = active.tokens_per_second.map_or_else(unknown, |speed| {
        words!(
            locale,
            admin.tokens_per_second,
            number = format!("{speed:.1}")
        )
    });
    let weights = match active.weight_bytes {
        0 => unknown(),
        num_bytes => bytes(num_bytes),
    };
    let facts = [
        (words!(locale, admin.format), or_unknown(active.format)),
        (words!(locale, admin.device), or_unknown(active.device)),
        (words!(locale, admin.weights), weights),
        (words!(locale, admin.context), context),
        (words!(locale, admin.speed), speed),
    ];
    let fact = |(name, value): (&'static str, String)| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    view! {
        <p class="model-state">{active.name} " · " {state(locale, &active.state)}</p>
        <dl class="facts">{facts.map(fact).collect_view()}</dl>
    }
}

fn state(locale: Locale, state: &ModelState) -> String {
    match state {
        ModelState::Ready => words!(locale, admin.active).to_owned(),
        ModelState::Loading { percent } => words!(locale, admin.loading, percent = *percent),
        ModelState::Failed => words!(locale, admin.failed).to_owned(),
    }
}
