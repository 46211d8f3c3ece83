//! `/metrics` as a test reads it.

use anyhow::{Context as _, Result};

use crate::web_client::WebClient;

/// What a server told at one moment.
#[derive(Clone, Debug)]
pub struct Metrics(String);

impl Metrics {
    /// Asks the server whose watcher `client` is.
    pub async fn read(client: &WebClient) -> Result<Self> {
        Ok(Self(client.get("/metrics").await?.text()))
    }

    /// The values of a name, all labels together that contain `label`.
    pub fn sum(&self, name: &str, label: &str) -> Result<u64> {
        let values = self.0.lines().filter_map(|line| {
            let (labels, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
            let is_it = labels.is_empty() || labels.starts_with('{');
            (is_it && labels.contains(label)).then_some(value)
        });
        values
            .map(|value| value.parse::<u64>().with_context(|| value.to_owned()))
            .sum()
    }

    /// The value of a name without labels.
    pub fn value(&self, name: &str) -> Result<u64> {
        let is_there = self.0.contains(&format!("\n{name} "));
        anyhow::ensure!(is_there, "{name} is not in\n{}", self.0);
        self.sum(name, "")
    }
}
