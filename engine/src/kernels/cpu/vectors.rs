//! Products in vectors of 256 and 512 bits, written once for every instruction set of x86-64.
//!
//! A layout says how its codes become bytes ([`format`]); an instruction set says how bytes are
//! multiplied ([`products`]). One token takes the rows one by one ([`row`]), so that memory is read
//! forward; several tokens share a panel of decoded rows ([`panel`], of plain floats
//! [`float_panel`]). Both add the same
//! numbers in the same order: the products of a block are exact integers, block `i` goes to lane
//! `i mod 8`, and the eight lanes are added as [`add_up`] does.
//!
//! Everything here is inlined into a function that has the instructions enabled; hence every
//! function is unsafe, and its only condition beside pointers is that it is called from such a one.
#![expect(unsafe_code, reason = "vector instructions and loads through pointers")]
#![expect(
    clippy::inline_always,
    reason = "takes the instructions of the function it is part of"
)]
#![expect(clippy::cast_ptr_alignment, reason = "the loads need no alignment")]

pub(super) mod attention;
mod bytes;
pub(super) mod float_panel;
pub(super) mod format;
mod mxfp4;
mod nibbles;
pub(super) mod panel;
pub(super) mod products;
mod row;

use std::arch::x86_64::{
    __m256, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehdup_ps, _mm_movehl_ps,
    _mm256_castps256_ps128, _mm256_extractf128_ps,
};

use super::activations::QuantizedRow;
use super::thread_pool::Columns;
pub(super) use bytes::ByteFormat;
use format::RowFormat;
pub(super) use mxfp4::Mxfp4Format;
pub(super) use nibbles::NibbleFormat;
use products::Products;

/// Products of weight rows with every token.
///
/// # Safety
/// The CPU has the instructions of `products`, and this is inlined where they are enabled.
#[inline(always)]
pub(super) unsafe fn multiply<P: Products, F: RowFormat>(
    products: P,
    format: F,
    (rows, tokens): (&[u8], &[&QuantizedRow]),
    columns: &mut Columns<'_>,
) {
    let Some(first) = tokens.first() else { return };
    for token in tokens {
        assert_eq!(token.num_blocks, first.num_blocks, "tokens of one length");
        token.assert_padded();
    }
    // SAFETY: the caller's, and the tokens are whole.
    unsafe {
        match tokens {
            [token] => row::multiply(products, format, rows, token, columns.row_mut(0)),
            tokens => products.multiply_panel(format, (rows, tokens), columns),
        }
    }
}

/// Sum of the eight lanes, by halves.
///
/// # Safety
/// See [`multiply`].
#[inline(always)]
pub(super) unsafe fn add_up(vector: __m256) -> f32 {
    // SAFETY: the caller's.
    unsafe {
        let (low, high) = (
            _mm256_castps256_ps128(vector),
            _mm256_extractf128_ps::<1>(vector),
        );
        let four = _mm_add_ps(low, high);
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
    }
}
