//! What is kept of a rating, and what of it administrators of this server are told.

use hearth_app::{
    model::{RatingDetails, RatingReason, Thumb},
    service::personal::PersonalService as _,
};
use hearth_engine::scripted::ScriptedModel;

use super::bench::Bench;

#[tokio::test]
async fn what_is_said_last_counts_once() {
    let bench = Bench::start(ScriptedModel::new(vec!["An answer.".to_owned()])).await;
    let turn = bench.send("A question").await;
    let answer = turn.assistant_message.id;
    let cursor = turn.assistant_message.cursor.unwrap();
    bench.frames(answer, cursor).await;
    let rate = async |thumb, details| {
        let rated = bench.server.rate(bench.ada, answer, thumb, details).await;
        rated.unwrap();
    };
    let details = RatingDetails {
        reason: Some(RatingReason::Style),
        comment: " Too long. ".to_owned(),
        with_texts: true,
    };
    rate(Some(Thumb::Down), details).await;
    let written = bench.store.written_ratings(0, 10).await.unwrap();
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].comment, "Too long.");
    assert_eq!(written[0].question.as_deref(), Some("A question"));
    assert_eq!(written[0].answer.as_deref(), Some("An answer."));
    rate(Some(Thumb::Up), RatingDetails::default()).await;
    let counted = bench.store.counted_ratings(0).await.unwrap();
    assert_eq!((counted.len(), counted[0].number), (1, 1));
    assert_eq!((counted[0].thumb, counted[0].reason), (Thumb::Up, None));
    assert!(bench.store.written_ratings(0, 10).await.unwrap().is_empty());
    let tomorrow = counted[0].day + 1;
    assert!(
        bench
            .store
            .counted_ratings(tomorrow)
            .await
            .unwrap()
            .is_empty()
    );
    rate(None, RatingDetails::default()).await;
    assert!(bench.store.counted_ratings(0).await.unwrap().is_empty());
}
