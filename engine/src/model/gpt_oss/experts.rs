//! The mixture of experts: a router chooses some experts for each token, and their outputs are
//! added, weighted.

use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

use super::with_bias;
use crate::kernels::{KernelContext, SwigluLimits, WeightMatrix, limited_swiglu, matmul};

/// One expert: two matrices with a bounded `SwiGLU` between them.
#[derive(Debug)]
pub(super) struct Expert {
    /// All gates, then all the factors they are for.
    pub(super) gate_up: WeightMatrix,
    pub(super) gate_up_bias: Tensor<1>,
    pub(super) down: WeightMatrix,
    pub(super) down_bias: Tensor<1>,
}

/// The experts of a layer.
#[derive(Debug)]
pub(super) struct Experts {
    /// `[num_experts, hidden_size]`
    pub(super) router: WeightMatrix,
    pub(super) router_bias: Tensor<1>,
    pub(super) all: Vec<Expert>,
    /// How many work for a token.
    pub(super) num_chosen: usize,
    pub(super) limits: SwigluLimits,
}

/// Tokens of one expert.
#[derive(Clone, Debug, Default, PartialEq)]
struct Load {
    /// Rows of the input, ascending.
    tokens: Vec<i32>,
    /// What the expert's output is multiplied with.
    weights: Vec<f32>,
}

impl Experts {
    /// `[num_tokens, hidden_size]` to the same.
    ///
    /// Each output is a function of its own token alone: the experts are added in the order of
    /// their numbers, however many tokens there are.
    pub(super) fn forward(&self, context: &KernelContext, input: &Tensor<2>) -> Tensor<2> {
        let logits = with_bias(
            matmul(context, input.clone(), &self.router),
            &self.router_bias,
        );
        let logits: Vec<f32> = logits
            .into_data()
            .try_into_vec()
            .expect("invariant: logits are f32");
        let mut output = input.zeros_like();
        for (expert, load) in self.all.iter().zip(self.loads(&logits)) {
            if !load.tokens.is_empty() {
                output = self.add(context, expert, input, (load, output));
            }
        }
        output
    }

    /// Adds what `expert` makes of its tokens.
    fn add(
        &self,
        context: &KernelContext,
        expert: &Expert,
        input: &Tensor<2>,
        (load, output): (Load, Tensor<2>),
    ) -> Tensor<2> {
        let device = input.device();
        let count = load.tokens.len();
        let tokens = TensorData::new(load.tokens, [count]);
        let tokens: Tensor<1, Int> = Tensor::from_data(tokens, &device);
        let weights = TensorData::new(load.weights, [count, 1]);
        let weights: Tensor<2> = Tensor::from_data(weights, &device);
        let rows = input.clone().select(0, tokens.clone());
        let gate_up = with_bias(matmul(context, rows, &expert.gate_up), &expert.gate_up_bias);
        let inner = limited_swiglu(context, gate_up, self.limits);
        let rows = with_bias(matmul(context, inner, &expert.down), &expert.down_bias);
        output.select_assign(0, tokens, rows * weights, IndexingUpdateOp::Add)
    }

    /// Who works for whom, by expert. `logits`: `[num_tokens, num_experts]`.
    fn loads(&self, logits: &[f32]) -> Vec<Load> {
        let num_experts = self.all.len();
        let mut loads = vec![Load::default(); num_experts];
        for (token, logits) in (0..).zip(logits.chunks(num_experts)) {
            for (expert, weight) in choose(logits, self.num_chosen) {
                loads[expert].tokens.push(token);
                loads[expert].weights.push(weight);
            }
        }
        loads
    }

    /// Bytes that one token makes a step read.
    pub(super) fn bytes_per_token(&self) -> usize {
        let bytes = |expert: &Expert| {
            expert.gate_up.layout().num_bytes() + expert.down.layout().num_bytes()
        };
        let one = self.all.first().map_or(0, bytes);
        self.router.layout().num_bytes() + self.num_chosen * one
    }
}

/// The experts with the largest logits, and the softmax over those alone. Of equal logits the
/// first wins.
fn choose(logits: &[f32], num_chosen: usize) -> Vec<(usize, f32)> {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    order.truncate(num_chosen);
    let largest = order.first().map_or(0.0, |expert| logits[*expert]);
    let exponentials = order.iter().map(|expert| (logits[*expert] - largest).exp());
    let exponentials: Vec<f32> = exponentials.collect();
    let total: f32 = exponentials.iter().sum();
    let weights = exponentials.iter().map(|value| value / total);
    order.into_iter().zip(weights).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_logits_are_chosen_and_share_the_weight() {
        let chosen = choose(&[0.0, 2.0, -1.0, 2.0, 1.0], 3);
        let experts: Vec<_> = chosen.iter().map(|(expert, _)| *expert).collect();
        assert_eq!(experts, [1, 3, 4]);
        let total: f32 = chosen.iter().map(|(_, weight)| weight).sum();
        assert!((total - 1.0).abs() < 1e-6);
        assert!((chosen[0].1 / chosen[2].1 - std::f32::consts::E).abs() < 1e-5);
    }

    #[test]
    fn a_broken_logit_breaks_no_choice() {
        assert_eq!(choose(&[f32::NAN, 1.0], 2).len(), 2);
        assert_eq!(choose(&[1.0], 1), [(0, 1.0)]);
    }
}
