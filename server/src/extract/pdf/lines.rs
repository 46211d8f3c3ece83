//! Pieces of text on a page become lines: a PDF has no spaces and no line ends that one could rely
//! on, only places.

/// Parts of the size of a font. Less than that above or below is the same line: a power, an index.
const SAME_LINE: f64 = 0.5;
/// A step down of more is the end of a paragraph.
const NEXT_LINE: f64 = 1.8;
/// A gap of more is a space.
const SPACE: f64 = 0.2;
/// Between two Chinese signs, whose distances differ with the width of the line.
const WIDE_SPACE: f64 = 0.8;
/// So much further to the left begins a line, or a column.
const BACK: f64 = 1.0;
/// Two pieces so near each other are one in bold.
const TWICE: f64 = 0.1;
/// Characters of one page: a book has some thousand on it.
const MAX_BYTES: usize = 4 << 20;

/// A place on a page.
pub(super) type Point = (f64, f64);

/// Text that was shown at once.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) start: Point,
    pub(super) end: Point,
    /// Along the line, of length 1.
    pub(super) direction: Point,
    /// Of its font, on the page.
    pub(super) size: f64,
}

/// The text of a page so far.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    last: Option<Piece>,
}

impl Lines {
    /// Adds what was shown next.
    pub(super) fn show(&mut self, piece: Piece) {
        if self.is_full() {
            return;
        }
        if piece.text.is_empty() {
            // A sign that nobody knows has its place all the same.
            if let Some(last) = &mut self.last {
                last.end = piece.end;
            }
            return;
        }
        if let Some(last) = &self.last {
            if is_twice(last, &piece) {
                return;
            }
            self.text.push_str(between(last, &piece));
        }
        for letter in piece.text.chars() {
            match ligature(letter) {
                Some(letters) => self.text.push_str(letters),
                None => self.text.push(letter),
            }
        }
        self.last = Some(piece);
    }

    pub(super) fn is_full(&self) -> bool {
        self.text.len() > MAX_BYTES
    }

    /// The lines, without spaces at their ends.
    pub(super) fn into_text(self) -> String {
        let lines: Vec<&str> = self.text.lines().map(str::trim_end).collect();
        lines.join("\n")
    }
}

/// Whether a piece is the last one once more, a little beside it: a font without bold letters.
fn is_twice(last: &Piece, piece: &Piece) -> bool {
    let far = (piece.start.0 - last.start.0).hypot(piece.start.1 - last.start.1);
    far < TWICE * piece.size && last.text == piece.text && !piece.text.trim().is_empty()
}

/// What stands between two pieces.
fn between(last: &Piece, piece: &Piece) -> &'static str {
    let (right, up) = piece.direction;
    let (x, y) = (piece.start.0 - last.end.0, piece.start.1 - last.end.1);
    let (along, across) = (x * right + y * up, y * right - x * up);
    let size = last.size.max(piece.size);
    let is_turned = last.direction.0 * right + last.direction.1 * up < 0.9;
    if is_turned || across.abs() > NEXT_LINE * size {
        return "\n\n";
    }
    if across.abs() > SAME_LINE * size || along < -BACK * size {
        return "\n";
    }
    let (before, behind) = (last.text.chars().next_back(), piece.text.chars().next());
    let is_wide = |letter: Option<char>| letter.is_some_and(|letter| letter >= '\u{2e80}');
    let is_space = |letter: Option<char>| letter.is_some_and(char::is_whitespace);
    let least = if is_wide(before) && is_wide(behind) {
        WIDE_SPACE
    } else {
        SPACE
    };
    if along > least * size && !is_space(before) && !is_space(behind) {
        return " ";
    }
    ""
}

/// Letters that are drawn as one.
const fn ligature(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        '\u{fb05}' | '\u{fb06}' => "st",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[(&str, f64, f64)]) -> String {
        let mut lines = Lines::default();
        for (text, x, y) in pieces {
            // Every letter is half as wide as its size of 10.
            let width = text.chars().map(|_| 5.0).sum::<f64>();
            lines.show(Piece {
                text: (*text).to_owned(),
                start: (*x, *y),
                end: (x + width, *y),
                direction: (1.0, 0.0),
                size: 10.0,
            });
        }
        lines.into_text()
    }

    #[test]
    fn gaps_are_spaces_and_steps_are_lines() {
        let text = lines(&[
            ("of", 0.0, 100.0),
            ("\u{fb01}ce", 10.5, 100.0),
            ("2", 30.0, 104.0),
            ("next", 0.0, 88.0),
            ("end", 0.0, 50.0),
        ]);
        assert_eq!(text, "office 2\nnext\n\nend");
    }

    #[test]
    fn chinese_signs_stand_apart_without_spaces_and_bold_ones_once() {
        let text = lines(&[
            ("\u{4e2d}", 0.0, 0.0),
            ("\u{4e2d}", 0.4, 0.0),
            ("\u{6587}", 10.0, 0.0),
            ("\u{5b57}", 30.0, 0.0),
            ("a", 38.0, 0.0),
        ]);
        assert_eq!(text, "\u{4e2d}\u{6587} \u{5b57} a");
    }
}
