//! Several answers in one stream.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ChatError, Cursor, MAX_TAILS, MessageId, MessageStatus, Told};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{
        PASSWORD, RunningServer, message_text, new_key, send, send_and_wait, sign_in,
    },
    tail::{AnswerText, letters},
    web_client::WebClient,
};

const LONG: &str = "This answer has several sentences. It is written slowly, letter by letter.";
const NOWHERE: Cursor = Cursor { epoch: 0, seq: 0 };

fn slow_model() -> ScriptedModel {
    ScriptedModel::new(vec![LONG.to_owned()]).with_token_delay(Duration::from_millis(20))
}

/// An answer that is being made, and where its frames begin.
async fn ask(client: &WebClient) -> Result<(MessageId, Cursor)> {
    let answer = send(client, None, "Hello").await??.assistant_message;
    Ok((answer.id, answer.cursor.context("running")?))
}

fn unknown() -> MessageId {
    MessageId::new(new_key().as_uuid())
}

async fn refusal(client: &WebClient, tails: &[(MessageId, Cursor)]) -> Result<ChatError> {
    let request = client.tails_request(tails);
    let answer = client.send(request.header("accept", "application/json"));
    let outcome = answer.await?.outcome::<serde_json::Value>()?;
    outcome.err().context("it is refused")
}

/// What is told of each message, until the stream ends.
async fn read(
    client: &WebClient,
    tails: &[(MessageId, Cursor)],
) -> Result<HashMap<MessageId, Vec<Told>>> {
    let mut stream = client.tails(tails).await?;
    let mut told: HashMap<MessageId, Vec<Told>> = HashMap::new();
    while let Some(line) = stream.next_line().await? {
        told.entry(line.message).or_default().push(line.told);
    }
    Ok(told)
}

/// The answer, whose frames count by one.
fn text_of(told: &[Told], mut cursor: Cursor) -> Result<AnswerText> {
    let mut text = AnswerText::default();
    for told in told {
        let Told::Event(event) = told else {
            anyhow::bail!("refused: {told:?}");
        };
        ensure!(event.cursor.epoch == cursor.epoch, "{event:?}");
        ensure!(event.cursor.seq == cursor.seq + 1, "{event:?}");
        cursor = event.cursor;
        text.apply(event);
    }
    Ok(text)
}

#[tokio::test]
async fn two_answers_come_in_one_stream_each_whole_and_in_order() -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let asked = [ask(&ada).await?, ask(&ada).await?];
    let mut stream = ada.tails(&asked).await?;
    let (mut lines, mut told) = (Vec::new(), HashMap::<_, Vec<_>>::new());
    while let Some(line) = stream.next_line().await? {
        lines.push(line.message);
        told.entry(line.message).or_default().push(line.told);
    }
    for (message, cursor) in asked {
        let text = text_of(&told[&message], cursor)?;
        assert_eq!(text.letters(), letters(LONG));
        let ended = text.ended.map(|(status, _)| status);
        assert_eq!(ended, Some(MessageStatus::Finished));
    }
    // The second did not wait for the end of the first.
    let first_of_second = lines.iter().position(|it| *it == asked[1].0);
    let last_of_first = lines.iter().rposition(|it| *it == asked[0].0);
    assert!(first_of_second < last_of_first, "{lines:?}");
    Ok(())
}

#[tokio::test]
async fn each_answer_goes_on_after_its_own_cursor() -> Result<()> {
    let (_server, ada) = RunningServer::start(slow_model()).await?;
    let asked = [ask(&ada).await?, ask(&ada).await?];
    let mut stream = ada.tails(&asked).await?;
    let mut cursors = HashMap::from(asked);
    let mut seen: HashMap<_, Vec<_>> = HashMap::new();
    for _ in 0..12 {
        let line = stream.next_line().await?.context("it goes on")?;
        let Told::Event(event) = &line.told else {
            anyhow::bail!("refused: {line:?}");
        };
        cursors.insert(line.message, event.cursor);
        seen.entry(line.message).or_default().push(line.told);
    }
    drop(stream);
    let again: Vec<_> = cursors.into_iter().collect();
    for (message, more) in read(&ada, &again).await? {
        seen.entry(message).or_default().extend(more);
    }
    for (message, cursor) in asked {
        let text = text_of(&seen[&message], cursor)?;
        assert_eq!(text.letters(), letters(LONG));
        assert_eq!(message_text(&ada, message).await?, LONG);
    }
    Ok(())
}

#[tokio::test]
async fn one_that_is_not_yours_is_refused_and_the_others_go_on() -> Result<()> {
    let (server, ada) = RunningServer::start(slow_model()).await?;
    let berta = server.add_user("Berta").await?;
    let theirs = ask(&berta).await?;
    let (own, cursor) = ask(&ada).await?;
    let nowhere = unknown();
    let tails = [theirs, (own, cursor), (nowhere, NOWHERE)];
    let told = read(&ada, &tails).await?;
    let refused = vec![Told::Refused(ChatError::NotFound)];
    assert_eq!(told[&theirs.0], refused, "not yours");
    assert_eq!(told[&nowhere], refused, "not there");
    assert_eq!(text_of(&told[&own], cursor)?.letters(), letters(LONG));
    Ok(())
}

#[tokio::test]
async fn what_all_are_refused_for_is_the_answer() -> Result<()> {
    let (server, ada) = RunningServer::start(slow_model()).await?;
    let berta = server.add_user("Berta").await?;
    let theirs = ask(&berta).await?;
    let tails = [theirs, (unknown(), NOWHERE)];
    assert_eq!(refusal(&ada, &tails).await?, ChatError::NotFound);
    let stranger = server.client()?;
    assert_eq!(refusal(&stranger, &tails).await?, ChatError::Unauthorized);
    // A question is no answer.
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let question = turn.user_message.context("it was asked")?.id;
    let refused = refusal(&ada, &[(question, NOWHERE)]).await?;
    assert_eq!(refused, ChatError::NotFound);
    Ok(())
}

#[tokio::test]
async fn none_too_many_and_one_twice_are_refused_and_as_many_as_allowed_are_not() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let answer = send_and_wait(&ada, None, "Hello").await?.assistant_message;
    let others = (1..MAX_TAILS).map(|_| (unknown(), NOWHERE));
    let mut tails: Vec<_> = others.chain([(answer.id, NOWHERE)]).collect();
    let told = read(&ada, &tails).await?;
    assert_eq!(told.len(), MAX_TAILS);
    assert_eq!(told[&answer.id].len(), 2, "a snapshot and the end");
    tails.push((unknown(), NOWHERE));
    let twice = [(answer.id, NOWHERE); 2];
    for tails in [tails.as_slice(), &twice, &[]] {
        let refused = refusal(&ada, tails).await?;
        assert!(matches!(refused, ChatError::Invalid(_)), "{refused:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_that_was_ended_hears_no_more_of_an_answer() -> Result<()> {
    // Letter by letter, for about ten seconds.
    let answer = "word ".repeat(100);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(20));
    let (server, ada) = RunningServer::start(model).await?;
    let elsewhere = server.client()?;
    sign_in(&elsewhere, "Ada", PASSWORD).await??;
    let asked = [ask(&ada).await?];
    let mut stream = elsewhere.tails(&asked).await?;
    let mut own = ada.tails(&asked).await?;
    stream.next_line().await?.context("it begins")?;
    ada.call::<()>("end_other_sessions", &[]).await??;
    let mut last = None;
    while let Some(line) = stream.next_line().await? {
        last = Some(line.told);
    }
    assert_eq!(last, Some(Told::Refused(ChatError::Unauthorized)));
    let mut told = Vec::new();
    while let Some(line) = own.next_line().await? {
        told.push(line.told);
    }
    let ended = text_of(&told, asked[0].1)?.ended.map(|(status, _)| status);
    assert_eq!(ended, Some(MessageStatus::Finished), "this session holds");
    Ok(())
}
