//! The pages, rendered by Leptos. Strangers are sent to sign in, or to set the server up.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts, uri::PathAndQuery},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};
use hearth_app::{
    App,
    model::{Preferences, Today, User, UserRole},
    provide_sub_path,
    service::{
        AccountService, ApiKeyService, ChangesCursor, ChatService, DismissedBanner, JoinService,
        PageBuild, SessionToken, deletion::DeletionService, exports::ExportService,
        order::OrderService, personal::PersonalService, search::SearchService,
        sharing::SharingService,
    },
    shell, way_back,
};
use leptos::{
    nonce::Nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{AxumRouteListing, LeptosRoutes};
use serde::Deserialize;

use super::{Audience, RouteName, Services, downloads::wants_page};
use crate::{
    accounts::{Accounts, Visitor},
    calendar::{Calendar, Zone},
    error::AppError,
};

const START: &str = "/";
const SIGN_IN: &str = "/sign-in";
const SET_UP: &str = "/set-up";
const SIGN_UP: &str = "/sign-up";
const JOIN: &str = "/join";
const ADMINISTRATION: &str = "/admin";

fn is_administration(path: &str) -> bool {
    let rest = path.strip_prefix(ADMINISTRATION);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Which pages a stranger sees, and when.
fn audience(path: &str) -> Audience {
    match path {
        SIGN_IN | SIGN_UP | JOIN | SET_UP | "/setup" => Audience::Anyone,
        path if is_administration(path) => Audience::Administrator,
        _ => Audience::SignedIn,
    }
}

/// The pages, and what has a router of its own: errors of server functions need a status. Found
/// once: while Leptos looks for pages, nothing in the whole process is loaded for one, and a page
/// that is being made would wait forever.
static LISTING: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| {
    let functions = functions().collect();
    leptos_axum::generate_route_list_with_exclusions(App, Some(functions))
});

/// Paths of the server functions.
fn functions() -> impl Iterator<Item = String> {
    leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned())
}

/// Names of the pages.
pub(super) fn routes() -> impl Iterator<Item = RouteName> {
    let functions: HashSet<String> = functions().collect();
    let pages = LISTING.iter().map(AxumRouteListing::path);
    let pages = pages.filter(move |path| !functions.contains(*path));
    pages.map(|path| RouteName {
        method: Method::GET,
        audience: audience(path),
        path: path.to_owned(),
    })
}

/// Pages and the answer to unknown addresses.
pub(super) fn router(services: &Services) -> Router {
    let options = services.assets.leptos_options();
    let document = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let context = context(services);
    let not_found = leptos_axum::render_app_async_with_context(context.clone(), document.clone());
    let accounts = Arc::clone(&services.accounts);
    Router::new()
        .leptos_routes_with_context(&options, LISTING.clone(), context, document)
        .route_layer(from_fn_with_state(accounts, send_strangers_away))
        .fallback(move |request: Request| {
            let not_found = not_found.clone();
            async move { answer_unknown(request, not_found).await }
        })
        .layer(from_fn(never_cache))
        .with_state(options)
}

/// What pages and server functions find in Leptos' context.
pub(super) fn context(services: &Services) -> impl Fn() + Clone + Send + Sync + 'static {
    let chat: Arc<dyn ChatService> = Arc::clone(&services.chat);
    let order: Arc<dyn OrderService> = Arc::clone(&services.order);
    let personal: Arc<dyn PersonalService> = Arc::clone(&services.personal);
    let accounts: Arc<dyn AccountService> = services.accounts.clone();
    let joining: Arc<dyn JoinService> = services.accounts.clone();
    let api_keys: Arc<dyn ApiKeyService> = services.accounts.clone();
    let administration = Arc::clone(&services.administration);
    let exports: Arc<dyn ExportService> = services.exports.clone();
    let build = PageBuild(services.assets.leptos_options().output_name.to_string());
    let deletion: Arc<dyn DeletionService> = services.deletion.clone();
    let search: Arc<dyn SearchService> = services.search.clone();
    let sharing: Arc<dyn SharingService> = services.sharing.clone();
    let changes = services.changes.clone();
    let sub_path = services.sub_path;
    move || {
        provide_sub_path(sub_path);
        provide_context(build.clone());
        provide_context(Arc::clone(&chat));
        provide_context(Arc::clone(&order));
        provide_context(Arc::clone(&personal));
        provide_context(Arc::clone(&deletion));
        provide_context(Arc::clone(&search));
        provide_context(Arc::clone(&sharing));
        provide_context(Arc::clone(&exports));
        provide_context(Arc::clone(&accounts));
        provide_context(Arc::clone(&joining));
        provide_context(Arc::clone(&api_keys));
        provide_context(Arc::clone(&administration));
        let parts = use_context::<Parts>();
        let extensions = parts.as_ref().map(|parts| &parts.extensions);
        let visitor = extensions
            .and_then(|extensions| extensions.get::<Visitor>().cloned())
            .unwrap_or_default();
        if visitor.user.is_some() {
            // Before anything is read for the page.
            provide_context(ChangesCursor(changes.cursor()));
        }
        provide_context::<Option<User>>(visitor.user.clone());
        provide_context(SessionToken(visitor.session.clone()));
        provide_context(visitor);
        if let Some(extensions) = extensions {
            let preferences = extensions.get::<Preferences>().copied();
            provide_context(preferences.unwrap_or_default());
            provide_context(
                extensions
                    .get::<DismissedBanner>()
                    .cloned()
                    .unwrap_or_default(),
            );
            provide_context(extensions.get::<Zone>().cloned().unwrap_or_default());
            provide_context(Today(Calendar::of_viewer().today()));
        }
        let nonce = extensions.and_then(|extensions| extensions.get::<Nonce>().cloned());
        if let Some(nonce) = nonce {
            provide_context(nonce);
        }
    }
}

async fn send_strangers_away(
    State(accounts): State<Arc<Accounts>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let visitor = request.extensions().get::<Visitor>();
    let role = visitor.and_then(|visitor| visitor.user.as_ref().map(|user| user.role));
    let unclaimed = match accounts.is_unclaimed().await {
        Ok(unclaimed) => unclaimed,
        Err(error) => return error.into_response(),
    };
    match destination(path, role, unclaimed) {
        Some(SIGN_IN) => Redirect::to(&door(&request)).into_response(),
        Some(START) if path == SIGN_IN => Redirect::to(&beyond_the_door(&request)).into_response(),
        Some(page) => Redirect::to(page).into_response(),
        None => next.run(request).await,
    }
}

/// The door for whoever asked for a page: it leads there afterwards.
fn door(request: &Request) -> String {
    let page = request.uri().path_and_query();
    let page = page.map_or(START, PathAndQuery::as_str);
    let visitor = request.extensions().get::<Visitor>();
    let has_ended = visitor.is_some_and(|visitor| visitor.session.is_some());
    way_back::sign_in_again(page, has_ended)
}

/// Where the door leads whoever has passed it already.
fn beyond_the_door(request: &Request) -> String {
    let asked = Query::<Beyond>::try_from_uri(request.uri());
    let asked = asked.map(|Query(asked)| asked.next).unwrap_or_default();
    way_back::next_page(&asked).to_owned()
}

/// What the door's address says of it.
#[derive(Deserialize)]
struct Beyond {
    #[serde(default)]
    next: String,
}

/// Where to send a visitor of `path` instead; nowhere if the page is for them.
fn destination(path: &str, role: Option<UserRole>, unclaimed: bool) -> Option<&'static str> {
    let sets_up = matches!(path, SET_UP | "/setup");
    if unclaimed {
        return (!sets_up).then_some(SET_UP);
    }
    let Some(role) = role else {
        return (!matches!(path, SIGN_IN | SIGN_UP | JOIN)).then_some(SIGN_IN);
    };
    // A link for a new password works for whoever is signed in already, too.
    let is_door = sets_up || matches!(path, SIGN_IN | SIGN_UP);
    let is_forbidden = is_administration(path) && role != UserRole::Administrator;
    (is_door || is_forbidden).then_some(START)
}

/// Pages show what somebody wrote: nothing in between may keep them.
async fn never_cache(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn answer_unknown<F>(request: Request, not_found: impl Fn(Request<Body>) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    if !is_read || !wants_page(request.headers()) {
        return AppError::NotFound.into_response();
    }
    let mut response = not_found(request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_see_the_page_that_lets_them_in_and_no_other() {
        let (user, administrator) = (Some(UserRole::User), Some(UserRole::Administrator));
        for (path, role, unclaimed, expected) in [
            ("/", None, true, Some(SET_UP)),
            ("/sign-in", None, true, Some(SET_UP)),
            ("/sign-up", None, true, Some(SET_UP)),
            ("/set-up", None, true, None),
            ("/", None, false, Some(SIGN_IN)),
            ("/c/1", None, false, Some(SIGN_IN)),
            ("/admin/log", None, false, Some(SIGN_IN)),
            ("/sign-in", None, false, None),
            ("/sign-up", None, false, None),
            ("/join", None, false, None),
            ("/set-up", None, false, Some(SIGN_IN)),
            ("/", user, false, None),
            ("/sign-in", user, false, Some("/")),
            ("/sign-up", user, false, Some("/")),
            ("/join", user, false, None),
            ("/set-up", user, false, Some("/")),
            ("/admin", user, false, Some("/")),
            ("/admin/log", user, false, Some("/")),
            ("/admin", administrator, false, None),
            ("/admin/log", administrator, false, None),
        ] {
            let found = destination(path, role, unclaimed);
            assert_eq!(found, expected, "{path} {role:?} {unclaimed}");
        }
    }
}
