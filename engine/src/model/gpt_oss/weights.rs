//! Names of a gpt-oss model's tensors in both formats, and how its experts lie there.

use burn::tensor::{Tensor, TensorData};

use super::Layer;
use super::config::GptOssConfig;
use super::experts::{Expert, Experts};
use crate::kernels::WeightMatrix;
use crate::loader::ModelFile;
use crate::loader::repack::PackedMatrix;
use crate::model::ModelError;
use crate::model::weights::WeightReader;

/// Whose names a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    Gguf,
    HuggingFace,
}

impl Names {
    pub(super) fn of(file: &ModelFile) -> Self {
        match file {
            ModelFile::Gguf(_) => Self::Gguf,
            ModelFile::HuggingFace(_) => Self::HuggingFace,
        }
    }

    pub(super) fn embed_tokens(self) -> &'static str {
        match self {
            Self::Gguf => "token_embd.weight",
            Self::HuggingFace => "model.embed_tokens.weight",
        }
    }

    pub(super) fn norm(self) -> &'static str {
        match self {
            Self::Gguf => "output_norm.weight",
            Self::HuggingFace => "model.norm.weight",
        }
    }

    pub(super) fn lm_head(self) -> &'static str {
        match self {
            Self::Gguf => "output.weight",
            Self::HuggingFace => "lm_head.weight",
        }
    }

    /// A tensor of a layer; `part` is the name in the Hugging Face checkpoint.
    fn of_layer(self, index: usize, part: &str) -> String {
        match self {
            Self::HuggingFace => format!("model.layers.{index}.{part}"),
            Self::Gguf => {
                let (module, parameter) = part.rsplit_once('.').unwrap_or(("", part));
                let module = match module {
                    "input_layernorm" => "attn_norm",
                    "post_attention_layernorm" => "post_attention_norm",
                    "self_attn.q_proj" => "attn_q",
                    "self_attn.k_proj" => "attn_k",
                    "self_attn.v_proj" => "attn_v",
                    "self_attn.o_proj" => "attn_output",
                    "mlp.router" => "ffn_gate_inp",
                    _ => return format!("blk.{index}.attn_sinks.weight"),
                };
                format!("blk.{index}.{module}.{parameter}")
            }
        }
    }
}

pub(super) fn layer(
    weights: &mut WeightReader<'_>,
    names: Names,
    config: &GptOssConfig,
    index: usize,
) -> Result<Layer, ModelError> {
    let name = |part: &str| names.of_layer(index, part);
    let hidden = config.hidden_size;
    let query = config.num_heads * config.head_dim;
    let kv = config.num_kv_heads * config.head_dim;
    let sizes = [("q_proj", query), ("k_proj", kv), ("v_proj", kv)];
    let parts =
        |kind: &str| sizes.map(|(part, size)| (name(&format!("self_attn.{part}.{kind}")), size));
    let is_sliding = config.is_sliding[index];
    Ok(Layer {
        input_layernorm: weights.vector(&name("input_layernorm.weight"), hidden)?,
        qkv_proj: weights.linear(&parts("weight"), hidden)?,
        qkv_bias: weights.joined_vector(&parts("bias"))?,
        o_proj: weights.linear(&[(name("self_attn.o_proj.weight"), hidden)], query)?,
        o_bias: weights.vector(&name("self_attn.o_proj.bias"), hidden)?,
        sinks: weights.vector(&name("self_attn.sinks"), config.num_heads)?,
        post_attention_layernorm: weights
            .vector(&name("post_attention_layernorm.weight"), hidden)?,
        experts: experts(weights, names, config, index)?,
        window: if is_sliding {
            config.sliding_window
        } else {
            usize::MAX
        },
    })
}

fn experts(
    weights: &mut WeightReader<'_>,
    names: Names,
    config: &GptOssConfig,
    index: usize,
) -> Result<Experts, ModelError> {
    let router = names.of_layer(index, "mlp.router.weight");
    let router = weights.matrix(&router, config.num_experts, config.hidden_size)?;
    let router_bias = names.of_layer(index, "mlp.router.bias");
    let router_bias = weights.vector(&router_bias, config.num_experts)?;
    let (gate_up, down) = match names {
        Names::Gguf => from_gguf(weights, config, index)?,
        Names::HuggingFace => from_hugging_face(weights, config, index)?,
    };
    let experts = gate_up.into_iter().zip(down).map(|(gate_up, down)| {
        let (gate_up, gate_up_bias) = gate_up.place(weights);
        let (down, down_bias) = down.place(weights);
        Expert {
            gate_up,
            gate_up_bias,
            down,
            down_bias,
        }
    });
    Ok(Experts {
        router,
        router_bias,
        all: experts.collect(),
        num_chosen: config.num_chosen,
        limits: config.swiglu,
    })
}

/// A matrix and its bias, not on a device yet.
struct Part {
    matrix: PackedMatrix,
    bias: Vec<f32>,
}

impl Part {
    fn place(self, weights: &WeightReader<'_>) -> (WeightMatrix, Tensor<1>) {
        let length = self.bias.len();
        let bias = TensorData::new(self.bias, [length]);
        (
            WeightMatrix::new(self.matrix, weights.device()),
            Tensor::from_data(bias, weights.device()),
        )
    }
}

type Parts = (Vec<Part>, Vec<Part>);

/// Gates and their factors are tensors of their own.
fn from_gguf(
    weights: &mut WeightReader<'_>,
    config: &GptOssConfig,
    index: usize,
) -> Result<Parts, ModelError> {
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let mut read = |part: &str, rows: usize, columns: usize| {
        let name = format!("blk.{index}.ffn_{part}_exps");
        let shape = [columns, rows, config.num_experts];
        let matrices = weights.expert_matrices(&format!("{name}.weight"), shape)?;
        let biases = weights.rows(&format!("{name}.bias"), rows, config.num_experts)?;
        let parts = matrices.into_iter().zip(biases);
        let parts = parts.map(|(matrix, bias)| Part { matrix, bias });
        Ok::<_, ModelError>(parts.collect::<Vec<_>>())
    };
    let gates = read("gate", inner, hidden)?;
    let ups = read("up", inner, hidden)?;
    let down = read("down", hidden, inner)?;
    let join = |(mut gate, up): (Part, Part)| {
        if !gate.matrix.layout.stacks_with(&up.matrix.layout) {
            let name = format!("blk.{index}.ffn_up_exps.weight");
            return Err(ModelError::UnequalTypes { name });
        }
        gate.matrix.bytes.extend(up.matrix.bytes);
        gate.matrix.layout.out_features += up.matrix.layout.out_features;
        gate.bias.extend(up.bias);
        Ok(gate)
    };
    let gate_up = gates.into_iter().zip(ups).map(join);
    Ok((gate_up.collect::<Result<_, _>>()?, down))
}

/// Gates stand in even rows, their factors in odd ones.
fn from_hugging_face(
    weights: &mut WeightReader<'_>,
    config: &GptOssConfig,
    index: usize,
) -> Result<Parts, ModelError> {
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let apart: Vec<usize> = (0..2 * inner)
        .map(|row| {
            if row < inner {
                2 * row
            } else {
                2 * (row - inner) + 1
            }
        })
        .collect();
    let in_order: Vec<usize> = (0..hidden).collect();
    let mut read = |part: &str, order: &[usize], columns: usize| {
        let name = format!("model.layers.{index}.mlp.experts.{part}");
        let matrices = weights.expert_planes(&name, config.num_experts, order, columns)?;
        let rows = order.len();
        let biases = weights.rows(&format!("{name}_bias"), rows, config.num_experts)?;
        let parts = matrices.into_iter().zip(biases).map(|(matrix, bias)| Part {
            matrix,
            bias: order.iter().map(|row| bias[*row]).collect(),
        });
        Ok::<_, ModelError>(parts.collect::<Vec<_>>())
    };
    Ok((
        read("gate_up_proj", &apart, hidden)?,
        read("down_proj", &in_order, inner)?,
    ))
}
