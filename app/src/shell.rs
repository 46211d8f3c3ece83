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
    browser,
    components::DRAWINGS,
    model::{Language, Preferences, SidebarForm, Theme},
    pages::{
        AdminRoutes, BranchesPage, ChatPage, JoinPage, NotFoundPage, SearchPage, SetUpPage,
        SettingsRoutes, SharePage, SharedPage, SignInPage, SignUpPage,
    },
    preferences,
    sub_path::{address_of, use_sub_path},
    words::PRODUCT,
};

/// The side bar's ground in both themes (`style/tokens.css`).
const LIGHT_FRAME: &str = "#f6f3ee";
const DARK_FRAME: &str = "#161310";

const VIEWPORT: &str = "width=device-width, initial-scale=1, viewport-fit=cover, \
    interactive-widget=resizes-content";

/// The whole document. `options.output_name` names the script, the module and the style sheet.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let Preferences {
        language,
        chosen_language,
        theme,
        sidebar,
        sidebar_width,
        single_keys,
    } = use_context::<Preferences>().unwrap_or_default();
    let build = options.output_name.to_string();
    let sub_path = use_sub_path();
    view! {
        <!DOCTYPE html>
        // The browser reads these back: see `preferences`, `api::page_build` and `sub_path`.
        <html
            lang=language.as_str()
            dir="ltr"
            data-language=chosen_language.map(Language::as_str)
            data-theme=theme.as_attribute()
            data-sidebar=sidebar.map(SidebarForm::as_str)
            data-side-width=sidebar_width.as_attribute()
            data-single-keys=single_keys.as_attribute()
            data-build=build
            data-changes=changes_cursor()
            data-sub-path=sub_path.as_attribute()
        >
            <head>
                <Appearance style=style_sheet(&options) theme/>
                <HydrationScripts options root=sub_path.as_str()/>
                <MetaTags/>
            </head>
            <body>
                <App/>
                // After the page: hydration walks from the first child.
                <div hidden inner_html=DRAWINGS></div>
            </body>
        </html>
    }
}

/// From where on the page has to listen for changes (`browser::changes`).
fn changes_cursor() -> Option<String> {
    #[cfg(feature = "ssr")]
    return use_context::<crate::service::ChangesCursor>().map(|it| it.0.to_string());
    #[cfg(not(feature = "ssr"))]
    None
}

/// What every document says about how it looks.
#[component]
pub(crate) fn Appearance(
    /// Address of the style sheet.
    style: String,
    theme: Theme,
) -> impl IntoView {
    let [light, dark] = frame_colors(theme);
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content=VIEWPORT/>
        <meta name="color-scheme" content=theme.color_scheme()/>
        {theme_color("(prefers-color-scheme: light)", light)}
        {theme_color("(prefers-color-scheme: dark)", dark)}
        <link rel="icon" href=address_of("/favicon.svg") type="image/svg+xml"/>
        <link rel="manifest" href=address_of("/manifest.webmanifest")/>
        <link rel="stylesheet" href=style/>
    }
}

/// Address of the style sheet that belongs to this build.
pub(crate) fn style_sheet(options: &LeptosOptions) -> String {
    let path = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    address_of(&path)
}

/// Address of the style sheet that sections have besides it.
pub(crate) fn sections_style_sheet() -> String {
    address_of(&format!("/pkg/{}-sections.css", build()))
}

/// Name of the build that the page belongs to.
#[cfg(feature = "ssr")]
fn build() -> String {
    let build = use_context::<crate::service::PageBuild>();
    build.unwrap_or_default().0
}

#[cfg(not(feature = "ssr"))]
fn build() -> String {
    browser::page_build().unwrap_or_default()
}

/// Colours of the browser's frame where the system asks for light and for dark.
pub(crate) const fn frame_colors(theme: Theme) -> [&'static str; 2] {
    match theme {
        Theme::System => [LIGHT_FRAME, DARK_FRAME],
        Theme::Light => [LIGHT_FRAME; 2],
        Theme::Dark => [DARK_FRAME; 2],
    }
}

fn theme_color(media: &'static str, color: &'static str) -> impl IntoView {
    let meta = leptos::html::meta().name("theme-color").content(color);
    meta.attr("media", media)
}

/// The pages and their addresses. Of the doors, of the outline of a conversation and of what is
/// shared, the browser only knows how to load them.
///
/// Both chat addresses share one page, so the first message of a new conversation can change the
/// address without ending its stream.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(preferences::of_page());
    Effect::new(browser::remember_time_zone);
    view! {
        <Title text=PRODUCT/>
        <Router base=use_sub_path().as_str()>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/set-up") view=SetUpPage ssr=SsrMode::Async/>
                <Route path=path!("/setup") view=SetUpPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-up") view=SignUpPage ssr=SsrMode::Async/>
                <Route path=path!("/join") view=JoinPage ssr=SsrMode::Async/>
                <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async/>
                <Route path=path!("/c/:id/branches") view=BranchesPage ssr=SsrMode::Async/>
                <Route path=path!("/c/:id/share") view=SharePage ssr=SsrMode::Async/>
                <Route path=path!("/s/:id") view=SharedPage ssr=SsrMode::Async/>
                <SettingsRoutes/>
                <AdminRoutes/>
                <ParentRoute path=path!("") view=ChatPage ssr=SsrMode::Async>
                    <Route path=path!("") view=|| () ssr=SsrMode::Async/>
                    <Route path=path!("c/:id") view=|| () ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
