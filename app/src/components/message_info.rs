//! What made an answer: model, speed, length, sampling.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{
    model::{FinishReason, MessageId, Provenance, Usage},
    words::{grouped, use_locale, words},
};

/// Facts about one answer, in a box that opens from a button: no script is needed for that.
#[component]
pub(crate) fn MessageInfo(
    id: MessageId,
    usage: Usage,
    finish_reason: Option<FinishReason>,
    provenance: Provenance,
) -> impl IntoView {
    let locale = use_locale();
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    if let Some(model) = provenance.model {
        facts.push((words!(locale, frame.model), model));
    }
    let counts = words!(
        locale,
        admin.info_prompt_completion,
        prompt = grouped(usage.prompt_tokens.into()),
        completion = grouped(usage.completion_tokens.into())
    );
    facts.push((words!(locale, admin.info_tokens), counts));
    if usage.tokens_per_second > 0.0 {
        let speed = words!(
            locale,
            admin.tokens_per_second,
            number = with_tenths(usage.tokens_per_second)
        );
        facts.push((words!(locale, admin.info_speed), speed));
    }
    let wait = grouped(usage.time_to_first_token_ms.into());
    let wait = words!(locale, admin.info_milliseconds, number = wait);
    facts.push((words!(locale, admin.info_first_token), wait));
    let ended = finish_reason.map(|reason| match reason {
        FinishReason::Stop => words!(locale, admin.info_stop),
        FinishReason::Length => words!(locale, admin.info_length),
    });
    facts.extend(ended.map(|ended| (words!(locale, admin.info_finish), ended.to_owned())));
    facts.push((words!(locale, admin.info_sampling), provenance.sampling));
    facts.push((words!(locale, admin.info_seed), provenance.seed));
    let fact = |(name, value): (&'static str, String)| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let label = words!(locale, admin.about_answer);
    let place = format!("about-{id}");
    view! {
        <div class="message-info">
            <button
                type="button"
                class="icon-button"
                title=label
                aria-label=label
                popovertarget=place.clone()
            >
                <Icon name=IconName::Info/>
            </button>
            <div id=place class="menu about-answer" popover="auto" role="group" aria-label=label>
                <dl class="facts">{facts.into_iter().map(fact).collect_view()}</dl>
            </div>
        </div>
    }
}

/// A speed with one digit behind the point. What writes any fraction is 5 kB of every visit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no answer comes at a speed of millions"
)]
fn with_tenths(speed: f32) -> String {
    let tenths = (speed * 10.0).round() as u32;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_has_one_digit_behind_the_point() {
        for (speed, text) in [
            (0.04, "0.0"),
            (0.05, "0.1"),
            (9.96, "10.0"),
            (38.44, "38.4"),
            (1234.5, "1234.5"),
        ] {
            assert_eq!(with_tenths(speed), text);
        }
    }
}
