//! What is changed in the tree of blocks between reading and writing.

use std::collections::HashMap;

use comrak::{
    Arena, Node,
    nodes::{AstNode, NodeLink, NodeValue},
};

use super::{
    budget::Highlighting,
    code, han, links, math, plain,
    reading::{Atom, Piece, Reading, Tag},
};

/// Characters of a link's words that are looked through for names.
const MAX_WORDS_CHARS: usize = 4096;
/// Longest address shown of an image that is none, in characters.
const MAX_DEAD_CHARS: usize = 60;

/// Puts our HTML for code, maths and tags into the tree, and links in the place of images.
pub(super) struct Settling<'a, 'r> {
    pub(super) arena: &'a Arena<'a>,
    pub(super) reading: &'r Reading,
    pub(super) highlighting: &'r mut Highlighting,
    pub(super) is_growing: bool,
}

impl<'a> Settling<'a, '_> {
    pub(super) fn settle(mut self, document: Node<'a>) {
        let nodes: Vec<Node<'a>> = document.descendants().collect();
        for node in &nodes {
            self.replace(node);
        }
        let has_atoms = Reading::has_atom(&self.reading.text);
        for node in &nodes {
            if matches!(node.data().value, NodeValue::SoftBreak) {
                join_wide(node);
            }
        }
        if has_atoms {
            let parents = nodes.iter().filter(|node| node.first_child().is_some());
            for parent in parents {
                self.put_atoms(parent);
            }
        }
    }

    fn replace(&mut self, node: Node<'a>) {
        let value = std::mem::replace(&mut node.data_mut().value, NodeValue::SoftBreak);
        let value = match value {
            NodeValue::CodeBlock(block) => {
                let info = self.reading.restored(&block.info);
                let text = self.reading.restored(&block.literal);
                NodeValue::Raw(code::render(&info, &text, self.highlighting))
            }
            NodeValue::Code(mut code) => {
                code.literal = self.reading.restored(&code.literal);
                NodeValue::Code(code)
            }
            // Raw HTML is shown as the text that it is.
            NodeValue::HtmlBlock(html) => {
                NodeValue::Raw(plain::render(&self.reading.restored(&html.literal)))
            }
            NodeValue::HtmlInline(html) => NodeValue::Text(self.reading.restored(&html).into()),
            NodeValue::Alert(mut alert) => {
                let title = alert.title.take();
                alert.title = title.map(|title| self.reading.restored(&title));
                NodeValue::Alert(alert)
            }
            NodeValue::Link(link) => self.link(node, *link),
            // A remote image would tell its server who reads which chat.
            NodeValue::Image(link) => self.image(node, *link),
            other => other,
        };
        node.data_mut().value = value;
    }

    fn append_text(&self, node: Node<'a>, text: String) {
        node.append(
            self.arena
                .alloc(AstNode::from(NodeValue::Text(text.into()))),
        );
    }

    fn image(&self, node: Node<'a>, link: NodeLink) -> NodeValue {
        if node.first_child().is_none() {
            let address: String = link.url.chars().take(MAX_DEAD_CHARS).collect();
            let rest = if address.len() < link.url.len() {
                "…"
            } else {
                ""
            };
            self.append_text(node, address + rest);
        }
        self.link(node, link)
    }

    /// A link that leads somewhere; one that does not is its words.
    fn link(&self, node: Node<'a>, mut link: NodeLink) -> NodeValue {
        link.url = self.reading.restored(&link.url);
        link.title = self.reading.restored(&link.title);
        let schemes = ["http://", "https://", "mailto:"];
        let leads = schemes.iter().any(|scheme| {
            let start = link.url.get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        if !leads {
            // A container that the writer gives no look.
            return NodeValue::Superscript;
        }
        self.end_before_punctuation(node, &mut link);
        NodeValue::Link(Box::new(link))
    }

    /// An address in Chinese text ends before the comma that follows it without a space.
    fn end_before_punctuation(&self, node: Node<'a>, link: &mut NodeLink) {
        let Some(child) = node.first_child().filter(|it| it.next_sibling().is_none()) else {
            return;
        };
        let shown = match &child.data().value {
            NodeValue::Text(text) => text.to_string(),
            _ => return,
        };
        let is_address = self.reading.restored(&shown);
        let Some(missing) = link.url.len().checked_sub(is_address.len()) else {
            return;
        };
        if !link.url.ends_with(&is_address) || !matches!(missing, 0 | 7) {
            return;
        }
        let Some(end) = shown.find(han::is_punctuation) else {
            return;
        };
        let behind = shown[end..].to_owned();
        link.url
            .truncate(missing + self.reading.restored(&shown[..end]).len());
        child.data_mut().value = NodeValue::Text(shown[..end].to_owned().into());
        let text = AstNode::from(NodeValue::Text(behind.into()));
        node.insert_after(self.arena.alloc(text));
    }

    /// Cuts the texts of a parent at their atoms and puts HTML in the place of these.
    fn put_atoms(&self, parent: Node<'a>) {
        let mut tags: Vec<(Node<'a>, Tag, String)> = Vec::new();
        let children: Vec<Node<'a>> = parent.children().collect();
        for child in children {
            let text = match &child.data().value {
                NodeValue::Text(text) if Reading::has_atom(text) => text.to_string(),
                _ => continue,
            };
            let mut last = child;
            child.data_mut().value = NodeValue::Text("".into());
            for piece in self.reading.pieces(&text) {
                let value = match piece {
                    Piece::Text(text) => NodeValue::Text(text.to_owned().into()),
                    Piece::Atom(atom, source) => html_of(atom, source),
                };
                let node = self.arena.alloc(AstNode::from(value));
                last.insert_after(node);
                last = node;
                if let Piece::Atom(Atom::Tag(tag), source) = piece {
                    tags.push((node, *tag, source.to_owned()));
                }
            }
            child.detach();
        }
        self.pair_tags(parent, tags);
    }

    /// A tag without its other half is text.
    fn pair_tags(&self, parent: Node<'a>, tags: Vec<(Node<'a>, Tag, String)>) {
        let mut open: Vec<(Node<'a>, &'static str, String)> = Vec::new();
        for (node, tag, source) in tags {
            let Tag::Inline { name, is_end } = tag else {
                continue;
            };
            if !is_end {
                open.push((node, name, source));
                continue;
            }
            match open.iter().rposition(|(_, other, _)| *other == name) {
                Some(at) => {
                    for (node, _, source) in open.drain(at + 1..) {
                        node.data_mut().value = NodeValue::Text(source.into());
                    }
                    open.pop();
                }
                None => node.data_mut().value = NodeValue::Text(source.into()),
            }
        }
        while let Some((node, name, source)) = open.pop() {
            if self.is_growing {
                let end = AstNode::from(NodeValue::Raw(format!("</{name}>")));
                parent.append(self.arena.alloc(end));
            } else {
                node.data_mut().value = NodeValue::Text(source.into());
            }
        }
    }
}

fn html_of(atom: &Atom, source: &str) -> NodeValue {
    NodeValue::Raw(match atom {
        Atom::Formula { latex, is_display } => math::render(latex, *is_display),
        Atom::Growing => math::growing(source),
        Atom::Tag(Tag::Break) => String::from("<br>"),
        Atom::Tag(Tag::Inline { name, is_end }) => {
            let sign = if *is_end { "/" } else { "" };
            format!("<{sign}{name}>")
        }
        Atom::Tag(Tag::Block { name, is_end }) => match (*name, *is_end) {
            (name, true) => format!("</{name}>"),
            ("summary", false) => String::from(r#"<summary dir="auto">"#),
            (name, false) => format!("<{name}>"),
        },
        Atom::NoteMark(label) => format!(r#"<sup class="footnote-mark">{label}</sup>"#),
        Atom::NoteStart(label) => format!(r#"<sup class="footnote-number">{label}</sup> "#),
        Atom::Text => return NodeValue::Text(source.to_owned().into()),
    })
}

/// Between two characters that stand without a space an end of a line is none either.
fn join_wide(node: Node<'_>) {
    let before = node.previous_sibling().and_then(last_char);
    let behind = node.next_sibling().and_then(first_char);
    if before.is_some_and(han::is_wide) && behind.is_some_and(han::is_wide) {
        node.detach();
    }
}

fn last_char(node: Node<'_>) -> Option<char> {
    let mut node = node;
    while let Some(child) = node.last_child() {
        node = child;
    }
    literal_of(node, |text| text.chars().next_back())
}

fn first_char(node: Node<'_>) -> Option<char> {
    let mut node = node;
    while let Some(child) = node.first_child() {
        node = child;
    }
    literal_of(node, |text| text.chars().next())
}

fn literal_of<T>(node: Node<'_>, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    match &node.data().value {
        NodeValue::Text(text) => read(text),
        _ => None,
    }
}

/// Names in brackets that stand in the words of links, and how often.
pub(super) fn names_in_links(document: Node<'_>) -> HashMap<String, usize> {
    let mut names: HashMap<String, usize> = HashMap::new();
    for node in document.descendants() {
        if !matches!(node.data().value, NodeValue::Link(_)) {
            continue;
        }
        let words = text_of(node, MAX_WORDS_CHARS);
        for (name, count) in links::names_in(&words) {
            *names.entry(name).or_default() += count;
        }
    }
    names
}

/// The text of a node, up to about so many characters.
pub(super) fn text_of(node: Node<'_>, max_chars: usize) -> String {
    let mut text = String::new();
    for node in node.descendants() {
        match &node.data().value {
            NodeValue::Text(part) => text.push_str(part),
            NodeValue::Code(code) => text.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => text.push(' '),
            // A formula is as long as it looks, which nobody knows; a tag has no length.
            NodeValue::Raw(html) if html.starts_with("<math") => text.push_str(" formula "),
            _ => {}
        }
        if text.len() > 4 * max_chars {
            break;
        }
    }
    text
}
