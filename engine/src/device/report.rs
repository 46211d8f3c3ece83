//! What is found on a machine: every device, usable or not, and what mends it.

use super::DeviceId;
use super::probe::{CudaVersion, Probe};

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

/// Everything the machine has; the processor is always the last.
pub fn examine(probe: &dyn Probe) -> Vec<DeviceReport> {
    let mut reports = cuda(probe);
    reports.extend(wgpu(probe));
    reports.push(DeviceReport {
        id: DeviceId::Cpu,
        name: "processor".into(),
        memory: probe.free_memory(),
        is_software: false,
        problem: None,
    });
    reports
}

fn cuda(probe: &dyn Probe) -> Vec<DeviceReport> {
    let cards = probe.cuda_cards();
    let general = cuda_problem(probe);
    if cards.is_empty() {
        // One line that says why there is none.
        let problem = general.or(Some(DeviceProblem::NoDriver));
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
        let problem = general.clone().or_else(|| try_kernel(probe, id));
        DeviceReport {
            id,
            name: card.name,
            memory: Some(card.memory),
            is_software: false,
            problem,
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

fn wgpu(probe: &dyn Probe) -> Vec<DeviceReport> {
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
        DeviceReport {
            id,
            name: adapter.name,
            memory: None,
            is_software: adapter.is_software,
            problem: try_kernel(probe, id),
        }
    };
    adapters.map(report).collect()
}

fn try_kernel(probe: &dyn Probe, id: DeviceId) -> Option<DeviceProblem> {
    probe.run_kernel(id).err().map(DeviceProblem::Kernel)
}
