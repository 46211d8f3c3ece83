//! Whatever arrives and leaves, the scheduler loses nobody and lets nobody wait for ever.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hearth_engine::scheduler::{QUANTUM, Scheduler, SequenceId, UserKey};
use proptest::{collection::vec, prelude::*};

const MAX_RUNNING: usize = 3;
const NUM_USERS: usize = 3;

#[derive(Clone, Debug)]
enum Act {
    Add { user: u128, num_tokens: usize },
    Leave(usize),
    Step,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..NUM_USERS as u128, 1..400usize)
            .prop_map(|(user, num_tokens)| Act::Add { user, num_tokens }),
        any::<usize>().prop_map(Act::Leave),
        Just(Act::Step),
        Just(Act::Step),
    ]
}

/// An engine of which only the numbers are left.
struct Simulation {
    scheduler: Scheduler,
    running: HashMap<SequenceId, usize>,
    waiting: HashMap<SequenceId, usize>,
    num_added: u64,
    /// Who waited when the order was told last.
    told: Vec<SequenceId>,
}

impl Simulation {
    fn new() -> Self {
        Self {
            scheduler: Scheduler::new(MAX_RUNNING),
            running: HashMap::new(),
            waiting: HashMap::new(),
            num_added: 0,
            told: Vec::new(),
        }
    }

    fn act(&mut self, act: &Act) {
        match *act {
            Act::Add { user, num_tokens } => {
                let id = SequenceId(self.num_added);
                self.num_added += 1;
                self.scheduler.add(UserKey(user), id);
                self.waiting.insert(id, num_tokens);
            }
            Act::Leave(index) => {
                let mut all: Vec<SequenceId> = self
                    .running
                    .keys()
                    .chain(self.waiting.keys())
                    .copied()
                    .collect();
                all.sort_unstable();
                if let Some(&id) = all.get(index % all.len().max(1)) {
                    self.leave(id);
                }
            }
            Act::Step => self.step(),
        }
        self.told = self.scheduler.new_order().unwrap_or(self.told.clone());
        assert_eq!(self.told, self.scheduler.waiting());
    }

    fn leave(&mut self, id: SequenceId) {
        self.scheduler.remove(id);
        self.running.remove(&id);
        self.waiting.remove(&id);
    }

    fn step(&mut self) {
        let expected: Vec<SequenceId> = self.scheduler.waiting();
        let admitted = self.scheduler.admit(|_| true);
        assert_eq!(
            admitted,
            expected[..admitted.len()],
            "the announced order is kept"
        );
        for id in admitted {
            let num_tokens = self.waiting.remove(&id).expect("it waited");
            self.running.insert(id, num_tokens);
        }
        assert!(self.running.len() <= MAX_RUNNING);
        assert!(self.waiting.is_empty() || self.running.len() == MAX_RUNNING);
        let batch = self.scheduler.schedule(|id| self.running[&id]);
        let ids: HashSet<SequenceId> = batch.shares.iter().map(|share| share.sequence).collect();
        assert_eq!(ids.len(), batch.shares.len(), "each sequence once");
        assert_eq!(
            batch.shares.is_empty(),
            self.running.is_empty(),
            "every step gets on"
        );
        for share in batch.shares {
            let pending = self.running[&share.sequence];
            assert!(share.num_tokens >= 1 && share.num_tokens <= pending);
            if pending == share.num_tokens {
                self.leave(share.sequence);
            } else {
                self.running
                    .insert(share.sequence, pending - share.num_tokens);
            }
        }
    }
}

proptest! {
    #[test]
    fn everybody_is_served_in_the_end(acts in vec(act(), 0..120)) {
        let mut simulation = Simulation::new();
        for act in &acts {
            simulation.act(act);
            prop_assert_eq!(simulation.scheduler.waiting().len(), simulation.waiting.len());
        }
        for _ in 0..10_000 {
            simulation.step();
        }
        prop_assert!(simulation.running.is_empty() && simulation.waiting.is_empty());
    }

    /// A newcomer waits for at most one sequence of every other user.
    #[test]
    fn no_user_is_served_twice_before_a_newcomer(
        others in vec(1..NUM_USERS as u128, 0..30),
        num_steps in 0..10usize,
    ) {
        let mut scheduler = Scheduler::new(1);
        let mut owner = HashMap::new();
        for (number, &user) in (0u64..).zip(&others) {
            scheduler.add(UserKey(user), SequenceId(number));
            owner.insert(SequenceId(number), user);
        }
        for _ in 0..num_steps {
            scheduler.admit(|_| true).into_iter().for_each(|id| scheduler.remove(id));
        }
        let newcomer = SequenceId(u64::MAX);
        scheduler.add(UserKey(0), newcomer);
        let before: Vec<u128> = scheduler
            .waiting()
            .into_iter()
            .take_while(|&id| id != newcomer)
            .map(|id| owner[&id])
            .collect();
        let users: HashSet<u128> = before.iter().copied().collect();
        prop_assert_eq!(users.len(), before.len());
    }

    /// Users who always want more get the same, whatever they ask for.
    #[test]
    fn served_tokens_of_backlogged_users_stay_together(
        sizes in vec((1usize..3_000, 1usize..300), 1..40),
        max_running in 1usize..6,
        num_users in 2u128..4,
        milliseconds_per_token in 0u64..20,
    ) {
        stay_together(&sizes, max_running, num_users, milliseconds_per_token)?;
    }
}

/// Users who always want more, with prompts and answers of these sizes.
fn stay_together(
    sizes: &[(usize, usize)],
    max_running: usize,
    num_users: u128,
    milliseconds_per_token: u64,
) -> Result<(), TestCaseError> {
    let mut scheduler = Scheduler::new(max_running);
    let mut sizes = sizes.iter().cycle();
    let mut next_id = 0;
    // Tokens of the prompt and of the answer that are left.
    let mut left: HashMap<SequenceId, (UserKey, usize, usize)> = HashMap::new();
    let mut add = |scheduler: &mut Scheduler, user, left: &mut HashMap<_, _>| {
        let &(prompt, answer) = sizes.next().expect("it is endless");
        next_id += 1;
        scheduler.add(user, SequenceId(next_id));
        left.insert(SequenceId(next_id), (user, prompt, answer));
    };
    let users: Vec<UserKey> = (0..num_users).map(UserKey).collect();
    let mut told = Vec::new();
    for _ in 0..=max_running {
        for user in &users {
            add(&mut scheduler, *user, &mut left);
        }
    }
    for _ in 0..600 {
        scheduler.admit(|_| true);
        let batch = scheduler.schedule(|id| left[&id].1.max(1));
        let num_tokens: usize = batch.shares.iter().map(|share| share.num_tokens).sum();
        let milliseconds = milliseconds_per_token * num_tokens as u64;
        scheduler.note_step(&batch, Some(Duration::from_millis(milliseconds)));
        told = scheduler.new_order().unwrap_or(told);
        prop_assert_eq!(&told, &scheduler.waiting());
        for share in &batch.shares {
            let (user, prompt, answer) = left[&share.sequence];
            let is_prompt = prompt > 0;
            let rest = (
                prompt.saturating_sub(share.num_tokens),
                if is_prompt { answer } else { answer - 1 },
            );
            if rest == (0, 0) {
                left.remove(&share.sequence);
                // Before it leaves, so that the user never stops wanting more.
                add(&mut scheduler, user, &mut left);
                scheduler.remove(share.sequence);
            } else {
                left.insert(share.sequence, (user, rest.0, rest.1));
            }
        }
        let served: Vec<u64> = users
            .iter()
            .map(|user| scheduler.num_served(*user))
            .collect();
        let apart = served.iter().max().unwrap_or(&0) - served.iter().min().unwrap_or(&0);
        let allowed = QUANTUM + 512.max(num_tokens as u64);
        prop_assert!(apart <= allowed, "{served:?}");
    }
    Ok(())
}

/// Of two who wait, the one whose turn it was not had got least.
#[test]
fn a_place_is_taken_away_for_who_has_least_whoever_s_turn_it_is() {
    let sizes = [
        (2048, 1),
        (828, 32),
        (373, 141),
        (1, 1),
        (539, 266),
        (1536, 1),
        (1, 1),
        (1024, 1),
    ];
    assert_eq!(
        stay_together(&sizes, 1, 3, 0).map_err(|error| error.to_string()),
        Ok(())
    );
}
