//! What is long is made in a place, where it keeps nobody waiting; what is short needs none.

use std::{task::Poll, time::Duration};

use axum::http::StatusCode;
use futures::StreamExt as _;
use hearth_app::model::{User, UserRole};
use hearth_engine::{
    handle::{EngineConfig, ModelSource},
    request::TokenLogprobs,
    scripted::ScriptedModel,
};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    answer_fields::AnswerFields,
    chat_request::Calls,
    collected::Collected,
    completion_response::{CompletionShape, Echo},
    generation::{Generation, Prompts},
    logprobs::CompletionLogprobs,
    response_head::ResponseHead,
    *,
};
use crate::{accounts::session::CookieTransport, slow_work::Place};

/// Much longer than anything here is computed for, and shorter than a comment is waited for.
const MOMENT: Duration = Duration::from_millis(500);
const PROMPT: [TokenId; 4] = [TokenId(65); 4];

struct Bench {
    server: ApiServer,
    engine: EngineHandle,
    ada: User,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
        let ada = User {
            id: UserId::new(Uuid::now_v7()),
            name: "ada".to_owned(),
            role: UserRole::User,
        };
        store.insert_user(&ada, "no password", 0).await.unwrap();
        let settings = SettingsBook::open(store.clone()).await.unwrap();
        let model = ModelSource::Scripted(ScriptedModel::new(vec!["Hi.".to_owned()]));
        let engine = EngineHandle::start(model, EngineConfig::default());
        engine.prompt_maker().await.unwrap();
        let chat = ChatServer::start(store.clone(), engine.clone(), Arc::clone(&settings));
        let accounts = Accounts::new(
            store.clone(),
            Arc::clone(&settings),
            CookieTransport::Any,
            None,
            chat.slow_work(),
        );
        Self {
            server: ApiServer::new(chat, accounts, settings, store),
            engine,
            ada,
            _folder: folder,
        }
    }

    /// All places for texts.
    async fn places(&self) -> Vec<Place> {
        let mut held = Vec::new();
        loop {
            let next = Box::pin(self.server.slow_work.place(Kind::Text, self.ada.id));
            match futures::poll!(next) {
                Poll::Ready(place) => held.push(place.unwrap()),
                Poll::Pending => return held,
            }
        }
    }

    fn shape(&self, text: &str) -> CompletionShape {
        CompletionShape {
            head: ResponseHead::new("cmpl-", "text_completion", &self.engine),
            engine: self.engine.clone(),
            has_logprobs: false,
            includes_usage: false,
            echoes: vec![Some(Echo {
                text: text.to_owned(),
                ids: PROMPT.to_vec(),
                ..Echo::default()
            })],
            places: vec![CompletionLogprobs::default()],
        }
    }

    async fn generation(&self) -> Generation {
        let settings = self.server.settings.current();
        let asked = AnswerFields::default().resolve(&self.engine, &settings);
        let asked = asked.unwrap();
        let prompts = Prompts {
            each: vec![PROMPT.to_vec()],
            begun: Vec::new(),
            calls: Calls::None,
            param: "prompt",
        };
        let engine = self.engine.clone();
        let generation = self.server.generate(&self.ada, engine, &asked, prompts);
        generation.await.unwrap()
    }
}

#[tokio::test]
async fn a_long_answer_waits_for_a_place_and_a_short_one_does_not() {
    let bench = Bench::start().await;
    let held = bench.places().await;
    let answer = |num_bytes| bench.server.answer(bench.ada.id, num_bytes, || "Hi.");
    let short = answer(MAX_QUICK_BYTES).await.unwrap();
    assert_eq!(short.status(), StatusCode::OK);
    let mut long = Box::pin(answer(MAX_QUICK_BYTES + 1));
    assert!(timeout(MOMENT, &mut long).await.is_err());
    drop(held);
    assert_eq!(long.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_repeated_prompt_is_long_by_its_text_or_by_its_probabilities() {
    let bench = Bench::start().await;
    let told = TokenLogprobs {
        id: TokenId(65),
        logprob: -1.0,
        top: vec![(TokenId(66), -1.5); 20],
    };
    let answer = |num_tokens| Collected {
        prompt_logprobs: vec![told.clone(); num_tokens],
        ..Collected::default()
    };
    let num_bytes = |text: &str, num_tokens| {
        let shape = bench.shape(text);
        shape.whole_bytes(&[answer(num_tokens)])
    };
    assert!(num_bytes("Hello", 8) <= MAX_QUICK_BYTES);
    assert!(num_bytes("Hello", 4096) > MAX_QUICK_BYTES);
    assert!(num_bytes(&"Hello".repeat(MAX_QUICK_BYTES), 0) > MAX_QUICK_BYTES);
}

#[tokio::test]
async fn a_stream_that_begins_with_a_long_prompt_makes_it_in_a_place() {
    let bench = Bench::start().await;
    let text = "Hello".repeat(MAX_QUICK_BYTES);
    let mut begun = Vec::new();
    for text in ["Hello", text.as_str()] {
        let generation = bench.generation().await;
        let held = bench.places().await;
        let shape = bench.shape(text);
        let response = streaming::respond(&bench.server, generation, 1, shape, false);
        let mut events = response.into_body().into_data_stream();
        let at_once = timeout(MOMENT, events.next()).await;
        begun.push(at_once.is_ok());
        drop(held);
        let first = match at_once {
            Ok(first) => first,
            Err(_) => events.next().await,
        };
        let first = String::from_utf8(first.unwrap().unwrap().to_vec()).unwrap();
        let told = format!("\"text\":\"{text}\"");
        assert!(first.starts_with("data: ") && first.contains(&told));
    }
    assert_eq!(begun, [true, false]);
}
