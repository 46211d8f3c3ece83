//! More conversations than the cache has room for: some are halted, and nobody can tell.

use hearth_engine::device::{DeviceChoice, DeviceId};
use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource, UserKey};
use hearth_engine::kv_cache::{KvPlan, PlannedSequences};
use hearth_engine::loader::ModelFile;
use hearth_engine::model::ModelConfig;
use hearth_engine::request::{GenerateRequest, SamplingParams, TokenId, TokenOptions};

use crate::{targets, written};

const WINDOW: usize = 256;
/// Far more than a sequence needs when it is admitted.
const LENGTH: usize = 200;

/// An engine whose cache has so many blocks.
pub(super) fn engine(num_blocks: usize) -> EngineHandle {
    let path = crate::golden("gpt-oss-tiny").join("model");
    let model = ModelConfig::new(&ModelFile::open(&path).unwrap()).unwrap();
    let shape = model.cache_shape(WINDOW);
    let sequences = PlannedSequences {
        num_running: EngineConfig::default().max_running,
        num_full: 4,
    };
    let plan = |memory: &u64| KvPlan::new(&shape, sequences, *memory).num_blocks;
    let memory = (0..1 << 20)
        .map(|kibibytes| kibibytes << 10)
        .find(|it| plan(it) >= num_blocks);
    let config = EngineConfig {
        num_threads: 2,
        context_window: WINDOW,
        kv_memory: memory.unwrap(),
        device: DeviceChoice::Listed(vec![DeviceId::Cpu]),
        ..EngineConfig::default()
    };
    EngineHandle::start(ModelSource::File(path), config)
}

fn request(number: u32) -> GenerateRequest {
    let token = |index: u32| TokenId((index * 11 + number * 301) % 4000);
    GenerateRequest {
        prompt: (0..40).map(token).collect(),
        answer_so_far: Vec::new(),
        sampling: SamplingParams {
            seed: u64::from(number),
            temperature: 1.0,
            ..SamplingParams::greedy()
        },
        max_tokens: LENGTH,
        stop: Vec::new(),
        options: TokenOptions {
            ignores_end: true,
            ..TokenOptions::default()
        },
        num_shared_tokens: 0,
        session: None,
    }
}

async fn answers(engine: &EngineHandle) -> Vec<Vec<TokenId>> {
    let submit = |number: u32| engine.resume(UserKey(number.into()), request(number));
    let streams: Vec<_> = (0..4).map(submit).collect();
    let mut answers = Vec::new();
    for stream in streams {
        answers.push(written(stream).await);
    }
    answers
}

#[tokio::test]
async fn halted_answers_are_those_of_an_engine_with_room_for_all() {
    if targets::is_card() {
        eprintln!("skipped: bits are promised on processors");
        return;
    }
    let roomy = engine(64);
    let expected = answers(&roomy).await;
    assert_eq!(roomy.counters().preemptions, 0);
    assert!(expected.iter().all(|answer| answer.len() == LENGTH));
    let narrow = engine(28);
    assert_eq!(answers(&narrow).await, expected);
    assert!(narrow.counters().preemptions > 0);
}

#[tokio::test]
async fn a_conversation_is_as_long_as_the_cache_has_room_for() {
    let engine = engine(5);
    let answer = written(engine.resume(UserKey(1), request(1))).await;
    assert_eq!(engine.context_window(), Some(80));
    let length = answer.len();
    assert!(length <= 40, "{length} tokens behind a prompt of 40");
}
