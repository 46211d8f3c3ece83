//! Letters of fonts with at most 256 signs: of their encoding, or by the names that they give to
//! them (ISO 32000-1, 9.6.6).

use lopdf::{Dictionary, Document, Object};

/// Signs of such a font.
pub(super) const NUM_CODES: usize = 256;

/// What each code of a simple font stands for; empty where nobody knows.
pub(super) fn letters(document: &Document, font: &Dictionary) -> Vec<String> {
    let encoding = font.get_deref(b"Encoding", document).ok();
    let encoding_dict = encoding.and_then(|it| it.as_dict().ok());
    let base = match encoding {
        Some(Object::Name(name)) => Some(name.as_slice()),
        _ => encoding_dict.and_then(|it| it.get(b"BaseEncoding").and_then(Object::as_name).ok()),
    };
    let mut letters = of_encoding(document, base);
    let differences = encoding_dict.and_then(|it| it.get_deref(b"Differences", document).ok());
    let differences = differences.and_then(|it| it.as_array().ok());
    let mut code = 0_usize;
    for entry in differences.into_iter().flatten() {
        match entry {
            Object::Integer(next) => code = usize::try_from(*next).unwrap_or(NUM_CODES),
            Object::Name(name) => {
                if let Some(letter) = letters.get_mut(code) {
                    *letter = of_name(document, name);
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    letters
}

fn of_encoding(document: &Document, name: Option<&[u8]>) -> Vec<String> {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    if let Some(name) = name {
        font.set("Encoding", Object::Name(name.to_vec()));
    }
    let encoding = font.get_font_encoding(document).ok();
    let letter = |code: u8| {
        let read = encoding.as_ref().map(|it| it.bytes_to_string(&[code]));
        read.and_then(Result::ok).unwrap_or_default()
    };
    (0..=u8::MAX).map(letter).collect()
}

/// The letter of a name of a list that all programs share, or of a number within the name.
fn of_name(document: &Document, name: &[u8]) -> String {
    // A variant of a letter, such as `a.sc`, is that letter.
    let end = name.iter().skip(1).position(|byte| *byte == b'.');
    let name = end.map_or(name, |end| &name[..=end]);
    if let Some(letter) = of_number(name) {
        return letter.to_string();
    }
    let mut encoding = Dictionary::new();
    let named = vec![Object::Integer(0), Object::Name(name.to_vec())];
    encoding.set("Differences", Object::Array(named));
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Dictionary(encoding));
    let encoding = font.get_font_encoding(document);
    let letter = encoding.and_then(|encoding| encoding.bytes_to_string(&[0]));
    letter.unwrap_or_default()
}

/// `uni4E2D` and `u1F600`.
fn of_number(name: &[u8]) -> Option<char> {
    let name = str::from_utf8(name).ok()?;
    let digits = match name.strip_prefix("uni") {
        Some(digits) => digits.get(..4)?,
        None => name
            .strip_prefix('u')
            .filter(|digits| (4..=6).contains(&digits.len()))?,
    };
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_the_encoding_but_for_the_differences() {
        let document = Document::new();
        let mut encoding = Dictionary::new();
        encoding.set("BaseEncoding", Object::Name(b"WinAnsiEncoding".to_vec()));
        let names = [&b"uni4E2D"[..], b"A.sc", b"nobody.knows", b"u1F600"];
        let names = names.map(|name| Object::Name(name.to_vec()));
        let mut differences = vec![Object::Integer(65)];
        differences.extend(names);
        encoding.set("Differences", Object::Array(differences));
        let mut font = Dictionary::new();
        font.set("Type", Object::Name(b"Font".to_vec()));
        font.set("Encoding", Object::Dictionary(encoding));
        let letters = letters(&document, &font);
        assert_eq!(letters.len(), NUM_CODES);
        assert_eq!(letters[65..70], ["\u{4e2d}", "A", "", "\u{1f600}", "E"]);
        assert_eq!(letters[0xe9], "\u{e9}");
    }
}
