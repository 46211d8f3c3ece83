//! The style guide: every component of the page in its states. Development builds only.

use axum::{
    extract::{Query, Request, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
    routing::{MethodRouter, get},
};
use hearth_app::{
    STYLEGUIDE, STYLEGUIDE_STYLE,
    model::{Language, Preferences, Theme},
    styleguide,
};
use serde::Deserialize;

use super::Services;
use crate::markdown;

/// What lays out the guide itself. It is no part of the page's style sheet.
const STYLE: &str = include_str!("../../../style/styleguide.css");

/// What the address may say in place of cookies.
#[derive(Default, Deserialize)]
struct Look {
    #[serde(default)]
    lang: String,
    #[serde(default)]
    theme: String,
}

/// The page and its style sheet.
pub(super) fn routes() -> impl Iterator<Item = (&'static str, MethodRouter<Services>)> {
    [(STYLEGUIDE, get(page)), (STYLEGUIDE_STYLE, get(style))].into_iter()
}

async fn page(State(services): State<Services>, request: Request) -> Response {
    let preferences = request.extensions().get::<Preferences>().copied();
    let mut preferences = preferences.unwrap_or_default();
    let look = Query::<Look>::try_from_uri(request.uri());
    let Query(look) = look.unwrap_or_default();
    preferences.language = look
        .lang
        .parse::<Language>()
        .unwrap_or(preferences.language);
    preferences.theme = look.theme.parse::<Theme>().unwrap_or(preferences.theme);
    let options = services.assets.leptos_options();
    let html = styleguide(&options, services.sub_path, preferences, markdown::render);
    let mut response = Html(html).into_response();
    never_cache(&mut response);
    response
}

async fn style() -> Response {
    let mut response = STYLE.into_response();
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    never_cache(&mut response);
    response
}

fn never_cache(response: &mut Response) {
    let value = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, value);
}
