//! Searching: what is typed finds what somebody wrote or was answered, and nothing of anybody else.

use anyhow::{Context as _, Result};
use hearth_app::model::{Arranged, Conversation, ConversationId, Drawing, MessageId, StartedTurn};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, conversation, question_of, send_and_wait},
    web_client::WebClient,
};
use sqlx::Connection as _;

/// Hits as HTML.
async fn search(client: &WebClient, typed: &str) -> Result<String> {
    let arguments = [("typed", typed.to_owned())];
    let drawing: Drawing = client.call("draw_search", &arguments).await??;
    Ok(without_marks(&drawing.html))
}

/// Without what the framework puts behind texts.
fn without_marks(html: &str) -> String {
    html.replace("<!>", "")
}

async fn finds(client: &WebClient, typed: &str) -> Result<bool> {
    Ok(search(client, typed).await?.contains("role=\"option\""))
}

async fn with_id(client: &WebClient, function: &str, id: ConversationId) -> Result<()> {
    Ok(client.call(function, &[("id", id.to_string())]).await??)
}

#[tokio::test]
async fn words_of_both_languages_identifiers_and_emoji_are_found_and_marked() -> Result<()> {
    let answer =
        "The **hydration** is 72.7%. 用户身份已确认 🔥 Call `foo_bar()` of std::vec in C++.";
    let model = ScriptedModel::new(vec![answer.to_owned()]);
    let (_server, ada) = RunningServer::start(model).await?;
    send_and_wait(&ada, None, "Which flour for a Café?").await?;
    for (typed, marked) in [
        ("hydr", "<mark>hydration</mark>"),
        ("HYDRATION", "<mark>hydration</mark>"),
        ("ｃａｆｅ", "<mark>Café</mark>"),
        ("用", "<mark>用</mark>"),
        ("身份", "<mark>身份</mark>"),
        ("用户身份", "<mark>用户身份</mark>"),
        ("🔥", "<mark>🔥</mark>"),
        ("foo_bar", "<mark>foo_bar</mark>"),
        ("std::vec", "<mark>std::vec</mark>"),
        ("C++", "<mark>C++</mark>"),
        ("\"which flour\"", "<mark>Which flour</mark>"),
    ] {
        let html = search(&ada, typed).await?;
        assert!(html.contains(marked), "{typed}: {html}");
    }
    for typed in [
        "bread",
        "户用",
        "\"flour which\"",
        "bar_foo",
        "hydration bread",
    ] {
        assert!(!finds(&ada, typed).await?, "{typed}");
    }
    Ok(())
}

#[tokio::test]
async fn whatever_is_typed_is_a_question() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    send_and_wait(&ada, None, "Near the sea or not?").await?;
    let long = "sea ".repeat(2_600);
    for typed in [
        "\" OR *",
        "NEAR(",
        "-",
        "words : sea",
        "^sea",
        "a AND",
        "\"",
        "*",
        "{x}:",
        "sea\u{0}",
        "\u{202e}\u{301}",
        "%",
        "'; drop table message; --",
        &long,
    ] {
        search(&ada, typed)
            .await
            .with_context(|| typed.to_owned())?;
    }
    assert!(finds(&ada, &long).await?);
    assert!(search(&ada, "").await?.contains("Near the sea or not?"));
    Ok(())
}

#[tokio::test]
async fn filters_narrow_the_search() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let rain = send_and_wait(&ada, None, "About rain").await?;
    let arranged = [
        ("ids[0]", rain.conversation.id.to_string()),
        ("arrangement", "move".to_owned()),
        ("folder_name", "Weather 天气".to_owned()),
    ];
    ada.call::<Arranged>("arrange_conversations", &arranged)
        .await??;
    send_and_wait(&ada, None, "Snow, and no folder").await?;
    for (typed, is_found) in [
        ("rain after:2020", true),
        ("rain before:2020", false),
        ("rain after:2020 before:2999-01", true),
        ("rain model:nobody", false),
        ("rain before:soon", false),
        ("rain folder:kitchen", false),
        ("rain folder:weather", true),
        ("rain folder:天气", true),
        ("snow", true),
        ("snow folder:weather", false),
    ] {
        assert_eq!(finds(&ada, typed).await?, is_found, "{typed}");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_finds_what_others_wrote() -> Result<()> {
    let model = ScriptedModel::new(vec!["A secret answer.".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let berta = server.add_user("Berta").await?;
    send_and_wait(&berta, None, "My plan").await?;
    for typed in ["plan", "secret", "pl", "se", "model:scripted", "after:2020"] {
        assert!(!finds(&ada, typed).await?, "{typed}");
    }
    assert!(finds(&berta, "plan").await? && finds(&berta, "secret").await?);
    Ok(())
}

#[tokio::test]
async fn what_is_in_the_trash_is_not_found_until_it_comes_back() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let turn = send_and_wait(&ada, None, "About rain").await?;
    with_id(&ada, "delete_conversation", turn.conversation.id).await?;
    assert!(!finds(&ada, "rain").await?);
    with_id(&ada, "restore_conversation", turn.conversation.id).await?;
    assert!(finds(&ada, "rain").await?);
    let question = question_of(&turn)?;
    let arguments = [("message", question.to_string())];
    ada.call::<()>("delete_message", &arguments).await??;
    assert!(!finds(&ada, "rain").await?);
    Ok(())
}

#[tokio::test]
async fn a_new_title_is_found_and_the_old_one_is_not() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let id = send_and_wait(&ada, None, "Hello").await?.conversation.id;
    for title in ["Alpine flowers", "Garden"] {
        let arguments = [("id", id.to_string()), ("title", title.to_owned())];
        ada.call::<()>("rename_conversation", &arguments).await??;
    }
    assert!(finds(&ada, "garden").await?);
    assert!(!finds(&ada, "alpine").await?);
    Ok(())
}

#[tokio::test]
async fn what_was_written_before_there_was_an_index_is_found_after_the_upkeep() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for number in 0..40 {
        send_and_wait(&ada, None, &format!("Question{number} of rain")).await?;
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(server.database());
    let mut database = sqlx::SqliteConnection::connect_with(&options).await?;
    for statement in [
        "delete from search_entry",
        "insert into search_backlog (id, titles_before, messages_before)
         values (1, x'ffffffffffffffffffffffffffffffff', x'ffffffffffffffffffffffffffffffff')",
    ] {
        sqlx::query(statement).execute(&mut database).await?;
    }
    assert!(!finds(&ada, "question7").await?);
    server.upkeep_in_days(0).await;
    for typed in ["question0", "question7", "question39"] {
        assert!(finds(&ada, typed).await?, "{typed}");
    }
    let left: i64 = sqlx::query_scalar("select count(*) from search_backlog")
        .fetch_one(&mut database)
        .await?;
    assert_eq!(left, 0);
    Ok(())
}

#[tokio::test]
async fn a_hit_leads_to_its_message_in_a_long_conversation_and_in_a_branch_that_is_not_shown()
-> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let begun = send_and_wait(&ada, None, "Where it begins").await?;
    let id = begun.conversation.id;
    let first = question_of(&begun)?;
    let mut last = first;
    for number in 0..50 {
        let turn = send_and_wait(&ada, Some(id), &format!("More {number}")).await?;
        last = question_of(&turn)?;
    }
    let at = async |message: MessageId| -> Result<Conversation> {
        let arguments = [("id", id.to_string()), ("message", message.to_string())];
        Ok(ada.call("conversation_at", &arguments).await??)
    };
    let shown = at(first).await?;
    assert!(shown.messages.iter().any(|it| it.id == first));
    assert!(shown.later_leaf().is_some(), "the end is further down");
    // Another answer to the first question hides all that followed.
    let arguments = [("message", begun.assistant_message.id.to_string())];
    let other: StartedTurn = ada.call("regenerate", &arguments).await??;
    let shown = conversation(&ada, id).await?;
    assert_eq!(shown.state.leaf, Some(other.assistant_message.id));
    let shown = at(last).await?;
    assert!(shown.messages.iter().any(|it| it.id == last));
    assert_eq!(conversation(&ada, id).await?.state.leaf, shown.state.leaf);
    let page = ada.get(&format!("/c/{id}?at={first}")).await?.text();
    assert!(page.contains(&format!("id=\"message-{first}\"")));
    Ok(())
}

#[tokio::test]
async fn without_script_a_page_of_its_own_shows_the_same() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let turn = send_and_wait(&ada, None, "About <b>rain</b>").await?;
    let page = ada.get("/search?q=rain").await?;
    assert_eq!(page.status, 200);
    let (text, question) = (without_marks(&page.text()), question_of(&turn)?);
    assert!(text.contains("<mark>rain</mark>") && !text.contains("<b>rain"));
    assert!(text.contains(&format!("?at={question}#message-{question}")));
    let home = ada.get("/").await?.text();
    assert!(home.contains("href=\"/search\""));
    Ok(())
}
