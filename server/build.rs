//! The page's files are embedded from `dist/`, which `cargo xtask build` fills. A build without it
//! still compiles and serves pages without script.

use std::{fs, path::Path};

fn main() {
    let dist = Path::new("../dist");
    let manifest = dist.join("manifest.json");
    if !manifest.exists() {
        let empty = r#"{"hash": "", "files": []}"#;
        let written = fs::create_dir_all(dist).and_then(|()| fs::write(&manifest, empty));
        if let Err(error) = written {
            println!("cargo::error=cannot write {}: {error}", manifest.display());
        }
    }
    println!("cargo::rerun-if-changed=../dist");
    println!("cargo::rerun-if-changed=../migrations");
}
