//! The product without script: forms and redirects only.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hearth_app::model::{ChatError, ConversationId, MessageStatus, Refusal};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{PASSWORD, RunningServer, conversation, conversations},
    web_client::{WebClient, attribute_after},
};
use server_fn::error::ServerFnUrlError;

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
    let sentence = "name and password do not match";
    assert!(page.to_lowercase().contains(sentence), "{page}");
    // Beside its field, and with the field.
    assert!(page.contains("id=\"password-error\""), "{page}");
    assert_eq!(
        attribute_after(&page, "id=\"password\"", "aria-describedby")?,
        "password-error"
    );
    Ok(())
}

#[tokio::test]
async fn no_door_shows_a_sentence_that_somebody_wrote_into_its_address() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let unclaimed = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let foreign = "Call this number to unlock your account";
    let text = || foreign.to_owned();
    let errors = [
        ChatError::Invalid(Refusal::from(text())),
        ChatError::Internal { request_id: text() },
        ChatError::Unreachable(text()),
    ];
    for (server, function, door) in [
        (&server, "sign_in", "/sign-in"),
        (&server, "sign_up", "/sign-up"),
        (&server, "join", "/join"),
        (&unclaimed, "set_up", "/set-up"),
    ] {
        let client = server.client()?;
        for error in &errors {
            let told = ServerFnUrlError::new(format!("/api/{function}"), error.clone());
            let told = told.to_url("http://h/")?;
            let address = format!("{door}?{}", told.query().unwrap_or_default());
            let page = client.get(&address).await?.text();
            assert!(!page.contains(foreign), "{door}: {page}");
            // Where nobody may sign up there is no form that could have been refused.
            let is_told = page.contains("role=\"alert\"");
            assert_eq!(is_told, door != "/sign-up", "{door}: {page}");
        }
    }
    Ok(())
}

/// What somebody signs in with, and where they want to go on.
fn entering(next: &str) -> [(&'static str, String); 3] {
    [
        ("name", "Ada".to_owned()),
        ("password", PASSWORD.to_owned()),
        ("next", next.to_owned()),
    ]
}

#[tokio::test]
async fn who_was_sent_to_the_door_comes_back_to_where_they_were() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    let door = location(&client.get("/admin/log?before=x").await?)?;
    assert_eq!(door, "/sign-in?next=/admin/log%3Fbefore%3Dx");
    let page = client.get(&door).await?.text();
    let next = attribute_after(&page, "name=\"next\"", "value")?;
    assert_eq!(next, "/admin/log?before=x");

    // A wrong password leads to the same door.
    let mut wrong = entering(next);
    wrong[1].1 = "wrong wrong".to_owned();
    let request = client
        .form("/api/sign_in", &wrong)
        .header("accept", "text/html")
        .header("referer", format!("{}{door}", server.base_url()));
    let again = location(&client.send(request).await?)?;
    let page = client.get(&again).await?.text();
    assert_eq!(attribute_after(&page, "name=\"next\"", "value")?, next);
    let answer = client.submit_form("/api/sign_in", &entering(next)).await?;
    assert_eq!(location(&answer)?, "/admin/log?before=x");
    // Who is in already is not asked again.
    assert_eq!(location(&client.get(&door).await?)?, "/admin/log?before=x");
    Ok(())
}

#[tokio::test]
async fn whose_session_has_ended_is_told_so_at_the_door() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let cookie = ada.cookie();
    ada.call::<()>("sign_out", &[]).await??;
    assert_eq!(
        location(&ada.get("/settings").await?)?,
        "/sign-in?next=/settings"
    );
    ada.set_cookie(cookie);
    let door = location(&ada.get("/settings").await?)?;
    assert_eq!(door, "/sign-in?next=/settings&reason=ended");
    let page = ada.get(&door).await?.text();
    assert!(
        page.contains("You were signed out. Your message is kept."),
        "{page}"
    );
    Ok(())
}

#[tokio::test]
async fn no_address_leads_anybody_out_of_the_product() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\r\nLocation: //evil.example",
        "/a//evil.example",
        "/../evil",
        "/%2e%2e/evil",
        "javascript:alert(1)",
        "/\u{4e2d}",
        "/api/sign_out",
        "/sign-in?next=/sign-in",
    ] {
        let client = server.client()?;
        let answer = client.submit_form("/api/sign_in", &entering(next)).await?;
        assert_eq!(location(&answer)?, "/", "{next:?}");
        let called = client.call_raw("sign_in", &entering(next)).await?;
        assert_eq!(called.header("location"), "/", "{next:?}");
    }
    // Nor does the address of the door itself, for whoever is in.
    let client = server.client()?;
    client.submit_form("/api/sign_in", &entering("")).await?;
    for door in [
        "/sign-in?next=//evil.example",
        "/sign-in?next=%2F%5Cevil.example",
        "/sign-in?next=https:%2F%2Fevil.example",
    ] {
        assert_eq!(location(&client.get(door).await?)?, "/", "{door}");
    }
    Ok(())
}

#[tokio::test]
async fn another_language_is_chosen_at_the_door_and_one_stays_there() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    let door = "/sign-in?next=/settings";
    let page = client.get(door).await?.text();
    assert!(page.contains("action=\"/api/set_language\""), "{page}");
    let language = [("language", "zh-CN".to_owned())];
    for (referer, leads_to) in [
        (format!("{}{door}", server.base_url()), door),
        (
            "https://evil.example//evil.example".to_owned(),
            "/settings?saved=language",
        ),
        ("nonsense".to_owned(), "/settings?saved=language"),
    ] {
        let request = client.form("/api/set_language", &language);
        let request = request.header("accept", "text/html");
        let answer = client.send(request.header("referer", referer)).await?;
        assert_eq!(answer.header("location"), leads_to);
    }
    Ok(())
}

/// A form of settings as a browser sends it.
fn settings_form(entries: &[(&str, &str, &str, &str)]) -> Vec<(String, String)> {
    let fields = entries.iter().flat_map(|(name, was, value, version)| {
        [("was", was), ("value", value), ("version", version)]
            .map(|(part, text)| (format!("form[{name}][{part}]"), (*text).to_owned()))
    });
    fields.collect()
}

async fn submit_settings(client: &WebClient, form: &[(String, String)]) -> Result<String> {
    let fields: Vec<_> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    location(&client.submit_form("/api/save_settings", &fields).await?)
}

#[tokio::test]
async fn settings_are_saved_as_one_form_or_not_at_all_and_nothing_typed_is_lost() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let form = settings_form(&[
        ("banner_en", "", "Back at noon.\r\nOr later.", "0"),
        ("max_tokens", "", "1e3", "0"),
        ("calculator", "yes", "", "0"),
        ("temperature", "1", "1", "7"),
    ]);
    let refused = submit_settings(&ada, &form).await?;
    assert_eq!(refused, "/admin?refused=settings");
    let page = ada.get(&refused).await?.text();
    let (_, row) = page
        .split_once("id=\"max_tokens-error\"")
        .context("the error")?;
    let (row, _) = row.split_once("</p>").context("the error ends")?;
    assert!(row.contains("1e3") && row.contains("1–1000000"), "{row}");
    assert!(
        page.contains("Back at noon.\nOr later.</textarea>"),
        "{page}"
    );
    let (_, switch) = page.split_once("id=\"calculator\"").context("a switch")?;
    let (switch, _) = switch.split_once('>').context("it ends")?;
    assert!(!switch.contains(" checked"), "{switch}");
    // What was refused is given back once; nothing was saved.
    let page = ada.get(&refused).await?.text();
    assert!(!page.contains("Back at noon."), "{page}");

    let form = settings_form(&[
        ("banner_en", "", "Back at noon.", "0"),
        ("max_tokens", "", "300", "0"),
    ]);
    let saved = submit_settings(&ada, &form).await?;
    assert_eq!(saved, "/admin?saved=settings");
    let page = ada.get(&saved).await?.text();
    assert!(
        page.contains("Back at noon.</textarea>") && page.contains("Saved"),
        "{page}"
    );
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
    assert!(signed_out.text().contains("Sign in first"));
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
