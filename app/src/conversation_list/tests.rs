//! A server's list that changes, and the list of a page that reads pages of it.

use std::collections::HashSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const PAGE: usize = 3;

/// What somebody does, here or in another tab.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A conversation is made and used, elsewhere.
    Make,
    /// The one at this place of the server's list is used, elsewhere or here.
    Use(usize, bool),
    Delete(usize),
    /// The page asks for the next page.
    More,
    /// The page reads its first page again.
    Refresh,
}

#[derive(Default)]
struct Server {
    conversations: Vec<ConversationSummary>,
    clock: i64,
    num_made: u128,
}

impl Server {
    fn make(&mut self) {
        self.num_made += 1;
        let id = ConversationId::new(Uuid::from_u128(self.num_made));
        let summary = self.used(id);
        self.conversations.insert(0, summary);
    }

    fn used(&mut self, id: ConversationId) -> ConversationSummary {
        self.clock += 1;
        ConversationSummary {
            id,
            title: id.to_string(),
            running: true,
            updated_at: self.clock,
            group: DateGroup::Today,
            pinned_at: None,
            folder: None,
            archived: false,
            unread: false,
        }
    }

    fn touch(&mut self, place: usize) -> Option<ConversationSummary> {
        let id = self.conversations.get(place)?.id;
        self.conversations.remove(place);
        let summary = self.used(id);
        self.conversations.insert(0, summary.clone());
        Some(summary)
    }

    fn page(&self, after: Option<ListPlace>) -> ConversationPage {
        let below = |it: &&ConversationSummary| after.is_none_or(|after| it.place() < after);
        let mut conversations: Vec<_> = self.conversations.iter().filter(below).cloned().collect();
        let has_more = conversations.len() > PAGE;
        conversations.truncate(PAGE);
        ConversationPage {
            conversations,
            has_more,
            ..ConversationPage::default()
        }
    }
}

fn ids(conversations: &[ConversationSummary]) -> Vec<ConversationId> {
    conversations.iter().map(|it| it.id).collect()
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Make),
        (0_usize..20, any::<bool>()).prop_map(|(place, here)| Step::Use(place, here)),
        (0_usize..20).prop_map(Step::Delete),
        Just(Step::More),
        Just(Step::Refresh),
    ];
    proptest::collection::vec(step, 0..60)
}

fn take(server: &mut Server, list: &mut ConversationList, step: Step) {
    match step {
        Step::Make => server.make(),
        Step::Use(place, is_here) => {
            if let Some(summary) = server.touch(place)
                && is_here
            {
                list.move_to_top(summary);
            }
        }
        Step::Delete(place) => {
            if place < server.conversations.len() {
                server.conversations.remove(place);
            }
        }
        Step::More => {
            if let Some(end) = list.end() {
                assert!(list.extend(end, server.page(Some(end))));
            }
        }
        Step::Refresh => list.refresh(server.page(None)),
    }
}

proptest! {
    #[test]
    fn all_pages_hold_every_conversation_exactly_once_whatever_moved_meanwhile(steps in steps()) {
        let mut server = Server::default();
        (0..10).for_each(|_| server.make());
        let mut list = ConversationList::new(server.page(None));
        for step in steps {
            take(&mut server, &mut list, step);
            let shown = ids(list.conversations());
            let different: HashSet<_> = shown.iter().collect();
            prop_assert_eq!(different.len(), shown.len());
        }
        list.refresh(server.page(None));
        while let Some(end) = list.end() {
            list.extend(end, server.page(Some(end)));
        }
        let there = ids(&server.conversations);
        let shown: Vec<_> = ids(list.conversations());
        let kept: Vec<_> = shown.iter().copied().filter(|id| there.contains(id)).collect();
        // Others may show what was deleted elsewhere below the first page.
        prop_assert_eq!(kept, there);
    }
}

#[test]
fn a_page_that_comes_too_late_is_left_out() {
    let mut server = Server::default();
    (0..10).for_each(|_| server.make());
    let mut list = ConversationList::new(server.page(None));
    let end = list.end().unwrap();
    let late = server.page(Some(end));
    assert!(list.extend(end, late.clone()));
    assert!(!list.extend(end, late));
    assert_eq!(ids(list.conversations()), ids(&server.conversations[..6]));
}

#[test]
fn what_was_deleted_elsewhere_leaves_the_first_page_and_older_pages_stay() {
    let mut server = Server::default();
    (0..10).for_each(|_| server.make());
    let mut list = ConversationList::new(server.page(None));
    let end = list.end().unwrap();
    list.extend(end, server.page(Some(end)));
    server.conversations.remove(1);
    list.refresh(server.page(None));
    assert_eq!(ids(list.conversations()), ids(&server.conversations[..5]));
    assert!(list.end().is_some());
}

#[test]
fn a_group_stands_once_though_a_later_page_was_grouped_on_another_day() {
    let summary = |number, group| ConversationSummary {
        id: ConversationId::new(Uuid::from_u128(number)),
        title: String::new(),
        running: false,
        updated_at: 0,
        group,
        pinned_at: None,
        folder: None,
        archived: false,
        unread: false,
    };
    let list = ConversationList::new(ConversationPage {
        conversations: vec![
            summary(1, DateGroup::Yesterday),
            summary(2, DateGroup::Today),
            summary(3, DateGroup::Yesterday),
        ],
        ..ConversationPage::default()
    });
    let expected = vec![
        (ListSection::Days(DateGroup::Yesterday), vec![1, 3]),
        (ListSection::Days(DateGroup::Today), vec![2]),
    ];
    assert_eq!(numbers(&list), expected);
}

#[test]
fn a_conversation_that_comes_back_stands_where_it_stood() {
    let mut server = Server::default();
    (0..10).for_each(|_| server.make());
    let mut list = ConversationList::new(server.page(None));
    let whole = list.clone();
    let (shown, older) = (
        server.conversations[1].clone(),
        server.conversations[7].clone(),
    );
    list.remove(shown.id);
    list.put_back(shown);
    list.put_back(older); // its page is not loaded
    assert_eq!(list, whole);
}

#[test]
fn beside_a_conversation_is_the_one_below_and_beside_the_last_the_one_above() {
    let mut server = Server::default();
    for _ in 0..3 {
        server.make();
    }
    let list = ConversationList::new(server.page(None));
    let ids: Vec<_> = list.conversations().iter().map(|it| it.id).collect();
    assert_eq!(list.neighbour(ids[0]), Some(ids[1]));
    assert_eq!(list.neighbour(ids[2]), Some(ids[1]));
    assert_eq!(list.beside(Some(ids[0]), false), None);
    assert_eq!(list.beside(Some(ids[2]), true), None);
    assert_eq!(list.beside(None, true), Some(ids[0]));
    assert_eq!(list.beside(None, false), None);
    let mut one = ConversationList::new(server.page(None));
    one.remove(ids[0]);
    one.remove(ids[1]);
    assert_eq!(one.neighbour(ids[2]), None);
}

#[test]
fn the_day_is_that_of_the_page_that_was_read_last() {
    let mut server = Server::default();
    for _ in 0..=PAGE {
        server.make();
    }
    let today = |day| LocalDate {
        year: 2026,
        month: 11,
        day,
    };
    let page = |after, day| ConversationPage {
        today: today(day),
        ..server.page(after)
    };
    let mut list = ConversationList::new(page(None, 28));
    assert_eq!(list.today(), today(28));
    let end = list.end().unwrap();
    assert!(list.extend(end, page(Some(end), 29)));
    assert_eq!(list.today(), today(29));
    list.refresh(page(None, 30));
    assert_eq!(list.today(), today(30));
}

/// The numbers of the conversations below each heading.
fn numbers(list: &ConversationList) -> Vec<(ListSection, Vec<u128>)> {
    let number = |it: &ConversationSummary| it.id.as_uuid().as_u128();
    let rows = |rows: Vec<&ConversationSummary>| rows.into_iter().map(number).collect();
    let sections = list.sections().into_iter();
    sections
        .map(|(section, all)| (section, rows(all)))
        .collect()
}

const TAX: FolderId = FolderId::new(Uuid::from_u128(7));
const TODAY: ListSection = ListSection::Days(DateGroup::Today);

/// Five conversations in the list, and a folder that is open with two more.
fn ordered() -> (Server, ConversationList, Vec<ConversationSummary>) {
    let mut server = Server::default();
    (0..7).for_each(|_| server.make());
    let mut all = server.conversations.clone();
    all.reverse();
    server.conversations.retain(|it| it.updated_at > 2);
    let page = ConversationPage {
        conversations: server.conversations.clone(),
        folders: vec![Folder {
            id: TAX,
            name: "Tax".to_owned(),
        }],
        ..ConversationPage::default()
    };
    let mut list = ConversationList::new(page);
    for summary in &mut all[..2] {
        summary.folder = Some(TAX);
    }
    let folder = ConversationPage {
        conversations: vec![all[1].clone(), all[0].clone()],
        ..ConversationPage::default()
    };
    list.open(TAX, folder);
    (server, list, all)
}

#[test]
fn a_conversation_stands_in_the_list_that_it_was_moved_to_and_in_no_other() {
    let (_, mut list, all) = ordered();
    let folder = ListSection::Folder(TAX);
    let expected = vec![(folder, vec![2, 1]), (TODAY, vec![7, 6, 5, 4, 3])];
    assert_eq!(numbers(&list), expected);
    let mut moved = all[4].clone();
    moved.pinned_at = Some(10);
    list.update(moved.clone());
    let mut second = all[0].clone();
    second.pinned_at = Some(20);
    list.put_back(second.clone());
    let expected = vec![
        (ListSection::Pinned, vec![1, 5]),
        (folder, vec![2]),
        (TODAY, vec![7, 6, 4, 3]),
    ];
    assert_eq!(numbers(&list), expected);
    moved.pinned_at = None;
    list.update(moved.clone());
    second.pinned_at = None;
    list.update(second);
    let expected = vec![(folder, vec![2, 1]), (TODAY, vec![7, 6, 5, 4, 3])];
    assert_eq!(numbers(&list), expected);
    moved.archived = true;
    list.update(moved.clone());
    assert!(list.find(moved.id).is_none());
    // It is written in.
    moved.archived = false;
    moved.folder = Some(TAX);
    list.move_to_top(moved);
    let expected = vec![(folder, vec![5, 2, 1]), (TODAY, vec![7, 6, 4, 3])];
    assert_eq!(numbers(&list), expected);
    list.close();
    let expected = vec![(folder, vec![]), (TODAY, vec![7, 6, 4, 3])];
    assert_eq!(numbers(&list), expected);
}

#[test]
fn what_another_tab_moved_stands_nowhere_twice_after_the_first_page_was_read_again() {
    let (server, mut list, all) = ordered();
    let mut pinned = all[0].clone();
    pinned.pinned_at = Some(1);
    let first = ConversationPage {
        pinned: vec![pinned],
        folders: list.folders().to_vec(),
        conversations: [vec![all[1].clone()], server.conversations.clone()].concat(),
        ..ConversationPage::default()
    };
    list.refresh(first.clone());
    let expected = vec![
        (ListSection::Pinned, vec![1]),
        (ListSection::Folder(TAX), vec![]),
        (TODAY, vec![2, 7, 6, 5, 4, 3]),
    ];
    assert_eq!(numbers(&list), expected);
    // The folder was deleted.
    list.refresh(ConversationPage {
        folders: Vec::new(),
        ..first
    });
    assert_eq!(list.opened(), None);
    assert_eq!(numbers(&list).len(), 2);
}

#[test]
fn keys_walk_through_all_that_is_shown() {
    let (_, mut list, all) = ordered();
    let mut pinned = all[2].clone();
    pinned.pinned_at = Some(1);
    list.update(pinned);
    let mut walked = Vec::new();
    let mut here = None;
    while let Some(next) = list.beside(here, true) {
        walked.push(next.as_uuid().as_u128());
        here = Some(next);
    }
    assert_eq!(walked, [3, 2, 1, 7, 6, 5, 4]);
}
