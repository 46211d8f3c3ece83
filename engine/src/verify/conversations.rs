//! Whole conversations: every reply, token by token along the golden one.

use super::{
    ConversationReport, Tolerances,
    distance::{argmax, for_each_position, logit_distance},
    golden::GoldenConversation,
    prompts::token_ids,
};
use crate::model_runner::ModelRunner;

/// A reply is the golden one if the greedy token is at each of its positions.
pub(super) fn compare(
    runner: &mut ModelRunner,
    conversation: &GoldenConversation,
    tolerances: &Tolerances,
) -> ConversationReport {
    let mut report = ConversationReport {
        id: conversation.id.clone(),
        num_steps: conversation.steps.len(),
        different_steps: Vec::new(),
        logit_distance: None,
        counts: tolerances.logit.is_some() || conversation.has_safe_margin,
        passed: false,
    };
    for (number, step) in conversation.steps.iter().enumerate() {
        let is_last = number + 1 == conversation.steps.len();
        let (num_prompt, output) = (step.prompt_ids.len(), &step.output_ids);
        let written = &output[..output.len().saturating_sub(1)];
        let tokens = token_ids(step.prompt_ids.iter().chain(written));
        let mut is_golden = true;
        for_each_position(runner, &tokens, |position, logits| {
            if position + 1 < num_prompt {
                return;
            }
            let index = position + 1 - num_prompt;
            is_golden &= argmax(logits) == output[index] as usize;
            if let Some(golden) = conversation.logits_last.as_ref().filter(|_| is_last)
                && index == 0
            {
                report.logit_distance = Some(logit_distance(golden, logits));
            }
        });
        if !is_golden {
            report.different_steps.push(number);
        }
    }
    let distance = report.logit_distance.unwrap_or_default();
    let is_near = tolerances.logit.is_none_or(|allowed| distance <= allowed);
    report.passed = !report.counts || (report.different_steps.is_empty() && is_near);
    report
}
