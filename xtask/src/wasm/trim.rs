//! Takes code out of the page's program that is never called: for every part of a page Leptos keeps
//! ways to take it over that this page does not use, and the linker has to keep them, since tables
//! of functions name them. See `docs/adr/0043-what-the-page-never-calls.md`.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module, ModuleConfig};

/// Parts of the names of functions that are never called: the page is taken over at once, from what
/// the server rendered, never later or from a template.
const NEVER_CALLED: [&str; 2] = ["hydrate_async", "hydrate_from_template"];

/// The program without the bodies of what is never called, and without all that only those call.
/// Whoever calls one of them all the same ends the program.
///
/// # Errors
/// If the file is no program, or nothing in it has one of the names: then they have changed.
pub(super) fn trimmed(wasm: &Path) -> Result<Module> {
    // What is kept is what binding reads: it takes names and producers out itself.
    let mut config = ModuleConfig::new();
    config.strict_validate(false).generate_name_section(false);
    config.generate_producers_section(false);
    let module = config.parse_file(wasm);
    let mut module = module.with_context(|| format!("cannot read {}", wasm.display()))?;
    for name in NEVER_CALLED {
        let num_emptied = empty(&mut module, name);
        ensure!(num_emptied > 0, "no function of the page is named {name}");
    }
    walrus::passes::gc::run(&mut module);
    Ok(module)
}

/// Replaces the bodies of functions whose names have this part; says how many there were.
fn empty(module: &mut Module, part: &str) -> usize {
    let has_part = |name: &Option<String>| name.as_ref().is_some_and(|name| name.contains(part));
    let local = module.funcs.iter_local().map(|(id, _)| id);
    let found: Vec<FunctionId> = local
        .filter(|id| has_part(&module.funcs.get(*id).name))
        .collect();
    for &id in &found {
        let types = module.types.get(module.funcs.get(id).ty());
        let (params, results) = (types.params().to_vec(), types.results().to_vec());
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        builder.func_body().unreachable();
        let params = params.iter().map(|&param| module.locals.add(param));
        let body = builder.local_func(params.collect());
        module.funcs.get_mut(id).kind = FunctionKind::Local(body);
    }
    found.len()
}

#[cfg(test)]
mod tests {
    use walrus::{ElementItems, ElementKind, RefType, ValType, ir::Value};

    use super::*;

    /// A function that only another one calls, and that one in a table.
    fn program(name: &str) -> Module {
        let mut module = Module::default();
        let mut inner = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
        inner.name("inner".to_owned());
        inner.func_body().const_(Value::I32(7));
        let inner = inner.finish(Vec::new(), &mut module.funcs);
        let mut outer = FunctionBuilder::new(&mut module.types, &[ValType::I64], &[ValType::I32]);
        outer.name(name.to_owned());
        outer.func_body().call(inner);
        let argument = module.locals.add(ValType::I64);
        let outer = outer.finish(vec![argument], &mut module.funcs);
        let table = module
            .tables
            .add_local(false, 1, Some(1), RefType::FUNCREF);
        let kind = ElementKind::Active {
            table,
            offset: walrus::ConstExpr::Value(Value::I32(0)),
        };
        let element = module
            .elements
            .add(kind, ElementItems::Functions(vec![outer]));
        module.tables.get_mut(table).elem_segments.insert(element);
        module.exports.add("table", table);
        module
    }

    fn names(module: &Module) -> Vec<String> {
        let mut names: Vec<String> = module
            .funcs
            .iter_local()
            .filter_map(|(id, _)| module.funcs.get(id).name.clone())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_never_called_takes_along_what_only_it_calls() {
        let mut module = program("view::hydrate_async::h12");
        assert_eq!(empty(&mut module, "hydrate_async"), 1);
        walrus::passes::gc::run(&mut module);
        assert_eq!(names(&module), ["view::hydrate_async::h12"]);
        assert!(Module::from_buffer(&module.emit_wasm()).is_ok());
    }

    #[test]
    fn everything_else_stays() {
        let mut module = program("view::hydrate::h12");
        assert_eq!(empty(&mut module, "hydrate_async"), 0);
        walrus::passes::gc::run(&mut module);
        assert_eq!(names(&module), ["inner", "view::hydrate::h12"]);
    }
}
