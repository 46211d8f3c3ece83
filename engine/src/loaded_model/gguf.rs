//! Opening a GGUF file: what its header says of name, text and size.

use std::path::Path;

use super::{
    ContentProblem, LoadError, ModelDescription, OpenedModel, UnloadedModel, context_window,
};
use crate::{
    chat::ChatTemplate,
    handle::EngineConfig,
    kernels::cpu::InstructionSet,
    loader::{GgufFile, MetadataError, TensorEntry, TensorType},
    model::llama::LlamaConfig,
    model_runner::RunnerConfig,
    tokenizer::{Tokenizer, Vocabulary},
};

/// Models under this many parameters answer fluently and know little.
const DEMONSTRATION_PARAMETERS: u64 = 1_000_000_000;

pub(super) fn open(
    path: &Path,
    config: &EngineConfig,
) -> Result<(OpenedModel, UnloadedModel), LoadError> {
    let file = GgufFile::open(path)?;
    let opened = read(&file, config).map_err(|problem| LoadError::Content {
        path: path.to_owned(),
        problem,
    })?;
    let config = RunnerConfig {
        num_threads: config.num_threads,
        exact: config.exact,
        context_window: opened.context_window,
    };
    Ok((opened, UnloadedModel::Gguf { file, config }))
}

fn read(file: &GgufFile, config: &EngineConfig) -> Result<OpenedModel, ContentProblem> {
    let metadata = file.metadata();
    let of_model = LlamaConfig::new(file)?.max_context;
    let tokenizer = Tokenizer::try_new(&Vocabulary::from_metadata(metadata)?)?;
    let template =
        ChatTemplate::recognise(metadata.string("tokenizer.chat_template")?, &tokenizer)?;
    let stem = file.path().file_stem().unwrap_or(file.path().as_os_str());
    let name = match metadata.string("general.name") {
        Ok(name) => name.to_owned(),
        Err(_) => stem.to_string_lossy().into_owned(),
    };
    Ok(OpenedModel {
        name,
        fingerprint: file.fingerprint(),
        is_demonstration: file.num_parameters() < DEMONSTRATION_PARAMETERS,
        context_window: context_window(of_model, config),
        tokenizer,
        template,
        description: describe(file, config)?,
    })
}

fn describe(file: &GgufFile, config: &EngineConfig) -> Result<ModelDescription, MetadataError> {
    let architecture = file.metadata().string("general.architecture")?;
    let bytes_of = |tensor: &TensorEntry| u64::try_from(tensor.num_bytes()).unwrap_or(u64::MAX);
    let mut bytes_by_type: Vec<(TensorType, u64)> = Vec::new();
    for tensor in file.tensors() {
        let kind = tensor.tensor_type;
        match bytes_by_type.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, bytes)) => *bytes += bytes_of(tensor),
            None => bytes_by_type.push((kind, bytes_of(tensor))),
        }
    }
    let most = bytes_by_type.iter().max_by_key(|(_, bytes)| *bytes);
    let kind = most.map_or("no tensors", |(kind, _)| kind.name());
    let instructions = if config.exact {
        "exact"
    } else {
        InstructionSet::detect_all()[0].name()
    };
    Ok(ModelDescription {
        format: format!("GGUF, {architecture}, {kind}"),
        device: format!("CPU, {instructions}"),
        weight_bytes: bytes_by_type.iter().map(|(_, bytes)| bytes).sum(),
        num_parameters: file.num_parameters(),
    })
}
