//! The chat: `/` is a new conversation, `/c/:id` an old one. Both are one page.

mod address;
mod branching;
mod changes;
mod commands;
mod connection;
mod conversation;
mod header;
mod keys;
mod load;
mod parts;
mod personal;
mod pieces;
mod screen;
mod search;
mod sending;
mod settings;
mod shortcuts;
mod side;
mod state;
mod tail;
mod waiting;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    components::{Outlet, Redirect},
    hooks::{use_location, use_query_map},
};

use address::{ChatAddress, Pieces};
use load::{NotLoaded, load};
use screen::ChatScreen;

use super::window_title;
use crate::{
    components::{ErrorText, LateSkeletons, Skeleton},
    read_once::read_once,
    sub_path::use_sub_path,
    way_back::sign_in_again,
    words::{use_locale, words},
};

/// Loads once and then lives on signals: another conversation changes them, not the page.
#[component]
pub(crate) fn ChatPage() -> impl IntoView {
    let path = use_location().pathname;
    let sub_path = use_sub_path();
    let address = Memo::new(move |_| ChatAddress::parse(&path.read(), sub_path));
    let query = use_query_map();
    let pieces = move || Pieces::parse(&query.read_untracked());
    let door = move || {
        let here = path.read_untracked();
        sign_in_again(sub_path.strip(&here).unwrap_or_default(), true)
    };
    let loaded = read_once(move || load(address.get_untracked(), pieces()));
    view! {
        <Suspense fallback=|| view! { <AwaitedPage/> }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok(loaded) => view! { <ChatScreen loaded address/> }.into_any(),
                    Err(NotLoaded::SignIn) => view! { <Redirect path=door()/> }.into_any(),
                    Err(NotLoaded::SetUp) => view! { <SetUpFirst/> }.into_any(),
                    Err(NotLoaded::Failed(error)) => view! {
                        <main class="door"><ErrorText error=Some(error)/></main>
                    }.into_any(),
                }
            })}
        </Suspense>
        // Empty, but the router changes the address only once the inner route is shown.
        <Outlet/>
    }
}

/// Whoever comes back from another page sees where everything will be.
#[component]
fn AwaitedPage() -> impl IntoView {
    view! {
        <div class="chat-page">
            <div class="sidebar"></div>
            <div class="chat-main page-awaited">
                <LateSkeletons of=Skeleton::Messages/>
            </div>
        </div>
    }
}

/// Only the link in the server's log leads further.
#[component]
fn SetUpFirst() -> impl IntoView {
    let locale = use_locale();
    view! {
        <Title text=window_title(words!(locale, door.set_up))/>
        <main class="door">
            <h1>{words!(locale, door.set_up)}</h1>
            <p>{words!(locale, door.set_up_first)}</p>
        </main>
    }
}
