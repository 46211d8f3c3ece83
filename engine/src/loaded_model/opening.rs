//! Opening a model: what its files say of name, text and size.

use std::path::Path;

use super::{
    ContentProblem, LoadError, ModelDescription, OpenedModel, UnloadedModel, context_window,
};
use crate::{
    chat::ChatTemplate,
    handle::EngineConfig,
    kernels::cpu::InstructionSet,
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
) -> Result<(OpenedModel, UnloadedModel), LoadError> {
    let file = ModelFile::open(path)?;
    let opened = read(&file, config).map_err(|problem| LoadError::Content {
        path: path.to_owned(),
        problem,
    })?;
    let config = RunnerConfig {
        num_threads: config.num_threads,
        exact: config.exact,
        context_window: opened.context_window,
        weights: config.weights,
    };
    Ok((opened, UnloadedModel::File { file, config }))
}

fn read(file: &ModelFile, config: &EngineConfig) -> Result<OpenedModel, ContentProblem> {
    let model = ModelConfig::new(file)?;
    let tokenizer = Tokenizer::open(file)?;
    let template = template(file, &model, &tokenizer)?;
    Ok(OpenedModel {
        name: name(file),
        fingerprint: file.fingerprint(),
        is_demonstration: file.num_parameters() < DEMONSTRATION_PARAMETERS,
        context_window: context_window(model.max_context(), config),
        tokenizer,
        template,
        description: describe(file, &model, config),
    })
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
            let text = file.metadata().string("tokenizer.chat_template")?;
            Ok(ChatTemplate::recognise(text, tokenizer)?)
        }
        _ => Ok(ChatTemplate::harmony(tokenizer)?),
    }
}

fn describe(file: &ModelFile, model: &ModelConfig, config: &EngineConfig) -> ModelDescription {
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
    let instructions = if config.exact {
        "exact"
    } else {
        InstructionSet::detect_all()[0].name()
    };
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
        device: format!("CPU, {instructions}"),
        weight_bytes: bytes_by_type.iter().map(|(_, bytes)| bytes).sum(),
        num_parameters: file.num_parameters(),
    }
}
