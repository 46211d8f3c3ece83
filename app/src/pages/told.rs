//! What the address of a section tells: what a form that was posted a moment ago has done.

use leptos_router::{location::RequestUrl, params::ParamsMap};

use super::address_error;
use crate::model::ChatError;

/// The query of an address.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    query: ParamsMap,
}

impl Told {
    /// What stands after `?`.
    pub(super) fn parse(query: &str) -> Self {
        let address = RequestUrl::new(&format!("/?{}", query.trim_start_matches('?')));
        let query = address.parse().map(|url| url.search_params().clone());
        Self {
            query: query.unwrap_or_default(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.query.get(name)
    }

    /// Whether this was saved just now.
    pub(super) fn was_saved(&self, what: &str) -> bool {
        self.query.get_str("saved") == Some(what)
    }

    /// What was wrong with the form of this server function.
    pub(super) fn error_of(&self, path: &str) -> Option<ChatError> {
        let error = self.query.get_str("__err")?;
        (self.query.get_str("__path") == Some(path)).then(|| address_error(error))
    }

    /// What was wrong with any other form.
    pub(super) fn error_besides(&self, paths: &[&str]) -> Option<ChatError> {
        let error = self.query.get_str("__err")?;
        let path = self.query.get_str("__path").unwrap_or_default();
        (!paths.contains(&path)).then(|| address_error(error))
    }
}

#[cfg(test)]
mod tests {
    use server_fn::error::ServerFnUrlError;

    use super::*;
    use crate::model::Refusal;

    #[test]
    fn an_error_belongs_to_the_form_that_was_posted() {
        let error = || ChatError::Invalid(Refusal::WrongPassword);
        let address = ServerFnUrlError::new("/api/change_password", error());
        let address = address.to_url("http://h/settings/account").unwrap();
        let told = Told::parse(address.query().unwrap());
        assert_eq!(told.error_of("/api/change_password"), Some(error()));
        assert_eq!(told.error_of("/api/end_session"), None);
        assert_eq!(told.error_besides(&["/api/change_password"]), None);
        assert_eq!(told.error_besides(&[]), Some(error()));
    }

    #[test]
    fn what_was_saved_is_told_and_nothing_else() {
        for query in ["saved=theme", "?saved=theme", "a=b&saved=theme"] {
            assert!(Told::parse(query).was_saved("theme"), "{query}");
        }
        for query in ["", "saved=", "saved=themes", "theme"] {
            assert!(!Told::parse(query).was_saved("theme"), "{query}");
        }
    }
}
