//! A disk that takes no more: nothing is written by halves, and everything goes on afterwards.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use hearth_app::{
    model::{BusyReason, ChatError, ExportChoice, ExportFormat, ExportSubject},
    service::exports::ExportService as _,
};
use tokio::runtime::Runtime;

use super::shelf::{Shelf, archive_of, many, sample};
use crate::{
    export::Language,
    import::ImportError,
    slow_work::{Kind, SlowWork},
};

#[test]
fn an_export_for_a_full_disk_is_refused_in_words_and_leaves_nothing() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let tree = sample(1);
    shelf
        .import(shelf.ada, archive_of(std::slice::from_ref(&tree)))
        .unwrap();
    let server = shelf.exports(SlowWork::default());
    let export = || {
        let choice = ExportChoice {
            format: ExportFormat::Html,
            with_reasoning: true,
            with_branches: false,
        };
        let made = server.create_export(shelf.ada, tree.id, choice);
        shelf.runtime.block_on(made)
    };
    let list = || shelf.runtime.block_on(server.exports(shelf.ada)).unwrap();
    shelf.execute("pragma max_page_count = 1");
    let refused = export().unwrap_err();
    assert!(
        matches!(
            &refused,
            ChatError::Busy {
                reason: BusyReason::DiskFull,
                ..
            }
        ),
        "{refused:?}"
    );
    assert_eq!(list(), []);
    shelf.execute("pragma max_page_count = 100000");
    let id = export().unwrap();
    assert_eq!(list()[0].id, id);
}

#[test]
fn an_archive_can_be_taken_away_from_a_disk_that_takes_nothing() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let trees = [sample(1), sample(2)];
    shelf.import(shelf.ada, archive_of(&trees)).unwrap();
    let server = shelf.exports(SlowWork::default());
    let file = || {
        shelf.runtime.block_on(async {
            let content = server
                .archive(shelf.ada, None, Language::English, true)
                .await
                .unwrap()
                .content;
            let chunks: Vec<_> = content.try_collect().await.unwrap();
            chunks.concat()
        })
    };
    // Its row is so small that a full disk may still have a place for it.
    shelf.execute("pragma query_only = 1");
    let rescued = file();
    shelf.execute("pragma query_only = 0");
    let other = Shelf::new(&shelf.runtime);
    other.import(other.ada, rescued).unwrap();
    assert_eq!(other.archive(other.ada), archive_of(&trees));
    file();
    let exports = shelf.runtime.block_on(server.exports(shelf.ada)).unwrap();
    assert_eq!(exports.len(), 1, "only the second could be noted");
    assert_eq!(exports[0].subject, ExportSubject::All);
}

#[test]
fn a_reader_that_leaves_makes_room_for_the_next() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let slow_work = SlowWork::default();
    let server = shelf.exports(slow_work.clone());
    shelf.runtime.block_on(async {
        let mut held = Vec::new();
        while let Ok(place) = slow_work.place(Kind::Download, shelf.ada).await {
            held.push(place);
        }
        let refused = server
            .archive(shelf.ada, None, Language::English, true)
            .await;
        assert!(matches!(refused, Err(ChatError::Busy { .. })));
        // Nobody else has to wait for who has downloads enough.
        assert!(
            server
                .archive(shelf.bob, None, Language::English, true)
                .await
                .is_ok()
        );
        drop(held);
        for _ in 0..10 {
            let patience = std::time::Duration::from_secs(10);
            let begun = tokio::time::timeout(patience, async {
                loop {
                    match server
                        .archive(shelf.ada, None, Language::English, true)
                        .await
                    {
                        Ok(download) => return download,
                        Err(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
                    }
                }
            });
            let mut content = begun.await.unwrap().content;
            content.next().await;
            drop(content);
        }
    });
}

#[test]
fn an_import_into_a_full_disk_changes_nothing_and_works_afterwards() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    shelf.import(shelf.ada, archive_of(&[sample(1)])).unwrap();
    let before = shelf.everything();
    let mut large = sample(2);
    large.messages[1].text = "word ".repeat(100_000);
    let file = archive_of(&[sample(3), large]);
    shelf.execute("pragma max_page_count = 1");
    let refused = shelf.import(shelf.ada, file.clone()).unwrap_err();
    assert!(
        matches!(&refused, ImportError::Store(error) if error.is_write_refused()),
        "{refused:?}"
    );
    assert_eq!(shelf.everything(), before);
    shelf.execute("pragma max_page_count = 100000");
    assert_eq!(shelf.import(shelf.ada, file).unwrap().new_conversations, 2);
}

#[test]
fn a_disk_that_is_full_in_the_middle_of_an_import_leaves_nothing_and_the_ids_free() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let trees = many(200, "word ".repeat(100).as_str());
    let file = archive_of(&trees);
    let pages = shelf.number("select page_count from pragma_page_count");
    shelf.execute(&format!("pragma max_page_count = {}", pages + 60));
    let refused = shelf.import(shelf.ada, file.clone()).unwrap_err();
    assert!(
        matches!(&refused, ImportError::Store(error) if error.is_write_refused()),
        "{refused:?}"
    );
    let num_staged = shelf.number("select count(*) from import_staged");
    assert!(num_staged > 0, "it was full before anything was written");
    assert!(shelf.documents(shelf.ada).is_empty());
    shelf.execute("pragma max_page_count = 100000");
    let counts = shelf.import(shelf.ada, file.clone()).unwrap();
    assert_eq!(counts.new_conversations, 200);
    assert_eq!(shelf.archive(shelf.ada), file);
}
