use hearth_app::{
    model::{BusyReason, ChatError, SettingName, TokenLimit, User, UserRole},
    service::SettingChange,
};
use hearth_engine::{
    handle::{EngineConfig, EngineHandle, ModelSource},
    scripted::ScriptedModel,
};
use jiff::Timestamp;

use super::bench::Bench;
use crate::{
    chat::ChatServer,
    settings::SettingsBook,
    store::{Author, TurnTokens},
};

fn ms(moment: &str) -> i64 {
    moment.parse::<Timestamp>().unwrap().as_millisecond()
}

fn refused(limit: u64, retry_after_s: u32) -> Result<(), ChatError> {
    Err(ChatError::Busy {
        reason: BusyReason::TokensUsedUp { limit },
        retry_after_s,
    })
}

/// What the administrator sets for everybody.
async fn set_general(bench: &Bench, value: &str) {
    let ada = User {
        id: bench.ada,
        name: "ada".to_owned(),
        role: UserRole::Administrator,
    };
    let settings = &bench.server.settings;
    let name = SettingName::TokensPerDay;
    let all = settings.all();
    let version = all.iter().find(|it| it.name == name).unwrap().version;
    let change = SettingChange {
        name,
        value: value.to_owned(),
        version,
    };
    settings.save_all(&ada, &[change]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_day_begins_at_midnight_of_the_servers_zone() {
    let bench = Bench::start(ScriptedModel::new(Vec::new())).await;
    let store = bench.store.clone().in_zone("Europe/Berlin");
    let settings = SettingsBook::open(store.clone()).await.unwrap();
    let model = ModelSource::Scripted(ScriptedModel::new(Vec::new()));
    let engine = EngineHandle::start(model, EngineConfig::default());
    let server = ChatServer::start(store.clone(), engine, settings);
    let limit = TokenLimit::Tokens(10);
    let author = Author::command_line();
    assert!(store.change_limit(bench.ada, limit, author).await.unwrap());
    // 01:30 of the day on which the clock goes from three back to two.
    let night = ms("2026-10-24T23:30:00Z");
    let tokens = TurnTokens {
        prompt: 4,
        completion: 6,
    };
    assert_eq!(server.check_tokens(bench.ada, night).await, Ok(()));
    let day = store.days().number(night);
    store.add_usage(bench.ada, tokens, day).await.unwrap();
    let half = 30 * 60;
    for (moment, expected) in [
        ("2026-10-24T23:30:00Z", refused(10, 47 * half + 1)),
        // It is another day in UTC, and the same one here.
        ("2026-10-25T00:00:00Z", refused(10, 46 * half + 1)),
        ("2026-10-25T22:59:59Z", refused(10, 2)),
        // Midnight behind it, and before it.
        ("2026-10-25T23:00:00Z", Ok(())),
        ("2026-10-24T21:59:59Z", Ok(())),
    ] {
        let found = server.check_tokens(bench.ada, ms(moment)).await;
        assert_eq!(found, expected, "{moment}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_ones_own_comes_before_the_servers_either_way() {
    let bench = Bench::start(ScriptedModel::new(Vec::new())).await;
    let now = ms("2026-11-24T12:00:00Z");
    let tokens = TurnTokens {
        prompt: 50,
        completion: 50,
    };
    let day = bench.store.days().number(now);
    bench.store.add_usage(bench.ada, tokens, day).await.unwrap();
    for (own, general, expected) in [
        (TokenLimit::Default, "", None),
        (TokenLimit::Default, "100", Some(100)),
        (TokenLimit::Default, "101", None),
        (TokenLimit::None, "100", None),
        (TokenLimit::Tokens(100), "", Some(100)),
        (TokenLimit::Tokens(99), "1000", Some(99)),
        (TokenLimit::Tokens(101), "5", None),
    ] {
        let author = Author::command_line();
        let changed = bench.store.change_limit(bench.ada, own, author).await;
        assert!(changed.unwrap());
        set_general(&bench, general).await;
        let limit = match bench.server.check_tokens(bench.ada, now).await {
            Ok(()) => None,
            Err(ChatError::Busy {
                reason: BusyReason::TokensUsedUp { limit },
                ..
            }) => Some(limit),
            other => panic!("{other:?}"),
        };
        assert_eq!(limit, expected, "{own} {general:?}");
        // Others have theirs.
        assert_eq!(bench.server.check_tokens(bench.bob, now).await, Ok(()));
    }
}
