//! The router: which address leads where, and what every request passes.
//!
//! From the outside in: the path of the host that everything stands below, where a request comes
//! from, number and log line, compression of pages and JSON, security headers; then, so that errors
//! can be put into words, how the visitor wants pages; origin check, body limit (uploads and the
//! API for programs have their own); pages, server functions and files then learn who visits; pages
//! send strangers to sign in.

pub mod assets;
pub(crate) mod body;
mod body_limit;
mod changes;
mod client_address;
mod connections;
mod downloads;
mod files;
mod health;
mod kept_text;
mod origin;
mod pages;
mod preferences;
mod security;
mod server_functions;
#[cfg(debug_assertions)]
mod styleguide;
mod sub_path;
mod told;
mod trace;
mod uploads;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    http::{Extensions, HeaderMap, Method, StatusCode, Version, header},
    middleware::{from_fn, from_fn_with_state, map_response},
    routing::{MethodRouter, get},
};
use hearth_app::{
    SubPath,
    service::{AdministrationService, ChatService, order::OrderService, personal::PersonalService},
};
use tower_http::compression::CompressionLayer;

use crate::{
    accounts::Accounts,
    changes::Changes,
    config::ServerSection,
    deletion::Deletion,
    export::ExportServer,
    files::FileServer,
    openai::{self, ApiServer},
    search::SearchServer,
    settings::SettingsBook,
    sharing::SharingServer,
    store::Store,
};

pub use body_limit::MAX_BODY_BYTES;
pub(crate) use connections::serve;
pub(crate) use trace::Learnt;

/// What handlers work with.
#[derive(Clone)]
pub struct Services {
    pub chat: Arc<dyn ChatService>,
    pub order: Arc<dyn OrderService>,
    pub personal: Arc<dyn PersonalService>,
    pub accounts: Arc<Accounts>,
    pub administration: Arc<dyn AdministrationService>,
    pub settings: Arc<SettingsBook>,
    pub exports: Arc<ExportServer>,
    pub files: Arc<FileServer>,
    pub deletion: Arc<Deletion>,
    pub search: Arc<SearchServer>,
    pub sharing: Arc<SharingServer>,
    pub api: ApiServer,
    pub store: Store,
    pub(crate) changes: Changes,
    pub assets: Arc<assets::Manifest>,
    /// Below which path of the host everything stands.
    pub sub_path: SubPath,
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
    #[cfg(debug_assertions)]
    routes.extend(styleguide::routes().map(|(path, handler)| for_anyone(path.into(), handler)));
    routes.extend(assets::public_paths().map(|path| for_anyone(path, get(assets::public_file))));
    routes
}

/// Every route the router serves, server functions excepted: those are listed by
/// `leptos::server_fn::axum::server_fn_paths`.
pub fn routes() -> Vec<RouteName> {
    let plain = plain_routes().into_iter().map(|route| route.name);
    let files = downloads::routes().into_iter().chain(uploads::routes());
    let files = files.chain(files::routes());
    let programs = openai::routes().into_iter();
    let files = files.chain(programs).chain(changes::routes());
    plain.chain(files).chain(pages::routes()).collect()
}

/// The whole server, ready to be served.
pub fn router(services: &Services, section: &ServerSection) -> Router {
    let plain = plain_routes()
        .into_iter()
        .fold(Router::new(), |router, route| {
            router.route(&route.name.path, route.handler)
        })
        .with_state(services.clone())
        .layer(map_response(trace::mark_quiet));
    let identify = from_fn_with_state(Arc::clone(&services.accounts), visitor::identify);
    let prefer = from_fn_with_state(Arc::clone(&services.settings), preferences::read);
    let place = (services.assets.leptos_options(), services.sub_path);
    let visited = pages::router(services)
        .merge(server_functions::router(services))
        .merge(downloads::router(services))
        .merge(files::router(services))
        .merge(changes::router(services))
        .layer(from_fn_with_state(place.clone(), kept_text::give_back))
        .layer(from_fn(trace::note_visitor))
        .layer(identify.clone());
    let router = plain
        .merge(visited)
        .layer(from_fn(body_limit::enforce))
        .merge(
            uploads::router(services)
                .merge(files::upload_router(services))
                .layer(from_fn(trace::note_visitor))
                .layer(identify),
        )
        .layer(origin::check(section))
        .layer(from_fn_with_state(place, told::in_words))
        .layer(prefer)
        // A key comes by no cookie: no other site can send it in somebody's name.
        .merge(openai::router(&services.api))
        .layer(from_fn_with_state(
            security::Policy::new(section),
            security::add_headers,
        ))
        .layer(CompressionLayer::new().compress_when(is_compressible))
        .layer(from_fn_with_state(services.api.metrics(), trace::log))
        .layer(from_fn_with_state(
            client_address::Proxies::new(section.trusted_proxies.clone()),
            client_address::find,
        ));
    sub_path::below(services.sub_path, router)
}

/// What programs on this machine read without a key, at an address of its own.
pub fn metrics_router(services: &Services) -> Router {
    let logged = from_fn_with_state(services.api.metrics(), trace::log);
    openai::metrics_router(&services.api).layer(logged)
}

/// Pages and JSON. Assets are compressed already, an answer that grows must not wait (it is an
/// octet or event stream), and a file keeps the length that its download shows.
fn is_compressible(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_text = kind == "text/html" || kind == "application/json" || kind.ends_with("+json");
    let is_file = headers.contains_key(header::CONTENT_DISPOSITION);
    is_text && !is_file && !headers.contains_key(header::CONTENT_ENCODING)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_compressed(kind: &'static str, other: Option<header::HeaderName>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(name) = other {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        let extensions = Extensions::new();
        is_compressible(StatusCode::OK, Version::HTTP_11, &headers, &extensions)
    }

    #[test]
    fn pages_and_json_are_compressed_and_what_grows_or_is_a_file_is_not() {
        for kind in [
            "text/html; charset=utf-8",
            "application/json",
            "application/problem+json",
        ] {
            assert!(is_compressed(kind, None), "{kind}");
            assert!(!is_compressed(kind, Some(header::CONTENT_ENCODING)));
            assert!(!is_compressed(kind, Some(header::CONTENT_DISPOSITION)));
        }
        for kind in [
            "application/octet-stream",
            "text/event-stream",
            "image/svg+xml",
        ] {
            assert!(!is_compressed(kind, None), "{kind}");
        }
    }
}
