//! Dimensions of a gpt-oss model, from a GGUF header or from `config.json`.

use serde_json::Value;

use crate::kernels::SwigluLimits;
use crate::kv_cache::CacheShape;
use crate::loader::{GgufFile, HuggingFaceModel, Metadata, ModelFile};
use crate::model::dimensions::{dimension, optional, optional_f32};
use crate::model::{MAX_DIMENSION, ModelError};

/// Factor inside the sigmoid of the experts; part of the architecture, in no file.
const SWIGLU_ALPHA: f32 = 1.702;
/// Bound of the experts' inner values where the file names none.
const SWIGLU_LIMIT: f32 = 7.0;
/// Turns within the first training's window where the ramp of `YaRN` begins and ends.
const BETAS: [f32; 2] = [32.0, 1.0];

/// Stretching of the rotary frequencies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YarnConfig {
    /// How many times more positions.
    pub factor: f32,
    /// Positions of the first training.
    pub original_context: u32,
    /// Turns above which a frequency stays as it is.
    pub beta_fast: f32,
    /// Turns below which it is stretched in full.
    pub beta_slow: f32,
}

/// Rotary positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RopeConfig {
    /// Base of the frequencies.
    pub base: f32,
    /// Absent: frequencies as they are.
    pub yarn: Option<YarnConfig>,
}

/// Dimensions of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct GptOssConfig {
    /// Values of a token between layers.
    pub hidden_size: usize,
    /// Values inside an expert.
    pub intermediate_size: usize,
    /// Layers.
    pub num_layers: usize,
    /// Query heads.
    pub num_heads: usize,
    /// Key and value heads.
    pub num_kv_heads: usize,
    /// Values of a head.
    pub head_dim: usize,
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Tokens the model was made for.
    pub max_context: usize,
    /// Experts of a layer.
    pub num_experts: usize,
    /// Experts that work for a token.
    pub num_chosen: usize,
    /// Positions a token of a sliding layer attends to, itself included.
    pub sliding_window: usize,
    /// Whether each layer slides.
    pub is_sliding: Vec<bool>,
    /// Added to the mean square in norms.
    pub rms_norm_epsilon: f32,
    /// Rotary positions.
    pub rope: RopeConfig,
    /// Bounds inside the experts.
    pub swiglu: SwigluLimits,
}

impl GptOssConfig {
    /// Positions that a token of a layer attends to; `usize::MAX`: all before it.
    pub fn window(&self, layer: usize) -> usize {
        if self.is_sliding[layer] {
            self.sliding_window
        } else {
            usize::MAX
        }
    }

    /// Dimensions of a cache for sequences of up to `context_window` tokens.
    pub fn cache_shape(&self, context_window: usize) -> CacheShape {
        CacheShape {
            windows: (0..self.num_layers)
                .map(|layer| self.window(layer))
                .collect(),
            num_kv_heads: self.num_kv_heads,
            head_dim: self.head_dim,
            context_window,
        }
    }

    /// Reads and checks the dimensions.
    ///
    /// # Errors
    /// [`ModelError`], naming the key.
    pub fn new(file: &ModelFile) -> Result<Self, ModelError> {
        let config = match file {
            ModelFile::Gguf(file) => Self::from_gguf(file)?,
            ModelFile::HuggingFace(model) => Self::from_hugging_face(model)?,
        };
        config.check()?;
        Ok(config)
    }

    fn from_gguf(file: &GgufFile) -> Result<Self, ModelError> {
        let metadata = file.metadata();
        let size = |key: &str| dimension(metadata, &format!("gpt-oss.{key}"));
        let inner = size("feed_forward_length").unwrap_or(0);
        let num_layers = size("block_count")?;
        Ok(Self {
            hidden_size: size("embedding_length")?,
            intermediate_size: optional(metadata, "gpt-oss.expert_feed_forward_length", inner)?,
            num_layers,
            num_heads: size("attention.head_count")?,
            num_kv_heads: size("attention.head_count_kv")?,
            head_dim: size("attention.key_length")?,
            vocab_size: super::super::dimensions::vocab_size(file)?,
            max_context: size("context_length")?,
            num_experts: size("expert_count")?,
            num_chosen: size("expert_used_count")?,
            sliding_window: size("attention.sliding_window")?,
            // No key tells; the format's own converter takes it for granted.
            is_sliding: (0..num_layers).map(|layer| layer % 2 == 0).collect(),
            rms_norm_epsilon: metadata.f32("gpt-oss.attention.layer_norm_rms_epsilon")?,
            rope: RopeConfig {
                base: metadata.f32("gpt-oss.rope.freq_base")?,
                yarn: yarn_of(metadata)?,
            },
            swiglu: SwigluLimits {
                alpha: SWIGLU_ALPHA,
                limit: SWIGLU_LIMIT,
            },
        })
    }

    fn from_hugging_face(model: &HuggingFaceModel) -> Result<Self, ModelError> {
        let config = Json::new(model.config());
        config.expect("model_type", "gpt_oss")?;
        config.expect("hidden_act", "silu")?;
        // A checkpoint of plain floats would take four times the memory, and not fit.
        config
            .child(
                "quantization_config",
                "an object (experts of plain floats are not supported)",
            )?
            .expect("quant_method", "mxfp4")?;
        let num_layers = config.size("num_hidden_layers")?;
        Ok(Self {
            hidden_size: config.size("hidden_size")?,
            intermediate_size: config.size("intermediate_size")?,
            num_layers,
            num_heads: config.size("num_attention_heads")?,
            num_kv_heads: config.size("num_key_value_heads")?,
            head_dim: config.size("head_dim")?,
            vocab_size: config.size("vocab_size")?,
            max_context: config.size("max_position_embeddings")?,
            num_experts: config.size("num_local_experts")?,
            num_chosen: config.size("num_experts_per_tok")?,
            sliding_window: config.size("sliding_window")?,
            is_sliding: config.layer_types(num_layers)?,
            rms_norm_epsilon: config.number("rms_norm_eps", None)?,
            rope: config.rope()?,
            swiglu: SwigluLimits {
                alpha: SWIGLU_ALPHA,
                limit: config.number("swiglu_limit", Some(SWIGLU_LIMIT))?,
            },
        })
    }

    fn check(&self) -> Result<(), ModelError> {
        let whole = |size: usize| size.is_multiple_of(32);
        let checks = [
            (
                whole(self.hidden_size),
                "hidden size",
                self.hidden_size,
                "a multiple of 32",
            ),
            (
                whole(self.intermediate_size) && self.intermediate_size > 0,
                "size of an expert",
                self.intermediate_size,
                "a multiple of 32",
            ),
            (
                self.head_dim.is_multiple_of(2),
                "head size",
                self.head_dim,
                "an even number",
            ),
            (
                whole(self.num_heads * self.head_dim),
                "values of all query heads",
                self.num_heads * self.head_dim,
                "a multiple of 32",
            ),
            (
                self.num_heads.is_multiple_of(self.num_kv_heads),
                "key and value heads",
                self.num_kv_heads,
                "a divisor of the number of query heads",
            ),
            (
                self.num_chosen <= self.num_experts,
                "experts for each token",
                self.num_chosen,
                "at most the number of experts",
            ),
        ];
        if let Some((_, key, found, expected)) = checks.iter().find(|check| !check.0) {
            return Err(wrong(key, found.to_string(), expected));
        }
        let floats = [
            ("norm epsilon", self.rms_norm_epsilon),
            ("rotary base", self.rope.base - 1.0),
            ("bound of an expert's values", self.swiglu.limit),
        ];
        // Not a number is not more than 0 either.
        let is_wrong = |value: f32| !value.is_finite() || value <= 0.0;
        if let Some((key, value)) = floats.iter().find(|(_, value)| is_wrong(*value)) {
            return Err(wrong(key, value.to_string(), "more than 0"));
        }
        self.rope.yarn.map_or(Ok(()), |yarn| yarn.check())
    }
}

impl YarnConfig {
    /// Refuses what would make rotations that are no numbers.
    fn check(&self) -> Result<(), ModelError> {
        let is_positive = |value: f32| value.is_finite() && value > 0.0;
        if !is_positive(self.factor) {
            let found = self.factor.to_string();
            return Err(wrong("factor of rotary scaling", found, "more than 0"));
        }
        if self.original_context == 0 {
            let found = self.original_context.to_string();
            let key = "original context of rotary scaling";
            return Err(wrong(key, found, "more than 0"));
        }
        let is_ramp = is_positive(self.beta_slow) && self.beta_slow < self.beta_fast;
        if !(is_ramp && self.beta_fast.is_finite()) {
            let found = format!("{} and {}", self.beta_fast, self.beta_slow);
            let expected = "a larger and a smaller number, both more than 0";
            return Err(wrong("betas of rotary scaling", found, expected));
        }
        Ok(())
    }
}

fn wrong(key: &str, found: String, expected: &'static str) -> ModelError {
    ModelError::Dimension {
        key: key.to_owned(),
        found,
        expected,
    }
}

fn yarn_of(metadata: &Metadata) -> Result<Option<YarnConfig>, ModelError> {
    let key = "gpt-oss.rope.scaling.type";
    if !metadata.contains(key) {
        return Ok(None);
    }
    let found = metadata.string(key)?;
    if found != "yarn" {
        return Err(wrong(key, found.to_owned(), "yarn"));
    }
    let original = "gpt-oss.rope.scaling.original_context_length";
    let beta = |name: &str, default| {
        optional_f32(metadata, &format!("gpt-oss.rope.scaling.{name}"), default)
    };
    Ok(Some(YarnConfig {
        factor: metadata.f32("gpt-oss.rope.scaling.factor")?,
        original_context: metadata.u32(original)?,
        beta_fast: beta("yarn_beta_fast", BETAS[0])?,
        beta_slow: beta("yarn_beta_slow", BETAS[1])?,
    }))
}

/// An object of `config.json`, with the way to it.
struct Json<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Json<'a> {
    fn new(value: &'a Value) -> Self {
        let path = "config.json: ".to_owned();
        Self { value, path }
    }

    fn get(&self, key: &str) -> &'a Value {
        self.value.get(key).unwrap_or(&Value::Null)
    }

    fn wrong(&self, key: &str, expected: &'static str) -> ModelError {
        let found = self.get(key).to_string();
        wrong(&format!("{}{key}", self.path), found, expected)
    }

    fn child(&self, key: &str, expected: &'static str) -> Result<Self, ModelError> {
        let value = self.get(key);
        if !value.is_object() {
            return Err(self.wrong(key, expected));
        }
        let path = format!("{}{key}.", self.path);
        Ok(Self { value, path })
    }

    fn expect(&self, key: &str, expected: &'static str) -> Result<(), ModelError> {
        match self.get(key).as_str() {
            Some(found) if found == expected => Ok(()),
            _ => Err(self.wrong(key, expected)),
        }
    }

    fn size(&self, key: &str) -> Result<usize, ModelError> {
        let limit = u64::from(MAX_DIMENSION);
        let size = self.get(key).as_u64().filter(|it| (1..=limit).contains(it));
        let size = size.and_then(|size| usize::try_from(size).ok());
        size.ok_or_else(|| self.wrong(key, "1 to 1048576"))
    }

    fn number(&self, key: &str, default: Option<f32>) -> Result<f32, ModelError> {
        let value = self.get(key);
        #[expect(clippy::cast_possible_truncation, reason = "the model computes in f32")]
        let number = value.as_f64().map(|number| number as f32);
        let number = if value.is_null() { default } else { number };
        let number = number.filter(|number| number.is_finite());
        number.ok_or_else(|| self.wrong(key, "a number"))
    }

    fn layer_types(&self, num_layers: usize) -> Result<Vec<bool>, ModelError> {
        let key = "layer_types";
        let expected = "sliding_attention or full_attention for each layer";
        let types = self.get(key).as_array().filter(|it| it.len() == num_layers);
        let types = types.ok_or_else(|| self.wrong(key, expected))?;
        let is_sliding = |name: &Value| match name.as_str() {
            Some("sliding_attention") => Ok(true),
            Some("full_attention") => Ok(false),
            _ => Err(self.wrong(key, expected)),
        };
        types.iter().map(is_sliding).collect()
    }

    /// Directories saved by transformers 5 or later have everything about positions in one object,
    /// earlier ones the base beside it.
    fn rope(&self) -> Result<RopeConfig, ModelError> {
        let is_one_object = !self.get("rope_parameters").is_null();
        let (base, scaling) = if is_one_object {
            let all = self.child("rope_parameters", "an object")?;
            let base = all.number("rope_theta", None)?;
            let is_plain = all.get("rope_type").as_str() == Some("default");
            (base, (!is_plain).then_some(all))
        } else {
            let base = self.number("rope_theta", None)?;
            let is_plain = self.get("rope_scaling").is_null();
            let scaling = || self.child("rope_scaling", "an object");
            (base, (!is_plain).then(scaling).transpose()?)
        };
        let yarn = scaling.map(|scaling| scaling.yarn()).transpose()?;
        Ok(RopeConfig { base, yarn })
    }

    fn yarn(&self) -> Result<YarnConfig, ModelError> {
        self.expect("rope_type", "yarn")?;
        if self.get("truncate").as_bool() != Some(false) {
            return Err(self.wrong("truncate", "false"));
        }
        let original = self.size("original_max_position_embeddings")?;
        Ok(YarnConfig {
            factor: self.number("factor", None)?,
            original_context: u32::try_from(original).unwrap_or(u32::MAX),
            beta_fast: self.number("beta_fast", Some(BETAS[0]))?,
            beta_slow: self.number("beta_slow", Some(BETAS[1]))?,
        })
    }
}
