//! What axe-core says about a page.

use std::{env, fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::{
    browser::{Browser, PATIENCE},
    deadline::eventually,
};

/// Whether the page has axe already: it is half a megabyte, and a page is looked at several times.
const IS_THERE: &str = "return typeof window.axe === 'object'";

/// Starts axe, which leaves in the page what a person with a screen reader could not pass.
const START: &str = r"
    const [impacts, rules] = arguments;
    delete window.axeReport;
    const options = { resultTypes: ['violations'] };
    if (rules) options.runOnly = { type: 'rule', values: rules };
    axe.run(document, options).then(
        result => window.axeReport = { violations: result.violations
            .filter(violation => impacts.includes(violation.impact))
            .map(violation => ({
                rule: violation.id,
                impact: violation.impact,
                help: violation.help,
                places: violation.nodes.map(node => `${node.html} ${node.failureSummary}`),
            })) },
        error => window.axeReport = { error: String(error) });
";

/// What a person cannot pass.
const GRAVE: [&str; 2] = ["serious", "critical"];
const ALL: [&str; 4] = ["minor", "moderate", "serious", "critical"];

/// The rules that are about colours, of those that axe goes by without being asked.
const COLOURS: [&str; 2] = ["color-contrast", "link-in-text-block"];

#[derive(Debug, Deserialize)]
struct Report {
    #[serde(default)]
    violations: Vec<Violation>,
    error: Option<String>,
}

/// One broken rule.
#[derive(Debug, Deserialize)]
pub struct Violation {
    pub rule: String,
    pub impact: String,
    pub help: String,
    pub places: Vec<String>,
}

/// Fails if the page, shown as `name`, has serious or critical violations.
pub async fn check(browser: &Browser, name: &str) -> Result<()> {
    look(browser, name, &GRAVE, None).await
}

/// As [`check`], where the same page was checked in another theme: a theme is colours alone.
pub async fn check_colours(browser: &Browser, name: &str) -> Result<()> {
    look(browser, name, &GRAVE, Some(&COLOURS)).await
}

/// Fails if the page, shown as `name`, has any violation.
pub async fn check_strictly(browser: &Browser, name: &str) -> Result<()> {
    look(browser, name, &ALL, None).await
}

async fn look(
    browser: &Browser,
    name: &str,
    impacts: &[&str],
    rules: Option<&[&str]>,
) -> Result<()> {
    if browser.script(IS_THERE, Vec::new()).await? != json!(true) {
        browser.script(&axe()?, Vec::new()).await?;
    }
    let arguments = vec![json!(impacts), json!(rules)];
    browser.script(START, arguments).await?;
    let what = format!("axe tells about {name}");
    let report: Report = eventually(&what, PATIENCE, async || {
        let report = browser.script("return window.axeReport", Vec::new());
        Ok(serde_json::from_value(report.await?)?)
    })
    .await?;
    ensure!(report.error.is_none(), "axe on {name}: {:?}", report.error);
    let violations = report.violations;
    ensure!(violations.is_empty(), "axe on {name}: {violations:#?}");
    Ok(())
}

/// The script. The driver's own scripts stand outside the page's security policy.
fn axe() -> Result<String> {
    let path = env::var_os("HEARTH_AXE")
        .context("name axe-core's axe.min.js in HEARTH_AXE (`cargo xtask test browser` does)")?;
    let path = PathBuf::from(path);
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}
