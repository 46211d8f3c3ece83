//! A button that is a whole form: it works before, without and with script.

use leptos::{oco::Oco, prelude::*};

/// One button that posts one hidden value.
#[component]
pub(crate) fn PostForm(
    /// Address of the server function.
    action: String,
    /// Name of its argument.
    name: &'static str,
    /// Value of its argument.
    #[prop(into)]
    value: Signal<String>,
    /// Name of the button, also shown as its tooltip.
    #[prop(into)]
    label: Oco<'static, str>,
    #[prop(default = "quiet-button")] class: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Takes the place of the post once the page is interactive.
    on_press: Callback<()>,
    children: Children,
) -> impl IntoView {
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        on_press.run(());
    };
    view! {
        <form class="post-form" method="post" action=action on:submit=on_submit>
            <input type="hidden" name=name value=move || value.get() autocomplete="off"/>
            <button
                type="submit"
                class=class
                title=label.clone()
                aria-label=label
                disabled=disabled
            >
                {children()}
            </button>
        </form>
    }
}
