//! Another model takes the place of the one that answers while messages are on their way.

use std::{sync::Arc, time::Duration};

use hearth_app::{model::MessageStatus, service::ChatService as _};
use hearth_engine::{
    handle::{EngineConfig, ModelSource},
    scripted::ScriptedModel,
};

use super::bench::{Bench, question};

fn answering(text: &str) -> ScriptedModel {
    ScriptedModel::new(vec![text.to_owned()])
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_refused_and_no_turn_fails_because_the_model_is_changed() {
    let bench = Bench::start(answering("Yes.")).await;
    for round in 0..40_u64 {
        let (server, ada) = (Arc::clone(&bench.server), bench.ada);
        let sending = tokio::spawn(async move { server.send(ada, question("Go")).await });
        // From before the first read to after the last write.
        tokio::time::sleep(Duration::from_micros(round * 150)).await;
        let model = ModelSource::Scripted(answering("Yes."));
        bench.server.switch_model(model, EngineConfig::default());
        let turn = sending.await.unwrap().unwrap();
        let answer = turn.assistant_message;
        bench.frames(answer.id, answer.cursor.unwrap()).await;
        let stored = bench.stored(answer.id).await;
        assert!(
            matches!(
                stored.status,
                MessageStatus::Finished | MessageStatus::Interrupted
            ),
            "round {round}: {stored:?}"
        );
        if stored.status == MessageStatus::Finished {
            assert_eq!(stored.text, "Yes.");
        } else {
            let continued = bench.server.continue_turn(bench.ada, answer.id).await;
            let continued = continued.unwrap().assistant_message;
            bench.frames(answer.id, continued.cursor.unwrap()).await;
            assert_eq!(bench.stored(answer.id).await.text, "Yes.");
        }
    }
}
