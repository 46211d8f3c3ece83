//! Links and footnotes that an answer defines at its end.

use std::time::Duration;

use anyhow::{Result, ensure};
use hearth_app::model::Language;
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    browser::Browser, chat_page::ChatPage, deadline::eventually, running_server::RunningServer,
};

in_both_languages! {
    the_end_makes_links_of_names_and_leaves_every_other_block_where_it_is,
}

const PATIENCE: Duration = Duration::from_secs(10);
/// Addresses in the answer, as they are written.
const LINKS: &str = "return [...document.querySelectorAll('.answer a')] \
    .map(it => it.getAttribute('href')).join(' ')";
/// What the place leads to that the address of the page names.
const TARGET: &str =
    "return document.getElementById(location.hash.slice(1))?.className ?? 'nothing'";

fn answer() -> String {
    let words = "Words that stay as they are until the end has come. ".repeat(4);
    format!(
        "See [docs][1].\n\nPlain words.\n\nIt boils[^1].\n\n{words}\n\n\
         [1]: https://example.org/docs\n\n[^1]: At sea level.\n"
    )
}

async fn the_end_makes_links_of_names_and_leaves_every_other_block_where_it_is(
    language: Language,
) -> Result<()> {
    let model = ScriptedModel::new(vec![answer()]).with_token_delay(Duration::from_millis(10));
    let (_server, ada) = RunningServer::start(model).await?;
    let browser = Browser::open().await?;
    let page = ChatPage::shown_to(&browser, &ada, language).await?;
    page.send("Go").await?;
    let keep = "const blocks = document.querySelectorAll('.answer .block'); \
        window.kept = blocks[1]; \
        return blocks.length > 2 && document.querySelector('.answer a') === null";
    eventually("blocks without links", PATIENCE, async || {
        let is_there = browser.script(keep, Vec::new()).await?;
        Ok((is_there == true).then_some(()))
    })
    .await?;

    page.wait_for_end(1).await?;
    let links = browser.script(LINKS, Vec::new()).await?;
    let links = links.as_str().unwrap_or_default().to_owned();
    ensure!(
        links.starts_with("https://example.org/docs #note-") && links.contains(" #mark-"),
        "{links}"
    );
    let same = "return document.querySelectorAll('.answer .block')[1] === window.kept";
    assert_eq!(browser.script(same, Vec::new()).await?, true);

    // The mark leads to its note and back, in the same page.
    for (link, target) in [
        (".footnote-mark a", "footnote-number"),
        (".footnote-number a", "footnote-mark"),
    ] {
        browser.element(link).await?.click().await?;
        eventually("the place is reached", PATIENCE, async || {
            let reached = browser.script(TARGET, Vec::new()).await?;
            Ok((reached == target).then_some(()))
        })
        .await?;
    }
    assert_eq!(browser.script(same, Vec::new()).await?, true);

    page.reload().await?;
    page.wait_for_end(1).await?;
    let again = browser.script(LINKS, Vec::new()).await?;
    assert_eq!(again, links.as_str());
    browser.quit().await
}
