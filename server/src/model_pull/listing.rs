//! The files of a model as the hub lists them, believed only where every entry makes sense.
//!
//! Source: `api/models/{owner}/{name}/tree/{revision}?recursive=true`, a JSON array in pages; the
//! header `Link` leads to the next.

use std::{
    collections::HashSet,
    io::{self, Read as _},
};

use serde::Deserialize;
use serde_json::Number;
use ureq::{
    Body,
    http::{Response, header},
};

use super::{
    checksum::Checksum,
    hub::{Hub, HubError, HubRequest, followed},
    name::{ModelName, Revision},
};

/// Bytes of one page; hubs send below 1 MB.
const MAX_PAGE_BYTES: u64 = 32 << 20;
const MAX_PAGES: usize = 1000;
const MAX_ENTRIES: usize = 100_000;
/// Bytes of one file, 16 TiB. With so few entries, no sum of sizes overflows.
const MAX_FILE_BYTES: u64 = 1 << 44;

/// A file of a model on the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryFile {
    /// Relative, with slashes; every component is a plain name.
    pub path: String,
    pub size_bytes: u64,
    pub checksum: Checksum,
}

/// Why the list of files cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListingError {
    #[error(transparent)]
    Hub(#[from] HubError),
    #[error("the list of files of {what} broke off")]
    Interrupted { what: String, source: io::Error },
    #[error("the list of files of {what} has a page of more than {MAX_PAGE_BYTES} bytes")]
    LongPage { what: String },
    #[error("the list of files of {what} has more than {MAX_PAGES} pages or {MAX_ENTRIES} entries")]
    Endless { what: String },
    #[error(
        "the hub answered with a web page instead of the list of files of {what}: is \
         models.endpoint the address of a hub?"
    )]
    WebPage { what: String },
    #[error("the hub's answer is no list of the files of {what}")]
    Form {
        what: String,
        source: serde_json::Error,
    },
    #[error("the hub lists a file with the path {path:?}, which would lead elsewhere")]
    Path { path: String },
    #[error("the hub lists {path} twice")]
    Repeated { path: String },
    #[error("the hub lists {path} without a size")]
    NoSize { path: String },
    #[error("the hub lists {path} with {size} bytes; possible are 0 to {MAX_FILE_BYTES}")]
    Size { path: String, size: String },
    #[error("the hub lists {path} without a checksum, or with one of an unknown form")]
    Checksum { path: String },
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    size: Option<Number>,
    oid: Option<String>,
    lfs: Option<LargeFile>,
}

#[derive(Deserialize)]
struct LargeFile {
    oid: Option<String>,
    size: Option<Number>,
}

/// All files of a model, in the hub's order.
pub(super) fn list(
    hub: &Hub,
    model: &ModelName,
    revision: &Revision,
) -> Result<Vec<RepositoryFile>, ListingError> {
    let what = format!("model {model} at revision {revision}");
    let (mut files, mut paths) = (Vec::new(), HashSet::new());
    let mut num_entries = 0;
    let mut next = Some(hub.endpoint.tree(model, revision));
    for _ in 0..MAX_PAGES {
        let Some(address) = next else {
            return Ok(files);
        };
        let response = hub.get(&HubRequest {
            address: address.clone(),
            what: &what,
            skip_bytes: 0,
        })?;
        let named = next_page(&response).map(|named| followed(&address, &named, &what));
        next = named.transpose()?;
        let entries = entries(response, &what)?;
        num_entries += entries.len();
        if num_entries > MAX_ENTRIES {
            return Err(ListingError::Endless { what });
        }
        for entry in entries {
            check_path(&entry.path)?;
            if !paths.insert(entry.path.clone()) {
                return Err(ListingError::Repeated { path: entry.path });
            }
            if entry.kind == "file" {
                files.push(file(entry)?);
            }
        }
    }
    Err(ListingError::Endless { what })
}

fn entries(response: Response<Body>, what: &str) -> Result<Vec<Entry>, ListingError> {
    let mut page = Vec::new();
    let mut body = response.into_body().into_reader().take(MAX_PAGE_BYTES + 1);
    body.read_to_end(&mut page)
        .map_err(|source| ListingError::Interrupted {
            what: what.to_owned(),
            source,
        })?;
    if page.len() as u64 > MAX_PAGE_BYTES {
        let what = what.to_owned();
        return Err(ListingError::LongPage { what });
    }
    serde_json::from_slice(&page).map_err(|source| {
        let what = what.to_owned();
        if page.trim_ascii_start().starts_with(b"<") {
            ListingError::WebPage { what }
        } else {
            ListingError::Form { what, source }
        }
    })
}

/// The target of `<address>; rel="next"` among the links of an answer.
fn next_page(response: &Response<Body>) -> Option<String> {
    let links = response.headers().get_all(header::LINK).iter();
    let mut links = links.filter_map(|links| links.to_str().ok());
    links.find_map(next_of_links)
}

fn next_of_links(links: &str) -> Option<String> {
    // Split at the brackets, because an address may hold commas and semicolons.
    links.split('<').skip(1).find_map(|link| {
        let (address, parameters) = link.split_once('>')?;
        let parameters = parameters.split([';', ',']).map(str::trim);
        let mut relations = parameters.filter_map(|it| it.strip_prefix("rel="));
        let is_next = relations.any(|relation| relation.trim_matches('"') == "next");
        is_next.then(|| address.to_owned())
    })
}

fn file(entry: Entry) -> Result<RepositoryFile, ListingError> {
    let Entry { path, oid, lfs, .. } = entry;
    let (checksum, size) = match lfs {
        Some(large) => {
            let digits = large.oid.unwrap_or_default();
            (Checksum::sha256(&digits), large.size.or(entry.size))
        }
        None => (oid.as_deref().and_then(Checksum::git_blob), entry.size),
    };
    let Some(size) = size else {
        return Err(ListingError::NoSize { path });
    };
    let size_bytes = size.as_u64().filter(|size| *size <= MAX_FILE_BYTES);
    let Some(size_bytes) = size_bytes else {
        let size = size.to_string();
        return Err(ListingError::Size { path, size });
    };
    let Some(checksum) = checksum else {
        return Err(ListingError::Checksum { path });
    };
    Ok(RepositoryFile {
        path,
        size_bytes,
        checksum,
    })
}

fn check_path(path: &str) -> Result<(), ListingError> {
    if is_plain_path(path) {
        Ok(())
    } else {
        let path = path.to_owned();
        Err(ListingError::Path { path })
    }
}

/// Whether every component is a name that means the same on every system.
pub(super) fn is_plain_path(path: &str) -> bool {
    let is_plain = |component: &str| {
        let is_odd = |letter: char| letter.is_control() || "\\:".contains(letter);
        !component.is_empty()
            && component.len() <= 255
            && component != "."
            && component != ".."
            && component.trim() == component
            && !component.contains(is_odd)
    };
    path.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        let check = |links: &str, expected: Option<&str>| {
            assert_eq!(next_of_links(links).as_deref(), expected, "{links}");
        };
        check("", None);
        check("</a>; rel=\"prev\"", None);
        check("</a?b=1,2;3>; rel=\"next\"", Some("/a?b=1,2;3"));
        check("</a>; rel=\"first\", </b>; title=x; rel=next", Some("/b"));
        check("</a>; rel=\"nextish\"", None);
    }

    #[test]
    fn a_path_stays_below_its_folder() {
        for plain in [
            "a",
            "a.b",
            "original/model.safetensors",
            ".gitattributes",
            "a b",
            "ä",
        ] {
            check_path(plain).unwrap();
        }
        for odd in [
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "..\\a",
            "C:a", "a\0", "a\nb", " a", "a ",
        ] {
            let error = check_path(odd).unwrap_err().to_string();
            assert!(error.contains(&format!("{odd:?}")), "{error}");
        }
        assert!(check_path(&"a".repeat(256)).is_err());
    }
}
