//! The router: which address leads where, and what every request passes.
//!
//! From the outside in: log line, compression of pages, security headers; then, so that errors can
//! be put into words, how the visitor wants pages; origin check, body limit (uploads and the API
//! for programs have their own); pages, server functions and files then learn who visits; pages
//! send strangers to sign in.

pub mod assets;
mod body_limit;
mod downloads;
mod health;
mod kept_text;
mod origin;
mod pages;
mod preferences;
mod security;
mod server_functions;
mod told;
mod trace;
mod uploads;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    http::{Extensions, HeaderMap, Method, StatusCode, Version, header},
    middleware::{from_fn, from_fn_with_state},
    routing::{MethodRouter, get},
};
use hearth_app::service::{AdministrationService, ChatService};
use tower_http::compression::CompressionLayer;

use crate::{
    accounts::Accounts,
    config::ServerSection,
    deletion::Deletion,
    export::ExportServer,
    openai::{self, ApiServer},
    settings::SettingsBook,
    store::Store,
};

pub use body_limit::MAX_BODY_BYTES;

/// What handlers work with.
#[derive(Clone)]
pub struct Services {
    pub chat: Arc<dyn ChatService>,
    pub accounts: Arc<Accounts>,
    pub administration: Arc<dyn AdministrationService>,
    pub settings: Arc<SettingsBook>,
    pub exports: Arc<ExportServer>,
    pub deletion: Arc<Deletion>,
    pub api: ApiServer,
    pub store: Store,
    pub assets: Arc<assets::Manifest>,
}

/// Who gets an answer other than "please sign in" from a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Anyone,
    SignedIn,
    Administrator,
}

/// A route that is not a server function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteName {
    pub method: Method,
    /// As the router writes it, such as `/c/{id}`.
    pub path: String,
    pub audience: Audience,
}

/// A route that is neither a page nor a server function.
struct PlainRoute {
    name: RouteName,
    handler: MethodRouter<Services>,
}

/// All of them; the router is built from this table.
fn plain_routes() -> Vec<PlainRoute> {
    let for_anyone = |path: String, handler| PlainRoute {
        name: RouteName {
            method: Method::GET,
            path,
            audience: Audience::Anyone,
        },
        handler,
    };
    let mut routes = vec![
        for_anyone("/healthz".into(), get(health::healthz)),
        for_anyone("/readyz".into(), get(health::readyz)),
        for_anyone("/pkg/{*file}".into(), get(assets::package_file)),
    ];
    routes.extend(assets::public_paths().map(|path| for_anyone(path, get(assets::public_file))));
    routes
}

/// Every route the router serves, server functions excepted: those are listed by
/// `leptos::server_fn::axum::server_fn_paths`.
pub fn routes() -> Vec<RouteName> {
    let plain = plain_routes().into_iter().map(|route| route.name);
    let files = downloads::routes().into_iter().chain(uploads::routes());
    let programs = openai::routes().into_iter();
    let files = files.chain(programs);
    plain.chain(files).chain(pages::routes()).collect()
}

/// The whole server, ready to be served.
pub fn router(services: &Services, section: &ServerSection) -> Router {
    let plain = plain_routes()
        .into_iter()
        .fold(Router::new(), |router, route| {
            router.route(&route.name.path, route.handler)
        })
        .with_state(services.clone());
    let identify = from_fn_with_state(Arc::clone(&services.accounts), visitor::identify);
    let prefer = from_fn_with_state(Arc::clone(&services.settings), preferences::read);
    let options = services.assets.leptos_options();
    let visited = pages::router(services)
        .merge(server_functions::router(services))
        .merge(downloads::router(services))
        .layer(from_fn_with_state(options.clone(), kept_text::give_back))
        .layer(identify.clone());
    plain
        .merge(visited)
        .layer(from_fn(body_limit::enforce))
        .merge(uploads::router(services).layer(identify))
        .layer(origin::check(section))
        .layer(from_fn_with_state(options, told::in_words))
        .layer(prefer)
        // A key comes by no cookie: no other site can send it in somebody's name.
        .merge(openai::router(&services.api))
        .layer(from_fn_with_state(
            security::Policy::new(section),
            security::add_headers,
        ))
        .layer(CompressionLayer::new().compress_when(is_page))
        .layer(from_fn(trace::log))
}

/// Only pages are compressed here: assets are already, and an answer that grows must not wait.
fn is_page(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
        && !headers.contains_key(header::CONTENT_ENCODING)
}
