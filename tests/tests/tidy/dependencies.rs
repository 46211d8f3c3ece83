//! What the program is made of: who depends on whom, which crates stay out, which licences come in.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::LazyLock;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::sources;

/// Crates that would bring a second TLS, a download during the build, or a second HTTP server.
const BANNED: [&str; 12] = [
    "actix-web",
    "async-std",
    "aws-lc-sys",
    "curl-sys",
    "inkwell",
    "libgit2-sys",
    "llvm-sys",
    "mlir-sys",
    "native-tls",
    "openssl",
    "openssl-sys",
    "tracel-llvm",
];
/// Licences that ask for no more than a notice, or for changes to their own files.
const LICENCES: [&str; 17] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];
/// Packages that name no licence but carry the text of one in the list.
const LICENCE_IN_FILE: [&str; 1] = ["cfg_block"];

static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    // Only this machine's packages: others were never downloaded for a build.
    MetadataCommand::new()
        .manifest_path(sources::root().join("Cargo.toml"))
        .other_options([
            "--locked".to_owned(),
            "--filter-platform".to_owned(),
            host(),
        ])
        .exec()
        .expect("cargo metadata")
});

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc");
    let text = String::from_utf8(output.stdout).expect("rustc prints UTF-8");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

fn package(name: &str) -> &'static Package {
    METADATA
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == name)
        .unwrap_or_else(|| panic!("there is no package {name}"))
}

fn dependencies(name: &str) -> BTreeSet<&'static str> {
    package(name)
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
        .collect()
}

#[test]
fn the_page_and_the_engine_depend_on_no_other_package_of_the_workspace() {
    let members: BTreeSet<&str> = METADATA
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    for name in ["hearth-app", "hearth-engine", "xtask"] {
        let inside: Vec<_> = dependencies(name).intersection(&members).copied().collect();
        assert!(inside.is_empty(), "{name} depends on {inside:?}");
    }
}

#[test]
fn the_engine_knows_no_http_and_no_sql_and_of_tokio_only_channels() {
    let engine = dependencies("hearth-engine");
    for outside in ["axum", "hyper", "leptos", "reqwest", "sqlx", "tower"] {
        assert!(
            !engine.contains(outside),
            "hearth-engine depends on {outside}"
        );
    }
    for dependency in &package("hearth-engine").dependencies {
        if dependency.name == "tokio" && dependency.kind == DependencyKind::Normal {
            assert_eq!(
                dependency.features,
                ["sync"],
                "features of tokio in hearth-engine"
            );
        }
    }
}

#[test]
fn no_banned_crate_is_locked() {
    let lock: toml::Value = toml::from_str(&sources::read("Cargo.lock")).expect("Cargo.lock");
    let locked = lock["package"]
        .as_array()
        .expect("Cargo.lock lists packages");
    let mut violations = Vec::new();
    for package in locked {
        let name = package["name"].as_str().unwrap_or_default();
        // A package without a source is ours: the stand-in for CubeCL's LLVM crate is one.
        let is_foreign = package.get("source").is_some();
        if is_foreign && (BANNED.contains(&name) || name.starts_with("llvm") || is_llvm(name)) {
            violations.push(name.to_owned());
        }
    }
    sources::none("a banned crate in Cargo.lock", &violations);
}

/// `gnullvm` in the name of a Windows import library is a target, not the compiler.
fn is_llvm(name: &str) -> bool {
    name.split(['-', '_']).any(|word| word == "llvm")
}

#[test]
fn every_licence_is_one_we_accept() {
    let members: BTreeSet<_> = METADATA.workspace_members.iter().collect();
    let mut violations = Vec::new();
    for package in METADATA
        .packages
        .iter()
        .filter(|package| !members.contains(&package.id))
    {
        let name = package.name.as_str();
        let accepted = match &package.license {
            Some(licence) => accepts(licence),
            None => LICENCE_IN_FILE.contains(&name) || package.source.is_none(),
        };
        if !accepted {
            violations.push(format!("{name}: {:?}", package.license));
        }
    }
    sources::none("a licence outside the list", &violations);
}

/// Whether an SPDX expression can be satisfied: one side of each `OR`, both sides of each `AND`.
fn accepts(licence: &str) -> bool {
    let licence = licence.replace('/', " OR ");
    let licence = licence.split_whitespace().collect::<Vec<_>>().join(" ");
    accepts_any(&licence)
}

fn accepts_any(expression: &str) -> bool {
    split(expression, " OR ").into_iter().any(|choice| {
        let parts = split(choice, " AND ");
        if parts.len() > 1 {
            return parts.into_iter().all(accepts_any);
        }
        match choice
            .strip_prefix('(')
            .and_then(|inner| inner.strip_suffix(')'))
        {
            Some(inner) => accepts_any(inner),
            None => LICENCES.contains(&choice),
        }
    })
}

/// Splits at a separator that stands outside parentheses.
fn split<'a>(expression: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (position, letter) in expression.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && expression[position..].starts_with(separator) => {
                parts.push(&expression[start..position]);
                start = position + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}

#[test]
fn a_licence_expression_is_read_with_its_operators() {
    let check = |expression: &str, expected: bool| {
        assert_eq!(accepts(expression), expected, "{expression}");
    };
    check("MIT OR GPL-3.0-only", true);
    check("MIT/Apache-2.0", true);
    check("(MIT OR Apache-2.0) AND Unicode-3.0", true);
    check("Apache-2.0 WITH LLVM-exception OR MIT", true);
    check("MIT AND GPL-3.0-only", false);
    check("GPL-3.0-only OR AGPL-3.0-only", false);
}

#[test]
fn every_member_takes_lints_and_edition_from_the_workspace() {
    let members = METADATA.workspace_packages();
    for package in &members {
        let text = std::fs::read_to_string(&package.manifest_path).expect("a manifest");
        let manifest: toml::Value = toml::from_str(&text).expect("a manifest is TOML");
        let name = package.name.as_str();
        let inherits = |value: Option<&toml::Value>| {
            value
                .and_then(|it| it.get("workspace"))
                .and_then(toml::Value::as_bool)
                == Some(true)
        };
        assert!(
            inherits(manifest.get("lints")),
            "{name} has lints of its own"
        );
        assert!(
            inherits(manifest["package"].get("edition")),
            "{name} has its own edition"
        );
        assert_eq!(
            package.publish.as_deref(),
            Some(&[][..]),
            "{name} could be published"
        );
    }
}
