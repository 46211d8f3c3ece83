//! Where a hub is, and the addresses below it.

use std::{fmt, str::FromStr};

use url::Url;

use super::name::{ModelName, Revision};

/// Address of a hub: `http` or `https`, a host, perhaps a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why no hub can be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    #[error(
        "no hub is set: name one in hearth.toml, such as endpoint = \"https://hub.example.org\" in \
         [models], or set HEARTH_MODELS__ENDPOINT"
    )]
    Missing,
    #[error("models.endpoint is no address: {reason}")]
    Form { reason: url::ParseError },
    #[error("models.endpoint begins with {scheme}:, not with http:// or https://")]
    Scheme { scheme: String },
    // The address itself is not repeated: it may hold a password.
    #[error("models.endpoint holds a user or a password: use models.token")]
    Credentials,
    #[error("models.endpoint holds a query or a fragment: leave out `?` and `#`")]
    Query,
    #[error("models.token holds spaces or other letters that no token has")]
    Token,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text.trim().is_empty() {
            return Err(EndpointError::Missing);
        }
        let url = Url::parse(text.trim()).map_err(|reason| EndpointError::Form { reason })?;
        if !has_web_scheme(&url) {
            let scheme = url.scheme().to_owned();
            return Err(EndpointError::Scheme { scheme });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::Query);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Endpoint {
    /// The list of all files of a model.
    pub(super) fn tree(&self, model: &ModelName, revision: &Revision) -> Url {
        let words = [
            "api",
            "models",
            &model.owner,
            &model.name,
            "tree",
            revision.as_str(),
        ];
        let mut url = self.below(words.into_iter());
        url.set_query(Some("recursive=true"));
        url
    }

    /// The content of one file.
    pub(super) fn file(&self, model: &ModelName, revision: &Revision, path: &str) -> Url {
        let words = [&*model.owner, &*model.name, "resolve", revision.as_str()];
        self.below(words.into_iter().chain(path.split('/')))
    }

    /// Whether `url` has the same scheme, host and port, so that the token may go there.
    pub(super) fn is_origin_of(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }

    /// A slash within a word is encoded, as a revision needs it.
    fn below<'a>(&self, words: impl Iterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        url.path_segments_mut()
            .expect("invariant: http and https addresses have paths")
            .pop_if_empty()
            .extend(words);
        url
    }
}

/// Whether this is an address that may be asked.
pub(super) fn has_web_scheme(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_below_the_endpoint_and_a_revision_is_one_word() {
        let model = ModelName::parse("openai/gpt-oss-20b").unwrap();
        let revision = Revision::parse("refs/pr/1").unwrap();
        for text in [
            "https://hub.example.org/hub",
            "https://hub.example.org/hub/",
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(
                endpoint.tree(&model, &revision).as_str(),
                "https://hub.example.org/hub/api/models/openai/gpt-oss-20b/tree/refs%2Fpr%2F1\
                 ?recursive=true"
            );
            assert_eq!(
                endpoint.file(&model, &revision, "a b/c#d?%e").as_str(),
                "https://hub.example.org/hub/openai/gpt-oss-20b/resolve/refs%2Fpr%2F1/\
                 a%20b/c%23d%3F%25e"
            );
        }
    }

    #[test]
    fn an_endpoint_is_a_plain_web_address() {
        let check = |text: &str, sentence: &str| {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(sentence), "{text}: {error}");
        };
        check("", "no hub is set");
        check("  ", "no hub is set");
        check("hub.example.org", "is no address");
        check("https://", "is no address");
        check("ftp://hub.example.org", "begins with ftp:");
        check("file:///tmp", "begins with file:");
        check("https://me:secret@hub.example.org", "a user or a password");
        check("https://hub.example.org/?a=b", "a query");
    }

    #[test]
    fn another_port_or_scheme_is_another_place() {
        let endpoint: Endpoint = "https://hub.example.org".parse().unwrap();
        let is_ours = |text: &str| endpoint.is_origin_of(&Url::parse(text).unwrap());
        assert!(is_ours("https://hub.example.org:443/a"));
        assert!(!is_ours("http://hub.example.org/a"));
        assert!(!is_ours("https://hub.example.org:8443/a"));
        assert!(!is_ours("https://hub.example.org.example.com/a"));
    }
}
