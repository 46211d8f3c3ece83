//! Files that are cut, bent or made up: always an error with the reason, never a panic.

use std::error::Error as _;

use hearth_engine::loader::GgufFile;
use hearth_engine::model_runner::{ModelRunner, RunnerConfig};
use proptest::prelude::*;

use super::tiny_gguf::{TinyGguf, text, write};

/// The message of opening and loading `bytes`; `None` if that works.
fn message(bytes: &[u8]) -> Option<String> {
    let written = write(bytes);
    let file = match GgufFile::open(written.path()) {
        Ok(file) => file,
        Err(error) => {
            assert!(error.source().is_some(), "the problem is the source");
            return Some(error.to_string());
        }
    };
    let config = RunnerConfig {
        num_threads: 1,
        ..RunnerConfig::default()
    };
    ModelRunner::load(file, &config, &mut |_| ())
        .err()
        .map(|error| error.to_string())
}

/// Damages a good file; the message must have every part of `expected`.
fn check(expected: &[&str], damage: impl FnOnce(&mut TinyGguf)) {
    let mut file = TinyGguf::new(1);
    damage(&mut file);
    let found = message(&file.to_bytes()).unwrap_or_else(|| panic!("{expected:?} went unseen"));
    for part in expected {
        assert!(found.contains(part), "{found:?} does not say {part:?}");
    }
}

#[test]
fn the_tiny_file_is_good_until_it_is_damaged() {
    assert_eq!(message(&TinyGguf::new(1).to_bytes()), None);
}

#[test]
fn every_damaged_header_field_is_named() {
    check(&["is no GGUF file"], |file| {
        file.magic = *b"GGML";
    });
    check(&["GGUF version 1, expected 2 or 3"], |file| {
        file.version = 1;
    });
    check(&["claims 18446744073709551615 tensors"], |file| {
        file.num_tensors = u64::MAX;
    });
    check(&["claims 1099511627776 metadata pairs"], |file| {
        file.num_pairs = 1 << 40;
    });
    check(&["value type 13"], |file| {
        file.pairs[1].1 = 13;
    });
    check(&["general.architecture twice"], |file| {
        file.pairs[1] = file.pairs[0].clone();
    });
    check(&["ends inside a metadata value"], |file| {
        file.pairs[0].2[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    });
    check(&["metadata value", "not UTF-8"], |file| {
        file.pairs[0].2[8] = 0xff;
    });
    check(&["elements of a metadata array"], |file| {
        let mut array = 4_u32.to_le_bytes().to_vec();
        array.extend((1_u64 << 60).to_le_bytes());
        (file.pairs[0].1, file.pairs[0].2) = (9, array);
    });
    check(&["no nested array"], |file| {
        let mut array = 9_u32.to_le_bytes().to_vec();
        array.extend(1_u64.to_le_bytes());
        (file.pairs[0].1, file.pairs[0].2) = (9, array);
    });
    check(&["general.alignment 33"], |file| {
        let pair = (
            "general.alignment".to_owned(),
            4,
            33_u32.to_le_bytes().to_vec(),
        );
        file.pairs.push(pair);
        file.num_pairs += 1;
    });
}

#[test]
fn every_damaged_table_entry_is_named() {
    let name = "output_norm.weight";
    check(&[name, "0 dimensions"], |file| {
        file.tensors[1].num_dimensions = 0;
    });
    check(&[name, "5 dimensions"], |file| {
        file.tensors[1].num_dimensions = 5;
    });
    check(&[name, "zero or too large"], |file| {
        file.tensors[1].dimensions[0] = 0;
    });
    check(&[name, "zero or too large"], |file| {
        file.tensors[1].dimensions[0] = u64::MAX;
    });
    check(&[name, "type 77"], |file| {
        file.tensors[1].tensor_type = 77;
    });
    check(&[name, "offset 6553", "multiple of 32"], |file| {
        file.tensors[1].offset = 6_553;
    });
    check(&[name, "ends at byte"], |file| {
        file.tensors[1].offset = 1 << 62;
    });
    check(&[name, "ends at byte"], |file| {
        file.tensors[1].dimensions[0] = 1 << 40;
    });
    check(&["token_embd.weight", "rows of 65 values"], |file| {
        file.tensors[0].dimensions[0] = 65;
    });
    check(&["token_embd.weight twice"], |file| {
        file.tensors[1].name = "token_embd.weight".to_owned();
    });
}

#[test]
fn a_model_that_does_not_fit_its_own_words_is_refused() {
    check(&["architecture gpt5"], |file| {
        file.pairs[0].2 = text("gpt5");
    });
    check(&["llama.block_count is missing"], |file| {
        file.pair("llama.block_count").0 = "llama.blocks".to_owned();
    });
    check(&["llama.embedding_length", "found 0"], |file| {
        file.pair("llama.embedding_length").2 = vec![0; 4];
    });
    check(
        &["llama.embedding_length", "an integer", "a float"],
        |file| {
            file.pair("llama.embedding_length").1 = 6;
        },
    );
    check(&["head_count_kv", "a divisor"], |file| {
        file.pair("llama.attention.head_count_kv").2 = 3_u32.to_le_bytes().to_vec();
    });
    check(&["blk.2.attn_norm.weight is missing"], |file| {
        file.pair("llama.block_count").2 = 3_u32.to_le_bytes().to_vec();
    });
    check(&["blk.1.", "not part of the architecture"], |file| {
        file.pair("llama.block_count").2 = 1_u32.to_le_bytes().to_vec();
    });
    check(&["output_norm.weight", "[32]", "[64]"], |file| {
        file.tensors[1].dimensions[0] = 32;
    });
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = TinyGguf::new(1).to_bytes();
    for length in (0..2_000)
        .chain((2_000..whole.len()).step_by(997))
        .chain([whole.len() - 1])
    {
        assert!(
            message(&whole[..length]).is_some(),
            "cut at {length} of {}",
            whole.len()
        );
    }
}

#[test]
fn a_missing_file_and_a_directory_are_named() {
    let directory = tempfile::tempdir().unwrap();
    for path in [
        directory.path().join("none.gguf"),
        directory.path().to_owned(),
    ] {
        let message = GgufFile::open(&path).unwrap_err().to_string();
        assert!(
            message.starts_with(&path.display().to_string()),
            "{message}"
        );
        assert!(message.contains("cannot be read"), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_change_of_header_bytes_panics(
        changes in prop::collection::vec((0_usize..1_800, any::<u8>()), 1..6),
    ) {
        let mut bytes = TinyGguf::new(1).to_bytes();
        for (offset, value) in changes {
            bytes[offset] = value;
        }
        message(&bytes);
    }
}
