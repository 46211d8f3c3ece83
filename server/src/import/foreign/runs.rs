//! Messages of one role in a row become one message: the ways through a tree of nodes.
//!
//! A row ends where somebody else answers, and where nothing follows. If it divides, each way
//! through it is a row of its own, so that every message of every branch is in one.

use std::collections::{HashMap, VecDeque};

use hearth_app::model::{ImportFault, ImportProblem, Role};

use super::{
    told::{Node, Part},
    values::MAX_VALUE_BYTES,
};
use crate::import::problem::problem;

/// What a piece counts beside its text: a row that divides again and again repeats its beginning.
const PIECE_BYTES: usize = 64;

/// Pieces that become one message.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) role: Role,
    /// Places of its pieces among the nodes, the first first.
    pub(super) path: Vec<usize>,
    /// Place among the runs, before this one.
    pub(super) parent: Option<usize>,
}

/// A conversation as rows of messages.
#[derive(Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "they are the runs of the conversation"
)]
pub(super) struct Runs {
    /// Parents before children.
    pub(super) runs: Vec<Run>,
    /// When each node was written, where the program says it of the node or of one before it.
    pub(super) times: Vec<Option<i64>>,
    /// The run that is shown last.
    pub(super) shown: Option<usize>,
}

/// Finds the rows of a tree.
///
/// # Errors
/// If an id stands there twice, nodes lead in a circle, or what is repeated is far too much.
pub(super) fn find(nodes: &[Node], shown: Option<&str>) -> Result<Runs, ImportProblem> {
    let tree = Tree::new(nodes)?;
    tree.check_repeated(nodes)?;
    let (mut runs, mut run_of) = (Vec::new(), vec![None; nodes.len()]);
    for &node in &tree.order {
        if !tree.is_end(node) {
            continue;
        }
        let path = tree.path(node);
        let before = path.first().and_then(|first| tree.above[*first]);
        run_of[node] = Some(runs.len());
        runs.push(Run {
            role: tree.roles[node].unwrap_or(Role::Assistant),
            path,
            parent: before.and_then(|before| run_of[before]),
        });
    }
    let shown = shown.and_then(|id| tree.places.get(id).copied());
    let shown = shown.and_then(|node| tree.end_below(node));
    Ok(Runs {
        runs,
        shown: shown.and_then(|end| run_of[end]),
        times: tree.times(nodes),
    })
}

/// The nodes, and how those that are messages stand below each other.
struct Tree<'a> {
    places: HashMap<&'a str, usize>,
    parents: Vec<Option<usize>>,
    /// All nodes, parents before children.
    order: Vec<usize>,
    /// Absent: no person sees the node.
    roles: Vec<Option<Role>>,
    /// The nearest message above.
    above: Vec<Option<usize>>,
    /// The messages next below, of messages.
    below: Vec<Vec<usize>>,
}

impl<'a> Tree<'a> {
    fn new(nodes: &'a [Node]) -> Result<Self, ImportProblem> {
        let mut places = HashMap::with_capacity(nodes.len());
        for (place, node) in nodes.iter().enumerate() {
            if places.insert(node.id.as_str(), place).is_some() {
                let id = node.id.clone();
                return Err(problem("", ImportFault::SameId { id }));
            }
        }
        let parent = |node: &Node| places.get(node.parent.as_deref()?).copied();
        let parents: Vec<Option<usize>> = nodes.iter().map(parent).collect();
        let order = in_order(&parents);
        if order.len() < nodes.len() {
            return Err(problem("", ImportFault::Circle));
        }
        let roles: Vec<_> = nodes.iter().map(role).collect();
        let (mut above, mut below) = (vec![None; nodes.len()], vec![Vec::new(); nodes.len()]);
        for &node in &order {
            above[node] = parents[node].and_then(|parent| match roles[parent] {
                Some(_) => Some(parent),
                None => above[parent],
            });
            if let (Some(_), Some(nearest)) = (roles[node], above[node]) {
                below[nearest].push(node);
            }
        }
        Ok(Self {
            places,
            parents,
            order,
            roles,
            above,
            below,
        })
    }

    /// The message above, if it is of the same role.
    fn same_above(&self, node: usize) -> Option<usize> {
        let above = self.above[node]?;
        (self.roles[above] == self.roles[node]).then_some(above)
    }

    /// Whether a row ends with this node.
    fn is_end(&self, node: usize) -> bool {
        let is_other = |below: &usize| self.roles[*below] != self.roles[node];
        let below = &self.below[node];
        self.roles[node].is_some() && (below.is_empty() || below.iter().any(is_other))
    }

    fn path(&self, end: usize) -> Vec<usize> {
        let mut path: Vec<_> =
            std::iter::successors(Some(end), |node| self.same_above(*node)).collect();
        path.reverse();
        path
    }

    /// The end of a row in which a node is; of a node that nobody sees, of the one above. Where the
    /// row goes on in several ways, the last of them.
    fn end_below(&self, node: usize) -> Option<usize> {
        let mut node = match self.roles[node] {
            Some(_) => node,
            None => self.above[node]?,
        };
        while !self.is_end(node) {
            node = *self.below[node].last()?;
        }
        Some(node)
    }

    /// Refuses a tree whose rows repeat each other's beginnings without end.
    fn check_repeated(&self, nodes: &[Node]) -> Result<(), ImportProblem> {
        let mut until = vec![0_usize; nodes.len()];
        let mut total = 0_usize;
        for &node in &self.order {
            let own = nodes[node].part.as_ref().map_or(0, Part::num_bytes);
            let before = self.same_above(node).map_or(0, |above| until[above]);
            until[node] = before.saturating_add(own).saturating_add(PIECE_BYTES);
            if self.is_end(node) {
                total = total.saturating_add(until[node]);
            }
        }
        let limit = 2 * MAX_VALUE_BYTES;
        if total > limit {
            let (bytes, limit) = (total as u64, limit as u64);
            return Err(problem("", ImportFault::TooManyBytes { bytes, limit }));
        }
        Ok(())
    }

    fn times(&self, nodes: &[Node]) -> Vec<Option<i64>> {
        let mut times = vec![None; nodes.len()];
        for &node in &self.order {
            let inherited = self.parents[node].and_then(|parent| times[parent]);
            times[node] = nodes[node].time.or(inherited);
        }
        times
    }
}

/// Parents before children, otherwise as they stand; what a circle holds is not among them.
fn in_order(parents: &[Option<usize>]) -> Vec<usize> {
    let mut children = vec![Vec::new(); parents.len()];
    let mut ready = VecDeque::new();
    for (node, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(node),
            None => ready.push_back(node),
        }
    }
    let mut order = Vec::with_capacity(parents.len());
    while let Some(node) = ready.pop_front() {
        order.push(node);
        ready.extend(children[node].drain(..));
    }
    order
}

fn role(node: &Node) -> Option<Role> {
    Some(match node.part.as_ref()? {
        Part::Question(_) => Role::User,
        Part::Answer(_) => Role::Assistant,
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::import::foreign::told::Answer;

    /// `a<b` is node a below node b; upper case are questions, digits are seen by nobody.
    fn nodes(told: &str) -> Vec<Node> {
        let node = |word: &str| {
            let (id, parent) = word.split_once('<').unwrap_or((word, ""));
            let first = id.chars().next().unwrap();
            Node {
                id: id.to_owned(),
                parent: (!parent.is_empty()).then(|| parent.to_owned()),
                time: None,
                part: match first {
                    '0'..='9' => None,
                    'A'..='Z' => Part::question(id.to_owned()),
                    _ => Part::answer(Answer {
                        text: id.to_owned(),
                        ..Answer::default()
                    }),
                },
            }
        };
        told.split_whitespace().map(node).collect()
    }

    fn rows(told: &str, shown: &str) -> (Vec<String>, Option<usize>) {
        let nodes = nodes(told);
        let found = find(&nodes, Some(shown)).unwrap();
        let name = |run: &Run| {
            let path: Vec<_> = run.path.iter().map(|it| nodes[*it].id.as_str()).collect();
            let parent = run.parent.map_or(String::new(), |it| it.to_string());
            format!("{}<{parent}", path.join("+"))
        };
        (found.runs.iter().map(name).collect(), found.shown)
    }

    #[test]
    fn nodes_in_a_row_become_one_and_what_nobody_sees_is_stepped_over() {
        let (found, shown) = rows("0 A<0 1<A a<1 2<a b<2 B<b c<B", "2");
        assert_eq!(found, ["A<", "a+b<0", "B<1", "c<2"]);
        assert_eq!(shown, Some(1));
    }

    #[test]
    fn every_way_through_a_row_that_divides_is_a_version() {
        let (found, shown) = rows("A a<A b<a c<a B<a d<B", "a");
        assert_eq!(found, ["A<", "a<0", "a+b<0", "a+c<0", "B<1", "d<4"]);
        assert_eq!(shown, Some(1));
        let (found, shown) = rows("A a<A b<a c<a", "a");
        assert_eq!(found, ["A<", "a+b<0", "a+c<0"]);
        assert_eq!(shown, Some(2));
    }

    #[test]
    fn children_may_stand_before_their_parents_and_parents_may_be_missing() {
        let (found, shown) = rows("a<A A<0 B<gone b<B", "gone");
        assert_eq!(found, ["A<", "B<", "a<0", "b<1"]);
        assert_eq!(shown, None);
    }

    #[test]
    fn circles_and_ids_that_repeat_are_refused() {
        for (told, fault) in [
            ("A<b b<A", ImportFault::Circle),
            ("A<A", ImportFault::Circle),
            ("C a<C A<b b<A", ImportFault::Circle),
            ("A A", ImportFault::SameId { id: "A".to_owned() }),
        ] {
            let refused = find(&nodes(told), None).unwrap_err();
            assert_eq!(refused.fault, fault, "{told}");
        }
    }

    #[test]
    fn a_row_that_divides_again_and_again_is_refused_before_it_fills_the_memory() {
        let mut told = "A a0<A".to_owned();
        for number in 1..3_000 {
            let before = number - 1;
            let _ = write!(told, " a{number}<a{before} b{number}<a{before}");
        }
        let mut nodes = nodes(&told);
        for node in &mut nodes {
            if let Some(Part::Answer(answer)) = &mut node.part {
                answer.text = "word ".repeat(20);
            }
        }
        let refused = find(&nodes, None).unwrap_err();
        assert!(matches!(refused.fault, ImportFault::TooManyBytes { .. }));
    }
}
