//! `hearth model verify`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use super::{found, pull::watched};
use crate::{
    config::Config,
    model_files::{Condition, FoundModel, models},
    model_pull::{Compared, compare_with_record},
};

pub(super) fn run(config: &Config, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let models = models(&config.models());
    let chosen = match name {
        Some(name) => vec![found(config, &models, name)?],
        None => models.iter().collect(),
    };
    let mut is_fine = true;
    for model in chosen {
        let verdict = verdict(config, model)?;
        is_fine &= verdict.is_ok();
        let (mark, told) = match &verdict {
            Ok(told) => ("ok  ", told),
            Err(told) => ("FAIL", told),
        };
        writeln!(io::stdout(), "{mark}  {}: {told}", model.name)?;
    }
    Ok(if is_fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is right with a model, or wrong.
fn verdict(config: &Config, model: &FoundModel) -> anyhow::Result<Result<String, String>> {
    let architecture = match model.condition() {
        Condition::Sound { architecture } => architecture,
        Condition::Incomplete => {
            return Ok(Err("not complete: `hearth model pull` goes on".to_owned()));
        }
        Condition::Damaged(reason) => return Ok(Err(reason)),
    };
    let compared =
        watched(|progress| compare_with_record(&config.models(), &model.name, progress))?;
    Ok(match compared {
        Ok(Compared::Same { num_files }) => Ok(format!(
            "{architecture}, {num_files} files with the checksums of the hub"
        )),
        Ok(Compared::NothingRecorded) => Ok(format!(
            "{architecture}, sound in structure; no checksums were recorded"
        )),
        Ok(Compared::Different(difference)) => {
            Err(format!("{difference}: remove the model and pull it again"))
        }
        Err(error) => Err(super::super::sentence(&error.into())),
    })
}
