//! Every token and every component in its states, on one page for whoever works on the look.
//!
//! A document by itself, which only development builds have: it is neither in the browser's program
//! nor in a release. Components are the real ones, made harmless by [`specimen`].

mod colours;
mod composing;
mod controls;
mod frame;
mod menus;
mod messages;
mod scales;
mod specimen;
mod surfaces;
mod tables;

use leptos::prelude::*;

use super::window_title;
use crate::{
    components::DRAWINGS,
    model::{Language, Preferences, Theme},
    service::PageBuild,
    shell::{Appearance, style_sheet},
    sub_path::{SubPath, address_of},
    words::{Locale, use_locale, words},
};
use specimen::Specimen;

/// Where the page stands.
pub const STYLEGUIDE: &str = "/styleguide";
/// Where its own style sheet stands, which lays out what is shown.
pub const STYLEGUIDE_STYLE: &str = "/styleguide.css";

/// Makes the HTML of an answer out of its Markdown, block by block.
pub type MarkdownRenderer = fn(&str) -> Vec<String>;

/// The whole document.
pub fn styleguide(
    options: &LeptosOptions,
    sub_path: SubPath,
    preferences: Preferences,
    render: MarkdownRenderer,
) -> String {
    let LeptosOptions {
        site_pkg_dir: folder,
        output_name: build,
        ..
    } = options;
    let sections = format!("/{folder}/{build}-sections.css");
    // Signals live as long as their owner: until the document is written.
    Owner::new().with(|| {
        provide_context(sub_path);
        provide_context(preferences);
        provide_context(PageBuild(build.to_string()));
        let locale = use_locale();
        let name = words!(locale, styleguide.title);
        let chapters = chapters(locale, render);
        let contents: Vec<_> = chapters.iter().map(Chapter::entry).collect();
        let chapters: Vec<_> = chapters.into_iter().map(Chapter::show).collect();
        let document = view! {
            <!DOCTYPE html>
            // It says that it is interactive: what waits for the script is to be seen, too.
            <html
                lang=preferences.language.as_str()
                dir="ltr"
                data-theme=preferences.theme.as_attribute()
                data-interactive=""
            >
                <head>
                    <Appearance style=style_sheet(options) theme=preferences.theme/>
                    <link rel="stylesheet" href=address_of(&sections)/>
                    <link rel="stylesheet" href=address_of(STYLEGUIDE_STYLE)/>
                    <title>{window_title(name)}</title>
                </head>
                <body>
                    <main class="guide">
                        <header class="guide-head">
                            <h1>{name}</h1>
                            <p>{words!(locale, styleguide.lead)}</p>
                            {looks(locale, preferences)}
                            <nav aria-label=words!(locale, styleguide.contents)>
                                <ul class="guide-links">{contents}</ul>
                            </nav>
                        </header>
                        {chapters}
                    </main>
                    <div hidden inner_html=DRAWINGS></div>
                </body>
            </html>
        };
        document.to_html()
    })
}

/// Ways to the same page in the other themes and languages.
fn looks(locale: Locale, shown: Preferences) -> AnyView {
    let link = |language: Language, theme: Theme, name: &'static str| {
        let address = address_of(&format!(
            "{STYLEGUIDE}?lang={}&theme={}",
            language.as_str(),
            theme.as_str()
        ));
        let is_shown = (language, theme) == (shown.language, shown.theme);
        view! {
            <li>
                <a href=address aria-current=is_shown.then_some("page")>
                    <span lang=language.as_str()>{language.own_name()}</span>
                    " "
                    {name}
                </a>
            </li>
        }
    };
    let links: Vec<_> = Language::ALL
        .into_iter()
        .flat_map(|language| Theme::ALL.map(|theme| (language, theme)))
        .map(|(language, theme)| link(language, theme, theme_name(locale, theme)))
        .collect();
    view! {
        <nav aria-label=words!(locale, styleguide.look)>
            <ul class="guide-links">{links}</ul>
        </nav>
    }
    .into_any()
}

fn theme_name(locale: Locale, theme: Theme) -> &'static str {
    match theme {
        Theme::System => words!(locale, settings.theme_system),
        Theme::Light => words!(locale, settings.theme_light),
        Theme::Dark => words!(locale, settings.theme_dark),
    }
}

/// A subject with what belongs to it.
struct Chapter {
    /// In the address.
    place: &'static str,
    heading: &'static str,
    content: AnyView,
}

impl Chapter {
    fn new(place: &'static str, heading: &'static str, content: AnyView) -> Self {
        Self {
            place,
            heading,
            content,
        }
    }

    /// One of components.
    fn of(place: &'static str, heading: &'static str, specimens: Vec<Specimen>) -> Self {
        let specimens = specimens.into_iter().enumerate();
        let cases: Vec<_> = specimens
            .map(|(index, specimen)| specimen.show(&format!("{place}-{index}")))
            .collect();
        let content = view! { <div class="cases">{cases}</div> };
        Self::new(place, heading, content.into_any())
    }

    fn entry(&self) -> AnyView {
        let address = format!("#{}", self.place);
        view! { <li><a href=address>{self.heading}</a></li> }.into_any()
    }

    fn show(self) -> AnyView {
        view! {
            <section class="chapter" id=self.place>
                <h2>{self.heading}</h2>
                {self.content}
            </section>
        }
        .into_any()
    }
}

/// In the order of the page: tokens first, then components from small to large.
fn chapters(locale: Locale, render: MarkdownRenderer) -> Vec<Chapter> {
    let mut chapters = tokens(locale);
    chapters.extend(parts(locale));
    chapters.extend(rooms(locale, render));
    chapters
}

fn tokens(locale: Locale) -> Vec<Chapter> {
    let swatches = colours::swatches();
    let contrasts = colours::contrasts(locale);
    let sizes = scales::sizes(locale);
    vec![
        Chapter::new("colours", words!(locale, styleguide.colours), swatches),
        Chapter::new("contrast", words!(locale, styleguide.contrast), contrasts),
        Chapter::new("sizes", words!(locale, styleguide.sizes), sizes),
        Chapter::new("room", words!(locale, styleguide.room), scales::room()),
        Chapter::new(
            "corners",
            words!(locale, styleguide.corners),
            scales::corners(),
        ),
        Chapter::new(
            "motion",
            words!(locale, styleguide.motion),
            scales::motion(),
        ),
        Chapter::new(
            "drawings",
            words!(locale, styleguide.drawings),
            scales::drawings(),
        ),
    ]
}

/// What stands in many places.
fn parts(locale: Locale) -> Vec<Chapter> {
    let buttons = controls::buttons(locale);
    let fields = controls::fields(locale);
    let signs = controls::signs();
    let notices = surfaces::notices(locale);
    let cards = surfaces::cards(locale);
    vec![
        Chapter::of("buttons", words!(locale, styleguide.buttons), buttons),
        Chapter::of("fields", words!(locale, styleguide.fields), fields),
        Chapter::of("signs", words!(locale, styleguide.signs), signs),
        Chapter::of(
            "menus",
            words!(locale, styleguide.menus),
            menus::menus(locale),
        ),
        Chapter::of("notices", words!(locale, styleguide.notices), notices),
        Chapter::of("cards", words!(locale, styleguide.cards), cards),
        Chapter::of(
            "tables",
            words!(locale, styleguide.tables),
            tables::tables(locale),
        ),
    ]
}

/// What a page is made of.
fn rooms(locale: Locale, render: MarkdownRenderer) -> Vec<Chapter> {
    let messages = messages::messages(locale, render);
    let steps = messages::steps(locale);
    let answers = messages::answers(locale, render);
    let composer = composing::composer(locale);
    let empty = composing::empty_page();
    vec![
        Chapter::of("messages", words!(locale, styleguide.messages), messages),
        Chapter::of("steps", words!(locale, styleguide.steps), steps),
        Chapter::of("answers", words!(locale, styleguide.answers), answers),
        Chapter::of("composer", words!(locale, styleguide.composer), composer),
        Chapter::of("empty", words!(locale, styleguide.empty), empty),
        Chapter::of(
            "frame",
            words!(locale, styleguide.frame),
            frame::frame(locale),
        ),
        Chapter::of(
            "dialogs",
            words!(locale, styleguide.dialogs),
            frame::dialogs(locale),
        ),
    ]
}
