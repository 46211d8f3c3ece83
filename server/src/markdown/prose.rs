//! Everything but top-level fences: `CommonMark` with GFM's extensions, by comrak.

mod names;

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, LazyLock},
};

use comrak::{Arena, Node, Options, options::BrokenLinkCallback, parse_document};

use super::{
    budget::{self, Highlighting},
    format,
    links::{self, Links},
    notes::{Ids, Notes},
    plain,
    reading::Reading,
    repair::repair,
    sanitize::sanitize,
    tree::{self, Settling},
};
use names::Names;

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.alerts = true;
    options.extension.cjk_friendly_emphasis = true;
    // Raw HTML is shown as the text that it is.
    options.render.escape = true;
    options
});

/// What the blocks of an answer share.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    pub(super) highlighting: Highlighting,
    pub(super) links: Links,
    pub(super) notes: Notes,
}

/// Blocks as they are shown.
#[derive(Debug, Default)]
pub(super) struct Prose {
    pub(super) html: String,
    /// Names in brackets that would be links or footnotes if they were defined.
    pub(super) missing: BTreeSet<String>,
    /// Names in brackets that stand in the words of a link, which would be none if they were links.
    pub(super) refused: BTreeSet<String>,
    /// Footnotes that no mark leads to so far, with the sign before their names.
    pub(super) unmarked: BTreeSet<String>,
    /// The ids in the HTML.
    pub(super) ids: Ids,
}

impl Prose {
    fn plain(text: &str) -> Self {
        Self {
            html: plain::render(text),
            ..Self::default()
        }
    }
}

/// Complete blocks.
pub(super) fn render(text: &str, shared: &mut Shared) -> Prose {
    render_checked(text, shared, false, &BTreeSet::new())
}

/// Complete blocks once more: what they were refused at first is refused again.
pub(super) fn render_again(text: &str, shared: &mut Shared, refused: &BTreeSet<String>) -> Prose {
    render_checked(text, shared, false, refused)
}

/// HTML of blocks that still grow: open emphasis, code and links are closed for the eye.
pub(super) fn render_pending(text: &str, shared: &Shared) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    render_checked(text, &mut shared.clone(), true, &BTreeSet::new()).html
}

/// Takes over what blocks that still grow define so far.
pub(super) fn learn(text: &str, shared: &mut Shared) {
    if budget::is_affordable(text) {
        let reading = Reading::of_growing(text, &shared.links);
        shared.links.learn(&reading.links, &reading.notes);
    }
}

/// The text rendered, or the text as it is if that would be too much.
fn render_checked(
    text: &str,
    shared: &mut Shared,
    is_growing: bool,
    refused: &BTreeSet<String>,
) -> Prose {
    let prose = budget::is_affordable(text).then(|| {
        // A parser that gives up over a text must not keep anybody from reading it.
        let render = AssertUnwindSafe(|| render_markdown(text, shared, is_growing, refused));
        catch_unwind(render)
    });
    match prose {
        Some(Ok(prose)) => prose,
        Some(Err(_)) => {
            tracing::error!(
                num_bytes = text.len(),
                "a text is shown as it is after a panic"
            );
            Prose::plain(text)
        }
        None => Prose::plain(text),
    }
}

fn render_markdown(
    text: &str,
    shared: &mut Shared,
    is_growing: bool,
    refused: &BTreeSet<String>,
) -> Prose {
    #[cfg(test)]
    super::tests::meet_faults(text);
    let arena = Arena::new();
    let reading = if is_growing {
        Reading::of_growing(text, &shared.links)
    } else {
        Reading::of(text, &shared.links)
    };
    let mut parsed = Parsed::of(&arena, reading, shared, is_growing, refused);
    let unnamed = parsed.names.unmet(&parsed.reading.hidden);
    if !unnamed.is_empty() {
        // What seemed to name them stands in code: nobody else shows where they lead.
        let reading = Reading::showing(text, &shared.links, is_growing, unnamed);
        parsed = Parsed::of(&arena, reading, shared, is_growing, refused);
    }
    let Parsed {
        document,
        reading,
        names,
    } = parsed;
    let settling = Settling {
        arena: &arena,
        reading: &reading,
        highlighting: &mut shared.highlighting,
        is_growing,
    };
    settling.settle(document);
    let Ok(html) = format::write(document, &OPTIONS, is_growing) else {
        return Prose::plain(text);
    };
    let (html, ids) = shared
        .notes
        .linked(sanitize(html.trim_end()), &shared.links);
    let mut prose = Prose {
        html,
        missing: names.missing(),
        refused: refused.clone(),
        unmarked: BTreeSet::new(),
        ids,
    };
    prose.refuse_names_in_links(document, &reading.text);
    prose.wait_for_footnotes(&reading, shared);
    prose
}

impl Prose {
    /// A mark waits for its note, and a note for its first mark.
    fn wait_for_footnotes(&mut self, reading: &Reading, shared: &Shared) {
        if !shared.notes.are_linked() {
            return;
        }
        let is_missing = |name: &&String| !shared.links.has_note(name);
        let missing = reading.marks.iter().filter(is_missing);
        self.missing.extend(missing.cloned());
        let is_unmarked = |name: &&String| !shared.notes.has_mark(name);
        let unmarked = reading.notes.iter().filter(is_unmarked);
        self.unmarked.extend(unmarked.cloned());
    }

    /// A name that stands in the words of links alone waits for nothing: as a link it would take
    /// the one around it away.
    fn refuse_names_in_links(&mut self, document: Node<'_>, text: &str) {
        if self.missing.is_empty() {
            return;
        }
        let inside = tree::names_in_links(document);
        if inside.is_empty() {
            return;
        }
        let all = links::names_in(text);
        for (name, count) in inside {
            let is_elsewhere = all.get(&name).is_some_and(|&all| all > count);
            if !is_elsewhere && self.missing.remove(&name) {
                self.refused.insert(name);
            }
        }
    }
}

/// A reading that the parser has gone through.
struct Parsed<'a> {
    document: Node<'a>,
    reading: Reading,
    names: Arc<Names>,
}

impl<'a> Parsed<'a> {
    fn of(
        arena: &'a Arena<'a>,
        mut reading: Reading,
        shared: &mut Shared,
        is_growing: bool,
        refused: &BTreeSet<String>,
    ) -> Self {
        if is_growing {
            reading.text = repair(&reading.text);
        }
        shared.links.learn(&reading.links, &reading.notes);
        let names = Arc::new(Names::new(
            shared.links.known(),
            reading.links.clone(),
            refused.clone(),
        ));
        let mut options = OPTIONS.clone();
        let callback: Arc<dyn BrokenLinkCallback> = names.clone();
        options.parse.broken_link_callback = Some(callback);
        Self {
            document: parse_document(arena, &reading.text, &options),
            reading,
            names,
        }
    }
}
