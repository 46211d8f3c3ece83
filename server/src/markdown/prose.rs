//! Everything but top-level fences: `CommonMark` with GFM's extensions, by comrak.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::LazyLock,
};

use comrak::{
    Arena, Node, Options, format_html,
    nodes::{AstNode, NodeValue},
    parse_document,
};

use super::{
    budget::{self, Highlighting},
    code, math, plain,
    repair::repair,
    sanitize::sanitize,
};

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.math_dollars = true;
    options.extension.math_latex = true;
    options.extension.cjk_friendly_emphasis = true;
    // Raw HTML is shown as the text that it is.
    options.render.escape = true;
    options
});

/// HTML of complete blocks.
pub(super) fn render(text: &str, highlighting: &mut Highlighting) -> String {
    render_checked(text, text, highlighting)
}

/// HTML of the text, or the text `shown` as it is if that would be too much.
fn render_checked(text: &str, shown: &str, highlighting: &mut Highlighting) -> String {
    let html = budget::is_affordable(text).then(|| {
        // A parser that gives up over a text must not keep anybody from reading it.
        let render = AssertUnwindSafe(|| render_markdown(text, highlighting));
        catch_unwind(render)
    });
    match html {
        Some(Ok(html)) => html,
        Some(Err(_)) => {
            tracing::error!(
                num_bytes = text.len(),
                "a text is shown as it is after a panic"
            );
            plain::render(shown)
        }
        None => plain::render(shown),
    }
}

fn render_markdown(text: &str, highlighting: &mut Highlighting) -> String {
    #[cfg(test)]
    super::tests::meet_faults(text);
    let arena = Arena::new();
    let document = parse_document(&arena, text, &OPTIONS);
    let nodes: Vec<Node<'_>> = document.descendants().collect();
    for node in nodes {
        replace(&arena, node, highlighting);
    }
    let mut html = String::new();
    if format_html(document, &OPTIONS, &mut html).is_err() {
        return plain::render(text);
    }
    sanitize(html.trim_end())
}

/// HTML of blocks that still grow: open emphasis, code and links are closed for the eye.
pub(super) fn render_pending(text: &str, mut highlighting: Highlighting) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    if !budget::is_affordable(text) {
        return plain::render(text);
    }
    render_checked(&repair(text), text, &mut highlighting)
}

/// Puts our HTML for code and maths into the tree, and links in the place of images.
fn replace<'a>(arena: &'a Arena<'a>, node: Node<'a>, highlighting: &mut Highlighting) {
    let value = std::mem::replace(&mut node.data_mut().value, NodeValue::SoftBreak);
    let value = match value {
        NodeValue::CodeBlock(block) => {
            NodeValue::Raw(code::render(&block.info, &block.literal, highlighting))
        }
        NodeValue::Math(math) => NodeValue::Raw(math::render(&math.literal, math.display_math)),
        // A remote image would tell its server who reads which chat.
        NodeValue::Image(link) => {
            if node.first_child().is_none() {
                let text = NodeValue::Text(link.url.clone().into());
                node.append(arena.alloc(AstNode::from(text)));
            }
            NodeValue::Link(link)
        }
        other => other,
    };
    node.data_mut().value = value;
}
