//! Reloads at any moment lose nothing.

use std::time::Duration;

use anyhow::Result;
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::{Browser, PATIENCE},
    chance::Chance,
    chat_page::{ChatPage, TEXT_BOX},
    deadline::eventually,
    extent,
    running_server::RunningServer,
    words::words,
};

fn num_reloads() -> usize {
    if extent::is_whole() { 20 } else { 8 }
}

/// Prose, a list and code, so that committed and growing blocks of every kind are met.
const ANSWER: &str = "The first paragraph has **bold** words.\n\nThen comes a list:\n\n- one\n- two\n\n\
    ```rust\nfn main() {\n    println!(\"hello\");\n}\n```\n\nAnd a last paragraph that ends.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloads_at_random_moments_show_what_one_undisturbed_tab_shows() -> Result<()> {
    // Two seconds: for most moments the page is loaded again before the end.
    let model =
        ScriptedModel::new(vec![ANSWER.to_owned()]).with_token_delay(Duration::from_millis(12));
    let (server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    page.send("Undisturbed").await?;
    let undisturbed = page.wait_for_end(1).await?;

    let mut chance = Chance::new(0x6865_6172_7468);
    for round in 0..num_reloads() {
        page.open("/").await?;
        page.send(&format!("Round {round}")).await?;
        page.conversation().await?;
        let whole = undisturbed.text.chars().count() as u64;
        let moment = usize::try_from(chance.within(0..whole))?;
        page.wait_for_text(moment).await?;
        page.reload().await?;
        let reloaded = page.wait_for_end(1).await?;
        assert_eq!(
            reloaded.text, undisturbed.text,
            "round {round}, at {moment} characters"
        );
        assert_eq!(page.messages().await?.len(), 2, "round {round}");
    }
    browser.quit().await
}

/// Counts who asks for the build of the page, and answers with `window.build` once that is there.
const COUNT: &str = "const fetch = window.fetch.bind(window);
    window.asked = 0;
    window.fetch = (request, ...rest) => {
        if (!(request.url ?? String(request)).includes('/page_build')) {
            return fetch(request, ...rest);
        }
        window.asked += 1;
        return window.build
            ? Promise.resolve(new Response(JSON.stringify(window.build), {status: window.status}))
            : fetch(request, ...rest);
    };";
const LOOK_AGAIN: &str = "document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))";

/// A server that refuses what a page in doubt asks for is there.
async fn a_refusal_is_an_answer(browser: &Browser) -> Result<()> {
    let refuse = "window.build = 'forbidden'; window.status = 403; window.asked = 0";
    browser.script(refuse, Vec::new()).await?;
    eventually("the page asks in doubt", PATIENCE, async || {
        let doubt = "window.dispatchEvent(new Event('offline')); return window.asked > 0";
        let asked = browser.script(doubt, Vec::new()).await?;
        Ok((asked == true).then_some(()))
    })
    .await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!browser.has(".chip").await?, "the server answers");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_from_before_an_upgrade_says_so_and_keeps_what_was_written() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::new(&browser, server.base_url());
    page.enter(&ada).await?;
    browser
        .element(TEXT_BOX)
        .await?
        .send_keys("a draft")
        .await?;
    browser.script(COUNT, Vec::new()).await?;
    browser.script(LOOK_AGAIN, Vec::new()).await?;
    // The list is asked for after the build: its answer was understood by then.
    eventually("the page asks for its build", PATIENCE, async || {
        let asked = "return window.asked === 1 && performance.getEntriesByType('resource')
            .filter(it => it.name.endsWith('/api/conversations')).length > 0";
        let answer = browser.script(asked, Vec::new()).await?;
        Ok((answer == true).then_some(()))
    })
    .await?;
    assert!(
        !browser.has(".notice").await?,
        "it is the page of this server"
    );
    a_refusal_is_an_answer(&browser).await?;
    browser
        .script(
            "window.build = 'hearth-other'; window.status = 200",
            Vec::new(),
        )
        .await?;
    browser.script(LOOK_AGAIN, Vec::new()).await?;
    let notice = browser.element(".notice").await?.text().await?;
    let told = words(Language::English, "chat.outdated")?;
    assert!(notice.starts_with(&told), "{notice}");
    browser.element(".notice button").await?.click().await?;
    eventually("the page is loaded again", PATIENCE, async || {
        let answer = browser.script("return window.build === undefined", Vec::new());
        Ok((answer.await? == true).then_some(()))
    })
    .await?;
    page.wait_until_interactive().await?;
    let text_box = browser.element(TEXT_BOX).await?;
    assert_eq!(text_box.prop("value").await?.as_deref(), Some("a draft"));
    browser.quit().await
}
