//! Splits the page's program: what every visit loads, and parts that are loaded when they are used.
//! See `docs/adr/0045-code-that-is-loaded-when-it-is-used.md`.
//!
//! A function of `app` with `#[wasm_split(name, ..)]` begins the part of that name. What only it
//! needs goes with it; what several parts need and nothing else does becomes a part of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use walrus::Module;
use wasm_split_cli_support::{Options, transform};

use super::trim;

/// Where the program finds the functions that load its parts: `loader.js`, inside its own script.
pub(super) const LOADERS: &str = "./parts.js";
/// Under this name parts find what they share with the program.
const SHARED: &str = "__wasm_split";
/// What loads a part is called so, and then as the part.
const LOADER: &str = "__wasm_split_load_";
const LOADER_SCRIPT: &str = include_str!("loader.js");
/// The files of parts begin with it, but for those that several share.
const OF_ONE: &str = "split_";

/// A program in two kinds of files.
pub(super) struct Split {
    /// Loaded at once. It has to be bound to JavaScript.
    pub(super) main: Module,
    pub(super) parts: Parts,
}

/// What is loaded later.
#[derive(Default)]
pub(super) struct Parts {
    /// By name.
    pub(super) programs: BTreeMap<String, Vec<u8>>,
    /// For each part that the program asks for, those that are loaded for it.
    needs: BTreeMap<String, Vec<String>>,
}

/// Splits a linked program with its relocations; files are written into this folder.
///
/// # Errors
/// If it has none, or the folder cannot be written.
pub(super) fn split(program: &[u8], folder: &Path) -> Result<Split> {
    let main = folder.join("main.wasm");
    let mut options = Options::new(program);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = LOADERS;
    let split = transform(options).map_err(|error| anyhow!("cannot split the page: {error:#}"))?;
    let mut programs = BTreeMap::new();
    for path in split.split_modules {
        let stem = path.file_stem().context("invariant: a part has a name")?;
        let program = small(&fs::read(&path)?)?;
        programs.insert(part_name(&stem.to_string_lossy()), program);
    }
    let needs = split.prefetch_map.into_iter().map(|(name, files)| {
        let files = files.iter().map(|file| part_name(file));
        (name, files.collect())
    });
    let needs = needs.collect();
    Ok(Split {
        main: gathered(&fs::read(&main)?)?,
        parts: Parts { programs, needs },
    })
}

impl Parts {
    /// Puts what loads the parts into the script that binding made.
    ///
    /// # Errors
    /// If the script does not ask for it as binding does.
    pub(super) fn with_loaders(&self, script: &str) -> Result<String> {
        let mut text = String::with_capacity(script.len());
        let (mut num_asked, mut num_given) = (0, 0);
        for line in script.lines() {
            if line.starts_with("import * as ") && line.contains(LOADERS) {
                num_asked += 1;
            } else if line
                .trim_start()
                .starts_with(&format!("\"{LOADERS}\": import"))
            {
                if num_given == 0 {
                    let _ = writeln!(text, "\"{LOADERS}\": partLoaders,");
                }
                num_given += 1;
            } else {
                text.push_str(line);
                text.push('\n');
            }
        }
        let num_parts = self.needs.len();
        ensure!(
            num_asked == num_given && num_asked >= num_parts.min(1),
            "the script asks {num_asked} times for {num_parts} parts and uses {num_given}"
        );
        if num_parts > 0 {
            text.push_str(LOADER_SCRIPT);
            text.push_str("const partLoaders = {\n");
            for (name, needs) in &self.needs {
                let _ = writeln!(text, "{LOADER}{name}: partLoader({needs:?}),");
            }
            text.push_str("};\n");
        }
        Ok(text)
    }

    /// # Errors
    /// If a part asks for something that the bound program does not share.
    pub(super) fn check(&self, bound: &Module) -> Result<()> {
        for (name, program) in &self.programs {
            for import in trim::read(program)?.imports.iter() {
                let is_there = bound.exports.iter().any(|it| it.name == import.name);
                ensure!(
                    import.module == SHARED && is_there,
                    "the part {name} asks for {} of {}",
                    import.name,
                    import.module
                );
            }
        }
        Ok(())
    }
}

/// The page calls a part as `app` does, and one that several need by its number.
fn part_name(file: &str) -> String {
    file.strip_prefix(OF_ONE).unwrap_or(file).to_owned()
}

/// Without what nothing in it refers to.
fn gathered(program: &[u8]) -> Result<Module> {
    let mut module = trim::read(program)?;
    walrus::passes::gc::run(&mut module);
    Ok(module)
}

fn small(program: &[u8]) -> Result<Vec<u8>> {
    Ok(gathered(program)?.emit_wasm())
}

#[cfg(test)]
mod tests {
    use walrus::{RefType, ValType};

    use super::*;

    fn parts(needs: &[(&str, &[&str])]) -> Parts {
        let needs = needs.iter().map(|(name, needed)| {
            let needed = needed.iter().map(|&it| it.to_owned()).collect();
            ((*name).to_owned(), needed)
        });
        Parts {
            programs: BTreeMap::new(),
            needs: needs.collect(),
        }
    }

    /// As binding writes it for so many imports.
    fn script(num_imports: usize) -> String {
        let asked = |index| format!("import * as import{index} from \"{LOADERS}\"\n");
        let given = |index| format!("        \"{LOADERS}\": import{index},\n");
        let all = 1..=num_imports;
        let asked: String = all.clone().map(asked).collect();
        let given: String = all.map(given).collect();
        format!("{asked}let wasm;\nfunction imports() {{\n    return {{\n{given}    }};\n}}\n")
    }

    #[test]
    fn a_script_has_what_loads_each_part_and_imports_nothing() {
        let parts = parts(&[("chat", &["chunk_1", "chat"]), ("door", &["door"])]);
        let text = parts.with_loaders(&script(2)).unwrap();
        assert!(!text.contains("import * as"));
        assert_eq!(text.matches("\"./parts.js\": partLoaders,").count(), 1);
        for line in [
            "__wasm_split_load_chat: partLoader([\"chunk_1\", \"chat\"]),",
            "__wasm_split_load_door: partLoader([\"door\"]),",
        ] {
            assert!(text.lines().any(|it| it == line), "{text}");
        }
    }

    #[test]
    fn a_page_in_one_part_has_nothing_that_loads() {
        let text = parts(&[]).with_loaders(&script(0)).unwrap();
        assert_eq!(text, script(0));
    }

    #[test]
    fn a_script_that_asks_otherwise_is_refused() {
        let parts = parts(&[("chat", &["chat"])]);
        assert!(parts.with_loaders(&script(0)).is_err());
        let other = format!("{}        \"{LOADERS}\": import9,\n", script(1));
        assert!(parts.with_loaders(&other).is_err());
    }

    #[test]
    fn a_part_finds_what_it_asks_for_in_the_bound_program() {
        let mut part = Module::default();
        part.add_import_table(SHARED, "table", false, 1, None, RefType::FUNCREF);
        part.add_import_global(SHARED, "stack", ValType::I32, true, false);
        let mut parts = parts(&[]);
        parts.programs.insert("chat".to_owned(), part.emit_wasm());
        let mut bound = Module::default();
        let table = bound.tables.add_local(false, 1, None, RefType::FUNCREF);
        bound.exports.add("table", table);
        let error = parts.check(&bound).unwrap_err().to_string();
        assert_eq!(error, "the part chat asks for stack of __wasm_split");
        bound.exports.add("stack", table);
        assert!(parts.check(&bound).is_ok());
    }

    #[test]
    fn what_several_parts_need_keeps_its_number() {
        assert_eq!(part_name("split_chat"), "chat");
        assert_eq!(part_name("chunk_3"), "chunk_3");
    }
}
