//! Single prompts: logits at their positions, greedy text, and what follows a cached prefix.

use super::{
    PrefixReport, PromptReport, Tolerances,
    distance::{argmax, for_each_position, log_total, logit_distance, to_f32, top_distance},
    golden::{GoldenPrefix, GoldenPrompt, TopLogits},
};
use crate::{
    model_runner::{ForwardOutcome, Logits, ModelRunner},
    request::TokenId,
};

pub(super) fn compare(
    runner: &mut ModelRunner,
    prompt: &GoldenPrompt,
    tolerances: &Tolerances,
) -> PromptReport {
    let continued = &prompt.f32_greedy[..prompt.f32_greedy.len().saturating_sub(1)];
    let tokens = token_ids(prompt.ids.iter().chain(continued));
    let num_prompt = prompt.ids.len();
    let num_counted = num_counted(prompt, tolerances);
    let mut loss = 0.0;
    let mut report = PromptReport::new(&prompt.name);
    for_each_position(runner, &tokens, |position, logits| {
        if let Some(top) = prompt.top.as_ref().filter(|_| position < num_prompt) {
            report.note_logits(top_logit_distance(top, position, logits));
        }
        if position + 1 < num_prompt {
            loss += log_total(logits) - f64::from(logits[prompt.ids[position + 1] as usize]);
            return;
        }
        let step = position + 1 - num_prompt;
        if step == 0 {
            report.top20_logprob_distance = to_f32(top_distance(&prompt.logits_last, logits));
            if prompt.top.is_some() {
                report.note_logits(logit_distance(&prompt.logits_last, logits));
            }
        }
        if step < num_counted && prompt.f32_margin[step] > tolerances.greedy_margin {
            report.num_greedy_compared += 1;
            if argmax(logits) != prompt.f32_greedy[step] as usize {
                report.greedy_differences.push(step);
            }
        }
    });
    report.nll_per_token_difference = prompt.f32_nll_per_token.map(|golden_loss| {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a prompt has some hundred tokens"
        )]
        let per_token = loss / (num_prompt - 1).max(1) as f64;
        to_f32(per_token - golden_loss)
    });
    let prefix = prompt.prefix.as_ref();
    report.prefix = prefix.map(|prefix| after_prefix(runner, prompt, prefix));
    report.passed = passes(&report, tolerances);
    report
}

fn passes(report: &PromptReport, tolerances: &Tolerances) -> bool {
    let nll = report.nll_per_token_difference.unwrap_or_default();
    let is_near = |distance: Option<f32>| {
        tolerances
            .logit
            .is_none_or(|allowed| distance.unwrap_or_default() <= allowed)
    };
    let prefix = report.prefix.as_ref();
    let is_prefix_equal = prefix.is_none_or(|prefix| {
        is_near(Some(prefix.logit_distance))
            && (tolerances.logit.is_none() || prefix.greedy_differences.is_empty())
    });
    report.top20_logprob_distance <= tolerances.top20_logprob
        && (nll.abs() <= tolerances.nll_per_token || !tolerances.nll_of_each_prompt)
        && is_near(report.logit_distance)
        && report.greedy_differences.is_empty()
        && is_prefix_equal
}

/// Largest distance of a logit among the golden run's most likely tokens.
fn top_logit_distance(top: &TopLogits, position: usize, logits: &Logits) -> f32 {
    let row = position * top.per_position..(position + 1) * top.per_position;
    let found: Vec<f32> = top.ids[row.clone()]
        .iter()
        .map(|id| logits[*id as usize])
        .collect();
    logit_distance(&top.logits[row], &found)
}

/// A prefix from the cache, then the suffix in one chunk, then the golden text.
fn after_prefix(
    runner: &mut ModelRunner,
    prompt: &GoldenPrompt,
    prefix: &GoldenPrefix,
) -> PrefixReport {
    let cache = runner.new_cache();
    let (_, mut cache) = runner.forward_all(&token_ids(&prompt.ids[..prefix.length]), cache);
    let mut report = PrefixReport::default();
    let mut next = token_ids(&prefix.suffix_ids);
    for (step, &golden) in prefix.greedy.iter().enumerate() {
        let ForwardOutcome::Done {
            logits,
            cache: kept,
        } = runner.forward(&next, cache, &|| false)
        else {
            unreachable!("invariant: nothing aborts this")
        };
        cache = kept;
        if step == 0 {
            report.logit_distance = logit_distance(&prefix.logits_last, &logits);
        }
        if argmax(&logits) != golden as usize {
            report.greedy_differences.push(step);
        }
        next = vec![TokenId(golden)];
    }
    report
}

pub(super) fn token_ids<'a>(ids: impl IntoIterator<Item = &'a u32>) -> Vec<TokenId> {
    ids.into_iter().copied().map(TokenId).collect()
}

/// Loss per token minus the golden loss, where each prompt counts by its tokens; `None` without
/// golden losses.
#[expect(
    clippy::cast_precision_loss,
    reason = "prompts have some hundred tokens"
)]
pub(super) fn mean_difference(golden: &[GoldenPrompt], reports: &[PromptReport]) -> Option<f32> {
    let (mut sum, mut count) = (0.0, 0);
    for (prompt, report) in golden.iter().zip(reports) {
        let Some(difference) = report.nll_per_token_difference else {
            continue;
        };
        let scored = prompt.ids.len().saturating_sub(1);
        sum += f64::from(difference) * scored as f64;
        count += scored;
    }
    (count > 0).then(|| to_f32(sum / count as f64))
}

/// Continuation tokens that may count, before their own margins are looked at.
fn num_counted(prompt: &GoldenPrompt, tolerances: &Tolerances) -> usize {
    let margins = &prompt.f32_margin;
    let all = margins.len().min(prompt.f32_greedy.len());
    if !tolerances.greedy_until_first_small_margin {
        return all;
    }
    let small = margins
        .iter()
        .position(|margin| *margin <= tolerances.greedy_margin);
    small.map_or(all, |index| index.min(all))
}
