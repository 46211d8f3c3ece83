//! Maps of a PDF from codes to characters (`ToUnicode`, ISO 32000-1, 9.10.3), or from codes to the
//! signs of a font (9.7.5). They are little programs for printers, of which only the tables count.

use std::collections::HashMap;

use encoding_rs::UTF_16BE;

/// Codes and ranges of one map: every character there is comes to as many.
const MAX_ENTRIES: usize = 200_000;

/// Codes from one to another, of this many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Space {
    num_bytes: usize,
    low: u32,
    high: u32,
}

/// What a range of codes stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    low: u32,
    high: u32,
    /// UTF-16 of the first; the last unit counts up.
    first: Vec<u16>,
}

/// A map.
#[derive(Debug, Default)]
pub(super) struct CMap {
    spaces: Vec<Space>,
    characters: HashMap<u32, String>,
    ranges: Vec<Range>,
    /// Numbers of signs: first code, last code, first number.
    signs: Vec<(u32, u32, u32)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'a> {
    Code(Vec<u8>),
    Number(u32),
    Open,
    Close,
    Word(&'a [u8]),
}

impl CMap {
    /// Reads as much of a map as can be read.
    pub(super) fn read(program: &[u8]) -> Self {
        let mut map = Self::default();
        let mut operands: Vec<Token<'_>> = Vec::new();
        let mut rest = program;
        while let Some(token) = next_token(&mut rest) {
            let Token::Word(word) = token else {
                if operands.len() < MAX_ENTRIES {
                    operands.push(token);
                }
                continue;
            };
            match word {
                b"endcodespacerange" => map.add_spaces(&operands),
                b"endbfchar" => map.add_characters(&operands),
                b"endbfrange" => map.add_ranges(&operands),
                b"endcidchar" => map.add_sign(&operands),
                b"endcidrange" => map.add_signs(&operands),
                _ => {}
            }
            operands.clear();
        }
        // Of those that begin alike the one that was told last holds.
        map.ranges.sort_by_key(|range| range.low);
        map.signs.sort_unstable();
        map
    }

    /// The code at the beginning of a string, and how many bytes it has; none at its end.
    pub(super) fn code(&self, string: &[u8]) -> Option<(u32, usize)> {
        let longest = string.len().min(4);
        for num_bytes in 1..=longest {
            let code = number(&string[..num_bytes]);
            let is_within = |space: &Space| {
                space.num_bytes == num_bytes && (space.low..=space.high).contains(&code)
            };
            if self.spaces.iter().any(is_within) {
                return Some((code, num_bytes));
            }
        }
        // What belongs nowhere is as long as the shortest.
        let shortest = self.spaces.iter().map(|space| space.num_bytes).min();
        let num_bytes = shortest.unwrap_or(2).min(longest);
        (num_bytes > 0).then(|| (number(&string[..num_bytes]), num_bytes))
    }

    /// What a code stands for.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.characters.get(&code) {
            return Some(text.clone());
        }
        let behind = self.ranges.partition_point(|range| range.low <= code);
        let range = self.ranges.get(behind.checked_sub(1)?)?;
        if code > range.high {
            return None;
        }
        let mut units = range.first.clone();
        let step = u16::try_from(code - range.low).ok()?;
        let last = units.last_mut()?;
        *last = last.wrapping_add(step);
        Some(String::from_utf16_lossy(&units))
    }

    /// The number of the sign of a code.
    pub(super) fn sign(&self, code: u32) -> Option<u32> {
        let behind = self.signs.partition_point(|(low, ..)| *low <= code);
        let (low, high, first) = *self.signs.get(behind.checked_sub(1)?)?;
        (code <= high).then(|| first.saturating_add(code - low))
    }

    fn add_spaces(&mut self, operands: &[Token<'_>]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::Code(low), Token::Code(high)] = pair {
                self.spaces.push(Space {
                    num_bytes: low.len(),
                    low: number(low),
                    high: number(high),
                });
            }
        }
    }

    fn add_characters(&mut self, operands: &[Token<'_>]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::Code(code), Token::Code(text)] = pair {
                self.add_character(number(code), text);
            }
        }
    }

    fn add_character(&mut self, code: u32, text: &[u8]) {
        if self.characters.len() < MAX_ENTRIES {
            let (text, _) = UTF_16BE.decode_without_bom_handling(text);
            self.characters.insert(code, text.into_owned());
        }
    }

    fn add_ranges(&mut self, operands: &[Token<'_>]) {
        let mut operands = operands.iter();
        while let (Some(Token::Code(low)), Some(Token::Code(high)), Some(target)) =
            (operands.next(), operands.next(), operands.next())
        {
            let (low, high) = (number(low), number(high));
            match target {
                Token::Code(first) if self.ranges.len() < MAX_ENTRIES => {
                    let units = first.chunks(2).map(|unit| match *unit {
                        [high, low] => u16::from_be_bytes([high, low]),
                        [low] => u16::from(low),
                        _ => 0,
                    });
                    let first = units.collect();
                    self.ranges.push(Range { low, high, first });
                }
                Token::Open => {
                    let mut code = low;
                    for element in operands.by_ref() {
                        match element {
                            Token::Code(text) => self.add_character(code, text),
                            Token::Close => break,
                            _ => {}
                        }
                        code = code.saturating_add(1);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_sign(&mut self, operands: &[Token<'_>]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::Code(code), Token::Number(first)] = pair
                && self.signs.len() < MAX_ENTRIES
            {
                self.signs.push((number(code), number(code), *first));
            }
        }
    }

    fn add_signs(&mut self, operands: &[Token<'_>]) {
        for three in operands.chunks_exact(3) {
            if let [Token::Code(low), Token::Code(high), Token::Number(first)] = three
                && self.signs.len() < MAX_ENTRIES
            {
                self.signs.push((number(low), number(high), *first));
            }
        }
    }
}

/// The first byte is the highest.
fn number(bytes: &[u8]) -> u32 {
    let bytes = bytes.iter().take(4);
    bytes.fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn next_token<'a>(rest: &mut &'a [u8]) -> Option<Token<'a>> {
    loop {
        *rest = rest.trim_ascii_start();
        let (first, behind) = rest.split_first()?;
        match first {
            b'%' => {
                let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                *rest = &rest[end.unwrap_or(rest.len())..];
            }
            b'[' | b']' => {
                *rest = behind;
                let is_open = *first == b'[';
                return Some(if is_open { Token::Open } else { Token::Close });
            }
            b'<' if !behind.starts_with(b"<") => {
                let end = behind.iter().position(|byte| *byte == b'>');
                let (code, after) = behind.split_at(end.unwrap_or(behind.len()));
                *rest = after.get(1..).unwrap_or_default();
                return Some(Token::Code(hexadecimal(code)));
            }
            // Dictionaries and strings say nothing that is needed.
            b'<' | b'>' | b'(' | b')' | b'{' | b'}' => *rest = behind,
            _ => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"[]<>(){}%/".contains(byte);
                let end = behind.iter().position(is_end).unwrap_or(behind.len());
                let (word, after) = rest.split_at(end + 1);
                *rest = after;
                let number = str::from_utf8(word).ok().and_then(|it| it.parse().ok());
                return Some(number.map_or(Token::Word(word), Token::Number));
            }
        }
    }
}

/// Digits in pairs; what is no digit is passed over.
fn hexadecimal(digits: &[u8]) -> Vec<u8> {
    let digits = digits
        .iter()
        .filter_map(|digit| char::from(*digit).to_digit(16));
    let digits: Vec<u8> = digits
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    let pairs = digits.chunks(2);
    pairs
        .map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or_default())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_characters_ranges_and_lists() {
        let map = CMap::read(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n\
              1 begincodespacerange <0000> <FFFF> endcodespacerange % all\n\
              2 beginbfchar <0001> <4E2D> <0002> <D83DDE00> endbfchar\n\
              2 beginbfrange <0010> <0012> <0041> <0020><0021>[<0066> <00660069>] endbfrange\n\
              endcmap",
        );
        assert!(!map.spaces.is_empty());
        assert_eq!(map.code(b"\0\x01\0"), Some((1, 2)));
        assert_eq!(map.code(b"\x01"), Some((1, 1)));
        assert_eq!(map.code(b""), None);
        let texts = [1, 2, 0x11, 0x20, 0x21].map(|code| map.text(code).unwrap());
        assert_eq!(texts, ["\u{4e2d}", "\u{1f600}", "B", "f", "fi"]);
        assert_eq!(map.text(0x13), None);
    }

    #[test]
    fn codes_have_different_lengths() {
        let map = CMap::read(
            b"2 begincodespacerange <00> <80> <8140> <FEFE> endcodespacerange\n\
              1 begincidrange <8140> <817e> 500 endcidrange 1 begincidchar <20> 1 endcidchar",
        );
        assert_eq!(map.code(b"A\x81\x40"), Some((0x41, 1)));
        assert_eq!(map.code(b"\x81\x40A"), Some((0x8140, 2)));
        assert_eq!(map.sign(0x8142), Some(502));
        assert_eq!(map.sign(0x20), Some(1));
        assert_eq!(map.sign(0x21), None);
    }

    #[test]
    fn whatever_stands_there_is_read_to_its_end() {
        for program in [
            &b"<"[..],
            b"1 beginbfrange <00> <ffffffff> <0041> endbfrange",
            b"beginbfchar <> <> endbfchar <0> [",
            b"((<<>>",
        ] {
            let map = CMap::read(program);
            let _ = (map.text(0), map.text(u32::MAX), map.code(b"abcde"));
        }
    }
}
