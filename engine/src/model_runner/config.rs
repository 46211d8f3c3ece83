//! How a model is run: threads, devices, memory.

use burn::tensor::Device;

use crate::device::{self, DeviceId};
use crate::kernels::Precision;
use crate::kv_cache::{CacheShape, KvPlan, KvPool, PlannedSequences};
use crate::loader::WeightFormat;
use crate::model::{ModelError, Placement, memory};

/// Sequences there is room for where nobody says.
const DEFAULT_SEQUENCES: usize = 4;

/// How a model is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunnerConfig {
    /// Compute threads; 0 = physical cores.
    pub num_threads: usize,
    /// f32 activations everywhere.
    pub exact: bool,
    /// Longest sequence; 0 = what the model was made for.
    pub context_window: usize,
    /// How plain weights are kept.
    pub weights: WeightFormat,
    /// Where the layers are, one device after the other; none: the processor.
    pub devices: Vec<DeviceId>,
    /// How many on each of them; none: equal parts.
    pub layer_counts: Vec<usize>,
    /// Sequences that there is to be room for; `None`: four of full length.
    pub sequences: Option<PlannedSequences>,
    /// Bytes that all caches together may take; 0 = as many as those sequences need.
    pub kv_memory: u64,
}

impl RunnerConfig {
    /// Blocks of caches of this shape.
    pub(crate) fn kv_plan(&self, shape: &CacheShape) -> KvPlan {
        let default = PlannedSequences::full(DEFAULT_SEQUENCES);
        let sequences = self.sequences.unwrap_or(default);
        let memory = match self.kv_memory {
            0 => u64::MAX,
            bytes => bytes,
        };
        KvPlan::new(shape, sequences, memory)
    }
}

/// Memory for the caches, and the longest sequence it has room for.
pub(super) fn pool(
    mut shape: CacheShape,
    config: &RunnerConfig,
    placement: &Placement,
) -> (KvPool, usize) {
    let devices = placement.of_layers(shape.windows.len());
    let plan = config.kv_plan(&shape);
    shape.context_window = plan.context_window(&shape);
    let context_window = shape.context_window;
    (KvPool::new(shape, plan, &devices), context_window)
}

/// Longest sequence: what is asked for, or what the model was made for.
pub(super) fn context_window(config: &RunnerConfig, limit: usize) -> Result<usize, ModelError> {
    match config.context_window {
        0 => Ok(limit),
        wanted if wanted > limit => Err(ModelError::ContextWindow { wanted, limit }),
        wanted => Ok(wanted),
    }
}

/// Refuses weights whose layers on the processor its memory does not hold.
pub(super) fn check_memory(
    placement: &Placement,
    num_layers: usize,
    weight_bytes: u64,
) -> Result<(), ModelError> {
    let devices = placement.of_layers(num_layers);
    let on_processor = devices.iter().filter(|it| **it == Device::flex()).count();
    memory::check(weight_bytes / num_layers.max(1) as u64 * on_processor as u64)
}

/// As many layers on each device as the configuration says, or equal shares: the first ones have
/// one more.
pub(super) fn placement(config: &RunnerConfig, num_layers: usize) -> Result<Placement, ModelError> {
    let opened = config.devices.iter().map(|id| device::open(*id));
    let opened: Vec<Device> = opened.collect::<Result<_, _>>()?;
    if opened.is_empty() {
        return Ok(Placement::whole(Device::flex()));
    }
    if config.layer_counts.len() == opened.len() {
        return Ok(Placement::split(opened, config.layer_counts.clone()));
    }
    let (share, rest) = (num_layers / opened.len(), num_layers % opened.len());
    let counts = (0..opened.len()).map(|place| share + usize::from(place < rest));
    Ok(Placement::split(opened.clone(), counts.collect()))
}

pub(super) fn precision(exact: bool) -> Precision {
    if exact {
        Precision::Exact
    } else {
        Precision::Int8
    }
}
