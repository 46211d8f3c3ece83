//! Makes a module of the words in `locales/`: a key that one language lacks ends the build.

use std::{env, error::Error, fs, path::PathBuf};

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};

/// The first is the default: the one whose keys the others are compared with.
const LANGUAGES: [&str; 2] = ["en", "zh-CN"];
/// One file each.
const NAMESPACES: [&str; 12] = [
    "admin",
    "chat",
    "dates",
    "door",
    "errors",
    "exports",
    "faults",
    "files",
    "frame",
    "settings",
    "sharing",
    "styleguide",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    let [default, others @ ..] = LANGUAGES;
    let config = Config::new(default)?
        .add_locales(others)?
        .add_namespaces(NAMESPACES)?
        .parse_options(ParseOptions::new().interpolate_display(true));
    let words = parse_locales(None, config)?;
    let missing = words.diag.warnings();
    if !missing.is_empty() {
        for key in missing.iter() {
            println!("cargo::error={key}");
        }
        return Err("the languages do not have the same words".into());
    }
    let code = leptos_i18n_codegen::gen_code(&words, None, false, None, false)?;
    let file = PathBuf::from(env::var("OUT_DIR")?).join("i18n.rs");
    fs::write(file, code.to_string())?;
    Ok(())
}
