//! Makes the JavaScript glue smaller, and the program with it: names between the two that end with
//! sixteen random digits, which nothing compresses, become short; comments, indentation and classes
//! that nobody can make an object of go. See `docs/adr/0043-what-the-page-never-calls.md`.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use walrus::{ExportId, Module};

use super::{split::Parts, trim};

/// Hexadecimal digits at the end of a name that binding makes unique.
const HASH_DIGITS: usize = 16;
/// How a script makes an object of a class of the program.
const MAKES_OBJECTS: &str = "__wrap(";
const CLASS: &str = "export class ";

/// Makes a script and its program smaller, and has the script load the parts.
///
/// # Errors
/// If a file cannot be read or written, or is not what binding writes.
pub(super) fn make_smaller(script: &Path, program: &Path, parts: &Parts) -> Result<()> {
    let text = parts.with_loaders(&fs::read_to_string(script)?)?;
    let mut module = trim::read(&fs::read(program)?)
        .with_context(|| format!("cannot read {}", program.display()))?;
    let text = smaller(&text, &mut module)?;
    parts.check(&module)?;
    fs::write(script, text)?;
    fs::write(program, module.emit_wasm())?;
    Ok(())
}

fn smaller(script: &str, module: &mut Module) -> Result<String> {
    let mut script = script.to_owned();
    if !script.contains(MAKES_OBJECTS) {
        let classes = classes(&script);
        script = without_classes(&script, &classes);
        drop_exports(module, &classes);
        walrus::passes::gc::run(module);
    }
    let script = plain(&script)?;
    let names = short_names(module);
    let words: HashSet<&str> = script.split(|it| !is_letter(it)).collect();
    for import in module.imports.iter_mut() {
        if let Some(short) = names.get(&import.name) {
            let name = &import.name;
            ensure!(words.contains(name.as_str()), "the script has no {name}");
            import.name.clone_from(short);
        }
    }
    for export in module.exports.iter_mut() {
        if let Some(short) = names.get(&export.name) {
            export.name.clone_from(short);
        }
    }
    Ok(renamed(&script, &names))
}

/// Names of the classes that a script has.
fn classes(script: &str) -> Vec<String> {
    let names = script.lines().filter_map(|line| line.strip_prefix(CLASS));
    let names = names.filter_map(|rest| rest.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// The script without these classes and what only belongs to them. What stands within something
/// begins with a space.
fn without_classes(script: &str, classes: &[String]) -> String {
    let belongs = |line: &str| {
        classes.iter().any(|class| {
            line.starts_with(&format!("{CLASS}{class} "))
                || line.starts_with(&format!("if (Symbol.dispose) {class}."))
                || line.starts_with(&format!("const {class}Finalization "))
        })
    };
    let mut text = String::with_capacity(script.len());
    let mut is_inside = false;
    for line in script.lines() {
        let is_end = is_inside && line == "}";
        let goes_on = line.starts_with(' ') || line.is_empty();
        is_inside = belongs(line) || (is_inside && goes_on);
        if !is_inside && !is_end {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Methods of these classes are called by nobody.
fn drop_exports(module: &mut Module, classes: &[String]) {
    let beginnings: Vec<String> = classes
        .iter()
        .map(|class| class.to_ascii_lowercase())
        .flat_map(|class| [format!("{class}_"), format!("__wbg_{class}_")])
        .collect();
    let is_method = |name: &str| beginnings.iter().any(|it| name.starts_with(it));
    let exports = module.exports.iter();
    let methods = exports.filter(|it| is_method(&it.name));
    let methods: Vec<ExportId> = methods.map(walrus::Export::id).collect();
    for id in methods {
        module.exports.delete(id);
    }
}

/// The script without indentation, empty lines, and lines that are comments.
fn plain(script: &str) -> Result<String> {
    let mut text = String::with_capacity(script.len());
    let mut is_comment = false;
    for line in script.lines().map(str::trim_start) {
        let begins = line.starts_with("/**");
        if is_comment || begins {
            is_comment = !line.ends_with("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            let num_quotes = line.matches('`').count();
            ensure!(
                num_quotes.is_multiple_of(2),
                "a text of several lines: {line}"
            );
            text.push_str(line);
            text.push('\n');
        }
    }
    Ok(text)
}

/// A short name for each that ends with random digits, in the order of the program.
fn short_names(module: &Module) -> BTreeMap<String, String> {
    let imports = module.imports.iter().map(|it| &it.name);
    let exports = module.exports.iter().map(|it| &it.name);
    let mut names = BTreeMap::new();
    for name in imports.chain(exports).filter(|it| has_hash(it)) {
        let short = format!("${:x}", names.len());
        names.entry(name.clone()).or_insert(short);
    }
    names
}

fn has_hash(name: &str) -> bool {
    let mut end = name.bytes().rev().take(HASH_DIGITS);
    name.len() > HASH_DIGITS && end.all(|byte| byte.is_ascii_hexdigit())
}

fn renamed(script: &str, names: &BTreeMap<String, String>) -> String {
    let mut text = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(start) = rest.find(is_letter) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|it| !is_letter(it)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        text.push_str(before);
        text.push_str(names.get(word).map_or(word, String::as_str));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// Of a name in JavaScript, as far as binding makes them.
fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '$'
}

#[cfg(test)]
mod tests {
    use walrus::FunctionBuilder;

    use super::*;

    const HASHED: &str = "__wbg_log_0123456789abcdef";

    fn export_function(module: &mut Module, name: &str) {
        let builder = FunctionBuilder::new(&mut module.types, &[], &[]);
        let function = builder.finish(Vec::new(), &mut module.funcs);
        module.exports.add(name, function);
    }

    fn program() -> Module {
        let mut module = Module::default();
        let nothing = module.types.add(&[], &[]);
        let (log, _) = module.add_import_func("./hearth_bg.js", HASHED, nothing);
        module.exports.add("again", log);
        for name in ["hydrate", "stream_pull", "__wbg_stream_free"] {
            export_function(&mut module, name);
        }
        module
    }

    fn names(module: &Module) -> (Vec<&str>, Vec<&str>) {
        let imports = module.imports.iter().map(|it| it.name.as_str());
        let exports = module.exports.iter().map(|it| it.name.as_str());
        (imports.collect(), exports.collect())
    }

    #[test]
    fn a_name_with_random_digits_becomes_short_on_both_sides() {
        let mut module = program();
        let script = format!("const x = {{\n    {HASHED}: function(a) {{\n    }},\n}};\n");
        let smaller = smaller(&script, &mut module).unwrap();
        assert_eq!(smaller, "const x = {\n$0: function(a) {\n},\n};\n");
        let module = Module::from_buffer(&module.emit_wasm()).unwrap();
        assert_eq!(names(&module).0, ["$0"]);
    }

    #[test]
    fn a_program_whose_script_lacks_a_name_is_refused() {
        let error = smaller("", &mut program()).unwrap_err().to_string();
        assert_eq!(error, format!("the script has no {HASHED}"));
    }

    #[test]
    fn a_class_that_nobody_makes_an_object_of_goes_with_its_methods() {
        let class = "export class Stream {\n    pull() {\n        wasm.stream_pull();\n    }\n}\n\
            if (Symbol.dispose) Stream.prototype[Symbol.dispose] = Stream.prototype.free;\n\n\
            const StreamFinalization = (typeof FinalizationRegistry === 'undefined')\n    \
            ? { register: () => {} }\n    : new FinalizationRegistry(ptr => 1);\n";
        let kept = format!("export function hydrate() {{\n}}\nconst a = {{ {HASHED}: 1 }};\n");
        let mut module = program();
        let script = smaller(&format!("{class}{kept}"), &mut module).unwrap();
        assert_eq!(script, kept.replace(HASHED, "$0"));
        assert_eq!(names(&module).1, ["again", "hydrate"]);

        let making = format!("{class}{kept}Stream.__wrap(0);\n");
        let mut module = program();
        assert!(smaller(&making, &mut module).unwrap().contains(CLASS));
        assert_eq!(names(&module).1.len(), 4);
    }

    #[test]
    fn comments_and_indentation_go_and_texts_stay() {
        let script = "/**\n * What it does.\n */\nf(`a // b`); // c\n\n    // all\n    g();\n";
        assert_eq!(plain(script).unwrap(), "f(`a // b`); // c\ng();\n");
        assert!(plain("f(`a\nb`);\n").is_err());
    }
}
