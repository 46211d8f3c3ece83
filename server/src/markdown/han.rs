//! Where Chinese and Japanese writing differs from writing with spaces between words.

/// Whether the character stands beside others of its kind without a space.
pub(super) fn is_wide(c: char) -> bool {
    is_punctuation(c)
        || matches!(c,
            '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{323af}')
}

/// Punctuation of Chinese and Japanese, which no address holds.
pub(super) fn is_punctuation(c: char) -> bool {
    matches!(c,
        '\u{3000}'..='\u{303f}'
        | '\u{ff01}'..='\u{ff0f}'
        | '\u{ff1a}'..='\u{ff20}'
        | '\u{ff3b}'..='\u{ff40}'
        | '\u{ff5b}'..='\u{ff65}'
        | '“' | '”' | '‘' | '’' | '…')
}
