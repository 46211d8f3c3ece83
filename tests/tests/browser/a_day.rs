//! A day in the life of a server, as an administrator has it: what the documents promise about
//! running Hearth for others, one after the other, with the real program.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use hearth_app::model::{
    AccountSummary, BackupKind, BackupReport, BusyReason, ChatError, ConversationId,
    ConversationPage, OneTimeLink, Refusal, SettingName,
};
use hearth_tests::{
    api_client::ApiClient,
    browser::wait_for_stage,
    command::hearth,
    database::Database,
    deadline::eventually,
    metrics::Metrics,
    program::Program,
    running_server::{
        PASSWORD, claim, conversation, message_text, save_setting, send, send_and_wait, sign_in,
    },
    web_client::WebClient,
};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);
/// So short that a day does not last one.
const MAX_TOKENS: u32 = 24;

const BERTAS_PASSWORD: &str = "seven green umbrellas";
const CARLS_PASSWORD: &str = "a harbour before dawn";
const GUESS: &str = "a wrong horse";
const QUESTION: &str = "What does a lighthouse keeper do all day?";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_installed_shared_watched_and_upgraded_and_survives_the_loss_of_its_disk()
-> Result<()> {
    // Nothing else may take the two cores meanwhile.
    let _stage = wait_for_stage().await?;
    let place = tempfile::tempdir()?;
    let mut secrets = vec![QUESTION.to_owned()];

    let format = ("HEARTH_SERVER__LOG_FORMAT", "json".to_owned());
    let mut program = Program::start_installed(place.path(), vec![format]).await?;
    let ada = set_up(&program, &mut secrets).await?;
    let [berta, carl] = invite(&program, &ada, &mut secrets).await?;
    let chat = send_and_wait(&berta, None, QUESTION).await?.conversation.id;
    limit(&program, &berta, &carl, chat).await?;
    watch(&program, &secrets).await?;

    let said = words_of(&berta, chat).await?;
    ensure!(said.len() == 4 && said[0] == QUESTION, "{said:?}");
    let copy = back_up(&program, &ada, &place.path().join("another disk")).await?;
    upgrade(&mut program, &ada, &secrets).await?;
    let found = words_of(&berta, chat).await?;
    ensure!(found == said, "after an upgrade: {found:?}");
    send_and_wait(&berta, Some(chat), "This is in no copy.").await?;

    bring_back(&mut program, &copy).await?;
    let ada = enter(&program, "Ada", PASSWORD).await?;
    let berta = enter(&program, "Berta", BERTAS_PASSWORD).await?;
    let found = words_of(&berta, chat).await?;
    ensure!(found == said, "not as it was copied: {found:?}");
    send_and_wait(&berta, Some(chat), "And at night?").await?;
    let found = words_of(&berta, chat).await?;
    ensure!(found.starts_with(&said) && found.len() == 6, "{found:?}");

    remove(&program, &ada, &berta).await?;
    secrets.push(session_of(&ada)?);
    let log = read_log(&program, &secrets)?;
    let sentence = "an account was deleted by an administrator";
    ensure!(tells(&log, sentence, None), "{log:?}");
    Ok(())
}

/// What a command says that does what it is told.
async fn command(program: &Program, words: &[&str]) -> Result<String> {
    hearth(program.data(), words, "").await?.text()
}

/// Somebody signs in with a browser of their own.
async fn enter(program: &Program, name: &str, password: &str) -> Result<WebClient> {
    let client = WebClient::new(program.base_url())?;
    sign_in(&client, name, password).await??;
    Ok(client)
}

/// What a browser is let in by.
fn session_of(client: &WebClient) -> Result<String> {
    let cookie = client.cookie().context("somebody is signed in")?;
    let (_, session) = cookie.split_once('=').context("a cookie has a value")?;
    Ok(session.to_owned())
}

/// Everything that stands in a conversation, word for word.
async fn words_of(client: &WebClient, chat: ConversationId) -> Result<Vec<String>> {
    let mut words = Vec::new();
    for message in conversation(client, chat).await?.messages {
        words.push(message_text(client, message.id).await?);
    }
    Ok(words)
}

/// The printed link makes the first account, once. Somebody guesses its password, and Ada knows it.
/// From now on answers are short.
async fn set_up(program: &Program, secrets: &mut Vec<String>) -> Result<WebClient> {
    let link = program.set_up_link().await?;
    let (_, token) = link.split_once("token=").context("the link has a token")?;
    let claimed = claim(&program.base_url(), token).await?;
    let again = claim(&program.base_url(), token).await;
    ensure!(again.is_err(), "a link for two");
    let guessed = enter(program, "Ada", GUESS).await;
    ensure!(guessed.is_err(), "a wrong password");
    let ada = enter(program, "Ada", PASSWORD).await?;
    save_setting(&ada, SettingName::MaxTokens, &MAX_TOKENS.to_string()).await??;
    secrets.extend([token, PASSWORD, GUESS].map(str::to_owned));
    secrets.extend([session_of(&claimed)?, session_of(&ada)?]);
    Ok(ada)
}

/// Berta comes with a link and makes a key for a program; Carl is made at a terminal.
async fn invite(
    program: &Program,
    ada: &WebClient,
    secrets: &mut Vec<String>,
) -> Result<[WebClient; 2]> {
    let fields = [("name", "Berta".to_owned()), ("role", "user".to_owned())];
    let link: OneTimeLink = ada.call("create_account", &fields).await??;
    let (token, password) = (link.token, BERTAS_PASSWORD.to_owned());
    let fields = [("token", token.clone()), ("password", password)];
    let joined = WebClient::new(program.base_url())?;
    joined.call::<()>("join", &fields).await??;
    let berta = enter(program, "Berta", BERTAS_PASSWORD).await?;
    let key = ApiClient::at(&program.base_url(), &berta).await?;
    let answer = key.get("/v1/models").await?;
    ensure!(answer.status == 200, "{}", answer.text());

    let input = format!("{CARLS_PASSWORD}\n");
    let added = hearth(program.data(), &["user", "add", "Carl"], &input).await?;
    let told = added.text()?;
    ensure!(told.contains("Carl may sign in"), "{told}");
    let carl = enter(program, "Carl", CARLS_PASSWORD).await?;

    let known = [BERTAS_PASSWORD, CARLS_PASSWORD, &token, key.key()];
    secrets.extend(known.map(str::to_owned));
    for client in [&joined, &berta, &carl] {
        secrets.push(session_of(client)?);
    }
    Ok([berta, carl])
}

/// How often a person's own limit refused something.
async fn num_limited(program: &Program) -> Result<u64> {
    let metrics = Metrics::read(&program.watcher()?).await?;
    metrics.sum("hearth_refusals_total", r#"kind="limit""#)
}

/// Berta has had her tokens of today and others have not, until the settings count for her again.
async fn limit(
    program: &Program,
    berta: &WebClient,
    carl: &WebClient,
    chat: ConversationId,
) -> Result<()> {
    let before = num_limited(program).await?;
    command(program, &["user", "limit", "Berta", "1"]).await?;
    let refused = send(berta, Some(chat), "And on Sundays?").await?;
    let Err(ChatError::Busy { reason, .. }) = refused else {
        bail!("{refused:?}");
    };
    let used_up = BusyReason::TokensUsedUp { limit: 1 };
    ensure!(reason == used_up, "{reason:?}");
    send_and_wait(carl, None, "Good morning").await?;
    let after = num_limited(program).await?;
    ensure!(after == before + 1, "refused {before} times, then {after}");
    command(program, &["user", "limit", "Berta", "default"]).await?;
    send_and_wait(berta, Some(chat), "And on Sundays?").await?;
    Ok(())
}

/// Metrics have types and say that a model answers; the log names who signed in and who failed to.
async fn watch(program: &Program, secrets: &[String]) -> Result<()> {
    let metrics = Metrics::read(&program.watcher()?).await?;
    let samples = metrics.samples()?;
    ensure!(samples.len() > 20, "only {} values", samples.len());
    for sample in samples {
        ensure!(metrics.kind_of(&sample.name).is_some(), "{sample:?}");
    }
    ensure!(metrics.value("hearth_model_ready")? == 1);
    let log = read_log(program, secrets)?;
    for (sentence, name) in [
        ("claimed by its first administrator", "Ada"),
        ("a sign-in failed", "Ada"),
        ("a one-time link was used", "Berta"),
        ("an API key was made", "Berta"),
        ("somebody signed in", "Ada"),
        ("somebody signed in", "Berta"),
        ("somebody signed in", "Carl"),
    ] {
        ensure!(tells(&log, sentence, Some(name)), "{name}: {sentence}?");
    }
    let sentence = "a set-up link that does not hold was tried";
    ensure!(tells(&log, sentence, None), "{log:?}");
    Ok(())
}

/// Whether a line of a log says this, and of whom if somebody is named.
fn tells(log: &[Value], sentence: &str, name: Option<&str>) -> bool {
    log.iter().any(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        message.contains(sentence) && name.is_none_or(|name| line["user.name"] == name)
    })
}

/// What the program has logged since its data directory is there: objects, with no secret in them.
/// What it prints for people stands between them.
fn read_log(program: &Program, secrets: &[String]) -> Result<Vec<Value>> {
    const FOR_PEOPLE: [&str; 4] = [
        "Hearth is at ",
        "Nobody has an account yet.",
        "  http",
        "Stopping;",
    ];
    let text = program.log()?;
    let mut log = Vec::new();
    for line in text.lines() {
        let is_for_people = FOR_PEOPLE.iter().any(|start| line.starts_with(start));
        if line.is_empty() || is_for_people {
            continue;
        }
        let object: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        ensure!(object["level"].is_string(), "{line}");
        for secret in secrets {
            ensure!(!line.contains(secret.as_str()), "a secret: {line}");
        }
        log.push(object);
    }
    Ok(log)
}

/// The newest copy of a kind, as the page lists it.
async fn listed(program: &Program, ada: &WebClient, kind: BackupKind) -> Result<PathBuf> {
    let copy = eventually("the copy is listed", PATIENCE, async || {
        let report: BackupReport = ada.call("backups", &[]).await??;
        Ok(report.copies.into_iter().find(|copy| copy.kind == kind))
    });
    Ok(program.data().join("backups").join(copy.await?.file))
}

/// Whether SQLite finds nothing wrong with a copy.
async fn check_integrity(copy: &Path) -> Result<()> {
    let checked = Database::open(copy).await?.check_integrity().await;
    checked.with_context(|| copy.display().to_string())
}

/// A copy by the button, and one by a command, elsewhere; both are sound. Gives the second.
async fn back_up(program: &Program, ada: &WebClient, elsewhere: &Path) -> Result<PathBuf> {
    ada.call::<()>("back_up", &[]).await??;
    check_integrity(&listed(program, ada, BackupKind::Asked).await?).await?;
    let to = elsewhere.to_str().context("a path")?;
    let told = command(program, &["backup", "--to", to]).await?;
    let (copy, counted) = told.split_once(": ").context("it tells where it is")?;
    let is_whole = counted.contains("3 accounts") && counted.contains("no damage");
    ensure!(is_whole && copy.starts_with(to), "{told}");
    check_integrity(Path::new(copy)).await?;
    Ok(copy.into())
}

/// A database as the program before this one leaves it is copied, and then brought up to date.
async fn upgrade(program: &mut Program, ada: &WebClient, secrets: &[String]) -> Result<()> {
    program.terminate()?;
    let (older, _) = program.make_older().await?;
    program.restart().await?;
    let copy = listed(program, ada, BackupKind::BeforeUpgrade).await?;
    check_integrity(&copy).await?;
    let copy = copy.to_str().context("a path")?;
    let told = command(program, &["restore", copy, "--dry-run"]).await?;
    let is_older = told.contains(&format!("schema {older},"));
    ensure!(is_older && told.contains("3 accounts"), "{told}");
    let log = read_log(program, secrets)?;
    let sentence = format!("the database has schema {older} and is copied before it is changed");
    ensure!(tells(&log, &sentence, None), "{log:?}");
    Ok(())
}

/// The disk dies under the running program; the copy that lay elsewhere takes the place of it.
async fn bring_back(program: &mut Program, copy: &Path) -> Result<()> {
    program.kill()?;
    program.lose_data()?;
    let copy = copy.to_str().context("a path")?;
    let told = command(program, &["restore", copy]).await?;
    for part in ["3 accounts", "there is no database now"] {
        ensure!(told.contains(part), "{told}");
    }
    program.restart().await
}

/// Berta's account goes: at once nobody enters it, and it is in no list. Others stay.
async fn remove(program: &Program, ada: &WebClient, berta: &WebClient) -> Result<()> {
    let people: Vec<AccountSummary> = ada.call("accounts", &[]).await??;
    let found = people.into_iter().find(|it| it.user.name == "Berta");
    let id = found.context("she has an account")?.user.id;
    let fields = |name: &str| [("user", id.to_string()), ("name", name.to_owned())];
    let refused = ada.call::<()>("delete_account", &fields("Carl")).await?;
    let differs = Err(ChatError::Invalid(Refusal::NameDiffers));
    ensure!(refused == differs, "{refused:?}");
    ada.call::<()>("delete_account", &fields("Berta")).await??;

    let listed = command(program, &["user", "list", "--json"]).await?;
    let listed: Vec<Value> = serde_json::from_str(&listed)?;
    let mut names: Vec<_> = listed.iter().map(|it| it["name"].as_str()).collect();
    names.sort_unstable();
    ensure!(names == [Some("Ada"), Some("Carl")], "{names:?}");
    let refused = berta.call::<ConversationPage>("conversations", &[]).await?;
    ensure!(refused == Err(ChatError::Unauthorized), "{refused:?}");
    let entered = enter(program, "Berta", BERTAS_PASSWORD).await;
    ensure!(entered.is_err(), "her password opens nothing");
    enter(program, "Carl", CARLS_PASSWORD).await?;
    Ok(())
}
