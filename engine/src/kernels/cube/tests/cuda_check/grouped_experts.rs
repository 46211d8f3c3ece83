//! The kernels of experts for many tokens: of a prefill, so no answer's token waits for them.

use std::sync::Arc;

use cubecl::ir::TargetProperties;

use super::super::super::{grouped, grouped_mma, grouped_plain, grouping, mma_tile};
use super::{Kernel, buffer, properties, rows, units};
use crate::layout::LayoutKind;

/// Prefill: a token waits for none of them.
pub(super) fn of_tiles(kind: LayoutKind) -> [Kernel; 2] {
    use grouped_plain::down_tile_kernel::DownTileKernel;
    use grouped_plain::gate_up_tile_kernel::GateUpTileKernel;
    let gate_up = kernel!(
        format!("gate_up in tiles {kind:?}"),
        false,
        GateUpTileKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        (),
        (),
        (),
        kind
    );
    let down = kernel!(
        format!("down in tiles {kind:?}"),
        false,
        DownTileKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        kind
    );
    [gate_up, down]
}

/// What no driver in software can run.
pub(super) fn of_tensor_cores(kind: LayoutKind) -> [Kernel; 2] {
    use grouped_mma::down_mma_kernel::DownMmaKernel;
    use grouped_mma::gate_up_mma_kernel::GateUpMmaKernel;
    let gate_up = kernel!(
        format!("gate_up on tensor cores (not run) {kind:?}"),
        false,
        GateUpMmaKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        (),
        (),
        (),
        kind
    );
    let down = kernel!(
        format!("down on tensor cores (not run) {kind:?}"),
        false,
        DownMmaKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        kind
    );
    [gate_up, down]
}

pub(super) fn of_grouping() -> [Kernel; 4] {
    use grouped::combine_kernel::CombineKernel;
    use grouping::count_kernel::CountKernel;
    let count = kernel!(
        "count",
        false,
        CountKernel::new,
        rows(),
        buffer(),
        buffer(),
        (),
        ()
    );
    let combine = kernel!(
        "combine",
        false,
        CombineKernel::new,
        units(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        ()
    );
    let [small, large] = [grouped_plain::TILE_ROWS, mma_tile::TILE_ROWS].map(of_placing);
    [count, small, large, combine]
}

fn of_placing(tile_rows: usize) -> Kernel {
    use grouping::place_kernel::PlaceKernel;
    kernel!(
        format!("place {tile_rows}"),
        false,
        PlaceKernel::new,
        rows(),
        buffer(),
        buffer(),
        buffer(),
        buffer(),
        (),
        (),
        (),
        tile_rows
    )
}
