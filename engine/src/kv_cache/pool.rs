//! The memory of all caches: two tensors a layer, owned by whoever computes with them.
//!
//! A forward pass takes the tensors of a layer out and puts them back: nobody else can hold a
//! reference meanwhile, so burn's copy-on-write tensors are written in place.

use burn::tensor::Device;

use super::{CacheShape, KvCache, KvPlan, NoRoom, plan};
use crate::block_pool::{BLOCK_TOKENS, BlockPool, BlockTable};
use crate::kernels::{LayerCache, cache_memory};
use crate::prefix_cache::{Hit, PrefixCache, Salt};
use crate::request::TokenId;

/// Keys and values of every layer, and which blocks of them are free.
#[derive(Debug)]
pub struct KvPool {
    /// `None` while a pass has it.
    layers: Vec<Option<LayerCache>>,
    all: BlockPool,
    recent: BlockPool,
    prefixes: PrefixCache,
    shape: CacheShape,
}

impl KvPool {
    /// Free blocks on the devices of the layers.
    ///
    /// # Panics
    /// If there are more or fewer devices than layers.
    pub fn new(shape: CacheShape, plan: KvPlan, devices: &[Device]) -> Self {
        assert_eq!(
            devices.len(),
            shape.windows.len(),
            "a device for each layer"
        );
        let layer = |(window, device): (&usize, &Device)| {
            let is_sliding = *window != usize::MAX;
            let count = if is_sliding {
                plan.num_window_blocks
            } else {
                plan.num_blocks
            };
            let size = [count * BLOCK_TOKENS, shape.num_kv_heads, shape.head_dim];
            Some((cache_memory(size, device), cache_memory(size, device)))
        };
        let all = BlockPool::new(plan.num_blocks);
        let recent = BlockPool::new(plan.num_window_blocks);
        Self {
            layers: shape.windows.iter().zip(devices).map(layer).collect(),
            prefixes: PrefixCache::new(shape.sliding_window(), &all, &recent),
            all,
            recent,
            shape,
        }
    }

    /// The same memory once more, for a recorded step on a card. On a processor the next write
    /// would copy all of it.
    ///
    /// # Panics
    /// If a pass has some of it.
    #[cfg(feature = "cube")]
    pub(crate) fn share(&self) -> Self {
        assert!(
            self.layers.iter().all(Option::is_some),
            "no pass is running"
        );
        Self {
            layers: self.layers.clone(),
            all: self.all.clone(),
            recent: self.recent.clone(),
            prefixes: PrefixCache::new(None, &self.all, &self.recent),
            shape: self.shape.clone(),
        }
    }

    /// An empty cache for a new sequence.
    pub fn new_cache(&self) -> KvCache {
        KvCache {
            all: BlockTable::new(&self.all),
            recent: BlockTable::new(&self.recent),
            sliding_window: self.shape.sliding_window(),
            length: 0,
            context_window: self.shape.context_window,
        }
    }

    /// A cache that holds as much of the beginning of `tokens` as is kept, all but one at most.
    pub fn cache_for(&mut self, tokens: &[TokenId], salt: Salt) -> KvCache {
        let Hit { blocks, recent } = self.prefixes.find(tokens, salt);
        let (num_blocks, num_recent) = (blocks.len(), recent.len());
        KvCache {
            all: BlockTable::with_blocks(&self.all, 0, blocks),
            recent: BlockTable::with_blocks(&self.recent, num_blocks - num_recent, recent),
            length: num_blocks * BLOCK_TOKENS,
            ..self.new_cache()
        }
    }

    /// Keeps what a cache holds of `tokens`, for prompts that begin like them.
    pub fn keep(&mut self, cache: &KvCache, tokens: &[TokenId], salt: Salt) {
        let length = cache.length.min(tokens.len());
        let (all, recent) = (&cache.all, &cache.recent);
        let (blocks, recent) = (all.full_blocks(length), recent.full_blocks(length));
        self.prefixes
            .keep(&tokens[..length], salt, &blocks, &recent);
    }

    /// Makes room in a cache; for that, what is kept and not in use is given up.
    ///
    /// # Errors
    /// [`NoRoom`]: everything is in use.
    pub fn reserve(&mut self, cache: &mut KvCache, num_tokens: usize) -> Result<(), NoRoom> {
        loop {
            let no_room = match cache.reserve(num_tokens) {
                Ok(()) => return Ok(()),
                Err(no_room) => no_room,
            };
            let is_given_up = match no_room {
                NoRoom::Blocks => self.prefixes.give_up_block(),
                NoRoom::WindowBlocks => self.prefixes.give_up_recent(),
            };
            if !is_given_up {
                return Err(no_room);
            }
        }
    }

    /// Blocks that are not in use, of layers that attend to everything and of sliding ones.
    pub fn num_free_blocks(&self) -> [usize; 2] {
        let [kept, kept_recent] = self.prefixes.num_unused();
        [
            self.all.num_free() + kept,
            self.recent.num_free() + kept_recent,
        ]
    }

    /// All blocks of layers that attend to everything.
    pub fn num_blocks(&self) -> usize {
        self.all.num_blocks()
    }

    /// Blocks kept for prompts that begin like earlier ones.
    pub fn num_kept_blocks(&self) -> usize {
        self.prefixes.len()
    }

    /// Whether a new sequence of that many tokens finds room at once, if of the free blocks of
    /// layers that attend to everything `promised` are others'.
    pub fn has_room(&self, num_tokens: usize, promised: isize) -> bool {
        let needed = num_tokens
            .min(self.shape.context_window)
            .div_ceil(BLOCK_TOKENS);
        let [all, recent] = self.num_free_blocks();
        let of_step = self.shape.sliding_window().map_or(0, |window| {
            plan::step_blocks(&self.shape, window).min(needed)
        });
        needed <= all.saturating_add_signed(-promised) && of_step <= recent
    }

    /// Takes the tensors of a layer.
    ///
    /// # Panics
    /// If they are taken: a pass panicked, and with it the engine ended.
    pub(crate) fn take(&mut self, layer: usize) -> LayerCache {
        let tensors = self.layers[layer].take();
        tensors.expect("invariant: a pass puts back what it takes")
    }

    /// Puts them back.
    pub(crate) fn put(&mut self, layer: usize, tensors: LayerCache) {
        self.layers[layer] = Some(tensors);
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::tensor::{DType, Int, Tensor, TensorData};

    use super::*;
    use crate::kernels::{AttentionShape, RotaryPairs, TokenPlaces, rope_and_cache_write};
    use crate::kv_cache::PlannedSequences;

    fn addresses(pool: &KvPool) -> Vec<usize> {
        let address = |tensor: &Tensor<3>| {
            let primitive = tensor.clone().try_into_primitive::<Flex>().unwrap();
            primitive.bytes().as_ptr() as usize
        };
        let layers = pool.layers.iter().flatten();
        layers
            .flat_map(|(keys, values)| [address(keys), address(values)])
            .collect()
    }

    #[test]
    fn a_thousand_steps_leave_the_cache_where_it_was() {
        let device = Device::flex();
        let shape = CacheShape {
            windows: vec![usize::MAX, 64],
            num_kv_heads: 2,
            head_dim: 8,
            context_window: 1_024,
        };
        let plan = KvPlan::new(&shape, PlannedSequences::full(1), u64::MAX);
        let mut pool = KvPool::new(shape, plan, &[device.clone(), device.clone()]);
        let mut cache = pool.new_cache();
        let before = addresses(&pool);
        let rotations: Tensor<2> = Tensor::ones([1_024, 8], &device);
        let words = |words: Vec<u32>| -> Tensor<1, Int> {
            let length = words.len();
            Tensor::from_data(TensorData::new(words, [length]), (&device, DType::U32))
        };
        for position in 0..1_000 {
            cache.reserve(1).unwrap();
            for layer in 0..2 {
                let qkv: Tensor<2> = Tensor::ones([1, 8 * 8], &device);
                let shape = AttentionShape {
                    num_heads: 4,
                    num_kv_heads: 2,
                    head_dim: 8,
                    window: usize::MAX,
                    pairs: RotaryPairs::Adjacent,
                };
                let blocks = cache.blocks(layer == 1);
                let places = TokenPlaces {
                    positions: words(vec![position]),
                    sequences: words(vec![0]),
                    blocks: words(blocks).unsqueeze::<2>(),
                };
                let tensors = pool.take(layer);
                let (_, tensors) = rope_and_cache_write(qkv, &rotations, tensors, &places, shape);
                pool.put(layer, tensors);
            }
            cache.advance(1);
        }
        assert_eq!(cache.len(), 1_000);
        assert_eq!(addresses(&pool), before, "a step copied the cache");
    }
}
