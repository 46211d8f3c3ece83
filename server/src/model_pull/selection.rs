//! Which files of a model are needed, and what they become in the models folder.

use std::fmt;

use super::{listing::RepositoryFile, name::ModelName};

/// Files beside the weights that the engine reads.
const BESIDE_WEIGHTS: [&str; 4] = [
    "config.json",
    "generation_config.json",
    "model.safetensors.index.json",
    "tokenizer.json",
];

/// What is downloaded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// Files of a directory of this name. `config.json` is the last: with it, a directory counts
    /// as a model.
    Directory {
        name: String,
        files: Vec<RepositoryFile>,
    },
    /// One GGUF file, kept under this name.
    Gguf { name: String, file: RepositoryFile },
}

/// Why no file was chosen.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    #[error("{file:?} is no GGUF file: --file names a file that ends in .gguf")]
    NotGguf { file: String },
    #[error("{model} has no file {file:?}; its GGUF files: {found}")]
    NoSuchFile {
        model: String,
        file: String,
        found: FileList,
    },
    #[error("{model} has several GGUF files: choose one with --file: {found}")]
    SeveralGguf { model: String, found: FileList },
    #[error(
        "{model} has nothing usable: neither config.json with *.safetensors in its root, nor a \
         GGUF file, among {num_files} files"
    )]
    NothingUsable { model: String, num_files: usize },
}

/// Files with their sizes, one a line.
#[derive(Debug, PartialEq, Eq)]
pub struct FileList(pub Vec<RepositoryFile>);

impl fmt::Display for FileList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        self.0.iter().try_for_each(|file| {
            let size = Bytes(file.size_bytes);
            write!(f, "\n  {} ({size})", file.path)
        })
    }
}

/// A number of bytes as people read it, in powers of 1000.
#[derive(Clone, Copy, Debug)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
        match units.into_iter().find(|(unit, _)| self.0 >= *unit) {
            Some((unit, name)) => {
                let tenths = self.0 / (unit / 10);
                write!(f, "{}.{} {name}", tenths / 10, tenths % 10)
            }
            None => write!(f, "{} bytes", self.0),
        }
    }
}

/// Chooses from all files of a model; `file` is what a person asked for.
pub(super) fn select(
    model: &ModelName,
    files: Vec<RepositoryFile>,
    file: Option<&str>,
) -> Result<Selection, SelectionError> {
    if let Some(file) = file {
        return named(model, files, file);
    }
    let num_files = files.len();
    let is_root = |file: &RepositoryFile| !file.path.contains('/');
    let has_config = files.iter().any(|file| file.path == "config.json");
    let has_weights = files.iter().any(|it| is_root(it) && is_weights(&it.path));
    if has_config && has_weights {
        return Ok(directory(model, files));
    }
    let mut found: Vec<_> = files.into_iter().filter(|it| is_gguf(&it.path)).collect();
    // Files in folders count only if there is no other.
    if found.iter().any(is_root) {
        found.retain(is_root);
    }
    let is_one_in_root = found.len() == 1 && found.iter().all(is_root);
    if is_one_in_root && let Some(file) = found.pop() {
        return Ok(gguf(file));
    }
    let model = model.to_string();
    Err(if found.is_empty() {
        SelectionError::NothingUsable { model, num_files }
    } else {
        let found = FileList(found);
        SelectionError::SeveralGguf { model, found }
    })
}

fn named(
    model: &ModelName,
    mut files: Vec<RepositoryFile>,
    file: &str,
) -> Result<Selection, SelectionError> {
    let file = file.to_owned();
    if !is_gguf(&file) {
        return Err(SelectionError::NotGguf { file });
    }
    if let Some(index) = files.iter().position(|it| it.path == file) {
        return Ok(gguf(files.swap_remove(index)));
    }
    files.retain(|it| is_gguf(&it.path));
    Err(SelectionError::NoSuchFile {
        model: model.to_string(),
        file,
        found: FileList(files),
    })
}

fn gguf(file: RepositoryFile) -> Selection {
    let name = base_name(&file.path).to_owned();
    Selection::Gguf { name, file }
}

fn directory(model: &ModelName, mut files: Vec<RepositoryFile>) -> Selection {
    files.retain(|file| {
        let path = file.path.as_str();
        BESIDE_WEIGHTS.contains(&path) || (!path.contains('/') && is_weights(path))
    });
    files.sort_by(|a, b| {
        let order = |file: &RepositoryFile| file.path == "config.json";
        (order(a), &a.path).cmp(&(order(b), &b.path))
    });
    Selection::Directory {
        name: model.name.clone(),
        files,
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn is_weights(path: &str) -> bool {
    path.ends_with(".safetensors")
}

fn is_gguf(path: &str) -> bool {
    // A name that is nothing but the ending would be hidden and have no ending.
    let stem = base_name(path).strip_suffix(".gguf");
    stem.is_some_and(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_pull::checksum::Checksum;

    fn chosen(paths: &[&str], file: Option<&str>) -> Result<(String, Vec<String>), String> {
        let files = paths.iter().map(|path| RepositoryFile {
            path: (*path).to_owned(),
            size_bytes: 1_234_567,
            checksum: Checksum::GitBlob([0; 20]),
        });
        let model = ModelName::parse("someone/rose").unwrap();
        match select(&model, files.collect(), file) {
            Ok(Selection::Directory { name, files }) => {
                Ok((name, files.into_iter().map(|file| file.path).collect()))
            }
            Ok(Selection::Gguf { name, file }) => Ok((name, vec![file.path])),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_directory_is_what_the_engine_reads_and_its_config_comes_last() {
        let paths = [
            ".gitattributes",
            "README.md",
            "chat_template.jinja",
            "config.json",
            "generation_config.json",
            "metal/model.bin",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "original/config.json",
            "original/model.safetensors",
            "rose.gguf",
            "tokenizer.json",
            "tokenizer_config.json",
        ];
        let (name, files) = chosen(&paths, None).unwrap();
        assert_eq!(name, "rose");
        let expected = [
            "generation_config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "tokenizer.json",
            "config.json",
        ];
        assert_eq!(files, expected);
    }

    #[test]
    fn one_gguf_needs_no_flag_and_several_do() {
        let one = |name: &str, path: &str| Ok((name.to_owned(), vec![path.to_owned()]));
        assert_eq!(
            chosen(&["a.gguf", "README.md"], None),
            one("a.gguf", "a.gguf")
        );
        assert_eq!(
            chosen(&["a.gguf", "b/c.gguf"], None),
            one("a.gguf", "a.gguf")
        );
        let both = ["a.gguf", "b/c.gguf"];
        assert_eq!(chosen(&both, Some("b/c.gguf")), one("c.gguf", "b/c.gguf"));

        let error = chosen(&["a.gguf", "b.gguf", "README.md"], None).unwrap_err();
        assert!(error.contains("--file"), "{error}");
        assert!(
            error.contains("\n  a.gguf (1.2 MB)\n  b.gguf (1.2 MB)"),
            "{error}"
        );
        assert!(!error.contains("README"), "{error}");
        let error = chosen(&["b/c.gguf"], None).unwrap_err();
        assert!(error.contains("b/c.gguf"), "{error}");
    }

    #[test]
    fn what_cannot_be_chosen_is_said() {
        let check = |paths: &[&str], file: Option<&str>, sentence: &str| {
            let error = chosen(paths, file).unwrap_err();
            assert!(error.contains(sentence), "{error}");
        };
        check(&[], None, "nothing usable");
        check(
            &["config.json", "original/m.safetensors"],
            None,
            "among 2 files",
        );
        check(&["m.safetensors"], None, "nothing usable");
        check(&[".gguf"], None, "nothing usable");
        check(
            &["a.gguf"],
            Some("b.gguf"),
            "no file \"b.gguf\"; its GGUF files: \n  a.gguf",
        );
        check(&["README.md"], Some("b.gguf"), "its GGUF files: none");
        check(&["README.md"], Some("README.md"), "no GGUF file");
    }
}
