//! Chooses tokens from logits, of several sequences at once where there are many logits.
//!
//! What a token is drawn from, its probabilities and what a format allows belong to one sequence
//! alone, so it is all the same who computes them.

use std::collections::BTreeMap;
use std::thread;

use super::{Computed, Outcome, Worker};
use crate::{
    loaded_model::PartOutcome,
    model_runner::Logits,
    request::TokenId,
    scheduler::SequenceId,
    sequence::{Sequence, SequenceState},
};

/// Logits that are worth a thread: fewer are gone through before one has begun.
const WORTH_A_THREAD: usize = 32_768;

/// What is to be chosen for a sequence.
type Choice<'a> = (SequenceId, &'a mut Sequence, PartOutcome);

impl Worker {
    /// Chooses the next token of every sequence that has computed all it has.
    pub(super) fn collect(&mut self, computed: Vec<Computed>) -> Vec<(SequenceId, Outcome)> {
        let outcomes = computed.into_iter().map(|it| (it.sequence, it.outcome));
        let mut outcomes: BTreeMap<SequenceId, PartOutcome> = outcomes.collect();
        // They stay where they are: if one panics, none is lost.
        let sequences = self.sequences.iter_mut();
        let choices = sequences.filter_map(|(id, sequence)| {
            let outcome = outcomes.remove(id)?;
            Some((*id, sequence, outcome))
        });
        let choices: Vec<Choice<'_>> = choices.collect();
        let num_threads = self.num_threads.min(worthwhile_threads(&choices));
        choose_all(choices, &self.end_tokens, num_threads)
    }
}

/// Threads that have something to do.
fn worthwhile_threads(choices: &[Choice<'_>]) -> usize {
    let num_logits = |(_, _, outcome): &Choice<'_>| match outcome {
        PartOutcome::Logits(logits) => logits.len(),
        PartOutcome::EachLogits(rows) => rows.iter().map(Vec::len).sum(),
        _ => 0,
    };
    let worthy = choices.iter().map(num_logits);
    worthy.filter(|count| *count >= WORTH_A_THREAD).count()
}

fn choose_all(
    mut choices: Vec<Choice<'_>>,
    end_tokens: &[TokenId],
    num_threads: usize,
) -> Vec<(SequenceId, Outcome)> {
    let choose = |choices: Vec<Choice<'_>>| -> Vec<(SequenceId, Outcome)> {
        let choices = choices.into_iter();
        choices
            .map(|(id, sequence, outcome)| (id, chosen(sequence, outcome, end_tokens)))
            .collect()
    };
    let share = choices.len().div_ceil(num_threads.max(1));
    thread::scope(|scope| {
        let mut others = Vec::new();
        while choices.len() > share {
            let part = choices.split_off(choices.len() - share);
            others.push(scope.spawn(|| choose(part)));
        }
        let mut all = choose(choices);
        for other in others.into_iter().rev() {
            let part = other.join();
            all.extend(part.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    })
}

fn chosen(sequence: &mut Sequence, outcome: PartOutcome, end_tokens: &[TokenId]) -> Outcome {
    if computed_no_numbers(&outcome) {
        return Outcome::NoNumbers;
    }
    match outcome {
        PartOutcome::Logits(mut logits) => {
            let (token, logprobs) = sequence.choose(&mut logits, end_tokens);
            Outcome::Chosen(token, logprobs)
        }
        PartOutcome::EachLogits(rows) => score(sequence, rows, end_tokens),
        PartOutcome::Token(token) => Outcome::Chosen(token, None),
        PartOutcome::Prefilled => Outcome::Prefilled,
        PartOutcome::GivenUp => Outcome::GivenUp,
    }
}

/// Whether what was computed is broken, and nothing of it is to be kept.
pub(super) fn computed_no_numbers(outcome: &PartOutcome) -> bool {
    match outcome {
        PartOutcome::Logits(logits) => has_no_numbers(logits),
        PartOutcome::EachLogits(rows) => rows.iter().any(has_no_numbers),
        PartOutcome::Token(_) | PartOutcome::Prefilled | PartOutcome::GivenUp => false,
    }
}

/// Whether the hidden state was broken: a broken weight of the head costs one logit.
fn has_no_numbers(logits: &Logits) -> bool {
    logits.iter().all(|logit| logit.is_nan())
}

/// Tells the probabilities of tokens that were given; behind the last one a token is chosen.
fn score(sequence: &mut Sequence, mut rows: Vec<Logits>, end_tokens: &[TokenId]) -> Outcome {
    let SequenceState::Running {
        num_computed_tokens,
        ..
    } = sequence.state
    else {
        return Outcome::GivenUp;
    };
    sequence.score(&rows, num_computed_tokens);
    if num_computed_tokens < sequence.tokens.len() {
        return Outcome::Prefilled;
    }
    match rows.pop().filter(|_| !sequence.is_only_scored()) {
        Some(mut logits) => {
            let (token, logprobs) = sequence.choose(&mut logits, end_tokens);
            Outcome::Chosen(token, logprobs)
        }
        None => Outcome::Scored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{GenerateRequest, SamplingParams, TokenOptions};
    use crate::scheduler::UserKey;

    fn sequence(number: u64) -> Sequence {
        let request = GenerateRequest {
            prompt: vec![TokenId(1)],
            answer_so_far: Vec::new(),
            sampling: SamplingParams {
                seed: number,
                temperature: 1.0,
                ..SamplingParams::greedy()
            },
            max_tokens: 10,
            stop: Vec::new(),
            options: TokenOptions {
                top_logprobs: Some(3),
                ..TokenOptions::default()
            },
            num_shared_tokens: 0,
            session: None,
        };
        Sequence::background(SequenceId(number), UserKey(1), request)
    }

    fn logits(number: u64) -> Logits {
        let value = |index: u64| u8::try_from((index * 37 + number * 11) % 101).unwrap_or(0);
        (0..500)
            .map(|index| f32::from(value(index)) / 20.0)
            .collect()
    }

    #[test]
    fn it_is_all_the_same_how_many_threads_choose() {
        let chosen = |num_threads| {
            let mut sequences: Vec<Sequence> = (0..7).map(sequence).collect();
            let choices = sequences.iter_mut().map(|sequence| {
                let outcome = match sequence.id.0 {
                    3 => PartOutcome::Prefilled,
                    4 => PartOutcome::Logits(vec![f32::NAN; 500]),
                    number => PartOutcome::Logits(logits(number)),
                };
                (sequence.id, sequence, outcome)
            });
            let chosen = choose_all(choices.collect(), &[], num_threads);
            format!("{chosen:?}")
        };
        let one = chosen(1);
        assert!(
            one.contains("Prefilled") && one.contains("NoNumbers"),
            "{one}"
        );
        for num_threads in [0, 2, 3, 6, 7, 20] {
            assert_eq!(chosen(num_threads), one, "{num_threads} threads");
        }
    }

    #[test]
    fn threads_are_for_what_takes_longer_than_to_begin_one() {
        let mut sequences: Vec<Sequence> = (0..4).map(sequence).collect();
        let sizes = [40_000, 258, 0, 50_000];
        let choices = sequences.iter_mut().zip(sizes).map(|(sequence, size)| {
            let outcome = match size {
                0 => PartOutcome::Prefilled,
                size => PartOutcome::Logits(vec![0.0; size]),
            };
            (sequence.id, sequence, outcome)
        });
        assert_eq!(worthwhile_threads(&choices.collect::<Vec<_>>()), 2);
    }
}
