//! Everything but top-level fences: `CommonMark` with GFM's extensions, by comrak.

use std::{
    collections::BTreeSet,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use comrak::{
    Arena, Options, ResolvedReference,
    options::{BrokenLinkCallback, BrokenLinkReference},
    parse_document,
};

use super::{
    budget::{self, Highlighting},
    format,
    links::{self, Links},
    notes::Notes,
    plain,
    reading::Reading,
    repair::repair,
    sanitize::sanitize,
    tree::Settling,
};

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
}

impl Prose {
    fn plain(text: &str) -> Self {
        Self {
            html: plain::render(text),
            missing: BTreeSet::new(),
        }
    }
}

/// The names that the parser meets and finds no definition of: it alone knows which brackets stand
/// in code.
#[derive(Debug, Default)]
struct Missing(Mutex<BTreeSet<String>>);

impl BrokenLinkCallback for Missing {
    fn resolve(&self, link: BrokenLinkReference<'_>) -> Option<ResolvedReference> {
        if link.original.len() > links::MAX_NAME_BYTES {
            return None;
        }
        let name = links::normalized(link.original);
        if !name.is_empty() {
            let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            names.insert(name);
        }
        None
    }
}

/// Complete blocks.
pub(super) fn render(text: &str, shared: &mut Shared) -> Prose {
    render_checked(text, shared, false)
}

/// HTML of blocks that still grow: open emphasis, code and links are closed for the eye.
pub(super) fn render_pending(text: &str, shared: &Shared) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    render_checked(text, &mut shared.clone(), true).html
}

/// Takes over what blocks that still grow define so far.
pub(super) fn learn(text: &str, shared: &mut Shared) {
    if budget::is_affordable(text) {
        let reading = Reading::of_growing(text, &shared.links);
        shared.links.learn(&reading.links, &reading.notes);
    }
}

/// The text rendered, or the text as it is if that would be too much.
fn render_checked(text: &str, shared: &mut Shared, is_growing: bool) -> Prose {
    let prose = budget::is_affordable(text).then(|| {
        // A parser that gives up over a text must not keep anybody from reading it.
        let render = AssertUnwindSafe(|| render_markdown(text, shared, is_growing));
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

fn render_markdown(text: &str, shared: &mut Shared, is_growing: bool) -> Prose {
    #[cfg(test)]
    super::tests::meet_faults(text);
    let mut reading = if is_growing {
        Reading::of_growing(text, &shared.links)
    } else {
        Reading::of(text, &shared.links)
    };
    if is_growing {
        reading.text = repair(&reading.text);
    }
    let named = shared.links.named_in(&reading.text, &reading.links);
    shared.links.learn(&reading.links, &reading.notes);
    let arena = Arena::new();
    let missing = Arc::new(Missing::default());
    let mut options = OPTIONS.clone();
    if !is_growing {
        let callback: Arc<dyn BrokenLinkCallback> = missing.clone();
        options.parse.broken_link_callback = Some(callback);
    }
    let document = parse_document(&arena, &(named + &reading.text), &options);
    let settling = Settling {
        arena: &arena,
        reading: &reading,
        highlighting: &mut shared.highlighting,
        is_growing,
    };
    settling.settle(document);
    let Ok(html) = format::write(document, &options, is_growing) else {
        return Prose::plain(text);
    };
    let mut names = missing.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut missing = mem::take(&mut *names);
    if shared.notes.are_linked() {
        let is_missing = |name: &&String| !shared.links.has_note(name);
        missing.extend(reading.marks.iter().filter(is_missing).cloned());
    }
    let html = sanitize(html.trim_end());
    Prose {
        html: shared.notes.linked(html, &shared.links),
        missing,
    }
}
