//! Where the product begins on its host: addresses as a page writes them.
//!
//! A host can have other programs beside this one; then everything stands below a path, such as
//! `https://host/chat`. The server knows it from its configuration alone and writes it into the
//! root element of the document; the browser reads it there before anything else runs. So both
//! sides write the same addresses, and hydration cannot disagree.
//!
//! Inside of the product a path is what it is without this, such as `/settings`. What a page
//! writes (`href`, `action`, `src`) comes from [`address_of`]. What the server says in headers
//! (where to go next, where a cookie belongs) it puts below the path itself.

/// Empty, or such as `/chat`: begins with a slash and does not end with one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubPath(&'static str);

impl SubPath {
    /// A path that was checked, or nothing. It is kept as long as the process lives: made once for
    /// each server that starts.
    pub fn new(checked: String) -> Self {
        Self(checked.leak())
    }

    pub const fn as_str(self) -> &'static str {
        self.0
    }

    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The address of a path of the product, which begins with a slash.
    pub fn to(self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The path of the product that an address without query leads to; nothing if it leads out of
    /// the product.
    pub fn strip(self, address: &str) -> Option<&str> {
        match address.strip_prefix(self.0)? {
            "" => Some("/"),
            rest => rest.starts_with('/').then_some(rest),
        }
    }

    /// What cookies say of where they belong: another server below another path of the host gets
    /// none of them.
    pub const fn cookie_path(self) -> &'static str {
        if self.0.is_empty() { "/" } else { self.0 }
    }

    /// As the root element of a document has it.
    pub(crate) fn as_attribute(self) -> Option<&'static str> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// Where the page that is being made will stand.
#[cfg(feature = "ssr")]
pub(crate) fn use_sub_path() -> SubPath {
    leptos::prelude::use_context().unwrap_or_default()
}

/// Makes a page that stands below a path. The request that is being answered came without it, and
/// the page's router is told the address that the browser shows.
#[cfg(feature = "ssr")]
pub fn provide_sub_path(sub_path: SubPath) {
    use leptos::prelude::{provide_context, use_context};
    provide_context(sub_path);
    if sub_path.is_empty() {
        return;
    }
    if let Some(parts) = use_context::<http::request::Parts>() {
        let path = parts.uri.path_and_query();
        let path = path.map_or("/", http::uri::PathAndQuery::as_str);
        let address = sub_path.to(path);
        provide_context(leptos_router::location::RequestUrl::new(&address));
    }
}

/// Where the page that is shown stands.
#[cfg(not(feature = "ssr"))]
pub(crate) fn use_sub_path() -> SubPath {
    SubPath(server_fn::client::get_server_url())
}

/// The address of a path of the product, such as `/settings`, in the page that is being made or
/// shown.
pub(crate) fn address_of(path: &str) -> String {
    use_sub_path().to(path)
}

/// Takes from the document where the page stands. Before the first server function is called: the
/// script calls them below that path, too.
#[cfg(feature = "hydrate")]
pub(crate) fn read_from_document() {
    let root = leptos::prelude::document().document_element();
    let path = root.and_then(|root| root.get_attribute("data-sub-path"));
    server_fn::client::set_server_url(SubPath::new(path.unwrap_or_default()).as_str());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat() -> SubPath {
        SubPath::new("/chat".to_owned())
    }

    #[test]
    fn without_a_path_an_address_is_what_it_was() {
        let host = SubPath::default();
        for path in ["/", "/settings", "/c/1?before=2#x"] {
            assert_eq!(host.to(path), path);
        }
        assert_eq!(host.strip("/c/1"), Some("/c/1"));
        assert_eq!(host.strip("/"), Some("/"));
        assert_eq!(host.cookie_path(), "/");
        assert_eq!(host.as_attribute(), None);
    }

    #[test]
    fn an_address_and_its_path_lead_to_each_other() {
        for path in ["/", "/settings", "/c/1", "/chat", "/chat/c/1", "//"] {
            assert_eq!(chat().strip(&chat().to(path)), Some(path));
        }
        assert_eq!(chat().strip("/chat"), Some("/"), "typed without a slash");
        assert_eq!(chat().cookie_path(), "/chat");
        assert_eq!(chat().as_attribute(), Some("/chat"));
    }

    #[test]
    fn what_only_begins_alike_is_no_part_of_the_product() {
        for address in ["/", "/chatter", "/chatter/c/1", "/Chat/", "chat/", ""] {
            assert_eq!(chat().strip(address), None, "{address}");
        }
    }
}
