//! Which model a server begins with.

use hearth_engine::handle::ModelSource;

use super::ServeError;
use crate::{
    administration::{FirstChoice, Model, ModelFolder},
    config::Config,
    store::Store,
};

/// The model to load: an administrator's choice, unless the configuration names one or the file
/// is gone. The configured one is there if the choice does not load.
pub(super) async fn choose_model(
    store: &Store,
    config: &Config,
    configured: ModelSource,
) -> Result<FirstChoice, ServeError> {
    let folder = ModelFolder::new(config.models());
    let path = match &configured {
        ModelSource::File(path) => path.clone(),
        #[cfg(feature = "testing")]
        ModelSource::Scripted(_) | ModelSource::Disturbed(..) => std::path::PathBuf::new(),
    };
    let is_free = matches!(configured, ModelSource::File(_)) && !config.names_model();
    let configured = Model {
        path,
        source: configured,
    };
    let chosen = store.chosen_model().await.map_err(ServeError::Settings)?;
    let chosen = chosen.filter(|_| is_free);
    let found = chosen.as_deref().and_then(|name| {
        let path = folder.find(name, &configured.path);
        if path.is_none() {
            tracing::warn!(model = name, "the chosen model is gone: {name}");
        }
        path
    });
    Ok(match found {
        Some(path) if path != configured.path => FirstChoice {
            active: Model {
                source: ModelSource::File(path.clone()),
                path,
            },
            fallback: configured.path.exists().then_some(configured),
        },
        _ => FirstChoice {
            active: configured,
            fallback: None,
        },
    })
}
