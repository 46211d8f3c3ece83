//! Bytes of a text as characters, whatever encoding it was written in.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// More than as much of a text says nothing new about its encoding.
const MAX_PROBED_BYTES: usize = 1 << 20;
/// Where a page says which encoding it has, if it does.
const MAX_DECLARATION_BYTES: usize = 2048;

/// The text, or nothing if these bytes are none.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..)?);
        return plausible(text.into_owned());
    }
    if let Some(encoding) = wide(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        return plausible(text.into_owned());
    }
    if bytes.contains(&0) {
        return None;
    }
    if let Ok(text) = str::from_utf8(bytes) {
        return plausible(text.to_owned());
    }
    let damaged = String::from_utf8_lossy(bytes);
    if is_nearly_whole(&damaged) {
        return plausible(damaged.into_owned());
    }
    drop(damaged);
    let (text, _) = guess(bytes).decode_without_bom_handling(bytes);
    plausible(text.into_owned())
}

/// The text of a page, which may say itself which encoding it has.
pub(super) fn decode_page(bytes: &[u8]) -> Option<String> {
    let is_marked = Encoding::for_bom(bytes).is_some() || bytes.contains(&0);
    match declared(bytes) {
        Some(encoding) if !is_marked && str::from_utf8(bytes).is_err() => {
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            plausible(text.into_owned())
        }
        _ => decode(bytes),
    }
}

/// XML of a package: UTF-8, or UTF-16 that says so.
pub(super) fn decode_xml(bytes: &[u8]) -> String {
    let (text, _, _) = UTF_8.decode(bytes);
    text.into_owned()
}

/// UTF-16 without a mark. Nearly every text has spaces or ends of lines, one of whose bytes is
/// zero, and no text in another encoding has such a byte. Letters and digits tell less: the Chinese
/// one (U+4E00), a very common sign, is an N the other way round.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let probed = bytes.get(..MAX_PROBED_BYTES).unwrap_or(bytes);
    let is_broken = probed.chunks_exact(2).any(|pair| pair == [0, 0]);
    let encoding = order_of(probed, is_blank).or_else(|| order_of(probed, is_seen))?;
    let whole = encoding.decode_without_bom_handling_and_without_replacement(probed);
    (!is_broken && whole.is_some()).then_some(encoding)
}

/// Which byte of such characters is zero, if that is clear: in a table of numbers in a program,
/// say, both stand beside each other.
fn order_of(bytes: &[u8], is_such: impl Fn(u8) -> bool) -> Option<&'static Encoding> {
    let (mut little, mut big) = (0_usize, 0_usize);
    for pair in bytes.chunks_exact(2) {
        match *pair {
            [low, 0] if is_such(low) => little += 1,
            [0, low] if is_such(low) => big += 1,
            _ => {}
        }
    }
    let is_clear = little != big && little.min(big) * 10 <= little.max(big);
    is_clear.then_some(if little > big { UTF_16LE } else { UTF_16BE })
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' ')
}

const fn is_seen(byte: u8) -> bool {
    byte.is_ascii_graphic()
}

/// UTF-8 of which a few bytes were lost, such as at the end of a file that was cut.
fn is_nearly_whole(text: &str) -> bool {
    let (mut lost, mut good) = (0_usize, 0_usize);
    for letter in text.chars().filter(|letter| !letter.is_ascii()) {
        if letter == '\u{fffd}' {
            lost += 1;
        } else {
            good += 1;
        }
    }
    lost * 20 <= good
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let probed = bytes.get(..MAX_PROBED_BYTES).unwrap_or(bytes);
    // Cut in the middle of a character, it is not at its end.
    detector.feed(probed, probed.len() == bytes.len());
    detector.guess(None, Utf8Detection::Allow)
}

/// What stands behind `charset=` or `encoding=` near the beginning.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..MAX_DECLARATION_BYTES).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let mut places = ["charset=", "encoding="].into_iter();
    places.find_map(|word| {
        let (_, rest) = head.split_once(word)?;
        let label = rest.trim_start_matches(['"', '\'', ' ']);
        let end = label.find(|letter: char| !is_label(letter));
        let label = label.get(..end.unwrap_or(label.len()))?;
        Encoding::for_label_no_replacement(label.as_bytes())
    })
}

const fn is_label(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | ':' | '.' | '+')
}

/// Whether somebody could have written that: programs and measurements, read as letters, are full
/// of signs that nobody types.
fn plausible(text: String) -> Option<String> {
    let (mut odd, mut all) = (0_usize, 0_usize);
    for letter in text.chars() {
        all += 1;
        let is_odd =
            letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}');
        odd += usize::from(is_odd || letter == '\u{fffd}');
    }
    (odd * 20 <= all).then_some(text)
}
