//! The questions asked of a machine about its devices.

use std::fmt;
use std::path::PathBuf;

use super::DeviceId;

/// A version of CUDA, as its driver and its compiler tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CudaVersion {
    pub major: u32,
    pub minor: u32,
}

impl fmt::Display for CudaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A card that the CUDA driver lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CudaCard {
    pub name: String,
    /// Bytes of its memory.
    pub memory: u64,
}

/// A card that Vulkan, Metal or DirectX lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    pub name: String,
    /// A program that pretends to be a card: it works, slower than the processor's own kernels.
    pub is_software: bool,
}

/// What a machine answers. Tests answer for machines that are not there.
pub trait Probe {
    /// Whether kernels for CUDA are in this build.
    fn has_cuda_kernels(&self) -> bool;
    /// Whether kernels for Vulkan, Metal and DirectX are in this build.
    fn has_wgpu_kernels(&self) -> bool;
    /// Newest CUDA the driver knows; `None` without a driver.
    fn cuda_driver(&self) -> Option<CudaVersion>;
    /// Cards the driver lists.
    fn cuda_cards(&self) -> Vec<CudaCard>;
    /// Version of NVRTC, which compiles kernels; `None` if its library is not found.
    fn nvrtc(&self) -> Option<CudaVersion>;
    /// Folder of CUDA's headers, which kernels include.
    fn cuda_headers(&self) -> Option<PathBuf>;
    /// Cards behind Vulkan, Metal or DirectX, in the order of their numbers.
    fn adapters(&self) -> Vec<Adapter>;
    /// Bytes of main memory that are free; `None` where the system does not tell.
    fn free_memory(&self) -> Option<u64>;
    /// Runs a tiny kernel and compares its result.
    ///
    /// # Errors
    /// What went wrong, in words.
    fn run_kernel(&self, device: DeviceId) -> Result<(), String>;
}
