//! A component as the page shows it: the real one, and harmless.
//!
//! Components are written for pages that have one of each. Here stand many: every id becomes one of
//! its own, and forms send nothing.

use leptos::prelude::*;
use leptos_router::{components::Router, location::RequestUrl};

use crate::sub_path::{address_of, use_sub_path};

/// Attributes whose values are ids.
const IDS: [&str; 7] = [
    "id",
    "for",
    "form",
    "popovertarget",
    "aria-controls",
    "aria-describedby",
    "aria-labelledby",
];

/// What a form says of how it is sent.
const METHODS: [&str; 3] = ["post", "get", "dialog"];

/// Where a component stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// As wide as it likes, several beside each other.
    Line,
    /// Below each other, in a narrow column.
    Stack,
    /// In the width of the page.
    Wide,
    /// In the width of a column of text.
    Column,
    /// In a window of its own, for what is fixed to the window.
    Window,
    /// The same, not high.
    Strip,
}

impl Stage {
    const fn class(self) -> &'static str {
        match self {
            Self::Line => "stage in-line",
            Self::Stack => "stage in-stack",
            Self::Wide => "stage",
            Self::Column => "stage in-column",
            Self::Window => "stage in-window",
            Self::Strip => "stage in-window in-strip",
        }
    }

    const fn case(self) -> &'static str {
        match self {
            Self::Line | Self::Stack => "case",
            Self::Wide | Self::Column | Self::Window | Self::Strip => "case wide",
        }
    }
}

/// A component in one of its states.
pub(super) struct Specimen {
    /// What tells it from the others: its classes.
    name: &'static str,
    stage: Stage,
    html: String,
}

impl Specimen {
    pub(super) fn new(
        name: &'static str,
        stage: Stage,
        content: impl FnOnce() -> AnyView + Send + 'static,
    ) -> Self {
        Self::at("/", name, stage, content)
    }

    /// As it is on the page with this address.
    pub(super) fn at(
        path: &str,
        name: &'static str,
        stage: Stage,
        content: impl FnOnce() -> AnyView + Send + 'static,
    ) -> Self {
        let html = Owner::new().with(|| {
            provide_context(RequestUrl::new(&address_of(path)));
            let shown = view! {
                <div class=stage.class()>
                    <Router base=use_sub_path().as_str()>{content()}</Router>
                </div>
            };
            shown.to_html()
        });
        Self { name, stage, html }
    }

    /// What would open above the page stands open in its place.
    pub(super) fn open(self) -> Self {
        let html = self.html.replace(" popover=\"auto\"", "");
        let html = html.replace("<dialog ", "<dialog open ");
        Self { html, ..self }
    }

    /// What folds is unfolded.
    pub(super) fn unfolded(self) -> Self {
        let html = self.html.replace("<details ", "<details open ");
        Self { html, ..self }
    }

    /// Somebody wrote a text without special signs.
    pub(super) fn written(self, text: &str) -> Self {
        let html = self
            .html
            .replace("></textarea>", &format!(">{text}</textarea>"));
        Self { html, ..self }
    }

    /// With an attribute behind a class, which the script would set.
    pub(super) fn marked(self, class: &str, attribute: &str) -> Self {
        let class = format!("class=\"{class}\"");
        let html = self
            .html
            .replace(&class, &format!("{class} {attribute}=\"\""));
        Self { html, ..self }
    }

    /// `place`: what no other one is named.
    pub(super) fn show(self, place: &str) -> AnyView {
        let html = harmless(&self.html, place);
        view! {
            <figure class=self.stage.case()>
                <figcaption><code>{self.name}</code></figcaption>
                <div class="case-body" inner_html=html></div>
            </figure>
        }
        .into_any()
    }
}

/// Nothing takes the focus, no form reaches the server, no id stands twice.
fn harmless(html: &str, place: &str) -> String {
    let without = |html: String, method: &&str| html.replace(&format!(" method=\"{method}\""), "");
    let html = METHODS.iter().fold(html.to_owned(), without);
    // A form that is to close the dialog around it sends nothing, and mostly there is none.
    let html = html.replace("<form", "<form method=\"dialog\"");
    let html = html.replace(" autofocus=\"\"", "");
    let html = html.replace(" autofocus", "");
    let rename = |html: String, attribute: &&str| renamed(&html, attribute, place);
    IDS.iter().fold(html, rename)
}

fn renamed(html: &str, attribute: &str, place: &str) -> String {
    let start = format!(" {attribute}=\"");
    let mut parts = html.split(start.as_str());
    let mut renamed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (ids, rest) = part.split_once('"').unwrap_or((part, ""));
        let ids = ids.split_whitespace().map(|id| format!("{id}-{place}"));
        let ids: Vec<String> = ids.collect();
        renamed.extend([start.as_str(), &ids.join(" "), "\"", rest]);
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_one_specimen_and_lead_to_each_other() {
        let html = "<label for=\"a\">id=\"a\"</label><input id=\"a\" aria-describedby=\"b c\" \
            name=\"a\"><svg><use href=\"#i-copy\"></use></svg>";
        let expected = "<label for=\"a-x-1\">id=\"a\"</label><input id=\"a-x-1\" \
            aria-describedby=\"b-x-1 c-x-1\" name=\"a\"><svg><use href=\"#i-copy\"></use></svg>";
        assert_eq!(harmless(html, "x-1"), expected);
    }

    #[test]
    fn forms_send_nothing_and_nothing_takes_the_focus() {
        let html = "<form action=\"/api/sign_out\" method=\"post\"><input autofocus>\
            <a autofocus=\"\"></a></form><form class=\"x\"></form>";
        let expected = "<form method=\"dialog\" action=\"/api/sign_out\"><input>\
            <a></a></form><form method=\"dialog\" class=\"x\"></form>";
        assert_eq!(harmless(html, "x"), expected);
    }
}
