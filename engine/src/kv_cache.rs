//! Keys and values of one sequence, contiguous per layer, owned by whoever computes with them.
//!
//! A forward pass takes the cache by value and gives it back: nobody else can hold a reference
//! meanwhile, so burn's copy-on-write tensors are written in place. Grows by doubling up to the
//! context window; what lies behind [`KvCache::len`] is never read.

use burn::tensor::{Device, Tensor};

use crate::kernels::LayerCache;

/// Tokens of room a new cache has.
const FIRST_CAPACITY: usize = 256;

/// Dimensions all caches of a model share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheShape {
    /// Layers of the model.
    pub num_layers: usize,
    /// Key and value heads.
    pub num_kv_heads: usize,
    /// Values of a head.
    pub head_dim: usize,
    /// Tokens a sequence may have.
    pub context_window: usize,
}

impl CacheShape {
    /// Bytes that one token takes in all layers.
    pub fn bytes_per_token(&self) -> usize {
        self.num_layers * self.num_kv_heads * self.head_dim * 2 * size_of::<f32>()
    }
}

/// The KV cache of one sequence.
#[derive(Debug)]
pub struct KvCache {
    layers: Vec<LayerCache>,
    shape: CacheShape,
    length: usize,
    capacity: usize,
}

impl KvCache {
    /// An empty cache with room for some tokens.
    ///
    /// `devices`: one for each layer.
    ///
    /// # Panics
    /// If there are more or fewer devices than layers.
    pub fn new(shape: CacheShape, devices: &[Device]) -> Self {
        assert_eq!(devices.len(), shape.num_layers, "a device for each layer");
        let capacity = FIRST_CAPACITY.min(shape.context_window);
        let size = [capacity, shape.num_kv_heads, shape.head_dim];
        let zeros = |device| Tensor::zeros(size, device);
        let layers = devices.iter().map(|device| (zeros(device), zeros(device)));
        let layers = layers.collect();
        Self {
            layers,
            shape,
            length: 0,
            capacity,
        }
    }

    /// Tokens in the cache = position of the next one.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Tokens that fit before memory must grow.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets the tokens from `length` on; does nothing if there are no more than that.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Makes room for `capacity` tokens, at least doubling what is there.
    ///
    /// # Panics
    /// If `capacity` is beyond the context window: the scheduler admits no such sequence.
    pub fn reserve(&mut self, capacity: usize) {
        let window = self.shape.context_window;
        assert!(
            capacity <= window,
            "{capacity} tokens in a context window of {window}"
        );
        if capacity <= self.capacity {
            return;
        }
        let grown = capacity.max(self.capacity * 2).min(window);
        let added = [
            grown - self.capacity,
            self.shape.num_kv_heads,
            self.shape.head_dim,
        ];
        let grow = |tensor: Tensor<3>| {
            let device = tensor.device();
            Tensor::cat(vec![tensor, Tensor::zeros(added, &device)], 0)
        };
        let layers = std::mem::take(&mut self.layers);
        self.layers = layers
            .into_iter()
            .map(|(keys, values)| (grow(keys), grow(values)))
            .collect();
        self.capacity = grown;
    }

    /// Takes the cache apart for a pass over the layers.
    pub(crate) fn into_layers(self) -> (Vec<LayerCache>, CacheBones) {
        let Self {
            layers,
            shape,
            length,
            capacity,
        } = self;
        (
            layers,
            CacheBones {
                shape,
                length,
                capacity,
            },
        )
    }
}

/// A cache without its tensors.
pub(crate) struct CacheBones {
    shape: CacheShape,
    length: usize,
    capacity: usize,
}

impl CacheBones {
    /// Puts the cache together again, with `added` tokens more.
    pub(crate) fn with_layers(self, layers: Vec<LayerCache>, added: usize) -> KvCache {
        let Self {
            shape,
            length,
            capacity,
        } = self;
        KvCache {
            layers,
            shape,
            length: length + added,
            capacity,
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::backend::Flex;
    use burn::tensor::{DType, TensorData};

    use super::*;
    use crate::kernels::{AttentionShape, RotaryPairs, rope_and_cache_write};

    fn addresses(cache: &KvCache) -> Vec<usize> {
        let address = |tensor: &Tensor<3>| {
            let primitive = tensor.clone().try_into_primitive::<Flex>().unwrap();
            primitive.bytes().as_ptr() as usize
        };
        cache
            .layers
            .iter()
            .flat_map(|(keys, values)| [address(keys), address(values)])
            .collect()
    }

    fn shape(context_window: usize) -> CacheShape {
        CacheShape {
            num_layers: 2,
            num_kv_heads: 2,
            head_dim: 8,
            context_window,
        }
    }

    #[test]
    fn a_thousand_steps_leave_the_cache_where_it_was() {
        let device = Device::flex();
        let mut cache = KvCache::new(shape(1_024), &[device.clone(), device.clone()]);
        cache.reserve(1_024);
        let before = addresses(&cache);
        let rotations: Tensor<2> = Tensor::ones([1_024, 8], &device);
        for position in 0..1_000_u32 {
            let position = TensorData::new(vec![position], [1]);
            let position = Tensor::from_data(position, (&device, DType::U32));
            let (layers, bones) = cache.into_layers();
            let write = |layer| {
                let qkv: Tensor<2> = Tensor::ones([1, 8 * 8], &device);
                let shape = AttentionShape {
                    num_heads: 4,
                    num_kv_heads: 2,
                    head_dim: 8,
                    window: usize::MAX,
                    pairs: RotaryPairs::Adjacent,
                };
                rope_and_cache_write(qkv, &rotations, layer, &position, shape).1
            };
            let layers = layers.into_iter().map(write).collect();
            cache = bones.with_layers(layers, 1);
        }
        assert_eq!(cache.len(), 1_000);
        assert_eq!(addresses(&cache), before, "a step copied the cache");
    }

    #[test]
    fn growing_keeps_what_is_there_and_stops_at_the_window() {
        let device = Device::flex();
        let mut cache = KvCache::new(shape(700), &[device.clone(), device.clone()]);
        assert_eq!(cache.capacity(), 256);
        cache.layers[1].0 = cache.layers[1].0.clone() + 3.0;
        cache.reserve(257);
        assert_eq!(cache.capacity(), 512);
        let keys: Vec<f32> = cache.layers[1].0.clone().into_data().try_to_vec().unwrap();
        assert_eq!(keys.len(), 512 * 16);
        assert!(
            keys[..256 * 16]
                .iter()
                .all(|value| (*value - 3.0).abs() < f32::EPSILON)
        );
        cache.reserve(600);
        assert_eq!(cache.capacity(), 700);
    }
}
