//! `hearth user` beside a running server: what the page shows, and what it refuses.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use hearth_app::model::{
    AccountSummary, AuditAction, AuditEntry, ConversationSummary, MessageStatus, User, UserRole,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::{ApiClient, question, with},
    command::{Done, hearth},
    running_server::{PASSWORD, RunningServer, send, send_and_wait, sign_in},
    web_client::WebClient,
};
use serde_json::Value;

struct Beside {
    server: RunningServer,
    ada: WebClient,
    data: PathBuf,
}

impl Beside {
    async fn start(model: ScriptedModel) -> Result<Self> {
        Self::of(RunningServer::start(model).await?)
    }

    fn of((server, ada): (RunningServer, WebClient)) -> Result<Self> {
        let data = server.database();
        let data = data.parent().context("it lies in a folder")?.to_owned();
        Ok(Self { server, ada, data })
    }

    async fn user(&self, words: &[&str], input: &str) -> Result<Done> {
        let words: Vec<&str> = ["user"].iter().chain(words).copied().collect();
        hearth(&self.data, &words, input).await
    }

    async fn account(&self, name: &str) -> Result<Option<AccountSummary>> {
        let accounts: Vec<AccountSummary> = self.ada.call("accounts", &[]).await??;
        Ok(accounts.into_iter().find(|it| it.user.name == name))
    }
}

async fn is_signed_in(client: &WebClient) -> Result<bool> {
    let user: Option<User> = client.call("signed_in_user", &[]).await??;
    Ok(user.is_some())
}

#[tokio::test]
async fn accounts_are_made_changed_and_deleted_and_the_page_sees_it_at_once() -> Result<()> {
    let beside = Beside::start(ScriptedModel::new(Vec::new())).await?;
    let password = format!("{PASSWORD}\n");
    beside.user(&["add", "Berta"], &password).await?.text()?;
    let berta = beside.server.client()?;
    sign_in(&berta, "berta", PASSWORD).await??;
    beside
        .user(&["role", "berta", "administrator"], "")
        .await?
        .text()?;
    let account = beside.account("Berta").await?.context("it is there")?;
    assert_eq!(account.user.role, UserRole::Administrator);
    assert!(
        !is_signed_in(&berta).await?,
        "another role, another session"
    );
    sign_in(&berta, "Berta", PASSWORD).await??;
    beside
        .user(&["rename", "Berta", "Bertha"], "")
        .await?
        .text()?;
    assert!(is_signed_in(&berta).await?, "a name is no key");
    assert!(
        sign_in(&beside.server.client()?, "Berta", PASSWORD)
            .await?
            .is_err()
    );
    beside.user(&["disable", "Bertha"], "").await?.text()?;
    assert!(!is_signed_in(&berta).await?);
    let listed = beside.user(&["list", "--json"], "").await?.text()?;
    let listed: Vec<Value> = serde_json::from_str(&listed)?;
    let told: Vec<_> = listed
        .iter()
        .map(|it| (it["name"].as_str(), it["disabled"].as_bool()))
        .collect();
    let expected = [(Some("Ada"), Some(false)), (Some("Bertha"), Some(true))];
    assert_eq!(told, expected);
    beside.user(&["enable", "Bertha"], "").await?.text()?;
    sign_in(&berta, "Bertha", PASSWORD).await??;
    beside
        .user(&["delete", "--yes", "Bertha"], "")
        .await?
        .text()?;
    assert!(!is_signed_in(&berta).await?);
    assert_eq!(beside.account("Bertha").await?, None);
    Ok(())
}

#[tokio::test]
async fn the_log_says_that_it_was_the_command_line() -> Result<()> {
    let beside = Beside::start(ScriptedModel::new(Vec::new())).await?;
    let password = format!("{PASSWORD}\n");
    for words in [
        ["add", "Berta"].as_slice(),
        &["disable", "Berta"],
        &["enable", "Berta"],
        &["limit", "Berta", "5000"],
        &["role", "Berta", "administrator"],
        &["rename", "Berta", "Bertha"],
        &["link", "Bertha"],
        &["reset-password", "Bertha"],
        &["delete", "Bertha", "--yes"],
    ] {
        beside.user(words, &password).await?.text()?;
    }
    let entries: Vec<AuditEntry> = beside.ada.call("audit", &[]).await??;
    let told: Vec<_> = entries.iter().rev().map(|it| it.action).collect();
    assert_eq!(
        told,
        [
            AuditAction::CreateAccount,
            AuditAction::DisableAccount,
            AuditAction::EnableAccount,
            AuditAction::ChangeLimit,
            AuditAction::ChangeRole,
            AuditAction::RenameAccount,
            AuditAction::MakeLink,
            AuditAction::ResetPassword,
            AuditAction::DeleteAccount,
        ]
    );
    assert!(
        entries.iter().all(|it| it.user_name.is_empty()),
        "{entries:?}"
    );
    for (language, expected) in [("en", ENGLISH), ("zh-CN", CHINESE)] {
        let request = beside.ada.request(reqwest::Method::GET, "/admin/log");
        let request = request
            .header("accept", "text/html")
            .header("accept-language", language);
        let page = beside.ada.send(request).await?.text();
        for sentence in expected {
            assert!(page.contains(&format!("{sentence}<")), "{sentence}: {page}");
        }
    }
    Ok(())
}

/// Each is at the end of an entry, or its person.
const ENGLISH: [&str; 10] = [
    "Command line",
    "created the account Berta as User",
    "disabled Berta",
    "enabled Berta",
    "changed the tokens a day of Berta from “As the settings say” to “5,000”",
    "changed the role of Berta from “User” to “Administrator”",
    "renamed Berta to “Bertha”",
    "made a password link for Bertha",
    "chose another password for Bertha",
    "deleted the account Bertha",
];
const CHINESE: [&str; 10] = [
    "命令行",
    "创建了账号 Berta，角色：普通用户",
    "停用了 Berta",
    "启用了 Berta",
    "修改了 Berta 的每日 token 数，从“按设置”改为“5,000”",
    "修改了 Berta 的角色，从“普通用户”改为“管理员”",
    "修改了 Berta 的用户名，改为“Bertha”",
    "为 Bertha 创建了密码链接",
    "为 Bertha 设置了新密码",
    "删除了账号 Bertha",
];

#[tokio::test]
async fn what_a_disabled_person_has_made_ends_though_nobody_tells_the_server() -> Result<()> {
    let slow = ScriptedModel::new(vec!["slow ".repeat(4000)]);
    let beside = Beside::start(slow.with_token_delay(Duration::from_millis(10))).await?;
    let berta = beside.server.add_user("Berta").await?;
    let program = ApiClient::of(&beside.server, &berta).await?;
    let turn = send(&berta, None, "Hi").await??;
    let cursor = turn.assistant_message.cursor.context("it runs")?;
    let tail = berta.tail(turn.assistant_message.id, cursor).await?;
    let body = with(question("Hi"), "stream", true);
    let stream = program.open("/v1/chat/completions", &body).await?;
    beside.user(&["disable", "Berta"], "").await?.text()?;
    let both = async { anyhow::Ok((tail.to_end().await?, stream.lines().await)) };
    let (end, _cut) = tokio::time::timeout(Duration::from_secs(10), both).await??;
    let (status, _) = end.ended.context("the stream ends")?;
    assert_eq!(status, MessageStatus::Interrupted);
    assert_eq!(program.get("/v1/models").await?.status, 401);
    Ok(())
}

/// The token of the one link that was printed, which is one of the page at this address.
fn token_of<'a>(told: &'a str, address: &str) -> Result<&'a str> {
    let mut links = told.lines().map(str::trim).filter(|it| it.contains("://"));
    let link = links.next().context("a link")?;
    let token = link.strip_prefix(&format!("{address}/join#token="));
    let token = token.with_context(|| format!("a link to {address}: {told}"))?;
    assert!(links.next().is_none(), "{told}");
    let is_plain = token.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_plain && token.len() == 64, "{token}");
    Ok(token)
}

#[tokio::test]
async fn a_link_of_the_command_line_is_one_of_the_address_that_people_type() -> Result<()> {
    for public in ["https://chat.example.org", "https://example.org/a/chat"] {
        let model = ScriptedModel::new(Vec::new());
        let beside = Beside::of(RunningServer::start_behind(model, public).await?)?;
        // The command reads the operator's file.
        let settings = format!("[server]\npublic_url = \"{public}/\"\n");
        std::fs::write(beside.data.join("hearth.toml"), settings)?;
        let told = beside.user(&["link", "Ada"], "").await?.text()?;
        token_of(&told, public)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_link_of_the_command_line_lets_its_owner_in() -> Result<()> {
    let beside = Beside::start(ScriptedModel::new(Vec::new())).await?;
    let berta = beside.server.add_user("Berta").await?;
    let told = beside.user(&["link", "Berta"], "").await?.text()?;
    let token = token_of(&told, beside.server.base_url())?;
    let fields = [
        ("token", token.to_owned()),
        ("password", "another password".to_owned()),
    ];
    let again = beside.server.client()?;
    again.call::<()>("join", &fields).await??;
    assert!(is_signed_in(&again).await?);
    assert!(!is_signed_in(&berta).await?);
    Ok(())
}

#[tokio::test]
async fn what_the_page_refuses_the_command_refuses_in_a_sentence() -> Result<()> {
    let beside = Beside::start(ScriptedModel::new(Vec::new())).await?;
    beside.server.add_user("Zo\u{eb}").await?;
    for (words, expected) in [
        (["disable", "Ada"].as_slice(), "last administrator"),
        (&["role", "Ada", "user"], "last administrator"),
        (&["delete", "Ada", "--yes"], "last administrator"),
        (&["disable", "Nobody"], "\"Nobody\""),
        (&["rename", "Ada", "ZOE\u{308}"], "exists already"),
        (&["rename", "Ada", " "], "1 to 64 characters"),
        (&["add", "ada"], "exists already"),
        (&["add", "Berta"], "at least"),
        (&["role", "Ada", "king"], "invalid value"),
        (&["delete", "Ada"], "--yes"),
        (&["limit", "Ada", "0"], "tokens_per_day"),
        (&["limit", "Ada", "some"], "`none` is no limit"),
        (&["limit", "Nobody", "5"], "\"Nobody\""),
        (&["reset-password", "Nobody"], "\"Nobody\""),
    ] {
        let sentence = beside.user(words, "short\n").await?.refusal()?;
        assert!(sentence.contains(expected), "{words:?}: {sentence}");
    }
    let entries: Vec<AuditEntry> = beside.ada.call("audit", &[]).await??;
    assert!(entries.is_empty(), "{entries:?}");
    assert!(is_signed_in(&beside.ada).await?);
    Ok(())
}

#[tokio::test]
async fn without_a_server_accounts_change_too() -> Result<()> {
    let data = tempfile::tempdir()?;
    let nothing = hearth(data.path(), &["user", "list"], "")
        .await?
        .refusal()?;
    assert!(nothing.contains("no database"), "{nothing}");
    let password = format!("{PASSWORD}\n");
    let add = ["user", "add", "Ada", "--administrator"];
    hearth(data.path(), &add, &password).await?.text()?;
    let told = hearth(data.path(), &["user", "list"], "").await?.text()?;
    assert_eq!(told, "Ada  administrator\n");
    Ok(())
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_key_and_loses_nothing() -> Result<()> {
    let beside = Beside::start(ScriptedModel::new(vec!["Hi.".to_owned()])).await?;
    let berta = beside.server.add_user("Berta").await?;
    send_and_wait(&berta, None, "Keep this").await?;
    let program = ApiClient::of(&beside.server, &berta).await?;
    let reset = ["reset-password", "Berta"];
    beside.user(&reset, "third horse battery\n").await?.text()?;
    assert!(!is_signed_in(&berta).await?);
    assert_eq!(program.get("/v1/models").await?.status, 401);
    sign_in(&berta, "Berta", "third horse battery").await??;
    let kept: Vec<ConversationSummary> =
        hearth_tests::running_server::conversations(&berta).await?;
    assert_eq!(kept.len(), 1);
    let entries: Vec<AuditEntry> = beside.ada.call("audit", &[]).await??;
    assert_eq!(entries[0].action, AuditAction::ResetPassword);
    Ok(())
}
