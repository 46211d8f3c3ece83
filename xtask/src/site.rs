//! Assembles `dist/`: everything the browser downloads, named by its content and compressed once.
//!
//! The server embeds this directory. Nothing is written when no input has changed.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::wasm::{self, Page, Toolchain};
use crate::workspace::Workspace;
use crate::{process, stylesheet};

/// The most bytes, compressed with brotli, that a first visit may cost besides the page itself.
pub(crate) const PAGE_WEIGHT_BUDGET: u64 = 450_000;
/// Hexadecimal digits of the content hash in file names.
const HASH_DIGITS: usize = 12;
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW_BITS: i32 = 22;
/// Ends the name of the style sheet that the sections have besides that of all pages.
const SECTIONS: &str = "-sections.css";
/// Names the inputs of the files beside it.
const STAMP: &str = "inputs.sha256";

/// What `dist/manifest.json` says.
#[derive(Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// First digits of the SHA-256 over script, program and style sheets.
    pub(crate) hash: String,
    /// Paths below `dist/`, sorted; compressed siblings (`.br`, `.gz`) are not listed.
    pub(crate) files: Vec<String>,
}

/// The style sheets, bundled and minified.
struct Styles {
    /// Every page has it.
    main: String,
    /// Only pages of sections have it too.
    sections: String,
}

/// The site as it lies in `dist/`.
pub(crate) struct Site {
    pub(crate) hash: String,
    /// Bytes of what the chat's first visit loads besides the page itself: script, program and
    /// style sheet, compressed with brotli.
    pub(crate) page_weight_bytes: u64,
    /// Of what is loaded when it is used: names, and bytes compressed with brotli.
    pub(crate) part_weights: Vec<(String, u64)>,
}

impl Site {
    /// What is told beside the weight: what is loaded later weighs nothing on a first visit.
    pub(crate) fn later(&self) -> String {
        let weigh = |(name, bytes): &(String, u64)| format!("{name} {bytes}");
        let parts: Vec<String> = self.part_weights.iter().map(weigh).collect();
        if parts.is_empty() {
            return String::new();
        }
        format!("; loaded when used: {}", parts.join(", "))
    }

    /// # Errors
    /// If the page weighs more than [`PAGE_WEIGHT_BUDGET`].
    pub(crate) fn check_weight(&self) -> Result<()> {
        let bytes = self.page_weight_bytes;
        if bytes > PAGE_WEIGHT_BUDGET {
            bail!("the page weighs {bytes} bytes, the budget is {PAGE_WEIGHT_BUDGET}");
        }
        Ok(())
    }
}

/// Brings `dist/` up to date.
///
/// # Errors
/// If the page or a style sheet does not build, or a file cannot be written.
pub(crate) fn build(workspace: &Workspace, toolchain: &Toolchain) -> Result<Site> {
    build_with(workspace, toolchain, &[])
}

/// As [`build`], with these flags for the compiler in place of those of `.cargo/config.toml`; they
/// may name folders, but what they make must not depend on these.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_with(
    workspace: &Workspace,
    toolchain: &Toolchain,
    flags: &[String],
) -> Result<Site> {
    let dist = workspace.dist();
    let stamp = stamp(workspace, toolchain, !flags.is_empty())?;
    if fs::read_to_string(dist.join(STAMP)).is_ok_and(|old| old == stamp)
        && let Ok(site) = read(&dist)
    {
        process::note("the page is up to date");
        return Ok(site);
    }
    let page = wasm::compile(workspace, toolchain, flags)?;
    process::announce("bundling and compressing");
    let style = workspace.root().join("style");
    let styles = Styles {
        main: stylesheet::bundle(&style.join("main.css"))?,
        sections: stylesheet::bundle(&style.join("sections.css"))?,
    };
    let hash = content_hash(&page, &styles);

    // Written beside its place and renamed, so a half-written site is never embedded.
    let fresh = workspace.root().join("dist.new");
    remove(&fresh)?;
    let mut files = write_package(&fresh, &hash, &page, &styles)?;
    files.extend(copy_public(&workspace.root().join("public"), &fresh)?);
    files.sort();
    let manifest = Manifest { hash, files };
    fs::write(
        fresh.join("manifest.json"),
        serde_json::to_string_pretty(&manifest)? + "\n",
    )?;
    fs::write(fresh.join(STAMP), stamp)?;
    remove(&dist)?;
    fs::rename(&fresh, &dist)?;

    let site = read(&dist)?;
    process::note(&format!(
        "page weight: {} bytes (brotli){}",
        site.page_weight_bytes,
        site.later()
    ));
    Ok(site)
}

/// The site in `dist`, if it is complete.
fn read(dist: &Path) -> Result<Site> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(dist.join("manifest.json"))?)?;
    let mut page_weight_bytes = 0;
    let mut part_weights = Vec::new();
    for file in &manifest.files {
        let part = part_of(file, &manifest.hash);
        if part.is_none() && !is_of_first_visit(file) {
            continue;
        }
        let path = dist.join(format!("{file}.br"));
        let size = fs::metadata(&path).with_context(|| format!("{} is gone", path.display()))?;
        match part {
            Some(name) => part_weights.push((name.to_owned(), size.len())),
            None => page_weight_bytes += size.len(),
        }
    }
    Ok(Site {
        hash: manifest.hash,
        page_weight_bytes,
        part_weights,
    })
}

/// Whether the chat's first visit loads a file that is no part, besides fonts and drawings.
fn is_of_first_visit(file: &str) -> bool {
    file.starts_with("pkg/") && !file.ends_with(SECTIONS)
}

/// The name of the part of the program that a file has, if that is loaded when it is used. Its
/// address is made by `wasm/loader.js`.
fn part_of<'a>(file: &'a str, hash: &str) -> Option<&'a str> {
    let name = file.strip_prefix(&format!("pkg/hearth-{hash}-"))?;
    name.strip_suffix(".wasm")
}

fn write_package(dist: &Path, hash: &str, page: &Page, styles: &Styles) -> Result<Vec<String>> {
    let mut contents = vec![
        (format!("pkg/hearth-{hash}.js"), page.script.as_bytes()),
        (
            format!("pkg/hearth-{hash}_bg.wasm"),
            page.program.as_slice(),
        ),
        (format!("pkg/hearth-{hash}.css"), styles.main.as_bytes()),
        (
            format!("pkg/hearth-{hash}{SECTIONS}"),
            styles.sections.as_bytes(),
        ),
    ];
    for (name, program) in &page.parts {
        contents.push((format!("pkg/hearth-{hash}-{name}.wasm"), program));
    }
    for (name, text) in &page.snippets {
        contents.push((format!("pkg/snippets/{name}"), text.as_bytes()));
    }
    for (name, bytes) in &contents {
        let path = dist.join(name);
        create_parent(&path)?;
        fs::write(&path, bytes)?;
        fs::write(dist.join(format!("{name}.br")), brotli(bytes)?)?;
        fs::write(dist.join(format!("{name}.gz")), gzip(bytes)?)?;
    }
    Ok(contents.into_iter().map(|(name, _)| name).collect())
}

fn copy_public(public: &Path, dist: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    if !public.is_dir() {
        return Ok(names);
    }
    for path in wasm::files_below(public)? {
        let name = format!("public/{}", path.strip_prefix(public)?.to_string_lossy());
        let copy = dist.join(&name);
        create_parent(&copy)?;
        fs::copy(&path, &copy)?;
        names.push(name);
    }
    Ok(names)
}

fn content_hash(page: &Page, styles: &Styles) -> String {
    let mut hasher = Sha256::new();
    hasher.update(&page.script);
    hasher.update(&page.program);
    for (name, program) in &page.parts {
        hasher.update(name);
        hasher.update(program);
    }
    hasher.update(&styles.main);
    hasher.update(&styles.sections);
    for (name, text) in &page.snippets {
        hasher.update(name);
        hasher.update(text);
    }
    let mut digits = hex(&hasher.finalize());
    digits.truncate(HASH_DIGITS);
    digits
}

/// Digest of everything that decides what `dist/` contains.
fn stamp(workspace: &Workspace, toolchain: &Toolchain, has_flags: bool) -> Result<String> {
    let root = workspace.root();
    let mut inputs: Vec<PathBuf> = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"]
        .map(|name| root.join(name))
        .into();
    for directory in ["app", "style", "public", "xtask/src"] {
        let directory = root.join(directory);
        if directory.is_dir() {
            inputs.extend(wasm::files_below(&directory)?);
        }
    }
    let mut hasher = Sha256::new();
    for path in inputs {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        hasher.update(path.strip_prefix(root)?.to_string_lossy().as_bytes());
        hasher.update(bytes.len().to_le_bytes());
        hasher.update(bytes);
    }
    hasher.update(toolchain.to_string());
    if has_flags {
        hasher.update("flags");
    }
    Ok(hex(&hasher.finalize()))
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW_BITS,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &params)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("invariant: writing to a string cannot fail");
            text
        })
}

fn create_parent(path: &Path) -> Result<()> {
    let parent = path
        .parent()
        .context("invariant: every file of the site lies in a directory")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))
}

fn remove(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)
            .with_context(|| format!("cannot remove {}", directory.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::{env, process};

    use super::*;

    fn page(script: &str) -> Page {
        Page {
            script: script.to_owned(),
            program: vec![0, 97, 115, 109],
            parts: BTreeMap::new(),
            snippets: Vec::new(),
        }
    }

    fn styles(main: &str, sections: &str) -> Styles {
        Styles {
            main: main.to_owned(),
            sections: sections.to_owned(),
        }
    }

    #[test]
    fn the_hash_has_twelve_digits_and_follows_the_content() {
        let hash = content_hash(&page("a"), &styles("", ""));
        assert_eq!(hash.len(), HASH_DIGITS);
        assert_eq!(hash, content_hash(&page("a"), &styles("", "")));
        assert_ne!(hash, content_hash(&page("b"), &styles("", "")));
        assert_ne!(hash, content_hash(&page("a"), &styles(".b{}", "")));
        assert_ne!(hash, content_hash(&page("a"), &styles("", ".b{}")));
    }

    #[test]
    fn what_only_sections_load_does_not_weigh_on_the_chat() {
        for (file, is_loaded) in [
            ("pkg/hearth-0123456789ab.css", true),
            ("pkg/hearth-0123456789ab_bg.wasm", true),
            ("pkg/snippets/a/inline0.js", true),
            ("pkg/hearth-0123456789ab-sections.css", false),
            ("public/favicon.svg", false),
        ] {
            assert_eq!(is_of_first_visit(file), is_loaded, "{file}");
        }
    }

    #[test]
    fn what_is_loaded_when_it_is_used_is_counted_beside_the_page() {
        let dist = env::temp_dir().join(format!("hearth-site-{}", process::id()));
        let mut page = page("script");
        page.parts.insert("chat".to_owned(), vec![7; 9]);
        let styles = styles("main", "sections");
        let hash = content_hash(&page, &styles);
        let files = write_package(&dist, &hash, &page, &styles).unwrap();
        assert!(files.contains(&format!("pkg/hearth-{hash}-chat.wasm")));
        let manifest = Manifest { hash, files };
        fs::write(
            dist.join("manifest.json"),
            serde_json::to_vec(&manifest).unwrap(),
        )
        .unwrap();
        let site = read(&dist).unwrap();
        let weigh = |bytes: &[u8]| brotli(bytes).unwrap().len() as u64;
        let first = weigh(b"script") + weigh(&page.program) + weigh(b"main");
        assert_eq!(site.page_weight_bytes, first);
        assert_eq!(site.part_weights, [("chat".to_owned(), weigh(&[7; 9]))]);
        assert_eq!(
            site.later(),
            format!("; loaded when used: chat {}", weigh(&[7; 9]))
        );
        remove(&dist).unwrap();
    }

    #[test]
    fn another_part_is_another_page() {
        let whole = content_hash(&page("a"), &styles("", ""));
        let mut split = page("a");
        split.parts.insert("chat".to_owned(), vec![1]);
        assert_ne!(content_hash(&split, &styles("", "")), whole);
    }

    #[test]
    fn compressed_bytes_are_the_same_bytes() {
        let text = "the same words again and again ".repeat(100);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &brotli(text.as_bytes()).unwrap()[..], &mut back).unwrap();
        assert_eq!(back, text.as_bytes());
        let zipped = gzip(text.as_bytes()).unwrap();
        let mut back = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&zipped[..]), &mut back)
            .unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn a_page_above_the_budget_fails_with_both_numbers() {
        let heavy = Site {
            hash: String::new(),
            page_weight_bytes: PAGE_WEIGHT_BUDGET + 1,
            part_weights: Vec::new(),
        };
        let error = heavy.check_weight().unwrap_err().to_string();
        assert_eq!(error, "the page weighs 450001 bytes, the budget is 450000");
    }
}
