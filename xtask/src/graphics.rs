//! What proves kernels for cards where there is none: two programs that pretend to be cards, and
//! the compiler that NVIDIA's driver would call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{apt, model, process};

/// A Vulkan driver in software.
pub(crate) struct Driver {
    pub(crate) name: &'static str,
    /// Where its description is, as Vulkan's loader reads it.
    description: &'static [&'static str],
    packages: &'static [&'static str],
    /// Tests of a model that are run in every check, all if there are none; the others are run in
    /// nightly ones, because this driver is slow.
    pub(crate) model_tests: &'static [&'static str],
}

/// Two that nobody wrote together: what both compute right is right.
pub(crate) const DRIVERS: [Driver; 2] = [
    Driver {
        name: "lavapipe",
        description: &[
            "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json",
            "/usr/share/vulkan/icd.d/lvp_icd.aarch64.json",
            "/usr/share/vulkan/icd.d/lvp_icd.json",
        ],
        packages: &["mesa-vulkan-drivers", "libvulkan1"],
        model_tests: &[],
    },
    Driver {
        name: "SwiftShader",
        description: &["/usr/lib/chromium/vk_swiftshader_icd.json"],
        packages: &["chromium", "libvulkan1"],
        model_tests: &["decode::draws", "golden_chat::float", "golden_tiny::float"],
    },
];

impl Driver {
    /// The description's path; the driver is installed if it is not there.
    ///
    /// # Errors
    /// If it is missing and cannot be installed.
    pub(crate) fn provide(&self) -> Result<PathBuf> {
        if let Some(path) = self.find() {
            return Ok(path);
        }
        apt::install(self.packages)
            .with_context(|| format!("kernels for cards are tested on {}", self.name))?;
        self.find()
            .with_context(|| format!("{} is installed, but not where Debian puts it", self.name))
    }

    fn find(&self) -> Option<PathBuf> {
        let mut paths = self.description.iter().map(Path::new);
        paths.find(|path| path.is_file()).map(Path::to_owned)
    }
}

/// NVRTC with its headers, and the assembler that tells registers. The newest that drivers of a
/// year ago understand.
const CUDA_PACKAGES: [&str; 5] = [
    "nvidia-cuda-nvrtc==13.0.88",
    "nvidia-cuda-runtime==13.0.96",
    "nvidia-cuda-crt==13.0.88",
    "nvidia-cuda-cccl==13.0.85",
    "nvidia-cuda-nvcc==13.0.88",
];

/// The folder of NVIDIA's compiler, below the target directory; fetched if it is not there yet.
///
/// # Errors
/// One sentence that says what is missing.
pub(crate) fn provide_cuda(workspace: &Workspace) -> Result<PathBuf> {
    let place = workspace.target().join("cuda");
    let folder = place.join("nvidia/cu13");
    if folder.join("bin/ptxas").is_file() {
        return Ok(folder);
    }
    model::require_pip()?;
    process::announce("fetching NVIDIA's compiler of kernels (120 MB)");
    let scratch = workspace
        .target()
        .join(format!(".cuda-{}", std::process::id()));
    let mut install = Command::new("python3");
    install.args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps"]);
    install.arg("--target").arg(&scratch).args(CUDA_PACKAGES);
    process::run(&mut install).context("pip cannot fetch NVIDIA's compiler")?;
    // Half of an earlier one would be in the way.
    let _ = fs::remove_dir_all(&place);
    fs::rename(&scratch, &place)?;
    if !folder.join("bin/ptxas").is_file() {
        bail!(
            "the packages have no {}",
            folder.join("bin/ptxas").display()
        );
    }
    Ok(folder)
}
