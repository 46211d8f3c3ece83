//! What a page shows, in the order in which it shows it (ISO 32000-1, 8 and 9). That order is
//! nearly always the one in which it is read.

mod matrix;

use std::{collections::HashMap, ptr, rc::Rc};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, content::Content};

use super::{
    font::Font,
    lines::{Lines, Piece},
};
use matrix::Matrix;

/// Bytes of the program of a page: drawings of maps have some ten MiB.
const MAX_CONTENT_BYTES: usize = 32 << 20;
/// Steps of the programs of a page, those that it calls included.
const MAX_STEPS: usize = 4_000_000;
/// Programs that call each other.
const MAX_CALLS: usize = 12;
/// States that are put aside.
const MAX_STATES: usize = 256;

/// Pages that are read one after the other: they share their fonts.
pub(super) struct Reading<'a> {
    document: &'a Document,
    /// By where they stand in memory: not all have a number.
    fonts: HashMap<*const Dictionary, Rc<Font>>,
}

/// What was said before text is shown.
#[derive(Clone)]
struct State {
    /// From the program's places to those of the page.
    to_page: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    letter_spacing: f64,
    word_spacing: f64,
    /// How much wider letters are than they are made.
    stretch: f64,
    leading: f64,
    rise: f64,
}

/// A page that is being read.
struct Walk<'w, 'a> {
    reading: &'w mut Reading<'a>,
    lines: Lines,
    num_steps: usize,
    num_calls: usize,
}

impl<'a> Reading<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self {
            document,
            fonts: HashMap::new(),
        }
    }

    /// The lines of a page, as many as can be read.
    pub(super) fn page(&mut self, page: ObjectId) -> String {
        let document = self.document;
        let content = document.get_page_content_with_limit(page, MAX_CONTENT_BYTES);
        let content = content.unwrap_or_default();
        let (own, others) = document.get_page_resources(page).unwrap_or_default();
        let others = others
            .iter()
            .filter_map(|id| document.get_dictionary(*id).ok());
        let resources: Vec<&Dictionary> = own.into_iter().chain(others).collect();
        let mut walk = Walk {
            reading: self,
            lines: Lines::default(),
            num_steps: 0,
            num_calls: 0,
        };
        walk.run(&content, &resources, State::new());
        walk.lines.into_text()
    }

    /// The font of this name.
    fn font(&mut self, resources: &[&'a Dictionary], name: &[u8]) -> Option<Rc<Font>> {
        let document = self.document;
        let font = found(document, resources, b"Font", name)?.as_dict().ok()?;
        let key = ptr::from_ref(font);
        let known = self.fonts.entry(key);
        let known = known.or_insert_with(|| Rc::new(Font::read(document, font)));
        Some(Rc::clone(known))
    }
}

/// What resources have of a kind, by its name.
fn found<'a>(
    document: &'a Document,
    resources: &[&'a Dictionary],
    kind: &[u8],
    name: &[u8],
) -> Option<&'a Object> {
    resources.iter().find_map(|resources| {
        let of_kind = resources.get_deref(kind, document).ok()?.as_dict().ok()?;
        of_kind.get_deref(name, document).ok()
    })
}

impl State {
    const fn new() -> Self {
        Self {
            to_page: Matrix::IDENTITY,
            font: None,
            size: 1.0,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

/// Where text is shown next, and where its line began.
#[derive(Clone, Copy)]
struct Place {
    next: Matrix,
    line: Matrix,
}

impl Place {
    const START: Self = Self {
        next: Matrix::IDENTITY,
        line: Matrix::IDENTITY,
    };

    fn step(&mut self, x: f64, y: f64) {
        self.set(self.line.moved(x, y));
    }

    const fn set(&mut self, line: Matrix) {
        self.line = line;
        self.next = line;
    }
}

impl<'a> Walk<'_, 'a> {
    /// Runs a program.
    fn run(&mut self, content: &[u8], resources: &[&'a Dictionary], mut state: State) {
        let mut states = Vec::new();
        let mut place = Place::START;
        for operation in Content::decode_iter(content) {
            let Ok(operation) = operation else { break };
            self.num_steps += 1;
            if self.num_steps > MAX_STEPS || self.lines.is_full() {
                break;
            }
            let operands = operation.operands.as_slice();
            match operation.operator.as_str() {
                "q" if states.len() < MAX_STATES => states.push(state.clone()),
                "Q" => {
                    if let Some(before) = states.pop() {
                        state = before;
                    }
                }
                "cm" => {
                    if let Some(matrix) = Matrix::of(operands) {
                        state.to_page = matrix.then(&state.to_page);
                    }
                }
                "Do" => self.call(operands, resources, &state),
                "BT" => place = Place::START,
                "Tf" => {
                    if let [Object::Name(name), size, ..] = operands {
                        state.font = self.reading.font(resources, name);
                        state.size = number(size).unwrap_or(1.0);
                    }
                }
                operator => {
                    if !state.adjust(operator, operands)
                        && !state.place(operator, operands, &mut place)
                    {
                        self.text(operator, operands, (&mut state, &mut place));
                    }
                }
            }
        }
    }

    /// Runs the program of a form; pictures have none.
    fn call(&mut self, operands: &[Object], resources: &[&'a Dictionary], state: &State) {
        let document = self.reading.document;
        let form: Option<&'a Stream> = operands
            .first()
            .and_then(|name| name.as_name().ok())
            .and_then(|name| found(document, resources, b"XObject", name))
            .and_then(|form| form.as_stream().ok());
        let Some(form) = form else { return };
        let is_form = form.dict.get(b"Subtype").and_then(Object::as_name);
        if !is_form.is_ok_and(|it| it == b"Form") || self.num_calls >= MAX_CALLS {
            return;
        }
        let Ok(content) = form.get_plain_content_with_limit(MAX_CONTENT_BYTES) else {
            return;
        };
        let own = form.dict.get_deref(b"Resources", document);
        let own = own.ok().and_then(|own| own.as_dict().ok());
        let own: Vec<&Dictionary> = own.into_iter().chain(resources.iter().copied()).collect();
        let mut state = state.clone();
        let matrix = form.dict.get_deref(b"Matrix", document);
        let matrix = matrix.ok().and_then(|matrix| matrix.as_array().ok());
        if let Some(matrix) = matrix.and_then(|matrix| Matrix::of(matrix)) {
            state.to_page = matrix.then(&state.to_page);
        }
        self.num_calls += 1;
        self.run(&content, &own, state);
        self.num_calls -= 1;
    }

    /// Does what shows text.
    fn text(
        &mut self,
        operator: &str,
        operands: &[Object],
        (state, place): (&mut State, &mut Place),
    ) {
        match (operator, operands) {
            ("Tj", [Object::String(string, _), ..]) => self.show(string, state, place),
            ("'", [Object::String(string, _), ..]) => {
                place.step(0.0, -state.leading);
                self.show(string, state, place);
            }
            ("\"", [word_spacing, letter_spacing, Object::String(string, _), ..]) => {
                state.word_spacing = number(word_spacing).unwrap_or_default();
                state.letter_spacing = number(letter_spacing).unwrap_or_default();
                place.step(0.0, -state.leading);
                self.show(string, state, place);
            }
            ("TJ", [Object::Array(parts), ..]) => {
                for part in parts {
                    if let Object::String(string, _) = part {
                        self.show(string, state, place);
                    } else if let Some(back) = number(part) {
                        let x = -back / 1000.0 * state.size * state.stretch;
                        place.next = place.next.moved(x, 0.0);
                    }
                }
            }
            _ => {}
        }
    }

    fn show(&mut self, string: &[u8], state: &State, place: &mut Place) {
        let Some(font) = &state.font else { return };
        let own = Matrix([
            state.size * state.stretch,
            0.0,
            0.0,
            state.size,
            0.0,
            state.rise,
        ]);
        let begin = own.then(&place.next).then(&state.to_page);
        let (mut text, mut width) = (String::new(), 0.0);
        for sign in font.signs(string) {
            text.push_str(&sign.text);
            width += sign.width * state.size + state.letter_spacing;
            if sign.is_space {
                width += state.word_spacing;
            }
        }
        place.next = place.next.moved(width * state.stretch, 0.0);
        let end = own.then(&place.next).then(&state.to_page);
        self.lines.show(Piece {
            text,
            start: begin.origin(),
            end: end.origin(),
            direction: begin.direction(),
            size: begin.height(),
        });
    }
}

impl State {
    /// Changes how text is shown; false if that is not what is said.
    fn adjust(&mut self, operator: &str, operands: &[Object]) -> bool {
        let value = operands.first().and_then(number).unwrap_or_default();
        match operator {
            "Tc" => self.letter_spacing = value,
            "Tw" => self.word_spacing = value,
            "Tz" => self.stretch = value / 100.0,
            "TL" => self.leading = value,
            "Ts" => self.rise = value,
            _ => return false,
        }
        true
    }

    /// Changes where text is shown; false if that is not what is said.
    fn place(&mut self, operator: &str, operands: &[Object], place: &mut Place) -> bool {
        let pair = || {
            let x = operands.first().and_then(number).unwrap_or_default();
            let y = operands.get(1).and_then(number).unwrap_or_default();
            (x, y)
        };
        match operator {
            "Td" => {
                let (x, y) = pair();
                place.step(x, y);
            }
            "TD" => {
                let (x, y) = pair();
                self.leading = -y;
                place.step(x, y);
            }
            "Tm" => {
                if let Some(matrix) = Matrix::of(operands) {
                    place.set(matrix);
                }
            }
            "T*" => place.step(0.0, -self.leading),
            _ => return false,
        }
        true
    }
}

fn number(object: &Object) -> Option<f64> {
    object.as_float().ok().map(f64::from)
}
