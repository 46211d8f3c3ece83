//! Documents of Word (ECMA-376, part 1, 17), as Markdown: headings, paragraphs, lists, tables and
//! notes. What a revision removed is left out, what it added is there.

mod body;
mod styles;

use std::ops::ControlFlow;

use super::{
    ExtractError,
    archive::Archive,
    encoding::decode_xml,
    written::Written,
    xml::{Node, attribute, walk},
};
use body::Body;
use styles::Styles;

/// Elements whose content is not the document's: what was deleted or moved away, how paragraphs
/// were before, and what stands there a second time for older programs.
const LEFT_OUT: [&str; 4] = ["del", "moveFrom", "pPrChange", "Fallback"];

/// Writes the text of a document.
pub(super) fn write(
    bytes: &[u8],
    max_unpacked: u64,
    written: &mut Written,
) -> Result<(), ExtractError> {
    let mut archive = Archive::open(bytes, max_unpacked)?;
    let missing = || ExtractError::Damaged("there is no word/document.xml".to_owned());
    // Word in a browser calls it `document2.xml`.
    let document = archive
        .name_of("word/document", ".xml")
        .ok_or_else(missing)?;
    let document = decode_xml(&archive.file(&document)?.ok_or_else(missing)?);
    let part = |archive: &mut Archive<'_>, name: &str| {
        // Without them there still is a text.
        let found = archive.file(name).ok().flatten();
        decode_xml(&found.unwrap_or_default())
    };
    let styles = part(&mut archive, "word/styles.xml");
    let numbering = part(&mut archive, "word/numbering.xml");
    let styles = Styles::read(&styles, &numbering);
    let mut body = Body::new(&styles, written);
    walk(&document, |node| body.see(node))?;
    body.end();
    for (part_name, element, mark) in [
        ("word/footnotes.xml", "footnote", ""),
        ("word/endnotes.xml", "endnote", "e"),
    ] {
        let notes = part(&mut archive, part_name);
        // A damaged note is no reason to refuse what it is a note to.
        let _ = write_notes(&notes, (element, mark), written);
    }
    Ok(())
}

/// Writes notes as Markdown has them. `mark`: what stands before their numbers.
fn write_notes(
    xml: &str,
    (element, mark): (&str, &str),
    written: &mut Written,
) -> Result<(), ExtractError> {
    let mut note: Option<(String, String)> = None;
    let (mut left_out, mut is_text) = (0_usize, false);
    walk(xml, |node| {
        match node {
            Node::Start(start) => {
                let name = start.local_name().into_inner();
                left_out += usize::from(LEFT_OUT.contains(&name));
                is_text |= name == "t";
                // A line between text and notes is one too, of a type of its own.
                if name == element && attribute(start, "type").is_none() {
                    note = attribute(start, "id").map(|id| (id, String::new()));
                }
            }
            Node::Text(text) if is_text && left_out == 0 => {
                if let Some((_, words)) = &mut note {
                    words.push_str(text);
                }
            }
            Node::End(name) if LEFT_OUT.contains(&name) => left_out = left_out.saturating_sub(1),
            Node::End("t") => is_text = false,
            Node::End("p") => {
                if let Some((_, words)) = &mut note {
                    words.push(' ');
                }
            }
            Node::End(name) if name == element => {
                if let Some((id, words)) = note.take() {
                    written.push_block(&format!("[^{mark}{id}]: {}", words.trim()));
                }
            }
            Node::End(_) | Node::Text(_) => {}
        }
        if written.is_full() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })
}
