//! Sections that the server draws whenever they are shown.
//!
//! A person reads them and presses buttons of plain forms, so the browser carries none of their
//! code and shows the HTML as it comes.

use std::time::Duration;

use leptos::prelude::*;

use super::once_loaded;
use crate::{
    browser,
    model::{ChatError, Drawing},
};

/// How often the page asks while a section changes by itself.
const PULSE: Duration = Duration::from_secs(1);

/// A section as the server draws it; `draw` asks for it.
pub(super) fn drawn<F>(draw: impl Fn() -> F + Send + Sync + 'static) -> impl IntoView
where
    F: Future<Output = Result<Drawing, ChatError>> + Send + 'static,
{
    let pulse = RwSignal::new(0_u32);
    let drawing = Resource::new(move || pulse.get(), move |_| draw());
    // Stops by itself once the section is settled.
    Effect::new(move || {
        let is_changing = drawing.with(|drawing| {
            let drawing = drawing.as_ref().and_then(|drawing| drawing.as_ref().ok());
            drawing.is_some_and(|drawing| drawing.is_changing)
        });
        if is_changing {
            leptos::task::spawn_local(async move {
                browser::sleep(PULSE).await;
                pulse.try_update(|pulse| *pulse += 1);
            });
        }
    });
    once_loaded(drawing, |drawing: Drawing| {
        view! { <div class="drawn" inner_html=drawing.html></div> }
    })
}

/// The HTML of a section that stays as it is.
#[cfg(feature = "ssr")]
pub(super) fn settled(view: impl IntoView) -> Drawing {
    Drawing {
        html: view.into_view().to_html(),
        is_changing: false,
    }
}
