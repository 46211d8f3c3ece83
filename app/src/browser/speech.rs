//! Reading aloud with the browser's own voices, one sentence after the other. What is read is what
//! somebody sees, without code and formulas; where the browser can mark it, it is marked.

use std::{iter, time::Duration};

use js_sys::{Array, Function, Promise, Reflect, futures::JsFuture};
use leptos::prelude::{document, window};
use web_sys::{
    Element, Node, Range, SpeechSynthesis, SpeechSynthesisUtterance,
    wasm_bindgen::{JsCast, JsValue},
};

use super::within;
use crate::sentences::sentences;

/// What nobody reads aloud: code in blocks, formulas, buttons, marks of footnotes, what is unseen.
const UNSAID: &str = "pre, .code-block, .math-source, math, svg, button, sup, [hidden], \
    .visually-hidden, details:not([open]) > :not(summary)";
/// What a sentence does not reach beyond.
const BLOCKS: &str = "p, li, h1, h2, h3, h4, h5, h6, td, th, blockquote, summary, dt, dd, div, br";
/// Name of the mark in the style sheet.
const MARK: &str = "read-aloud";
/// Some browsers tell their voices late, others have none.
const VOICES: Duration = Duration::from_secs(1);

/// A sentence of the page.
pub(crate) struct SpokenSentence {
    text: String,
    language: Option<&'static str>,
    range: Option<Range>,
}

/// A text within one block, and where its letters stand.
#[derive(Default)]
struct Passage {
    text: String,
    /// Where in the passage each piece begins, in units of UTF-16.
    pieces: Vec<(u32, Node)>,
    num_units: u32,
}

impl Passage {
    fn push(&mut self, node: Node) {
        let text = node.text_content().unwrap_or_default();
        let units = u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
        self.pieces.push((self.num_units, node));
        self.num_units = self.num_units.saturating_add(units);
        // A line break of the source is none of the page.
        self.text.push_str(&text.replace('\n', " "));
    }

    fn sentences(&self) -> impl Iterator<Item = SpokenSentence> {
        let found = sentences(&self.text).into_iter();
        found.map(move |it| SpokenSentence {
            range: self.range(it.place.start, it.place.end),
            text: it.text,
            language: it.language,
        })
    }

    fn range(&self, begin: u32, end: u32) -> Option<Range> {
        let range = Range::new().ok()?;
        let (node, offset) = self.spot(begin)?;
        range.set_start(node, offset).ok()?;
        // Behind the last letter, in the node that has it.
        let (node, offset) = self.spot(end.checked_sub(1)?)?;
        range.set_end(node, offset + 1).ok()?;
        Some(range)
    }

    fn spot(&self, place: u32) -> Option<(&Node, u32)> {
        let piece = self.pieces.iter().rev().find(|it| it.0 <= place)?;
        Some((&piece.1, place - piece.0))
    }
}

/// The sentences of the first element that a selector finds.
pub(crate) fn sentences_in(selector: &str) -> Vec<SpokenSentence> {
    let Ok(Some(element)) = document().query_selector(selector) else {
        return Vec::new();
    };
    let mut passages = vec![Passage::default()];
    gather(&element, &mut passages);
    passages.iter().flat_map(Passage::sentences).collect()
}

/// Adds the texts below a node, a passage for each block.
fn gather(node: &Node, passages: &mut Vec<Passage>) {
    let children = iter::successors(node.first_child(), Node::next_sibling);
    for child in children {
        if child.node_type() == Node::TEXT_NODE {
            if let Some(passage) = passages.last_mut() {
                passage.push(child);
            }
            continue;
        }
        let Some(element) = child.dyn_ref::<Element>() else {
            continue;
        };
        // A browser that does not know a selector reads everything.
        if element.matches(UNSAID).unwrap_or(false) {
            continue;
        }
        let is_block = element.matches(BLOCKS).unwrap_or(false);
        if is_block {
            passages.push(Passage::default());
        }
        gather(element, passages);
        if is_block {
            passages.push(Passage::default());
        }
    }
}

impl SpokenSentence {
    /// Reads it; over when it was said, when it cannot be, or when somebody has had enough.
    pub(crate) async fn read(&self) {
        let Some(speech) = speech() else { return };
        let Ok(utterance) = SpeechSynthesisUtterance::new_with_text(&self.text) else {
            return;
        };
        if let Some(language) = self.language {
            utterance.set_lang(language);
        }
        mark(self.range.as_ref());
        let said = Promise::new(&mut |end, _| {
            utterance.set_onend(Some(&end));
            utterance.set_onerror(Some(&end));
        });
        speech.speak(&utterance);
        // It never fails: what goes wrong is an end too.
        let _ = JsFuture::from(said).await;
        mark(None);
    }
}

/// Waits until the browser has told its voices, so that each language gets its own; not for long.
pub(crate) async fn await_voices() {
    let Some(speech) = speech() else { return };
    if speech.get_voices().length() > 0 {
        return;
    }
    let told = Promise::new(&mut |go, _| speech.set_onvoiceschanged(Some(&go)));
    // Without any the browser speaks as it can.
    let _ = within(VOICES, JsFuture::from(told)).await;
    speech.set_onvoiceschanged(None);
}

/// Says nothing more.
pub(crate) fn hush() {
    if let Some(speech) = speech() {
        speech.cancel();
    }
    mark(None);
}

fn speech() -> Option<SpeechSynthesis> {
    let speech = window().speech_synthesis().ok()?;
    speech.is_truthy().then_some(speech)
}

/// Marks what is read, and nothing else.
fn mark(range: Option<&Range>) {
    // Nothing is marked where the browser has no such marks.
    let _ = try_mark(range);
}

fn try_mark(range: Option<&Range>) -> Result<(), JsValue> {
    let page = window();
    let css = Reflect::get(&page, &"CSS".into())?;
    let marks = Reflect::get(&css, &"highlights".into())?;
    let Some(range) = range else {
        let take = Reflect::get(&marks, &"delete".into())?.dyn_into::<Function>()?;
        Reflect::apply(&take, &marks, &Array::of1(&MARK.into()))?;
        return Ok(());
    };
    let maker = Reflect::get(&page, &"Highlight".into())?.dyn_into::<Function>()?;
    let made = Reflect::construct(&maker, &Array::of1(range))?;
    let put = Reflect::get(&marks, &"set".into())?.dyn_into::<Function>()?;
    Reflect::apply(&put, &marks, &Array::of2(&MARK.into(), &made))?;
    Ok(())
}
