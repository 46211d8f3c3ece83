//! What NVIDIA's driver and compiler say of themselves.
//!
//! Both libraries are opened by name when they are first asked for, so a build with these questions
//! in it runs on machines that have neither.
#![expect(
    unsafe_code,
    reason = "the libraries are C; each call below says why it may be made"
)]

use std::path::PathBuf;

use cubecl::cuda::install;
use cudarc::driver::{result, sys};
use cudarc::nvrtc;

use super::probe::{CudaCard, CudaVersion};

/// Newest CUDA the driver knows; `None` without a driver.
pub(super) fn driver_version() -> Option<CudaVersion> {
    if !has_driver() {
        return None;
    }
    let mut version = 0;
    // SAFETY: the library is there, and the pointer is to an integer that outlives the call. This
    // function may be called before `cuInit`.
    let outcome = unsafe { sys::cuDriverGetVersion(&raw mut version) };
    outcome.result().ok()?;
    let version = u32::try_from(version).ok()?;
    // 13020 stands for 13.2.
    Some(CudaVersion {
        major: version / 1000,
        minor: version % 1000 / 10,
    })
}

/// Cards the driver lists.
pub(super) fn cards() -> Vec<CudaCard> {
    if !has_driver() || result::init().is_err() {
        return Vec::new();
    }
    let count = result::device::get_count().unwrap_or(0);
    // One that does not answer keeps its number, and has no room for anything.
    let silent = || CudaCard {
        name: "a card that does not answer".to_owned(),
        memory: 0,
    };
    (0..count)
        .map(|index| card(index).unwrap_or_else(silent))
        .collect()
}

fn card(index: i32) -> Option<CudaCard> {
    let device = result::device::get(index).ok()?;
    // SAFETY: the device comes from the driver.
    let memory = unsafe { result::device::total_mem(device) }.ok()?;
    Some(CudaCard {
        name: result::device::get_name(device).ok()?,
        memory: memory as u64,
    })
}

/// Version of NVRTC; `None` if its library is not found.
pub(super) fn compiler_version() -> Option<CudaVersion> {
    // SAFETY: only tries to open libraries by their usual names.
    if !unsafe { nvrtc::sys::is_culib_present() } {
        return None;
    }
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the library is there, and the pointers are to integers that outlive the call.
    let outcome = unsafe { nvrtc::sys::nvrtcVersion(&raw mut major, &raw mut minor) };
    outcome.result().ok()?;
    Some(CudaVersion {
        major: u32::try_from(major).ok()?,
        minor: u32::try_from(minor).ok()?,
    })
}

/// Folder of CUDA's headers, where kernels will look for them.
pub(super) fn headers() -> Option<PathBuf> {
    let folder = install::cuda_path()?.join("include");
    folder.join("cuda_fp16.h").is_file().then_some(folder)
}

fn has_driver() -> bool {
    // SAFETY: only tries to open libraries by their usual names.
    unsafe { sys::is_culib_present() }
}
