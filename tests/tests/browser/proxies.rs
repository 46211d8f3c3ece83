//! Below a path behind nginx, Caddy and `HAProxy`, over TLS and HTTP/2, configured as
//! `deploy/proxies` says.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hearth_app::model::Export;
use hearth_engine::scripted::ScriptedModel;
use hearth_server::config::Networks;
use hearth_tests::{
    browser::{Browser, PATIENCE},
    chat_page::{ChatPage, RUNNING, TEXT_BOX},
    deadline::eventually,
    program::{Program, free_port},
    proxy::{Proxy, ProxyKind, TRUSTED, VISITOR, visitors_door},
    running_server::{PASSWORD, RunningServer, conversation, send, send_and_wait},
    tls_tail,
    web_client::WebClient,
};
use serde_json::{Value, json};

/// Each law behind each proxy.
macro_rules! behind_every_proxy {
    ($($name:ident),* $(,)?) => {
        behind_every_proxy!(@one behind_nginx Nginx $($name)*);
        behind_every_proxy!(@one behind_caddy Caddy $($name)*);
        behind_every_proxy!(@one behind_haproxy Haproxy $($name)*);
    };
    (@one $module:ident $kind:ident $($name:ident)*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() -> anyhow::Result<()> {
                    super::$name(hearth_tests::proxy::ProxyKind::$kind).await
                }
            )*
        }
    };
}

behind_every_proxy! {
    a_person_signs_in_chats_goes_about_and_takes_a_file_away,
    words_arrive_as_soon_as_the_server_sends_them,
    a_ninth_tab_opens_while_eight_watch_an_answer,
    a_visitor_is_where_it_comes_from_whatever_it_says_of_itself,
}

/// What Chromium spoke with the proxy for the page itself.
const PROTOCOL: &str = "return performance.getEntriesByType('navigation')[0].nextHopProtocol";

/// A load of the page would forget it.
const MARK: &str = "window.testMark = true";
const MARKED: &str = "return window.testMark === true";

const ANSWER: &str = "A first sentence. A second one with more words. A third one ends the answer.";

/// Through a proxy and a busy machine, beside a reader who asks the server itself.
const LATE: Duration = Duration::from_millis(150);

/// A server, its administrator who asks it directly, and the proxy before it.
struct Behind {
    ada: WebClient,
    url: String,
    _server: RunningServer,
    _proxy: Proxy,
}

impl Behind {
    async fn start(kind: ProxyKind, model: ScriptedModel) -> Result<Self> {
        let port = free_port()?;
        let url = format!("https://localhost:{port}/chat");
        let proxies: Networks = serde_json::from_str(TRUSTED)?;
        let (server, ada) = RunningServer::start_configured(model, |config| {
            url.clone_into(&mut config.server.public_url);
            config.server.trusted_proxies = proxies;
        })
        .await?;
        let proxy = Proxy::start(kind, port, server.addr()).await?;
        Ok(Self {
            ada,
            url,
            _server: server,
            _proxy: proxy,
        })
    }
}

async fn is_marked(browser: &Browser) -> Result<bool> {
    Ok(browser.script(MARKED, Vec::new()).await? == Value::Bool(true))
}

/// Waits for a path of the server in the address bar.
async fn wait_for_path(page: &ChatPage<'_>, wanted: &str) -> Result<()> {
    eventually(&format!("the address is {wanted}"), PATIENCE, async || {
        Ok((page.path().await? == wanted).then_some(()))
    })
    .await
}

async fn a_person_signs_in_chats_goes_about_and_takes_a_file_away(kind: ProxyKind) -> Result<()> {
    let browser = Browser::open().await?;
    let behind = Behind::start(kind, ScriptedModel::new(vec![ANSWER.to_owned()])).await?;
    let page = ChatPage::new(&browser, &behind.url);
    page.sign_in("Ada", PASSWORD).await?;
    page.send("Hello").await?;
    let answer = page.wait_for_end(1).await?;
    assert_eq!(answer.text.trim(), ANSWER);
    let path = format!("/c/{}", page.conversation().await?);
    page.reload().await?;
    assert_eq!(page.messages().await?.len(), 2, "a deep address, loaded");
    let protocol = browser.script(PROTOCOL, Vec::new()).await?;
    assert_eq!(protocol, json!("h2"));

    browser.script(MARK, Vec::new()).await?;
    browser.element("#new-chat").await?.click().await?;
    wait_for_path(&page, "/").await?;
    let link = format!(".conversation-list a[href='/chat{path}']");
    browser.element(&link).await?.click().await?;
    wait_for_path(&page, &path).await?;
    assert_eq!(page.wait_for_end(1).await?.text, answer.text);
    page.open_account_menu().await?;
    let settings = ".sidebar-account a[href='/chat/settings']";
    browser.element(settings).await?.click().await?;
    wait_for_path(&page, "/settings").await?;
    browser.driver().back().await?;
    wait_for_path(&page, &path).await?;
    ensure!(is_marked(&browser).await?, "the router loaded a page");

    take_a_file_away(&browser, &page, &behind).await?;
    page.sign_out().await?;
    browser.element("input[name=password]").await?;
    wait_for_path(&page, "/sign-in").await?;
    browser.quit().await
}

async fn take_a_file_away(browser: &Browser, page: &ChatPage<'_>, behind: &Behind) -> Result<()> {
    let path = page.path().await?;
    page.open_chat_menu().await?;
    let entry = "#more-menu button[value='markdown']";
    browser.element(entry).await?.click().await?;
    let made = eventually("the export is listed", PATIENCE, async || {
        let exports: Vec<Export> = behind.ada.call("exports", &[]).await??;
        Ok(exports.into_iter().next())
    })
    .await?;
    assert_eq!(page.path().await?, path, "the page stays");
    page.open("/settings/exports").await?;
    // The address that stands in the page, asked for as a press of it would.
    let script = "const link = document.querySelector(`a[href$='${arguments[0]}']`); \
        return fetch(link.href).then(async it => [it.status, await it.text()]);";
    let file = browser
        .script(script, vec![json!(made.id.to_string())])
        .await?;
    assert_eq!(file[0], json!(200));
    let text = file[1].as_str().context("a text")?;
    ensure!(text.contains(ANSWER), "{text}");
    page.open(&path).await
}

async fn words_arrive_as_soon_as_the_server_sends_them(kind: ProxyKind) -> Result<()> {
    let delay = Duration::from_millis(40);
    let answers = ["Good.", ANSWER].map(str::to_owned);
    let model = ScriptedModel::new(answers.into()).with_token_delay(delay);
    let _stage = hearth_tests::browser::wait_for_stage().await;
    let behind = Behind::start(kind, model).await?;
    // The first turn loads what later ones have.
    let chat = send_and_wait(&behind.ada, None, "Hello").await?;
    let chat = Some(chat.conversation.id);
    let turn = send(&behind.ada, chat, "Once more").await??;
    let answer = turn.assistant_message;
    let cursor = answer.cursor.context("a running answer has a cursor")?;
    let cookie = behind.ada.cookie().context("Ada is signed in")?;
    let url = behind.url.clone();
    let through =
        tokio::task::spawn_blocking(move || tls_tail::read(&url, &cookie, answer.id, cursor));
    let mut tail = behind.ada.tail(answer.id, cursor).await?;
    let mut direct = Vec::new();
    while let Some(event) = tail.next().await? {
        direct.push((Instant::now(), event));
    }
    let through = through.await??;

    // Frames may come several at once to the one and one by one to the other: what counts is when
    // as much was there.
    for (came, event) in &direct {
        let same = through.iter().find(|(_, it)| {
            (it.cursor.epoch, it.cursor.seq) >= (event.cursor.epoch, event.cursor.seq)
        });
        let (came_through, _) = same.with_context(|| format!("it never came: {event:?}"))?;
        let late = came_through.saturating_duration_since(*came);
        ensure!(late < LATE, "{late:?} late: {event:?}");
    }
    ensure!(direct.len() > 10, "{} frames", direct.len());
    let (first, last) = (direct.first(), direct.last());
    let (first, last) = (first.context("frames")?.0, last.context("frames")?.0);
    ensure!(
        last - first > 4 * LATE,
        "the answer took {:?}",
        last - first
    );
    Ok(())
}

async fn a_ninth_tab_opens_while_eight_watch_an_answer(kind: ProxyKind) -> Result<()> {
    let browser = Browser::open().await?;
    // Longer than eight tabs take to open.
    let answer = "word ".repeat(1500);
    let model = ScriptedModel::new(vec![answer]).with_token_delay(Duration::from_millis(100));
    let behind = Behind::start(kind, model).await?;
    let page = ChatPage::new(&browser, &behind.url);
    page.sign_in("Ada", PASSWORD).await?;
    page.send("A long one").await?;
    browser.element(RUNNING).await?;
    let id = page.conversation().await?;
    let path = format!("/c/{id}");
    let mut tabs = vec![browser.driver().window().await?];
    for _ in 1..8 {
        tabs.push(browser.open_tab().await?);
        page.open(&path).await?;
        browser.element(RUNNING).await?;
    }
    for tab in tabs {
        browser.driver().switch_to_window(tab).await?;
        let seen = page.wait_for_text(1).await?.text.chars().count();
        page.wait_for_text(seen + 5).await?;
    }
    browser.open_tab().await?;
    page.open("/").await?;
    browser.element(TEXT_BOX).await?;
    let protocol = browser.script(PROTOCOL, Vec::new()).await?;
    assert_eq!(protocol, json!("h2"));
    // All nine are still there for the server: it goes on answering.
    let shown = conversation(&behind.ada, id).await?;
    ensure!(shown.state.summary.running, "the answer ended too early");
    page.open(&path).await?;
    page.stop().await?;
    page.wait_for_end(1).await?;
    browser.quit().await
}

async fn a_visitor_is_where_it_comes_from_whatever_it_says_of_itself(
    kind: ProxyKind,
) -> Result<()> {
    const FORGED: &str = "77777777777777777777777777777777";
    let _stage = hearth_tests::browser::wait_for_stage().await;
    let port = free_port()?;
    let settings = vec![
        (
            "HEARTH_SERVER__PUBLIC_URL",
            format!("https://localhost:{port}/chat"),
        ),
        ("HEARTH_SERVER__TRUSTED_PROXIES", TRUSTED.to_owned()),
        ("HEARTH_SERVER__LOG_FORMAT", "json".to_owned()),
    ];
    let program = Program::start_with(settings).await?;
    let address = program.base_url();
    let address = address.strip_prefix("http://").context("plain HTTP")?;
    let _proxy = Proxy::start(kind, port, address.parse()?).await?;
    let door = visitors_door(port).await?;
    let url = format!("https://localhost:{door}/chat/v1/models");
    let said = [
        ("x-forwarded-for", "198.51.100.7"),
        ("forwarded", "for=198.51.100.8"),
        ("x-real-ip", "198.51.100.9"),
        ("x-request-id", FORGED),
    ];
    let asked = tokio::task::spawn_blocking(move || tls_tail::number_of_answer(&url, &said));
    let number = asked.await??;
    let line = eventually("the request is logged", PATIENCE, async || {
        let log = program.log()?;
        let lines = log.lines();
        let mut lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(lines.find(|it| it["http.path"] == "/v1/models"))
    })
    .await?;
    assert_eq!(line["client.address"], VISITOR.to_string());
    // One number in both logs, which no visitor chooses.
    assert_eq!(line["request.id"], number);
    assert_ne!(number, FORGED);
    Ok(())
}
