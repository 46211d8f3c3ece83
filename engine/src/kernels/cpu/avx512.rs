//! Kernels for CPUs with AVX-512 VNNI, in vectors of 256 bits.
//!
//! They are the AVX2 kernels with one instruction in place of two for the products; rows are read
//! in the same order, so a wider vector would not read memory faster.

mod products;
mod proof;

pub(super) use proof::Avx512;
