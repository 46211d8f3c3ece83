//! Names that come from a person: which model, at which revision. Odd ones never reach an address.

use std::fmt;

/// Longest name or revision in bytes; hubs allow less.
const MAX_BYTES: usize = 255;

/// A model on a hub: `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName {
    pub(super) owner: String,
    pub(super) name: String,
}

/// A branch, tag or commit of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(String);

/// Why a name or a revision is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    #[error("{name:?} is no name of a model: it has the form owner/name, as in openai/gpt-oss-20b")]
    Form { name: String },
    #[error(
        "{name:?} is no name of a model: owner and name are made of letters, digits, `-`, `_` and \
         `.`, and begin with a letter or digit"
    )]
    Letters { name: String },
    #[error("{revision:?} is no revision: it is a branch, a tag or a commit, as in main")]
    Revision { revision: String },
}

impl ModelName {
    /// # Errors
    /// [`NameError`] if it is not two words of plain letters around a slash.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = || text.to_owned();
        let parts = text.split_once('/');
        let parts = parts.filter(|(owner, name)| !owner.is_empty() && !name.is_empty());
        let (owner, repository) = parts.ok_or_else(|| NameError::Form { name: name() })?;
        if repository.contains('/') {
            return Err(NameError::Form { name: name() });
        }
        // The second word becomes the name of a folder, which must be neither hidden nor a way out.
        if !is_plain(owner) || !is_plain(repository) {
            return Err(NameError::Letters { name: name() });
        }
        Ok(Self {
            owner: owner.to_owned(),
            name: repository.to_owned(),
        })
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl Revision {
    /// # Errors
    /// [`NameError::Revision`] if git would not take it either, or if it has unusual letters.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let is_usual = |letter: char| letter.is_ascii_alphanumeric() || "-_.+/".contains(letter);
        let is_valid = text.len() <= MAX_BYTES
            && text.chars().all(is_usual)
            && text
                .split('/')
                .all(|part| !part.is_empty() && !part.starts_with('.'))
            && !text.contains("..");
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            let revision = text.to_owned();
            Err(NameError::Revision { revision })
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_plain(word: &str) -> bool {
    let is_usual = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    word.len() <= MAX_BYTES
        && word.chars().all(is_usual)
        && word.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && !word.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_two_plain_words() {
        let name = ModelName::parse("openai/gpt-oss-20b").unwrap();
        assert_eq!((&*name.owner, &*name.name), ("openai", "gpt-oss-20b"));
        for odd in [
            "", "gpt", "/gpt", "a/", "a/b/c", "a/..", "../a", "a/.b", "a/b c", "a/b?c", "a/b%2f",
            "a\\b/c", "a/b\n", "a/ü", "a/x..y",
        ] {
            assert!(ModelName::parse(odd).is_err(), "{odd:?}");
        }
        assert!(ModelName::parse(&format!("a/{}", "b".repeat(256))).is_err());
    }

    #[test]
    fn a_revision_may_have_slashes_but_no_way_out() {
        for usual in ["main", "v1.0", "refs/pr/1", "0123abcd", "a+b"] {
            assert_eq!(Revision::parse(usual).unwrap().to_string(), usual);
        }
        for odd in [
            "", "/", "a/", "/a", "a//b", "..", "a/../b", ".a", "a b", "a?b", "a%2e", "ä",
        ] {
            assert!(Revision::parse(odd).is_err(), "{odd:?}");
        }
    }
}
