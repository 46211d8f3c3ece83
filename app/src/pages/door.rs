//! A document by itself, which the server writes when there is no page to show something in.

use leptos::prelude::*;

use super::{door_head::DoorHead, window_title};
use crate::{
    components::DRAWINGS,
    model::Preferences,
    shell::{Appearance, style_sheet},
    sub_path::SubPath,
};

/// The document. `name` stands in the window's title and above the rest.
pub(super) fn door_document<V: IntoView>(
    options: &LeptosOptions,
    sub_path: SubPath,
    preferences: Preferences,
    name: &'static str,
    content: impl FnOnce() -> V,
) -> String {
    // Signals live as long as their owner: until the document is written.
    Owner::new().with(|| {
        provide_context(sub_path);
        provide_context(preferences);
        let document = view! {
            <!DOCTYPE html>
            <html
                lang=preferences.language.as_str()
                dir="ltr"
                data-theme=preferences.theme.as_attribute()
            >
                <head>
                    <Appearance style=style_sheet(options) theme=preferences.theme/>
                    <title>{window_title(name)}</title>
                </head>
                <body>
                    <main class="door">
                        <DoorHead title=name/>
                        {content()}
                    </main>
                    <div hidden inner_html=DRAWINGS></div>
                </body>
            </html>
        };
        document.to_html()
    })
}
