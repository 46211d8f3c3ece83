//! `/settings/account`: the own password, where one is signed in, and the end of the account.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::sessions;
use crate::{
    api::{deletion::DeleteOwnAccount, sessions::ChangePassword},
    components::Field,
    model::{ChatError, Drawing, Refusal, User},
    pages::{
        card::{Head, error_line, saved_mark},
        drawn::settled,
        told::Told,
    },
    service::account_service,
    sub_path::address_of,
    words::{Locale, use_locale, words},
};

/// Password, sessions, and a way to delete everything.
pub(super) async fn draw(user: &User, told: &Told) -> Result<Drawing, ChatError> {
    let list = account_service().sessions(user).await?;
    let locale = use_locale();
    let own = [ChangePassword::PATH, DeleteOwnAccount::PATH];
    let error = error_line(locale, told.error_besides(&own), "account-error");
    Ok(settled(view! {
        {error}
        {password(locale, told)}
        {sessions::section(locale, list)}
        {farewell(locale, told)}
    }))
}

fn password(locale: Locale, told: &Told) -> AnyView {
    let error = told.error_of(ChangePassword::PATH);
    let is_old = matches!(error, Some(ChatError::Invalid(Refusal::WrongPassword)));
    let is_new = matches!(
        error,
        Some(ChatError::Invalid(
            Refusal::PasswordTooShort { .. } | Refusal::PasswordTooLong { .. }
        ))
    );
    let at = |is_here: bool| error.clone().filter(|_| is_here);
    let is_saved = told.was_saved("password");
    let head = Head::new(words!(locale, door.password));
    head.lead(words!(locale, settings.password_lead))
        .section(view! {
            <form
                class="setting setting-form"
                method="post"
                action=address_of(ChangePassword::url())
            >
                <Field
                    label=words!(locale, settings.old_password)
                    name="old_password"
                    kind="password"
                    autocomplete="current-password"
                    error=at(is_old)
                />
                <Field
                    label=words!(locale, settings.new_password)
                    name="new_password"
                    kind="password"
                    autocomplete="new-password"
                    hint=words!(locale, door.password_rule)
                    error=at(is_new)
                />
                {error_line(locale, at(!is_old && !is_new), "password-error")}
                <div class="form-end">
                    <button type="submit" class="button primary">
                        {words!(locale, settings.change_password)}
                    </button>
                    {saved_mark(is_saved, words!(locale, settings.password_changed))}
                </div>
            </form>
        })
}

/// The page ends with it.
fn farewell(locale: Locale, told: &Told) -> AnyView {
    let error = told.error_of(DeleteOwnAccount::PATH);
    let is_open = error.is_some();
    let head = Head::new(words!(locale, settings.delete_account));
    head.lead(words!(locale, settings.delete_account_lead))
        .section(view! {
            <details class="confirm" open=is_open>
                <summary class="button">{words!(locale, settings.delete_account)}</summary>
                <form
                    class="setting setting-form"
                    method="post"
                    action=address_of(DeleteOwnAccount::url())
                >
                    <Field
                        label=words!(locale, settings.old_password)
                        name="password"
                        kind="password"
                        autocomplete="current-password"
                        error=error
                    />
                    <div class="form-end">
                        <button type="submit" class="button danger">
                            {words!(locale, settings.delete_account_now)}
                        </button>
                    </div>
                </form>
            </details>
        })
}
