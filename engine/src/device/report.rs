//! What is found on a machine: every device, usable or not, and what mends it.

use std::mem::discriminant;

use super::probe::{CudaVersion, Probe};
use super::{DeviceChoice, DeviceId};

/// One device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceReport {
    pub id: DeviceId,
    /// As the device calls itself.
    pub name: String,
    /// Bytes of its memory, where that is known: free of the processor's, all of a card's.
    pub memory: Option<u64>,
    /// A program that pretends to be a card.
    pub is_software: bool,
    /// Why it cannot be used.
    pub problem: Option<DeviceProblem>,
}

impl DeviceReport {
    /// Whether a model can run there.
    pub fn is_usable(&self) -> bool {
        self.problem.is_none()
    }
}

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceProblem {
    #[error("this build of Hearth has no kernels for CUDA")]
    NotBuiltForCuda,
    #[error("this build of Hearth has no kernels for Vulkan, Metal and DirectX")]
    NotBuiltForWgpu,
    #[error("there is no NVIDIA driver")]
    NoDriver,
    #[error("there is a driver, but it lists no card")]
    NoCard,
    #[error("there is a driver, but NVRTC, the compiler of CUDA kernels, is not found")]
    NoCompiler,
    #[error("there is a driver and NVRTC, but CUDA's headers are not found")]
    NoHeaders,
    #[error("NVRTC {compiler} is newer than the driver, which knows CUDA {driver}")]
    CompilerTooNew {
        compiler: CudaVersion,
        driver: CudaVersion,
    },
    #[error("a first kernel did not run: {0}")]
    Kernel(String),
}

impl DeviceProblem {
    /// What to do about it: a command where there is one.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotBuiltForCuda => "build it with: cargo build --release --features cuda".into(),
            Self::NotBuiltForWgpu => "build it with: cargo build --release --features wgpu".into(),
            Self::NoDriver => "install it with: sudo apt-get install nvidia-driver".into(),
            Self::NoCard => "see what `nvidia-smi` and CUDA_VISIBLE_DEVICES say".into(),
            Self::NoCompiler | Self::NoHeaders => format!(
                "install them with: python3 -m pip install nvidia-cuda-nvrtc nvidia-cuda-runtime \
                 nvidia-cuda-crt nvidia-cuda-cccl, set CUDA_PATH to the folder nvidia/cu13 of \
                 Python's site-packages and LD_LIBRARY_PATH to {lib}",
                lib = "its folder lib"
            ),
            Self::CompilerTooNew { driver, .. } => format!(
                "install an older one with: python3 -m pip install \
                 'nvidia-cuda-nvrtc=={major}.{minor}.*', or update the driver",
                major = driver.major,
                minor = driver.minor
            ),
            Self::Kernel(_) => "update the driver".into(),
        }
    }
}

/// Everything the machine has, each tried; the processor is always the last.
pub fn examine(probe: &dyn Probe) -> Vec<DeviceReport> {
    examine_some(probe, &|_| true, &|_, _| true)
}

/// What the machine has as far as `choice` has to know: cards that nobody asks for are not touched,
/// and those in software are taken only if they are named.
pub fn examine_for(probe: &dyn Probe, choice: &DeviceChoice) -> Vec<DeviceReport> {
    match choice {
        DeviceChoice::Auto => examine_some(probe, &|_| true, &|_, is_software| !is_software),
        DeviceChoice::Listed(devices) => {
            let is_kind = |id: DeviceId| {
                let same = |other: &DeviceId| discriminant(other) == discriminant(&id);
                devices.iter().any(same)
            };
            examine_some(probe, &is_kind, &|id, _| devices.contains(&id))
        }
    }
}

/// `asks`: whether there is a question about devices of the kind of this one; `tries`: whether a
/// kernel is to run on a device, which may be one in software.
fn examine_some(
    probe: &dyn Probe,
    asks: &dyn Fn(DeviceId) -> bool,
    tries: &dyn Fn(DeviceId, bool) -> bool,
) -> Vec<DeviceReport> {
    let mut reports = Vec::new();
    if asks(DeviceId::Cuda(0)) {
        reports.extend(cuda(probe, tries));
    }
    if asks(DeviceId::Wgpu(0)) {
        reports.extend(wgpu(probe, tries));
    }
    reports.push(DeviceReport {
        id: DeviceId::Cpu,
        name: "processor".into(),
        memory: probe.free_memory(),
        is_software: false,
        problem: None,
    });
    reports
}

fn cuda(probe: &dyn Probe, tries: &dyn Fn(DeviceId, bool) -> bool) -> Vec<DeviceReport> {
    let cards = probe.cuda_cards();
    let general = cuda_problem(probe);
    if cards.is_empty() {
        // One line that says why there is none.
        let problem = general.or(Some(DeviceProblem::NoCard));
        return vec![DeviceReport {
            id: DeviceId::Cuda(0),
            name: "NVIDIA card".into(),
            memory: None,
            is_software: false,
            problem,
        }];
    }
    let report = |(index, card): (usize, super::CudaCard)| {
        let id = DeviceId::Cuda(index);
        let trial = || tries(id, false).then(|| try_kernel(probe, id)).flatten();
        DeviceReport {
            id,
            name: card.name,
            memory: Some(card.memory),
            is_software: false,
            problem: general.clone().or_else(trial),
        }
    };
    cards.into_iter().enumerate().map(report).collect()
}

/// What keeps all cards from working.
fn cuda_problem(probe: &dyn Probe) -> Option<DeviceProblem> {
    if !probe.has_cuda_kernels() {
        return Some(DeviceProblem::NotBuiltForCuda);
    }
    let Some(driver) = probe.cuda_driver() else {
        return Some(DeviceProblem::NoDriver);
    };
    let Some(compiler) = probe.nvrtc() else {
        return Some(DeviceProblem::NoCompiler);
    };
    if probe.cuda_headers().is_none() {
        return Some(DeviceProblem::NoHeaders);
    }
    // What a newer compiler writes, an older driver cannot read.
    (compiler > driver).then_some(DeviceProblem::CompilerTooNew { compiler, driver })
}

fn wgpu(probe: &dyn Probe, tries: &dyn Fn(DeviceId, bool) -> bool) -> Vec<DeviceReport> {
    if !probe.has_wgpu_kernels() {
        return vec![DeviceReport {
            id: DeviceId::Wgpu(0),
            name: "card behind Vulkan, Metal or DirectX".into(),
            memory: None,
            is_software: false,
            problem: Some(DeviceProblem::NotBuiltForWgpu),
        }];
    }
    let adapters = probe.adapters().into_iter().enumerate();
    let report = |(index, adapter): (usize, super::Adapter)| {
        let id = DeviceId::Wgpu(index);
        let is_tried = tries(id, adapter.is_software);
        DeviceReport {
            id,
            name: adapter.name,
            memory: None,
            is_software: adapter.is_software,
            problem: is_tried.then(|| try_kernel(probe, id)).flatten(),
        }
    };
    adapters.map(report).collect()
}

fn try_kernel(probe: &dyn Probe, id: DeviceId) -> Option<DeviceProblem> {
    probe.run_kernel(id).err().map(DeviceProblem::Kernel)
}
