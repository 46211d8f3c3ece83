//! How a visitor wants pages: cookies first, then what the browser says, then the administrator.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use cookie::Cookie;
use hearth_app::{
    model::{
        Language, Preferences,
        preferences::{
            BANNER_COOKIE, LANGUAGE_COOKIE, SIDEBAR_COOKIE, SIDEBAR_WIDTH_COOKIE,
            SINGLE_KEYS_COOKIE, THEME_COOKIE, ZONE_COOKIE,
        },
    },
    service::DismissedBanner,
};

use crate::{calendar::Zone, settings::SettingsBook};

/// Puts [`Preferences`], a [`Zone`] and a [`DismissedBanner`] into the request.
pub(super) async fn read(
    State(settings): State<Arc<SettingsBook>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let preferences = preferences(headers, settings.current().default_language);
    let zone = cookie(headers, ZONE_COOKIE).and_then(Zone::named);
    let dismissed = DismissedBanner(cookie(headers, BANNER_COOKIE).map(str::to_owned));
    request.extensions_mut().insert(preferences);
    request.extensions_mut().insert(dismissed);
    request.extensions_mut().insert(zone.unwrap_or_default());
    next.run(request).await
}

fn preferences(headers: &HeaderMap, default: Language) -> Preferences {
    let chosen = |name| cookie(headers, name);
    let chosen_language = chosen(LANGUAGE_COOKIE).and_then(|value| value.parse().ok());
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let theme = chosen(THEME_COOKIE).and_then(|value| value.parse().ok());
    let sidebar_width = chosen(SIDEBAR_WIDTH_COOKIE).and_then(|value| value.parse().ok());
    let single_keys = chosen(SINGLE_KEYS_COOKIE).and_then(|value| value.parse().ok());
    Preferences {
        language: chosen_language
            .or_else(|| accepted.and_then(accepted_language))
            .unwrap_or(default),
        chosen_language,
        theme: theme.unwrap_or_default(),
        sidebar: chosen(SIDEBAR_COOKIE).and_then(|value| value.parse().ok()),
        sidebar_width: sidebar_width.unwrap_or_default(),
        single_keys: single_keys.unwrap_or_default(),
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(Cookie::split_parse).flatten();
    let found = cookies.find(|cookie| cookie.name() == name)?;
    found.value_raw()
}

/// The best of the languages in an `Accept-Language` header (RFC 9110, 12.5.4) that there is.
fn accepted_language(header: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for range in header.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        let quality = quality.map_or(Some(1.0), |text| text.parse().ok());
        let (Some(language), Some(quality)) = (Language::serving(tag), quality) else {
            continue;
        };
        // Of equals, the first.
        if quality > best.map_or(0.0, |(best, _)| best) {
            best = Some((quality, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use hearth_app::model::{SidebarForm, SidebarWidth, SingleKeys, Theme};

    use super::*;

    fn read(cookie: Option<&'static str>, accept: Option<&'static str>) -> Preferences {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = cookie {
            headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
        }
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accept));
        }
        preferences(&headers, Language::Chinese)
    }

    #[test]
    fn the_cookie_comes_before_the_browser_and_the_browser_before_the_administrator() {
        let both = read(Some("a=b; hearth_language=zh-CN"), Some("en"));
        assert_eq!(both.language, Language::Chinese);
        assert_eq!(both.chosen_language, Some(Language::Chinese));
        let browser = read(None, Some("en-GB,en;q=0.9"));
        assert_eq!(browser.language, Language::English);
        assert_eq!(browser.chosen_language, None);
        assert_eq!(read(None, None).language, Language::Chinese);
        assert_eq!(read(None, Some("fr, de;q=0.5")).language, Language::Chinese);
    }

    #[test]
    fn the_language_a_reader_likes_best_wins() {
        for (header, language) in [
            ("en;q=0.3, zh-Hans;q=0.8", Some(Language::Chinese)),
            ("fr, en;q=0.5, zh;q=0.5", Some(Language::English)),
            ("zh;q=0, en;q=0.1", Some(Language::English)),
            ("zh;q=nonsense", None),
            ("*", None),
            (",;=", None),
        ] {
            assert_eq!(accepted_language(header), language, "{header}");
        }
    }

    #[test]
    fn cookies_nobody_wrote_are_as_good_as_none() {
        let odd = read(
            Some(
                "hearth_language=kl; hearth_theme=\"dark\"; hearth_sidebar=wide; \
                 hearth_sidebar_width=9999",
            ),
            Some("en"),
        );
        assert_eq!(odd.language, Language::English);
        assert_eq!((odd.chosen_language, odd.theme), (None, Theme::System));
        assert_eq!(odd.sidebar, None);
        assert_eq!(odd.sidebar_width, SidebarWidth::USUAL);
        let dark = read(Some("hearth_theme=dark"), None);
        assert_eq!(dark.theme, Theme::Dark);
        let rail = read(Some("hearth_sidebar=rail"), None);
        assert_eq!(rail.sidebar, Some(SidebarForm::Rail));
        let wide = read(Some("hearth_sidebar_width=400"), None);
        assert_eq!(wide.sidebar_width, SidebarWidth::MOST);
        for (cookie, keys) in [
            ("hearth_single_keys=off", SingleKeys::Off),
            ("hearth_single_keys=perhaps", SingleKeys::On),
        ] {
            assert_eq!(read(Some(cookie), None).single_keys, keys, "{cookie}");
        }
    }
}
