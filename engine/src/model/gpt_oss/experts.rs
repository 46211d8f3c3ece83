//! The mixture of experts: a router chooses some experts for each token, and their outputs are
//! added, weighted.

use burn::tensor::Tensor;

use super::with_bias;
use crate::kernels::{self, ExpertStack, KernelContext, WeightMatrix, matmul};

/// The experts of a layer, and who chooses among them.
#[derive(Debug)]
pub(super) struct Experts {
    /// `[num_experts, hidden_size]`
    pub(super) router: WeightMatrix,
    pub(super) router_bias: Tensor<1>,
    pub(super) stack: ExpertStack,
    /// How many work for a token.
    pub(super) num_chosen: usize,
}

impl Experts {
    /// `[num_tokens, hidden_size]` to the same.
    ///
    /// Each output is a function of its own token alone: the experts are added in the order of
    /// their numbers, however many tokens there are.
    pub(super) fn forward(&self, context: &KernelContext, input: Tensor<2>) -> Tensor<2> {
        let logits = matmul(context, input.clone(), &self.router);
        let logits = with_bias(logits, &self.router_bias);
        kernels::experts(context, input, logits, &self.stack, self.num_chosen)
    }

    /// Bytes that one token makes a step read.
    pub(super) fn bytes_per_token(&self) -> usize {
        let one = self.stack.gate_up.layout().num_bytes() + self.stack.down.layout().num_bytes();
        self.router.layout().num_bytes() + self.num_chosen * one
    }
}
