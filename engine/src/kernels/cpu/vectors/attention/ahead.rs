//! Asking for memory before it is needed.

use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};

use super::super::super::attention::AttentionHead;
use super::{Group, STRETCH, within};
use crate::block_pool::BLOCK_TOKENS;
use crate::kernels::cache_memory::LINE;

/// A block of the next stretch. Loops that multiply ask for its lines one by one: they have nothing
/// else to load in time, and many lines at once wait for each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead {
    first: *const f32,
    /// Floats from line to line; 0: always the same line, which is near.
    step: usize,
}

impl Ahead {
    /// The group's share of the blocks of the stretch that begins at `start`: all groups of a
    /// sequence together ask for every block. What is more than one is asked for here.
    #[inline(always)]
    pub(super) fn new<'a>(
        (heads, group): (&[AttentionHead<'a>], &Group),
        start: usize,
        of_block: impl Fn(&AttentionHead<'a>, usize) -> &'a [f32],
    ) -> Self {
        let positions = within(&group.all, &(start..start + STRETCH));
        let mut ahead = Self {
            first: heads[0].query.as_ptr(),
            step: 0,
        };
        if positions.is_empty() {
            return ahead;
        }
        let (part, count) = group.part;
        let blocks = start / BLOCK_TOKENS + part..positions.end.div_ceil(BLOCK_TOKENS);
        for block in blocks.step_by(count) {
            if ahead.step > 0 {
                for line in 0..heads[0].query.len() {
                    ahead.line(line);
                }
            }
            ahead = Self {
                first: of_block(&heads[0], block).as_ptr(),
                step: LINE / size_of::<f32>(),
            };
        }
        ahead
    }

    /// Asks for a line of the block; there are as many as values of a head.
    #[inline(always)]
    pub(super) fn line(self, line: usize) {
        let address = self.first.wrapping_add(line * self.step);
        // SAFETY: nothing is read or written.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast::<i8>()) };
    }
}
