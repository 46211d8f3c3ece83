//! A sentence of the administrator above the page.

use leptos::prelude::*;
use server_fn::ServerFn;

use super::{Icon, IconName, PostForm};
use crate::{
    api::banner::DismissBanner,
    model::{Banner, BannerLevel},
    sub_path::address_of,
    words::{use_locale, words},
};

/// Text, and a button to put it away where that is allowed.
#[component]
pub(crate) fn BannerLine(
    banner: RwSignal<Option<Banner>>,
    /// What a dismissed banner is remembered by.
    on_dismiss: Callback<String>,
) -> impl IntoView {
    let locale = use_locale();
    let close = move |dismissal: String| {
        let remembered = dismissal.clone();
        let on_press = Callback::new(move |()| on_dismiss.run(remembered.clone()));
        view! {
            <PostForm
                action=address_of(DismissBanner::url())
                name="dismissal"
                value=dismissal
                label=words!(locale, admin.close_banner)
                class="icon-button"
                on_press
            >
                <Icon name=IconName::Close/>
            </PostForm>
        }
    };
    move || {
        let Banner {
            level,
            text,
            dismissal,
        } = banner.get()?;
        let (class, drawing) = match level {
            BannerLevel::Info => ("notice banner", IconName::Info),
            BannerLevel::Warning => ("notice banner warning", IconName::Warning),
            BannerLevel::Critical => ("notice banner critical", IconName::Warning),
        };
        Some(view! {
            <aside class=class>
                <Icon name=drawing/>
                <p dir="auto">{text}</p>
                {dismissal.map(close)}
            </aside>
        })
    }
}
