mod in_the_log;

use std::task::Poll;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use hearth_app::{
    model::{AuditAction, UserRole},
    service::{ApiKeyService as _, JoinService as _},
};

use super::*;
use crate::{
    slow_work::Kind,
    store::{Author, Change, InsertUserError},
};

const PASSWORD: &str = "correct horse battery";

async fn accounts() -> (tempfile::TempDir, Arc<Accounts>) {
    accounts_beside(SlowWork::default()).await
}

async fn accounts_beside(slow_work: SlowWork) -> (tempfile::TempDir, Arc<Accounts>) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("hearth.db")).await.unwrap();
    let token = Some(SetUpToken::new("the link"));
    let settings = SettingsBook::open(store.clone()).await.unwrap();
    let accounts = Accounts::new(store, settings, CookieTransport::Any, token, slow_work);
    (folder, accounts)
}

async fn claim(accounts: &Accounts, token: &str) -> Result<SessionCookie, AppError> {
    let visitor = Visitor::default();
    accounts
        .claim(token, "Ada", PASSWORD.into(), &visitor)
        .await
}

async fn enter(accounts: &Accounts, name: &str, password: &str) -> Result<String, AppError> {
    let visitor = Visitor::default();
    let entered = accounts.enter(name, password.into(), &visitor).await?;
    Ok(token(&entered))
}

fn token(cookie: &SessionCookie) -> String {
    let sent = session::token_in_cookies(&[&cookie.session], CookieTransport::Any);
    sent.unwrap()
}

async fn reset(accounts: &Accounts, user: UserId, hash: &str) -> bool {
    let change = Change::by(Author::command_line(), AuditAction::ResetPassword, "Ada");
    let reset = accounts.store.reset_password(user, hash, &change).await;
    reset.unwrap()
}

fn with_session(cookie: &SessionCookie) -> Visitor {
    Visitor {
        session: Some(token(cookie)),
        ..Visitor::default()
    }
}

/// A browser that has signed out.
fn with_device(cookie: &SessionCookie) -> Visitor {
    let set = cookie.device.as_deref().unwrap();
    Visitor {
        device: device::device_in_cookies(&[set], CookieTransport::Any),
        ..Visitor::default()
    }
}

/// Guesses at Ada's password until there is a wait, as somebody nobody knows.
async fn guess_until_refused(accounts: &Accounts) {
    for _ in 0..5 {
        let failed = enter(accounts, "ada", "not her password").await;
        assert!(matches!(failed, Err(AppError::Invalid(_))), "{failed:?}");
    }
    assert_is_refused(enter(accounts, "ada", PASSWORD).await);
}

fn assert_is_refused<T: std::fmt::Debug>(outcome: Result<T, AppError>) {
    let reason = match outcome {
        Err(AppError::Busy { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert!(
        matches!(reason, BusyReason::TooManyAttempts { seconds: 1.. }),
        "{reason:?}"
    );
}

#[tokio::test]
async fn the_first_claim_makes_an_administrator_and_signs_in() {
    let (_folder, accounts) = accounts().await;
    assert!(accounts.is_unclaimed().await.unwrap());
    let cookie = claim(&accounts, "the link").await.unwrap();
    let user = accounts.user_of(&token(&cookie)).await.unwrap().unwrap();
    assert_eq!(
        (user.name.as_str(), user.role),
        ("Ada", UserRole::Administrator)
    );
    assert!(!accounts.is_unclaimed().await.unwrap());
}

#[tokio::test]
async fn a_wrong_token_and_a_second_claim_are_forbidden() {
    let (_folder, accounts) = accounts().await;
    assert_eq!(
        claim(&accounts, "a guess").await.unwrap_err(),
        AppError::Forbidden
    );
    claim(&accounts, "the link").await.unwrap();
    assert_eq!(
        claim(&accounts, "the link").await.unwrap_err(),
        AppError::Forbidden
    );
}

#[tokio::test]
async fn of_two_claims_at_once_exactly_one_wins() {
    let (_folder, accounts) = accounts().await;
    let (first, second) = tokio::join!(claim(&accounts, "the link"), claim(&accounts, "the link"));
    assert!(first.is_ok() ^ second.is_ok(), "{first:?} {second:?}");
    assert_eq!(accounts.store.accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_get_the_same_sentence() {
    let (_folder, accounts) = accounts().await;
    claim(&accounts, "the link").await.unwrap();
    let wrong = enter(&accounts, "ada", "not her password")
        .await
        .unwrap_err();
    let unknown = enter(&accounts, "grace", PASSWORD).await.unwrap_err();
    assert_eq!(wrong, unknown);
    assert!(enter(&accounts, " ADA ", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn the_sixth_failure_in_a_row_is_told_when_to_come_back() {
    let (_folder, accounts) = accounts().await;
    claim(&accounts, "the link").await.unwrap();
    for _ in 0..5 {
        let failed = enter(&accounts, "ada", "not her password").await;
        assert!(matches!(failed, Err(AppError::Invalid { .. })));
    }
    let refused = enter(&accounts, "ada", PASSWORD).await.unwrap_err();
    assert!(matches!(
        refused,
        AppError::Busy {
            retry_after_s: 1..,
            ..
        }
    ));
}

#[tokio::test]
async fn a_browser_that_was_here_before_gets_in_while_strangers_guess() {
    let (_folder, accounts) = accounts().await;
    let cookie = claim(&accounts, "the link").await.unwrap();
    guess_until_refused(&accounts).await;
    let ada = with_device(&cookie);
    let enter = |name: &'static str, password: &str, visitor: &Visitor| {
        let (password, visitor) = (password.to_owned(), visitor.clone());
        let accounts = Arc::clone(&accounts);
        async move { accounts.enter(name, password, &visitor).await }
    };
    let entered = enter("Ada", PASSWORD, &ada).await.unwrap();
    // Its own failures slow it down, and nobody else.
    for _ in 0..5 {
        let wrong = enter("Ada", "not her password", &ada).await;
        assert!(matches!(wrong, Err(AppError::Invalid(_))), "{wrong:?}");
    }
    assert_is_refused(enter("Ada", PASSWORD, &ada).await);
    assert!(enter("Ada", PASSWORD, &with_device(&entered)).await.is_ok());
    // At other names it is a stranger, and so it is after another password.
    for _ in 0..5 {
        assert!(
            enter("Grace", PASSWORD, &with_device(&entered))
                .await
                .is_err()
        );
    }
    assert_is_refused(enter("Grace", PASSWORD, &with_device(&entered)).await);
    let stored = accounts.store.credentials("ada").await.unwrap().unwrap();
    let new = Password::parse("another horse battery").unwrap();
    let hash = accounts.hash(Asker::Stranger, new).await.unwrap();
    assert!(reset(&accounts, stored.user.id, &hash).await);
    assert_is_refused(enter("Ada", "another horse battery", &with_device(&entered)).await);
}

#[tokio::test]
async fn what_is_guessed_at_the_door_slows_nobody_down_who_is_in() {
    let (_folder, accounts) = accounts().await;
    let cookie = claim(&accounts, "the link").await.unwrap();
    let ada = accounts.user_of(&token(&cookie)).await.unwrap().unwrap();
    guess_until_refused(&accounts).await;
    let (one, other) = (with_session(&cookie), Visitor::default());
    let confirm = |password: &str| accounts.confirm_password(&ada, password.to_owned(), &one);
    assert!(confirm(PASSWORD).await.is_ok());
    for _ in 0..5 {
        assert!(confirm("not her password").await.is_err());
    }
    assert_is_refused(confirm(PASSWORD).await);
    // Nobody confirms anything without a session.
    let without = accounts.confirm_password(&ada, PASSWORD.to_owned(), &other);
    assert_eq!(without.await, Err(AppError::Unauthorized));
    // Another session, and the door of a browser that was here, are open as before.
    let signed_in = Visitor {
        user: Some(ada.clone()),
        session: Some("ab".repeat(32)),
        ..Visitor::default()
    };
    assert!(
        accounts
            .enter("ada", PASSWORD.into(), &signed_in)
            .await
            .is_ok()
    );
    assert!(
        accounts
            .enter("ada", PASSWORD.into(), &with_device(&cookie))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_server_that_is_too_busy_to_check_a_password_counts_no_failure() {
    let slow_work = SlowWork::default();
    let (_folder, accounts) = accounts_beside(slow_work.clone()).await;
    let cookie = claim(&accounts, "the link").await.unwrap();
    let ada = accounts.user_of(&token(&cookie)).await.unwrap().unwrap();
    let visitor = with_session(&cookie);
    let confirm = || accounts.confirm_password(&ada, PASSWORD.into(), &visitor);
    // Every place is taken, and every place in both queues.
    let (mut held, mut waiting) = (Vec::new(), Vec::new());
    for asker in [Asker::Stranger, ada.id.into()] {
        loop {
            let mut next = Box::pin(slow_work.place(Kind::Password, asker));
            match futures::poll!(&mut next) {
                Poll::Ready(Ok(place)) => held.push(place),
                Poll::Pending => waiting.push(next),
                Poll::Ready(Err(_)) => break,
            }
        }
    }
    let overloaded = |error: AppError| {
        let is_overloaded = matches!(
            error,
            AppError::Busy {
                reason: BusyReason::Overloaded,
                ..
            }
        );
        assert!(is_overloaded, "{error:?}");
    };
    for _ in 0..10 {
        overloaded(enter(&accounts, "ada", PASSWORD).await.unwrap_err());
        overloaded(confirm().await.unwrap_err());
    }
    drop(waiting);
    drop(held);
    assert!(enter(&accounts, "ada", PASSWORD).await.is_ok());
    assert!(confirm().await.is_ok());
}

#[tokio::test]
async fn a_session_ends_by_signing_out_by_idling_and_by_age() {
    let (_folder, accounts) = accounts().await;
    claim(&accounts, "the link").await.unwrap();
    let token = enter(&accounts, "ada", PASSWORD).await.unwrap();
    let start = now_ms();
    let at = async |ms| {
        let seen = accounts.see_at(&token, start + ms).await;
        accounts.last_seen.settle().await;
        seen
    };
    assert_eq!(at(session::IDLE_MS + 1000).await.unwrap(), None);
    let mut day = 0;
    while day < 89 {
        day += 1;
        assert!(
            at(day * 24 * 60 * 60 * 1000).await.unwrap().is_some(),
            "day {day}"
        );
    }
    assert_eq!(at(session::ABSOLUTE_MS + 1000).await.unwrap(), None);
    accounts.leave(Some(token.clone())).await.unwrap();
    assert_eq!(accounts.user_of(&token).await.unwrap(), None);
}

#[tokio::test]
async fn who_is_only_looked_up_is_not_seen() {
    let (_folder, accounts) = accounts().await;
    let token = token(&claim(&accounts, "the link").await.unwrap());
    let hash = session::hash_token(&token);
    let later = now_ms() + 5 * 60 * 1000;
    let last_seen = async || {
        accounts.last_seen.settle().await;
        let live = accounts.live_session(&hash, later).await.unwrap();
        live.unwrap().last_seen_at
    };
    let early = now_ms() - 5 * 60 * 1000;
    let touched = accounts.store.touch_session(&hash, early, i64::MAX).await;
    touched.unwrap();
    assert!(accounts.user_of(&token).await.unwrap().is_some());
    assert_eq!(last_seen().await, early);
    assert!(accounts.see(&token).await.unwrap().is_some());
    assert!(last_seen().await > early);
    // Again only after a while.
    let seen = last_seen().await;
    let again = accounts.see_at(&token, seen + session::TOUCH_AFTER_MS);
    assert!(again.await.unwrap().is_some());
    assert_eq!(last_seen().await, seen);
}

#[tokio::test]
async fn where_nothing_can_be_written_somebody_who_signed_in_reads_on() {
    let (_folder, accounts) = accounts().await;
    let token = token(&claim(&accounts, "the link").await.unwrap());
    let writer = accounts.store.refusing_writer().await;
    let later = now_ms() + session::IDLE_MS / 2;
    // Nor does reading wait for somebody who writes.
    assert!(accounts.see_at(&token, later).await.unwrap().is_some());
    drop(writer);
    for _ in 0..3 {
        assert!(accounts.see_at(&token, later).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn signing_in_again_replaces_the_session_of_that_browser() {
    let (_folder, accounts) = accounts().await;
    let old = token(&claim(&accounts, "the link").await.unwrap());
    let visitor = Visitor {
        session: Some(old.clone()),
        ..Visitor::default()
    };
    let entered = accounts
        .enter("ada", PASSWORD.into(), &visitor)
        .await
        .unwrap();
    assert_eq!(accounts.user_of(&old).await.unwrap(), None);
    assert!(accounts.user_of(&token(&entered)).await.unwrap().is_some());
}

/// An unused one-time link for this person.
async fn link_for(accounts: &Accounts, user: &User) -> String {
    let made = Change::by(user, AuditAction::MakeLink, &user.name);
    accounts.make_link(user.id, &made).await.unwrap()
}

#[tokio::test]
async fn a_password_that_is_reset_ends_all_sessions_keys_and_links() {
    let (_folder, accounts) = accounts().await;
    let old = token(&claim(&accounts, "the link").await.unwrap());
    let ada = accounts.user_of(&old).await.unwrap().unwrap();
    let key = accounts.create_api_key(&ada, "mine".to_owned()).await;
    let key = key.unwrap();
    let link = link_for(&accounts, &ada).await;
    let nobody = UserId::new(uuid::Uuid::now_v7());
    assert!(!reset(&accounts, nobody, "$argon2id$").await);
    assert!(accounts.user_of(&old).await.unwrap().is_some());
    assert!(accounts.user_of_key(&key).await.unwrap().is_some());
    let owner = accounts.link_owner(link.clone()).await;
    assert_eq!(owner.unwrap().as_deref(), Some("Ada"));
    assert!(reset(&accounts, ada.id, "$argon2id$").await);
    let changes = accounts.store.changes(None, 10).await.unwrap();
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert_eq!(accounts.user_of(&old).await.unwrap(), None);
    assert_eq!(accounts.user_of_key(&key).await.unwrap(), None);
    assert_eq!(accounts.link_owner(link.clone()).await.unwrap(), None);
    let joined = accounts.join(link, "third horse battery".to_owned()).await;
    assert!(matches!(joined, Err(ChatError::Forbidden)), "{joined:?}");
}

#[tokio::test]
async fn a_password_that_its_owner_changes_ends_the_link_and_leaves_this_browser_known() {
    let (_folder, accounts) = accounts().await;
    let cookie = claim(&accounts, "the link").await.unwrap();
    let ada = accounts.user_of(&token(&cookie)).await.unwrap().unwrap();
    let link = link_for(&accounts, &ada).await;
    let (own, new) = (with_session(&cookie), "another horse battery");
    let changed = accounts.replace_password(&ada, PASSWORD.into(), new, &own);
    let set = changed.await.unwrap();
    assert_eq!(accounts.link_owner(link).await.unwrap(), None);
    guess_until_refused(&accounts).await;
    let known = Visitor {
        device: device::device_in_cookies(&[&set], CookieTransport::Any),
        ..Visitor::default()
    };
    assert!(accounts.enter("ada", new.into(), &known).await.is_ok());
    // The cookie of before was made with the old password.
    let before = with_device(&cookie);
    assert_is_refused(accounts.enter("ada", new.into(), &before).await);
}

#[tokio::test]
async fn a_person_enters_with_the_name_in_any_case_and_any_composition() {
    let (_folder, accounts) = accounts().await;
    let visitor = Visitor::default();
    let claimed = accounts.claim("the link", "A\u{308}nne", PASSWORD.into(), &visitor);
    let cookie = claimed.await.unwrap();
    let user = accounts.user_of(&token(&cookie)).await.unwrap().unwrap();
    assert_eq!(user.name, "\u{c4}nne");
    for name in ["\u{c4}nne", "\u{e4}NNE", "a\u{308}nne ", "A\u{308}NNE"] {
        assert!(enter(&accounts, name, PASSWORD).await.is_ok(), "{name}");
    }
    let again = User {
        id: UserId::new(uuid::Uuid::now_v7()),
        name: "\u{e4}nne".to_owned(),
        role: UserRole::User,
    };
    let taken = accounts.store.insert_user(&again, "", now_ms()).await;
    assert!(
        matches!(taken, Err(InsertUserError::NameTaken)),
        "{taken:?}"
    );
}

#[tokio::test]
async fn an_old_hash_still_lets_in_and_is_made_anew() {
    let (_folder, accounts) = accounts().await;
    claim(&accounts, "the link").await.unwrap();
    let typed = "pa\u{308}sswo\u{308}rter";
    // As it was before passwords were composed, with parameters nobody uses any more.
    let weak = Params::new(8192, 1, 1, None).unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, weak);
    let old = weak.hash_password(typed.as_bytes()).unwrap().to_string();
    let stored = accounts.store.credentials("ada").await.unwrap().unwrap();
    assert!(reset(&accounts, stored.user.id, &old).await);
    assert!(enter(&accounts, "Ada", typed).await.is_ok());
    let stored = accounts.store.credentials("ada").await.unwrap().unwrap();
    assert_ne!(stored.password_hash, old);
    assert!(
        enter(&accounts, "Ada", "p\u{e4}ssw\u{f6}rter")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn accounts_whose_names_were_two_before_are_both_entered_as_they_are_written() {
    let (folder, accounts) = accounts().await;
    claim(&accounts, "the link").await.unwrap();
    let hash = accounts.hash(Asker::Stranger, Password::parse(PASSWORD).unwrap());
    let hash = hash.await.unwrap();
    for name in ["\u{c4}nne", "\u{e4}nne", "a\u{308}nne"] {
        accounts.store.insert_as_before(name, &hash).await.unwrap();
    }
    // The next start gives the oldest of them the key.
    let path = folder.path().join("hearth.db");
    let store = Store::open(&path).await.unwrap();
    let found = async |name: &str| {
        let found = store.credentials(name).await.unwrap();
        found.unwrap().user.name
    };
    for name in ["\u{c4}nne", "\u{e4}nne", "a\u{308}nne"] {
        assert_eq!(found(name).await, name);
        assert!(enter(&accounts, name, PASSWORD).await.is_ok(), "{name}");
    }
    assert_eq!(found("\u{c4}NNE").await, "\u{c4}nne");
    store.close().await;
}
