//! Which experts work for which tokens, and the weights they work with.

use burn::tensor::Tensor;

use super::{SwigluLimits, WeightMatrix};
use crate::layout::MatrixLayout;

/// The experts of a layer.
#[derive(Debug)]
pub struct ExpertStack {
    /// All gates, then all the factors they are for; a stack of `[2 * inner_size, hidden_size]`.
    pub gate_up: WeightMatrix,
    /// `[num_experts, 2 * inner_size]`
    pub gate_up_bias: Tensor<2>,
    /// A stack of `[hidden_size, inner_size]`.
    pub down: WeightMatrix,
    /// `[num_experts, hidden_size]`
    pub down_bias: Tensor<2>,
    /// Bounds of the `SwiGLU`.
    pub limits: SwigluLimits,
}

/// What the experts are to do, beside tensors.
#[derive(Clone, Copy, Debug)]
pub struct ExpertPlan {
    /// Layout of one expert's gates and factors.
    pub gate_up: MatrixLayout,
    /// Layout of one expert's second matrix.
    pub down: MatrixLayout,
    /// Bounds of the `SwiGLU`.
    pub limits: SwigluLimits,
    /// Experts that work for a token.
    pub num_chosen: usize,
}

/// The choices of all tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Routing {
    /// Experts of a token.
    pub num_chosen: usize,
    /// `[num_tokens, num_chosen]`, ascending within a token.
    pub experts: Vec<u32>,
    /// What an expert's output is multiplied with, likewise.
    pub weights: Vec<f32>,
}

impl Routing {
    /// The experts with the largest logits of each token, weighted with the softmax over those
    /// alone. Of equal logits the first wins. `logits`: `[num_tokens, num_experts]`.
    ///
    /// # Panics
    /// If there are fewer experts than are to be chosen.
    pub fn new(logits: &[f32], num_experts: usize, num_chosen: usize) -> Self {
        assert!(num_chosen <= num_experts, "as many experts as are chosen");
        let mut routing = Self {
            num_chosen,
            experts: Vec::new(),
            weights: Vec::new(),
        };
        for logits in logits.chunks(num_experts) {
            for (expert, weight) in choose(logits, num_chosen) {
                let expert = u32::try_from(expert).expect("invariant: far fewer experts");
                routing.experts.push(expert);
                routing.weights.push(weight);
            }
        }
        routing
    }

    /// Tokens.
    pub fn num_tokens(&self) -> usize {
        self.experts.len() / self.num_chosen
    }

    /// Experts and weights, token by token.
    pub fn choices(&self) -> impl Iterator<Item = (usize, f32)> {
        let experts = self.experts.iter().map(|expert| *expert as usize);
        experts.zip(self.weights.iter().copied())
    }
}

fn choose(logits: &[f32], num_chosen: usize) -> Vec<(usize, f32)> {
    let mut chosen: Vec<usize> = Vec::with_capacity(num_chosen);
    for _ in 0..num_chosen {
        let left = (0..logits.len()).filter(|expert| !chosen.contains(expert));
        // The first of equals stays.
        let best = left.reduce(|best, expert| {
            if logits[expert].total_cmp(&logits[best]).is_gt() {
                expert
            } else {
                best
            }
        });
        chosen.extend(best);
    }
    let largest = chosen.first().map_or(0.0, |expert| logits[*expert]);
    let exponentials = chosen
        .iter()
        .map(|expert| (logits[*expert] - largest).exp());
    let exponentials: Vec<f32> = exponentials.collect();
    let total: f32 = exponentials.iter().sum();
    let weights = exponentials.iter().map(|value| value / total);
    let mut choices: Vec<_> = chosen.into_iter().zip(weights).collect();
    choices.sort_by_key(|(expert, _)| *expert);
    choices
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
    fn a_token_has_its_experts_in_the_order_of_their_numbers() {
        let routing = Routing::new(&[1.0, 5.0, 3.0, 9.0, 0.0, 1.0], 3, 2);
        assert_eq!(routing.experts, [1, 2, 0, 2]);
        assert_eq!(routing.num_tokens(), 2);
        assert!(routing.weights[0] > routing.weights[1]);
    }

    #[test]
    fn a_broken_logit_breaks_no_choice() {
        assert_eq!(choose(&[f32::NAN, 1.0], 2).len(), 2);
        assert_eq!(choose(&[1.0], 1), [(0, 1.0)]);
    }
}
