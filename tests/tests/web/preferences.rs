//! Language, theme and time zone as the server decides them, without script.

use anyhow::Result;
use hearth_app::model::{DateGroup, Message};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, conversation, conversations, send_and_wait},
    web_client::{Answer, WebClient},
};
use reqwest::Method;

/// Opens a page with one more header.
async fn page(client: &WebClient, path: &str, header: (&str, &str)) -> Result<Answer> {
    let request = client.request(Method::GET, path);
    let request = request.header("accept", "text/html");
    client.send(request.header(header.0, header.1)).await
}

#[tokio::test]
async fn the_browser_s_language_decides_until_a_person_does() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let stranger = server.client()?;
    for (accepted, lang, words) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "登录"),
        ("en-US,en;q=0.9", "en", "Sign in"),
        ("fr", "en", "Sign in"),
    ] {
        let answer = page(&stranger, "/sign-in", ("accept-language", accepted)).await?;
        let html = answer.text();
        assert!(html.contains(&format!("lang=\"{lang}\"")), "{accepted}");
        assert!(html.contains(words), "{accepted}");
    }
    let chosen = ("cookie", "hearth_language=zh-CN");
    let html = page(&ada, "/", chosen).await?.text();
    assert!(html.contains("新对话"), "{html}");
    Ok(())
}

#[tokio::test]
async fn a_setting_posted_as_a_form_is_kept_in_a_cookie_and_told_as_saved() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (function, field, value, cookie) in [
        ("set_theme", "theme", "dark", "hearth_theme=dark;"),
        (
            "set_theme",
            "theme",
            "system",
            "hearth_theme=; Path=/; Max-Age=0;",
        ),
        (
            "set_language",
            "language",
            "zh-CN",
            "hearth_language=zh-CN;",
        ),
        (
            "set_language",
            "language",
            "browser",
            "hearth_language=; Path=/; Max-Age=0;",
        ),
        (
            "set_single_keys",
            "single_keys",
            "false",
            "hearth_single_keys=off;",
        ),
        (
            "set_single_keys",
            "single_keys",
            "true",
            "hearth_single_keys=; Path=/; Max-Age=0;",
        ),
    ] {
        let fields = [(field, value.to_owned())];
        let path = format!("/api/{function}");
        let answer = ada.submit_form(&path, &fields).await?;
        assert!(
            answer.header("set-cookie").starts_with(cookie),
            "{answer:?}"
        );
        let leads_to = answer.header("location");
        assert!(
            leads_to.ends_with(&format!("/settings?saved={field}")),
            "{leads_to}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_form_without_a_tick_turns_single_keys_off_and_the_document_says_so() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let answer = ada.submit_form("/api/set_single_keys", &[]).await?;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("hearth_single_keys=off;"), "{answer:?}");
    for (cookie, is_off) in [("hearth_single_keys=off", true), ("a=b", false)] {
        let html = page(&ada, "/settings", ("cookie", cookie)).await?.text();
        let (tag, _) = html.split_once("<head>").unwrap_or_default();
        assert_eq!(tag.contains("data-single-keys=\"off\""), is_off, "{tag}");
        let (_, switch) = html.split_once("id=\"single-keys\"").unwrap_or_default();
        let (switch, _) = switch.split_once('>').unwrap_or_default();
        assert_eq!(switch.contains(" checked"), !is_off, "{switch}");
    }
    Ok(())
}

#[tokio::test]
async fn a_choice_there_is_not_sets_no_cookie() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (function, field, value) in [
        ("set_theme", "theme", "dark; Path=/evil"),
        ("set_theme", "theme", ""),
        ("set_single_keys", "single_keys", "perhaps"),
        ("set_language", "language", "tlh"),
        ("set_language", "language", "\r\nSet-Cookie: a=b"),
    ] {
        let answer = ada.call_raw(function, &[(field, value.to_owned())]).await?;
        assert_eq!(answer.status, 400, "{value:?}: {answer:?}");
        assert_eq!(answer.header("set-cookie"), "", "{value:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_stored_theme_stands_in_the_document_before_any_script_runs() -> Result<()> {
    let (server, _ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    let dark = page(&client, "/sign-in", ("cookie", "hearth_theme=dark")).await?;
    let html = dark.text();
    assert!(html.contains("data-theme=\"dark\""), "{html}");
    assert!(
        html.contains("<meta name=\"color-scheme\" content=\"dark\">"),
        "{html}"
    );
    let system = client.get("/sign-in").await?.text();
    assert!(!system.contains("data-theme"), "{system}");
    Ok(())
}

#[tokio::test]
async fn a_rail_that_was_chosen_stands_in_the_document_and_another_word_does_not() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (cookie, told) in [
        ("hearth_sidebar=rail", Some("data-sidebar=\"rail\"")),
        ("hearth_sidebar=open", Some("data-sidebar=\"open\"")),
        ("hearth_sidebar=wide", None),
        ("a=b", None),
    ] {
        let html = page(&ada, "/", ("cookie", cookie)).await?.text();
        let (tag, _) = html.split_once("<head>").unwrap_or_default();
        match told {
            Some(told) => assert!(tag.contains(told), "{cookie}: {tag}"),
            None => assert!(!tag.contains("data-sidebar"), "{cookie}: {tag}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn times_are_those_of_the_reader_s_clock_and_utc_for_a_clock_nobody_knows() -> Result<()> {
    let model = ScriptedModel::new(vec!["Yes.".to_owned()]);
    let (_server, ada) = RunningServer::start(model).await?;
    let turn = send_and_wait(&ada, None, "Hello").await?;
    assert_eq!(turn.conversation.group, DateGroup::Today);
    let id = turn.conversation.id;
    let utc = conversation(&ada, id).await?.messages;
    let elsewhere = async |zone: &str| -> Result<Vec<Message>> {
        let request = ada.form("/api/conversation", &[("id", id.to_string())]);
        let request = request.header("accept", "application/json");
        let answer = ada.send(request.header("cookie", format!("hearth_tz={zone}")));
        let answer = answer
            .await?
            .outcome::<hearth_app::model::Conversation>()??;
        Ok(answer.messages)
    };
    // No summer time there, so the difference is the same on every day: 8 h.
    let shanghai = elsewhere("Asia/Shanghai").await?;
    let (here, there) = (utc[0].time, shanghai[0].time);
    assert_eq!((here.hour + 8) % 24, there.hour);
    assert_eq!(elsewhere("Mars/Olympus").await?[0].time, here);
    let listed = conversations(&ada).await?;
    assert_eq!(listed[0].group, DateGroup::Today);
    Ok(())
}
