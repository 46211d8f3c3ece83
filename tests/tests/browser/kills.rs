//! `kill -9` while eight answers are made and thousands of conversations come in.

use std::{
    env,
    io::{self, Write as _},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use futures::future::{join_all, try_join_all};
use hearth_app::model::{Message, MessageStatus, SettingName, StartedTurn, UploadId, UploadState};
use hearth_tests::{
    browser::wait_for_stage,
    chance::Chance,
    database::Database,
    program::Program,
    running_server::{conversation, message_text, save_setting},
    tail::{AnswerText, letters},
    uploads::{archive, upload_id},
    web_client::WebClient,
};

use super::interruption::{ask, continue_turn, read_to_end};

const CHATS: usize = 8;
const MESSAGES: usize = 5;

/// What a crash may cost of an answer: 250 ms, and the way to who reads it.
const LOSS: Duration = Duration::from_millis(300);

/// Whether all is tried, on a machine that is for this alone.
fn is_whole() -> bool {
    env::var("HEARTH_TEST_EXTENT").is_ok_and(|extent| extent == "whole")
}

/// How often, and of how many conversations an import is.
fn extent() -> (usize, usize) {
    if is_whole() { (50, 10_000) } else { (4, 500) }
}

/// The longest that the server took for next to nothing until it was gone: so much later it writes,
/// because other programs have the processors.
async fn longest_lag(client: &WebClient) -> Duration {
    let mut longest = Duration::ZERO;
    loop {
        let asked = Instant::now();
        let answer = client.get("/healthz").await;
        longest = longest.max(asked.elapsed());
        if answer.is_err() {
            return longest;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Has a copy of the database made, and another one after it, until the server is gone; how many
/// were begun.
async fn copy_on(client: &WebClient) -> usize {
    let mut begun = 0;
    while let Ok(Ok(())) = client.call::<()>("back_up", &[]).await {
        begun += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    begun
}

/// What all rounds came to.
#[derive(Debug, Default)]
struct Figures {
    interrupted: usize,
    finished: usize,
    imports_cut_off: usize,
    imports_done: usize,
    largest_loss: Duration,
}

/// Asks, watches the answer to its end and asks again, until the server is gone. What it gives was
/// all taken by the server.
async fn chat(client: &WebClient) -> Vec<(StartedTurn, AnswerText)> {
    let mut turns = Vec::new();
    while let Ok(turn) = ask(client).await {
        let seen = watch(client, &turn.assistant_message).await;
        let is_over = seen.ended.is_some();
        turns.push((turn, seen));
        if !is_over {
            break;
        }
    }
    turns
}

/// Watches an answer until it ends or the server is gone.
async fn watch(client: &WebClient, message: &Message) -> AnswerText {
    let mut seen = AnswerText::default();
    let Some(cursor) = message.cursor else {
        return seen;
    };
    let Ok(mut tail) = client.tail(message.id, cursor).await else {
        return seen;
    };
    while let Ok(Some(event)) = tail.next().await {
        seen.apply(&event);
    }
    seen
}

/// Whether the import was told to be done. The server may be gone before it answers.
async fn import(client: &WebClient, upload: UploadId) -> bool {
    let arguments = [("upload", upload.to_string())];
    let outcome = client.call::<hearth_app::model::Upload>("import_commit", &arguments);
    let Ok(Ok(upload)) = outcome.await else {
        return false;
    };
    matches!(upload.state, UploadState::Imported(_))
}

/// How long an import takes that nobody disturbs.
async fn import_ms(client: &WebClient, num_conversations: usize) -> Result<u64> {
    let file = archive("Undisturbed", num_conversations, MESSAGES)?;
    let upload = upload_id(client, "old.zip", &file).await?;
    let begun = Instant::now();
    ensure!(
        import(client, upload).await,
        "an import that is not disturbed"
    );
    Ok(u64::try_from(begun.elapsed().as_millis())?)
}

/// An answer after the kill: nothing old is missing, and it goes on exactly.
async fn check_answer(
    client: &WebClient,
    (turn, seen): (&StartedTurn, &AnswerText),
    (undisturbed, safe, killed): (&str, Instant, Instant),
    figures: &mut Figures,
) -> Result<Option<Message>> {
    let shown = conversation(client, turn.conversation.id).await?;
    ensure!(shown.messages.len() == 2, "a message is missing: {shown:?}");
    let message = shown.messages.last().context("the answer is there")?;
    let (kept, whole) = (
        message_text(client, message.id).await?,
        letters(undisturbed),
    );
    let kept = letters(&kept);
    ensure!(whole.starts_with(&kept), "kept was {kept}");
    let due = seen.letters_at(safe);
    ensure!(
        kept.len() >= due,
        "{} letters kept, {due} were old",
        kept.len()
    );
    if let Some(lost) = seen.moment_of(kept.len() + 1) {
        figures.largest_loss = figures
            .largest_loss
            .max(killed.saturating_duration_since(lost));
    }
    match message.status {
        MessageStatus::Interrupted => {
            ensure!(seen.ended.is_none(), "its end was told, and is lost");
            figures.interrupted += 1;
            Ok(Some(message.clone()))
        }
        MessageStatus::Finished => {
            ensure!(kept == whole, "finished with {kept}");
            figures.finished += 1;
            Ok(None)
        }
        other => bail!("{other:?}"),
    }
}

/// All of an import is there, or nothing; the rest of the database is sound.
async fn check_database(
    program: &Program,
    title: &str,
    was_told: bool,
    num_conversations: usize,
) -> Result<bool> {
    let mut database = Database::open(&program.database()).await?;
    database.check_integrity().await?;
    let found = database.num_titled(title).await?;
    let all = (num_conversations, num_conversations * MESSAGES);
    ensure!(found == all || found == (0, 0), "{found:?} of {all:?}");
    ensure!(found == all || !was_told, "it was told to be done");
    Ok(found == all)
}

/// An import that was cut off has left nothing, and can be repeated.
async fn check_import(
    client: &WebClient,
    program: &Program,
    (upload, title, was_told, num_conversations): (UploadId, &str, bool, usize),
    figures: &mut Figures,
) -> Result<()> {
    if check_database(program, title, was_told, num_conversations).await? {
        figures.imports_done += 1;
        return Ok(());
    }
    figures.imports_cut_off += 1;
    ensure!(import(client, upload).await, "it cannot be repeated");
    let is_whole = check_database(program, title, true, num_conversations).await?;
    ensure!(is_whole, "it is not whole");
    Ok(())
}

/// Lets one person have all the chats.
async fn allow_chats(client: &WebClient) -> Result<()> {
    save_setting(client, SettingName::ConcurrentTurns, &CHATS.to_string()).await??;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_kills_under_load_cost_a_moment_and_answers_and_imports_are_whole() -> Result<()> {
    // Nothing else may take the two cores meanwhile.
    let _stage = wait_for_stage().await?;
    let (num_kills, num_conversations) = extent();
    let mut program = Program::start().await?;
    let client = program.administrator().await?;
    allow_chats(&client).await?;
    let undisturbed = read_to_end(&client, &ask(&client).await?.assistant_message).await?;
    ensure!(letters(&undisturbed).len() > 40, "too short: {undisturbed}");

    // Kills come before, in and after an import, however quick the machine is: beside eight answers
    // it takes several times as long.
    let longest = import_ms(&client, num_conversations).await? * 5;
    let mut figures = Figures::default();
    let mut chance = Chance::new(0x6b69_6c6c);
    for round in 0..num_kills {
        let title = format!("Import {round}");
        let file = archive(&title, num_conversations, MESSAGES)?;
        let upload = upload_id(&client, "old.zip", &file).await?;
        let moment = Duration::from_millis(chance.within(0..longest));
        let chats = join_all((0..CHATS).map(|_| chat(&client)));
        let kill = async {
            tokio::time::sleep(moment).await;
            let killed = Instant::now();
            program.kill().map(|()| killed)
        };
        let importing = import(&client, upload);
        let (turns, was_told, killed, lag) =
            tokio::join!(chats, importing, kill, longest_lag(&client));
        let killed = killed?;
        let excused = if is_whole() { Duration::ZERO } else { lag };
        let safe = killed.checked_sub(LOSS + excused);
        let safe = safe.context("the clock has run")?;
        program.restart().await?;

        let shown = || format!("round {round}, killed after {moment:?}");
        let mut unfinished = Vec::new();
        for (turn, seen) in turns.iter().flatten() {
            let expected = (undisturbed.as_str(), safe, killed);
            let checked = check_answer(&client, (turn, seen), expected, &mut figures);
            unfinished.extend(checked.await.with_context(shown)?);
        }
        let import = (upload, title.as_str(), was_told, num_conversations);
        let checked = check_import(&client, &program, import, &mut figures);
        checked.await.with_context(shown)?;
        let continued = unfinished.iter().map(async |message| {
            let continued = continue_turn(&client, message).await?.assistant_message;
            ensure!(continued.id == message.id, "another answer");
            read_to_end(&client, &continued).await
        });
        for text in try_join_all(continued).await.with_context(shown)? {
            assert_eq!(text, undisturbed, "{}", shown());
        }
    }
    writeln!(io::stdout(), "{num_kills} kills: {figures:?}")?;
    Ok(())
}

/// Fills the database, so that a copy takes a while.
async fn fill(client: &WebClient, num_conversations: usize) -> Result<()> {
    let file = archive("Old", num_conversations, MESSAGES)?;
    let upload = upload_id(client, "old.zip", &file).await?;
    ensure!(import(client, upload).await, "there is something to copy");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_that_are_being_made_cost_no_answer_more_and_those_that_are_kept_are_sound()
-> Result<()> {
    let _stage = wait_for_stage().await?;
    let (num_kills, num_conversations) = if is_whole() { (20, 10_000) } else { (3, 500) };
    let mut program = Program::start().await?;
    let client = program.administrator().await?;
    allow_chats(&client).await?;
    fill(&client, num_conversations).await?;
    let undisturbed = read_to_end(&client, &ask(&client).await?.assistant_message).await?;
    let (mut figures, mut num_kept) = (Figures::default(), 0);
    let mut chance = Chance::new(0x636f_7079);
    for round in 0..num_kills {
        let moment = Duration::from_millis(chance.within(500..3000));
        let chats = join_all((0..CHATS).map(|_| chat(&client)));
        let kill = async {
            tokio::time::sleep(moment).await;
            let killed = Instant::now();
            program.kill().map(|()| killed)
        };
        let (turns, num_copies, killed, lag) =
            tokio::join!(chats, copy_on(&client), kill, longest_lag(&client));
        ensure!(num_copies > 0, "no copy was begun");
        let killed = killed?;
        let excused = if is_whole() { Duration::ZERO } else { lag };
        let safe = killed.checked_sub(LOSS + excused);
        let safe = safe.context("the clock has run")?;
        program.restart().await?;
        let shown = || format!("round {round}, killed after {moment:?}");
        for (turn, seen) in turns.iter().flatten() {
            let expected = (undisturbed.as_str(), safe, killed);
            let checked = check_answer(&client, (turn, seen), expected, &mut figures);
            checked.await.with_context(shown)?;
        }
        let mut database = Database::open(&program.database()).await?;
        database.check_integrity().await.with_context(shown)?;
        num_kept += check_copies(&program).await.with_context(shown)?;
    }
    ensure!(num_kept > 0, "no copy was ever done");
    writeln!(io::stdout(), "{num_kills} kills beside copies: {figures:?}")?;
    Ok(())
}

/// Every file that has the name of a copy is one; how many there are.
async fn check_copies(program: &Program) -> Result<usize> {
    let database = program.database();
    let folder = database.with_file_name("backups");
    let mut number = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let is_copy = name.is_some_and(|name| name.starts_with("hearth-"));
        if is_copy && path.extension().is_some_and(|end| end == "db") {
            Database::open(&path).await?.check_integrity().await?;
            number += 1;
        }
    }
    Ok(number)
}
