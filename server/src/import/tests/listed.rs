//! What the manifest of an archive lists: each conversation once, and read no further than what is
//! wrong can be named.

use std::sync::Arc;

use hearth_app::model::MAX_FOLDERS;
use tokio::runtime::Runtime;

use super::{
    corrupted::{Guarded, rewrite},
    shelf::{Shelf, archive_of, many, sample},
};
use crate::{
    export::{FolderDocument, MANIFEST, Manifest, Timestamp},
    import::ImportError,
};

/// The same archive with another list, which fits its number and its hash.
fn relisted(archive: &[u8], change: impl Fn(&mut Manifest)) -> Vec<u8> {
    let (file, _) = rewrite(archive, |name, content| {
        (name == MANIFEST).then(|| {
            let mut manifest: Manifest = serde_json::from_str(content).unwrap();
            change(&mut manifest);
            manifest.num_conversations = manifest.conversations.len();
            manifest.sha256 = manifest.content_hash();
            serde_json::to_string(&manifest).unwrap()
        })
    });
    file
}

#[test]
fn a_conversation_that_is_listed_many_times_is_refused_before_it_is_unpacked_once() {
    let guarded = Guarded::new();
    let file = relisted(&archive_of(&[sample(3)]), |manifest| {
        let listed = manifest.conversations[0].clone();
        manifest.conversations = vec![listed; 10_000];
    });
    let problem = guarded.refuse("listed many times", file);
    assert_eq!(problem.place, "manifest.json/conversations/1/file");
    let words = problem.to_string();
    assert!(words.ends_with("manifest.json/conversations/0"), "{words}");
}

#[test]
fn two_files_that_are_listed_under_one_id_are_refused() {
    let guarded = Guarded::new();
    let file = relisted(&archive_of(&[sample(3), sample(4)]), |manifest| {
        manifest.conversations[1].id = manifest.conversations[0].id;
    });
    let problem = guarded.refuse("one id", file);
    assert_eq!(problem.place, "manifest.json/conversations/1/id");
}

#[test]
fn folders_that_cannot_be_are_named_by_their_place() {
    let guarded = Guarded::new();
    let folder = |name: &str| FolderDocument {
        created_at: Timestamp::from_ms(0),
        instructions: None,
        name: name.to_owned(),
    };
    let long = FolderDocument {
        instructions: Some("a".repeat(1 << 20)),
        ..folder("Tax")
    };
    let many = (0..=MAX_FOLDERS).map(|number| folder(&number.to_string()));
    let wrong = [
        (vec![folder("Tax"), folder("TAX")], "folders/1/name"),
        (vec![folder(" Tax")], "folders/0/name"),
        (vec![folder("")], "folders/0/name"),
        (vec![long], "folders/0/instructions"),
        (many.collect(), "folders"),
    ];
    for (folders, place) in wrong {
        let file = relisted(&archive_of(&[sample(3)]), |manifest| {
            manifest.folders.clone_from(&folders);
        });
        let problem = guarded.refuse(place, file);
        assert_eq!(problem.place, format!("manifest.json/{place}"), "{problem}");
    }
}

#[test]
fn an_archive_is_read_no_further_than_its_problems_are_named() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let (file, num_replaced) = rewrite(&archive_of(&many(60, "Hello")), |name, _| {
        let is_document = name != MANIFEST && name.split('.').next_back() == Some("json");
        is_document.then(|| "{}".to_owned())
    });
    assert_eq!(num_replaced, 60);
    match shelf.import(shelf.ada, file) {
        Err(ImportError::Refused(problems)) => {
            assert_eq!((problems.named().len(), problems.num_more()), (50, 0));
        }
        other => panic!("{other:?}"),
    }
}
