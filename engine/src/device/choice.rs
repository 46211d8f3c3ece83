//! Which device is taken, and why.

use super::report::DeviceReport;
use super::{DeviceChoice, DeviceId};

/// Part of a card's memory that weights may take; the rest is for the cache and for a step.
const WEIGHTS_SHARE: (u64, u64) = (9, 10);

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
        "the weights take {} MB, {id} ({name}) has {} MB; what would fit: {fits}",
        needed >> 20, memory >> 20
    )]
    Memory {
        id: DeviceId,
        name: String,
        needed: u64,
        memory: u64,
        fits: String,
    },
}

/// Takes what `choice` says for weights of `needed` bytes.
///
/// `Auto` takes the first usable card that is none in software and has the memory, else the
/// processor: it never fails. Devices that are named must be usable, and together have the memory.
///
/// # Errors
/// [`DeviceError`], for named devices only.
pub fn choose(
    choice: &DeviceChoice,
    reports: &[DeviceReport],
    needed: u64,
) -> Result<Chosen, DeviceError> {
    match choice {
        DeviceChoice::Auto => Ok(automatic(reports, needed)),
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
        rooms.push((report, room(report)));
    }
    // Where one does not tell its memory, nothing is refused.
    let total: Option<u64> = rooms.iter().map(|(_, room)| *room).sum();
    if let (Some(total), Some((report, _))) = (total, rooms.first())
        && total < needed
    {
        return Err(DeviceError::Memory {
            id: report.id,
            name: report.name.clone(),
            needed,
            memory: total,
            fits: what_fits(reports, needed),
        });
    }
    Ok(Chosen {
        devices: devices.to_vec(),
        reason: format!(
            "{}: as the settings say",
            DeviceChoice::Listed(devices.to_vec())
        ),
    })
}

/// Bytes of weights a device can take.
pub(super) fn room(report: &DeviceReport) -> Option<u64> {
    let (part, whole) = WEIGHTS_SHARE;
    report.memory.map(|memory| memory / whole * part)
}

/// One sentence of what could be chosen instead.
fn what_fits(reports: &[DeviceReport], needed: u64) -> String {
    let usable = || reports.iter().filter(|report| report.is_usable());
    let fits = usable().find(|report| room(report).is_some_and(|room| room >= needed));
    if let Some(report) = fits {
        return format!("--device {}", report.id);
    }
    let cards: Vec<DeviceId> = usable().map(|report| report.id).collect();
    let together: Option<u64> = usable().map(room).sum();
    match together {
        Some(room) if room >= needed && cards.len() > 1 => {
            format!("--device {} --parallel layers", DeviceChoice::Listed(cards))
        }
        _ => "a smaller model, or fewer bits a weight".to_owned(),
    }
}
