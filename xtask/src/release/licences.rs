//! What the people who wrote the parts of the program ask for: their licences, in one text.
//!
//! The texts are those that lie in the packages' own folders. A package that has none gets the text
//! of the licence it names, with its authors, and is listed as such.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::Workspace;
use crate::{process, wasm};

/// Beginnings of the names of files that hold licences and notices.
const NAMES: [&str; 6] = [
    "licence",
    "license",
    "copying",
    "copyright",
    "notice",
    "unlicense",
];
/// Endings of files that are named so and are something else.
const CODE: [&str; 5] = ["rs", "c", "h", "py", "toml"];
/// Texts for packages without one, the least demanding first.
const TEXTS: [(&str, &str); 3] = [
    ("MIT", include_str!("../../release/licences/MIT.txt")),
    (
        "BSD-3-Clause",
        include_str!("../../release/licences/BSD-3-Clause.txt"),
    ),
    (
        "MPL-2.0",
        include_str!("../../release/licences/MPL-2.0.txt"),
    ),
];
/// This one lies at the top of the repository anyway.
const APACHE: &str = "Apache-2.0";

/// What `cargo metadata` says.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Clone, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    authors: Vec<String>,
    /// Absent: it lies in this repository.
    source: Option<String>,
    manifest_path: PathBuf,
}

/// The text for everything that is in the program or in the page inside of it.
///
/// # Errors
/// If a package has no text, and names no licence whose text is known.
pub(super) fn third_parties(
    workspace: &Workspace,
    target: &str,
    features: &[&str],
) -> Result<String> {
    let mut used = BTreeSet::new();
    let features = features.join(",");
    let program = ["--package", "hearth-server", "--features", &features];
    used.extend(names(workspace, target, &program)?);
    let page = ["--package", "hearth-app", "--no-default-features"];
    let page = [&page[..], &["--features", "hydrate"]].concat();
    used.extend(names(workspace, wasm::TARGET, &page)?);
    let mut packages = BTreeSet::new();
    for platform in [target, wasm::TARGET] {
        packages.extend(metadata(workspace, platform)?.packages);
    }
    let name = |package: &Package| (package.name.clone(), package.version.clone());
    let known: BTreeSet<_> = packages.iter().map(name).collect();
    if let Some((name, version)) = used.difference(&known).next() {
        bail!("cargo tree lists {name} {version}, and cargo metadata does not");
    }
    packages.retain(|package| package.source.is_some() && used.contains(&name(package)));
    let apache = fs::read_to_string(workspace.root().join("LICENSE-APACHE"))?;
    text(&packages, &apache)
}

/// Names and versions of the packages whose code is in what is built for `target`.
fn names(
    workspace: &Workspace,
    target: &str,
    selection: &[&str],
) -> Result<BTreeSet<(String, String)>> {
    let mut command = process::cargo(workspace);
    command.args(["tree", "--locked", "--prefix", "none", "--format", "{p}"]);
    command.args(["--edges", "normal,no-proc-macro", "--target", target]);
    Ok(read_names(&process::output(command.args(selection))?))
}

/// Of lines such as `serde v1.0.229 (*)`.
fn read_names(tree: &str) -> BTreeSet<(String, String)> {
    let lines = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        let version = words.next()?.strip_prefix('v')?;
        Some((name.to_owned(), version.to_owned()))
    });
    lines.collect()
}

fn metadata(workspace: &Workspace, platform: &str) -> Result<Metadata> {
    let mut command = process::cargo(workspace);
    command.args(["metadata", "--locked", "--format-version", "1"]);
    command.args(["--all-features", "--filter-platform", platform]);
    let text = process::output(&mut command)?;
    serde_json::from_str(&text).context("cargo metadata is not as expected")
}

fn text(packages: &BTreeSet<Package>, apache: &str) -> Result<String> {
    let mut text = String::from(
        "Parts of Hearth were written by others and are used under these licences. Each part's\n\
         source code is what the registry of Rust packages has under its name and version.\n\
         Rust's standard library is part of it too: MIT or Apache-2.0, by the Rust Project Developers.\n\n",
    );
    // Many carry the same text, letter by letter.
    let mut holders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut without = Vec::new();
    for package in packages {
        let licence = package.license.as_deref().unwrap_or("see its text");
        writeln!(text, "{} {}: {licence}", package.name, package.version)?;
        let folder = package.manifest_path.parent();
        let mut found = files(folder.context("a manifest lies in a folder")?)?;
        if found.is_empty() {
            found.push(named_text(package, apache)?);
            without.push(package.name.as_str());
        }
        for licence in found {
            let users = holders.entry(licence).or_default();
            users.push(format!("{} {}", package.name, package.version));
        }
    }
    if !without.is_empty() {
        text += "\nWithout a text of their own, with that of the licence they name: ";
        text += &without.join(", ");
        text += "\n";
    }
    // In the order of their first users, whose order is that of their names.
    let mut holders: Vec<_> = holders.into_iter().collect();
    holders.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    for (licence, users) in holders {
        let line = "=".repeat(80);
        let (users, licence) = (users.join(", "), licence.trim_end());
        writeln!(text, "\n{line}\n{users}\n{line}\n\n{licence}")?;
    }
    Ok(text)
}

/// The texts in a package's folder, sorted by path.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for path in wasm::files_below(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_licence(&name.to_lowercase()) {
            let bytes = fs::read(&path)?;
            texts.push(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
        }
    }
    texts.dedup();
    Ok(texts)
}

fn is_licence(name: &str) -> bool {
    let is_code = CODE.iter().any(|ending| {
        let rest = name.strip_suffix(ending);
        rest.is_some_and(|rest| rest.ends_with('.'))
    });
    !is_code && NAMES.iter().any(|start| name.starts_with(start))
}

/// The text of a licence that the package names.
fn named_text(package: &Package, apache: &str) -> Result<String> {
    let name = &package.name;
    let expression = package.license.as_deref().unwrap_or_default();
    if expression.contains(" AND ") {
        bail!("{name} has no text of its licences, {expression}: each of them is needed");
    }
    let choices: Vec<&str> = expression
        .split(['/', ' ', '(', ')'])
        .filter(|word| !word.is_empty() && *word != "OR")
        .collect();
    let found = TEXTS.iter().find(|(licence, _)| choices.contains(licence));
    if let Some((_, text)) = found {
        let authors = match package.authors.as_slice() {
            [] => format!("the authors of {name}"),
            authors => authors.join(", "),
        };
        return Ok(text.replace("(c) AUTHORS", &format!("(c) {authors}")));
    }
    if choices.contains(&APACHE) {
        return Ok(apache.to_owned());
    }
    bail!(
        "{name} has no text of its licence, {expression:?}, and xtask/release/licences has none \
         either"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(license: &str, authors: &[&str]) -> Package {
        Package {
            name: "knot".to_owned(),
            version: "1.2.3".to_owned(),
            license: Some(license.to_owned()),
            authors: authors.iter().map(|name| (*name).to_owned()).collect(),
            source: Some("registry".to_owned()),
            manifest_path: PathBuf::from("knot/Cargo.toml"),
        }
    }

    #[test]
    fn names_and_versions_are_read_from_cargo_s_tree() {
        let tree = "serde v1.0.229 (*)\nhearth-app v0.2.0 (/somewhere/app)\n\n[dev]\n";
        let expected = [("hearth-app", "0.2.0"), ("serde", "1.0.229")];
        let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
        assert_eq!(read_names(tree), BTreeSet::from(expected));
    }

    #[test]
    fn a_package_without_a_text_gets_that_of_the_licence_it_names_and_its_authors() {
        let text = |license: &str| named_text(&package(license, &["Ada", "Bo"]), "APACHE");
        let mit = text("Apache-2.0 OR MIT").unwrap();
        assert!(mit.contains("Copyright (c) Ada, Bo\n"), "{mit}");
        assert_eq!(text("MIT/Apache-2.0").unwrap(), mit);
        let bsd = text("BSD-3-Clause").unwrap();
        assert!(bsd.contains("(c) Ada, Bo. All rights reserved."), "{bsd}");
        assert!(bsd.contains("THE POSSIBILITY OF SUCH DAMAGE"), "{bsd}");
        assert_eq!(text("Apache-2.0").unwrap(), "APACHE");
        assert!(
            text("MPL-2.0")
                .unwrap()
                .starts_with("Mozilla Public License")
        );
        let nobody = named_text(&package("MIT", &[]), "").unwrap();
        assert!(nobody.contains("(c) the authors of knot\n"), "{nobody}");
    }

    #[test]
    fn a_licence_whose_text_is_not_known_is_named_and_so_is_its_package() {
        for license in ["Zlib", "MIT AND Unicode-3.0", ""] {
            let error = named_text(&package(license, &[]), "").unwrap_err();
            let error = error.to_string();
            assert!(error.contains("knot") && error.contains(license), "{error}");
        }
    }

    #[test]
    fn files_of_licences_are_told_from_code_by_their_names() {
        for name in [
            "license",
            "license-mit",
            "copying.txt",
            "notice.md",
            "unlicense",
        ] {
            assert!(is_licence(name), "{name}");
        }
        for name in ["license.rs", "copyright.h", "readme.md", "lib.rs"] {
            assert!(!is_licence(name), "{name}");
        }
    }
}
