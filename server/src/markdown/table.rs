//! What the columns of a table hold: numbers stand below each other, short words stay together.

use comrak::{Node, nodes::NodeValue};

use super::tree::text_of;

/// Characters of the longest cell of a column that is never broken.
const MAX_SHORT_CHARS: usize = 16;
/// Characters of a table's name, which is made of its header.
const MAX_NAME_CHARS: usize = 60;

/// Columns that the style sheet knows by their number.
const MAX_COLUMNS: usize = 8;

/// Classes of a table that say what its columns hold: in one place, because a class for each cell
/// would double the bytes of a table. The last row may be cut off in the middle while it grows: it
/// says nothing then.
pub(super) fn classes(table: Node<'_>, is_growing: bool) -> String {
    let num_columns = match &table.data().value {
        NodeValue::Table(table) => table.num_columns.min(MAX_COLUMNS),
        _ => 0,
    };
    let mut rows: Vec<Node<'_>> = table.children().collect();
    if is_growing && rows.len() > 2 {
        rows.pop();
    }
    let mut columns = vec![Column::default(); num_columns];
    for (row, node) in rows.iter().enumerate() {
        for (column, cell) in columns.iter_mut().zip(node.children()) {
            column.meet(&text_of(cell, MAX_SHORT_CHARS + 1), row == 0);
        }
    }
    let classes = columns.iter().enumerate().filter_map(|(at, column)| {
        let class = column.class()?;
        Some(format!("{class}-{}", at + 1))
    });
    classes.collect::<Vec<_>>().join(" ")
}

/// What the cells of a column have in common.
#[derive(Clone, Debug, Default)]
struct Column {
    longest: usize,
    num_numbers: usize,
    has_words: bool,
}

impl Column {
    fn meet(&mut self, text: &str, is_header: bool) {
        let text = text.trim();
        self.longest = self.longest.max(text.chars().count());
        if is_header || text.is_empty() {
            return;
        }
        if is_number(text) {
            self.num_numbers += 1;
        } else {
            self.has_words = true;
        }
    }

    fn class(&self) -> Option<&'static str> {
        let is_short = self.longest <= MAX_SHORT_CHARS;
        let is_number = self.num_numbers > 0 && !self.has_words;
        is_short.then_some(if is_number { "number" } else { "short" })
    }
}

/// An amount: digits with what is written around them.
fn is_number(text: &str) -> bool {
    let signs = "+-−–±~≈<>$€£¥₹%‰.,:/'’ \u{a0}\u{202f}°×()";
    let mut digits = 0;
    let is_amount = text.chars().all(|c| {
        digits += usize::from(c.is_ascii_digit());
        c.is_ascii_digit() || signs.contains(c)
    });
    let is_none = matches!(text, "-" | "–" | "—");
    (is_amount && digits > 0) || is_none
}

/// What a table is called: the words of its header.
pub(super) fn name(table: Node<'_>) -> String {
    let mut name = String::new();
    let Some(header) = table.first_child() else {
        return name;
    };
    for cell in header.children() {
        let words = text_of(cell, MAX_NAME_CHARS);
        let words = words.trim();
        if words.is_empty() || name.chars().count() + words.chars().count() > MAX_NAME_CHARS {
            continue;
        }
        if !name.is_empty() {
            name.push_str(", ");
        }
        name.push_str(words);
    }
    name
}
