//! The HTML that models write and that is shown: nine tags, without any attribute.

/// Tags that stand in a line, their names.
const INLINE: &[&str] = &["kbd", "mark", "sub", "sup", "u"];
/// Tags that stand around blocks.
const BLOCKS: &[&str] = &["details", "summary"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Tag {
    Break,
    Inline { name: &'static str, is_end: bool },
    Block { name: &'static str, is_end: bool },
}

impl Tag {
    /// The tag that a text begins with, and its bytes. Attributes are left out.
    pub(super) fn read(text: &str) -> Option<(Self, usize)> {
        let rest = text.strip_prefix('<')?;
        let is_end = rest.starts_with('/');
        let rest = if is_end { &rest[1..] } else { rest };
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (name, rest) = rest.split_at(letters);
        let end = rest.find(['>', '<', '\n', '`'])?;
        if !rest[end..].starts_with('>') {
            return None;
        }
        let attributes = rest[..end].trim_end_matches('/');
        let has_some = !attributes.trim().is_empty();
        let length = text.len() - rest.len() + end + 1;
        let named = |names: &[&'static str]| {
            let is_same = |known: &&&str| known.eq_ignore_ascii_case(name);
            names.iter().find(is_same).copied()
        };
        if named(&["br"]).is_some() {
            return (!has_some).then_some((Self::Break, length));
        }
        if has_some && attributes.trim() != "open" {
            return None;
        }
        let inline = named(INLINE).map(|name| Self::Inline { name, is_end });
        let block = || named(BLOCKS).map(|name| Self::Block { name, is_end });
        Some((inline.or_else(block)?, length))
    }
    /// Whether a line opens what can be folded: it names nothing else but what is always seen.
    pub(in super::super) fn opens_details(line: &str) -> bool {
        let text = line.trim();
        let Some((
            Self::Block {
                name: "details",
                is_end: false,
            },
            bytes,
        )) = Self::read(text)
        else {
            return false;
        };
        text.len() == bytes || text[bytes..].trim_start().starts_with("<summary")
    }
}
