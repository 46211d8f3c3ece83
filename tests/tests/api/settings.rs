//! An administrator's settings: saved together, holding from the next turn on.

use anyhow::Result;
use hearth_app::model::{
    AuditAction, AuditEntry, BusyReason, ChatError, FinishReason, PageWords, Refusal,
    RefusedSetting, Setting, SettingName, UsageReport,
};
use hearth_engine::scripted::ScriptedModel;
use hearth_tests::{
    running_server::{
        RunningServer, conversation, save_setting, save_setting_from, send, send_and_wait,
    },
    web_client::WebClient,
};

async fn read(client: &WebClient, name: SettingName) -> Result<Setting> {
    let settings: Vec<Setting> = client.call("settings", &[]).await??;
    let found = settings.into_iter().find(|setting| setting.name == name);
    found.ok_or_else(|| anyhow::anyhow!("{name} is listed"))
}

#[tokio::test]
async fn a_setting_holds_from_the_next_turn_on() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["123456789".into()])).await?;
    let first = send_and_wait(&ada, None, "Hi").await?;
    save_setting(&ada, SettingName::MaxTokens, "3").await??;
    let second = send_and_wait(&ada, Some(first.conversation.id), "Hi").await?;
    let shown = conversation(&ada, second.conversation.id).await?;
    let reasons: Vec<_> = shown.messages.iter().map(|it| it.finish_reason).collect();
    let expected = [
        None,
        Some(FinishReason::Stop),
        None,
        Some(FinishReason::Length),
    ];
    assert_eq!(reasons, expected);
    save_setting(&ada, SettingName::MaxTokens, "").await??;
    assert_eq!(read(&ada, SettingName::MaxTokens).await?.value, "");
    Ok(())
}

#[tokio::test]
async fn of_two_who_save_at_once_the_second_is_told() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let name = SettingName::Temperature;
    save_setting_from(&ada, name, "0.3", 0).await??;
    let first = read(&ada, name).await?;
    assert_eq!((first.value.as_str(), first.version), ("0.3", 1));
    let second = save_setting_from(&ada, name, "0.9", 0).await?;
    let told = Refusal::Outdated {
        value: "0.3".to_owned(),
        version: 1,
    };
    assert_eq!(second, Err(ChatError::Invalid(told)));
    assert_eq!(read(&ada, name).await?.value, "0.3");
    save_setting(&ada, name, "0.9").await??;
    assert_eq!(read(&ada, name).await?.version, 2);
    Ok(())
}

/// Sends several settings as one form: name, what it was, what it shall be, version.
async fn save_form(
    client: &WebClient,
    entries: &[(SettingName, &str, &str, i64)],
) -> Result<Result<Vec<RefusedSetting>, ChatError>> {
    let fields: Vec<(String, String)> = entries
        .iter()
        .flat_map(|(name, was, value, version)| {
            let version = version.to_string();
            [
                ("was", *was),
                ("value", *value),
                ("version", version.as_str()),
            ]
            .map(|(part, text)| (format!("form[{name}][{part}]"), text.to_owned()))
        })
        .collect();
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    client.call("save_settings", &fields).await
}

#[tokio::test]
async fn several_settings_are_saved_together_or_none_of_them() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let (warm, long) = (SettingName::Temperature, SettingName::MaxTokens);
    let refused = save_form(&ada, &[(warm, "0.7", "0.4", 0), (long, "", "-1", 0)]).await??;
    let names: Vec<_> = refused.iter().map(|it| it.name).collect();
    assert_eq!(names, [long]);
    let before = read(&ada, warm).await?;
    assert_eq!((before.value.as_str(), before.version), ("0.7", 0));

    let refused = save_form(&ada, &[(warm, "0.7", "0.4", 0), (long, "", "9", 0)]).await??;
    assert_eq!(refused, []);
    for (name, value) in [(warm, "0.4"), (long, "9")] {
        let now = read(&ada, name).await?;
        assert_eq!((now.value.as_str(), now.version), (value, 1));
    }
    let log: Vec<AuditEntry> = ada.call("audit", &[]).await??;
    let mut changed: Vec<_> = log.iter().map(|it| it.subject.as_str()).collect();
    changed.truncate(2);
    changed.sort_unstable();
    assert_eq!(changed, ["max_tokens", "temperature"]);
    Ok(())
}

#[tokio::test]
async fn a_form_that_was_open_for_long_changes_only_what_its_person_changed() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let (warm, long) = (SettingName::Temperature, SettingName::MaxTokens);
    save_setting(&ada, warm, "0.3").await??;
    // The form still shows what was before, and only the other setting was changed in it.
    let refused = save_form(&ada, &[(warm, "0.7", "0.7", 0), (long, "", "9", 0)]).await??;
    assert_eq!(refused, []);
    assert_eq!(read(&ada, warm).await?.value, "0.3");
    // Who changes it too is told what holds now.
    let refused = save_form(&ada, &[(warm, "0.7", "0.9", 0), (long, "9", "8", 1)]).await??;
    let told = Refusal::Outdated {
        value: "0.3".to_owned(),
        version: 1,
    };
    let expected = RefusedSetting {
        name: warm,
        error: ChatError::Invalid(told),
    };
    assert_eq!(refused, [expected]);
    assert_eq!(read(&ada, long).await?.value, "9");
    let unknown = [("form[nothing][version]", "0".to_owned())];
    let refused = ada
        .call::<Vec<RefusedSetting>>("save_settings", &unknown)
        .await?;
    assert!(matches!(refused, Err(ChatError::Invalid(_))), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn values_out_of_range_are_refused_and_named() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    for (name, value) in [
        (SettingName::Temperature, "2.5"),
        (SettingName::TopP, "0"),
        (SettingName::MaxTokens, "-4"),
        (SettingName::SignUp, "perhaps"),
        (SettingName::ConcurrentTurns, "0"),
    ] {
        let before = read(&ada, name).await?;
        let answer = save_setting(&ada, name, value).await?;
        let Err(ChatError::Invalid(Refusal::Setting { name: named, .. })) = answer else {
            panic!("{name} = {value}: {answer:?}");
        };
        assert_eq!(named, name.as_str());
        assert_eq!(read(&ada, name).await?, before);
    }
    Ok(())
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_with_old_and_new() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    save_setting(&ada, SettingName::BannerEn, "Back at noon.").await??;
    save_setting(&ada, SettingName::BannerEn, "Back at one.").await??;
    let log: Vec<AuditEntry> = ada.call("audit", &[]).await??;
    let entry = log.first().expect("the newest entry");
    assert_eq!(entry.action, AuditAction::ChangeSetting);
    assert_eq!(entry.user_name, "Ada");
    assert_eq!(entry.subject, "banner_en");
    let values = (entry.old.as_str(), entry.new.as_str());
    assert_eq!(values, ("Back at noon.", "Back at one."));
    let before = [("before", entry.cursor.clone())];
    let older: Vec<AuditEntry> = ada.call("audit", &before).await??;
    assert_eq!(older[0].new, "Back at noon.");
    let nonsense = [("before", "yesterday".to_owned())];
    let refused = ada.call::<Vec<AuditEntry>>("audit", &nonsense).await?;
    assert!(matches!(refused, Err(ChatError::Invalid(_))));
    Ok(())
}

#[tokio::test]
async fn ways_to_begin_are_checked_and_shown_to_readers_of_their_language() -> Result<()> {
    let (server, ada) = RunningServer::start(ScriptedModel::new(Vec::new())).await?;
    let berta = server.add_user("Berta").await?;
    let shown: PageWords = berta.call("page_words", &[]).await??;
    assert_eq!(shown, PageWords::default());
    let typed = " Plan my week \r\n\r\nTranslate this\r\n";
    save_setting(&ada, SettingName::StartersEn, typed).await??;
    let shown: PageWords = berta.call("page_words", &[]).await??;
    assert_eq!(shown.starters, ["Plan my week", "Translate this"]);
    let log: Vec<AuditEntry> = ada.call("audit", &[]).await??;
    let entry = log.first().expect("the newest entry");
    assert_eq!(entry.subject, "starters_en");
    assert_eq!(entry.new, "Plan my week\nTranslate this");

    let long = "a".repeat(81);
    for value in ["1\n2\n3\n4\n5", long.as_str()] {
        let refused = save_setting(&ada, SettingName::StartersZh, value).await?;
        let told = Refusal::SettingLines {
            name: SettingName::StartersZh,
            lines: 4,
            chars: 80,
        };
        assert_eq!(refused, Err(ChatError::Invalid(told)));
    }
    assert_eq!(read(&ada, SettingName::StartersZh).await?.value, "");
    save_setting(&ada, SettingName::StartersEn, "").await??;
    let shown: PageWords = berta.call("page_words", &[]).await??;
    assert!(shown.starters.is_empty(), "{shown:?}");
    Ok(())
}

#[tokio::test]
async fn a_person_has_as_many_answers_made_at_once_as_allowed() -> Result<()> {
    let model = ScriptedModel::new(vec!["slow ".repeat(2000)])
        .with_token_delay(std::time::Duration::from_millis(20));
    let (server, ada) = RunningServer::start(model).await?;
    let berta = server.add_user("Berta").await?;
    save_setting(&ada, SettingName::ConcurrentTurns, "1").await??;
    let first = send(&ada, None, "Hi").await??;
    let refused = send(&ada, None, "Hi again").await?;
    assert!(
        matches!(refused, Err(ChatError::Busy { .. })),
        "{refused:?}"
    );
    // Others have their own.
    send(&berta, None, "Hi").await??;
    let stop = [("message", first.assistant_message.id.to_string())];
    ada.call::<()>("stop_turn", &stop).await??;
    send(&ada, None, "Hi again").await??;
    Ok(())
}

#[tokio::test]
async fn when_the_tokens_of_the_day_are_used_up_the_next_turn_is_refused() -> Result<()> {
    let (_server, ada) = RunningServer::start(ScriptedModel::new(vec!["Hello".into()])).await?;
    save_setting(&ada, SettingName::TokensPerDay, "5").await??;
    let turn = send_and_wait(&ada, None, "Hi").await?;
    let refused = send(&ada, Some(turn.conversation.id), "And now?").await?;
    let Err(ChatError::Busy {
        reason,
        retry_after_s,
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(reason, BusyReason::TokensUsedUp { limit: 5 });
    assert!(retry_after_s <= 24 * 60 * 60 + 1);
    assert_eq!(
        conversation(&ada, turn.conversation.id)
            .await?
            .messages
            .len(),
        2
    );
    let usage: UsageReport = ada.call("usage", &[]).await??;
    let [today] = usage.rows.as_slice() else {
        panic!("{usage:?}");
    };
    assert_eq!((today.num_turns, today.completion_tokens), (1, 5));
    assert!(today.prompt_tokens > 0);
    assert_eq!(
        usize::try_from(today.day - usage.first_day)?,
        usage.dates.len() - 1
    );
    Ok(())
}
