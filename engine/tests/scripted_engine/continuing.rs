//! A stopped and continued answer is the undisturbed one, bit for bit.

use super::*;

const TEXT: &str = "é 你好 😀, and so on; the end";

/// Every place to stop at gives the answer of an undisturbed run.
async fn check(model: ScriptedModel, request_of: impl Fn(GenerateRequest) -> GenerateRequest) {
    let engine = engine(model);
    let request = request_of(request(&engine, "go on").await);
    let undisturbed = complete(submit(&engine, ANNE, request.clone())).await;
    for num_tokens in 1..undisturbed.ids.len() {
        let mut stream = submit(&engine, ANNE, request.clone());
        let before = read_tokens(&mut stream, num_tokens).await;
        drop(stream);
        let answer_so_far = before.ids.clone();
        let continued = GenerateRequest {
            answer_so_far,
            ..request.clone()
        };
        let after = complete(submit(&engine, ANNE, continued)).await;
        assert_eq!([before.ids, after.ids.clone()].concat(), undisturbed.ids);
        assert_eq!(before.text + &after.text, undisturbed.text);
        assert_eq!(after.reason(), undisturbed.reason());
        assert_eq!(
            after.usage().completion_tokens,
            undisturbed.ids.len() - num_tokens
        );
    }
}

#[tokio::test]
async fn a_greedy_answer_goes_on_exactly() {
    check(says(TEXT), |request| request).await;
}

#[tokio::test]
async fn an_answer_goes_on_exactly_when_it_was_cut_by_its_limit() {
    let engine = engine(says(TEXT));
    for num_tokens in 1..TEXT.len() {
        let mut request = GenerateRequest {
            max_tokens: num_tokens,
            ..request(&engine, "go on").await
        };
        let before = complete(submit(&engine, ANNE, request.clone())).await;
        assert_eq!(before.reason(), FinishReason::Length);
        request.max_tokens = 1000;
        request.answer_so_far = before.ids;
        let after = complete(submit(&engine, ANNE, request)).await;
        assert_eq!(before.text + &after.text, TEXT);
    }
}

#[tokio::test]
async fn a_seeded_answer_goes_on_exactly() {
    let model = says(TEXT).with_random_letters();
    for seed in [1, 2] {
        check(model.clone(), |request| {
            let sampling = SamplingParams {
                temperature: 0.9,
                frequency_penalty: 0.4,
                presence_penalty: 0.1,
                repetition_penalty: 1.1,
                seed,
                ..SamplingParams::default()
            };
            GenerateRequest {
                sampling,
                ..request
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_stop_string_across_the_break_still_stops() {
    check(says(TEXT), |request| {
        let stop = vec!["so on;".to_owned(), "😀?".to_owned()];
        GenerateRequest { stop, ..request }
    })
    .await;
}

#[tokio::test]
async fn other_seeds_give_other_answers() {
    let engine = engine(says(TEXT).with_random_letters());
    let mut answers = Vec::new();
    for seed in 0..3 {
        let sampling = SamplingParams {
            seed,
            temperature: 1.0,
            ..SamplingParams::default()
        };
        let request = GenerateRequest {
            sampling,
            ..request(&engine, "go").await
        };
        answers.push(complete(submit(&engine, ANNE, request)).await.text);
    }
    assert!(
        answers[0] != answers[1] && answers[1] != answers[2],
        "{answers:?}"
    );
}

#[tokio::test]
async fn answers_beside_each_other_are_those_of_answers_alone() {
    let model = ScriptedModel::new(Vec::new()).with_random_letters();
    let engine = engine(model);
    let messages = ["first message", &"second ".repeat(40), "third"];
    let mut requests = Vec::new();
    for (seed, message) in (0..).zip(messages) {
        let sampling = SamplingParams {
            seed,
            temperature: 1.0,
            ..SamplingParams::default()
        };
        requests.push(GenerateRequest {
            sampling,
            ..request(&engine, message).await
        });
    }
    let mut alone = Vec::new();
    for request in &requests {
        alone.push(complete(submit(&engine, ANNE, request.clone())).await.ids);
    }
    let streams: Vec<GenerationStream> = requests
        .iter()
        .map(|request| submit(&engine, ANNE, request.clone()))
        .collect();
    for (stream, alone) in streams.into_iter().zip(alone) {
        assert_eq!(complete(stream).await.ids, alone);
    }
}
