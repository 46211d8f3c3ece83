//! The product without script: forms and redirects only.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{ConversationId, MessageStatus};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer, conversation, conversations},
    web_client::{WebClient, attribute_after},
};

/// Follows a redirect's path.
fn location(answer: &hearth_tests::web_client::Answer) -> Result<String> {
    anyhow::ensure!(
        (300..400).contains(&answer.status),
        "no redirect: {} {}",
        answer.status,
        answer.text()
    );
    let location = answer.header("location");
    // A path or an absolute address of this server.
    let path = location.find("//").map_or(location, |start| {
        let rest = &location[start + 2..];
        rest.find('/').map_or("/", |slash| &rest[slash..])
    });
    Ok(path.to_owned())
}

/// Fills in the composer of a page and presses Send.
async fn send_by_form(client: &WebClient, path: &str, text: &str) -> Result<String> {
    let page = client.get(path).await?.text();
    let (_, form) = page
        .split_once("class=\"composer\"")
        .context("the page has a composer")?;
    let key = attribute_after(form, "name=\"key\"", "value")?;
    let mut fields = vec![("text", text.to_owned()), ("key", key.to_owned())];
    if form.contains("name=\"conversation\"") {
        let id = attribute_after(form, "name=\"conversation\"", "value")?;
        fields.push(("conversation", id.to_owned()));
    }
    let answer = client.submit_form("/api/send_message", &fields).await?;
    location(&answer)
}

#[tokio::test]
async fn set_up_sign_out_and_sign_in_work_as_plain_forms() -> Result<()> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    let account = [
        ("name", "Ada".to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    let mut fields = account.to_vec();
    fields.push(("token", server.set_up_token().to_owned()));
    let answer = client.submit_form("/api/set_up", &fields).await?;
    assert_eq!(location(&answer)?, "/");
    assert_eq!(client.get("/").await?.status, 200);
    let answer = client.submit_form("/api/sign_out", &[]).await?;
    assert_eq!(location(&answer)?, "/sign-in");
    assert_eq!(location(&client.get("/").await?)?, "/sign-in");
    let answer = client.submit_form("/api/sign_in", &account).await?;
    assert_eq!(location(&answer)?, "/");
    assert_eq!(client.get("/").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_in_a_plain_form_is_told_on_the_sign_in_page() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    let fields = [
        ("name", "Ada".to_owned()),
        ("password", "wrong wrong".to_owned()),
    ];
    let request = client
        .form("/api/sign_in", &fields)
        .header("accept", "text/html")
        .header("referer", format!("{}/sign-in", server.base_url()));
    let answer = client.send(request).await?;
    let path = location(&answer)?;
    assert!(path.starts_with("/sign-in"), "{path}");
    let page = client.get(&path).await?.text();
    let sentence = "the name or the password is not right";
    assert!(page.to_lowercase().contains(sentence), "{page}");
    Ok(())
}

#[tokio::test]
async fn sending_without_script_leads_to_the_conversation_and_goes_on_there() -> Result<()> {
    let model = ScriptedModel::new(vec!["An answer.".to_owned()]);
    let (_server, ada) = RunningServer::start(model).await?;
    let path = send_by_form(&ada, "/", "Hello without script").await?;
    let id = path
        .strip_prefix("/c/")
        .context("the conversation is shown")?;
    let id: ConversationId = id.parse()?;
    wait_for_messages(&ada, id, 2).await?;
    let page = ada.get(&path).await?.text();
    assert!(
        page.contains("Hello without script") && page.contains("An answer."),
        "{page}"
    );
    let again = send_by_form(&ada, &path, "And again").await?;
    assert_eq!(again, path);
    wait_for_messages(&ada, id, 4).await
}

#[tokio::test]
async fn an_empty_form_post_sends_nothing_and_leads_back() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let fields = [
        ("text", " ".to_owned()),
        ("key", hearth_tests::running_server::new_key().to_string()),
    ];
    let answer = ada.submit_form("/api/send_message", &fields).await?;
    assert!(answer.status < 500, "{answer:?}");
    assert_eq!(conversations(&ada).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_message_refused_without_script_comes_back_whole_and_can_be_sent_again() -> Result<()> {
    let model = ScriptedModel::new(vec!["An answer.".to_owned()]);
    let (server, ada) = RunningServer::start(model).await?;
    let key = hearth_tests::running_server::new_key().to_string();
    let post = async |client: &WebClient, text: String| {
        let fields = [("text", text), ("key", key.clone())];
        client.submit_form("/api/send_message", &fields).await
    };
    let stranger = WebClient::new(server.base_url())?;
    let signed_out = post(&stranger, "Line one\n</textarea><b>".to_owned()).await?;
    assert_eq!(signed_out.status, 401);
    assert!(signed_out.text().contains("Please sign in"));
    let page = signed_out.text();
    assert!(page.contains("Line one\n&lt;/textarea>&lt;b>"), "{page}");

    let too_long = post(&ada, "sea-".repeat(150_000)).await?;
    assert_eq!(too_long.status, 400);
    assert!(too_long.header("content-type").starts_with("text/html"));
    let page = too_long.text();
    assert_eq!(page.matches("sea-").count(), 150_000);
    assert_eq!(attribute_after(&page, "name=\"key\"", "value")?, key);
    let script = "<script";
    assert!(!page.contains(script), "the page needs no script");

    let sent = post(&ada, "A short one".to_owned()).await?;
    assert!(sent.header("location").contains("/c/"), "{sent:?}");
    Ok(())
}

async fn wait_for_messages(client: &WebClient, id: ConversationId, count: usize) -> Result<()> {
    let what = format!("{count} messages are there and finished");
    hearth_tests::deadline::eventually(&what, Duration::from_secs(10), async || {
        let messages = conversation(client, id).await?.messages;
        let finished = messages
            .iter()
            .all(|message| message.status == MessageStatus::Finished);
        Ok((finished && messages.len() == count).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_link_stands_in_no_address_is_shown_once_and_pasted_whole_where_there_is_no_script()
-> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let fields = [("name", "Dora".to_owned()), ("role", "user".to_owned())];
    let answer = ada.submit_form("/api/create_account", &fields).await?;
    assert_eq!(location(&answer)?, "/admin/people");
    let page = ada.get("/admin/people").await?.text();
    let (_, link) = page
        .split_once("/join#token=")
        .context("the link is shown")?;
    let digits = link.chars().take_while(char::is_ascii_hexdigit);
    let token: String = digits.collect();
    assert_eq!(token.len(), 64, "{token}");
    let again = ada.get("/admin/people").await?.text();
    assert!(!again.contains(&token), "{again}");

    // A browser sends no fragment: the page does not know whose link it is.
    let dora = server.client()?;
    let page = dora.get("/join").await?.text();
    assert!(
        page.contains("name=\"token\"") && !page.contains("Dora"),
        "{page}"
    );
    let with = |token: &str| {
        let password = ("password", PASSWORD.to_owned());
        [("token", token.to_owned()), password]
    };
    let request = dora.form("/api/join", &with("0123"));
    let request = request.header("accept", "text/html");
    let wrong = dora
        .send(request.header("referer", format!("{}/join", server.base_url())))
        .await?;
    assert!(location(&wrong)?.contains("__err"), "{wrong:?}");
    let pasted = format!("https://chat.example.org/join#token={token}");
    let answer = dora.submit_form("/api/join", &with(&pasted)).await?;
    assert_eq!(location(&answer)?, "/");
    assert_eq!(dora.get("/").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_link_of_an_earlier_version_still_opens_the_form() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let fields = [("name", "Dora".to_owned()), ("role", "user".to_owned())];
    let link: hearth_app::model::OneTimeLink = ada.call("create_account", &fields).await??;
    let dora = server.client()?;
    let page = dora
        .get(&format!("/join?token={}", link.token))
        .await?
        .text();
    assert_eq!(
        attribute_after(&page, "name=\"token\"", "value")?,
        link.token
    );
    assert!(page.contains("Dora"), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_chat_is_renamed_and_deleted_by_the_forms_of_its_row() -> Result<()> {
    let model = ScriptedModel::new(vec!["An answer.".to_owned()]);
    let (_server, ada) = RunningServer::start(model).await?;
    let path = send_by_form(&ada, "/", "The first title").await?;
    let id = path.strip_prefix("/c/").context("a conversation")?;
    let closed = ada.get(&path).await?.text();
    assert!(!closed.contains("class=\"row-forms\""), "{closed}");
    let open = ada.get(&format!("{path}?menu={id}")).await?.text();
    let (_, forms) = open.split_once("class=\"row-forms\"").context("forms")?;
    assert_eq!(attribute_after(forms, "name=\"id\"", "value")?, id);
    let fields = [("id", id.to_owned()), ("title", "Another title".to_owned())];
    let renamed = ada.submit_form("/api/rename_conversation", &fields).await?;
    assert_eq!(location(&renamed)?, path);
    assert!(ada.get(&path).await?.text().contains("Another title"));
    let deleted = ada.submit_form("/api/delete_conversation", &fields[..1]);
    let leads_to = location(&deleted.await?)?;
    assert_eq!(leads_to, format!("/?deleted={id}"));
    let page = ada.get(&leads_to).await?.text();
    assert!(
        page.contains("action=\"/api/restore_conversation\""),
        "{page}"
    );
    Ok(())
}
