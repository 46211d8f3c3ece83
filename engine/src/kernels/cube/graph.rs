//! A step recorded once and run again with new inputs: one call instead of hundreds of launches.
//!
//! CUDA has graphs for this; `CubeCL` does the same for the other cards.
#![expect(
    unsafe_code,
    reason = "a recording works on the buffers it was made with"
)]

use std::thread::{self, ThreadId};

use burn::backend::{Backend, BackendTypes, Dispatch};
use burn::tensor::{Bytes, Device, Int, Tensor};
use burn_cubecl::CubeBackend;

type Graph = <Dispatch as BackendTypes>::GraphPrimitive;

/// Times a step runs before it is recorded: kernels are compiled, and all its buffers are there.
const WARM_UP: usize = 2;

/// The launches of a step, and all they work on.
#[derive(Debug)]
pub(crate) struct Recording<K, T> {
    // First, so that it is gone before what it works on.
    graph: Graph,
    kept: K,
    output: T,
    device: Device,
    thread: ThreadId,
}

/// Why a step cannot be recorded or run again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordingError {
    #[error("{0}")]
    Device(String),
    #[error("a recording is of the thread that made it")]
    OtherThread,
}

impl<K, T> Recording<K, T> {
    /// Records what `step` does on `device`. It allocates, reads and writes nothing but tensors and
    /// has nothing but `kept` to work on: that is why it is a plain function.
    pub(crate) fn new(
        device: &Device,
        mut kept: K,
        step: fn(&mut K) -> T,
    ) -> Result<Self, RecordingError> {
        let recorded = record(device, &mut kept, step);
        if recorded.is_err() {
            // A stream that was prepared, or records, stays so until it is told to stop.
            let _ = Dispatch::graph_stop_capture(device.as_dispatch());
        }
        let (graph, output) = recorded?;
        Ok(Self {
            graph,
            kept,
            output,
            device: device.clone(),
            thread: thread::current().id(),
        })
    }

    /// What the step works on.
    pub(crate) fn kept(&self) -> &K {
        &self.kept
    }

    /// Runs the step again; its output is written anew.
    pub(crate) fn replay(&self) -> Result<&T, RecordingError> {
        if thread::current().id() != self.thread {
            return Err(RecordingError::OtherThread);
        }
        // SAFETY: every tensor that was read or written belongs to `kept`, to `output` or was made
        // in between: the step is a function without captures, and had nothing else. `kept` and
        // `output` live as long as the graph and are only lent out; the pages of what was made in
        // between are held by the graph itself. A stream belongs to a thread, and inputs are
        // written, the step is run and its output is read on the thread that recorded it.
        let replayed = unsafe { Dispatch::graph_replay(self.device.as_dispatch(), &self.graph) };
        replayed.map_err(told)?;
        Ok(&self.output)
    }
}

fn record<K, T>(
    device: &Device,
    kept: &mut K,
    step: fn(&mut K) -> T,
) -> Result<(Graph, T), RecordingError> {
    let dispatch = device.as_dispatch();
    Dispatch::graph_prepare(dispatch).map_err(told)?;
    for _ in 0..WARM_UP {
        let output = step(kept);
        Dispatch::sync(dispatch).map_err(told)?;
        drop(output);
    }
    Dispatch::graph_start_capture(dispatch).map_err(told)?;
    let output = step(kept);
    let graph = Dispatch::graph_stop_capture(dispatch).map_err(told)?;
    Ok((graph, output))
}

fn told(error: impl std::fmt::Display) -> RecordingError {
    RecordingError::Device(error.to_string())
}

/// Writes other words into the buffer of a tensor on a card. Clones see them too.
///
/// # Panics
/// If the tensor is not on a card, or there are more or fewer words.
pub(crate) fn overwrite<const D: usize>(tensor: &Tensor<D, Int>, words: Vec<u32>) {
    assert_eq!(tensor.shape().num_elements(), words.len(), "as many words");
    let primitive = tensor.clone().try_into_primitive::<CubeBackend>();
    let primitive = primitive.expect("invariant: only steps on cards are recorded");
    primitive
        .client
        .write(&primitive.handle, Bytes::from_elems(words));
}
