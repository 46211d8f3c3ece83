//! Writes a small GGUF file with random weights.

use std::io::Write as _;

use half::f16;
use tempfile::NamedTempFile;

pub(crate) const HIDDEN_SIZE: u64 = 64;
pub(crate) const VOCAB_SIZE: u64 = 96;
const INTERMEDIATE_SIZE: u64 = 96;
const KV_SIZE: u64 = 32;
const NUM_LAYERS: u32 = 2;
pub(crate) const CONTEXT_LENGTH: u32 = 128;

const F32: u32 = 0;
const Q4_0: u32 = 2;
const Q4_1: u32 = 3;
const Q8_0: u32 = 8;

/// The parts of a file, each of which a test may damage before they are joined.
#[derive(Clone, Debug)]
pub(crate) struct TinyGguf {
    pub(crate) magic: [u8; 4],
    pub(crate) version: u32,
    pub(crate) num_tensors: u64,
    pub(crate) num_pairs: u64,
    pub(crate) pairs: Vec<(String, u32, Vec<u8>)>,
    pub(crate) tensors: Vec<TinyTensor>,
}

#[derive(Clone, Debug)]
pub(crate) struct TinyTensor {
    pub(crate) name: String,
    pub(crate) num_dimensions: u32,
    pub(crate) dimensions: Vec<u64>,
    pub(crate) tensor_type: u32,
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn text(value: &str) -> Vec<u8> {
    let mut bytes = (value.len() as u64).to_le_bytes().to_vec();
    bytes.extend(value.as_bytes());
    bytes
}

impl TinyGguf {
    /// A complete llama model: queries and MLP in `Q4_1`, output in `Q4_0`, tied `Q8_0`.
    pub(crate) fn new(seed: u64) -> Self {
        let u32s = [
            ("llama.embedding_length", 64),
            ("llama.feed_forward_length", 96),
            ("llama.block_count", NUM_LAYERS),
            ("llama.context_length", CONTEXT_LENGTH),
            ("llama.attention.head_count", 4),
            ("llama.attention.head_count_kv", 2),
        ];
        let mut pairs = vec![("general.architecture".to_owned(), 8, text("llama"))];
        pairs.extend(u32s.map(|(key, value)| (key.to_owned(), 4, value.to_le_bytes().to_vec())));
        let epsilon = "llama.attention.layer_norm_rms_epsilon".to_owned();
        pairs.push((epsilon, 6, 1e-5_f32.to_le_bytes().to_vec()));
        let mut file = Self {
            magic: *b"GGUF",
            version: 3,
            num_tensors: 0,
            num_pairs: pairs.len() as u64,
            pairs,
            tensors: Vec::new(),
        };
        let mut noise = Noise(seed);
        file.push(
            &mut noise,
            "token_embd.weight",
            &[HIDDEN_SIZE, VOCAB_SIZE],
            Q8_0,
        );
        file.push(&mut noise, "output_norm.weight", &[HIDDEN_SIZE], F32);
        for layer in 0..NUM_LAYERS {
            for (part, dimensions, tensor_type) in [
                ("attn_norm", &[HIDDEN_SIZE][..], F32),
                ("attn_q", &[HIDDEN_SIZE, HIDDEN_SIZE], Q4_1),
                ("attn_k", &[HIDDEN_SIZE, KV_SIZE], Q4_1),
                ("attn_v", &[HIDDEN_SIZE, KV_SIZE], Q8_0),
                ("attn_output", &[HIDDEN_SIZE, HIDDEN_SIZE], Q4_0),
                ("ffn_norm", &[HIDDEN_SIZE], F32),
                ("ffn_gate", &[HIDDEN_SIZE, INTERMEDIATE_SIZE], Q4_1),
                ("ffn_up", &[HIDDEN_SIZE, INTERMEDIATE_SIZE], Q4_1),
                ("ffn_down", &[INTERMEDIATE_SIZE, HIDDEN_SIZE], F32),
            ] {
                let name = format!("blk.{layer}.{part}.weight");
                file.push(&mut noise, &name, dimensions, tensor_type);
            }
        }
        file
    }

    fn push(&mut self, noise: &mut Noise, name: &str, dimensions: &[u64], tensor_type: u32) {
        let offset = self.tensors.last().map_or(0, |last| {
            (last.offset + last.bytes.len() as u64).next_multiple_of(32)
        });
        self.num_tensors += 1;
        self.tensors.push(TinyTensor {
            name: name.to_owned(),
            num_dimensions: u32::try_from(dimensions.len()).unwrap(),
            dimensions: dimensions.to_vec(),
            tensor_type,
            offset,
            bytes: noise.tensor(dimensions.iter().product(), tensor_type),
        });
    }

    pub(crate) fn pair(&mut self, key: &str) -> &mut (String, u32, Vec<u8>) {
        self.pairs.iter_mut().find(|pair| pair.0 == key).unwrap()
    }

    /// The file's bytes, whatever its parts say.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.magic.to_vec();
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(self.num_tensors.to_le_bytes());
        bytes.extend(self.num_pairs.to_le_bytes());
        for (key, value_type, value) in &self.pairs {
            bytes.extend(text(key));
            bytes.extend(value_type.to_le_bytes());
            bytes.extend(value);
        }
        for tensor in &self.tensors {
            bytes.extend(text(&tensor.name));
            bytes.extend(tensor.num_dimensions.to_le_bytes());
            bytes.extend(tensor.dimensions.iter().flat_map(|size| size.to_le_bytes()));
            bytes.extend(tensor.tensor_type.to_le_bytes());
            bytes.extend(tensor.offset.to_le_bytes());
        }
        for tensor in &self.tensors {
            bytes.resize(bytes.len().next_multiple_of(32), 0);
            bytes.extend(&tensor.bytes);
        }
        bytes
    }

    pub(crate) fn write(&self) -> NamedTempFile {
        write(&self.to_bytes())
    }
}

pub(crate) fn write(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// A small generator: tests need variety and repeatability, no quality.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0.to_le_bytes()[6]
    }

    /// -1 to 1.
    fn float(&mut self) -> f32 {
        f32::from(self.byte()) / 127.5 - 1.0
    }

    fn tensor(&mut self, num_values: u64, tensor_type: u32) -> Vec<u8> {
        let (halves, codes) = match tensor_type {
            F32 => {
                return (0..num_values)
                    .flat_map(|_| self.float().to_le_bytes())
                    .collect();
            }
            Q4_0 => (1, 16),
            Q4_1 => (2, 16),
            _ => (1, 32),
        };
        let mut bytes = Vec::new();
        for _ in 0..num_values / 32 {
            for _ in 0..halves {
                bytes.extend(f16::from_f32(self.float() / 40.0).to_le_bytes());
            }
            bytes.extend((0..codes).map(|_| self.byte()));
        }
        bytes
    }
}
