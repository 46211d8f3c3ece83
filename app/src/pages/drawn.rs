//! Sections that the server draws: all of the settings and of the administration.
//!
//! Their forms are plain forms, which work without script: a post leads back to the section, with
//! what became of it in the address. With script the post is made without leaving the page, and the
//! section is taken out of the document that comes back. So the browser carries none of their code.

use std::time::Duration;

use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::{hooks::use_location, location::Location};

use super::once_loaded;
use crate::{
    api::{administration::draw_administration, preferences::draw_settings},
    browser::{self, Posted},
    components::ErrorText,
    model::{AdminSection, ChatError, Drawing, SettingsSection},
    read_once::read_once,
    sub_path::use_sub_path,
};

/// How often the page asks while a section changes by itself.
const PULSE: Duration = Duration::from_secs(1);
/// At most that long it waits after it got no answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Which section.
#[derive(Clone, Copy, Debug)]
pub(super) enum DrawnSection {
    Settings(SettingsSection),
    Administration(AdminSection),
}

impl DrawnSection {
    /// Where it is shown.
    const fn address(self) -> &'static str {
        match self {
            Self::Settings(SettingsSection::General) => "/settings",
            Self::Settings(SettingsSection::Account) => "/settings/account",
            Self::Settings(SettingsSection::Keys) => "/settings/keys",
            Self::Settings(SettingsSection::Exports) => "/settings/exports",
            Self::Settings(SettingsSection::Import) => "/settings/import",
            Self::Settings(SettingsSection::Trash) => "/settings/trash",
            Self::Settings(SettingsSection::Folders) => "/settings/folders",
            Self::Settings(SettingsSection::Archive) => "/settings/archive",
            Self::Settings(SettingsSection::Shared) => "/settings/shared",
            Self::Administration(AdminSection::Server) => "/admin",
            Self::Administration(AdminSection::People) => "/admin/people",
            Self::Administration(AdminSection::Models) => "/admin/models",
            Self::Administration(AdminSection::Usage) => "/admin/usage",
            Self::Administration(AdminSection::Ratings) => "/admin/ratings",
            Self::Administration(AdminSection::Log) => "/admin/log",
            Self::Administration(AdminSection::Upkeep) => "/admin/upkeep",
            Self::Administration(AdminSection::Backups) => "/admin/backups",
        }
    }

    async fn draw(self, query: String) -> Result<Drawing, ChatError> {
        match self {
            Self::Settings(section) => draw_settings(section, query).await,
            Self::Administration(section) => draw_administration(section, query).await,
        }
    }
}

/// What the address says after `?`, if it is that of the section: the router changes the address
/// after the page.
fn query_of(section: DrawnSection) -> String {
    let Location {
        pathname, search, ..
    } = use_location();
    let shown = pathname.get_untracked();
    if use_sub_path().strip(&shown) == Some(section.address()) {
        search.get_untracked()
    } else {
        String::new()
    }
}

/// A section in its place.
pub(super) fn drawn(section: DrawnSection) -> AnyView {
    let query = query_of(section);
    let first = read_once(move || section.draw(query.clone()));
    let place = NodeRef::<html::Div>::new();
    // Counts what was drawn: what was asked for before that is not wanted any more.
    let turn = RwSignal::new(0_u32);
    let failed = RwSignal::new(None::<ChatError>);
    let sending = Sending::new();
    follow_changes(section, place, turn);
    ask_before_leaving();
    let on_submit = move |event: web_sys::SubmitEvent| {
        let Some(form) = browser::form_of(&event) else {
            return;
        };
        event.prevent_default();
        browser::hide_passwords();
        let Some(number) = sending.begin(form.has_attribute("data-at-once")) else {
            return;
        };
        spawn_local(async move {
            let posted = browser::post(&form).await;
            if sending.end(number) {
                finish((&form, posted), place, turn, failed);
            }
        });
    };
    let on_input = move |_: web_sys::Event| {
        if let Some(place) = place.get_untracked() {
            browser::show_ranges(&place);
            browser::count_unsaved(&place);
        }
    };
    let on_click = move |event: web_sys::MouseEvent| {
        browser::copy_pressed(&event);
        browser::password_pressed(&event);
        if let Some(place) = place.get_untracked() {
            browser::discard_pressed(&event, &place);
        }
    };
    let show = move |drawing: Drawing| {
        view! {
            <div
                class="drawn"
                node_ref=place
                data-changing=drawing.is_changing.then_some("")
                inner_html=drawing.html
                on:submit=on_submit
                on:change=move |event| browser::send_at_once(&event)
                on:input=on_input
                on:click=on_click
                on:keydown=move |event| browser::walk_chart(&event)
            ></div>
            // Says aloud what became of a form.
            <p class="visually-hidden" role="status"></p>
        }
    };
    view! {
        <ErrorText error=failed/>
        {once_loaded(first, show)}
    }
    .into_any()
}

/// Which forms are on their way to the server.
#[derive(Clone, Copy)]
struct Sending {
    /// Number of the last one.
    last: RwSignal<u32>,
    is_running: RwSignal<bool>,
}

impl Sending {
    fn new() -> Self {
        Self {
            last: RwSignal::new(0),
            is_running: RwSignal::new(false),
        }
    }

    /// A number for a form, unless another one is on its way: nothing is sent twice by two presses.
    /// Of choices that hold at once the last one counts.
    fn begin(self, is_choice: bool) -> Option<u32> {
        if self.is_running.get_untracked() && !is_choice {
            return None;
        }
        self.is_running.set(true);
        self.last.update(|last| *last += 1);
        Some(self.last.get_untracked())
    }

    /// Whether what came back for this form is to be shown. The section may have been left
    /// meanwhile: then its signals are gone.
    fn end(self, number: u32) -> bool {
        let is_last = self.last.try_get_untracked() == Some(number);
        if is_last {
            self.is_running.set(false);
        }
        is_last
    }
}

/// Shows what came back after a form was sent. What is not saved in another form stays.
fn finish(
    (form, posted): (&web_sys::HtmlFormElement, Option<Posted>),
    place: NodeRef<html::Div>,
    turn: RwSignal<u32>,
    failed: RwSignal<Option<ChatError>>,
) {
    let Some(place) = place.try_get_untracked().flatten() else {
        return;
    };
    let unsaved = browser::unsaved_besides(form, &place);
    let error = match posted {
        Some(Posted::Section(drawing, choices)) => {
            choices.show();
            browser::redraw(&place, &drawing);
            if let Some(unsaved) = unsaved {
                browser::keep_unsaved(&place, &unsaved);
            }
            browser::count_unsaved(&place);
            turn.update(|turn| *turn += 1);
            None
        }
        Some(Posted::Elsewhere(address)) => {
            if unsaved.is_none() {
                browser::forget_unsaved(&place);
            }
            browser::leave_for(&address);
            None
        }
        None => Some(ChatError::Unreachable(String::new())),
    };
    failed.set(error);
}

/// Draws a section again and again while it changes by itself.
fn follow_changes(section: DrawnSection, place: NodeRef<html::Div>, turn: RwSignal<u32>) {
    Effect::new(move || {
        let now = turn.get();
        let Some(shown) = place.get() else {
            return;
        };
        if now == 0 {
            browser::complete_addresses(&shown);
            browser::count_unsaved(&shown);
        }
        if !shown.has_attribute("data-changing") {
            return;
        }
        let is_wanted = move || turn.try_get_untracked() == Some(now);
        spawn_local(async move {
            let mut pause = PULSE;
            loop {
                browser::sleep(pause).await;
                if !is_wanted() {
                    return;
                }
                let drawing = section.draw(String::new()).await;
                let shown = place.try_get_untracked().flatten();
                let Some(shown) = shown.filter(|_| is_wanted()) else {
                    return;
                };
                if let Ok(drawing) = drawing {
                    browser::redraw(&shown, &drawing);
                    turn.set(now + 1);
                    return;
                }
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        });
    });
}

/// The browser asks before what was typed and not saved is lost.
fn ask_before_leaving() {
    Effect::new(move || {
        let leaving = window_event_listener_untyped("beforeunload", |event| {
            if browser::is_unsaved() {
                event.prevent_default();
            }
        });
        on_cleanup(move || leaving.remove());
    });
}

/// The HTML of a section that stays as it is.
#[cfg(feature = "ssr")]
pub(super) fn settled(view: impl IntoView) -> Drawing {
    Drawing {
        html: view.into_view().to_html(),
        is_changing: false,
    }
}
