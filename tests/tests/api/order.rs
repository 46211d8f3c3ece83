//! Pins, folders, the archive, what is new, and many conversations at once.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{
    Arranged, Change, ChatError, ConversationId, ConversationPage, ConversationState,
    ConversationSummary, FolderForm, FolderId, MAX_ARRANGED, MAX_FOLDERS, MAX_PINNED, Refusal,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    change_stream::ChangeStream,
    running_server::{
        RunningServer, conversation, conversations, new_key, regenerate_and_wait, send_and_wait,
    },
    seed::{self, Amount},
    web_client::WebClient,
};

const SOON: Duration = Duration::from_millis(400);

async fn start() -> Result<(RunningServer, WebClient)> {
    RunningServer::start(ScriptedModel::new(Vec::new())).await
}

/// Does something with conversations; `more` are fields of the call.
async fn arrange(
    client: &WebClient,
    arrangement: &str,
    ids: &[ConversationId],
    more: &[(&'static str, String)],
) -> Result<Result<Arranged, ChatError>> {
    let names: Vec<String> = (0..ids.len())
        .map(|number| format!("ids[{number}]"))
        .collect();
    let mut fields = vec![("arrangement", arrangement.to_owned())];
    let named = names.iter().zip(ids);
    fields.extend(named.map(|(name, id)| (name.as_str(), id.to_string())));
    fields.extend(more.iter().cloned());
    client.call("arrange_conversations", &fields).await
}

async fn first_page(client: &WebClient) -> Result<ConversationPage> {
    Ok(client.call("conversations", &[]).await??)
}

async fn in_folder(client: &WebClient, id: FolderId) -> Result<Vec<ConversationSummary>> {
    let folder = [("folder", id.to_string())];
    let page: ConversationPage = client.call("folder_conversations", &folder).await??;
    Ok(page.conversations)
}

async fn archived(client: &WebClient) -> Result<Vec<ConversationId>> {
    let page: ConversationPage = client.call("archive", &[]).await??;
    Ok(ids(&page.conversations))
}

async fn folder(client: &WebClient, name: &str) -> Result<Result<FolderId, ChatError>> {
    client
        .call("create_folder", &[("name", name.to_owned())])
        .await
}

async fn save_folder(
    client: &WebClient,
    id: FolderId,
    name: &str,
    instructions: &str,
) -> Result<Result<(), ChatError>> {
    let fields = [
        ("id", id.to_string()),
        ("form[name]", name.to_owned()),
        ("form[instructions]", instructions.to_owned()),
    ];
    client.call("save_folder", &fields).await
}

fn ids(list: &[ConversationSummary]) -> Vec<ConversationId> {
    list.iter().map(|it| it.id).collect()
}

/// So many conversations, the oldest first.
async fn chats(client: &WebClient, number: usize) -> Result<Vec<ConversationId>> {
    let mut chats = Vec::new();
    for number in 0..number {
        let turn = send_and_wait(client, None, &format!("Chat {number}")).await?;
        chats.push(turn.conversation.id);
    }
    Ok(chats)
}

#[tokio::test]
async fn a_conversation_stands_in_one_list() -> Result<()> {
    let (_server, ada) = start().await?;
    let [a, b, c] = chats(&ada, 3).await?[..] else {
        anyhow::bail!("three");
    };
    let tax = folder(&ada, "Tax").await??;
    let into_tax = [("folder", tax.to_string())];
    arrange(&ada, "move", &[a, b], &into_tax).await??;
    assert_eq!(ids(&conversations(&ada).await?), [c]);
    assert_eq!(ids(&in_folder(&ada, tax).await?), [b, a]);
    // The last pinned first, out of the folder and the list.
    arrange(&ada, "pin", &[a], &[]).await??;
    tokio::time::sleep(Duration::from_millis(2)).await; // times are milliseconds
    arrange(&ada, "pin", &[c], &[]).await??;
    let page = first_page(&ada).await?;
    assert_eq!(
        (ids(&page.pinned), ids(&page.conversations)),
        (vec![c, a], vec![])
    );
    assert_eq!(page.folders.len(), 1);
    assert_eq!(ids(&in_folder(&ada, tax).await?), [b]);
    arrange(&ada, "archive", &[a, b], &[]).await??;
    assert_eq!(archived(&ada).await?, [b, a]);
    assert_eq!(ids(&first_page(&ada).await?.pinned), [c]);
    // It was in a folder, and is again; what was pinned is not.
    arrange(&ada, "unarchive", &[a], &[]).await??;
    assert_eq!(ids(&in_folder(&ada, tax).await?), [a]);
    // Writing brings it back.
    send_and_wait(&ada, Some(b), "Once more").await?;
    assert_eq!(ids(&in_folder(&ada, tax).await?), [b, a]);
    assert!(archived(&ada).await?.is_empty());
    arrange(&ada, "unpin", &[c], &[]).await??;
    arrange(&ada, "move", &[b], &[]).await??;
    assert_eq!(ids(&conversations(&ada).await?), [b, c]);
    let page = ada.get("/settings/archive").await?.text();
    assert!(page.contains("The archive is empty."), "{page}");
    Ok(())
}

#[tokio::test]
async fn many_are_arranged_at_once_and_told_as_one_change() -> Result<()> {
    let (server, ada) = start().await?;
    let berta = server.add_user("Berta").await?;
    let mut all = chats(&ada, 5).await?;
    let theirs = chats(&berta, 1).await?;
    let mut stream = ChangeStream::open(&ada, None).await?;
    assert_eq!(stream.next_within(SOON).await?, Change::Listening);
    let nobody: ConversationId = new_key().to_string().parse()?;
    let asked = [all.clone(), theirs.clone(), vec![nobody, all[0]]].concat();
    let done = arrange(&ada, "delete", &asked, &[]).await??;
    assert_eq!((done.num_arranged, done.num_missing), (5, 2));
    assert_eq!(stream.next_within(SOON).await?, Change::Everything);
    assert!(conversations(&ada).await?.is_empty());
    assert_eq!(ids(&conversations(&berta).await?), theirs);
    let done = arrange(&ada, "restore", &all, &[]).await??;
    assert_eq!((done.num_arranged, done.num_missing), (5, 0));
    assert_eq!(stream.next_within(SOON).await?, Change::Everything);
    all.reverse();
    assert_eq!(ids(&conversations(&ada).await?), all);
    arrange(&ada, "archive", &all[..1], &[]).await??;
    assert_eq!(
        stream.next_within(SOON).await?,
        Change::Conversation(all[0])
    );

    let not_found = Err(ChatError::NotFound);
    assert_eq!(arrange(&ada, "delete", &theirs, &[]).await?, not_found);
    let too_many: Vec<ConversationId> = (0..=MAX_ARRANGED)
        .map(|_| new_key().to_string().parse())
        .collect::<Result<_, _>>()?;
    for wrong in [&too_many[..], &[]] {
        let refused = arrange(&ada, "delete", wrong, &[]).await?;
        let limit = MAX_ARRANGED;
        assert_eq!(
            refused,
            Err(ChatError::Invalid(Refusal::ArrangedAtOnce { limit }))
        );
    }
    assert_eq!(
        arrange(&ada, "delete", &too_many[1..], &[]).await?,
        not_found
    );
    assert!(arrange(&ada, "burn", &all, &[]).await?.is_err());
    Ok(())
}

#[tokio::test]
async fn no_more_is_pinned_than_can_be_shown() -> Result<()> {
    let (server, ada) = start().await?;
    let amount = Amount {
        conversations: u32::try_from(MAX_PINNED)? + 2,
        messages: 4,
        longest: 2,
    };
    let all = seed::fill(&server.database(), "Ada", amount)
        .await?
        .conversations;
    let refused = arrange(&ada, "pin", &all, &[]).await?;
    let limit = MAX_PINNED;
    assert_eq!(
        refused,
        Err(ChatError::Invalid(Refusal::TooManyPinned { limit }))
    );
    assert!(first_page(&ada).await?.pinned.is_empty(), "all or nothing");
    arrange(&ada, "pin", &all[..MAX_PINNED], &[]).await??;
    assert_eq!(first_page(&ada).await?.pinned.len(), MAX_PINNED);
    // Again is none more; one in the trash makes room, and comes back into the list.
    arrange(&ada, "pin", &all[..2], &[]).await??;
    assert!(
        arrange(&ada, "pin", &all[MAX_PINNED..], &[])
            .await?
            .is_err()
    );
    arrange(&ada, "delete", &all[..1], &[]).await??;
    tokio::time::sleep(Duration::from_millis(2)).await; // times are milliseconds
    arrange(&ada, "pin", &all[MAX_PINNED..=MAX_PINNED], &[]).await??;
    let restored = [("id", all[0].to_string())];
    ada.call::<()>("restore_conversation", &restored).await??;
    let page = first_page(&ada).await?;
    assert_eq!(
        (page.pinned.len(), page.conversations.len()),
        (MAX_PINNED, 2)
    );
    Ok(())
}

#[tokio::test]
async fn folders_are_their_person_s_and_have_one_name_each() -> Result<()> {
    let (server, ada) = start().await?;
    let berta = server.add_user("Berta").await?;
    let tax = folder(&ada, " Tax  2026 ").await??;
    let taken = Err(ChatError::Invalid(Refusal::FolderTaken));
    assert_eq!(folder(&ada, "TAX 2026").await?, taken);
    folder(&berta, "Tax 2026").await??;
    let garden = folder(&ada, "Garden").await??;
    assert_eq!(
        save_folder(&ada, garden, "tax 2026", "").await?.err(),
        taken.err()
    );
    for wrong in ["", "  ", &"a".repeat(101)] {
        let refused = folder(&ada, wrong).await?;
        assert!(
            matches!(refused, Err(ChatError::Invalid(Refusal::FolderName { .. }))),
            "{refused:?}"
        );
    }
    let refused = save_folder(&ada, garden, "Garden", &"a".repeat(1 << 18)).await?;
    assert!(matches!(refused, Err(ChatError::Invalid(_))), "{refused:?}");
    save_folder(
        &ada,
        garden,
        "garden",
        " Name each plant in Latin.\r\nAlways. ",
    )
    .await??;
    let shown: FolderForm = ada.call("folder", &[("id", garden.to_string())]).await??;
    assert_eq!(shown.name, "garden");
    assert!(shown.instructions.contains("Latin.\nAlways."), "{shown:?}");
    let names: Vec<String> = first_page(&ada)
        .await?
        .folders
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(names, ["garden", "Tax 2026"]);

    // Somebody else's.
    let hers = chats(&berta, 1).await?;
    let into = [("folder", tax.to_string())];
    assert_eq!(
        arrange(&berta, "move", &hers, &into).await?,
        Err(ChatError::NotFound)
    );
    assert_eq!(ids(&conversations(&berta).await?), hers);
    for number in 2..MAX_FOLDERS {
        folder(&ada, &number.to_string()).await??;
    }
    let limit = MAX_FOLDERS;
    let too_many = Err(ChatError::Invalid(Refusal::TooManyFolders { limit }));
    assert_eq!(folder(&ada, "One more").await?, too_many);
    let mine = chats(&ada, 1).await?;
    let named = [("folder_name", "One more".to_owned())];
    assert_eq!(
        arrange(&ada, "move", &mine, &named).await?.err(),
        too_many.err()
    );
    Ok(())
}

#[tokio::test]
async fn a_folder_is_made_by_moving_and_its_conversations_outlive_it() -> Result<()> {
    let (_server, ada) = start().await?;
    let mut all = chats(&ada, 3).await?;
    for (id, name) in all.iter().zip(["Tax", "TAX", " tax "]) {
        let named = [("folder_name", name.to_owned())];
        arrange(&ada, "move", &[*id], &named).await??;
    }
    let folders = first_page(&ada).await?.folders;
    let [tax] = folders.as_slice() else {
        panic!("{folders:?}");
    };
    assert_eq!(tax.name, "Tax");
    all.reverse();
    assert_eq!(ids(&in_folder(&ada, tax.id).await?), all);
    arrange(&ada, "delete", &all[..1], &[]).await??;
    let id = [("id", tax.id.to_string())];
    ada.call::<()>("delete_folder", &id).await??;
    let gone = ada.call::<()>("delete_folder", &id).await?;
    assert_eq!(gone, Err(ChatError::NotFound));
    assert_eq!(ids(&conversations(&ada).await?), all[1..]);
    arrange(&ada, "restore", &all[..1], &[]).await??;
    assert_eq!(ids(&conversations(&ada).await?), all);
    Ok(())
}

#[tokio::test]
async fn a_chat_follows_its_own_instructions_else_those_of_its_folder() -> Result<()> {
    let (_server, ada) = start().await?;
    let prompt_tokens = async |id: ConversationId| {
        let shown = conversation(&ada, id).await?;
        let usage = shown.messages.last().and_then(|it| it.usage);
        anyhow::Ok(usage.context("an answer")?.prompt_tokens)
    };
    let chats = chats(&ada, 2).await?;
    let plain = prompt_tokens(chats[0]).await?;
    let tax = folder(&ada, "Tax").await??;
    let told = "Name the paragraph of the law.";
    save_folder(&ada, tax, "Tax", told).await??;
    arrange(&ada, "move", &chats, &[("folder", tax.to_string())]).await??;
    let again = async |id: ConversationId| {
        let shown = conversation(&ada, id).await?;
        let answer = shown.messages.last().context("an answer")?.id;
        regenerate_and_wait(&ada, answer).await?;
        prompt_tokens(id).await
    };
    // The scripted model reads bytes.
    let more = again(chats[0]).await? - plain;
    assert!(usize::try_from(more)? >= told.len(), "{more}");
    let state = async |id: ConversationId| {
        let fields = [("id", id.to_string())];
        let state = ada.call::<Option<ConversationState>>("conversation_state", &fields);
        anyhow::Ok(state.await??.context("it is there")?)
    };
    assert_eq!(state(chats[0]).await?.instructed_by.as_deref(), Some("Tax"));
    let own = [
        ("id", chats[1].to_string()),
        ("form[system_prompt]", "Rhyme.".to_owned()),
    ];
    ada.call::<ConversationId>("save_conversation_settings", &own)
        .await??;
    let own = again(chats[1]).await? - plain;
    assert!(own < more, "{own} {more}");
    save_folder(&ada, tax, "Tax", "").await??;
    assert_eq!(state(chats[0]).await?.instructed_by, None);
    assert_eq!(again(chats[0]).await?, plain);
    Ok(())
}

#[tokio::test]
async fn an_answer_is_new_until_its_person_has_seen_it_once() -> Result<()> {
    let (_server, ada) = start().await?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    let id = turn.conversation.id;
    let is_unread = async || anyhow::Ok(conversations(&ada).await?[0].unread);
    assert!(is_unread().await?);
    // Reading is no look of a person: a tab reads by itself.
    conversation(&ada, id).await?;
    assert!(is_unread().await?);
    let mut stream = ChangeStream::open(&ada, None).await?;
    assert_eq!(stream.next_within(SOON).await?, Change::Listening);
    let seen = [("id", id.to_string())];
    ada.call::<()>("see_conversation", &seen).await??;
    assert_eq!(stream.next_within(SOON).await?, Change::Conversation(id));
    assert!(!is_unread().await?);
    // Nothing is new: nothing is written, and nothing told.
    ada.call::<()>("see_conversation", &seen).await??;
    assert!(stream.is_silent(SOON).await?);
    send_and_wait(&ada, Some(id), "More").await?;
    assert!(is_unread().await?);
    ada.get(&format!("/c/{id}")).await?;
    assert!(!is_unread().await?, "without script the page is the look");
    Ok(())
}

#[tokio::test]
async fn pages_without_script_pin_move_and_archive_and_open_a_folder() -> Result<()> {
    let (_server, ada) = start().await?;
    let id = chats(&ada, 1).await?[0];
    let forms = ada.get(&format!("/?menu={id}")).await?.text();
    for word in ["pin", "archive", "move"] {
        assert!(
            forms.contains(&format!("value=\"{word}\"")),
            "{word}: {forms}"
        );
    }
    let fields = [
        ("ids[0]", id.to_string()),
        ("arrangement", "move".to_owned()),
        ("folder_name", "Tax".to_owned()),
    ];
    let answer = ada
        .submit_form("/api/arrange_conversations", &fields)
        .await?;
    assert_eq!((answer.status, answer.header("location")), (302, "/"));
    let tax = first_page(&ada).await?.folders[0].id;
    let row = format!("id=\"chat-{id}\"");
    let closed = ada.get("/").await?.text();
    assert!(closed.contains(&format!("?folder={tax}#sidebar")) && !closed.contains(&row));
    for open in [format!("/?folder={tax}"), format!("/c/{id}")] {
        assert!(ada.get(&open).await?.text().contains(&row), "{open}");
    }
    let section = ada
        .get(&format!("/settings/folders?id={tax}"))
        .await?
        .text();
    assert!(section.contains("form[instructions]") && section.contains("/api/delete_folder"));
    arrange(&ada, "archive", &[id], &[]).await??;
    let section = ada.get("/settings/archive").await?.text();
    assert!(section.contains("Chat 0") && section.contains("value=\"unarchive\""));
    Ok(())
}
