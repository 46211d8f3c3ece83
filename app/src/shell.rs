//! The document around every page, and the addresses of the pages.
#![expect(
    unreachable_pub,
    reason = "the component macro makes property types `pub`"
)]

use leptos::{config::LeptosOptions, prelude::*};
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    pages::{ChatPage, ExportsPage, ImportPage, NotFoundPage, SetUpPage, SignInPage},
    words,
};

const VIEWPORT: &str = "width=device-width, initial-scale=1, viewport-fit=cover, \
    interactive-widget=resizes-content";

/// The whole document. `options.output_name` names the script, the module and the style sheet.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en" dir="ltr">
            <head>
                <Appearance style=style_sheet(&options)/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// What every document says about how it looks.
#[component]
pub(crate) fn Appearance(
    /// Address of the style sheet.
    style: String,
) -> impl IntoView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content=VIEWPORT/>
        <meta name="color-scheme" content="light dark"/>
        {theme_color("(prefers-color-scheme: light)", "#f7f6f3")}
        {theme_color("(prefers-color-scheme: dark)", "#191817")}
        <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
        <link rel="manifest" href="/manifest.webmanifest"/>
        <link rel="stylesheet" href=style/>
    }
}

/// Address of the style sheet that belongs to this build.
pub(crate) fn style_sheet(options: &LeptosOptions) -> String {
    format!("/{}/{}.css", options.site_pkg_dir, options.output_name)
}

fn theme_color(media: &'static str, color: &'static str) -> impl IntoView {
    let meta = leptos::html::meta().name("theme-color").content(color);
    meta.attr("media", media)
}

/// The pages and their addresses.
///
/// Both chat addresses share one page, so the first message of a new conversation can change the
/// address without ending its stream.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title text=words::PRODUCT/>
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/set-up") view=SetUpPage ssr=SsrMode::Async/>
                <Route path=path!("/setup") view=SetUpPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/exports") view=ExportsPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/import") view=ImportPage ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=ChatPage ssr=SsrMode::Async>
                    <Route path=path!("") view=|| () ssr=SsrMode::Async/>
                    <Route path=path!("c/:id") view=|| () ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
