//! Copies of chats that people share: who reads them, what is in them, and how they end.

use anyhow::{Context as _, Result};
use hearth_app::model::{
    AccountChange, AccountSummary, ChatError, ConversationId, IdempotencyKey, MAX_SHARES_OF_CHAT,
    Refusal, SettingName, ShareId, Shares,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{
        PASSWORD, RunningServer, conversation, new_key, save_setting, send_and_wait, sign_in,
    },
    web_client::WebClient,
};

const QUESTION: &str = "Why is the sky blue?";

/// Berta, who has a chat, and Carl; Ada is the administrator.
struct People {
    server: RunningServer,
    ada: WebClient,
    berta: WebClient,
    carl: WebClient,
    chat: ConversationId,
}

async fn meet() -> Result<People> {
    let model = ScriptedModel::new(vec!["It scatters **light**.".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let (berta, carl) = (
        server.add_user("Berta").await?,
        server.add_user("Carl").await?,
    );
    let chat = send_and_wait(&berta, None, QUESTION).await?.conversation.id;
    Ok(People {
        server,
        ada,
        berta,
        carl,
        chat,
    })
}

/// `names`: whom it is for; nobody in particular: everybody.
async fn share(
    client: &WebClient,
    chat: ConversationId,
    names: &[&str],
) -> Result<Result<ShareId, ChatError>> {
    let audience = if names.is_empty() {
        "everybody"
    } else {
        "named"
    };
    let fields = ["readers[0]", "readers[1]"];
    let mut arguments = vec![("id", chat.to_string()), ("audience", audience.to_owned())];
    let names = names.iter().map(|&name| name.to_owned());
    arguments.extend(fields.into_iter().zip(names));
    client.call("share_conversation", &arguments).await
}

async fn status(client: &WebClient, id: ShareId) -> Result<u16> {
    Ok(client.get(&format!("/s/{id}")).await?.status)
}

async fn shares(client: &WebClient) -> Result<Shares> {
    Ok(client.call("shares", &[]).await??)
}

async fn revoke(client: &WebClient, id: ShareId) -> Result<Result<(), ChatError>> {
    client.call("revoke_share", &[("id", id.to_string())]).await
}

async fn go_on(
    client: &WebClient,
    id: ShareId,
    key: IdempotencyKey,
) -> Result<Result<ConversationId, ChatError>> {
    let arguments = [("id", id.to_string()), ("key", key.to_string())];
    client.call("continue_shared", &arguments).await
}

async fn on_chat(client: &WebClient, function: &str, chat: ConversationId) -> Result<()> {
    client
        .call::<()>(function, &[("id", chat.to_string())])
        .await??;
    Ok(())
}

#[tokio::test]
async fn a_copy_is_read_by_those_whom_it_is_for_and_is_not_there_for_others() -> Result<()> {
    let people = meet().await?;
    let id = share(&people.berta, people.chat, &["carl"]).await??;
    let page = people.carl.get(&format!("/s/{id}")).await?;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "no-store");
    let page = page.text();
    for part in [QUESTION, "<strong>light</strong>", "Berta", "noindex"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(status(&people.berta, id).await?, 200);
    let nowhere = ShareId::new(new_key().as_uuid());
    let dora = people.server.add_user("Dora").await?;
    for stranger in [&people.ada, &dora] {
        for id in [id, nowhere] {
            let page = stranger.get(&format!("/s/{id}")).await?;
            assert_eq!(page.status, 404);
            assert!(!page.text().contains(QUESTION));
        }
        assert_eq!(
            go_on(stranger, id, new_key()).await?,
            Err(ChatError::NotFound)
        );
        assert_eq!(revoke(stranger, id).await?, Err(ChatError::NotFound));
        assert_eq!(shares(stranger).await?, Shares::default());
    }
    assert_eq!(status(&people.server.client()?, id).await?, 303);
    assert_eq!(revoke(&people.carl, id).await?, Err(ChatError::NotFound));
    let received = shares(&people.carl).await?.received;
    assert_eq!(received.len(), 1);
    assert_eq!((received[0].id, received[0].owner.as_str()), (id, "Berta"));
    let own = shares(&people.berta).await?.own;
    assert_eq!(own[0].readers.as_deref(), Some(&["Carl".to_owned()][..]));
    assert_eq!(own[0].num_messages, 2);
    Ok(())
}

#[tokio::test]
async fn a_copy_for_everybody_is_for_who_has_its_address() -> Result<()> {
    let people = meet().await?;
    let id = share(&people.berta, people.chat, &[]).await??;
    for reader in [&people.ada, &people.carl, &people.berta] {
        assert_eq!(status(reader, id).await?, 200);
    }
    assert_eq!(status(&people.server.client()?, id).await?, 303);
    assert!(shares(&people.carl).await?.received.is_empty());
    assert_eq!(
        share(&people.carl, people.chat, &[]).await?,
        Err(ChatError::NotFound)
    );
    Ok(())
}

#[tokio::test]
async fn a_copy_does_not_follow_its_chat() -> Result<()> {
    let people = meet().await?;
    let id = share(&people.berta, people.chat, &["Carl"]).await??;
    send_and_wait(&people.berta, Some(people.chat), "And at night?").await?;
    let title = [
        ("id", people.chat.to_string()),
        ("title", "Another title".to_owned()),
    ];
    people
        .berta
        .call::<()>("rename_conversation", &title)
        .await??;
    let first = conversation(&people.berta, people.chat).await?.messages[0].id;
    let gone = [("message", first.to_string())];
    people.berta.call::<()>("delete_message", &gone).await??;
    let page = people.carl.get(&format!("/s/{id}")).await?.text();
    assert!(page.contains(QUESTION), "{page}");
    assert!(!page.contains("And at night?") && !page.contains("Another title"));
    let found = people
        .carl
        .get("/search?q=scatters")
        .await?
        .text()
        .contains(&id.to_string());
    assert!(!found, "copies are not searched");
    Ok(())
}

#[tokio::test]
async fn a_copy_that_cannot_be_made_is_refused_in_a_sentence() -> Result<()> {
    let people = meet().await?;
    let (berta, chat) = (&people.berta, people.chat);
    for (names, refusal) in [
        (&["Nobody"][..], Refusal::NoSuchPerson),
        (&["Carl", "Nobody"][..], Refusal::NoSuchPerson),
        (&["Berta"][..], Refusal::NobodyChosen),
        (&[" "][..], Refusal::NobodyChosen),
    ] {
        let refused = share(berta, chat, names).await?;
        assert_eq!(refused, Err(ChatError::Invalid(refusal)), "{names:?}");
    }
    for _ in 0..MAX_SHARES_OF_CHAT {
        share(berta, chat, &["Carl"]).await??;
    }
    let limit = MAX_SHARES_OF_CHAT;
    let refused = share(berta, chat, &["Carl"]).await?;
    let expected = ChatError::Invalid(Refusal::TooManyShares { limit });
    assert_eq!(refused, Err(expected));
    for arguments in [
        vec![("id", chat.to_string())],
        vec![("id", chat.to_string()), ("audience", "world".to_owned())],
        vec![("audience", "everybody".to_owned())],
    ] {
        let refused = berta.call_raw("share_conversation", &arguments).await?;
        assert_eq!(refused.status, 400, "{arguments:?}");
    }
    for path in ["/s/nonsense", "/c/nonsense/share"] {
        assert_eq!(berta.get(path).await?.status, 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn an_administrator_turns_sharing_off_and_sees_a_number_only() -> Result<()> {
    let people = meet().await?;
    let id = share(&people.berta, people.chat, &[]).await??;
    let page = people.ada.get("/admin").await?.text();
    assert!(page.contains("inside this server now: "), "{page}");
    assert!(!page.contains(QUESTION) && !page.contains(&id.to_string()));
    save_setting(&people.ada, SettingName::Sharing, "no").await??;
    for reader in [&people.carl, &people.berta] {
        assert_eq!(status(reader, id).await?, 404);
    }
    let refused = share(&people.berta, people.chat, &[]).await?;
    assert_eq!(refused, Err(ChatError::Invalid(Refusal::SharingOff)));
    assert_eq!(
        go_on(&people.carl, id, new_key()).await?,
        Err(ChatError::NotFound)
    );
    assert!(shares(&people.berta).await?.is_off);
    save_setting(&people.ada, SettingName::Sharing, "yes").await??;
    assert_eq!(status(&people.carl, id).await?, 200);
    save_setting(&people.ada, SettingName::Sharing, "no").await??;
    revoke(&people.berta, id).await??;
    assert!(shares(&people.berta).await?.own.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_copy_is_away_while_its_chat_is_in_the_trash_and_gone_when_it_is_revoked() -> Result<()> {
    let people = meet().await?;
    let (berta, carl, chat) = (&people.berta, &people.carl, people.chat);
    let id = share(berta, chat, &["Carl"]).await??;
    on_chat(berta, "delete_conversation", chat).await?;
    for reader in [berta, carl] {
        assert_eq!(status(reader, id).await?, 404);
    }
    assert!(shares(carl).await?.received.is_empty());
    assert!(shares(berta).await?.own[0].is_in_trash);
    on_chat(berta, "restore_conversation", chat).await?;
    assert_eq!(status(carl, id).await?, 200);
    revoke(berta, id).await??;
    assert_eq!(status(carl, id).await?, 404);
    assert_eq!(revoke(berta, id).await?, Err(ChatError::NotFound));
    let other = share(berta, chat, &["Carl"]).await??;
    on_chat(berta, "delete_conversation", chat).await?;
    on_chat(berta, "delete_forever", chat).await?;
    assert!(shares(berta).await?.own.is_empty());
    assert_eq!(status(carl, other).await?, 404);
    Ok(())
}

#[tokio::test]
async fn who_may_not_come_in_shares_nothing_and_who_is_gone_reads_nothing() -> Result<()> {
    let people = meet().await?;
    let (ada, berta, carl) = (&people.ada, &people.berta, &people.carl);
    let id = share(berta, people.chat, &["Carl"]).await??;
    let accounts: Vec<AccountSummary> = ada.call("accounts", &[]).await??;
    let account = accounts.iter().find(|it| it.user.name == "Berta");
    let user = account.context("she is listed")?.user.id;
    for (change, expected) in [(AccountChange::Disable, 404), (AccountChange::Enable, 200)] {
        let word = serde_json::to_value(change)?;
        let fields = [
            ("user", user.to_string()),
            ("change", word.as_str().context("a word")?.to_owned()),
        ];
        ada.call::<()>("change_account", &fields).await??;
        assert_eq!(status(carl, id).await?, expected, "{change:?}");
    }
    let password = [("password", PASSWORD.to_owned())];
    let berta = people.server.client()?;
    sign_in(&berta, "Berta", PASSWORD).await??;
    carl.call::<()>("delete_own_account", &password).await??;
    let own = shares(&berta).await?.own;
    assert_eq!(
        own[0].readers.as_deref(),
        Some(&[][..]),
        "for nobody any more"
    );
    let id = share(&berta, people.chat, &["Ada"]).await??;
    assert_eq!(status(ada, id).await?, 200);
    berta.call::<()>("delete_own_account", &password).await??;
    assert_eq!(status(ada, id).await?, 404);
    assert!(shares(ada).await?.received.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_reader_goes_on_in_a_chat_of_their_own_once_for_each_press() -> Result<()> {
    let people = meet().await?;
    let (berta, carl) = (&people.berta, &people.carl);
    let id = share(berta, people.chat, &["Carl"]).await??;
    let key = new_key();
    let own = go_on(carl, id, key).await??;
    assert_eq!(go_on(carl, id, key).await??, own);
    let other = go_on(carl, id, new_key()).await??;
    assert_ne!(other, own);
    let copied = conversation(carl, own).await?;
    assert_eq!(copied.messages.len(), 2);
    assert_eq!(copied.messages[0].text, QUESTION);
    assert_eq!(copied.messages[1].parent_id, Some(copied.messages[0].id));
    assert_eq!(copied.state.summary.title, QUESTION);
    revoke(berta, id).await??;
    send_and_wait(carl, Some(own), "And at night?").await?;
    assert_eq!(conversation(carl, own).await?.messages.len(), 4);
    assert_eq!(conversation(berta, people.chat).await?.messages.len(), 2);
    assert_eq!(go_on(carl, id, new_key()).await?, Err(ChatError::NotFound));
    Ok(())
}
