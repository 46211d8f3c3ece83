//! The chat page as it stands on the screen.

use std::time::Duration;

use leptos::{ev, prelude::*, text_prop::TextProp};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::{
    address::{ChatAddress, Pieces},
    changes,
    commands::{Navigate, navigation, replacing},
    connection,
    conversation::Conversation,
    header::Header,
    load::Loaded,
    settings::{Dialog, dismiss_banner},
    shortcuts,
    state::{Announcement, ChatState},
};
use crate::{
    api::conversations::model_status,
    browser,
    components::{BannerLine, ShortcutsDialog, Sidebar, SidebarEdge, UndoToast},
    later::at_leisure,
    model::{ConversationForm, MessageId, ModelState, UserRole},
    pages::{self, address_error, answer_not_found},
    words::{Locale, use_locale, words},
};

/// How often the state of the model is asked while it is not ready, and what day it is.
const PULSE: Duration = Duration::from_secs(3);

const REFRESH: &str = r#"<meta http-equiv="refresh" content="2">"#;

/// Sidebar, header, messages, composer.
#[component]
pub(super) fn ChatScreen(loaded: Loaded, address: Memo<ChatAddress>) -> impl IntoView {
    let locale = use_locale();
    if loaded.is_missing {
        answer_not_found();
    }
    let user = loaded.user.clone();
    let is_administrator = user.role == UserRole::Administrator;
    let row_forms = loaded.row_forms.clone();
    let banner = RwSignal::new(loaded.words.banner.clone());
    let dialog = Dialog::new();
    let is_list_older = loaded.is_list_older;
    let state = ChatState::new(loaded, address);
    let navigate = navigation();
    state.editing().question.set(edited_in_address());
    take_form_post_results(state, navigate);
    connection::watch(state);
    keep_alive(state, is_list_older);
    shortcuts::listen(state, navigate);
    let on_sidebar = Callback::new(move |command| state.on_sidebar(command, navigate));
    let on_undo = Callback::new(move |id| state.restore(id, navigate));
    let on_end = Callback::new(move |()| state.end_said());
    let on_dismiss = Callback::new(move |dismissal| dismiss_banner(banner, dismissal));
    let on_settings = Callback::new(move |form| state.save_settings(dialog, form, navigate));
    let title = Memo::new(move |_| shown_title(state));
    let is_drawer_open = state.is_drawer_open();
    let shown = Memo::new(move |_| state.shown.read().as_ref().map(|it| it.id));
    let window_title = window_title(title, locale);
    let announcement = move || Some(announcement_words(locale, state.announcement.get()?));
    let flash = Signal::derive(move || Some(flash_words(locale, state.is_copied().get()?)));
    view! {
        <Title text=window_title/>
        <div class="chat-page" on:toggle:capture=|it: web_sys::Event| browser::return_focus(&it)>
            <a class="skip-link" href="#composer-text" on:click=|event| skip(&event)>
                {words!(locale, chat.skip_to_message)}
            </a>
            <Sidebar
                list=state.list
                user
                shown
                row_forms
                is_open=is_drawer_open
                on_command=on_sidebar
            />
            // Behind the list, where the focus is when something was deleted there.
            <UndoToast
                deleted=state.deleted
                is_archived=state.is_archived()
                on_undo
                flash
                on_end
            />
            <main class="chat-main" inert=move || is_drawer_open.get()>
                <SidebarEdge/>
                <BannerLine banner on_dismiss/>
                <Header state title dialog is_administrator navigate/>
                <Conversation state navigate/>
            </main>
            <PressedParts state dialog on_settings/>
            <div class="visually-hidden" role="status">{announcement}</div>
            <WithoutScript state/>
        </div>
    }
}

/// What a press opens, once it is loaded.
#[component]
fn PressedParts(
    state: ChatState,
    dialog: Dialog,
    on_settings: Callback<ConversationForm>,
) -> impl IntoView {
    let parts = state.loaded_parts();
    view! {
        {move || Some((parts.get()?.settings)(dialog, on_settings))}
        <ShortcutsDialog>{move || Some((parts.get()?.shortcuts)())}</ShortcutsDialog>
        {move || Some((parts.get()?.palette)(state))}
        {move || Some((parts.get()?.rating)(state))}
    }
}

fn skip(event: &web_sys::MouseEvent) {
    event.prevent_default();
    browser::focus("composer-text");
}

/// The title of the shown conversation; one that has settings and no message yet has none.
fn shown_title(state: ChatState) -> Option<String> {
    let shown = state.shown.read();
    let title = shown.as_ref().map(|it| it.title.clone());
    title.filter(|title| !title.is_empty())
}

/// A server gets a finished text: it writes the title when the page is made, and the signals that
/// are current then may be those of another request.
fn window_title(title: Memo<Option<String>>, locale: Locale) -> TextProp {
    let text = move || {
        let title = title.get();
        pages::window_title(&title.unwrap_or_else(|| words!(locale, chat.new_chat).to_owned()))
    };
    if cfg!(feature = "ssr") {
        untrack(text).into()
    } else {
        text.into()
    }
}

fn flash_words(locale: Locale, is_copied: bool) -> &'static str {
    if is_copied {
        words!(locale, chat.copied)
    } else {
        words!(locale, chat.not_copied)
    }
}

fn announcement_words(locale: Locale, announcement: Announcement) -> &'static str {
    match announcement {
        Announcement::Generating => words!(locale, chat.generating),
        Announcement::Reconnecting => words!(locale, chat.reconnecting),
        Announcement::Complete => words!(locale, chat.complete),
        Announcement::Stopped => words!(locale, chat.answer_stopped),
        Announcement::Failed => words!(locale, chat.answer_failed),
        Announcement::Copied => words!(locale, chat.copied),
    }
}

/// While a turn runs, a page without script shows its progress by loading again, unless a question
/// is edited on it: that would be lost. Browsers with script read the content of `noscript` as
/// text, so it must be opaque to hydration. A form asks for the page anew, with the same piece of
/// the branch: else the question that is to be edited would not be on it.
#[component]
fn WithoutScript(state: ChatState) -> impl IntoView {
    let before = use_query_map().with_untracked(|query| Pieces::parse(query).before);
    let before = before.map(|id| {
        view! { <input type="hidden" name="before" form="conversations" value=id.to_string()/> }
    });
    let is_edited = state.editing().question.get_untracked().is_some();
    let is_running = Memo::new(move |_| state.running().is_some() && !is_edited);
    let refresh = move || {
        is_running
            .get()
            .then(|| view! { <noscript inner_html=REFRESH></noscript> })
    };
    view! {
        {before}
        {refresh}
    }
}

/// Form posts without script bring their results back in the address; with script they are taken
/// out of it, so that they are not shown again.
fn take_form_post_results(state: ChatState, navigate: Navigate) {
    let query = use_query_map();
    let (error, deleted) = query.with_untracked(|query| (query.get("__err"), query.get("deleted")));
    if let Some(error) = &error {
        state.error.set(Some(address_error(error)));
    }
    if let Some(id) = deleted.and_then(|id| id.parse().ok()) {
        state.deleted.set(Some(id));
    }
    let has_results = error.is_some() || state.deleted.get_untracked().is_some();
    Effect::new(move || {
        if has_results {
            navigate.run((state.shown_id(), replacing()));
        }
    });
}

/// The question that the address asks to edit: before the page is drawn, on both sides.
fn edited_in_address() -> Option<MessageId> {
    use_query_map().with_untracked(|query| Pieces::parse(query).edit)
}

/// Streams, addresses and other tabs, while the page is interactive.
fn keep_alive(state: ChatState, is_list_older: bool) {
    changes::listen(state); // before anything is followed
    let query = use_query_map();
    let at = Memo::new(move |_| Pieces::parse(&query.read()).at);
    Effect::new(move |is_later: Option<()>| {
        let (address, at) = (state.address.get(), at.get());
        if is_later.is_some() {
            state.open(address, at);
        } else {
            state.sought().set(at);
            browser::mark_interactive();
            untrack(|| state.follow_running());
            state.spawn(at_leisure(state.parts()));
            if is_list_older {
                state.spawn(state.refresh_list());
            }
        }
    });
    Effect::new(move || {
        state.shown.track();
        state.see_shown();
    });
    Effect::new(move || {
        state.spawn(pulse(state));
        let listener = window_event_listener(ev::visibilitychange, move |_| came_back(state));
        on_cleanup(move || listener.remove());
    });
    on_cleanup(move || {
        state.stop_reading();
        state.stop_following();
    });
}

/// The tab is looked at again: other tabs may have gone on.
fn came_back(state: ChatState) {
    if !browser::is_hidden() && !state.is_following() {
        state.spawn(async move {
            state.look_for_upgrade().await;
            state.refresh_list().await;
            state.refresh_if_changed().await;
            state.see_shown();
        });
    }
}

/// Asks for what no stream brings, and only while there is something to ask.
async fn pulse(state: ChatState) {
    let mut day = browser::day();
    loop {
        browser::sleep(PULSE).await;
        if browser::is_hidden() {
            continue;
        }
        if state.model.read_untracked().state != ModelState::Ready
            && let Ok(status) = model_status().await
        {
            state.model.set(status);
        }
        // After midnight "Today" is another day, in the list and between messages.
        let now = browser::day();
        if now != day && state.begin_list_anew(now).await {
            day = now;
        }
    }
}
