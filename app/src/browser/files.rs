//! Files that somebody drops, pastes or chooses: texts are read, of others the reason is told.

use js_sys::{Uint8Array, futures::JsFuture};
use web_sys::{DataTransfer, Event, File, FileList, HtmlInputElement, wasm_bindgen::JsCast};

use super::text_encoding::decoded;
use crate::{later::later, model::ChatError};

/// Longest text of a file, in bytes: as much as a message may have (256 KiB).
const LONGEST: usize = 262_144;
/// Longest file, in bytes: in UTF-16 a text has up to twice as many.
const LONGEST_FILE: f64 = 524_288.0;

/// A file that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefusedFile {
    pub(crate) name: String,
    pub(crate) reason: FileRefusal,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileRefusal {
    /// More than a message may have.
    TooLarge,
    NoText,
    /// The browser could not read it: it is a folder, or gone.
    Unreadable,
    /// What reads files could not be loaded.
    Unreached,
}

/// Kinds that no text model reads, whatever their bytes look like.
const UNREADABLE: [&str; 6] = [
    "image/",
    "audio/",
    "video/",
    "font/",
    "application/pdf",
    "application/zip",
];

/// Whether files are brought. A copied table brings its picture beside its text, which is wanted.
pub(crate) fn brings_only_files(brought: Option<&DataTransfer>) -> bool {
    let Some(brought) = brought else {
        return false;
    };
    let types = brought.types();
    let brings = |name: &str| {
        types
            .iter()
            .any(|it| it.as_string().as_deref() == Some(name))
    };
    brings("Files") && !brings("text/plain")
}

/// The files themselves; asked for while the event is handled, they are gone afterwards.
pub(crate) fn files_of(brought: Option<&DataTransfer>) -> Vec<File> {
    listed(brought.and_then(DataTransfer::files))
}

/// The files that were chosen in an input. It is empty afterwards: the same ones can be chosen
/// again.
pub(crate) fn chosen_files(event: &Event) -> Vec<File> {
    let input = event.target().and_then(|it| it.dyn_into().ok());
    let Some(input): Option<HtmlInputElement> = input else {
        return Vec::new();
    };
    let files = listed(input.files());
    input.set_value("");
    files
}

fn listed(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else {
        return Vec::new();
    };
    (0..files.length())
        .filter_map(|index| files.get(index))
        .collect()
}

later! { chat:
    /// Files as parts of a message, in their order; of those that are none, why.
    pub(crate) async fn read_files(
        files: Vec<File>,
    ) -> Result<Vec<Result<String, RefusedFile>>, ChatError> {
        let mut read = Vec::new();
        for file in files {
            let name = file.name();
            let text = text_of(&file).await;
            read.push(match text {
                Ok(text) => Ok(fenced(&name, &text)),
                Err(reason) => Err(RefusedFile { name, reason }),
            });
        }
        Ok(read)
    }
}

/// The text of a file, or why it is none.
async fn text_of(file: &File) -> Result<String, FileRefusal> {
    let kind = file.type_();
    if UNREADABLE.iter().any(|it| kind.starts_with(it)) {
        return Err(FileRefusal::NoText);
    }
    if file.size() > LONGEST_FILE {
        return Err(FileRefusal::TooLarge);
    }
    let bytes = JsFuture::from(file.array_buffer()).await;
    let bytes = bytes.map_err(|_| FileRefusal::Unreadable)?;
    let text = decoded(&Uint8Array::new(&bytes).to_vec()).ok_or(FileRefusal::NoText)?;
    if text.len() > LONGEST {
        return Err(FileRefusal::TooLarge);
    }
    Ok(text)
}

/// A file as a part of a message: its name, and its text in a fence that nothing in it ends.
fn fenced(name: &str, text: &str) -> String {
    let mut ticks = 3;
    let mut run = 0;
    for letter in text.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        ticks = ticks.max(run + 1);
    }
    let fence = "`".repeat(ticks);
    let name = name.replace('`', "");
    let text = text.trim_end();
    format!("{fence}{name}\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::fenced;

    #[test]
    fn a_file_stands_in_a_fence_that_it_cannot_end() {
        assert_eq!(fenced("a.md", "one\n"), "```a.md\none\n```\n");
        assert_eq!(
            fenced("b.md", "```\nx\n```"),
            "````b.md\n```\nx\n```\n````\n"
        );
    }
}
