//! Bytes as letters, for documents that are text (RFC 4648, section 4).

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// What stands where the last three bytes are not three.
const PAD: u8 = b'=';

/// The letters of these bytes.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut letters = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let number = three
            .iter()
            .zip([16, 8, 0])
            .fold(0_u32, |number, (&byte, shift)| {
                number | u32::from(byte) << shift
            });
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            letters.push(if place <= three.len() {
                char::from(LETTERS[(number >> shift & 63) as usize])
            } else {
                char::from(PAD)
            });
        }
    }
    letters
}

/// The bytes of these letters. `None`: that is not what [`encode`] writes.
pub(super) fn decode(letters: &str) -> Option<Vec<u8>> {
    let (fours, []) = letters.as_bytes().as_chunks::<4>() else {
        return None;
    };
    let mut bytes = Vec::with_capacity(fours.len() * 3);
    for (index, four) in fours.iter().enumerate() {
        let num_pads = four.iter().rev().take_while(|&&it| it == PAD).count();
        let is_last = index + 1 == fours.len();
        if num_pads > 2 || (num_pads > 0 && !is_last) {
            return None;
        }
        let mut number = 0_u32;
        for &letter in &four[..4 - num_pads] {
            number = number << 6 | value(letter)?;
        }
        number <<= 6 * num_pads;
        let [_, three @ ..] = number.to_be_bytes();
        let (kept, dropped) = three.split_at(3 - num_pads);
        // One sequence of bytes has one spelling.
        if dropped.iter().any(|&byte| byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

fn value(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_standard() {
        for (bytes, letters) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), letters);
            assert_eq!(decode(letters).as_deref(), Some(bytes.as_bytes()));
        }
    }

    #[test]
    fn what_nobody_writes_is_refused() {
        for letters in [
            "Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Zg==Zg==", "Zm9v\n", "Zm-v",
        ] {
            assert_eq!(decode(letters), None, "{letters}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }
}
