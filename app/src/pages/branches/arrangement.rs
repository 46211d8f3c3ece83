//! Which messages of a tree are lines of one list, and which lists stand below which line.
//!
//! A list goes on as long as somebody wrote on: at a message with several answers it goes on with
//! the one that is shown, or was written last, and each other one begins a list of its own. So a
//! conversation without branches is one list, however long it is.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::model::{MessageId, Outline};

/// Lists lie in each other at most that deep; deeper ones stand beside the one they leave.
const MAX_DEPTH: usize = 8;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Its place among the messages of the outline.
    pub(super) message: usize,
    /// How many messages follow it, in all branches.
    pub(super) num_below: usize,
    /// Branches that stand below it, by their place.
    pub(super) sides: Vec<usize>,
}

/// The lists of an outline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrangement {
    pub(super) branches: Vec<Vec<Row>>,
    /// Those that stand below nothing, the shown one first.
    pub(super) tops: Vec<usize>,
}

/// A branch that is to be put together.
#[derive(Clone, Copy)]
struct Beginning {
    message: usize,
    /// Branch and row that it stands below.
    below: Option<(usize, usize)>,
    depth: usize,
}

impl Arrangement {
    pub(super) fn new(outline: &Outline) -> Self {
        let tree = Tree::new(outline);
        let heir = tree.heir(&tree.roots);
        let (first, others): (Vec<usize>, Vec<usize>) = tree
            .roots
            .iter()
            .copied()
            .partition(|&root| Some(root) == heir);
        let beginning = |message| Beginning {
            message,
            below: None,
            depth: 0,
        };
        let mut waiting: VecDeque<_> = first.into_iter().chain(others).map(beginning).collect();
        let mut arrangement = Self::default();
        while let Some(next) = waiting.pop_front() {
            arrangement.add(&tree, next, &mut waiting);
        }
        arrangement
    }

    fn add(&mut self, tree: &Tree, beginning: Beginning, waiting: &mut VecDeque<Beginning>) {
        let Beginning { below, depth, .. } = beginning;
        let branch = self.branches.len();
        match below {
            Some((other, row)) => self.branches[other][row].sides.push(branch),
            None => self.tops.push(branch),
        }
        let mut rows = Vec::new();
        let mut next = Some(beginning.message);
        while let Some(message) = next {
            let children = &tree.children[message];
            let heir = tree.heir(children);
            let own = (Some((branch, rows.len())), depth + 1);
            let (below, depth) = if depth < MAX_DEPTH {
                own
            } else {
                (below, depth)
            };
            let others = children.iter().filter(|&&child| Some(child) != heir);
            waiting.extend(others.map(|&message| Beginning {
                message,
                below,
                depth,
            }));
            rows.push(Row {
                message,
                num_below: tree.num_below[message],
                sides: Vec::new(),
            });
            next = heir;
        }
        self.branches.push(rows);
    }
}

/// Messages by their places in the outline.
struct Tree {
    roots: Vec<usize>,
    children: Vec<Vec<usize>>,
    num_below: Vec<usize>,
    /// The place of the message written last at or below each.
    newest: Vec<usize>,
    /// On the way to the leaf that is shown.
    shown: HashSet<usize>,
}

impl Tree {
    fn new(outline: &Outline) -> Self {
        let messages = &outline.messages;
        let places: HashMap<MessageId, usize> = messages.iter().map(|it| it.id).zip(0..).collect();
        // A parent stands before its child; anything else would be a circle.
        let parent = |place: usize| {
            let parent = messages[place].parent_id?;
            places
                .get(&parent)
                .copied()
                .filter(|&parent| parent < place)
        };
        let mut tree = Self {
            roots: Vec::new(),
            children: vec![Vec::new(); messages.len()],
            num_below: vec![0; messages.len()],
            newest: (0..messages.len()).collect(),
            shown: HashSet::new(),
        };
        for place in 0..messages.len() {
            match parent(place) {
                Some(parent) => tree.children[parent].push(place),
                None => tree.roots.push(place),
            }
        }
        for place in (0..messages.len()).rev() {
            if let Some(parent) = parent(place) {
                tree.num_below[parent] += tree.num_below[place] + 1;
                tree.newest[parent] = tree.newest[parent].max(tree.newest[place]);
            }
        }
        let mut next = outline.leaf.and_then(|leaf| places.get(&leaf).copied());
        while let Some(place) = next {
            tree.shown.insert(place);
            next = parent(place);
        }
        tree
    }

    /// Which of several versions a list goes on with.
    fn heir(&self, versions: &[usize]) -> Option<usize> {
        let shown = versions.iter().find(|it| self.shown.contains(it));
        let newest = || versions.iter().max_by_key(|&&it| self.newest[it]);
        shown.or_else(newest).copied()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{ConversationId, LocalTime, OutlineMessage, Role};

    fn id(number: u128) -> MessageId {
        MessageId::new(Uuid::from_u128(number))
    }

    /// Messages by number, each with the number of its parent.
    fn outline(messages: &[(u128, Option<u128>)], leaf: Option<u128>) -> Outline {
        let message = |&(number, parent): &(u128, Option<u128>)| OutlineMessage {
            id: id(number),
            parent_id: parent.map(id),
            role: Role::User,
            beginning: String::new(),
            time: LocalTime {
                year: 2026,
                month: 11,
                day: 24,
                hour: 6,
                minute: 30,
            },
        };
        Outline {
            conversation: ConversationId::new(Uuid::nil()),
            title: String::new(),
            leaf: leaf.map(id),
            messages: messages.iter().map(message).collect(),
        }
    }

    /// Places of messages, branch by branch.
    fn places(arrangement: &Arrangement) -> Vec<Vec<usize>> {
        let branches = arrangement.branches.iter();
        branches
            .map(|rows| rows.iter().map(|row| row.message).collect())
            .collect()
    }

    #[test]
    fn a_conversation_without_branches_is_one_list() {
        let chain: Vec<_> = (0..2_000_u128).map(|it| (it, it.checked_sub(1))).collect();
        let arrangement = Arrangement::new(&outline(&chain, Some(1_999)));
        assert_eq!(places(&arrangement), [(0..2_000).collect::<Vec<_>>()]);
        let first = &arrangement.branches[0][0];
        assert_eq!((first.num_below, first.sides.len()), (1_999, 0));
        assert_eq!(
            Arrangement::new(&outline(&[], None)),
            Arrangement::default()
        );
    }

    #[test]
    fn the_shown_branch_is_first_and_others_stand_below_what_they_leave() {
        // A question, two answers, a question below the first one, and the first question edited.
        let messages = [
            (0, None),
            (1, Some(0)),
            (2, Some(0)),
            (3, Some(1)),
            (4, None),
        ];
        let arrangement = Arrangement::new(&outline(&messages, Some(3)));
        assert_eq!(places(&arrangement), [vec![0, 1, 3], vec![4], vec![2]]);
        assert_eq!(arrangement.tops, [0, 1]);
        assert_eq!(arrangement.branches[0][0].sides, [2]);
        assert_eq!(arrangement.branches[0][0].num_below, 3);
        // Where nothing is shown, the branch that was written last is first.
        let arrangement = Arrangement::new(&outline(&messages, None));
        assert_eq!(places(&arrangement)[0], [4]);
    }

    #[test]
    fn every_message_is_in_one_list_and_lists_do_not_lie_deeper_than_they_may() {
        // Somebody goes back one message further each time: each list leaves the next one.
        let chain = (0..100_u128).map(|it| (it, it.checked_sub(1)));
        let others = (0..100_u128).rev().map(|it| (1_000 + it, Some(it)));
        let messages: Vec<_> = chain.chain(others).collect();
        let arrangement = Arrangement::new(&outline(&messages, None));
        let mut all: Vec<usize> = places(&arrangement).concat();
        all.sort_unstable();
        assert_eq!(all, (0..messages.len()).collect::<Vec<_>>());
        let mut level = arrangement.tops.clone();
        let mut depth = 0;
        while !level.is_empty() {
            let rows = level.iter().flat_map(|&it| &arrangement.branches[it]);
            level = rows.flat_map(|row| row.sides.clone()).collect();
            depth += 1;
        }
        assert!(depth <= MAX_DEPTH + 1, "{depth}");
    }

    #[test]
    fn a_message_whose_parent_is_not_there_or_comes_later_begins_a_list() {
        let messages = [(1, Some(9)), (2, Some(3)), (3, Some(2))];
        let arrangement = Arrangement::new(&outline(&messages, Some(3)));
        assert_eq!(places(&arrangement), [vec![1, 2], vec![0]]);
    }
}
