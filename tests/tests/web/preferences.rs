//! Language, theme and time zone as the server decides them, without script.

use anyhow::Result;
use hearth_app::model::{DateGroup, Message};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    database::age_message,
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
async fn a_width_that_was_drawn_stands_in_the_document_and_a_damaged_one_does_not() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (cookie, told) in [
        ("hearth_sidebar_width=400", Some("400")),
        ("hearth_sidebar_width=220; hearth_sidebar=rail", Some("220")),
        ("hearth_sidebar_width=272", None),
        ("hearth_sidebar_width=9999", None),
        ("hearth_sidebar_width=289", None),
        ("hearth_sidebar_width=-288", None),
        ("hearth_sidebar_width=\"288\"", None),
        ("hearth_sidebar_width=288px", None),
        ("hearth_sidebar_width=", None),
        ("hearth_sidebar_width=><script>", None),
    ] {
        let html = page(&ada, "/", ("cookie", cookie)).await?.text();
        let (tag, _) = html.split_once("<head>").unwrap_or_default();
        let edge = told.unwrap_or("272");
        assert!(
            html.contains(&format!("aria-valuenow=\"{edge}\"")),
            "{cookie}"
        );
        match told {
            Some(px) => {
                let told = format!("data-side-width=\"{px}\"");
                assert!(tag.contains(&told), "{cookie}: {tag}");
            }
            None => assert!(!tag.contains("data-side-width"), "{cookie}: {tag}"),
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

/// What stands between messages where a day begins: on the screen and on paper.
fn day_lines(page: &str) -> Vec<Vec<String>> {
    let spans = |line: &str| {
        let (line, _) = line.split_once("</p>").unwrap_or_default();
        let spans = line.split("<span").skip(1);
        let words = spans.filter_map(|span| span.split_once('>')?.1.split_once('<'));
        words.map(|(words, _)| words.to_owned()).collect()
    };
    page.split("class=\"day\"").skip(1).map(spans).collect()
}

#[tokio::test]
async fn days_between_messages_are_named_from_the_reader_s_today() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(vec!["Yes.".to_owned()])).await?;
    let first = send_and_wait(&ada, None, "One").await?;
    let id = first.conversation.id;
    let second = send_and_wait(&ada, Some(id), "Two").await?;
    send_and_wait(&ada, Some(id), "Three").await?;
    for (turn, num_days) in [(&first, 800), (&second, 1)] {
        let question = turn.user_message.as_ref().map(|it| it.id);
        for message in question.into_iter().chain([turn.assistant_message.id]) {
            age_message(&server.database(), message, num_days).await?;
        }
    }
    let path = format!("/c/{id}");
    for (language, yesterday, today) in [("en", "Yesterday", "Today"), ("zh-CN", "昨天", "今天")]
    {
        for zone in ["UTC", "Asia/Shanghai"] {
            let request = ada
                .request(Method::GET, &path)
                .header("accept", "text/html");
            let request = request.header("accept-language", language);
            let request = request.header("cookie", format!("hearth_tz={zone}"));
            let lines = day_lines(&ada.send(request).await?.text());
            let [old, before, now] = lines.as_slice() else {
                panic!("three days: {lines:?}");
            };
            assert_eq!(old[0], old[1], "of another year");
            assert!(old[0].contains("20"), "{old:?}");
            assert_eq!(before[0], yesterday, "{zone}");
            assert_eq!(now[0], today, "{zone}");
            assert!(now[1].contains("20") && now[1] != before[1], "{lines:?}");
        }
    }
    Ok(())
}
