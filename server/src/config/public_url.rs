//! The address people type: a host, and below which of its paths everything stands.

use axum::http::{Uri, uri::Authority};

/// First parts of the addresses that Hearth has itself. A request that a proxy passes on with or
/// without the path in front must not be two addresses at once.
const OWN: [&str; 30] = [
    "admin",
    "api",
    "c",
    "changes",
    "detokenize",
    "exports",
    "favicon.svg",
    "files",
    "health",
    "healthz",
    "hearth-math.OFL.txt",
    "hearth-math.woff2",
    "import",
    "join",
    "manifest.webmanifest",
    "metrics",
    "pkg",
    "readyz",
    "robots.txt",
    "s",
    "search",
    "set-up",
    "settings",
    "setup",
    "sign-in",
    "sign-up",
    "styleguide", // development builds have these two
    "styleguide.css",
    "tokenize",
    "v1",
];

/// A checked address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicUrl {
    /// `scheme://host[:port]`, as browsers write it in `Origin`.
    pub(super) origin: String,
    /// Empty, or such as `/chat`: begins with a slash and does not end with one.
    pub(super) path: String,
}

/// Why an address cannot be the public one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PublicUrlError {
    #[error(
        "must be http:// or https:// and a host, without user, query or fragment; a path may follow"
    )]
    NoHost,
    #[error(
        "has a path with the part {0:?}: parts have letters, digits, `-`, `_`, `.` and `~`, and are \
         neither empty nor `.` nor `..`"
    )]
    Part(String),
    #[error("has a path that begins with /{0}, which is an address of Hearth itself")]
    Own(String),
}

impl PublicUrl {
    /// # Errors
    /// If it is no address of a host, or has a path that could be meant in two ways.
    pub(super) fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let url: Uri = text.parse().map_err(|_| PublicUrlError::NoHost)?;
        let scheme = url.scheme_str().unwrap_or_default();
        let host = url.authority().map_or("", Authority::as_str);
        let is_address = ["http", "https"].contains(&scheme) && !host.is_empty();
        if !is_address || host.contains('@') || text.contains(['?', '#']) {
            return Err(PublicUrlError::NoHost);
        }
        let path = url.path();
        let path = path.strip_suffix('/').unwrap_or(path);
        if let Some(parts) = path.strip_prefix('/') {
            check(parts)?;
        }
        Ok(Self {
            origin: format!("{scheme}://{}", host.to_lowercase()),
            path: path.to_owned(),
        })
    }

    pub(super) fn is_https(&self) -> bool {
        self.origin.starts_with("https:")
    }
}

fn check(parts: &str) -> Result<(), PublicUrlError> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.~".contains(letter);
    for part in parts.split('/') {
        if ["", ".", ".."].contains(&part) || !part.chars().all(is_plain) {
            return Err(PublicUrlError::Part(part.to_owned()));
        }
    }
    match parts.split('/').next() {
        Some(first) if OWN.contains(&first) => Err(PublicUrlError::Own(first.to_owned())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String) {
        let url = PublicUrl::parse(text).unwrap_or_else(|error| panic!("{text} {error}"));
        (url.origin, url.path)
    }

    #[test]
    fn an_address_is_a_host_and_the_path_that_everything_stands_below() {
        for (text, origin, path) in [
            ("https://chat.example.org", "https://chat.example.org", ""),
            ("https://chat.example.org/", "https://chat.example.org", ""),
            ("http://Example.ORG:8080", "http://example.org:8080", ""),
            ("https://example.org/chat", "https://example.org", "/chat"),
            ("https://example.org/chat/", "https://example.org", "/chat"),
            (
                "https://example.org/~ada/Chat-2_b.x/",
                "https://example.org",
                "/~ada/Chat-2_b.x",
            ),
            // Only the first part decides.
            ("http://[::1]:8080/a/api", "http://[::1]:8080", "/a/api"),
        ] {
            let expected = (origin.to_owned(), path.to_owned());
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_host_is_refused() {
        for text in [
            "",
            "example.org",
            "example.org/chat",
            "/chat",
            "ftp://example.org",
            "https://",
            "https://ada@example.org",
            "https://example.org/?a=b",
            "https://example.org/chat?a",
            "https://example.org/#chat",
            "https://example.org/a chat",
        ] {
            assert_eq!(
                PublicUrl::parse(text),
                Err(PublicUrlError::NoHost),
                "{text}"
            );
        }
    }

    #[test]
    fn a_path_that_proxies_would_write_in_another_way_is_refused() {
        for (text, part) in [
            ("https://example.org//", ""),
            ("https://example.org//chat", ""),
            ("https://example.org/chat//", ""),
            ("https://example.org/a//b", ""),
            ("https://example.org/a/./b", "."),
            ("https://example.org/../chat", ".."),
            ("https://example.org/ch%61t", "ch%61t"),
            ("https://example.org/%2e%2e", "%2e%2e"),
            ("https://example.org/a;b", "a;b"),
            ("https://example.org/ch:at", "ch:at"),
        ] {
            let expected = PublicUrlError::Part(part.to_owned());
            assert_eq!(PublicUrl::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_path_that_is_an_address_of_hearth_itself_is_refused() {
        for first in OWN {
            let expected = Err(PublicUrlError::Own(first.to_owned()));
            for path in [first.to_owned(), format!("{first}/chat")] {
                let url = format!("https://example.org/{path}");
                assert_eq!(PublicUrl::parse(&url), expected, "{path}");
            }
        }
    }

    #[tokio::test]
    async fn every_address_that_hearth_has_is_known_here() {
        let functions = leptos::server_fn::axum::server_fn_paths();
        let functions = functions.map(|(path, _)| path.to_owned());
        let routes = crate::http::routes().into_iter().map(|route| route.path);
        for path in routes.chain(functions) {
            let first = path.split('/').nth(1).unwrap_or_default();
            let is_known = first.is_empty() || OWN.contains(&first);
            assert!(is_known, "{path}");
        }
    }
}
