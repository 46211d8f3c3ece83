//! Kernels for CPUs with AVX2, FMA and F16C, behind a value that proves they are there.

mod bytes;
mod floats;
mod mxfp4;
mod nibbles;
mod proof;
pub(super) mod tile;

pub(super) use proof::Avx2;
