//! What has to hold of the files beside the messages of a document.

use hearth_app::model::{ImportFault, MAX_FILE_BYTES, MAX_FILES, Role};
use sha2::{Digest as _, Sha256};

use super::problem::{Problems, problem};
use crate::{
    export::{ConversationDocument, EXTENDED_VERSION, FileDocument, MessageDocument},
    files::check_name,
};

/// Longest text of a file, in bytes; more than is read of one.
const MAX_TEXT_BYTES: usize = 8 << 20;
/// For whoever wrote such a document by hand.
const ONLY_IN_QUESTIONS: &str = "only a person's message has files";

/// An older program would lose them without a word: documents that have files say so.
pub(super) fn check_files_version(document: &ConversationDocument, problems: &mut Problems) {
    let has_files = document.messages.iter().any(|it| !it.files.is_empty());
    if has_files && document.version < EXTENDED_VERSION {
        let (found, read) = (document.version.to_string(), EXTENDED_VERSION);
        let fault = ImportFault::OtherVersion { found, read };
        problems.push(problem("version", fault));
    }
}

/// What does not hold, with its place in the message.
pub(super) fn check_files(message: &MessageDocument) -> Vec<(String, ImportFault)> {
    let mut problems = Vec::new();
    if message.files.is_empty() {
        return problems;
    }
    if message.role != Role::User {
        let detail = ONLY_IN_QUESTIONS.to_owned();
        problems.push(("files".to_owned(), ImportFault::Unexpected { detail }));
    }
    if message.files.len() > MAX_FILES {
        let limit = MAX_FILES;
        problems.push(("files".to_owned(), ImportFault::TooMany { limit }));
        return problems;
    }
    for (index, file) in message.files.iter().enumerate() {
        if let Err((member, fault)) = check_file(file) {
            problems.push((format!("files/{index}/{member}"), fault));
        }
    }
    problems
}

/// The first thing that is wrong.
fn check_file(file: &FileDocument) -> Result<(), (&'static str, ImportFault)> {
    check_name(&file.name).map_err(|refusal| ("name", ImportFault::Refused(refusal)))?;
    let limit = MAX_TEXT_BYTES as u64;
    let bytes = file.text.len() as u64;
    if bytes > limit {
        return Err(("text", ImportFault::TooManyBytes { bytes, limit }));
    }
    let (bytes, limit) = (file.size, MAX_FILE_BYTES);
    if bytes > limit {
        return Err(("size", ImportFault::TooManyBytes { bytes, limit }));
    }
    let Some(sum) = file.sum() else {
        return Err(("sha256", ImportFault::Changed));
    };
    if file.content.is_none() {
        return Ok(());
    }
    let Some(content) = file.content() else {
        return Err(("content", ImportFault::Changed));
    };
    if content.len() as u64 != file.size {
        return Err(("size", ImportFault::Changed));
    }
    if <[u8; 32]>::from(Sha256::digest(&content)) != sum {
        return Err(("content", ImportFault::Changed));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::FileKind;

    fn file() -> FileDocument {
        FileDocument {
            name: "a.txt".to_owned(),
            kind: FileKind::Text,
            size: 3,
            sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".to_owned(),
            num_pages: None,
            num_tokens: None,
            is_cut: false,
            text: "foo".to_owned(),
            content: Some("Zm9v".to_owned()),
        }
    }

    fn wrong(change: impl FnOnce(&mut FileDocument)) -> &'static str {
        let mut file = file();
        change(&mut file);
        check_file(&file).map_or_else(|(member, _)| member, |()| "nothing")
    }

    #[test]
    fn a_file_is_what_its_sum_says() {
        assert_eq!(wrong(|_| {}), "nothing");
        assert_eq!(wrong(|it| it.content = None), "nothing");
        assert_eq!(wrong(|it| it.content = Some("Zm9w".to_owned())), "content");
        assert_eq!(wrong(|it| it.content = Some("Zm9".to_owned())), "content");
        assert_eq!(wrong(|it| it.size = 4), "size");
        assert_eq!(wrong(|it| it.size = MAX_FILE_BYTES + 1), "size");
        assert_eq!(wrong(|it| it.sha256.make_ascii_uppercase()), "sha256");
        assert_eq!(wrong(|it| it.sha256.clear()), "sha256");
        assert_eq!(wrong(|it| it.name = "../a.txt".to_owned()), "name");
        assert_eq!(wrong(|it| it.text = "a".repeat(MAX_TEXT_BYTES + 1)), "text");
    }
}
