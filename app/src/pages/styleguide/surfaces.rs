//! What is told above the page or for a moment, and the cards of settings and administration.

use leptos::prelude::*;

use super::{
    menus::conversation,
    specimen::{Specimen, Stage},
};
use crate::{
    components::{BannerLine, Icon, IconName, Skeleton, Skeletons, UndoToast},
    model::{Banner, BannerLevel, ConversationId, ModelState},
    pages::card::{Head, copy_button, empty},
    words::{self, Locale, words},
};

/// A sentence of the administrator, and what is said for a moment.
pub(super) fn notices(locale: Locale) -> Vec<Specimen> {
    let levels = [
        ("notice banner", BannerLevel::Info, true),
        ("notice banner warning", BannerLevel::Warning, true),
        ("notice banner critical", BannerLevel::Critical, false),
    ];
    let banners = levels.map(|(name, level, may_go)| {
        Specimen::new(name, Stage::Wide, move || {
            let banner = Banner {
                level,
                text: words!(locale, styleguide.sample.banner).to_owned(),
                dismissal: may_go.then(|| "0-1-0-0".to_owned()),
            };
            let on_dismiss = Callback::new(|_| ());
            view! { <BannerLine banner=RwSignal::new(Some(banner)) on_dismiss/> }.into_any()
        })
    });
    let toasts = [
        ("toast, way back", None, Some(conversation())),
        ("toast", Some(words!(locale, chat.copied)), None),
    ];
    let toasts = toasts.map(|(name, flash, deleted)| {
        Specimen::new(name, Stage::Strip, move || toast(flash, deleted).into_any())
    });
    let skeletons = [
        ("skeletons of-messages", Skeleton::Messages),
        ("skeletons of-rows", Skeleton::Rows),
        ("skeletons of-cards", Skeleton::Cards),
    ];
    let skeletons = skeletons.map(|(name, of)| {
        Specimen::new(name, Stage::Column, move || {
            view! { <Skeletons of is_shown=true/> }.into_any()
        })
    });
    let all = banners.into_iter().chain(toasts).chain(skeletons);
    all.collect()
}

fn toast(flash: Option<&'static str>, deleted: Option<ConversationId>) -> impl IntoView {
    let on_undo = Callback::new(|_| ());
    let on_end = Callback::new(|()| ());
    view! { <UndoToast deleted is_archived=false on_undo flash on_end/> }
}

/// Rows in cards, and lists.
pub(super) fn cards(locale: Locale) -> Vec<Specimen> {
    vec![
        Specimen::new("section, setting, setting-row", Stage::Column, move || {
            rows(locale)
        }),
        Specimen::new("save-bar", Stage::Column, move || save_bar(locale)),
        Specimen::new("item", Stage::Column, move || items(locale)),
        Specimen::new("shown-once", Stage::Column, move || shown_once(locale)),
        Specimen::new("exports-empty", Stage::Column, move || {
            empty(words!(locale, settings.no_keys))
        }),
        Specimen::new("tiles", Stage::Column, move || tiles(locale)),
        Specimen::new("model", Stage::Column, move || models(locale)),
        Specimen::new("confirm", Stage::Column, move || confirm(locale)),
    ]
}

fn rows(locale: Locale) -> AnyView {
    let rows = view! {
        <div class="setting">
            <div class="setting-row">
                <div>
                    <label class="label" for="row-switch">
                        {words!(locale, admin.names.calculator)}
                    </label>
                    <p class="hint">{words!(locale, admin.hints.calculator)}</p>
                </div>
                <input id="row-switch" class="switch" type="checkbox" role="switch" checked/>
            </div>
            <div class="setting-row">
                <div>
                    <label class="label changed" for="row-number">
                        {words!(locale, admin.names.max_tokens)}
                    </label>
                    <p class="hint">{words!(locale, admin.hints.max_tokens)}</p>
                </div>
                <input id="row-number" class="input short" type="text" value="2048"/>
            </div>
            <div class="setting-row stacked">
                <div>
                    <label class="label" for="row-text">{words!(locale, frame.instructions)}</label>
                </div>
                <textarea id="row-text" class="input" rows="3" dir="auto"></textarea>
            </div>
        </div>
    };
    let head = Head::new(words!(locale, admin.defaults));
    head.lead(words!(locale, admin.defaults_lead)).section(rows)
}

fn save_bar(locale: Locale) -> AnyView {
    view! {
        <form method="post" data-unsaved="">
            <div class="save-bar">
                <p><strong>{words!(locale, admin.unsaved_single)}</strong></p>
                <button type="button" class="quiet-button">{words!(locale, admin.discard)}</button>
                <button type="button" class="button primary">{words!(locale, admin.save)}</button>
            </div>
        </form>
        <form method="post">
            <p class="save-bar saved saved-mark">{words!(locale, admin.saved)}</p>
        </form>
    }
    .into_any()
}

fn items(locale: Locale) -> AnyView {
    let item = |name: &'static str, is_current: bool| {
        let mark = is_current.then(|| {
            view! { <span class="badge accent">{words!(locale, settings.this_browser)}</span> }
        });
        let end = (!is_current).then(|| {
            view! {
                <button type="button" class="quiet-button">
                    {words!(locale, door.sign_out)}
                </button>
            }
        });
        view! {
            <li class="item">
                <Icon name=IconName::Monitor/>
                <div>
                    <strong>{name}</strong>
                    {mark}
                    <small>"2026-11-29 22:40"</small>
                </div>
                {end}
            </li>
        }
    };
    view! {
        <ul class="setting">
            {item("Firefox", true)}
            {item("Safari", false)}
        </ul>
    }
    .into_any()
}

fn shown_once(locale: Locale) -> AnyView {
    let head = Head::new(words!(locale, settings.key_made));
    head.lead(words!(locale, settings.key_once)).section(view! {
        <div class="setting shown-once">
            <code id="shown-key">"hearth-2b6f0c1d9e7a4f3b8c5d6e7f8091a2b3"</code>
            {copy_button(locale, "shown-key")}
        </div>
    })
}

fn tiles(locale: Locale) -> AnyView {
    let tiles = [
        (words!(locale, admin.read), "1,204,551"),
        (words!(locale, admin.written), "310,982"),
        (words!(locale, admin.answers), "1,096"),
    ];
    let tile = |(name, number): (&'static str, &'static str)| {
        view! { <div class="tile"><dt>{name}</dt><dd>{number}</dd></div> }
    };
    let tiles: Vec<_> = tiles.into_iter().map(tile).collect();
    view! { <div class="setting"><dl class="tiles">{tiles}</dl></div> }.into_any()
}

fn models(locale: Locale) -> AnyView {
    let state = words::model_state(locale, &ModelState::Ready);
    view! {
        <div class="setting">
            <div class="model">
                <span class="model-tile lit"><Icon name=IconName::Flame class="flame"/></span>
                <div>
                    <h3>"gpt-oss-20b" <span class="badge model-state good">{state}</span></h3>
                    <p class="model-file">"gpt-oss-20b-mxfp4.gguf"</p>
                </div>
            </div>
            <div class="model">
                <span class="model-tile"><Icon name=IconName::Model/></span>
                <div>
                    <h3>"SmolLM2 135M Instruct"</h3>
                    <p class="model-file">"SmolLM2-135M-Instruct-F16.gguf"</p>
                </div>
                <div class="progress-line">
                    <progress
                        class="progress"
                        value="62"
                        max="100"
                        aria-label=words!(locale, admin.loading_name)
                    ></progress>
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn confirm(locale: Locale) -> AnyView {
    view! {
        <details class="confirm" open>
            <summary class="quiet-button danger">{words!(locale, settings.empty_trash)}</summary>
            <form method="post">
                <p>{words!(locale, settings.empty_trash_lead)}</p>
                <button type="submit" class="button danger">
                    {words!(locale, settings.empty_trash_now)}
                </button>
            </form>
        </details>
    }
    .into_any()
}
