//! The own password, and where one is signed in.

use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::hooks::use_query_map;

use crate::{
    api::{
        deletion::DeleteOwnAccount,
        sessions::{
            ChangePassword, EndOtherSessions, EndSession, end_other_sessions, end_session, sessions,
        },
    },
    components::{ErrorText, Field, ServerForm, SessionList},
    model::{ChatError, SessionId},
    pages::FormPostError,
    sub_path::address_of,
    words::{use_locale, words},
};
use server_fn::ServerFn;

/// Password and sessions.
#[component]
pub(super) fn AccountSection() -> impl IntoView {
    let locale = use_locale();
    let listed = Resource::new(|| (), |()| sessions());
    let on_changed = Callback::new(move |()| listed.refetch());
    view! {
        <h2>{words!(locale, settings.account)}</h2>
        <FormPostError/>
        <PasswordSetting on_changed/>
        <section class="setting">
            <h3>{words!(locale, settings.sessions)}</h3>
            <p class="setting-lead">{words!(locale, settings.sessions_lead)}</p>
            <Transition>
                {move || Suspend::new(async move {
                    match listed.await {
                        Ok(list) => view! { <Sessions list on_changed/> }.into_any(),
                        Err(error) => view! { <ErrorText error=Some(error)/> }.into_any(),
                    }
                })}
            </Transition>
        </section>
        <Farewell/>
    }
}

/// The end of the account: a plain form, because the page ends with it.
#[component]
fn Farewell() -> impl IntoView {
    let locale = use_locale();
    view! {
        <section class="setting">
            <h3>{words!(locale, settings.delete_account)}</h3>
            <p class="setting-lead">{words!(locale, settings.delete_account_lead)}</p>
            <details class="confirm">
                <summary class="quiet-button danger">{words!(locale, settings.delete_account)}</summary>
                <form method="post" action=address_of(DeleteOwnAccount::url()) class="setting-form">
                    <Field
                        label=words!(locale, settings.old_password)
                        name="password"
                        kind="password"
                        autocomplete="current-password"
                    />
                    <button type="submit" class="secondary-button danger">
                        {words!(locale, settings.delete_account_now)}
                    </button>
                </form>
            </details>
        </section>
    }
}

/// Shown in place of the form's own error once the password was changed.
#[component]
fn PasswordSetting(on_changed: Callback<()>) -> impl IntoView {
    let locale = use_locale();
    let form = NodeRef::<html::Form>::new();
    let change = ServerAction::<ChangePassword>::new();
    let error = Signal::derive(move || change.value().get().and_then(Result::err));
    let was_saved =
        use_query_map().with_untracked(|query| query.get("saved").as_deref() == Some("password"));
    let is_saved = move || match change.value().get() {
        Some(answer) => answer.is_ok(),
        None => was_saved && !change.pending().get(),
    };
    Effect::new(move || {
        if matches!(change.value().get(), Some(Ok(()))) {
            if let Some(form) = form.get_untracked() {
                form.reset();
            }
            on_changed.run(());
        }
    });
    view! {
        <section class="setting">
            <h3>{words!(locale, settings.password)}</h3>
            <p class="setting-lead">{words!(locale, settings.password_lead)}</p>
            <ServerForm action=change node_ref=form attr:class="setting-form">
                <Field
                    label=words!(locale, settings.old_password)
                    name="old_password"
                    kind="password"
                    autocomplete="current-password"
                />
                <Field
                    label=words!(locale, settings.new_password)
                    name="new_password"
                    kind="password"
                    autocomplete="new-password"
                    hint=words!(locale, door.password_rule)
                />
                <ErrorText error/>
                <div class="setting-end">
                    <button type="submit" class="primary-button" disabled=change.pending()>
                        {words!(locale, settings.change_password)}
                    </button>
                    <span class="saved-mark" role="status">
                        {move || is_saved().then_some(words!(locale, settings.password_changed))}
                    </span>
                </div>
            </ServerForm>
        </section>
    }
}

#[component]
fn Sessions(list: Vec<crate::model::SessionSummary>, on_changed: Callback<()>) -> impl IntoView {
    let error = RwSignal::new(None::<ChatError>);
    let finish = move |answer: Result<(), ChatError>| match answer {
        // Ended meanwhile is as good as ended now.
        Ok(()) | Err(ChatError::NotFound) => on_changed.run(()),
        Err(refused) => error.set(Some(refused)),
    };
    let on_end = Callback::new(move |id: SessionId| {
        spawn_local(async move { finish(end_session(id).await) });
    });
    let on_end_others = Callback::new(move |()| {
        spawn_local(async move { finish(end_other_sessions().await) });
    });
    view! {
        <ErrorText error/>
        <SessionList
            list
            end_action=address_of(EndSession::url())
            end_others_action=address_of(EndOtherSessions::url())
            on_end
            on_end_others
        />
    }
}
