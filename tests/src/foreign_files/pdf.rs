//! A writer of PDF files that can do what the tests need.

use std::collections::BTreeMap;

/// A page with one line for each of its text.
#[derive(Clone, Copy, Debug)]
pub enum PdfPage<'a> {
    /// In Helvetica, which every reader has.
    Latin(&'a str),
    /// Numbers of signs, with a map to what they stand for: how nearly every program writes.
    Numbered(&'a str),
    /// Unicode with the map of that name, and none in the file.
    UniGb(&'a str),
    /// GBK with the map of that name; the bytes of one line.
    Gbk(&'a [u8]),
    /// Nothing that is text.
    Drawn,
}

/// Numbers of the objects before those of the pages.
const CATALOG: usize = 1;
const PAGES: usize = 2;
const FIRST_PAGE: usize = 9;

/// A file with these pages.
pub fn pdf(pages: &[PdfPage<'_>]) -> Vec<u8> {
    let codes = codes(pages);
    let mut objects = fonts(&codes);
    let mut kids = String::new();
    for (index, page) in pages.iter().enumerate() {
        let number = FIRST_PAGE + 2 * index;
        kids.extend([number.to_string().as_str(), " 0 R "]);
        objects.push(
            format!(
                "<</Type/Page/Parent {PAGES} 0 R/MediaBox[0 0 595 842]/Contents {} 0 R/Resources\
                 <</Font<</F1 3 0 R/F2 4 0 R/F3 7 0 R/F4 8 0 R>>>>>>",
                number + 1
            )
            .into_bytes(),
        );
        objects.push(stream(&program(*page, &codes)));
    }
    let tree = format!("<</Type/Pages/Kids[{kids}]/Count {}>>", pages.len());
    objects[PAGES - 1] = tree.into_bytes();
    written(&objects, "")
}

/// A file that asks for a password.
pub fn locked_pdf() -> Vec<u8> {
    let mut objects = fonts(&BTreeMap::new());
    objects[PAGES - 1] = b"<</Type/Pages/Kids[]/Count 0>>".to_vec();
    let (owner, user) = ("11".repeat(32), "22".repeat(32));
    let protection = format!("<</Filter/Standard/V 1/R 2/O<{owner}>/U<{user}>/P -44>>");
    objects.push(protection.into_bytes());
    let id = "33".repeat(16);
    let number = objects.len();
    written(&objects, &format!("/Encrypt {number} 0 R/ID[<{id}><{id}>]"))
}

/// A number for each sign of the pages that have numbers.
fn codes(pages: &[PdfPage<'_>]) -> BTreeMap<char, usize> {
    let mut codes = BTreeMap::new();
    for page in pages {
        if let PdfPage::Numbered(text) = page {
            for letter in text.chars() {
                let next = codes.len() + 3;
                codes.entry(letter).or_insert(next);
            }
        }
    }
    codes
}

/// The objects before the pages.
fn fonts(codes: &BTreeMap<char, usize>) -> Vec<Vec<u8>> {
    let mut map = "1 begincodespacerange <0000> <FFFF> endcodespacerange\n".to_owned();
    for (letter, code) in codes {
        let units: String = letter
            .encode_utf16(&mut [0; 2])
            .iter()
            .copied()
            .map(unit_digits)
            .collect();
        let entry = format!("1 beginbfchar <{code:04X}> <{units}> endbfchar\n");
        map.push_str(&entry);
    }
    let composite = |encoding: &str, rest: &str| {
        format!(
            "<</Type/Font/Subtype/Type0/BaseFont/SimSun/Encoding/{encoding}\
             /DescendantFonts[5 0 R]{rest}>>"
        )
        .into_bytes()
    };
    vec![
        format!("<</Type/Catalog/Pages {PAGES} 0 R>>").into_bytes(),
        Vec::new(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
        composite("Identity-H", "/ToUnicode 6 0 R"),
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/SimSun/DW 1000/CIDSystemInfo\
          <</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>"
            .to_vec(),
        stream(map.as_bytes()),
        composite("UniGB-UCS2-H", ""),
        composite("GBK-EUC-H", ""),
    ]
}

fn program(page: PdfPage<'_>, codes: &BTreeMap<char, usize>) -> Vec<u8> {
    let lines = |text: &str, font: &str, line: &dyn Fn(&str) -> String| {
        let mut program = format!("BT /{font} 12 Tf 14 TL 72 720 Td\n");
        for each in text.lines() {
            program.extend([line(each).as_str(), " Tj T*\n"]);
        }
        (program + "ET").into_bytes()
    };
    match page {
        PdfPage::Latin(text) => lines(text, "F1", &|line| {
            let line = line.replace('\\', "\\\\");
            format!("({})", line.replace('(', "\\(").replace(')', "\\)"))
        }),
        PdfPage::Numbered(text) => lines(text, "F2", &|line| {
            let codes = line.chars().filter_map(|letter| codes.get(&letter));
            let digits: String = codes.copied().map(code_digits).collect();
            format!("<{digits}>")
        }),
        PdfPage::UniGb(text) => lines(text, "F3", &|line| {
            let digits: String = line.encode_utf16().map(unit_digits).collect();
            format!("<{digits}>")
        }),
        PdfPage::Gbk(bytes) => {
            let digits: String = bytes.iter().copied().map(byte_digits).collect();
            lines("a line", "F4", &|_| format!("<{digits}>"))
        }
        PdfPage::Drawn => b"0 0 m 100 100 l S".to_vec(),
    }
}

fn code_digits(code: usize) -> String {
    format!("{code:04X}")
}

fn unit_digits(unit: u16) -> String {
    format!("{unit:04X}")
}

fn byte_digits(byte: u8) -> String {
    format!("{byte:02X}")
}

fn stream(content: &[u8]) -> Vec<u8> {
    let head = format!("<</Length {}>>stream\n", content.len());
    [head.as_bytes(), content, b"\nendstream"].concat()
}

fn written(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        let entry = format!("{:010} 00000 n \n", file.len());
        table.push_str(&entry);
        file.extend(format!("{} 0 obj\n", index + 1).into_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    let end = format!(
        "trailer\n<</Size {}/Root {CATALOG} 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    file.extend(table.into_bytes());
    file.extend(end.into_bytes());
    file
}
