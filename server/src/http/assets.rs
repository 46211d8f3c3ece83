//! Files of the page, embedded in the program: script, module and style under `/pkg/`, named after
//! their content; icon and web manifest at the root.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use leptos::config::LeptosOptions;
use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::error::AppError;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../dist"]
struct Dist;

/// What the build wrote about the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// First 12 hex digits of the hash over script, module and style; empty if they were not
    /// built. A page that was loaded before an upgrade has another.
    pub hash: String,
}

impl Manifest {
    /// The embedded one.
    pub fn embedded() -> Self {
        let file = Dist::get("manifest.json");
        file.and_then(|file| serde_json::from_slice(&file.data).ok())
            .unwrap_or_default()
    }

    /// What Leptos needs to name the files in the document.
    pub fn leptos_options(&self) -> LeptosOptions {
        let name = match self.hash.as_str() {
            "" => "hearth".to_owned(),
            hash => format!("hearth-{hash}"),
        };
        LeptosOptions::builder()
            .output_name(name)
            .site_root("embedded")
            .site_pkg_dir("pkg")
            .build()
    }
}

/// Addresses of the files at the root, such as `/favicon.svg`.
pub fn public_paths() -> impl Iterator<Item = String> {
    Dist::iter().filter_map(|file| {
        let name = file.strip_prefix("public/")?;
        let is_variant = Encoding::ALL
            .into_iter()
            .any(|encoding| name.ends_with(encoding.suffix()));
        (!is_variant).then(|| format!("/{name}"))
    })
}

pub(super) async fn package_file(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let forever = "public, max-age=31536000, immutable";
    answer(&format!("pkg/{file}"), &headers, forever)
}

pub(super) async fn public_file(uri: Uri, headers: HeaderMap) -> Response {
    answer(
        &format!("public{}", uri.path()),
        &headers,
        "public, max-age=3600",
    )
}

fn answer(path: &str, request: &HeaderMap, caching: &'static str) -> Response {
    let Some((encoding, bytes)) = variant(path, request) else {
        return AppError::NotFound.into_response();
    };
    let body = match bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, content_type(path));
    set(header::CACHE_CONTROL, caching);
    set(header::VARY, "accept-encoding");
    if let Some(encoding) = encoding {
        set(header::CONTENT_ENCODING, encoding.name());
    }
    response
}

/// The smallest form of a file that the client takes.
fn variant(path: &str, request: &HeaderMap) -> Option<(Option<Encoding>, Cow<'static, [u8]>)> {
    let accepted = accepted_encodings(request);
    let compressed = Encoding::ALL
        .into_iter()
        .filter(|encoding| accepted.contains(encoding))
        .find_map(|encoding| {
            let file = Dist::get(&format!("{path}{}", encoding.suffix()))?;
            Some((Some(encoding), file.data))
        });
    compressed.or_else(|| Some((None, Dist::get(path)?.data)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// The smaller first.
    const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }
}

fn accepted_encodings(headers: &HeaderMap) -> Vec<Encoding> {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    let list: Vec<&str> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let accepts = |encoding: &Encoding| {
        list.iter().any(|entry| {
            let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let refused = parameters
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.trim().parse::<f32>().ok())
                .is_some_and(|q| q <= 0.0);
            name.trim().eq_ignore_ascii_case(encoding.name()) && !refused
        })
    };
    Encoding::ALL.into_iter().filter(accepts).collect()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, expected: &[Encoding]) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, accept.parse().unwrap());
        assert_eq!(accepted_encodings(&headers), expected, "{accept}");
    }

    #[test]
    fn an_encoding_is_used_only_if_the_client_takes_it() {
        check("gzip, deflate, br", &[Encoding::Brotli, Encoding::Gzip]);
        check("gzip;q=1.0, br;q=0", &[Encoding::Gzip]);
        check("brotli, GZIP", &[Encoding::Gzip]);
        check("identity", &[]);
    }

    #[test]
    fn a_file_outside_the_table_is_not_there() {
        for path in ["pkg/../manifest.json", "pkg/nothing.js", "pkg/"] {
            let response = answer(path, &HeaderMap::new(), "no-store");
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn the_document_names_the_hashed_files() {
        let manifest = Manifest {
            hash: "0123456789ab".into(),
        };
        let options = manifest.leptos_options();
        assert_eq!(&*options.output_name, "hearth-0123456789ab");
        assert!(!options.hash_files);
    }
}
