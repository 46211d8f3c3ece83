//! What the pages say, read from the files that the pages are made of.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use hearth_app::model::Language;
use serde_json::Value;

/// The words of a key such as `chat.send`, as they stand in the file of the language.
pub fn words(language: Language, key: &str) -> Result<String> {
    let mut names = key.split('.');
    let namespace = names.next().unwrap_or_default();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../app/locales")
        .join(language.as_str())
        .join(namespace)
        .with_extension("json");
    let file = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let file: Value = serde_json::from_str(&file)?;
    let found = names.try_fold(&file, |value, name| value.get(name));
    let found = found.and_then(Value::as_str);
    Ok(found
        .with_context(|| format!("no words for {key}"))?
        .to_owned())
}
