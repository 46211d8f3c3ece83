//! Takes code out of the page's program that is never called: for every part of a page Leptos keeps
//! ways to take it over that this page does not use, and the linker has to keep them, since tables
//! of functions name them. See `docs/adr/0043-what-the-page-never-calls.md`.

use std::collections::HashSet;

use anyhow::{Context as _, Result, ensure};
use walrus::ir::{Call, ReturnCall, Visitor, dfs_in_order};
use walrus::{FunctionId, Module, ModuleConfig};

use super::emptied::emptied;

/// Functions that the browser never calls: the page is taken over at once, from what the server
/// rendered, never later or from a template.
const NEVER_CALLED: [&str; 4] = [
    "hydrate_async",
    "hydrate_from_template",
    // Of effects: only `hydrate_async` makes them so.
    "new_with_async_value_erased",
    // A list of all pages, which the server asks for when it starts.
    "generate_routes",
];
/// What a symbol has for a closure, and for the hash at its end.
const CLOSURE: &str = "28_$u7b$$u7b$closure$u7d$$u7d$";
const HASH: &str = "17h";
/// The compiler makes one of functions that do the same: a short one may stand for another.
const MIN_INSTRUCTIONS: u64 = 48;

/// The linked program without the bodies of what is never called: what only those call, nobody
/// refers to any more. Whoever calls one of them all the same ends the program.
///
/// # Errors
/// If this is no program, or nothing in it has one of the names: then they have changed.
pub(super) fn trimmed(program: &[u8]) -> Result<Vec<u8>> {
    let module = read(program)?;
    for name in NEVER_CALLED {
        let found = named(&module, name);
        ensure!(!found.is_empty(), "no function of the page is named {name}");
    }
    emptied(program, &never_called(&module))
}

/// A program to be looked at or changed, which is written without names.
///
/// # Errors
/// If it is none.
pub(super) fn read(program: &[u8]) -> Result<Module> {
    let mut config = ModuleConfig::new();
    config.strict_validate(false).generate_name_section(false);
    config.generate_producers_section(false);
    config.parse(program).context("no program")
}

/// Which functions are never called, but for what others call: there it stands for one of theirs.
fn never_called(module: &Module) -> HashSet<usize> {
    let names = NEVER_CALLED.iter();
    let mut doomed: HashSet<FunctionId> = names.flat_map(|name| named(module, name)).collect();
    loop {
        let called = called_by_others(module, &doomed);
        if called.is_empty() {
            break;
        }
        doomed.retain(|id| !called.contains(id));
    }
    let own = module.funcs.iter_local().enumerate();
    own.filter(|(_, (id, _))| doomed.contains(id))
        .map(|(number, _)| number)
        .collect()
}

/// Long functions whose path ends with this name, and the closures in them.
fn named(module: &Module, name: &str) -> Vec<FunctionId> {
    let part = format!("{}{name}", name.len());
    let is_meant = |symbol: &str| {
        let mut rest = symbol.split_once(&part).map_or("", |(_, rest)| rest);
        while let Some(inside) = rest.strip_prefix(CLOSURE) {
            rest = inside;
        }
        rest.starts_with(HASH)
    };
    let long = module.funcs.iter_local();
    let long = long.filter(|(_, body)| body.size() >= MIN_INSTRUCTIONS);
    long.map(|(id, _)| id)
        .filter(|id| module.funcs.get(*id).name.as_deref().is_some_and(is_meant))
        .collect()
}

/// Those of the functions that some other one calls by itself, not through a table.
fn called_by_others(module: &Module, doomed: &HashSet<FunctionId>) -> HashSet<FunctionId> {
    let mut calls = Calls::default();
    for (id, body) in module.funcs.iter_local() {
        if !doomed.contains(&id) {
            dfs_in_order(&mut calls, body, body.entry_block());
        }
    }
    calls.0.intersection(doomed).copied().collect()
}

#[derive(Default)]
struct Calls(HashSet<FunctionId>);

impl Visitor<'_> for Calls {
    fn visit_call(&mut self, call: &Call) {
        self.0.insert(call.func);
    }

    fn visit_return_call(&mut self, call: &ReturnCall) {
        self.0.insert(call.func);
    }
}

#[cfg(test)]
mod tests {
    use walrus::{ElementItems, ElementKind, FunctionBuilder, RefType, ValType, ir::Value};

    use super::*;

    /// The symbol of a function of this name, or of something in it.
    fn symbol(name: &str, inside: &str) -> String {
        format!("_ZN7tachys{}{name}{inside}17h0123456789abcdefE", name.len())
    }

    /// A long function in a table that calls another one; nobody else calls that.
    fn program(outer_name: &str) -> Module {
        let mut module = Module::default();
        let mut inner = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
        inner.name("inner".to_owned());
        inner.func_body().const_(Value::I32(7));
        let inner = inner.finish(Vec::new(), &mut module.funcs);
        let mut outer = FunctionBuilder::new(&mut module.types, &[ValType::I64], &[ValType::I32]);
        outer.name(outer_name.to_owned());
        let mut body = outer.func_body();
        for _ in 0..MIN_INSTRUCTIONS {
            body.call(inner).drop();
        }
        body.call(inner);
        let argument = module.locals.add(ValType::I64);
        let outer = outer.finish(vec![argument], &mut module.funcs);
        put_in_table(&mut module, outer);
        module
    }

    fn put_in_table(module: &mut Module, function: FunctionId) {
        let table = module.tables.add_local(false, 1, Some(1), RefType::FUNCREF);
        let kind = ElementKind::Active {
            table,
            offset: walrus::ConstExpr::Value(Value::I32(0)),
        };
        let items = ElementItems::Functions(vec![function]);
        let element = module.elements.add(kind, items);
        module.tables.get_mut(table).elem_segments.insert(element);
        module.exports.add("table", table);
    }

    fn names_after(mut module: Module) -> Vec<String> {
        let program = module.emit_wasm();
        let module = Module::from_buffer(&program).unwrap();
        let program = emptied(&program, &never_called(&module)).unwrap();
        let mut module = Module::from_buffer(&program).unwrap();
        walrus::passes::gc::run(&mut module);
        let named = module.funcs.iter_local();
        let names = named.filter_map(|(id, _)| module.funcs.get(id).name.clone());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_never_called_takes_along_what_only_it_calls() {
        for inside in [String::new(), CLOSURE.to_owned(), CLOSURE.repeat(2)] {
            let symbol = symbol("hydrate_async", &inside);
            assert_eq!(names_after(program(&symbol)), [symbol]);
        }
    }

    #[test]
    fn everything_else_stays_and_so_does_what_lies_within() {
        for symbol in [symbol("hydrate", ""), symbol("hydrate_async", "4prep")] {
            let kept = names_after(program(&symbol));
            assert_eq!(kept, [symbol, "inner".to_owned()]);
        }
    }

    #[test]
    fn what_another_function_calls_stays() {
        let symbol = symbol("hydrate_async", "");
        let mut module = program(&symbol);
        let never_called = named(&module, "hydrate_async")[0];
        let mut caller = FunctionBuilder::new(&mut module.types, &[], &[]);
        caller.func_body().i64_const(1).call(never_called).drop();
        let caller = caller.finish(Vec::new(), &mut module.funcs);
        module.exports.add("caller", caller);
        assert_eq!(names_after(module), [symbol, "inner".to_owned()]);
    }
}
