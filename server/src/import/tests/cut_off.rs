//! Imports that end at any moment, as by `kill -9`: nothing of them is seen, and the next one is
//! complete.

use std::sync::Arc;

use hearth_app::model::{ImportCounts, MessageId};
use tokio::runtime::Runtime;

use super::shelf::{Shelf, archive_of, many, sample};
use crate::{
    import::{ImportError, remains},
    store::{BesideChats, Decision, IncomingConversation, Room, RunningImport, Staged, StoredTree},
};

/// What puts rows aside, piece by piece.
impl Shelf {
    pub(super) fn begin(&self) -> RunningImport {
        let begun = self.store.begin_import(self.ada);
        self.runtime.block_on(begun).unwrap().unwrap()
    }

    pub(super) fn incoming(&self, tree: &StoredTree) -> Option<IncomingConversation> {
        let shares = tree.shares.iter().map(|share| share.id);
        let plan = self.store.plan_import(self.ada, tree.id, shares);
        let plan = self.runtime.block_on(plan).unwrap();
        IncomingConversation::new(tree.clone(), &plan)
    }

    /// One transaction of at most three rows.
    pub(super) fn piece(
        &self,
        import: &RunningImport,
        incoming: &mut IncomingConversation,
    ) -> Staged {
        self.runtime.block_on(async {
            let begun = self.store.begin_staging(import).await.unwrap();
            let mut transaction = begun.expect("nobody has given it up");
            let mut room = Room {
                rows: 3,
                bytes: 1 << 20,
            };
            let staged = transaction.stage(incoming, &mut room).await.unwrap();
            transaction.commit().await.unwrap();
            staged
        })
    }

    /// At most so many pieces of an import. Returns whether that is all of it.
    pub(super) fn put_aside(
        &self,
        import: &RunningImport,
        trees: &[StoredTree],
        num_pieces: usize,
    ) -> bool {
        let mut left = num_pieces;
        for tree in trees {
            let Some(mut incoming) = self.incoming(tree) else {
                continue;
            };
            let mut staged = Staged::Partly;
            while staged == Staged::Partly {
                if left == 0 {
                    return false;
                }
                left -= 1;
                staged = self.piece(import, &mut incoming);
            }
            assert_eq!(staged, Staged::Complete);
        }
        true
    }

    pub(super) fn decide(&self, import: &RunningImport) -> Decision {
        let (counts, beside) = (ImportCounts::default(), BesideChats::default());
        let decided = self.store.decide_import(import, None, counts, &beside);
        self.runtime.block_on(decided).unwrap()
    }

    /// What a start does, and the upkeep after it.
    fn restart(&self) {
        self.runtime.block_on(remains::recover(&self.store));
    }

    pub(super) fn purge(&self) {
        self.runtime.block_on(async {
            while self.store.purge_dead_imports(8).await.unwrap().num_rows > 0 {}
            while self.store.purge_condemned(8).await.unwrap().num_rows > 0 {}
        });
    }

    /// Rows of everything that is told or put aside.
    pub(super) fn num_rows(&self) -> i64 {
        self.number(
            "select (select count(*) from message) + (select count(*) from conversation) \
             + (select count(*) from import) + (select count(*) from import_staged)",
        )
    }
}

/// A conversation that goes on after what of it is here, and two that are new.
fn trees() -> (StoredTree, Vec<StoredTree>) {
    let whole = sample(1);
    let mut earlier = whole.clone();
    earlier.messages.truncate(2);
    earlier.active_message = earlier.messages.last().map(|it| it.id);
    earlier.updated_at -= 1;
    (earlier, vec![sample(2), whole, sample(3)])
}

#[test]
fn an_import_that_is_cut_off_after_any_piece_is_never_seen_and_the_next_is_complete() {
    let runtime = Arc::new(Runtime::new().unwrap());
    let (earlier, trees) = trees();
    let mut num_pieces = 0;
    loop {
        let shelf = Shelf::new(&runtime);
        shelf
            .import(shelf.ada, archive_of(std::slice::from_ref(&earlier)))
            .unwrap();
        let (before, num_before) = (shelf.everything(), shelf.num_rows());
        let is_all = shelf.put_aside(&shelf.begin(), &trees, num_pieces);
        assert_eq!(shelf.everything(), before, "after {num_pieces} pieces");
        let again = shelf.import(shelf.ada, archive_of(&trees));
        assert!(matches!(again, Err(ImportError::Busy)), "{again:?}");

        shelf.restart();
        assert_eq!(shelf.everything(), before, "after {num_pieces} pieces");
        if num_pieces % 2 == 0 {
            // Else the upkeep comes later than the next import.
            shelf.purge();
            assert_eq!(shelf.num_rows(), num_before, "after {num_pieces} pieces");
        }
        let counts = shelf.import(shelf.ada, archive_of(&trees)).unwrap();
        assert_eq!(
            (counts.new_conversations, counts.extended_conversations),
            (2, 1)
        );
        assert_eq!(shelf.archive(shelf.ada), sorted_archive(&trees));
        let left = "select count(*) from conversation where deleted_at is not null";
        assert_eq!(shelf.number(left), 0);
        num_pieces += 1;
        if is_all {
            break;
        }
    }
    assert!(num_pieces > 5, "{num_pieces}");
}

/// Exports are in the order of ids.
fn sorted_archive(trees: &[StoredTree]) -> Vec<u8> {
    let mut trees = trees.to_vec();
    trees.sort_by_key(|tree| tree.id);
    archive_of(&trees)
}

#[test]
fn an_import_that_is_cut_off_after_its_decision_is_whole_after_the_start() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let mut whole = sample(1);
    let pattern = whole.messages[1].clone();
    for number in 0..1000_u128 {
        let mut message = pattern.clone();
        message.id = MessageId::new(uuid::Uuid::from_u128(
            pattern.id.as_uuid().as_u128() + ((number + 1) << 64),
        ));
        whole.messages.push(message);
    }
    whole.messages.sort_by_key(|message| message.id);
    let mut earlier = whole.clone();
    earlier.messages.truncate(2);
    earlier.active_message = None;
    earlier.updated_at -= 1;
    shelf.import(shelf.ada, archive_of(&[earlier])).unwrap();
    let import = shelf.begin();
    assert!(shelf.put_aside(&import, std::slice::from_ref(&whole), usize::MAX));
    assert_eq!(shelf.decide(&import), Decision::Imported);
    let num_staged = shelf.number("select count(*) from import_staged");
    assert_eq!(num_staged, 1, "one step reveals all of it");

    shelf.restart();
    assert_eq!(shelf.archive(shelf.ada), archive_of(&[whole]));
    let expected = shelf.documents(shelf.ada)[0].messages.len() + 1;
    assert_eq!(shelf.num_rows(), i64::try_from(expected).unwrap());
}

#[test]
fn what_is_put_aside_stays_while_its_import_runs_and_goes_when_it_falls_silent() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let trees = many(3, "word");
    let import = shelf.begin();
    assert!(shelf.put_aside(&import, &trees[..2], usize::MAX));
    shelf.purge();
    assert_eq!(shelf.number("select count(*) from conversation"), 2);
    assert_eq!(
        shelf
            .runtime
            .block_on(shelf.store.give_silent_imports_up(0, i64::MAX))
            .unwrap(),
        0
    );
    let silent = shelf.store.give_silent_imports_up(i64::MAX, i64::MAX);
    assert_eq!(shelf.runtime.block_on(silent).unwrap(), 1);
    let gone = shelf.runtime.block_on(shelf.store.begin_staging(&import));
    assert!(gone.unwrap().is_none(), "it goes on");
    assert_eq!(shelf.decide(&import), Decision::ChangedMeanwhile);
    shelf.purge();
    assert_eq!(shelf.num_rows(), 0);
}

#[test]
fn two_imports_of_one_person_do_not_run_at_once_and_others_do() {
    let shelf = Shelf::new(&Arc::new(Runtime::new().unwrap()));
    let (file, import) = (archive_of(&many(2, "word")), shelf.begin());
    let refused = shelf.import(shelf.ada, file.clone());
    assert!(matches!(refused, Err(ImportError::Busy)), "{refused:?}");
    shelf.import(shelf.bob, file.clone()).unwrap();
    shelf
        .runtime
        .block_on(remains::give_up(&shelf.store, &import));
    assert_eq!(shelf.import(shelf.ada, file).unwrap().new_conversations, 2);
}
