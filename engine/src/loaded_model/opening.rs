//! Opening a model: what its files say of name, text and size.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::{
    ContentProblem, LoadError, ModelDescription, OpenedModel, UnloadedModel, context_window,
};
use crate::{
    chat::ChatTemplate,
    device::{self, DeviceId, DeviceReport, SystemProbe},
    handle::EngineConfig,
    kernels::cpu::InstructionSet,
    kv_cache::PlannedSequences,
    loader::{ModelFile, TensorEntry, TensorType},
    model::ModelConfig,
    model_runner::RunnerConfig,
    tokenizer::Tokenizer,
};

/// Models under this many parameters answer fluently and know little.
const DEMONSTRATION_PARAMETERS: u64 = 1_000_000_000;

pub(super) fn open(
    path: &Path,
    config: &EngineConfig,
) -> Result<(OpenedModel, Vec<UnloadedModel>), LoadError> {
    let file = Arc::new(ModelFile::open(path)?);
    let in_file = |problem| LoadError::Content {
        path: path.to_owned(),
        problem,
    };
    let (mut opened, model) = read(&file, config).map_err(in_file)?;
    let num_layers = model.num_layers();
    let needed = file.loaded_bytes(config.weights);
    let reports = device::examine_for(&SystemProbe, &config.device);
    let chosen = device::choose(&config.device, config.parallel, &reports, needed);
    let chosen = chosen.map_err(|error| in_file(error.into()))?;
    tracing::info!("computing on {}", chosen.reason);
    let engines = device::engines(&chosen.devices, config.parallel, &reports, needed);
    for line in device::memory_plan(&engines, &reports, (num_layers, needed)) {
        tracing::info!("memory plan: {line}");
    }
    opened.description.device = place(&engines, &reports, config);
    let runner_config = |devices: Vec<DeviceId>| RunnerConfig {
        num_threads: config.num_threads,
        exact: config.exact,
        context_window: opened.context_window,
        weights: config.weights,
        layer_counts: device::layer_counts(&devices, &reports, num_layers),
        // Few conversations are as long as a model allows; those that are wait for each other.
        sequences: Some(PlannedSequences {
            num_running: config.max_running,
            num_full: config.max_running.div_ceil(2),
        }),
        kv_memory: match config.kv_memory {
            0 => device::kv_memory(&devices, &reports, needed),
            bytes => bytes,
        },
        devices,
    };
    let configs: Vec<RunnerConfig> = engines.into_iter().map(runner_config).collect();
    opened.context_window = affordable(&model, &configs, opened.context_window);
    let replica = |config| UnloadedModel::File {
        file: Arc::clone(&file),
        config,
    };
    Ok((opened, configs.into_iter().map(replica).collect()))
}

/// The longest sequence that every engine has room for.
fn affordable(model: &ModelConfig, configs: &[RunnerConfig], context_window: usize) -> usize {
    let shape = model.cache_shape(context_window);
    let mut shortest = context_window;
    for config in configs {
        let plan = config.kv_plan(&shape);
        let (megabytes, room) = (plan.num_bytes(&shape) >> 20, plan.context_window(&shape));
        tracing::info!("memory plan: {megabytes} MB for conversations of up to {room} tokens");
        shortest = shortest.min(room);
    }
    if shortest < context_window {
        tracing::warn!(
            "the model was made for {context_window} tokens, there is room for {shortest}"
        );
    }
    shortest
}

/// Where it computes, for people: `CPU, avx2`, or the names of the cards.
fn place(engines: &[Vec<DeviceId>], reports: &[DeviceReport], config: &EngineConfig) -> String {
    let instructions = if config.exact {
        "exact"
    } else {
        InstructionSet::detect_all()[0].name()
    };
    let name = |id: &DeviceId| match reports.iter().find(|report| report.id == *id) {
        Some(report) if *id != DeviceId::Cpu => format!("{id} ({})", report.name),
        _ => format!("CPU, {instructions}"),
    };
    let engine = |devices: &Vec<DeviceId>| {
        let names: Vec<String> = devices.iter().map(name).collect();
        names.join(" + ")
    };
    let engines: Vec<String> = engines.iter().map(engine).collect();
    engines.join(" | ")
}

/// What the file says, and its dimensions.
fn read(
    file: &ModelFile,
    config: &EngineConfig,
) -> Result<(OpenedModel, ModelConfig), ContentProblem> {
    let model = ModelConfig::new(file)?;
    let tokenizer = Tokenizer::open(file)?;
    let template = template(file, &model, &tokenizer)?;
    let opened = OpenedModel {
        name: name(file),
        fingerprint: file.fingerprint(),
        is_demonstration: file.num_parameters() < DEMONSTRATION_PARAMETERS,
        context_window: context_window(model.max_context(), config),
        tokenizer,
        template,
        description: describe(file, &model),
        formats: OnceLock::new(),
    };
    Ok((opened, model))
}

/// The model's own name; a directory and a file without one are called as they are.
fn name(file: &ModelFile) -> String {
    let path = file.path();
    let own = match file {
        ModelFile::Gguf(file) => file.metadata().string("general.name").ok(),
        ModelFile::HuggingFace(_) => None,
    };
    let stem = match file {
        ModelFile::Gguf(_) => path.file_stem(),
        ModelFile::HuggingFace(_) => path.file_name(),
    };
    let stem = stem.unwrap_or(path.as_os_str());
    own.map_or_else(|| stem.to_string_lossy().into_owned(), str::to_owned)
}

fn template(
    file: &ModelFile,
    model: &ModelConfig,
    tokenizer: &Tokenizer,
) -> Result<ChatTemplate, ContentProblem> {
    match (model, file) {
        (ModelConfig::Llama(_), ModelFile::Gguf(file)) => {
            let key = "tokenizer.chat_template";
            if !file.metadata().contains(key) {
                return Ok(ChatTemplate::assumed(tokenizer)?);
            }
            let text = file.metadata().string(key)?;
            Ok(ChatTemplate::recognise(text, tokenizer)?)
        }
        _ => Ok(ChatTemplate::harmony(tokenizer)?),
    }
}

fn describe(file: &ModelFile, model: &ModelConfig) -> ModelDescription {
    let bytes_of = |tensor: &TensorEntry| u64::try_from(tensor.num_bytes()).unwrap_or(u64::MAX);
    let mut bytes_by_type: Vec<(TensorType, u64)> = Vec::new();
    for tensor in file.tensors() {
        let kind = match tensor.tensor_type {
            // Codes and scales of 4-bit floats, each a tensor of bytes.
            TensorType::U8 => TensorType::Mxfp4,
            kind => kind,
        };
        match bytes_by_type.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, bytes)) => *bytes += bytes_of(tensor),
            None => bytes_by_type.push((kind, bytes_of(tensor))),
        }
    }
    let most = bytes_by_type.iter().max_by_key(|(_, bytes)| *bytes);
    let kind = most.map_or("no tensors", |(kind, _)| kind.name());
    let format = match file {
        ModelFile::Gguf(_) => "GGUF",
        ModelFile::HuggingFace(_) => "Hugging Face",
    };
    let architecture = match model {
        ModelConfig::Llama(_) => "llama",
        ModelConfig::GptOss(_) => "gpt-oss",
    };
    ModelDescription {
        format: format!("{format}, {architecture}, {kind}"),
        device: String::new(),
        weight_bytes: bytes_by_type.iter().map(|(_, bytes)| bytes).sum(),
        num_parameters: file.num_parameters(),
    }
}
