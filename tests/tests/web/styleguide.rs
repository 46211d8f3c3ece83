//! The style guide: a page for everybody who builds the program, with nothing of anybody.

use std::collections::BTreeSet;

use anyhow::Result;
use hearth_app::{STYLEGUIDE, STYLEGUIDE_STYLE};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::running_server::RunningServer;

/// Classes of components.
const COMPONENTS: [&str; 72] = [
    "account-button",
    "alert",
    "answer",
    "attachment",
    "attachments",
    "avatar",
    "badge",
    "banner",
    "blank",
    "button",
    "chat-header",
    "check",
    "chip",
    "code-block",
    "composer",
    "confirm",
    "conversation-row",
    "data-table",
    "day",
    "dialog",
    "door-form",
    "dot",
    "drop-zone",
    "empty-stage",
    "error",
    "error-text",
    "field",
    "folder-heading",
    "greeting",
    "icon-button",
    "input-box",
    "item",
    "link",
    "log",
    "menu",
    "menu-entry",
    "message",
    "message-actions",
    "message-delete",
    "message-info",
    "message-note",
    "message-notice",
    "missing-stage",
    "model",
    "model-chip",
    "progress",
    "question-editor",
    "queued",
    "quiet-button",
    "save-bar",
    "segmented",
    "select",
    "send-button",
    "setting-row",
    "settings-side",
    "shortcut-list",
    "shown-once",
    "sidebar",
    "sidebar-edge",
    "skeleton",
    "skeletons",
    "slider",
    "starter",
    "steps",
    "stop",
    "switch",
    "table-scroll",
    "tiles",
    "toast",
    "usage-chart",
    "user-text",
    "version-switch",
];

/// Values of an attribute.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let values = page.split(start.as_str()).skip(1);
    values
        .filter_map(|rest| Some(rest.split_once('"')?.0))
        .collect()
}

async fn page(query: &str) -> Result<String> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let answer = server
        .client()?
        .get(&format!("{STYLEGUIDE}{query}"))
        .await?;
    assert_eq!(answer.status, 200, "{query}");
    assert_eq!(answer.header("cache-control"), "no-store");
    Ok(answer.text())
}

#[tokio::test]
async fn every_component_stands_in_the_guide_and_no_id_stands_twice() -> Result<()> {
    let page = page("").await?;
    let classes = values(&page, "class");
    let classes: BTreeSet<&str> = classes.iter().flat_map(|it| it.split(' ')).collect();
    for class in COMPONENTS {
        assert!(classes.contains(class), "{class} is not shown");
    }
    let mut ids = values(&page, "id");
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id stands twice");
    Ok(())
}

#[tokio::test]
async fn the_guide_runs_no_script_sends_no_form_and_has_no_inline_style() -> Result<()> {
    let page = page("").await?;
    assert!(!page.contains("<script") && !page.contains("<style"));
    assert!(!page.contains("method=\"post\"") && !page.contains("method=\"get\""));
    assert!(!page.contains(" autofocus"));
    for tag in page.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        assert!(!tag.contains(" style="), "<{tag}>");
    }
    Ok(())
}

#[tokio::test]
async fn the_address_says_which_language_and_theme_and_nonsense_says_nothing() -> Result<()> {
    let chinese = page("?lang=zh-CN&theme=dark").await?;
    let (root, _) = chinese.split_once("<head").unwrap_or_default();
    assert!(root.contains("lang=\"zh-CN\"") && root.contains("data-theme=\"dark\""));
    for query in [
        "",
        "?lang=kl&theme=pink",
        "?lang=en&theme=system",
        "?lang=%ff",
    ] {
        let english = page(query).await?;
        let (root, _) = english.split_once("<head").unwrap_or_default();
        assert!(root.contains("lang=\"en\""), "{query}: {root}");
        assert!(!root.contains("data-theme"), "{query}: {root}");
    }
    Ok(())
}

#[tokio::test]
async fn the_guide_brings_its_own_style_sheet_and_the_page_does_not_carry_it() -> Result<()> {
    let server = RunningServer::unclaimed(ScriptedModel::new(Vec::new())).await?;
    let client = server.client()?;
    let own = client.get(STYLEGUIDE_STYLE).await?;
    assert_eq!(own.header("content-type"), "text/css; charset=utf-8");
    assert!(own.text().contains(".guide"));
    let page = client.get(STYLEGUIDE).await?.text();
    let sheets = values(&page, "href").into_iter();
    let of_page: BTreeSet<_> = sheets.filter(|it| it.starts_with("/pkg/")).collect();
    assert_eq!(of_page.len(), 2, "{of_page:?}");
    for sheet in of_page {
        let sheet = client.get(sheet).await?;
        assert!(sheet.status == 200 && !sheet.text().contains(".guide"));
    }
    Ok(())
}
