//! The administration without script: what its pages show, and where its links lead.

use anyhow::{Context as _, Result};
use hearth_app::model::{AccountSummary, SettingName};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{RunningServer, save_setting, send_and_wait},
    web_client::{WebClient, attribute_after},
};
use reqwest::Method;

/// A section as a browser without script gets it.
async fn section(client: &WebClient, path: &str) -> Result<String> {
    let answer = client.get(path).await?;
    anyhow::ensure!(answer.status == 200, "{path}: {answer:?}");
    let page = answer.text();
    let (_, section) = page.split_once("class=\"drawn\"").context("a section")?;
    let (section, _) = section.split_once("</main>").context("it ends")?;
    Ok(section.to_owned())
}

#[tokio::test]
async fn a_value_between_the_steps_of_a_slider_is_shown_as_it_is() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (name, value, kind) in [
        (SettingName::Temperature, "0.7", "range"),
        (SettingName::Temperature, "0.123", "text"),
        (SettingName::TopP, "0.95", "range"),
        (SettingName::TopP, "0.005", "text"),
    ] {
        save_setting(&ada, name, value).await??;
        let page = section(&ada, "/admin").await?;
        let control = format!("id=\"{name}\"");
        assert_eq!(attribute_after(&page, &control, "type")?, kind, "{value}");
        assert_eq!(attribute_after(&page, &control, "value")?, value);
    }
    Ok(())
}

/// Names that the table of people lists.
fn listed(page: &str) -> Vec<&str> {
    let rows = page.split("<strong dir=\"auto\">").skip(1);
    rows.filter_map(|row| row.split('<').next()).collect()
}

#[tokio::test]
async fn many_people_are_searched_by_name() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let add = async |name: String| {
        let fields = [("name", name), ("role", "user".to_owned())];
        ada.submit_form("/api/create_account", &fields).await
    };
    for number in 1..10 {
        add(format!("Person {number}")).await?;
    }
    let few = section(&ada, "/admin/people").await?;
    assert_eq!(listed(&few).len(), 10, "{few}");
    assert!(!few.contains("type=\"search\""), "{few}");

    add("Zhu De".to_owned()).await?;
    let many = section(&ada, "/admin/people").await?;
    assert_eq!(listed(&many).len(), 11, "{many}");
    let form = attribute_after(&many, "role=\"search\"", "action")?;
    assert_eq!(form, "/admin/people");
    assert_eq!(attribute_after(&many, "id=\"people-search\"", "name")?, "q");
    let found = section(&ada, "/admin/people?q=+zHU+").await?;
    assert_eq!(listed(&found), ["Zhu De"]);
    let shown = attribute_after(&found, "id=\"people-search\"", "value")?;
    assert_eq!(shown, "zHU");
    let none = section(&ada, "/admin/people?q=%22%3E%3Cb%3E").await?;
    assert!(none.contains("Nobody has such a name."), "{none}");
    assert!(
        !none.contains("<table") && !none.contains("\"><b>"),
        "{none}"
    );
    Ok(())
}

#[tokio::test]
async fn usage_of_a_week_a_month_or_a_quarter_is_a_link_away() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    send_and_wait(&ada, None, "Say hello").await?;
    for (path, num_days) in [
        ("/admin/usage", 30),
        ("/admin/usage?days=7", 7),
        ("/admin/usage?days=90", 90),
        ("/admin/usage?days=36500", 30),
        ("/admin/usage?days=all", 30),
    ] {
        let page = section(&ada, path).await?;
        assert_eq!(
            page.matches("class=\"day-bar\"").count(),
            num_days,
            "{path}"
        );
        assert!(page.contains("Days begin at midnight, "), "{page}");
        let current = format!("days={num_days}\" rel=\"external\" aria-current=\"true\"");
        assert!(page.contains(&current), "{page}");
        assert_eq!(page.matches("aria-current").count(), 1, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_log_of_one_page_has_no_way_to_older_entries() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    // Each is an entry; a page has a hundred.
    for number in 1..=100 {
        let value = number.to_string();
        save_setting(&ada, SettingName::ConcurrentTurns, &value).await??;
    }
    let whole = section(&ada, "/admin/log").await?;
    assert_eq!(whole.matches("class=\"log-time\"").count(), 100, "{whole}");
    assert!(!whole.contains("/admin/log?before="), "{whole}");

    save_setting(&ada, SettingName::ConcurrentTurns, "7").await??;
    let newest = section(&ada, "/admin/log").await?;
    assert_eq!(newest.matches("class=\"log-time\"").count(), 100);
    let (_, link) = newest
        .split_once("href=\"/admin/log?before=")
        .context("a link to older entries")?;
    let (cursor, _) = link.split_once('"').context("it ends")?;
    let oldest = section(&ada, &format!("/admin/log?before={cursor}")).await?;
    assert_eq!(oldest.matches("class=\"log-time\"").count(), 1, "{oldest}");
    assert!(!oldest.contains("/admin/log?before="), "{oldest}");
    // It was a moment ago, perhaps before midnight; the tip has the date.
    let is_near = [">Today, ", ">Yesterday, "].map(|words| oldest.contains(words));
    assert!(is_near.contains(&true), "{oldest}");
    let (tag, _) = oldest.split_once("class=\"log-time\"").context("a time")?;
    let (_, tip) = tag.rsplit_once("<span title=\"").context("a tip")?;
    assert!(tip.contains(" 20"), "{tip}");
    Ok(())
}

/// The entries of the log, without times and names.
async fn log(client: &WebClient, language: &str) -> Result<Vec<String>> {
    let request = client.request(Method::GET, "/admin/log");
    let request = request
        .header("accept", "text/html")
        .header("accept-language", language);
    let page = client.send(request).await?.text();
    let (_, log) = page.split_once("setting log").context("a log")?;
    let (log, _) = log.split_once("</ul>").context("it ends")?;
    let entries = log.split("</strong>").skip(1);
    let entries = entries.filter_map(|entry| entry.split("</span>").next());
    Ok(entries
        .map(|entry| entry.replace("<!>", "").trim().to_owned())
        .collect())
}

#[tokio::test]
async fn the_log_calls_settings_and_their_values_as_the_form_does() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (name, value) in [
        (SettingName::Temperature, "0.5"),
        (SettingName::Calculator, "no"),
        (SettingName::BannerLevel, "critical"),
        (SettingName::BannerEn, "Closed on “Sunday”"),
        (SettingName::BannerEn, ""),
        (SettingName::SignUp, "open"),
    ] {
        save_setting(&ada, name, value).await??;
    }
    let fields = [
        ("name", "Emil".to_owned()),
        ("password", "a long password".to_owned()),
    ];
    server.client()?.call::<()>("sign_up", &fields).await??;
    let told = log(&ada, "en").await?;
    let expected = [
        "signed up",
        "changed “Who may create an account” from “Only people who are invited” to \
         “Everyone who reaches this server”",
        "changed “Banner: Text” from “Closed on “Sunday”” to nothing",
        "changed “Banner: Text” to “Closed on “Sunday””",
        "changed “Banner: Kind” from “Information” to “Critical”",
        "changed “Calculator” from “Yes” to “No”",
    ];
    assert_eq!(told[..6], expected);
    assert!(told[6].starts_with("changed “Temperature” "), "{told:?}");
    let told = log(&ada, "zh-CN").await?;
    let expected = [
        "自行注册",
        "修改了“谁可以创建账号”，从“仅限受邀的人”改为“所有能访问此服务器的人”",
        "修改了“公告：内容”，从“Closed on “Sunday””改为空",
        "修改了“公告：内容”，改为“Closed on “Sunday””",
        "修改了“公告：类型”，从“信息”改为“紧急”",
        "修改了“计算器”，从“是”改为“否”",
    ];
    assert_eq!(told[..6], expected);
    Ok(())
}

#[tokio::test]
async fn people_are_counted_and_whoever_is_there_is_told_to_be() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let alone = section(&ada, "/admin/people").await?;
    assert!(alone.contains("1 person."), "{alone}");
    assert!(alone.contains(">Active now<"), "{alone}");
    let devices = section(&ada, "/settings/account").await?;
    assert!(devices.contains("<small>Active now<"), "{devices}");
    for (name, lead) in [
        ("Berta", "2 people, 1 invitation open."),
        ("Carl", "3 people, 2 invitations open."),
    ] {
        let fields = [("name", name.to_owned()), ("role", "user".to_owned())];
        ada.submit_form("/api/create_account", &fields).await?;
        let page = section(&ada, "/admin/people").await?;
        assert!(page.contains(lead), "{page}");
        assert!(page.contains(">Never<"), "{page}");
    }
    let people: Vec<AccountSummary> = ada.call("accounts", &[]).await??;
    let invited = people.iter().filter(|it| it.last_seen.is_none());
    assert_eq!(invited.count(), 2, "{people:?}");
    Ok(())
}
