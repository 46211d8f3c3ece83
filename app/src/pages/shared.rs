//! `/s/:id`: a copy of a chat, for those with whom it is shared. The server draws it whole, and
//! nobody can change it.

mod lines;

use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};
use server_fn::ServerFn;

use super::{card::copy_button, form_post_error, missing, window_title};
use crate::{
    api::sharing::{ContinueShared, RevokeShare},
    components::{ErrorText, Icon, IconName, key_for_form_posts},
    model::{ChatError, Share, ShareId},
    read_once::read_once,
    service::{
        current_user,
        sharing::{SharedChat, sharing_service},
    },
    shell::sections_style_sheet,
    sub_path::address_of,
    words::{self, Locale, titled, use_locale, words},
};

/// Where the address of a copy stands, which its person gives away.
const ADDRESS_ID: &str = "share-address";

/// What was read for the page. The document needs no second copy for a script.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Read {
    #[serde(skip)]
    chat: Option<SharedChat>,
    #[serde(skip)]
    error: Option<ChatError>,
}

/// A copy of a chat.
#[component]
pub(crate) fn SharedPage() -> impl IntoView {
    let locale = use_locale();
    let refused = form_post_error();
    let id = use_params_map().read_untracked().get("id");
    let id = id.and_then(|id| id.parse::<ShareId>().ok());
    let answer = read_once(move || read(id));
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    let Read { chat, error } = answer.await;
                    match chat {
                        Some(chat) => page(locale, chat, refused),
                        None => missing(words!(locale, door.not_found), error),
                    }
                })
            }}
        </Suspense>
    }
}

async fn read(id: Option<ShareId>) -> Read {
    match shared_chat(id).await {
        Ok(chat) => Read {
            chat: Some(chat),
            error: None,
        },
        Err(error) => Read {
            chat: None,
            error: Some(error),
        },
    }
}

async fn shared_chat(id: Option<ShareId>) -> Result<SharedChat, ChatError> {
    let user = current_user()?;
    let id = id.ok_or(ChatError::NotFound)?;
    sharing_service().shared_chat(user.id, id).await
}

fn page(locale: Locale, chat: SharedChat, refused: Option<ChatError>) -> AnyView {
    let id = chat.id;
    let title = titled(locale, chat.title.clone());
    let language = words::foreign(locale, [&title]);
    let style = sections_style_sheet();
    let time = words::full_moment(locale, chat.made);
    let owner = chat.owner.clone();
    let byline = words!(locale, sharing.shared_by, name = owner, time = time);
    let lines: Vec<_> = chat
        .messages
        .into_iter()
        .map(|line| lines::view_line(locale, &chat.owner, line))
        .collect();
    view! {
        <Title text=window_title(&title)/>
        <Meta name="robots" content="noindex"/>
        <main class="outline-page shared-page" data-door="">
            <link rel="stylesheet" href=style/>
            <header class="outline-head">
                <a class="quiet-button" href=address_of("/")>
                    <Icon name=IconName::ChevronLeft class="icon mirrored"/>
                    <span class="label">{words!(locale, settings.back)}</span>
                </a>
                <h1 dir="auto" lang=language>{title}</h1>
                <p dir="auto">{byline}</p>
                <p>{words!(locale, sharing.is_copy)}</p>
            </header>
            <ErrorText error=refused/>
            {chat.own.map(|own| own_share(locale, own))}
            <div class="shared-lines">{lines}</div>
            {go_on(locale, id)}
        </main>
    }
    .into_any()
}

/// A reader goes on where the copy ends.
fn go_on(locale: Locale, id: ShareId) -> AnyView {
    view! {
        <form class="shared-actions" method="post" action=address_of(ContinueShared::url())>
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="key" value=key_for_form_posts() autocomplete="off"/>
            <button type="submit" class="button primary">{words!(locale, sharing.go_on)}</button>
        </form>
    }
    .into_any()
}

/// Who shares a copy sees for whom it is, where it is, and how it ends.
fn own_share(locale: Locale, own: Share) -> AnyView {
    let told = match own.readers {
        None => words!(locale, sharing.own_everybody).to_owned(),
        Some(names) if names.is_empty() => words!(locale, sharing.own_nobody).to_owned(),
        Some(names) => {
            let names = words::listed(locale, &names);
            words!(locale, sharing.own_named, names = names)
        }
    };
    view! {
        <section class="shared-own" aria-label=words!(locale, sharing.own)>
            <p dir="auto">{told}</p>
            <div class="shown-once">
                <code id=ADDRESS_ID data-address="">{address_of(&format!("/s/{}", own.id))}</code>
                {copy_button(locale, ADDRESS_ID)}
            </div>
            <form method="post" action=address_of(RevokeShare::url())>
                <input type="hidden" name="id" value=own.id.to_string()/>
                <button type="submit" class="button danger">{words!(locale, sharing.stop)}</button>
            </form>
        </section>
    }
    .into_any()
}
