//! Keeps CubeCL's LLVM compiler, and the LLVM download of its build script, out of the lock file.
//!
//! Hearth compiles its GPU kernels through WGSL or through CUDA C++ (NVRTC), never through LLVM.
//! No back end that would call into this crate is compiled: it only has to resolve.
