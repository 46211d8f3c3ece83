//! Closes what a growing paragraph leaves open, so that markers do not flicker while it is
//! written. Only ever applied to the pending block.

/// The text with open code spans, strong emphasis and links of its last paragraph closed.
pub(super) fn repair(text: &str) -> String {
    let text = without_underline(text);
    let start = text.rfind("\n\n").map_or(0, |position| position + 2);
    let (before, paragraph) = text.split_at(start);
    let open = open_marks(paragraph);
    let mut repaired = String::with_capacity(text.len() + 8);
    repaired.push_str(before);
    if open.code > 0 {
        repaired.push_str(paragraph);
        repaired.extend(std::iter::repeat_n('`', open.code));
    } else {
        push_without_open_link(paragraph, &mut repaired);
    }
    if open.strong {
        close_strong(&mut repaired);
    }
    repaired
}

/// A sign below words makes them a headline; as long as there are one or two, it may be the next
/// item of a list as well, and the words would be large for a moment.
fn without_underline(text: &str) -> &str {
    let Some(end) = text.rfind('\n') else {
        return text;
    };
    let (before, line) = (&text[..end], &text[end + 1..]);
    let is_below_words = !before.ends_with('\n') && !before.is_empty();
    let sign = line.trim_matches([' ', '>']);
    if is_below_words && matches!(sign, "-" | "--" | "=" | "==") {
        before
    } else {
        text
    }
}

struct OpenMarks {
    /// Number of backticks that would close the open code span; 0 if none is open.
    code: usize,
    strong: bool,
}

fn open_marks(paragraph: &str) -> OpenMarks {
    let bytes = paragraph.as_bytes();
    let mut open = OpenMarks {
        code: 0,
        strong: false,
    };
    let mut position = 0;
    while position < bytes.len() {
        let byte = bytes[position];
        match byte {
            b'\\' if open.code == 0 => position += 2,
            b'`' => {
                let run = run_at(bytes, position);
                if open.code == 0 {
                    open.code = run;
                } else if open.code == run {
                    open.code = 0;
                }
                position += run;
            }
            b'*' if open.code == 0 => {
                let run = run_at(bytes, position);
                open.strong ^= run == 2 || run == 3;
                position += run;
            }
            _ => position += 1,
        }
    }
    // Three backticks at the start of a line are a fence, which needs no closing.
    if open.code >= 3 {
        open.code = 0;
    }
    open
}

/// How often the byte at a position stands there in a row.
fn run_at(bytes: &[u8], position: usize) -> usize {
    let same = |&&next: &&u8| next == bytes[position];
    bytes[position..].iter().take_while(same).count()
}

/// `[text](http://exa` becomes `text`.
fn push_without_open_link(paragraph: &str, repaired: &mut String) {
    let open = paragraph.rfind("](").filter(|&middle| {
        let target = &paragraph[middle + 2..];
        !target.contains(')') && !target.contains(char::is_whitespace)
    });
    let link = open.and_then(|middle| Some((paragraph[..middle].rfind('[')?, middle)));
    match link {
        Some((bracket, middle)) => {
            repaired.push_str(&paragraph[..bracket]);
            repaired.push_str(&paragraph[bracket + 1..middle]);
        }
        None => repaired.push_str(paragraph),
    }
}

fn close_strong(repaired: &mut String) {
    repaired.truncate(repaired.trim_end().len());
    if repaired.ends_with("**") {
        // Nothing stands in it yet.
        repaired.truncate(repaired.trim_end_matches('*').len());
    } else {
        // The first star of the closing pair may be there.
        let star = repaired.ends_with('*') && !repaired.ends_with("\\*");
        repaired.push_str(if star { "*" } else { "**" });
    }
}
