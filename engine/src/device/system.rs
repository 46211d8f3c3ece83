//! This machine's own answers.

use std::panic;
use std::path::PathBuf;

use burn::tensor::{Device, Tensor};

use super::DeviceId;
#[cfg(feature = "cuda")]
use super::cuda;
use super::probe::{Adapter, CudaCard, CudaVersion, Probe};
use crate::model::memory;

/// Asks drivers and libraries.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemProbe;

impl Probe for SystemProbe {
    fn has_cuda_kernels(&self) -> bool {
        cfg!(feature = "cuda")
    }

    fn has_wgpu_kernels(&self) -> bool {
        cfg!(feature = "wgpu")
    }

    fn cuda_driver(&self) -> Option<CudaVersion> {
        #[cfg(feature = "cuda")]
        return cuda::driver_version();
        #[cfg(not(feature = "cuda"))]
        None
    }

    fn cuda_cards(&self) -> Vec<CudaCard> {
        #[cfg(feature = "cuda")]
        return cuda::cards();
        #[cfg(not(feature = "cuda"))]
        Vec::new()
    }

    fn nvrtc(&self) -> Option<CudaVersion> {
        #[cfg(feature = "cuda")]
        return cuda::compiler_version();
        #[cfg(not(feature = "cuda"))]
        None
    }

    fn cuda_headers(&self) -> Option<PathBuf> {
        #[cfg(feature = "cuda")]
        return cuda::headers();
        #[cfg(not(feature = "cuda"))]
        None
    }

    fn adapters(&self) -> Vec<Adapter> {
        adapters()
    }

    fn free_memory(&self) -> Option<u64> {
        memory::available()
    }

    fn run_kernel(&self, device: DeviceId) -> Result<(), String> {
        let device = super::open(device).map_err(|error| error.to_string())?;
        // Back ends report what they cannot do by panicking, on a thread of theirs or on ours.
        panic::catch_unwind(|| doubles(&device))
            .unwrap_or_else(|_| Err("the back end gave up, see the log".to_owned()))
    }
}

/// Doubles some numbers there and looks at what comes back.
fn doubles(device: &Device) -> Result<(), String> {
    let numbers = [1.5_f32, -2.0, 0.25, 1e6];
    let tensor = Tensor::<1>::from_data(numbers, device);
    let found = (tensor.clone() + tensor).try_into_data();
    let found = found.map_err(|error| error.to_string())?;
    let found: Vec<f32> = found.try_to_vec().map_err(|error| format!("{error:?}"))?;
    let expected = numbers.map(|number| number + number);
    if found == expected {
        Ok(())
    } else {
        Err(format!("it gave {found:?} instead of {expected:?}"))
    }
}

/// A device of this build and machine.
pub(super) fn open(id: DeviceId) -> Option<Device> {
    match id {
        DeviceId::Cpu => Some(Device::flex()),
        #[cfg(feature = "cuda")]
        DeviceId::Cuda(index) => (index < cuda::cards().len()).then(|| Device::cuda(index)),
        #[cfg(feature = "wgpu")]
        DeviceId::Wgpu(index) => wgpu_devices().into_iter().nth(index),
        #[cfg(not(all(feature = "cuda", feature = "wgpu")))]
        _ => None,
    }
}

#[cfg(feature = "wgpu")]
fn wgpu_devices() -> Vec<Device> {
    use burn::tensor::DeviceType;
    let mut devices = Device::enumerate(DeviceType::Wgpu).into_vec();
    // Cards first: number 0 is what most people mean.
    devices.sort_by_key(is_software);
    devices
}

#[cfg(feature = "wgpu")]
fn is_software(device: &Device) -> bool {
    use burn::backend::DispatchDevice;
    use cubecl::wgpu::WgpuDeviceKind;
    let DispatchDevice::Cube(cubecl::Device::Wgpu(device)) = device.as_dispatch() else {
        return false;
    };
    device.kind == WgpuDeviceKind::Cpu
}

#[cfg(feature = "wgpu")]
fn adapters() -> Vec<Adapter> {
    let adapter = |device: Device| {
        let identity = panic::catch_unwind(|| device.identity());
        let identity = identity.ok().flatten();
        Adapter {
            name: identity.map_or_else(|| "a card".to_owned(), |identity| identity.name),
            is_software: is_software(&device),
        }
    };
    wgpu_devices().into_iter().map(adapter).collect()
}

#[cfg(not(feature = "wgpu"))]
fn adapters() -> Vec<Adapter> {
    Vec::new()
}
