//! Kernels for CPUs with AVX2, FMA and F16C, behind a value that proves they are there.

mod attention;
mod floats;
mod products;
mod proof;

pub(super) use proof::Avx2;
