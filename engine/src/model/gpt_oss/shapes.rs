//! Dimensions of the published models, for measuring where there is no file. Source: their
//! `config.json`.

use super::GptOssConfig;
use super::config::{RopeConfig, YarnConfig};
use crate::kernels::SwigluLimits;

impl GptOssConfig {
    /// The model of that name: `gpt-oss-20b`, `gpt-oss-120b`.
    pub fn published(name: &str) -> Option<Self> {
        match name {
            "gpt-oss-20b" => Some(Self::of_size(24, 32)),
            "gpt-oss-120b" => Some(Self::of_size(36, 128)),
            _ => None,
        }
    }

    fn of_size(num_layers: usize, num_experts: usize) -> Self {
        Self {
            hidden_size: 2880,
            intermediate_size: 2880,
            num_layers,
            num_heads: 64,
            num_kv_heads: 8,
            head_dim: 64,
            vocab_size: 201_088,
            max_context: 131_072,
            num_experts,
            num_chosen: 4,
            sliding_window: 128,
            is_sliding: (0..num_layers).map(|layer| layer % 2 == 0).collect(),
            rms_norm_epsilon: 1e-5,
            rope: RopeConfig {
                base: 150_000.0,
                yarn: Some(YarnConfig {
                    factor: 32.0,
                    original_context: 4096,
                    beta_fast: 32.0,
                    beta_slow: 1.0,
                }),
            },
            swiglu: SwigluLimits {
                alpha: 1.702,
                limit: 7.0,
            },
        }
    }

    /// Weights of all kinds.
    pub fn num_parameters(&self) -> u64 {
        let hidden = self.hidden_size;
        let query = self.num_heads * self.head_dim;
        let qkv = query + 2 * self.num_kv_heads * self.head_dim;
        let attention = (qkv + query) * hidden + qkv + hidden + self.num_heads;
        let expert = 3 * hidden * self.intermediate_size + 2 * self.intermediate_size + hidden;
        let layer = attention + self.num_experts * (expert + hidden + 1) + 2 * hidden;
        (self.num_layers * layer + (2 * self.vocab_size + 1) * hidden) as u64
    }

    /// Bytes of random weights of these dimensions, see [`GptOss::random`](super::GptOss::random).
    pub fn random_bytes(&self) -> u64 {
        let experts = self.num_layers * self.num_experts * 3 * self.hidden_size;
        let in_experts = (experts * self.intermediate_size) as u64;
        // 17 bytes for 32 weights of experts, 34 for the others.
        in_experts / 32 * 17 + self.num_parameters().saturating_sub(in_experts) / 32 * 34
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_models_have_as_many_weights_as_their_card_says() {
        let count = |name| GptOssConfig::published(name).map(|config| config.num_parameters());
        assert_eq!(count("gpt-oss-20b"), Some(20_914_757_184));
        assert_eq!(count("gpt-oss-120b"), Some(116_829_156_672));
        assert_eq!(count("gpt-oss-2b"), None);
    }
}
