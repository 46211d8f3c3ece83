//! Whatever bytes a file has, reading its table ends with tensors inside the file or an error.

#![no_main]

use hearth_engine::loader::safetensors::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((tensors, first)) = parse(bytes) {
        assert!(first <= bytes.len());
        let length: usize = tensors.iter().map(|tensor| tensor.num_bytes()).sum();
        assert!(length <= bytes.len() - first);
    }
});
