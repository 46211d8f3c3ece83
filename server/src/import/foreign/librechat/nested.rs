//! Messages within messages within messages: a tree of `LibreChat` is as deep as its conversation
//! is long, and no reader of JSON follows it that far. It is taken apart without understanding more
//! of it than where lists of messages begin and end, byte by byte and once.
//!
//! Why not `serde_json` without its limit (`disable_recursion_limit`, on a stack that grows as with
//! `serde_stacker`): a level is a few bytes of a file, and some hundred of a stack. Here it is one
//! more place in a list.

use hearth_app::model::{ImportFault, ImportProblem};

use crate::import::problem::problem;

/// Members that hold lists of messages: of the conversation, and of a message.
const OF_ALL: [&[u8]; 2] = [b"messages", b"messagesTree"];
const OF_ONE: &[u8] = b"children";
/// What stands in place of a list.
const NOTHING: &[u8] = b"null";

/// An object without its list of messages, and in whose list it stood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) json: Vec<u8>,
    pub(super) parent: Option<usize>,
}

/// The pieces of a conversation: itself, and its messages in the order of the file.
///
/// # Errors
/// If it is no object, or something else than messages stands in a list of messages.
pub(super) fn pieces(json: &[u8]) -> Result<Vec<Piece>, ImportProblem> {
    let mut scan = Scan {
        pieces: Vec::new(),
        open: Vec::new(),
        text: None,
    };
    for (place, byte) in json.iter().enumerate() {
        scan.step(*byte).map_err(|detail| {
            let detail = format!("{detail} at byte {place}");
            problem("messages", ImportFault::Unexpected { detail })
        })?;
    }
    if scan.open.is_empty() && !scan.pieces.is_empty() {
        Ok(scan.pieces)
    } else {
        Err(problem("", ImportFault::CutOff))
    }
}

/// What is open where the reader is.
#[derive(Debug)]
enum Open {
    /// An object that becomes a piece.
    Piece {
        place: usize,
        /// Brackets that are open within it, of both kinds.
        depth: u32,
        /// Its last text, if that may be the name of a member.
        name: Vec<u8>,
        /// What stands behind a colon comes next.
        is_value_next: bool,
    },
    /// A list of messages of a piece.
    List { piece: usize },
}

struct Scan {
    pieces: Vec<Piece>,
    open: Vec<Open>,
    /// Within a text: whether the next byte is escaped.
    text: Option<bool>,
}

impl Scan {
    fn step(&mut self, byte: u8) -> Result<(), &'static str> {
        if let Some(is_escaped) = self.text {
            self.text = match byte {
                b'"' if !is_escaped => None,
                _ => Some(byte == b'\\' && !is_escaped),
            };
            self.keep(byte, self.text.is_some());
            return Ok(());
        }
        match self.open.last() {
            None => self.begin(byte, None),
            Some(Open::List { piece }) => {
                let piece = *piece;
                match byte {
                    b']' => {
                        self.open.pop();
                        Ok(())
                    }
                    b',' => Ok(()),
                    _ => self.begin(byte, Some(piece)),
                }
            }
            Some(Open::Piece { .. }) => {
                self.step_in_piece(byte);
                Ok(())
            }
        }
    }

    /// An object begins, or there is space.
    fn begin(&mut self, byte: u8, parent: Option<usize>) -> Result<(), &'static str> {
        if byte.is_ascii_whitespace() {
            return Ok(());
        }
        if byte != b'{' || (parent.is_none() && !self.pieces.is_empty()) {
            return Err("something else than a message");
        }
        let place = self.pieces.len();
        self.pieces.push(Piece {
            json: vec![byte],
            // The conversation is no message.
            parent: parent.filter(|parent| *parent > 0),
        });
        self.open.push(Open::Piece {
            place,
            depth: 0,
            name: Vec::new(),
            is_value_next: false,
        });
        Ok(())
    }

    fn step_in_piece(&mut self, byte: u8) {
        let Some(Open::Piece {
            place,
            depth,
            name,
            is_value_next,
        }) = self.open.last_mut()
        else {
            return;
        };
        let is_outside = *depth == 0;
        let is_list = byte == b'[' && is_outside && *is_value_next;
        if is_list && is_name_of_list(name, *place) {
            let piece = *place;
            *is_value_next = false;
            self.pieces[piece].json.extend_from_slice(NOTHING);
            self.open.push(Open::List { piece });
            return;
        }
        match byte {
            b'"' => {
                self.text = Some(false);
                name.clear();
            }
            b'{' | b'[' => *depth += 1,
            b'}' | b']' => *depth = depth.saturating_sub(1),
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            *is_value_next = byte == b':' && is_outside;
        }
        self.keep(byte, false);
        if byte == b'}' && is_outside {
            self.open.pop();
        }
    }

    fn keep(&mut self, byte: u8, is_in_text: bool) {
        if let Some(Open::Piece { place, name, .. }) = self.open.last_mut() {
            self.pieces[*place].json.push(byte);
            if is_in_text && name.len() <= OF_ALL[1].len() {
                name.push(byte);
            }
        }
    }
}

fn is_name_of_list(name: &[u8], place: usize) -> bool {
    if place == 0 {
        OF_ALL.contains(&name)
    } else {
        name == OF_ONE
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_are_taken_out_of_each_other_however_deep_they_lie() {
        let told = json!({
            "title": "messages: [", "messages": [
                {"messageId": "a", "content": [{"messages": [1]}], "children": [
                    {"children": [], "messageId": "b"},
                    {"messageId": "c", "children": [{"messageId": "d"}], "text": "\"children\":["}
                ]},
                {"messageId": "e"}
            ], "options": {"children": [1]}
        });
        let found = pieces(told.to_string().as_bytes()).unwrap();
        let parents: Vec<_> = found.iter().map(|piece| piece.parent).collect();
        assert_eq!(parents, [None, None, Some(1), Some(1), Some(3), None]);
        let read = |place: usize| {
            let piece: &Piece = &found[place];
            serde_json::from_slice::<serde_json::Value>(&piece.json).unwrap()
        };
        assert_eq!(read(0)["title"], "messages: [");
        assert_eq!(read(0)["options"], json!({"children": [1]}));
        assert_eq!(read(1)["content"], json!([{"messages": [1]}]));
        let names: Vec<_> = (1..6)
            .map(|place| read(place)["messageId"].clone())
            .collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
        assert_eq!(read(3)["text"], "\"children\":[");

        let depth = 100_000;
        let deep = "{\"children\":[".repeat(depth) + "{}" + &"]}".repeat(depth);
        let deep = format!("{{\"messages\":[{deep}]}}");
        assert_eq!(pieces(deep.as_bytes()).unwrap().len(), depth + 2);
    }

    #[test]
    fn what_is_no_tree_of_messages_is_refused() {
        for (told, words) in [
            ("", "ends in the middle"),
            ("{\"messages\":[{", "ends in the middle"),
            ("{\"messages\":[1]}", "something else than a message"),
            ("{\"messages\":[null]}", "something else than a message"),
            ("[]", "something else than a message"),
            ("{} {}", "something else than a message"),
        ] {
            let refused = pieces(told.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(words), "{told}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in r#"[\[\]{}",:\\ messages]{0,80}"#) {
            let _ = pieces(text.as_bytes());
        }
    }
}
