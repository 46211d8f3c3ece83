//! Pages: they load, call server functions and hand signals to components.
#![expect(
    unreachable_pub,
    reason = "the component macro makes property types `pub`"
)]

mod address_error;
mod admin;
#[cfg(feature = "ssr")]
mod attachments;
#[cfg(feature = "ssr")]
mod branches;
#[cfg(feature = "ssr")]
mod card;
mod chat;
#[cfg(feature = "ssr")]
mod door;
#[cfg(feature = "ssr")]
mod door_head;
mod drawn;
#[cfg(feature = "ssr")]
mod error_page;
#[cfg(feature = "ssr")]
mod join;
#[cfg(not(feature = "ssr"))]
mod loaded_door;
mod not_found;
#[cfg(feature = "ssr")]
mod one_time_link;
#[cfg(feature = "ssr")]
mod refused_message;
mod search;
#[cfg(feature = "ssr")]
mod set_up;
mod settings;
#[cfg(feature = "ssr")]
mod share;
#[cfg(feature = "ssr")]
mod shared;
#[cfg(feature = "ssr")]
mod sign_in;
#[cfg(feature = "ssr")]
mod sign_up;
#[cfg(all(feature = "ssr", debug_assertions))]
mod styleguide;
#[cfg(feature = "ssr")]
mod told;

#[cfg(not(feature = "ssr"))]
use address_error::address_error;
#[cfg(feature = "ssr")]
pub use address_error::address_error;
pub(crate) use admin::AdminRoutes;
#[cfg(feature = "ssr")]
pub(crate) use admin::draw_administration;
#[cfg(feature = "ssr")]
pub use attachments::{
    PREVIEW_CHARS, attached_files, error_sentence, file_page, new_file, refused_file,
};
#[cfg(feature = "ssr")]
pub(crate) use branches::BranchesPage;
pub(crate) use chat::ChatPage;
#[cfg(feature = "ssr")]
pub use error_page::error_page;
#[cfg(feature = "ssr")]
pub(crate) use join::JoinPage;
#[cfg(not(feature = "ssr"))]
pub(crate) use loaded_door::{
    LoadedDoor as BranchesPage, LoadedDoor as JoinPage, LoadedDoor as SetUpPage,
    LoadedDoor as SharePage, LoadedDoor as SharedPage, LoadedDoor as SignInPage,
    LoadedDoor as SignUpPage,
};
pub(crate) use not_found::NotFoundPage;
#[cfg(feature = "ssr")]
pub use refused_message::{RefusedMessage, refused_message};
pub(crate) use search::SearchPage;
#[cfg(feature = "ssr")]
pub(crate) use search::draw as draw_search;
#[cfg(feature = "ssr")]
pub(crate) use set_up::SetUpPage;
pub(crate) use settings::SettingsRoutes;
#[cfg(feature = "ssr")]
pub(crate) use settings::draw_settings;
#[cfg(feature = "ssr")]
pub(crate) use share::SharePage;
#[cfg(feature = "ssr")]
pub(crate) use shared::SharedPage;
#[cfg(feature = "ssr")]
pub(crate) use sign_in::SignInPage;
#[cfg(feature = "ssr")]
pub(crate) use sign_up::SignUpPage;
#[cfg(all(feature = "ssr", debug_assertions))]
pub use styleguide::{MarkdownRenderer, STYLEGUIDE, STYLEGUIDE_STYLE, styleguide};

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos_meta::Title;

#[cfg(feature = "ssr")]
use crate::components::MissingConversation;
use crate::{
    components::{ErrorText, LateSkeletons, Skeleton},
    model::ChatError,
    read_once::JsonBytes,
    words::PRODUCT,
};

/// Gives the document another status than 200. Only the server can do that.
#[cfg(feature = "ssr")]
fn answer_not_found() {
    use leptos::prelude::use_context;
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
}

#[cfg(not(feature = "ssr"))]
fn answer_not_found() {}

/// A plain form post brings its error back in the address.
#[cfg(feature = "ssr")]
fn form_post_error() -> Option<ChatError> {
    let query = leptos_router::hooks::use_query_map();
    let query = query.read_untracked();
    query.get_str("__err").map(address_error)
}

/// What a page of the server shows is not there, or could not be read.
#[cfg(feature = "ssr")]
fn missing(title: &str, error: Option<ChatError>) -> AnyView {
    let error = error.filter(|error| *error != ChatError::NotFound);
    let content = if error.is_some() {
        view! { <ErrorText error/> }.into_any()
    } else {
        answer_not_found();
        view! { <MissingConversation/> }.into_any()
    };
    view! {
        <Title text=window_title(title)/>
        <main class="door" data-door="">
            {content}
        </main>
    }
    .into_any()
}

/// What a section shows once its values are there.
fn once_loaded<T, V>(
    values: Resource<Result<T, ChatError>, JsonBytes>,
    show: impl Fn(T) -> V + Copy + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
    V: IntoView + 'static,
{
    view! {
        <Suspense fallback=|| view! { <LateSkeletons of=Skeleton::Cards/> }>
            {move || Suspend::new(async move {
                match values.await {
                    Ok(values) => show(values).into_any(),
                    Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// The title of the browser's window.
fn window_title(name: &str) -> String {
    escape_text(&format!("{name} · {PRODUCT}"))
}

/// A text as inner HTML.
#[cfg(feature = "ssr")]
fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Leptos writes titles and inner HTML into the document as they are: text of people could end the
/// element and begin another. The browser sets titles as text.
#[cfg(feature = "ssr")]
fn escape_text(title: &str) -> String {
    escape_html(title)
}

#[cfg(not(feature = "ssr"))]
fn escape_text(title: &str) -> String {
    title.to_owned()
}
