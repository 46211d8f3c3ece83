//! Which cards this machine has, as far as a build has to know: kernels for cards are compiled only
//! where there is one, since they double the time a first build takes.

use std::fs;
use std::path::Path;

use crate::process;

/// Features of the program for the cards that are here; none where there is none.
pub(crate) fn features() -> Vec<&'static str> {
    let features = choose(has_nvidia_card(), has_other_card());
    match features.first() {
        Some(&"cuda") => process::note("there is an NVIDIA card: with kernels for CUDA"),
        Some(_) => process::note("there is a card: with kernels for Vulkan, Metal and DirectX"),
        None => {}
    }
    features
}

/// CUDA is the better way to an NVIDIA card, and one way is enough.
fn choose(has_nvidia_card: bool, has_other_card: bool) -> Vec<&'static str> {
    match (has_nvidia_card, has_other_card) {
        (true, _) => vec!["cuda"],
        (false, true) => vec!["wgpu"],
        (false, false) => Vec::new(),
    }
}

fn has_nvidia_card() -> bool {
    Path::new("/proc/driver/nvidia/version").is_file() || process::find("nvidia-smi").is_some()
}

/// Linux lists cards that can compute as render nodes; macOS and Windows have one nearly always.
fn has_other_card() -> bool {
    if cfg!(any(target_os = "macos", target_os = "windows")) {
        return true;
    }
    let entries = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name());
    names.any(|name| name.to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_has_kernels_for_the_card_that_is_here() {
        assert_eq!(choose(true, true), ["cuda"]);
        assert_eq!(choose(false, true), ["wgpu"]);
        assert!(choose(false, false).is_empty());
    }
}
