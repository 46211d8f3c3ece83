//! `/metrics` as a test reads it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::web_client::WebClient;

/// One value.
#[derive(Clone, Debug)]
pub struct Sample {
    pub name: String,
    /// With their braces; empty without any.
    pub labels: String,
    pub value: f64,
}

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

    /// Every value, in the order of the answer.
    pub fn samples(&self) -> Result<Vec<Sample>> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        lines.map(Sample::read).collect()
    }

    /// The type that is written for the name of a value.
    pub fn kind_of(&self, name: &str) -> Option<String> {
        let lines = self.0.lines();
        let mut types = lines.filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        let endings = ["_total", "_bucket", "_sum", "_count", ""];
        let (_, kind) = types.find(|(family, _)| {
            let rest = name.strip_prefix(family);
            rest.is_some_and(|rest| endings.contains(&rest))
        })?;
        Some(kind.to_owned())
    }

    /// Values of counters by their names with labels.
    pub fn counters(&self) -> Result<BTreeMap<String, f64>> {
        let samples = self.samples()?.into_iter();
        let counters = samples.filter(|it| self.kind_of(&it.name).as_deref() == Some("counter"));
        Ok(counters
            .map(|it| (format!("{}{}", it.name, it.labels), it.value))
            .collect())
    }
}

impl Sample {
    fn read(line: &str) -> Result<Self> {
        let (what, value) = line.rsplit_once(' ').with_context(|| line.to_owned())?;
        let (name, labels) = what.split_at(what.find('{').unwrap_or(what.len()));
        Ok(Self {
            name: name.to_owned(),
            labels: labels.to_owned(),
            value: value.parse().with_context(|| line.to_owned())?,
        })
    }
}
