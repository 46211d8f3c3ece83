//! The printable characters that byte-level vocabularies write for bytes.
//!
//! Printable bytes stand for themselves; the 68 others are numbered from U+0100 on, in order.
//!
//! Source: the GPT-2 vocabulary format.

/// First code point of the bytes that are not printable.
const SHIFTED: u32 = 0x100;

/// The character written for `byte`.
pub(super) fn char_of(byte: u8) -> char {
    if is_printable(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|&other| !is_printable(other)).count();
    let index = u32::try_from(before).expect("invariant: fewer than 256 bytes");
    char::from_u32(SHIFTED + index).expect("invariant: below the surrogates")
}

/// The byte a character stands for.
pub(super) fn byte_of(character: char) -> Option<u8> {
    let code = u32::from(character);
    match u8::try_from(code) {
        Ok(byte) => is_printable(byte).then_some(byte),
        Err(_) if code < SHIFTED + 68 => {
            let index = usize::try_from(code - SHIFTED).ok()?;
            (0..=u8::MAX).filter(|&byte| !is_printable(byte)).nth(index)
        }
        Err(_) => None,
    }
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_character() {
        for byte in 0..=u8::MAX {
            assert_eq!(byte_of(char_of(byte)), Some(byte));
        }
        assert_eq!((char_of(b' '), char_of(b'\n')), ('Ġ', 'Ċ'));
        assert_eq!(byte_of('\u{144}'), None);
    }
}
