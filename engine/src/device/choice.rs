//! Which device is taken, and why.

use super::report::DeviceReport;
use super::{DeviceChoice, DeviceId, Parallel};

/// Part of a card's memory that weights may take; the rest is for the cache and for a step.
const WEIGHTS_SHARE: (u64, u64) = (9, 10);
/// Larger weights are not put without being asked on a card that does not tell its memory: 4 GiB.
const TRUSTED_BYTES: u64 = 4 << 30;

/// What was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub devices: Vec<DeviceId>,
    /// A sentence for the log and the settings page.
    pub reason: String,
}

/// Why no device could be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no device {0} here; `hearth doctor` lists those there are")]
    Missing(DeviceId),
    #[error("{id} ({name}) cannot be used: {problem}. {remedy}")]
    Unusable {
        id: DeviceId,
        name: String,
        problem: String,
        remedy: String,
    },
    #[error(
        "the weights take {} MB, {devices} has room for {} MB of weights; what would fit: {fits}",
        needed >> 20, room >> 20
    )]
    Memory {
        devices: DeviceChoice,
        needed: u64,
        room: u64,
        fits: String,
    },
}

/// Takes what `choice` says for weights of `needed` bytes.
///
/// `Auto` takes the first usable card that is none in software and has the memory, else the
/// processor: it never fails. Devices that are named must be usable, and have the memory: together,
/// or each where every one is to be a replica.
///
/// # Errors
/// [`DeviceError`], for named devices only.
pub fn choose(
    choice: &DeviceChoice,
    parallel: Parallel,
    reports: &[DeviceReport],
    needed: u64,
) -> Result<Chosen, DeviceError> {
    match choice {
        DeviceChoice::Auto => Ok(automatic(reports, needed)),
        DeviceChoice::Listed(devices) if parallel == Parallel::Replicas => {
            for device in devices {
                listed(&[*device], reports, needed)?;
            }
            Ok(as_the_settings_say(devices))
        }
        DeviceChoice::Listed(devices) => listed(devices, reports, needed),
    }
}

fn automatic(reports: &[DeviceReport], needed: u64) -> Chosen {
    let mut passed_over = Vec::new();
    for report in reports {
        let id = report.id;
        if id == DeviceId::Cpu {
            continue;
        }
        let why = if let Some(problem) = &report.problem {
            problem.to_string()
        } else if report.is_software {
            "a card in software is slower than the processor".to_owned()
        } else if room(report).is_some_and(|room| room < needed) {
            let megabytes = needed >> 20;
            format!("its memory is too small for weights of {megabytes} MB")
        } else if report.memory.is_none() && needed > TRUSTED_BYTES {
            "it does not tell its memory, and the weights are many: name it to use it".to_owned()
        } else {
            let reason = format!("{id} ({}): a card that is usable", report.name);
            return Chosen {
                devices: vec![id],
                reason,
            };
        };
        passed_over.push(format!("{id}: {why}"));
    }
    let reason = if passed_over.is_empty() {
        "cpu: there is no card".to_owned()
    } else {
        format!("cpu, because: {}", passed_over.join("; "))
    };
    Chosen {
        devices: vec![DeviceId::Cpu],
        reason,
    }
}

fn listed(
    devices: &[DeviceId],
    reports: &[DeviceReport],
    needed: u64,
) -> Result<Chosen, DeviceError> {
    let mut rooms = Vec::new();
    for id in devices {
        let report = reports.iter().find(|report| report.id == *id);
        let report = report.ok_or(DeviceError::Missing(*id))?;
        if let Some(problem) = &report.problem {
            return Err(DeviceError::Unusable {
                id: *id,
                name: report.name.clone(),
                problem: problem.to_string(),
                remedy: problem.remedy(),
            });
        }
        rooms.push(room(report));
    }
    // Where one does not tell its memory, nothing is refused.
    let room: Option<u64> = rooms.into_iter().sum();
    match room {
        Some(room) if room < needed => Err(DeviceError::Memory {
            devices: DeviceChoice::Listed(devices.to_vec()),
            needed,
            room,
            fits: what_fits(reports, devices, needed),
        }),
        _ => Ok(as_the_settings_say(devices)),
    }
}

fn as_the_settings_say(devices: &[DeviceId]) -> Chosen {
    let names = DeviceChoice::Listed(devices.to_vec());
    Chosen {
        devices: devices.to_vec(),
        reason: format!("{names}: as the settings say"),
    }
}

/// Bytes of weights a device can take.
pub(super) fn room(report: &DeviceReport) -> Option<u64> {
    let (part, whole) = WEIGHTS_SHARE;
    report.memory.map(|memory| memory / whole * part)
}

/// One sentence of what could be chosen instead of devices that were tried; others were not.
fn what_fits(reports: &[DeviceReport], tried: &[DeviceId], needed: u64) -> String {
    let usable = || reports.iter().filter(|report| report.is_usable());
    let is_tried = |id: &DeviceId| *id == DeviceId::Cpu || tried.contains(id);
    let untried = |ids: &[DeviceId]| {
        let is_known = ids.iter().all(is_tried);
        let doubt = " (if it is usable, which `hearth doctor` tells)";
        if is_known { "" } else { doubt }
    };
    let fits = |is_wanted: &dyn Fn(&DeviceId) -> bool| {
        let mut wanted = usable().filter(|report| is_wanted(&report.id));
        let found = wanted.find(|report| room(report).is_some_and(|room| room >= needed));
        found.map(|report| report.id)
    };
    if let Some(id) = fits(&is_tried).or_else(|| fits(&|id| !is_tried(id))) {
        return format!("--device {id}{}", untried(&[id]));
    }
    let cards: Vec<DeviceId> = usable().map(|report| report.id).collect();
    let together: Option<u64> = usable().map(room).sum();
    match together {
        Some(room) if room >= needed && cards.len() > 1 => {
            let doubt = untried(&cards);
            let cards = DeviceChoice::Listed(cards);
            format!("--device {cards} --parallel layers{doubt}")
        }
        _ => "a smaller model, or fewer bits a weight".to_owned(),
    }
}
