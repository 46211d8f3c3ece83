//! Kernels for CPUs with AVX-512 VNNI.
//!
//! Rows for one token are the AVX2 kernels with one instruction in place of two for the products:
//! they are read in the same order, so a wider vector would not read memory faster. What computes
//! more than it reads, panels and attention, is in vectors of 512 bits.

mod attention;
mod products;
mod proof;

pub(super) use proof::Avx512;
