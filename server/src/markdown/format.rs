//! The tree of blocks as HTML, where ours differs from the usual.
//!
//! Each block on the top level finds its own direction (`dir="auto"`), so that an English paragraph
//! of an Arabic answer runs from the left. What stands inside follows it: the search for letters
//! passes over elements that have a direction of their own.

use std::fmt::{Error, Write};

use comrak::{
    Node, Options, create_formatter,
    html::{ChildRendering, Context},
    nodes::{AlertType, ListType, NodeValue},
};

use super::{highlight::push_escaped, table};

/// What the writer knows of the blocks it is in.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The text goes on: what its last row holds is not known yet.
    pub(super) is_growing: bool,
}

create_formatter!(Formatter<State>, {
    NodeValue::Paragraph => |context, node, entering| {
        return paragraph(context, node, entering);
    },
    NodeValue::Heading(ref heading) => |context, node, entering| {
        if entering {
            context.cr()?;
            write!(context, "<h{}{}>", heading.level, direction(node))?;
        } else {
            write!(context, "</h{}>", heading.level)?;
            context.lf()?;
        }
    },
    NodeValue::BlockQuote => |context, node, entering| {
        context.cr()?;
        if entering {
            write!(context, "<blockquote{}>", direction(node))?;
        } else {
            context.write_str("</blockquote>")?;
        }
        context.lf()?;
    },
    NodeValue::List(ref list) => |context, node, entering| {
        let tag = if list.list_type == ListType::Bullet { "ul" } else { "ol" };
        if entering {
            context.cr()?;
            write!(context, "<{tag}{}", direction(node))?;
            if tag == "ol" && list.start != 1 {
                write!(context, " start=\"{}\"", list.start)?;
            }
            context.write_str(">")?;
        } else {
            write!(context, "</{tag}>")?;
        }
        context.lf()?;
    },
    NodeValue::TaskItem(ref task) => |context, node, entering| {
        return task_item(context, node, entering, task.symbol.is_some());
    },
    NodeValue::Table(_) => |context, node, entering| {
        return table_frame(context, node, entering);
    },
    NodeValue::TableCell => |context, node, entering| {
        return table_cell(context, node, entering);
    },
    NodeValue::Alert(ref alert) => |context, node, entering| {
        if entering {
            let (class, icon, usual) = alert_look(alert.alert_type);
            let mut title = String::new();
            push_escaped(alert.title.as_deref().unwrap_or(usual), &mut title);
            context.cr()?;
            write!(
                context,
                "<div class=\"alert{class}\"{}><span class=\"icon-{icon}\"></span><div>\
                 <p class=\"alert-title\">{title}</p>",
                direction(node)
            )?;
            context.lf()?;
        } else {
            context.cr()?;
            context.write_str("</div></div>")?;
            context.lf()?;
        }
    },
    // What is left of a link that leads nowhere.
    NodeValue::Superscript => |context| {
        context.write_str("")?;
    },
});

/// Writes a document as HTML.
pub(super) fn write(
    document: Node<'_>,
    options: &Options<'_>,
    is_growing: bool,
) -> Result<String, Error> {
    let mut html = String::new();
    let state = State { is_growing };
    Formatter::format_document(document, options, &mut html, state)?;
    Ok(html)
}

fn direction(node: Node<'_>) -> &'static str {
    let is_top = |parent: Node<'_>| matches!(parent.data().value, NodeValue::Document);
    if node.parent().is_some_and(is_top) {
        r#" dir="auto""#
    } else {
        ""
    }
}

/// Whether a paragraph is the words of a task, which name its box.
fn is_task(node: Node<'_>) -> bool {
    let is_first = node.previous_sibling().is_none();
    let is_item = |parent: Node<'_>| matches!(parent.data().value, NodeValue::TaskItem(_));
    is_first && node.parent().is_some_and(is_item)
}

fn paragraph(
    context: &mut Context<'_, '_, State>,
    node: Node<'_>,
    entering: bool,
) -> Result<ChildRendering, Error> {
    if is_task(node) {
        context.write_str(if entering {
            "<span>"
        } else {
            "</span></label>"
        })?;
        return Ok(ChildRendering::HTML);
    }
    let first = node.first_child();
    let starts = |start: &str| {
        first.is_some_and(
            |node| matches!(&node.data().value, NodeValue::Raw(html) if html.starts_with(start)),
        )
    };
    if starts("<details") || starts("</details") || starts("<summary") {
        if !entering {
            context.lf()?;
        }
        return Ok(ChildRendering::HTML);
    }
    let is_tight = node
        .parent()
        .and_then(comrak::nodes::AstNode::parent)
        .is_some_and(|list| matches!(&list.data().value, NodeValue::List(list) if list.tight));
    if is_tight {
        return comrak::html::format_node_default(context, node, entering);
    }
    if entering {
        let class = if starts("<sup class=\"footnote-number") {
            " class=\"footnote\""
        } else {
            ""
        };
        context.cr()?;
        write!(context, "<p{class}{}>", direction(node))?;
    } else {
        context.write_str("</p>")?;
        context.lf()?;
    }
    Ok(ChildRendering::HTML)
}

fn task_item(
    context: &mut Context<'_, '_, State>,
    node: Node<'_>,
    entering: bool,
    is_done: bool,
) -> Result<ChildRendering, Error> {
    if !entering {
        context.write_str("</li>")?;
        context.lf()?;
        return Ok(ChildRendering::HTML);
    }
    context.cr()?;
    let checked = if is_done { " checked" } else { "" };
    let has_words = node
        .first_child()
        .is_some_and(|child| matches!(child.data().value, NodeValue::Paragraph));
    if has_words {
        write!(
            context,
            "<li class=\"task\"><label><input type=\"checkbox\" class=\"check\"{checked} disabled>"
        )?;
    } else {
        context.write_str(if is_done { "<li>☑ " } else { "<li>☐ " })?;
    }
    Ok(ChildRendering::HTML)
}

/// A table scrolls in a frame that the keyboard reaches.
fn table_frame(
    context: &mut Context<'_, '_, State>,
    node: Node<'_>,
    entering: bool,
) -> Result<ChildRendering, Error> {
    if !entering {
        comrak::html::format_node_default(context, node, entering)?;
        context.write_str("</div>")?;
        context.lf()?;
        return Ok(ChildRendering::HTML);
    }
    let mut name = String::new();
    push_escaped(&table::name(node), &mut name);
    let name = name.replace('"', "&quot;");
    let classes = table::classes(node, context.user.is_growing);
    let classes = match classes.as_str() {
        "" => classes,
        some => format!(" class=\"{some}\""),
    };
    context.cr()?;
    write!(
        context,
        "<div class=\"table-scroll\" role=\"group\" tabindex=\"0\" \
         aria-label=\"Table: {name}\"{}><table{classes}>",
        direction(node)
    )?;
    context.lf()?;
    Ok(ChildRendering::HTML)
}

/// A headline without words is no headline to a screen reader.
fn table_cell(
    context: &mut Context<'_, '_, State>,
    node: Node<'_>,
    entering: bool,
) -> Result<ChildRendering, Error> {
    let is_headline = node
        .parent()
        .is_some_and(|row| matches!(row.data().value, NodeValue::TableRow(true)));
    if !is_headline || node.first_child().is_some() {
        return comrak::html::format_node_default(context, node, entering);
    }
    if entering {
        context.cr()?;
        context.write_str("<td></td>")?;
    }
    Ok(ChildRendering::HTML)
}

fn alert_look(kind: AlertType) -> (&'static str, &'static str, &'static str) {
    match kind {
        AlertType::Note => ("", "info", "Note"),
        AlertType::Tip => ("", "info", "Tip"),
        AlertType::Important => ("", "info", "Important"),
        AlertType::Warning => (" warning", "warning", "Warning"),
        AlertType::Caution => (" warning", "warning", "Caution"),
    }
}
