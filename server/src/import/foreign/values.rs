//! Where a JSON value begins and ends, in a stream: the elements of an array, or values one after
//! the other (one document, or JSON Lines). Only one of them is in memory, and nothing is
//! understood of it, so that a value that is wrong inside is not the end of the others.
//!
//! Why not `serde_json` itself: its `StreamDeserializer` knows no array around its values, and both
//! that and a `SeqAccess` end at the first value that is wrong. A `RawValue` has no largest size
//! until it is in memory, pictures and all.

use std::io::{self, BufRead as _, BufReader, Read};

use crate::import::source::BYTE_ORDER_MARK;

/// Most bytes of one value (64 MiB), as of a document of ours.
pub(super) const MAX_VALUE_BYTES: usize = 64 << 20;
/// Most signs outside of texts (`{ [ , :`) of one value, two for each member of an object: what is
/// read of a value takes memory for each, and a few bytes could stand for very many.
pub(super) const MAX_SIGNS: usize = 2_000_000;
/// As much is kept of a picture that stands in a text as an address (`data:image/png;base64,…`): it
/// stays behind all the same, and one chat may hold a hundred MiB of them.
const KEPT_OF_ADDRESS: usize = 64;
const ADDRESS: &[u8] = b"data:";
const ADDRESS_MARK: &[u8] = b";base64,";
/// An escape such as `\u0041` is over after so many bytes.
const ESCAPE_BYTES: u32 = 6;

/// What stands next in the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Value(Vec<u8>),
    /// It has more than [`MAX_VALUE_BYTES`]: so many.
    TooLong(u64),
    /// It has more than [`MAX_SIGNS`].
    TooMany,
    End,
}

/// Why nothing more can be read.
#[derive(Debug)]
pub(super) enum Broken {
    Read(io::Error),
    /// The stream ends within a value, or within the array.
    CutOff,
    NotJson(&'static str),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// The values of a stream.
pub(super) struct Values<R> {
    reader: BufReader<R>,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Beginning,
    /// Behind `[`.
    FirstElement,
    /// Behind an element.
    Element,
    /// Behind the array.
    Closed,
    /// There is no array around the values.
    Bare,
}

impl<R: Read> Values<R> {
    pub(super) fn new(content: R) -> Self {
        Self {
            reader: BufReader::with_capacity(64 << 10, content),
            place: Place::Beginning,
        }
    }

    /// Reads on to the end of the next value.
    pub(super) fn read_next(&mut self) -> Result<Next, Broken> {
        if self.place == Place::Beginning {
            self.begin()?;
        }
        match (self.place, self.peek()?) {
            (Place::Closed | Place::Bare, None) => return Ok(Next::End),
            (Place::FirstElement | Place::Element | Place::Beginning, None) => {
                return Err(Broken::CutOff);
            }
            (Place::Closed, Some(_)) => {
                return Err(Broken::NotJson("something follows the list"));
            }
            (Place::FirstElement | Place::Element, Some(b']')) => {
                self.reader.consume(1);
                self.place = Place::Closed;
                return self.read_next();
            }
            (Place::Element, Some(b',')) => {
                self.reader.consume(1);
                // Looks at what is there: the end of the file is no value.
                self.peek()?.ok_or(Broken::CutOff)?;
            }
            (Place::Element, Some(_)) => {
                return Err(Broken::NotJson(
                    "a comma is missing between two conversations",
                ));
            }
            (Place::FirstElement, Some(_)) => self.place = Place::Element,
            (Place::Bare | Place::Beginning, Some(_)) => {}
        }
        self.value()
    }

    fn begin(&mut self) -> Result<(), Broken> {
        let beginning = self.reader.fill_buf()?;
        if beginning.starts_with(BYTE_ORDER_MARK) {
            self.reader.consume(BYTE_ORDER_MARK.len());
        }
        self.place = Place::Bare;
        if self.peek()? == Some(b'[') {
            self.reader.consume(1);
            self.place = Place::FirstElement;
        }
        Ok(())
    }

    /// The next byte that is no space; it is not taken.
    fn peek(&mut self) -> Result<Option<u8>, Broken> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let spaces = buffer.iter().take_while(|byte| is_space(**byte)).count();
            let next = buffer.get(spaces).copied();
            self.reader.consume(spaces);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    fn value(&mut self) -> Result<Next, Broken> {
        let (mut scan, mut bytes) = (Scan::default(), Vec::new());
        let (mut num_bytes, mut is_too_long) = (0_u64, false);
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                // A number may end with the file; nothing else does.
                return if scan.is_open() || bytes.is_empty() {
                    Err(Broken::CutOff)
                } else {
                    Ok(Next::Value(bytes))
                };
            }
            let (mut num_taken, mut is_over) = (0, false);
            for &byte in buffer {
                match scan.step(byte, &bytes) {
                    Step::Before => is_over = true,
                    Step::Keep => bytes.push(byte),
                    Step::Cut => bytes.extend("…".as_bytes()),
                    Step::Drop => {}
                    Step::Last => {
                        bytes.push(byte);
                        is_over = true;
                    }
                }
                if is_over && !scan.has_taken {
                    break;
                }
                num_taken += 1;
                if is_over {
                    break;
                }
            }
            self.reader.consume(num_taken);
            num_bytes = num_bytes.saturating_add(num_taken as u64);
            if bytes.len() > MAX_VALUE_BYTES || scan.num_signs > MAX_SIGNS {
                is_too_long = is_too_long || bytes.len() > MAX_VALUE_BYTES;
                bytes.truncate(1);
            }
            match (is_over, is_too_long) {
                (true, true) => return Ok(Next::TooLong(num_bytes)),
                (true, false) if scan.num_signs > MAX_SIGNS => return Ok(Next::TooMany),
                (true, false) if bytes.is_empty() => {
                    return Err(Broken::NotJson("a conversation is missing"));
                }
                (true, false) => return Ok(Next::Value(bytes)),
                (false, _) => {}
            }
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// How far a value has been read.
#[derive(Debug, Default)]
struct Scan {
    /// Brackets that are open, of both kinds.
    depth: u64,
    num_signs: usize,
    text: Option<Text>,
    /// Whether the last byte belongs to the value.
    has_taken: bool,
}

/// A text between quotation marks.
#[derive(Debug)]
struct Text {
    num_bytes: usize,
    is_escaped: bool,
    /// Bytes since the last backslash.
    since_escape: u32,
    is_cut: bool,
}

/// What becomes of a byte.
enum Step {
    /// The value ended before it.
    Before,
    Keep,
    /// It is left out, as are those that follow; something says so in its place.
    Cut,
    Drop,
    Last,
}

impl Scan {
    fn is_open(&self) -> bool {
        self.depth > 0 || self.text.is_some()
    }

    /// `before`: what was kept of the value until here.
    fn step(&mut self, byte: u8, before: &[u8]) -> Step {
        self.has_taken = true;
        if let Some(text) = &mut self.text {
            let step = text.step(byte, before);
            if matches!(step, Step::Last) {
                self.text = None;
                return if self.depth == 0 {
                    Step::Last
                } else {
                    Step::Keep
                };
            }
            return step;
        }
        if matches!(byte, b'{' | b'[' | b',' | b':') {
            self.num_signs = self.num_signs.saturating_add(1);
        }
        match byte {
            b'"' => {
                self.text = Some(Text::new());
                Step::Keep
            }
            b'{' | b'[' => {
                self.depth += 1;
                Step::Keep
            }
            b'}' | b']' if self.depth > 1 => {
                self.depth -= 1;
                Step::Keep
            }
            b'}' | b']' if self.depth == 1 => {
                self.depth = 0;
                Step::Last
            }
            b'}' | b']' | b',' | b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 => {
                self.has_taken = false;
                Step::Before
            }
            _ => Step::Keep,
        }
    }
}

impl Text {
    const fn new() -> Self {
        Self {
            num_bytes: 0,
            is_escaped: false,
            since_escape: ESCAPE_BYTES,
            is_cut: false,
        }
    }

    fn step(&mut self, byte: u8, before: &[u8]) -> Step {
        if byte == b'"' && !self.is_escaped {
            return Step::Last;
        }
        let is_settled = self.since_escape >= ESCAPE_BYTES && byte != b'\\' && byte.is_ascii();
        self.is_escaped = byte == b'\\' && !self.is_escaped;
        self.since_escape = if byte == b'\\' {
            0
        } else {
            self.since_escape.saturating_add(1)
        };
        self.num_bytes = self.num_bytes.saturating_add(1);
        if self.is_cut {
            return Step::Drop;
        }
        let place = self.num_bytes - 1;
        let may_cut = (KEPT_OF_ADDRESS..2 * KEPT_OF_ADDRESS).contains(&place);
        if is_settled && may_cut && is_address(&before[before.len().saturating_sub(place)..]) {
            self.is_cut = true;
            return Step::Cut;
        }
        Step::Keep
    }
}

/// Whether a text is what a browser would call a data URL.
fn is_address(text: &[u8]) -> bool {
    let has_mark = |text: &[u8]| {
        let mut parts = text.windows(ADDRESS_MARK.len());
        parts.any(|part| part == ADDRESS_MARK)
    };
    text.starts_with(ADDRESS) && has_mark(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn all(text: &str) -> (Vec<String>, Option<String>) {
        let mut values = Values::new(text.as_bytes());
        let mut found = Vec::new();
        loop {
            match values.read_next() {
                Ok(Next::Value(bytes)) => found.push(String::from_utf8(bytes).unwrap()),
                Ok(Next::TooLong(number)) => found.push(format!("{number} bytes")),
                Ok(Next::TooMany) => found.push("too many".to_owned()),
                Ok(Next::End) => return (found, None),
                Err(broken) => return (found, Some(format!("{broken:?}"))),
            }
        }
    }

    #[test]
    fn elements_and_lines_are_found_whatever_stands_in_their_texts() {
        let object = r#"{"a":"]}\\\"[","b":[1,{}]}"#;
        let array = format!("\u{feff} [ {object} ,\n{object},7,\"x\"] \n");
        let (found, broken) = all(&array);
        assert_eq!(found, [object, object, "7", "\"x\""]);
        assert_eq!(broken, None);
        let (found, broken) = all(&format!("{object}\n{object}\n"));
        assert_eq!((found.len(), broken), (2, None));
        assert_eq!(all("[]"), (Vec::new(), None));
        assert_eq!(all(""), (Vec::new(), None));
    }

    #[test]
    fn what_is_cut_off_or_wrong_between_the_values_is_told() {
        for (text, num_found, told) in [
            ("[{\"a\":1},{\"b\"", 1, "CutOff"),
            ("[{}", 1, "CutOff"),
            ("[{},", 1, "CutOff"),
            ("[", 0, "CutOff"),
            ("{\"a\": \"text", 0, "CutOff"),
            ("[{}{}]", 1, "comma"),
            ("[{},]", 1, "missing"),
            ("[,{}]", 0, "missing"),
            ("[{}] {}", 1, "follows"),
        ] {
            let (found, broken) = all(text);
            assert_eq!(found.len(), num_found, "{text}");
            assert!(broken.unwrap().contains(told), "{text}");
        }
    }

    #[test]
    fn a_picture_in_a_text_is_cut_and_the_value_stays_whole() {
        let picture = format!("data:image/png;base64,{}", "iVBORw0KGgo/".repeat(10_000));
        let value = json!({"url": picture, "text": "data: 好".repeat(50), "n": 1});
        for text in [value.to_string(), value.to_string().replace('/', "\\/")] {
            let (found, broken) = all(&format!("[{text}]"));
            assert_eq!((found.len(), broken), (1, None));
            assert!(found[0].len() < 1_000, "{}", found[0].len());
            let read: Value = serde_json::from_str(&found[0]).unwrap();
            assert!(read["url"].as_str().unwrap().ends_with('…'));
            assert_eq!(read["text"], value["text"]);
        }
    }

    #[test]
    fn a_value_that_is_too_long_is_stepped_over() {
        let long = format!("[{{\"a\":\"{}\"}},{{}}]", "a".repeat(MAX_VALUE_BYTES));
        let told = format!("{} bytes", MAX_VALUE_BYTES + 8);
        assert_eq!(all(&long), (vec![told, "{}".to_owned()], None));
    }

    #[test]
    fn a_value_of_very_many_members_is_stepped_over() {
        let many = format!("[[{}1],{{}}]", "1,".repeat(MAX_SIGNS));
        assert_eq!(
            all(&many),
            (vec!["too many".to_owned(), "{}".to_owned()], None)
        );
        let text = format!("[\"{}\"]", ",".repeat(MAX_SIGNS));
        assert_eq!(all(&text).0.len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in ".{0,200}") {
            all(&text);
        }

        #[test]
        fn any_text_of_signs_has_an_answer(text in r#"[\[\]{}",:\\ 1a\n]{0,60}"#) {
            all(&text);
        }
    }
}
