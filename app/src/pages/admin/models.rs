//! The model that answers, and the files that could.

use leptos::prelude::*;
use server_fn::ServerFn;

use crate::{
    api::administration::{SwitchModel, models},
    components::{Icon, IconName},
    model::{ActiveModel, ChatError, Drawing, ModelState, ModelSummary, model_title},
    pages::{
        admin::details::Details,
        card::{Head, empty, error_line},
        drawn::settled,
        told::Told,
    },
    sub_path::address_of,
    words::{Locale, bytes, grouped, model_state, use_locale, words},
};

/// The lit model, and those of the models folder, each with a button to switch.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let models = models().await?;
    let locale = use_locale();
    let is_changing = models.iter().any(is_loading);
    let error = error_line(locale, told.error_besides(&[]), "models-error");
    let (active, others): (Vec<_>, Vec<_>) = models.into_iter().partition(|it| it.active.is_some());
    let is_alone = active.is_empty() && others.is_empty();
    let active: Vec<_> = active.into_iter().map(|it| lit(locale, it)).collect();
    let here = (!others.is_empty()).then(|| {
        let rows: Vec<_> = others.into_iter().map(|it| model(locale, it)).collect();
        Head::new(words!(locale, admin.models_here))
            .section(view! { <div class="setting">{rows}</div> })
    });
    let head = Head::new(words!(locale, admin.answering_now));
    let head = head.lead(words!(locale, admin.switch_hint));
    let answering = if is_alone {
        head.section(empty(words!(locale, admin.no_models)))
    } else {
        head.section(view! { {error} <div class="setting">{active}</div> })
    };
    let drawing = settled(view! { {answering} {here} });
    Ok(Drawing {
        is_changing,
        ..drawing
    })
}

fn is_loading(model: &ModelSummary) -> bool {
    let state = model.active.as_ref().map(|active| &active.state);
    matches!(state, Some(ModelState::Loading { .. }))
}

/// The one that answers, or is about to.
fn lit(locale: Locale, model: ModelSummary) -> AnyView {
    let failure = failure(locale, model.failure);
    let Some(active) = model.active else {
        return ().into_any();
    };
    let (class, words) = (look(&active.state), model_state(locale, &active.state));
    let is_lit = active.state == ModelState::Ready;
    let tile = if is_lit {
        view! { <Icon name=IconName::Flame class="flame"/> }.into_any()
    } else {
        view! { <Icon name=IconName::Model/> }.into_any()
    };
    let progress = match active.state {
        ModelState::Loading { percent } => Some(view! {
            <div class="progress-line">
                <progress
                    class="progress"
                    value=percent.to_string()
                    max="100"
                    aria-label=words!(locale, admin.loading_name)
                ></progress>
            </div>
        }),
        _ => None,
    };
    view! {
        <div class="model">
            <span class="model-tile" class:lit=is_lit>{tile}</span>
            <div>
                <h3>
                    <bdi>{model_title(&model.file, &active.name)}</bdi>
                    <span class=format!("badge model-state {class}")>{words}</span>
                </h3>
                <p class="model-file">{file_facts(locale, &model.file, model.num_bytes)}</p>
            </div>
            {progress}
            {failure}
        </div>
        <dl class="facts">{facts(locale, active)}</dl>
    }
    .into_any()
}

/// One that could answer.
fn model(locale: Locale, model: ModelSummary) -> AnyView {
    let failure = failure(locale, model.failure);
    let name = model_title(&model.file, "");
    let label = words!(locale, admin.use_name, name = name.clone());
    view! {
        <div class="model">
            <span class="model-tile"><Icon name=IconName::Model/></span>
            <div>
                <h3><bdi>{name}</bdi></h3>
                <p class="model-file">{file_facts(locale, &model.file, model.num_bytes)}</p>
            </div>
            <form method="post" action=address_of(SwitchModel::url()) class="post-form">
                <input type="hidden" name="file" value=model.file/>
                <button type="submit" class="button" aria-label=label>
                    {words!(locale, admin.use_model)}
                </button>
            </form>
            {failure}
        </div>
    }
    .into_any()
}

fn failure(locale: Locale, reason: Option<String>) -> Option<AnyView> {
    reason.map(|reason| {
        view! {
            <div class="model-failure">
                <p class="error">
                    <Icon name=IconName::Warning class="icon mini"/>
                    <span>{words!(locale, admin.not_loaded_lately)}</span>
                </p>
                <Details text=reason/>
            </div>
        }
        .into_any()
    })
}

fn file_facts(locale: Locale, file: &str, num_bytes: u64) -> AnyView {
    let file = file.to_owned();
    let size = (num_bytes > 0).then(|| {
        let between = words!(locale, admin.between);
        view! { {between} <span class="nowrap">{bytes(num_bytes)}</span> }
    });
    view! { <bdi>{file}</bdi> {size} }.into_any()
}

fn facts(locale: Locale, active: ActiveModel) -> Vec<AnyView> {
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
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
    };
    facts.map(fact).into()
}

/// How a state looks.
const fn look(state: &ModelState) -> &'static str {
    match state {
        ModelState::Ready => "accent",
        ModelState::Loading { .. } => "",
        ModelState::Failed => "danger",
    }
}
