//! What people call the models that gave answers.
//!
//! The database keeps the name that stands in a model's file, as programs see it. What people call
//! the model the file's own name says, which is known of every model that answered since the
//! server started.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError, RwLock},
};

use hearth_app::model::model_title;
use hearth_engine::handle::EngineHandle;

/// Titles by names. A copy is a handle to the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelTitles(Arc<RwLock<BTreeMap<String, BTreeSet<String>>>>);

impl ModelTitles {
    /// Remembers what an engine's model is called; before its file is open, its name is unknown.
    pub(super) fn learn(&self, engine: &EngineHandle) {
        if engine.description().is_some() {
            self.add(engine.model_name(), title(engine));
        }
    }

    fn add(&self, name: String, title: String) {
        let is_known = |titles: &BTreeSet<String>| titles.contains(&title);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.get(&name).is_some_and(is_known) {
            return;
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(name).or_default().insert(title);
    }

    /// What people call the model of this name, if that is known: of two files with one name
    /// inside nobody can say which it was.
    pub(crate) fn of(&self, name: &str) -> Option<String> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let titles = known.get(name)?;
        titles.first().filter(|_| titles.len() == 1).cloned()
    }
}

/// What people call the model of an engine.
pub(super) fn title(engine: &EngineHandle) -> String {
    let file = engine.file_name().unwrap_or_default();
    model_title(file, &engine.model_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_two_files_have_is_given_to_neither() {
        let titles = ModelTitles::default();
        let name = "Smollm2 135M 8k";
        assert_eq!(titles.of(name), None);
        let add = |title: &str| titles.add(name.to_owned(), title.to_owned());
        add("SmolLM2 135M Instruct");
        add("SmolLM2 135M Instruct");
        assert_eq!(titles.of(name).as_deref(), Some("SmolLM2 135M Instruct"));
        add("Another");
        assert_eq!(titles.of(name), None);
    }
}
