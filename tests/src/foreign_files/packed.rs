//! Documents that are ZIP files of XML.

use std::io::{Cursor, Write as _};

use anyhow::Result;
use zip::{ZipWriter, write::SimpleFileOptions};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A document with this body, in which `w:` is the prefix of all elements. The style `1` is that of
/// headings, the list `1` has numbers, and the note `2`, if one refers to it, says `a note`.
pub fn docx(body: &str) -> Result<Vec<u8>> {
    let document = format!(
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">\
         <w:body>{body}</w:body></w:document>"
    );
    let styles = "<w:styles><w:style w:type=\"paragraph\" w:styleId=\"1\">\
        <w:name w:val=\"heading 1\"/></w:style></w:styles>";
    let numbering = "<w:numbering><w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\">\
        <w:numFmt w:val=\"decimal\"/></w:lvl></w:abstractNum><w:num w:numId=\"1\">\
        <w:abstractNumId w:val=\"0\"/></w:num></w:numbering>";
    let notes = "<w:footnotes><w:footnote w:type=\"separator\" w:id=\"0\"><w:p/></w:footnote>\
        <w:footnote w:id=\"2\"><w:p><w:r><w:t>a note</w:t></w:r></w:p></w:footnote></w:footnotes>";
    let mut files = vec![
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", document.as_str()),
        ("word/styles.xml", styles),
        ("word/numbering.xml", numbering),
    ];
    if body.contains("footnoteReference") {
        files.push(("word/footnotes.xml", notes));
    }
    zip(&files)
}

/// A book of sheets: names, and rows of cells. A cell that is a number is one.
pub fn xlsx(sheets: &[(&str, &[&[&str]])]) -> Result<Vec<u8>> {
    let (mut book, mut links) = (String::new(), String::new());
    let mut files = vec![
        ("[Content_Types].xml".to_owned(), format!("{HEAD}<Types/>")),
        (
            "_rels/.rels".to_owned(),
            relationships(&relationship(1, "officeDocument", "xl/workbook.xml")),
        ),
    ];
    for (index, (name, rows)) in sheets.iter().enumerate() {
        let number = index + 1;
        let sheet = format!("<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
        book.push_str(&sheet);
        let target = format!("worksheets/sheet{number}.xml");
        links += &relationship(number, "worksheet", &target);
        let rows: String = rows.iter().enumerate().map(row).collect();
        let sheet =
            format!("{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
        files.push((format!("xl/{target}"), sheet));
    }
    let book = format!(
        "{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{book}</sheets>\
         </workbook>"
    );
    files.push(("xl/workbook.xml".to_owned(), book));
    files.push((
        "xl/_rels/workbook.xml.rels".to_owned(),
        relationships(&links),
    ));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_str()))
        .collect();
    zip(&files)
}

fn relationships(links: &str) -> String {
    let namespace = "http://schemas.openxmlformats.org/package/2006/relationships";
    format!("{HEAD}<Relationships xmlns=\"{namespace}\">{links}</Relationships>")
}

fn relationship(number: usize, kind: &str, target: &str) -> String {
    format!("<Relationship Id=\"rId{number}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
}

fn row((index, cells): (usize, &&[&str])) -> String {
    let number = index + 1;
    let columns = ('A'..='Z').zip(*cells);
    let cells: Vec<String> = columns
        .map(|(column, text)| {
            if text.parse::<f64>().is_ok() {
                return format!("<c r=\"{column}{number}\"><v>{text}</v></c>");
            }
            format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
        })
        .collect();
    format!("<row r=\"{number}\">{}</row>", cells.concat())
}

/// A file of this name and size in a ZIP, all of it one letter.
pub fn large_zip(name: &str, num_bytes: usize) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default())?;
    let piece = vec![b'a'; 1 << 16];
    let mut left = num_bytes;
    while left > 0 {
        let length = left.min(piece.len());
        zip.write_all(&piece[..length])?;
        left -= length;
    }
    Ok(zip.finish()?.into_inner())
}

fn zip(files: &[(&str, &str)]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default())?;
        zip.write_all(content.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}
