//! The product below a path of its host, as behind a proxy whose host has other programs too.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::{ChatError, ExportId};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    api_client::ApiClient,
    running_server::{PASSWORD, RunningServer, send_and_wait},
    web_client::{Answer, WebClient, attribute_after},
};
use reqwest::Method;

use super::languages::PAGES;

const PUBLIC: &str = "https://example.org/a/chat";
const PATH: &str = "/a/chat";

async fn start() -> Result<(RunningServer, WebClient)> {
    let model = ScriptedModel::new(vec!["An answer.".to_owned()]);
    RunningServer::start_behind(model, PUBLIC).await
}

/// What a page leads to, posts to and loads; places in itself are none of it.
fn addresses(page: &str) -> BTreeSet<String> {
    let attributes = [" href=\"", " action=\"", " src=\""].into_iter();
    let found = attributes.flat_map(|attribute| page.split(attribute).skip(1));
    let found = found.filter_map(|rest| rest.split('"').next());
    let found = found.filter(|address| !address.starts_with('#'));
    found.map(|address| address.replace("&amp;", "&")).collect()
}

/// Addresses with what they lead to when the proxy passes the path on, and when it takes it off.
fn both_ways(address: &str) -> Result<[String; 2]> {
    let without = address.strip_prefix(PATH).context("it is below the path")?;
    Ok([address.to_owned(), without.to_owned()])
}

fn cookies(answer: &Answer) -> Vec<&str> {
    let all = answer.headers.get_all("set-cookie").into_iter();
    all.filter_map(|value| value.to_str().ok()).collect()
}

/// A page of each kind that a person who is signed in has.
async fn pages(ada: &WebClient) -> Result<Vec<String>> {
    let turn = send_and_wait(ada, None, "A question").await?;
    let conversation = turn.conversation.id;
    let choice = [
        ("conversation", conversation.to_string()),
        ("format", "markdown".to_owned()),
    ];
    ada.call::<ExportId>("create_export", &choice).await??;
    let mut pages = PAGES.map(str::to_owned).to_vec();
    pages.push(format!("/c/{conversation}"));
    Ok(pages)
}

#[tokio::test]
async fn every_address_of_every_page_is_below_the_path_and_leads_somewhere_both_ways() -> Result<()>
{
    let (server, ada) = start().await?;
    let stranger = server.client()?;
    let mut found = BTreeSet::new();
    let own = pages(&ada).await?.into_iter().map(|path| (&ada, path));
    let doors = ["/sign-in", "/sign-up", "/join?token=x"];
    let doors = doors.map(|path| (&stranger, path.to_owned()));
    for (client, path) in own.chain(doors) {
        let mut shown = Vec::new();
        for asked in [path.clone(), format!("{PATH}{path}")] {
            let page = client.get(&asked).await?.text();
            ensure!(page.contains("<!DOCTYPE html>"), "{asked}: {page}");
            shown.push(addresses(&page));
        }
        assert_eq!(shown[0], shown[1], "{path}");
        assert!(shown[0].len() > 3, "{path}: {shown:?}");
        found.extend(shown.pop().unwrap_or_default());
    }
    found.retain(|address| !address.starts_with(['#', '?']));
    for address in &found {
        ensure!(
            address.starts_with(&format!("{PATH}/")),
            "{address} leads away"
        );
        let expected: &[u16] = match address.as_str() {
            // Posted to only.
            "/a/chat/import" | "/a/chat/exports/all" => &[404, 405],
            address if address.starts_with("/a/chat/api/") => &[404, 405],
            // Who is signed in is led away from there.
            "/a/chat/sign-in" | "/a/chat/sign-up" => &[303],
            _ => &[200],
        };
        for asked in both_ways(address)? {
            let status = ada.get(&asked).await?.status;
            assert!(expected.contains(&status), "{asked}: {status}");
        }
    }
    let kinds = [".css", ".js", ".wasm", ".svg", ".webmanifest"];
    for kind in kinds {
        assert!(
            found.iter().any(|it| it.ends_with(kind)),
            "{kind}: {found:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn redirects_lead_below_the_path_and_cookies_belong_to_it() -> Result<()> {
    let (server, _ada) = start().await?;
    let client = server.client()?;
    for (asked, next) in [
        ("/", ""),
        ("/a/chat", ""),
        ("/a/chat/", ""),
        ("/a/chat/c/x", "?next=/c/x"),
        ("/settings", "?next=/settings"),
    ] {
        let answer = client.get(asked).await?;
        let door = format!("/a/chat/sign-in{next}");
        assert_eq!(answer.header("location"), door, "{asked}");
    }
    let account = [
        ("name", "Ada".to_owned()),
        ("password", PASSWORD.to_owned()),
        ("next", "/settings".to_owned()),
    ];
    for (fields, leads_to) in [
        (&account[..2], "/a/chat/"),
        (&account[..], "/a/chat/settings"),
    ] {
        let answer = client.submit_form("/a/chat/api/sign_in", fields).await?;
        assert_eq!(answer.header("location"), leads_to);
    }
    let answer = client.submit_form("/a/chat/api/sign_in", &account).await?;
    let cookies_set = cookies(&answer);
    assert_eq!(cookies_set.len(), 2, "{cookies_set:?}");
    for name in ["__Secure-hearth_session=", "__Secure-hearth_device="] {
        let cookie = cookies_set.iter().find(|it| it.starts_with(name));
        let cookie = cookie.with_context(|| format!("{name} in {cookies_set:?}"))?;
        for attribute in [
            "; Path=/a/chat;",
            "; Secure",
            "; HttpOnly",
            "; SameSite=Lax",
        ] {
            ensure!(cookie.contains(attribute), "{cookie}");
        }
    }
    let theme = [("theme", "dark".to_owned())];
    let answer = client.submit_form("/api/set_theme", &theme).await?;
    assert_eq!(answer.header("location"), "/a/chat/settings?saved=theme");
    ensure!(
        cookies(&answer)[0].contains("; Path=/a/chat;"),
        "{answer:?}"
    );
    // The script is told where to go in the same header.
    let answer = client.call_raw("sign_out", &[]).await?;
    assert_eq!(answer.header("location"), "/a/chat/sign-in");
    ensure!(
        cookies(&answer)[0].contains("; Path=/a/chat;"),
        "{answer:?}"
    );
    Ok(())
}

#[tokio::test]
async fn forms_lead_on_below_the_path_and_a_refused_message_comes_back_with_its_text() -> Result<()>
{
    let (_server, ada) = start().await?;
    let page = ada.get("/a/chat/").await?.text();
    let (_, form) = page
        .split_once("class=\"composer\"")
        .context("a composer")?;
    let key = attribute_after(form, "name=\"key\"", "value")?;
    let message = [("text", "Hello".to_owned()), ("key", key.to_owned())];
    let answer = ada.submit_form("/api/send_message", &message).await?;
    let leads_to = answer.header("location");
    ensure!(leads_to.starts_with("/a/chat/c/"), "{leads_to}");
    assert_eq!(ada.get(leads_to).await?.status, 200);

    let empty = [("text", " ".to_owned()), ("key", key.to_owned())];
    let refused = ada.submit_form("/a/chat/api/send_message", &empty).await?;
    assert_eq!(refused.status, 400);
    let found = addresses(&refused.text());
    ensure!(found.contains("/a/chat/api/send_message"), "{found:?}");
    ensure!(
        found.iter().all(|it| it.starts_with("/a/chat/")),
        "{found:?}"
    );

    let wrong = [
        ("name", "Ada".to_owned()),
        ("password", "wrong wrong".to_owned()),
    ];
    let request = ada
        .form("/api/sign_in", &wrong)
        .header("accept", "text/html");
    let request = request.header("referer", "https://example.org/a/chat/sign-in");
    let answer = ada.send(request).await?;
    let leads_to = answer.header("location");
    ensure!(
        leads_to.starts_with("https://example.org/a/chat/sign-in?"),
        "{leads_to}"
    );
    Ok(())
}

#[tokio::test]
async fn other_paths_lead_nowhere_and_no_header_names_one() -> Result<()> {
    let (_server, ada) = start().await?;
    for asked in [
        "/a",
        "/a/chatter/healthz",
        "/A/chat/healthz",
        "/b/healthz",
        "/a/chat/a/chat/healthz",
    ] {
        assert_eq!(ada.get(asked).await?.status, 404, "{asked}");
    }
    let mut request = ada
        .request(Method::GET, "/settings")
        .header("accept", "text/html");
    for name in ["x-forwarded-prefix", "x-script-name", "x-forwarded-path"] {
        request = request.header(name, "/evil");
    }
    let page = ada.send(request).await?.text();
    ensure!(
        page.contains("href=\"/a/chat/settings\"") && !page.contains("/evil"),
        "{page}"
    );

    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let request = ada
        .request(Method::GET, "/settings")
        .header("accept", "text/html");
    let answer = ada
        .send(request.header("x-forwarded-prefix", "/evil"))
        .await?;
    ensure!(!answer.text().contains("/evil"), "{answer:?}");
    assert_eq!(ada.get("/a/chat/healthz").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn requests_of_pages_are_the_own_ones_by_their_origin_which_has_no_path() -> Result<()> {
    let (_server, ada) = start().await?;
    for (origin, status) in [
        ("https://example.org", 200),
        ("https://example.org/a/chat", 403),
        ("https://a.example.org", 403),
        ("http://example.org", 403),
    ] {
        let request = ada.form("/a/chat/api/conversations", &[]);
        let request = request
            .header("host", "127.0.0.1:1")
            .header("origin", origin);
        assert_eq!(ada.send(request).await?.status, status, "{origin}");
    }
    Ok(())
}

#[tokio::test]
async fn programs_and_those_who_watch_ask_below_the_path_or_without_it() -> Result<()> {
    let (server, ada) = start().await?;
    let program = ApiClient::of(&server, &ada).await?;
    for path in [
        "/v1/models",
        "/a/chat/v1/models",
        "/a/chat/healthz",
        "/healthz",
    ] {
        assert_eq!(program.get(path).await?.status, 200, "{path}");
    }
    assert_eq!(program.get("/a/v1/models").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_person_without_a_session_gets_the_same_answers_both_ways() -> Result<()> {
    let (server, _ada) = start().await?;
    let stranger = server.client()?;
    for function in ["/api/conversations", "/a/chat/api/conversations"] {
        let request = stranger
            .form(function, &[])
            .header("accept", "application/json");
        let answer = stranger.send(request).await?;
        assert_eq!(
            answer.outcome::<()>()?,
            Err(ChatError::Unauthorized),
            "{function}"
        );
        assert_eq!(answer.status, 401, "{function}");
    }
    Ok(())
}
