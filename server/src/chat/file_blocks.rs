//! The files of a question as the model reads them: each a block with its name, before what the
//! person wrote. A long one is cut at its end.
//!
//! How much room files have depends on the model's window alone, never on what else was said: so a
//! block is the same in each prompt of a conversation, and what was computed for it is found again.

use hearth_engine::{handle::PromptMaker, request::ChatMessage};

use crate::store::FileText;

/// Part of the context window that the files of one question may take; the rest is for what was
/// said and for the answer.
const FILES_SHARE: usize = 2;
/// Longer ones are rare. What has more bytes than so many for each token of its room does not fit,
/// and is not worth the time to count.
const MOST_TOKEN_BYTES: usize = 16;

/// A message and the files beside it.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) message: ChatMessage,
    pub(super) files: Vec<FileText>,
}

/// How the texts of files are counted.
pub(super) trait Count {
    fn num_tokens(&self, text: &str) -> usize;
}

impl Count for PromptMaker {
    fn num_tokens(&self, text: &str) -> usize {
        self.encode_answer(text).len()
    }
}

/// The message with its files before its text, and whether something of them is left out in a
/// window of so many tokens.
pub(super) fn with_blocks(said: Said, count: &impl Count, window: usize) -> (ChatMessage, bool) {
    let Said { mut message, files } = said;
    if files.is_empty() {
        return (message, false);
    }
    let kept = fit(&files, count, window / FILES_SHARE);
    let mut content = String::new();
    let mut is_cut = false;
    for (file, kept) in files.iter().zip(kept) {
        let is_whole = kept.len() == file.text.len();
        is_cut |= !is_whole;
        write_block(&mut content, &file.name, kept, is_whole && !file.is_cut);
    }
    content.push_str(&message.content);
    message.content = content;
    (message, is_cut)
}

/// A block as plain text, like all that people write: nothing of it is read as a template.
fn write_block(content: &mut String, name: &str, text: &str, is_whole: bool) {
    let text = text.trim_end();
    content.push_str("[File: ");
    content.push_str(name);
    content.push_str("]\n");
    content.push_str(text);
    content.push_str("\n[");
    content.push_str(if is_whole {
        "End of the file: "
    } else {
        "The rest is left out, because it is too long. End of the file: "
    });
    content.push_str(name);
    content.push_str("]\n\n");
}

/// Of each file the beginning that fits into `room` tokens together. Short files are whole, and
/// long ones share what those leave.
fn fit<'a>(files: &'a [FileText], count: &impl Count, room: usize) -> Vec<&'a str> {
    let texts = files.iter().map(|file| file.text.as_str());
    let mut kept: Vec<&str> = texts.collect();
    // No token has less than a byte.
    if kept.iter().map(|text| text.len()).sum::<usize>() <= room {
        return kept;
    }
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by_key(|&index| kept[index].len());
    let mut left = room;
    for (place, &index) in order.iter().enumerate() {
        let share = left / (order.len() - place);
        let (beginning, num_tokens) = beginning(kept[index], count, share);
        kept[index] = beginning;
        left = left.saturating_sub(num_tokens);
    }
    kept
}

/// As much of a text as fits into so many tokens, and how many it has.
fn beginning<'a>(text: &'a str, count: &impl Count, room: usize) -> (&'a str, usize) {
    let mut kept = up_to(text, room.saturating_mul(MOST_TOKEN_BYTES));
    loop {
        let num_tokens = count.num_tokens(kept);
        if num_tokens <= room || kept.is_empty() {
            return (kept, num_tokens);
        }
        // Tokens are about as long everywhere: a little less than the part that would fit.
        let part = kept.len().saturating_mul(room) / num_tokens;
        kept = up_to(kept, (part - part / 32).min(kept.len() - 1));
    }
}

/// At most so many bytes, whole characters, and whole lines where that costs little.
fn up_to(text: &str, num_bytes: usize) -> &str {
    if text.len() <= num_bytes {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(num_bytes)];
    match cut.rfind('\n') {
        Some(end) if cut.len() - end <= cut.len() / 16 => &cut[..end],
        _ => cut,
    }
}

#[cfg(test)]
mod tests {
    use hearth_engine::request::Role;
    use proptest::prelude::*;

    use super::*;

    /// A token for each four bytes.
    struct Fours;

    impl Count for Fours {
        fn num_tokens(&self, text: &str) -> usize {
            text.len().div_ceil(4)
        }
    }

    fn file(name: &str, text: &str) -> FileText {
        FileText {
            name: name.to_owned(),
            text: text.to_owned(),
            is_cut: false,
        }
    }

    fn said(files: Vec<FileText>) -> Said {
        Said {
            message: ChatMessage::new(Role::User, "What is in it?"),
            files,
        }
    }

    #[test]
    fn a_file_is_a_block_with_its_name_before_the_question() {
        let (message, is_cut) = with_blocks(said(vec![file("a.txt", "one\ntwo\n")]), &Fours, 100);
        assert!(!is_cut);
        assert_eq!(
            message.content,
            "[File: a.txt]\none\ntwo\n[End of the file: a.txt]\n\nWhat is in it?"
        );
        let (message, is_cut) = with_blocks(said(Vec::new()), &Fours, 100);
        assert_eq!(
            (message.content.as_str(), is_cut),
            ("What is in it?", false)
        );
    }

    #[test]
    fn a_long_file_loses_its_end_and_says_so_and_is_the_same_each_time() {
        let long = "A line of some words.\n".repeat(400);
        let files = || vec![file("long.txt", &long), file("short.txt", "short")];
        let (message, is_cut) = with_blocks(said(files()), &Fours, 800);
        assert!(is_cut);
        assert!(message.content.starts_with("[File: long.txt]\nA line"));
        let told = "some words.\n[The rest is left out, because it is too long. End of the file: \
                    long.txt]";
        assert!(message.content.contains(told), "{}", message.content);
        assert!(
            message
                .content
                .contains("[File: short.txt]\nshort\n[End of")
        );
        let (again, _) = with_blocks(said(files()), &Fours, 800);
        assert_eq!(again.content, message.content);
    }

    #[test]
    fn a_file_of_which_only_the_beginning_was_read_says_so_too() {
        let mut cut = file("a.txt", "one");
        cut.is_cut = true;
        let (message, is_cut) = with_blocks(said(vec![cut]), &Fours, 100);
        // It is no fault of the window.
        assert!(!is_cut && message.content.contains("one\n[The rest is left out"));
    }

    proptest! {
        #[test]
        fn files_fit_and_are_beginnings(
            texts in prop::collection::vec("[a-z字\n]{0,400}", 1..5),
            room in 0_usize..300,
        ) {
            let files: Vec<_> = texts.iter().map(|text| file("a", text)).collect();
            let kept = fit(&files, &Fours, room);
            for (file, kept) in files.iter().zip(&kept) {
                prop_assert!(file.text.starts_with(kept));
            }
            let total: usize = kept.iter().map(|text| Fours.num_tokens(text)).sum();
            prop_assert!(total <= room || kept.concat().len() <= room, "{total} of {room}");
            // Nothing is cut where everything fits.
            let all: usize = texts.iter().map(|text| Fours.num_tokens(text)).sum();
            if all * files.len() <= room {
                prop_assert_eq!(kept.concat(), texts.concat());
            }
        }
    }
}
