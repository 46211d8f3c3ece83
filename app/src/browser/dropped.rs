//! Files that somebody drops or pastes: texts are read, of others only the name is told.

use js_sys::{Uint8Array, futures::JsFuture};
use web_sys::{DataTransfer, File};

/// Longest file, in bytes: as much as a message may have (256 KiB).
const LONGEST: f64 = 262_144.0;

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
    let Some(files) = brought.and_then(DataTransfer::files) else {
        return Vec::new();
    };
    (0..files.length())
        .filter_map(|index| files.get(index))
        .collect()
}

/// The text of a file; nothing if it is none, or too long for a message.
pub(crate) async fn text_of(file: &File) -> Option<String> {
    let kind = file.type_();
    if file.size() > LONGEST || UNREADABLE.iter().any(|it| kind.starts_with(it)) {
        return None;
    }
    let bytes = JsFuture::from(file.array_buffer()).await.ok()?;
    let text = String::from_utf8(Uint8Array::new(&bytes).to_vec()).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// A file as a part of a message: its name, and its text in a fence that nothing in it ends.
pub(crate) fn fenced(name: &str, text: &str) -> String {
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
