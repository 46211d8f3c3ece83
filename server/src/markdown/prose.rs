//! Everything but top-level fences: `CommonMark` with GFM's extensions, by comrak.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use comrak::{Arena, Options, parse_document};

use super::{
    budget::{self, Highlighting},
    format,
    links::Links,
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
}

/// HTML of complete blocks.
pub(super) fn render(text: &str, shared: &mut Shared) -> String {
    render_checked(text, shared, false)
}

/// HTML of blocks that still grow: open emphasis, code and links are closed for the eye.
pub(super) fn render_pending(text: &str, shared: &Shared) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    render_checked(text, &mut shared.clone(), true)
}

/// HTML of the text, or the text as it is if that would be too much.
fn render_checked(text: &str, shared: &mut Shared, is_growing: bool) -> String {
    let html = budget::is_affordable(text).then(|| {
        // A parser that gives up over a text must not keep anybody from reading it.
        let render = AssertUnwindSafe(|| render_markdown(text, shared, is_growing));
        catch_unwind(render)
    });
    match html {
        Some(Ok(html)) => html,
        Some(Err(_)) => {
            tracing::error!(
                num_bytes = text.len(),
                "a text is shown as it is after a panic"
            );
            plain::render(text)
        }
        None => plain::render(text),
    }
}

fn render_markdown(text: &str, shared: &mut Shared, is_growing: bool) -> String {
    #[cfg(test)]
    super::tests::meet_faults(text);
    let mut reading = if is_growing {
        Reading::of_growing(text)
    } else {
        Reading::of(text)
    };
    if is_growing {
        reading.text = repair(&reading.text);
    }
    let named = shared.links.named_in(&reading.text, &reading.links);
    shared.links.learn(&reading.links);
    let arena = Arena::new();
    let document = parse_document(&arena, &(named + &reading.text), &OPTIONS);
    let settling = Settling {
        arena: &arena,
        reading: &reading,
        highlighting: &mut shared.highlighting,
        is_growing,
    };
    settling.settle(document);
    match format::write(document, &OPTIONS, is_growing) {
        Ok(html) => sanitize(html.trim_end()),
        Err(_) => plain::render(text),
    }
}
