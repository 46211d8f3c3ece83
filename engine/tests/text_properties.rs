//! Text comes out the same, however its tokens cut it.

use hearth_engine::{
    stop_strings::{Released, StopStrings},
    text_decoder::TextDecoder,
};
use proptest::{collection::vec, prelude::*};

/// The pieces of `whole` between the given cuts.
fn pieces<'a>(whole: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut positions: Vec<usize> = cuts.iter().map(|cut| cut % (whole.len() + 1)).collect();
    positions.extend([0, whole.len()]);
    positions.sort_unstable();
    positions
        .windows(2)
        .map(|window| &whole[window[0]..window[1]])
        .collect()
}

/// Bytes that are nearly text: characters of every length, some cut short.
fn almost_text() -> impl Strategy<Value = Vec<u8>> {
    let character = prop_oneof![
        any::<char>().prop_map(|character| character.to_string().into_bytes()),
        any::<char>().prop_map(|character| character.to_string().into_bytes()[..1].to_vec()),
        Just("😀".as_bytes()[..3].to_vec()),
        vec(any::<u8>(), 1..3),
    ];
    vec(character, 0..12).prop_map(|characters| characters.concat())
}

fn decode(pieces: &[&[u8]]) -> String {
    let mut decoder = TextDecoder::new();
    let text: String = pieces.iter().map(|piece| decoder.push(piece)).collect();
    text + &decoder.finish()
}

/// The answer as shown, and whether a stop string ended it.
fn stopped(stops: &[String], pieces: &[String]) -> (String, bool) {
    let mut strings = StopStrings::new(stops);
    let mut shown = String::new();
    for piece in pieces {
        match strings.push(piece) {
            Released::Text(text) => shown += &text,
            Released::Stopped(text) => return (shown + &text, true),
        }
    }
    (shown + &strings.finish(), false)
}

#[test]
fn every_two_way_split_decodes_like_the_whole() {
    let text = "a é 你 😀 👩‍👩‍👧 \u{FFFD}".as_bytes();
    let broken = [
        b"x\xF0\x9Fy".as_slice(),
        b"\xC3",
        text,
        b"\xE4\xBD",
        b"\xFF\xC0\xAF",
    ]
    .concat();
    for whole in [text, &broken] {
        for position in 0..=whole.len() {
            let (before, after) = whole.split_at(position);
            assert_eq!(decode(&[before, after]), String::from_utf8_lossy(whole));
        }
    }
}

proptest! {
    #[test]
    fn any_split_decodes_like_the_whole(whole in almost_text(), cuts in vec(any::<usize>(), 0..20)) {
        prop_assert_eq!(decode(&pieces(&whole, &cuts)), String::from_utf8_lossy(&whole));
    }

    #[test]
    fn text_is_complete_up_to_the_last_whole_character(whole in "\\PC{0,12}", cuts in vec(any::<usize>(), 0..20)) {
        let mut decoder = TextDecoder::new();
        let mut bytes: Vec<u8> = Vec::new();
        let mut shown = String::new();
        for piece in pieces(whole.as_bytes(), &cuts) {
            bytes.extend(piece);
            shown += &decoder.push(piece);
            let complete = match std::str::from_utf8(&bytes) {
                Ok(text) => text,
                Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap(),
            };
            prop_assert_eq!(&shown, complete);
        }
    }

    #[test]
    fn any_split_stops_at_the_same_place(
        text in "[abé]{0,16}",
        stops in vec("[abé]{0,4}", 0..4),
        lengths in vec(0..4usize, 0..20),
    ) {
        let letters: Vec<String> = text.chars().map(String::from).collect();
        let mut rest = letters.as_slice();
        let mut pieces = Vec::new();
        for length in lengths {
            let (piece, after) = rest.split_at(length.min(rest.len()));
            pieces.push(piece.concat());
            rest = after;
        }
        pieces.push(rest.concat());
        let whole = stopped(&stops, std::slice::from_ref(&text));
        prop_assert_eq!(stopped(&stops, &pieces), whole.clone());
        prop_assert_eq!(stopped(&stops, &letters), whole.clone());
        let has_stop = stops.iter().any(|stop| !stop.is_empty() && text.contains(stop.as_str()));
        prop_assert_eq!(whole.1, has_stop);
        prop_assert!(text.starts_with(&whole.0));
    }
}
