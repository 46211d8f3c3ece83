//! Whatever bytes a file has, reading its header ends with a value or an error.

#![no_main]

use hearth_engine::loader::gguf::GgufHeader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(header) = GgufHeader::parse(bytes) {
        assert!(header.tensor("no such tensor").is_none());
    }
});
