//! What the codes of a font stand for, and how wide its signs are.

use lopdf::{Dictionary, Document, Object};

use super::{cmap::CMap, glyphs, predefined::Predefined};

/// Bytes of a map or a table of a font, unpacked.
const MAX_MAP_BYTES: usize = 8 << 20;
/// Numbers of signs have two bytes.
const MAX_CODE: u32 = 0xffff;
/// Widths that a font may list one by one.
const MAX_WIDTHS: usize = 100_000;
/// Widths are thousandths of the size of a font.
const UNIT: f64 = 1000.0;
/// Latin letters of a Chinese font are half as wide as its others.
const HALF: f64 = 0.5;
/// Of signs whose width nobody tells: those of Helvetica, roughly.
const NARROW: f64 = 0.28;
const COMMON: f64 = 0.54;
const WIDE: f64 = 0.8;

/// A sign of a string.
#[derive(Debug)]
pub(super) struct Sign {
    /// Empty where nobody knows it.
    pub(super) text: String,
    /// In sizes of the font.
    pub(super) width: f64,
    /// A single byte of 32, which word spacing is for.
    pub(super) is_space: bool,
}

/// A font of a page.
#[derive(Debug)]
pub(super) struct Font {
    to_unicode: Option<CMap>,
    codes: Codes,
    widths: Widths,
}

/// How codes are made.
#[derive(Debug)]
enum Codes {
    /// One byte each, with what it stands for.
    Simple(Vec<String>),
    /// Two bytes, which are the number of a sign.
    Identity,
    Predefined(Predefined),
    /// As the file says.
    Map(CMap),
}

#[derive(Debug)]
struct Widths {
    /// Sorted by the first number: first, last, width.
    ranges: Vec<(u32, u32, f64)>,
    /// `None`: of a sign that looks like this one.
    other: Option<f64>,
}

impl Font {
    pub(super) fn read(document: &Document, font: &Dictionary) -> Self {
        let to_unicode = font.get_deref(b"ToUnicode", document).ok();
        let to_unicode = to_unicode.and_then(read_map);
        let is_composite = font
            .get(b"Subtype")
            .and_then(Object::as_name)
            .is_ok_and(|it| it == b"Type0");
        if !is_composite {
            return Self {
                to_unicode,
                codes: Codes::Simple(glyphs::letters(document, font)),
                widths: Widths::of_simple(document, font),
            };
        }
        let codes = match font.get_deref(b"Encoding", document) {
            Ok(Object::Name(name)) => {
                Predefined::named(name).map_or(Codes::Identity, Codes::Predefined)
            }
            Ok(stream) => read_map(stream).map_or(Codes::Identity, Codes::Map),
            Err(_) => Codes::Identity,
        };
        let descendant = font
            .get_deref(b"DescendantFonts", document)
            .and_then(Object::as_array)
            .ok()
            .and_then(|fonts| document.dereference(fonts.first()?).ok())
            .and_then(|(_, font)| font.as_dict().ok());
        Self {
            to_unicode,
            codes,
            widths: descendant
                .map_or_else(Widths::unknown, |it| Widths::of_composite(document, it)),
        }
    }

    /// The signs of a string.
    pub(super) fn signs(&self, string: &[u8]) -> Vec<Sign> {
        let mut signs = Vec::new();
        let mut rest = string;
        while let Some((sign, length)) = self.sign(rest) {
            signs.push(sign);
            rest = &rest[length..];
        }
        signs
    }

    /// The first sign of a string, and how many bytes it has.
    fn sign(&self, string: &[u8]) -> Option<(Sign, usize)> {
        let (code, length) = match &self.codes {
            Codes::Simple(_) => (u32::from(*string.first()?), 1),
            Codes::Identity => {
                let length = string.len().min(2);
                (length > 0).then(|| (number(&string[..length]), length))?
            }
            Codes::Predefined(map) => {
                let length = map.code_length(string);
                (length > 0).then(|| (number(&string[..length]), length))?
            }
            Codes::Map(map) => map.code(string)?,
        };
        let text = self.to_unicode.as_ref().and_then(|map| map.text(code));
        let text = text.unwrap_or_else(|| match &self.codes {
            Codes::Simple(letters) => string
                .first()
                .and_then(|byte| letters.get(usize::from(*byte)))
                .cloned()
                .unwrap_or_default(),
            Codes::Predefined(map) => map.text(&string[..length]),
            Codes::Identity | Codes::Map(_) => String::new(),
        });
        let width = match &self.codes {
            Codes::Map(map) => self.widths.of(map.sign(code).unwrap_or(code), &text),
            // The numbers of their signs, which have widths, nobody knows here.
            Codes::Predefined(_) if text.is_ascii() => HALF,
            Codes::Predefined(_) => self.widths.other.unwrap_or(1.0),
            Codes::Simple(_) | Codes::Identity => self.widths.of(code, &text),
        };
        let is_space = length == 1 && code == 32;
        Some((
            Sign {
                text,
                width,
                is_space,
            },
            length,
        ))
    }
}

impl Widths {
    const fn unknown() -> Self {
        Self {
            ranges: Vec::new(),
            other: Some(1.0),
        }
    }

    fn of_simple(document: &Document, font: &Dictionary) -> Self {
        let first = font
            .get_deref(b"FirstChar", document)
            .and_then(Object::as_i64);
        let first = first.ok().and_then(|first| u32::try_from(first).ok());
        let first = first.filter(|first| *first <= MAX_CODE);
        let listed = font
            .get_deref(b"Widths", document)
            .and_then(Object::as_array);
        let listed = listed.ok().into_iter().flatten().take(glyphs::NUM_CODES);
        // Those of a font whose signs are drawn on the page have a scale of their own.
        let scale = font_scale(document, font);
        let ranges = (first.unwrap_or_default()..).zip(listed);
        let ranges = ranges.filter_map(|(code, width)| {
            let (_, width) = document.dereference(width).ok()?;
            Some((code, code, f64::from(width.as_float().ok()?) * scale))
        });
        Self {
            ranges: ranges.collect(),
            other: None,
        }
    }

    fn of_composite(document: &Document, font: &Dictionary) -> Self {
        let float = |object: &Object| {
            let (_, object) = document.dereference(object).ok()?;
            Some(f64::from(object.as_float().ok()?))
        };
        let whole = |object: &Object| {
            let (_, object) = document.dereference(object).ok()?;
            u32::try_from(object.as_i64().ok()?).ok()
        };
        let other = font.get(b"DW").ok().and_then(float).unwrap_or(UNIT);
        let listed = font.get_deref(b"W", document).and_then(Object::as_array);
        let mut listed = listed.ok().into_iter().flatten();
        let mut ranges = Vec::new();
        // Either a number and a list of widths, or two numbers and the width of all between.
        while let (Some(first), Some(second)) = (listed.next(), listed.next()) {
            let Some(first) = whole(first).filter(|first| *first <= MAX_CODE) else {
                break;
            };
            let Ok((_, second)) = document.dereference(second) else {
                break;
            };
            if let Ok(list) = second.as_array() {
                let each = (first..).zip(list);
                let each =
                    each.filter_map(|(code, width)| Some((code, code, float(width)? / UNIT)));
                ranges.extend(each.take(MAX_WIDTHS));
            } else if let (Some(last), Some(width)) = (whole(second), listed.next()) {
                ranges.extend(float(width).map(|width| (first, last, width / UNIT)));
            }
            if ranges.len() > MAX_WIDTHS {
                break;
            }
        }
        ranges.sort_by_key(|(first, ..)| *first);
        Self {
            ranges,
            other: Some(other / UNIT),
        }
    }

    fn of(&self, code: u32, text: &str) -> f64 {
        let behind = self.ranges.partition_point(|(first, ..)| *first <= code);
        let found = behind.checked_sub(1).and_then(|at| self.ranges.get(at));
        match found {
            Some((_, last, width)) if code <= *last => *width,
            _ => self.other.unwrap_or_else(|| usual_width(text)),
        }
    }
}

/// From the widths that a simple font lists to its size.
fn font_scale(document: &Document, font: &Dictionary) -> f64 {
    let matrix = font
        .get_deref(b"FontMatrix", document)
        .and_then(Object::as_array);
    let first = matrix
        .ok()
        .and_then(|matrix| matrix.first()?.as_float().ok());
    first.map_or(1.0 / UNIT, |scale| f64::from(scale).abs())
}

fn usual_width(text: &str) -> f64 {
    match text.chars().next() {
        Some('\u{2e80}'..) => 1.0,
        Some(letter) if "ijlftI .,:;!|'()[]/".contains(letter) => NARROW,
        Some('m' | 'w' | 'M' | 'W' | '@' | '%') => WIDE,
        _ => COMMON,
    }
}

/// The map in a stream.
fn read_map(object: &Object) -> Option<CMap> {
    let stream = object.as_stream().ok()?;
    let program = stream.get_plain_content_with_limit(MAX_MAP_BYTES).ok()?;
    Some(CMap::read(&program))
}

/// The first byte is the highest.
fn number(bytes: &[u8]) -> u32 {
    let bytes = bytes.iter().take(4);
    bytes.fold(0, |number, byte| number << 8 | u32::from(*byte))
}
