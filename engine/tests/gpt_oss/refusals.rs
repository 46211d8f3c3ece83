//! Models that are damaged or something else: each is refused by the name of what is wrong.

use std::fs;
use std::path::Path;

use hearth_engine::loader::ModelFile;
use hearth_engine::loader::safetensors::SafetensorsFile;
use hearth_engine::model::gpt_oss::GptOssConfig;
use hearth_engine::model_runner::{ModelRunner, RunnerConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

fn golden() -> std::path::PathBuf {
    crate::golden("gpt-oss-tiny").join("model")
}

/// A copy of the model, to be damaged.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(golden()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

fn refusal(folder: &Path) -> String {
    let config = RunnerConfig::default();
    match ModelFile::open(folder) {
        Err(error) => error.to_string(),
        Ok(file) => ModelRunner::load(file, &config, &mut |_| ())
            .unwrap_err()
            .to_string(),
    }
}

fn with_json(name: &str, change: impl FnOnce(&mut Value)) -> String {
    let folder = copy();
    let path = folder.path().join(name);
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    fs::write(&path, value.to_string()).unwrap();
    refusal(folder.path())
}

#[test]
fn a_directory_that_differs_in_one_tensor_is_another_model() {
    let fingerprint = |folder: &Path| ModelFile::open(folder).unwrap().fingerprint();
    let (original, folder) = (fingerprint(&golden()), copy());
    assert_eq!(fingerprint(folder.path()), original);
    let path = folder.path().join("model-00000-of-00002.safetensors");
    let before = fs::read(&path).unwrap();
    let shard = SafetensorsFile::open(&path).unwrap();
    let place = |bytes: &[u8]| bytes.as_ptr() as usize - shard.header().as_ptr() as usize;
    let tensors = shard.tensors().iter().map(|entry| shard.bytes(entry));
    let places: Vec<(usize, usize)> = tensors.map(|it| (place(it), it.len())).collect();
    drop(shard);
    assert!(!places.is_empty());
    for (start, length) in places {
        let mut bytes = before.clone();
        bytes[start..start + length]
            .iter_mut()
            .for_each(|it| *it ^= 1);
        fs::write(&path, bytes).unwrap();
        assert_ne!(fingerprint(folder.path()), original, "byte {start}");
    }
}

#[test]
fn a_wrong_configuration_is_refused_by_its_key() {
    let cases = [
        ("model_type", json!("gemma"), "architecture gemma"),
        ("model_type", json!("llama"), "get the model as a GGUF file"),
        ("hidden_size", json!(0), "config.json: hidden_size"),
        ("hidden_size", json!(96), "has dimensions"),
        ("hidden_size", json!(100), "hidden size"),
        (
            "num_hidden_layers",
            json!(1.5),
            "config.json: num_hidden_layers",
        ),
        ("num_hidden_layers", json!(3), "config.json: layer_types"),
        (
            "layer_types",
            json!(["full_attention", "x", "y", "z"]),
            "config.json: layer_types",
        ),
        ("num_experts_per_tok", json!(9), "experts for each token"),
        ("num_key_value_heads", json!(3), "key and value heads"),
        ("head_dim", json!(63), "head size"),
        ("rope_theta", json!("many"), "config.json: rope_theta"),
        ("rms_norm_eps", json!(0.0), "norm epsilon"),
        (
            "rope_scaling",
            json!({"rope_type": "linear"}),
            "config.json: rope_scaling.rope_type",
        ),
        (
            "quantization_config",
            Value::Null,
            "experts of plain floats are not supported",
        ),
        (
            "quantization_config",
            json!({"quant_method": "awq"}),
            "quantization_config.quant_method",
        ),
    ];
    for (key, value, expected) in cases {
        let what = format!("{key} = {value}");
        let message = with_json("config.json", |config| config[key] = value);
        assert!(message.contains(expected), "{what}: {message}");
    }
}

/// What a configuration says of positions, with one value changed.
fn scaling(key: &str, value: Value) -> Value {
    let mut scaling = json!({
        "rope_type": "yarn", "factor": 32.0, "original_max_position_embeddings": 4096,
        "beta_fast": 32.0, "beta_slow": 1.0, "truncate": false, "rope_theta": 150_000,
    });
    scaling[key] = value;
    scaling
}

#[test]
fn scaling_that_would_rotate_by_no_numbers_is_refused() {
    for (key, value, expected) in [
        ("factor", json!(0.0), "factor of rotary scaling"),
        ("factor", json!(-2.0), "factor of rotary scaling"),
        (
            "beta_fast",
            json!(1.0),
            "betas of rotary scaling: found 1 and 1",
        ),
        ("beta_fast", json!(0.5), "betas of rotary scaling"),
        ("beta_slow", json!(0.0), "betas of rotary scaling"),
    ] {
        let what = format!("{key} = {value}");
        for place in ["rope_scaling", "rope_parameters"] {
            let value = scaling(key, value.clone());
            let message = with_json("config.json", |config| config[place] = value);
            assert!(message.contains(expected), "{what}: {message}");
        }
    }
}

#[test]
fn a_directory_saved_by_a_newer_library_is_the_same_model() {
    let read = |folder: &Path| GptOssConfig::new(&ModelFile::open(folder).unwrap());
    let folder = copy();
    let path = folder.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let config_object = config.as_object_mut().unwrap();
    config_object.remove("rope_theta");
    config_object.remove("rope_scaling");
    let mut with = |parameters: Value| {
        config["rope_parameters"] = parameters;
        fs::write(&path, config.to_string()).unwrap();
        read(folder.path())
    };
    let same = with(scaling("factor", json!(32.0))).unwrap();
    assert_eq!(same, read(&golden()).unwrap());
    let plain = with(json!({"rope_type": "default", "rope_theta": 10_000.0})).unwrap();
    assert_eq!((plain.rope.base, plain.rope.yarn), (10_000.0, None));
    for (parameters, expected) in [
        (
            json!({"rope_type": "default"}),
            "rope_parameters.rope_theta",
        ),
        (
            scaling("rope_type", json!("longrope")),
            "rope_parameters.rope_type",
        ),
        (json!([]), "config.json: rope_parameters"),
    ] {
        let message = with(parameters).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn an_index_that_does_not_fit_its_files_is_refused() {
    let index = "model.safetensors.index.json";
    let outside = with_json(index, |index| {
        index["weight_map"]["lm_head.weight"] = json!("../elsewhere.safetensors");
    });
    assert!(
        outside.contains("expected the name of a file beside it"),
        "{outside}"
    );
    let missing = with_json(index, |index| {
        index["weight_map"]["lm_head.weight"] = json!("model-00007-of-00002.safetensors");
    });
    assert!(
        missing.contains("model-00007-of-00002.safetensors"),
        "{missing}"
    );
    let unknown = with_json(index, |index| {
        let first = index["weight_map"]["lm_head.weight"].clone();
        index["weight_map"]["another.weight"] = first;
    });
    assert!(unknown.contains("another.weight"), "{unknown}");
}

#[test]
fn a_cut_or_missing_file_is_refused() {
    let folder = copy();
    let shard = folder.path().join("model-00000-of-00002.safetensors");
    let bytes = fs::read(&shard).unwrap();
    fs::write(&shard, &bytes[..bytes.len() - 1]).unwrap();
    assert!(refusal(folder.path()).contains("model-00000-of-00002.safetensors"));
    fs::write(&shard, &bytes[..100]).unwrap();
    assert!(refusal(folder.path()).contains("model-00000-of-00002.safetensors"));
    fs::remove_file(&shard).unwrap();
    assert!(refusal(folder.path()).contains("model-00000-of-00002.safetensors"));
    let folder = copy();
    fs::write(folder.path().join("config.json"), "{").unwrap();
    assert!(refusal(folder.path()).contains("config.json"));
    assert!(refusal(&folder.path().join("nowhere")).contains("nowhere"));
}

#[test]
fn a_scale_that_is_no_number_is_refused() {
    let folder = copy();
    let mut found = false;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "safetensors") {
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        let first = 8 + usize::try_from(length).unwrap();
        let table: Value = serde_json::from_slice(&bytes[8..first]).unwrap();
        let name = "model.layers.0.mlp.experts.down_proj_scales";
        if let Some(start) = table[name]["data_offsets"][0].as_u64() {
            bytes[first + usize::try_from(start).unwrap() + 5] = 255;
            fs::write(&path, bytes).unwrap();
            found = true;
        }
    }
    assert!(found);
    let message = refusal(folder.path());
    assert!(
        message.contains("layers.0.mlp.experts.down_proj"),
        "{message}"
    );
    assert!(message.contains("not a number"), "{message}");
}
