//! Where a model computes: names of devices, what is found on this machine, and which is taken.
//!
//! A device is listed as usable only after a tiny kernel has run on it and its result was read: a
//! driver without its compiler would otherwise compute garbage without an error.

mod choice;
#[cfg(feature = "cuda")]
mod cuda;
mod plan;
mod probe;
mod report;
mod system;

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

pub use choice::{Chosen, DeviceError, choose};
pub use plan::{Parallel, UnknownParallel, engines, kv_memory, layer_counts, memory_plan};
pub use probe::{Adapter, CudaCard, CudaVersion, Probe};
pub use report::{DeviceProblem, DeviceReport, examine, examine_for};
pub use system::SystemProbe;

/// One device of this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeviceId {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA card, by its number in CUDA.
    Cuda(usize),
    /// A card behind Vulkan, Metal or DirectX 12, by its number in the list of `hearth doctor`.
    Wgpu(usize),
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
            Self::Wgpu(index) => write!(f, "wgpu:{index}"),
        }
    }
}

impl FromStr for DeviceId {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        let unknown = || UnknownDevice::Name(text.to_owned());
        let (kind, index) = text.split_once(':').unwrap_or((text, "0"));
        let index: usize = index.parse().map_err(|_| unknown())?;
        match kind {
            "cpu" if index == 0 => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(index)),
            "wgpu" => Ok(Self::Wgpu(index)),
            _ => Err(unknown()),
        }
    }
}

/// A text that names no devices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDevice {
    #[error("{0:?} names no device: expected auto, or a list of cpu, cuda:N and wgpu:N")]
    Name(String),
    #[error("{0} is named twice; once is enough")]
    Twice(DeviceId),
}

/// What the operator asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The best one that is usable.
    #[default]
    Auto,
    /// These, in this order.
    Listed(Vec<DeviceId>),
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Listed(devices) => {
                let names: Vec<String> = devices.iter().map(DeviceId::to_string).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        if text.trim() == "auto" {
            return Ok(Self::Auto);
        }
        let mut devices = Vec::new();
        for name in text.split(',') {
            let device = name.trim().parse()?;
            if devices.contains(&device) {
                return Err(UnknownDevice::Twice(device));
            }
            devices.push(device);
        }
        Ok(Self::Listed(devices))
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = UnknownDevice;

    fn try_from(text: String) -> Result<Self, UnknownDevice> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

/// Opens a device for computing.
///
/// # Errors
/// [`DeviceError::Missing`] if this build or this machine has none of that name.
pub fn open(id: DeviceId) -> Result<Device, DeviceError> {
    system::open(id).ok_or(DeviceError::Missing(id))
}

#[cfg(test)]
mod tests;
