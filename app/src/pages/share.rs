//! `/c/:id/share`: what a copy of the chat would hold, and whom it is for. The server draws it
//! whole; nothing is made before its form is sent.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};
use server_fn::ServerFn;

use super::{form_post_error, missing, window_title};
use crate::{
    api::sharing::ShareConversation,
    components::{ErrorText, Icon, IconName},
    model::{ChatError, ConversationId, ShareAudience},
    read_once::read_once,
    service::{
        current_user,
        sharing::{SharePreview, sharing_service},
    },
    shell::sections_style_sheet,
    sub_path::address_of,
    words::{self, Locale, grouped, titled, use_locale, words},
};

/// What was read for the page. The document needs no second copy for a script.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Read {
    #[serde(skip)]
    preview: Option<SharePreview>,
    #[serde(skip)]
    error: Option<ChatError>,
}

/// The way to share one conversation.
#[component]
pub(crate) fn SharePage() -> impl IntoView {
    let locale = use_locale();
    let refused = form_post_error();
    let id = use_params_map().read_untracked().get("id");
    let id = id.and_then(|id| id.parse::<ConversationId>().ok());
    let answer = read_once(move || read(id));
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    let Read { preview, error } = answer.await;
                    match preview {
                        Some(preview) => page(locale, preview, refused),
                        None => missing(words!(locale, sharing.share), error),
                    }
                })
            }}
        </Suspense>
    }
}

async fn read(id: Option<ConversationId>) -> Read {
    match preview(id).await {
        Ok(preview) => Read {
            preview: Some(preview),
            error: None,
        },
        Err(error) => Read {
            preview: None,
            error: Some(error),
        },
    }
}

async fn preview(id: Option<ConversationId>) -> Result<SharePreview, ChatError> {
    let user = current_user()?;
    let id = id.ok_or(ChatError::NotFound)?;
    sharing_service().preview(user.id, id).await
}

fn page(locale: Locale, preview: SharePreview, refused: Option<ChatError>) -> AnyView {
    let title = titled(locale, preview.title.clone());
    let language = words::foreign(locale, [&title]);
    let style = sections_style_sheet();
    let back = address_of(&format!("/c/{}", preview.conversation));
    let content = if preview.is_off {
        view! { <p>{words!(locale, sharing.off)}</p> }.into_any()
    } else if preview.num_messages == 0 {
        view! { <p>{words!(locale, sharing.nothing)}</p> }.into_any()
    } else {
        form(locale, preview)
    };
    view! {
        <Title text=window_title(words!(locale, sharing.share))/>
        <main class="outline-page" data-door="">
            <link rel="stylesheet" href=style/>
            <header class="outline-head">
                <a class="quiet-button" href=back>
                    <Icon name=IconName::ChevronLeft class="icon mirrored"/>
                    <span class="label">{words!(locale, chat.back_to_chat)}</span>
                </a>
                <h1>{words!(locale, sharing.share)}</h1>
                <p class="outline-title" dir="auto" lang=language>{title}</p>
                <p>{words!(locale, sharing.lead)}</p>
            </header>
            <ErrorText error=refused/>
            {content}
        </main>
    }
    .into_any()
}

fn form(locale: Locale, preview: SharePreview) -> AnyView {
    let id = preview.conversation.to_string();
    let also = [
        (
            preview.num_thoughts,
            "reasoning",
            words!(locale, sharing.with_thoughts),
        ),
        (
            preview.num_with_steps,
            "steps",
            words!(locale, sharing.with_steps),
        ),
    ];
    let also = also.into_iter().filter(|(number, ..)| *number > 0);
    let also: Vec<_> = also
        .map(|(_, field, label)| {
            view! {
                <label class="share-choice">
                    <input
                        class="check"
                        type="checkbox"
                        name=field
                        value="true"
                        autocomplete="off"
                    />
                    <span>{label}</span>
                </label>
            }
        })
        .collect();
    view! {
        <form class="share-form" method="post" action=address_of(ShareConversation::url())>
            <input type="hidden" name="id" value=id/>
            {facts(locale, &preview)}
            {also}
            {audience(locale, preview.people)}
            <div class="form-end">
                <button type="submit" class="button primary">{words!(locale, sharing.make)}</button>
            </div>
        </form>
    }
    .into_any()
}

/// What is in the copy, and what is not.
fn facts(locale: Locale, preview: &SharePreview) -> AnyView {
    let messages = match preview.num_messages {
        1 => words!(locale, sharing.one_message).to_owned(),
        number => words!(locale, sharing.messages, number = grouped(number.into())),
    };
    let title = titled(locale, preview.title.clone());
    let within = [
        words!(locale, sharing.title_and, title = title),
        messages,
        words!(locale, sharing.names).to_owned(),
    ];
    let without = [
        words!(locale, sharing.not_later),
        words!(locale, sharing.not_branches),
        words!(locale, sharing.not_files),
        words!(locale, sharing.not_settings),
    ];
    let within: Vec<_> = within
        .into_iter()
        .map(|fact| view! { <li dir="auto">{fact}</li> })
        .collect();
    let without: Vec<_> = without
        .into_iter()
        .map(|fact| view! { <li>{fact}</li> })
        .collect();
    view! {
        <section class="share-facts">
            <h2>{words!(locale, sharing.what)}</h2>
            <ul>{within}</ul>
        </section>
        <section class="share-facts">
            <h2>{words!(locale, sharing.not_in)}</h2>
            <ul>{without}</ul>
        </section>
    }
    .into_any()
}

/// Everybody, or some of the people whom there are.
fn audience(locale: Locale, people: Vec<String>) -> AnyView {
    let is_alone = people.is_empty();
    let choice = |audience: ShareAudience, is_chosen: bool, label: &'static str| {
        view! {
            <label class="share-choice">
                <input
                    type="radio"
                    name="audience"
                    value=audience.as_str()
                    checked=is_chosen
                    autocomplete="off"
                />
                <span>{label}</span>
            </label>
        }
    };
    let named = (!is_alone).then(|| {
        let person = |(number, name): (usize, String)| {
            view! {
                <label class="share-choice">
                    <input
                        class="check"
                        type="checkbox"
                        name=format!("readers[{number}]")
                        value=name.clone()
                        autocomplete="off"
                    />
                    <span dir="auto">{name}</span>
                </label>
            }
        };
        let people: Vec<_> = people.into_iter().enumerate().map(person).collect();
        view! {
            {choice(ShareAudience::Named, true, words!(locale, sharing.named))}
            <fieldset class="share-people">
                <legend class="visually-hidden">{words!(locale, sharing.people)}</legend>
                {people}
            </fieldset>
        }
    });
    view! {
        <fieldset class="share-audience">
            <legend>{words!(locale, sharing.whom)}</legend>
            {choice(ShareAudience::Everybody, is_alone, words!(locale, sharing.everybody))}
            {named}
        </fieldset>
    }
    .into_any()
}
