//! Turns the bytes of tokens into text, whole characters only.
//!
//! A token may end in the middle of a character. What can still become a character waits; what
//! no longer can is replaced as soon as that is certain, so that the pieces together are exactly
//! the lossy decoding of all bytes, however they were cut.

/// The bytes of a character that is not complete yet.
#[derive(Clone, Debug, Default)]
pub struct TextDecoder {
    /// At most three bytes.
    incomplete: Vec<u8>,
}

impl TextDecoder {
    /// A decoder at the beginning of a text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the bytes of the next token, gives the text they completed.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.incomplete.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.incomplete);
        let mut text = String::new();
        let mut chunks = pending.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            match std::str::from_utf8(chunk.invalid()) {
                Ok(_) => {}
                // Only the last chunk can be the beginning of a character.
                Err(error) if error.error_len().is_none() && chunks.peek().is_none() => {
                    self.incomplete = chunk.invalid().to_vec();
                }
                Err(_) => text.push(char::REPLACEMENT_CHARACTER),
            }
        }
        text
    }

    /// Ends the text: a character that never became complete is replaced.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.incomplete).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_appears_with_its_last_byte() {
        let mut decoder = TextDecoder::new();
        let pieces: Vec<String> = "a😀".bytes().map(|byte| decoder.push(&[byte])).collect();
        assert_eq!(pieces, ["a", "", "", "", "😀"]);
        assert_eq!(decoder.finish(), "");
    }

    #[test]
    fn a_broken_character_is_replaced_when_the_next_begins() {
        let mut decoder = TextDecoder::new();
        assert_eq!(decoder.push(&[0xF0, 0x9F]), "");
        assert_eq!(decoder.push(b"x"), "\u{FFFD}x");
        assert_eq!(decoder.push(&[0xC3]), "");
        assert_eq!(decoder.finish(), "\u{FFFD}");
    }
}
