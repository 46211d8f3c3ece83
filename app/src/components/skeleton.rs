//! Lines of paper where something will be. They are shown once somebody has waited for it, never
//! for a moment, and a timer says when: where nothing may move, no animation can.

use leptos::prelude::*;

use crate::{
    browser,
    words::{use_locale, words},
};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skeleton {
    /// A question and its answer.
    Messages,
    /// Rows of the list of conversations.
    Rows,
    /// Cards of the settings.
    Cards,
}

impl Skeleton {
    const fn class(self) -> &'static str {
        match self {
            Self::Messages => "skeletons of-messages",
            Self::Rows => "skeletons of-rows",
            Self::Cards => "skeletons of-cards",
        }
    }

    const fn lines(self) -> &'static str {
        match self {
            Self::Messages => concat!(
                "<div class=\"skeleton bubble\"></div>",
                "<div class=\"skeleton w9\"></div><div class=\"skeleton w8\"></div>",
                "<div class=\"skeleton w6\"></div><div class=\"skeleton w9\"></div>",
                "<div class=\"skeleton w4\"></div>",
            ),
            Self::Rows => concat!(
                "<div class=\"skeleton w8\"></div><div class=\"skeleton w6\"></div>",
                "<div class=\"skeleton w9\"></div>",
            ),
            Self::Cards => concat!(
                "<div class=\"skeleton w4\"></div><div class=\"skeleton card\"></div>",
                "<div class=\"skeleton w4\"></div><div class=\"skeleton card\"></div>",
            ),
        }
    }
}

/// The lines, while they are wanted. Screen readers hear a word in an element that was there
/// before.
#[component]
pub(crate) fn Skeletons(of: Skeleton, #[prop(into)] is_shown: Signal<bool>) -> impl IntoView {
    let locale = use_locale();
    let words = move || is_shown.get().then(|| words!(locale, frame.waiting));
    let lines = move || {
        is_shown.get().then(|| {
            view! { <div class=of.class() aria-busy="true" inner_html=of.lines()></div> }
        })
    };
    view! {
        <p class="visually-hidden" role="status">{words}</p>
        {lines}
    }
}

/// The same, by itself: the wait begins when this is made.
#[component]
pub(crate) fn LateSkeletons(of: Skeleton) -> impl IntoView {
    let is_late = RwSignal::new(false);
    // What is waited for may be there by then: a signal that is gone takes nothing more.
    Effect::new(move || set_timeout(move || is_late.set(true), browser::UNNOTICED));
    view! { <Skeletons of is_shown=is_late/> }
}
