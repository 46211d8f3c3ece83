//! Paragraphs, lists and tables of a document, in their order.

use std::{collections::HashMap, ops::ControlFlow};

use super::{
    LEFT_OUT,
    styles::{ListPlace, Styles, level},
};
use crate::extract::{
    table::Table,
    written::Written,
    xml::{Node, attribute},
};

/// Columns that a cell says it has at most: no page is wider.
const MAX_SPAN: usize = 64;

/// A paragraph that has begun; one may stand in another's text box.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: Option<String>,
    place: Option<ListPlace>,
    outline: Option<u8>,
    /// Within what is said about it, where a tab is a place and no character.
    is_described: bool,
}

/// What is between the beginning of the document and its end.
pub(super) struct Body<'a> {
    styles: &'a Styles,
    written: &'a mut Written,
    paragraphs: Vec<Paragraph>,
    /// The outermost table, and how many stand in each other.
    table: Option<(Table, usize)>,
    span: usize,
    /// Elements that are left out, in each other.
    left_out: usize,
    /// Within an element that holds text: what stands elsewhere is how the file is laid out.
    is_text: bool,
    /// Items so far.
    numbers: HashMap<ListPlace, u32>,
    /// The last block was an item of a list.
    is_after_item: bool,
}

impl<'a> Body<'a> {
    pub(super) fn new(styles: &'a Styles, written: &'a mut Written) -> Self {
        Self {
            styles,
            written,
            paragraphs: Vec::new(),
            table: None,
            span: 1,
            left_out: 0,
            is_text: false,
            numbers: HashMap::new(),
            is_after_item: false,
        }
    }

    pub(super) fn see(&mut self, node: Node<'_>) -> ControlFlow<()> {
        match node {
            Node::Start(start) => {
                let name = start.local_name().into_inner();
                self.left_out += usize::from(LEFT_OUT.contains(&name));
                if self.left_out == 0 {
                    self.start(name, |attribute_name| attribute(start, attribute_name));
                }
            }
            Node::End(name) if LEFT_OUT.contains(&name) => {
                self.left_out = self.left_out.saturating_sub(1);
            }
            Node::Text(text) if self.is_text => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.text.push_str(text);
                }
            }
            Node::End(name) if self.left_out == 0 => self.close(name),
            Node::End(_) | Node::Text(_) => {}
        }
        if self.written.is_full() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Writes what a document that breaks off has left.
    pub(super) fn end(&mut self) {
        while !self.paragraphs.is_empty() {
            self.end_paragraph();
        }
        self.write_table();
    }

    fn start(&mut self, name: &str, attribute: impl Fn(&str) -> Option<String>) {
        match name {
            "p" => self.paragraphs.push(Paragraph::default()),
            "t" => self.is_text = true,
            "tbl" => match &mut self.table {
                Some((_, depth)) => *depth += 1,
                None => self.table = Some((Table::default(), 1)),
            },
            "gridSpan" if matches!(&self.table, Some((_, 1))) => {
                let span = attribute("val").and_then(|span| span.parse().ok());
                self.span = span.unwrap_or(1).min(MAX_SPAN);
            }
            _ => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.start(name, attribute);
                }
            }
        }
    }

    fn close(&mut self, name: &str) {
        let is_outermost = matches!(&self.table, Some((_, 1)));
        match name {
            "p" => self.end_paragraph(),
            "t" => self.is_text = false,
            "pPr" => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.is_described = false;
                }
            }
            "tc" if is_outermost => {
                let span = std::mem::replace(&mut self.span, 1);
                if let Some((table, _)) = &mut self.table {
                    table.end_cell(span);
                }
            }
            "tr" if is_outermost => {
                if let Some((table, _)) = &mut self.table {
                    table.end_row();
                }
            }
            "tbl" if is_outermost => self.write_table(),
            "tbl" => {
                if let Some((_, depth)) = &mut self.table {
                    *depth -= 1;
                }
            }
            _ => {}
        }
    }

    fn write_table(&mut self) {
        if let Some((table, _)) = self.table.take() {
            self.written.push_block(&table.into_markdown());
            self.is_after_item = false;
        }
    }

    fn end_paragraph(&mut self) {
        let Some(paragraph) = self.paragraphs.pop() else {
            return;
        };
        let text = paragraph.text.trim();
        if let Some((table, _)) = &mut self.table {
            table.cell.push_str(text);
            table.end_line();
            return;
        }
        if text.is_empty() {
            return;
        }
        let style = paragraph.style.as_deref().unwrap_or_default();
        let outline = paragraph.outline.map(|level| (level + 1).min(6));
        if let Some(level) = outline.or_else(|| self.styles.heading(style)) {
            let text = text.replace('\n', " ");
            let marks = "#".repeat(usize::from(level));
            self.written.push_block(&format!("{marks} {text}"));
            self.is_after_item = false;
            return;
        }
        // A list of the number 0 takes a paragraph out of the list of its style.
        let place = paragraph.place.or_else(|| self.styles.list(style));
        let place = place.filter(|place| !matches!(place.list.as_str(), "" | "0"));
        if let Some(place) = place {
            self.write_item(place, text);
        } else {
            self.written.push_block(text);
            self.is_after_item = false;
        }
    }

    fn write_item(&mut self, place: ListPlace, text: &str) {
        let indent = "  ".repeat(usize::from(place.level));
        let item = if self.styles.is_numbered(&place) {
            // What stands deeper begins anew.
            self.numbers
                .retain(|other, _| other.list != place.list || other.level <= place.level);
            let number = self.numbers.entry(place).or_default();
            *number += 1;
            format!("{indent}{number}. {text}")
        } else {
            format!("{indent}- {text}")
        };
        if self.is_after_item {
            self.written.push_line(&item);
        } else {
            self.written.push_block(&item);
        }
        self.is_after_item = true;
    }
}

impl Paragraph {
    fn start(&mut self, name: &str, attribute: impl Fn(&str) -> Option<String>) {
        let value = || attribute("val");
        match name {
            "pPr" => self.is_described = true,
            "pStyle" => self.style = value(),
            "outlineLvl" => self.outline = level(value()),
            "ilvl" => self.place_mut().level = level(value()).unwrap_or_default(),
            "numId" => self.place_mut().list = value().unwrap_or_default(),
            "tab" | "ptab" if !self.is_described => self.text.push('\t'),
            "br" | "cr" => self.text.push('\n'),
            "noBreakHyphen" => self.text.push('-'),
            "footnoteReference" | "endnoteReference" => {
                if let Some(id) = attribute("id") {
                    let mark = if name == "endnoteReference" { "e" } else { "" };
                    self.text.extend(["[^", mark, &id, "]"]);
                }
            }
            _ => {}
        }
    }

    fn place_mut(&mut self) -> &mut ListPlace {
        self.place.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::xml::walk;

    fn text_of(document: &str) -> String {
        let styles = Styles::read(
            "<w:styles><w:style w:styleId='1'><w:name w:val='heading 1'/></w:style>\
             <w:style w:styleId='mine'><w:name w:val='Mine'/><w:basedOn w:val='1'/></w:style>\
             </w:styles>",
            "<w:numbering><w:abstractNum w:abstractNumId='7'><w:lvl w:ilvl='0'>\
             <w:numFmt w:val='decimal'/></w:lvl><w:lvl w:ilvl='1'><w:numFmt w:val='bullet'/>\
             </w:lvl></w:abstractNum><w:num w:numId='3'><w:abstractNumId w:val='7'/></w:num>\
             </w:numbering>",
        );
        let mut written = Written::new(1 << 16);
        let mut body = Body::new(&styles, &mut written);
        walk(document, |node| body.see(node)).unwrap();
        body.end();
        written.into_parts().0
    }

    fn item(level: u8, text: &str) -> String {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='3'/></w:numPr></w:pPr>\
             <w:r><w:t>{text}</w:t></w:r></w:p>"
        )
    }

    #[test]
    fn headings_and_lists_have_their_marks() {
        let items = [item(0, "a"), item(1, "b"), item(0, "c")].concat();
        let document = format!(
            "<w:body>\n<w:p><w:pPr><w:pStyle w:val='mine'/></w:pPr><w:r><w:t>Rain</w:t></w:r>\
             </w:p>{items}<w:p><w:r><w:t>end</w:t><w:tab/><w:t>1</w:t></w:r></w:p></w:body>"
        );
        let expected = "# Rain\n\n1. a\n  - b\n2. c\n\nend\t1\n";
        assert_eq!(text_of(&document), expected);
    }

    #[test]
    fn deleted_text_is_left_out_and_added_text_is_there() {
        let document = "<w:p><w:r><w:t xml:space='preserve'>one </w:t></w:r><w:del><w:r>\
            <w:delText>two</w:delText><w:t>gone</w:t></w:r></w:del><w:ins><w:r><w:t>three</w:t>\
            </w:r></w:ins><w:r><w:instrText>PAGE</w:instrText><w:footnoteReference w:id='2'/>\
            </w:r></w:p>";
        assert_eq!(text_of(document), "one three[^2]\n");
    }

    #[test]
    fn a_table_has_its_cells_in_their_columns() {
        let cell = |text: &str| format!("<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>");
        let wide = "<w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r>\
            </w:p><w:p><w:r><w:t>y</w:t></w:r></w:p></w:tc>";
        let document = format!(
            "<w:tbl><w:tr>{}{}</w:tr><w:tr>{wide}</w:tr><w:tr><w:tc><w:tbl><w:tr>{}</w:tr>\
             </w:tbl><w:p/></w:tc></w:tr></w:tbl>",
            cell("a"),
            cell("b"),
            cell("inner"),
        );
        let expected = "| a | b |\n| --- | --- |\n| x<br>y |  |\n| inner |  |\n";
        assert_eq!(text_of(&document), expected);
    }
}
