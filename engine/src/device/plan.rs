//! What several devices are for: each a whole model, or each some of its layers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::DeviceId;
use super::choice::room;
use super::report::DeviceReport;

/// Bytes of caches where a device does not tell its memory.
const UNKNOWN_KV_MEMORY: u64 = 2 << 30;
/// Bytes of caches without which a conversation is too short to be one.
const LEAST_KV_MEMORY: u64 = 256 << 20;

/// What the operator asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parallel {
    /// Replicas where the model fits on each device, layers where it does not.
    #[default]
    Auto,
    /// A whole model on each: more answers at once.
    Replicas,
    /// Some layers on each: a larger model.
    Layers,
}

impl fmt::Display for Parallel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Replicas => "replicas",
            Self::Layers => "layers",
        })
    }
}

impl FromStr for Parallel {
    type Err = UnknownParallel;

    fn from_str(text: &str) -> Result<Self, UnknownParallel> {
        match text {
            "auto" => Ok(Self::Auto),
            "replicas" => Ok(Self::Replicas),
            "layers" => Ok(Self::Layers),
            _ => Err(UnknownParallel(text.to_owned())),
        }
    }
}

/// A text that is no way to use several devices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no way to use several devices, expected auto, replicas or layers")]
pub struct UnknownParallel(pub String);

/// The devices of each engine, for weights of `needed` bytes.
pub fn engines(
    devices: &[DeviceId],
    parallel: Parallel,
    reports: &[DeviceReport],
    needed: u64,
) -> Vec<Vec<DeviceId>> {
    let fits = |id: &DeviceId| {
        let report = reports.iter().find(|report| report.id == *id);
        // The processor beside cards is there for what they cannot hold.
        *id != DeviceId::Cpu && report.and_then(room).is_none_or(|room| room >= needed)
    };
    let replicas = match parallel {
        Parallel::Auto => devices.iter().all(fits),
        Parallel::Replicas => true,
        Parallel::Layers => false,
    };
    if replicas {
        devices.iter().map(|id| vec![*id]).collect()
    } else {
        vec![devices.to_vec()]
    }
}

/// Bytes that the caches of one engine may take beside weights of `needed` bytes.
pub fn kv_memory(devices: &[DeviceId], reports: &[DeviceReport], needed: u64) -> u64 {
    let free = |id: &DeviceId| {
        let report = reports.iter().find(|report| report.id == *id);
        report.and_then(room)
    };
    let free: Option<Vec<u64>> = devices.iter().map(free).collect();
    let Some(free) = free else {
        return UNKNOWN_KV_MEMORY;
    };
    let beside_weights = free.iter().sum::<u64>().saturating_sub(needed);
    // The rest is for the buffers of a step, and for others on this machine: the memory of a
    // processor is everybody's.
    let quarters = if devices.contains(&DeviceId::Cpu) {
        1
    } else {
        3
    };
    (beside_weights / 4 * quarters).max(LEAST_KV_MEMORY)
}

/// How many of `num_layers` layers each device of one engine holds: as its memory is to that of all
/// of them, or equal parts where one does not tell.
pub fn layer_counts(
    devices: &[DeviceId],
    reports: &[DeviceReport],
    num_layers: usize,
) -> Vec<usize> {
    let memory = |id: &DeviceId| {
        let report = reports.iter().find(|report| report.id == *id)?;
        // In units that cannot overflow when they are multiplied.
        Some(
            usize::try_from(report.memory? >> 20)
                .unwrap_or(usize::MAX >> 32)
                .max(1),
        )
    };
    let memories: Option<Vec<usize>> = devices.iter().map(memory).collect();
    let memories = memories.unwrap_or_else(|| vec![1; devices.len()]);
    let total: usize = memories.iter().sum();
    let (mut counts, mut held, mut before) = (Vec::new(), 0, 0);
    for memory in memories {
        before += memory;
        // Up to which layer this device holds them, rounded to the nearest.
        let end = (before * num_layers * 2 + total) / (total * 2);
        counts.push(end - held);
        held = end;
    }
    counts
}

/// One line for each device of each engine: the part of `num_layers` layers and of `needed` bytes
/// of weights that will be there, and the memory there is.
pub fn memory_plan(
    engines: &[Vec<DeviceId>],
    reports: &[DeviceReport],
    (num_layers, needed): (usize, u64),
) -> Vec<String> {
    let line = |(id, count): (&DeviceId, usize)| {
        let weights = (needed / num_layers.max(1) as u64 * count as u64) >> 20;
        let report = reports.iter().find(|report| report.id == *id);
        let memory = report.and_then(|report| report.memory);
        let memory = memory.map(|bytes| format!(" of {} MB", bytes >> 20));
        let memory = memory.unwrap_or_default();
        format!("{id}: {count} of {num_layers} layers, about {weights} MB{memory}")
    };
    let of_engine = |devices: &Vec<DeviceId>| {
        let counts = layer_counts(devices, reports, num_layers);
        let lines = devices.iter().zip(counts).map(line);
        lines.collect::<Vec<_>>()
    };
    engines.iter().flat_map(of_engine).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(id: DeviceId, gibibytes: Option<u64>) -> DeviceReport {
        DeviceReport {
            id,
            name: "a card".into(),
            memory: gibibytes.map(|it| it << 30),
            is_software: false,
            problem: None,
        }
    }

    #[test]
    fn layers_are_shared_as_memory_is() {
        let (first, second) = (DeviceId::Cuda(0), DeviceId::Cuda(1));
        let counts = |memory: [Option<u64>; 2], num_layers| {
            let reports = [report(first, memory[0]), report(second, memory[1])];
            layer_counts(&[first, second], &reports, num_layers)
        };
        assert_eq!(counts([Some(24), Some(24)], 24), [12, 12]);
        assert_eq!(counts([Some(24), Some(12)], 24), [16, 8]);
        assert_eq!(counts([Some(80), Some(1)], 24), [24, 0]);
        assert_eq!(counts([Some(80), None], 5), [3, 2]);
        assert_eq!(counts([None, None], 0), [0, 0]);
    }

    #[test]
    fn a_model_that_fits_is_on_every_card_and_else_it_is_split() {
        let cards = [DeviceId::Cuda(0), DeviceId::Cuda(1)];
        let reports = cards.map(|id| report(id, Some(16)));
        let plan = |parallel, gibibytes: u64| engines(&cards, parallel, &reports, gibibytes << 30);
        assert_eq!(plan(Parallel::Auto, 12).len(), 2);
        assert_eq!(plan(Parallel::Auto, 20), [cards.to_vec()]);
        assert_eq!(plan(Parallel::Layers, 1), [cards.to_vec()]);
        assert_eq!(plan(Parallel::Replicas, 20).len(), 2);
        let mixed = [DeviceId::Wgpu(0), DeviceId::Cpu];
        assert_eq!(engines(&mixed, Parallel::Auto, &reports, 1).len(), 1);
    }

    #[test]
    fn caches_take_most_of_what_weights_leave_of_a_card_and_little_of_main_memory() {
        let devices = [DeviceId::Cuda(0), DeviceId::Cuda(1)];
        let reports = devices.map(|id| report(id, Some(24)));
        let memory = |needed| kv_memory(&devices, &reports, needed) >> 20;
        let (none, some) = (memory(0), memory(16 << 30));
        assert!((24_000..36_864).contains(&none), "{none}");
        assert_eq!(none - some, 12 << 10);
        assert_eq!(memory(1 << 40), 256);
        let main = [report(DeviceId::Cpu, Some(16))];
        let beside = kv_memory(&[DeviceId::Cpu], &main, 8 << 30) >> 20;
        assert!((1_500..=2_048).contains(&beside), "{beside}");
        let silent = [report(devices[0], Some(24)), report(devices[1], None)];
        assert_eq!(kv_memory(&devices, &silent, 0), UNKNOWN_KV_MEMORY);
    }

    #[test]
    fn the_plan_tells_what_goes_where() {
        let devices = [DeviceId::Wgpu(0), DeviceId::Cpu];
        let reports = [report(devices[0], Some(8)), report(devices[1], Some(24))];
        let plan = |engines: &[Vec<DeviceId>]| memory_plan(engines, &reports, (24, 12 << 30));
        let split = plan(&[devices.to_vec()]);
        assert_eq!(
            split,
            [
                "wgpu:0: 6 of 24 layers, about 3072 MB of 8192 MB",
                "cpu: 18 of 24 layers, about 9216 MB of 24576 MB"
            ]
        );
        let whole = plan(&[vec![DeviceId::Cuda(1)]]);
        assert_eq!(whole, ["cuda:1: 24 of 24 layers, about 12288 MB"]);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for parallel in [Parallel::Auto, Parallel::Replicas, Parallel::Layers] {
            assert_eq!(parallel.to_string().parse(), Ok(parallel));
        }
        assert!("both".parse::<Parallel>().is_err());
    }
}
