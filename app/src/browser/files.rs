//! Files that somebody drops, pastes or chooses.

use js_sys::Array;
use web_sys::{
    DataTransfer, Event, File, FileList, HtmlInputElement,
    wasm_bindgen::{JsCast, JsValue},
};

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

/// A text as a file.
pub(crate) fn text_file(name: &str, text: &str) -> Option<File> {
    let parts = Array::of1(&JsValue::from_str(text));
    File::new_with_str_sequence(&parts, name).ok()
}
