//! Names of a gpt-oss model's tensors in both formats, and how its experts lie there.

use burn::tensor::{Device, Tensor, TensorData};

use super::Layer;
use super::config::GptOssConfig;
use super::experts::Experts;
use crate::kernels::{ExpertStack, WeightMatrix};
use crate::loader::ModelFile;
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
    let place = weights.begin_layer(index);
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
        window: config.window(index),
        place,
    })
}

fn experts(
    weights: &mut WeightReader<'_>,
    names: Names,
    config: &GptOssConfig,
    index: usize,
) -> Result<Experts, ModelError> {
    let router = names.of_layer(index, "mlp.router.weight");
    let router = weights.matrix_as_stored(&router, config.num_experts, config.hidden_size)?;
    let router_bias = names.of_layer(index, "mlp.router.bias");
    let router_bias = weights.vector(&router_bias, config.num_experts)?;
    let stack = match names {
        Names::Gguf => from_gguf(weights, config, index)?,
        Names::HuggingFace => from_hugging_face(weights, config, index)?,
    };
    Ok(Experts {
        router,
        router_bias,
        stack,
        num_chosen: config.num_chosen,
    })
}

/// `[num_experts, size]`
fn biases(rows: &[Vec<f32>], device: &Device) -> Tensor<2> {
    let (count, size) = (rows.len(), rows.first().map_or(0, Vec::len));
    Tensor::from_data(TensorData::new(rows.concat(), [count, size]), device)
}

/// Gates and their factors are tensors of their own.
fn from_gguf(
    weights: &mut WeightReader<'_>,
    config: &GptOssConfig,
    index: usize,
) -> Result<ExpertStack, ModelError> {
    let (hidden, inner, count) = (
        config.hidden_size,
        config.intermediate_size,
        config.num_experts,
    );
    let name = |part: &str| format!("blk.{index}.ffn_{part}_exps.weight");
    let bias = |part: &str| format!("blk.{index}.ffn_{part}_exps.bias");
    let gates = weights.expert_matrices(&name("gate"), [hidden, inner, count])?;
    let ups = weights.expert_matrices(&name("up"), [hidden, inner, count])?;
    let down = weights.expert_matrices(&name("down"), [inner, hidden, count])?;
    if gates.tensor_type() != ups.tensor_type() {
        return Err(ModelError::UnequalTypes { name: name("up") });
    }
    let mut gate_up_bias = weights.rows(&bias("gate"), inner, count)?;
    let up_bias = weights.rows(&bias("up"), inner, count)?;
    for (gate, up) in gate_up_bias.iter_mut().zip(up_bias) {
        gate.extend(up);
    }
    let down_bias = weights.rows(&bias("down"), hidden, count)?;
    let device = weights.device();
    let joined = |expert: usize| {
        let (mut gate, up) = (gates.matrix(expert)?, ups.matrix(expert)?);
        gate.bytes.extend(up.bytes);
        gate.layout.out_features += up.layout.out_features;
        Ok::<_, ModelError>(gate)
    };
    let stack = ExpertStack {
        gate_up: WeightMatrix::stack(count, joined, device)?,
        gate_up_bias: biases(&gate_up_bias, device),
        down: WeightMatrix::stack(count, |expert| down.matrix(expert), device)?,
        down_bias: biases(&down_bias, device),
        limits: config.swiglu,
    };
    for part in ["gate", "up", "down"] {
        weights.release(&name(part));
    }
    Ok(stack)
}

/// Gates stand in even rows, their factors in odd ones.
fn from_hugging_face(
    weights: &mut WeightReader<'_>,
    config: &GptOssConfig,
    index: usize,
) -> Result<ExpertStack, ModelError> {
    let (hidden, inner, count) = (
        config.hidden_size,
        config.intermediate_size,
        config.num_experts,
    );
    let apart: Vec<usize> = (0..inner)
        .map(|row| 2 * row)
        .chain((0..inner).map(|row| 2 * row + 1))
        .collect();
    let in_order: Vec<usize> = (0..hidden).collect();
    let name = |part: &str| format!("model.layers.{index}.mlp.experts.{part}");
    let gate_up = weights.expert_planes(&name("gate_up_proj"), [hidden, 2 * inner, count])?;
    let down = weights.expert_planes(&name("down_proj"), [inner, hidden, count])?;
    let gate_up_bias = weights.rows(&name("gate_up_proj_bias"), 2 * inner, count)?;
    let apart_bias = |bias: &Vec<f32>| apart.iter().map(|row| bias[*row]).collect();
    let gate_up_bias: Vec<Vec<f32>> = gate_up_bias.iter().map(apart_bias).collect();
    let down_bias = weights.rows(&name("down_proj_bias"), hidden, count)?;
    let device = weights.device();
    let stack = ExpertStack {
        gate_up: WeightMatrix::stack(count, |expert| gate_up.matrix(expert, &apart), device)?,
        gate_up_bias: biases(&gate_up_bias, device),
        down: WeightMatrix::stack(count, |expert| down.matrix(expert, &in_order), device)?,
        down_bias: biases(&down_bias, device),
        limits: config.swiglu,
    };
    for part in ["gate_up_proj", "down_proj"] {
        weights.release(&format!("{}_blocks", name(part)));
        weights.release(&format!("{}_scales", name(part)));
    }
    Ok(stack)
}
