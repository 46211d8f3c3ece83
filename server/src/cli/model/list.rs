//! `hearth model list`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use super::{chosen, is_same};
use crate::{
    config::Config,
    data_folder,
    model_files::{Condition, models},
    model_pull::Bytes,
};

/// A line of the list.
struct Line {
    name: String,
    num_bytes: u64,
    condition: Condition,
    is_chosen: bool,
}

pub(super) fn run(config: &Config, as_json: bool) -> anyhow::Result<ExitCode> {
    let chosen = chosen(config, &data_folder::look(config))?;
    let found = models(&config.models());
    let lines: Vec<Line> = found
        .iter()
        .map(|model| Line {
            name: model.name.clone(),
            num_bytes: model.num_bytes(),
            condition: model.condition(),
            is_chosen: chosen
                .as_deref()
                .zip(model.path.as_deref())
                .is_some_and(|(chosen, path)| is_same(chosen, path)),
        })
        .collect();
    let mut out = io::stdout().lock();
    if as_json {
        let objects: Vec<_> = lines.iter().map(object).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&objects)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let width = lines.iter().map(|line| line.name.chars().count()).max();
    let width = width.unwrap_or_default();
    for line in &lines {
        let mark = if line.is_chosen { '*' } else { ' ' };
        let size = Bytes(line.num_bytes).to_string();
        let told = match &line.condition {
            Condition::Sound { architecture } => architecture.clone(),
            Condition::Incomplete => "not complete: `hearth model pull` goes on".to_owned(),
            Condition::Damaged(reason) => format!("damaged: {reason}"),
        };
        writeln!(out, "{mark} {:<width$}  {size:>10}  {told}", line.name)?;
    }
    if let Some(chosen) = chosen.filter(|_| !lines.iter().any(|line| line.is_chosen)) {
        writeln!(out, "* {}  (outside of the folder)", chosen.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn object(line: &Line) -> serde_json::Value {
    let (architecture, problem) = match &line.condition {
        Condition::Sound { architecture } => (Some(architecture), None),
        Condition::Incomplete => (None, None),
        Condition::Damaged(reason) => (None, Some(reason)),
    };
    serde_json::json!({
        "name": line.name,
        "num_bytes": line.num_bytes,
        "condition": line.condition.as_str(),
        "architecture": architecture,
        "problem": problem,
        "chosen": line.is_chosen,
    })
}
