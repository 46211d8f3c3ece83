//! Empties functions of a linked program where they stand. It keeps its relocations, which say what
//! refers to what and which splitting goes by: those of the functions that are emptied go.

use std::collections::HashSet;
use std::ops::Range;

use anyhow::{Context as _, Result, ensure};
use wasmparser::{CustomSectionReader, KnownCustom, Parser, Payload};

/// A body that ends the program: no variables, a trap, as much of nothing as there is room, an end.
const NO_VARIABLES: u8 = 0x00;
const TRAP: u8 = 0x00;
const NOTHING: u8 = 0x01;
const END: u8 = 0x0b;

/// The program with these functions empty: numbers count its own functions, not those that it is
/// lent.
///
/// # Errors
/// If this is no program, or a function is too short to be emptied.
pub(super) fn emptied(program: &[u8], functions: &HashSet<usize>) -> Result<Vec<u8>> {
    let mut code = Code::default();
    let mut relocations = None;
    let (mut section, mut end, mut function) = (0, 0, 0);
    for payload in Parser::new(0).parse_all(program) {
        let payload = payload.context("no program")?;
        match &payload {
            Payload::Version { range, .. } => end = index(range.end)?,
            Payload::CodeSectionStart { range, .. } => {
                (code.section, code.start) = (section, index(range.start)?);
            }
            Payload::CodeSectionEntry(body) => {
                if functions.contains(&function) {
                    code.doomed.push(span(&body.range())?);
                }
                function += 1;
            }
            Payload::CustomSection(reader) if reader.name() == "reloc.CODE" => {
                relocations = Some((end..index(reader.range().end)?, reader.clone()));
            }
            _ => {}
        }
        if let Some((_, range)) = payload.as_section() {
            section += 1;
            end = index(range.end)?;
        }
    }
    let mut new = program.to_vec();
    for body in &code.doomed {
        empty(&mut new[body.clone()])?;
    }
    if let Some((place, reader)) = relocations {
        let kept = code.without_doomed(program, &reader)?;
        new.splice(place, kept);
    }
    Ok(new)
}

/// The section of code, and in it the bodies to be emptied, as places in the file.
#[derive(Default)]
struct Code {
    section: u32,
    start: usize,
    doomed: Vec<Range<usize>>,
}

impl Code {
    /// The section of relocations without those in the bodies.
    fn without_doomed(&self, program: &[u8], reader: &CustomSectionReader<'_>) -> Result<Vec<u8>> {
        let KnownCustom::Reloc(relocations) = reader.as_known() else {
            anyhow::bail!("relocations that nobody can read");
        };
        ensure!(
            relocations.section_index() == self.section,
            "not the code's relocations"
        );
        let entries = relocations.entries();
        let (mut kept, mut count) = (Vec::new(), 0);
        let mut places = Vec::new();
        for entry in entries.clone().into_iter_with_offsets() {
            let (place, entry) = entry?;
            places.push((index(place)?, self.start + entry.offset as usize));
        }
        let end = index(entries.range().end)?;
        let ends = places.iter().skip(1).map(|(place, _)| *place).chain([end]);
        for ((begin, target), end) in places.iter().zip(ends) {
            if !self.is_doomed(*target) {
                kept.extend_from_slice(&program[*begin..end]);
                count += 1;
            }
        }
        let mut content = number(reader.name().len());
        content.extend_from_slice(reader.name().as_bytes());
        content.extend(number(self.section as usize));
        content.extend(number(count));
        content.extend(kept);
        let mut section = vec![0]; // a custom one
        section.extend(number(content.len()));
        section.extend(content);
        Ok(section)
    }

    /// Bodies stand in the order of the file.
    fn is_doomed(&self, place: usize) -> bool {
        let after = self.doomed.partition_point(|body| body.end <= place);
        self.doomed
            .get(after)
            .is_some_and(|body| body.contains(&place))
    }
}

fn empty(body: &mut [u8]) -> Result<()> {
    ensure!(body.len() >= 3, "a function of {} bytes", body.len());
    body.fill(NOTHING);
    let last = body.len() - 1;
    (body[0], body[1], body[last]) = (NO_VARIABLES, TRAP, END);
    Ok(())
}

/// A number as programs have it: seven bits a byte, the lowest first.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn span(range: &Range<u64>) -> Result<Range<usize>> {
    Ok(index(range.start)?..index(range.end)?)
}

fn index(place: u64) -> Result<usize> {
    usize::try_from(place).context("a program larger than memory")
}

#[cfg(test)]
mod tests {
    use walrus::{FunctionBuilder, Module, RawCustomSection};

    use super::*;

    /// Two functions, and relocations: three in the first, one in the second. Numbers take five
    /// bytes there, as a linker leaves them.
    fn program() -> Vec<u8> {
        let mut module = Module::default();
        for value in [1, 2] {
            let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
            let mut body = function.func_body();
            for _ in 0..8 {
                body.i32_const(value).drop();
            }
            let function = function.finish(Vec::new(), &mut module.funcs);
            module.exports.add(&format!("f{value}"), function);
        }
        let plain = module.emit_wasm();
        let (section, bodies) = code(&plain);
        let entries = [
            bodies[0].start + 1,
            bodies[0].start + 3,
            bodies[0].end - 1,
            bodies[1].start,
        ];
        // A function, no address: no third number.
        let mut data = number(section);
        data.extend(number(entries.len()));
        for entry in entries {
            data.push(0);
            data.extend(number(entry));
            data.extend(number(0));
        }
        let name = "reloc.CODE".to_owned();
        module.customs.add(RawCustomSection { name, data });
        module.emit_wasm()
    }

    /// Which section the code is, and its bodies, counted from its beginning.
    fn code(program: &[u8]) -> (usize, Vec<Range<usize>>) {
        let (mut section, mut found, mut start, mut bodies) = (0, 0, 0, Vec::new());
        for payload in Parser::new(0).parse_all(program) {
            let payload = payload.unwrap();
            if let Payload::CodeSectionStart { range, .. } = &payload {
                (found, start) = (section, index(range.start).unwrap());
            }
            if let Payload::CodeSectionEntry(body) = &payload {
                let body = span(&body.range()).unwrap();
                bodies.push(body.start - start..body.end - start);
            }
            section += usize::from(payload.as_section().is_some());
        }
        (found, bodies)
    }

    fn relocations(program: &[u8]) -> Vec<usize> {
        for payload in Parser::new(0).parse_all(program) {
            if let Payload::CustomSection(reader) = payload.unwrap()
                && let KnownCustom::Reloc(relocations) = reader.as_known()
            {
                let entries = relocations.entries().into_iter();
                return entries.map(|it| it.unwrap().offset as usize).collect();
            }
        }
        Vec::new()
    }

    #[test]
    fn an_emptied_function_is_a_trap_of_the_same_length_and_refers_to_nothing() {
        let before = program();
        let after = emptied(&before, &HashSet::from([0])).unwrap();
        assert_eq!(code(&after), code(&before));
        assert_eq!(relocations(&before).len(), 4);
        assert_eq!(relocations(&after), relocations(&before)[3..]);
        let module = Module::from_buffer(&after).unwrap();
        let sizes: Vec<u64> = module
            .funcs
            .iter_local()
            .map(|(_, body)| body.size())
            .collect();
        assert_eq!(sizes, [1, 16]);
    }

    #[test]
    fn nothing_to_be_emptied_changes_nothing() {
        let program = program();
        assert_eq!(emptied(&program, &HashSet::new()).unwrap(), program);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        assert!(emptied(b"<html>", &HashSet::new()).is_err());
    }

    #[test]
    fn numbers_are_read_back() {
        assert_eq!(number(0), [0]);
        assert_eq!(number(127), [127]);
        assert_eq!(number(624_485), [0xe5, 0x8e, 0x26]);
    }
}
