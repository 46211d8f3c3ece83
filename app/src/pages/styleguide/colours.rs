//! The colours as the style sheet of the tokens has them, and how well they are told apart.

use leptos::prelude::*;

use crate::words::{Locale, words};

/// The style sheet of the tokens.
const TOKENS: &str = include_str!("../../../../style/tokens.css");

/// What stands on what, and the least contrast that needs (WCAG 2.2, 1.4.3 and 1.4.11).
const PAIRS: [(&str, &[&str], f64); 24] = [
    ("text", &["ground", "ground-side", "ground-raised"], 4.5),
    (
        "text",
        &["ground-quiet", "ground-code", "ground-bubble"],
        4.5,
    ),
    ("text", &["mark"], 4.5),
    ("text-quiet", &["ground", "ground-side"], 4.5),
    ("text-quiet", &["ground-raised", "ground-quiet"], 4.5),
    ("accent", &["ground", "ground-side", "ground-raised"], 4.5),
    ("on-accent", &["accent", "accent-hover"], 4.5),
    ("danger", &["ground", "ground-raised", "danger-ground"], 4.5),
    ("warning", &["warning-ground"], 4.5),
    ("good", &["good-ground"], 4.5),
    ("info", &["info-ground"], 4.5),
    ("code-keyword", &["ground-code"], 4.5),
    ("code-string", &["ground-code"], 4.5),
    ("code-comment", &["ground-code"], 4.5),
    ("code-number", &["ground-code"], 4.5),
    ("code-function", &["ground-code"], 4.5),
    ("code-type", &["ground-code"], 4.5),
    ("code-operator", &["ground-code"], 4.5),
    ("ember", &["ground", "ground-side"], 3.0),
    (
        "line-control",
        &["ground", "ground-raised", "ground-side"],
        3.0,
    ),
    ("series-1", &["ground-raised"], 3.0),
    ("series-2", &["ground-raised"], 3.0),
    ("series-3", &["ground-raised"], 3.0),
    ("series-4", &["ground-raised"], 3.0),
];

/// A colour in both themes, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour {
    name: &'static str,
    light: &'static str,
    dark: &'static str,
}

/// What a token is set to, outside of any condition.
pub(super) fn value(name: &str) -> &'static str {
    let start = format!("\n  --{name}: ");
    let rest = TOKENS.split_once(start.as_str()).map_or("", |it| it.1);
    rest.split_once(';').map_or("", |it| it.0)
}

fn colours() -> impl Iterator<Item = Colour> {
    TOKENS.lines().filter_map(colour)
}

fn colour(line: &'static str) -> Option<Colour> {
    let (name, value) = line
        .trim()
        .strip_prefix("--")?
        .split_once(": light-dark(")?;
    let (light, dark) = value.strip_suffix(");")?.split_once(", ")?;
    Some(Colour { name, light, dark })
}

/// Every colour, in the order of the style sheet, light beside dark.
pub(super) fn swatches() -> AnyView {
    let swatch = |colour: Colour| {
        let fill = format!("var(--{})", colour.name);
        let patch = |class: &'static str| {
            let fill = fill.clone();
            view! {
                <svg class=class aria-hidden="true">
                    <rect width="100%" height="100%" fill=fill></rect>
                </svg>
            }
        };
        view! {
            <li class="swatch">
                {patch("patch in-light")}
                {patch("patch in-dark")}
                <code>{format!("--{}", colour.name)}</code>
                <small>{colour.light}<br/>{colour.dark}</small>
            </li>
        }
    };
    let swatches: Vec<_> = colours().map(swatch).collect();
    view! { <ul class="swatches">{swatches}</ul> }.into_any()
}

/// Inks on grounds, measured in both themes.
pub(super) fn contrasts(locale: Locale) -> AnyView {
    let row = |(ink, ground, least): (&'static str, &'static str, f64)| {
        let [light, dark] = contrast(ink, ground).map(|it| format!("{it:.1}"));
        view! {
            <tr>
                <th scope="row"><code>{ink}</code></th>
                <td><code>{ground}</code></td>
                <td class="number">{light}</td>
                <td class="number">{dark}</td>
                <td class="number">{least.to_string()}</td>
            </tr>
        }
    };
    let rows: Vec<_> = pairs().map(row).collect();
    let name = words!(locale, styleguide.contrast);
    view! {
        <p class="hint">{words!(locale, styleguide.contrast_lead)}</p>
        <div class="setting table-box" tabindex="0" role="region" aria-label=name>
            <table class="data-table plain">
                <thead>
                    <tr>
                        <th scope="col">{words!(locale, styleguide.ink)}</th>
                        <th scope="col">{words!(locale, styleguide.ground)}</th>
                        <th scope="col" class="number">{words!(locale, settings.theme_light)}</th>
                        <th scope="col" class="number">{words!(locale, settings.theme_dark)}</th>
                        <th scope="col" class="number">{words!(locale, styleguide.least)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Ink, ground, and the least contrast.
fn pairs() -> impl Iterator<Item = (&'static str, &'static str, f64)> {
    let pairs = PAIRS.into_iter();
    pairs.flat_map(|(ink, grounds, least)| grounds.iter().map(move |ground| (ink, *ground, least)))
}

/// Of two colours, in light and in dark.
fn contrast(ink: &str, ground: &str) -> [f64; 2] {
    let find = |name: &str| colours().find(|it| it.name == name);
    let (Some(ink), Some(ground)) = (find(ink), find(ground)) else {
        return [0.0; 2];
    };
    [(ink.light, ground.light), (ink.dark, ground.dark)].map(|(ink, ground)| {
        let (ink, ground) = (luminance(ink), luminance(ground));
        (ink.max(ground) + 0.05) / (ink.min(ground) + 0.05)
    })
}

/// Relative luminance (WCAG 2.2) of a colour such as `#a8431a`.
fn luminance(colour: &str) -> f64 {
    let digits = colour.strip_prefix('#').unwrap_or_default();
    let number = u32::from_str_radix(digits, 16).unwrap_or_default();
    let channel = |shift: u32| {
        let value = f64::from((number >> shift) & 0xff) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_in_both_themes_and_a_token_as_it_is_written() {
        let ground = colours().next().unwrap();
        assert_eq!(ground.name, "ground");
        assert!(ground.light.starts_with('#') && ground.dark.starts_with('#'));
        assert!(colours().count() >= 40, "{}", colours().count());
        assert!(colours().all(|it| !it.name.starts_with("shadow")));
        assert_eq!(value("radius"), "10px");
        assert_eq!(value("nothing-of-this-name"), "");
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        // Black on white, and the darkest grey that is too light for words.
        assert!((luminance("#ffffff") - 1.0).abs() < 1e-9);
        assert!(luminance("#000000").abs() < 1e-9);
        let grey = 1.05 / (luminance("#777777") + 0.05);
        assert!((grey - 4.478).abs() < 0.001, "{grey}");
    }

    /// How far the strongest channel of a colour is from the weakest.
    fn tint(colour: &str) -> u32 {
        let number = u32::from_str_radix(colour.trim_start_matches('#'), 16).unwrap();
        let channels = [16, 8, 0].map(|shift| (number >> shift) & 0xff);
        channels.iter().max().unwrap() - channels.iter().min().unwrap()
    }

    #[test]
    fn one_s_own_words_stand_on_a_ground_that_nothing_else_has() {
        let grounds = || colours().filter(|it| it.name.starts_with("ground"));
        let [light, dark] = contrast("ground-bubble", "ground");
        assert!(light >= 1.12 && dark >= 1.25, "{light} and {dark}");
        let bubble = grounds().find(|it| it.name == "ground-bubble").unwrap();
        // What is quiet is nearly as dark; nobody takes one for the other, because of the colour.
        for other in grounds().filter(|it| *it != bubble) {
            let is_tinted = tint(bubble.light) >= 2 * tint(other.light)
                && tint(bubble.dark) >= 2 * tint(other.dark);
            assert!(is_tinted, "{bubble:?} and {other:?}");
        }
        let mut seen: Vec<_> = grounds().map(|it| (it.light, it.dark)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), grounds().count(), "{seen:?}");
    }

    #[test]
    fn every_ink_is_read_on_its_grounds_in_both_themes() {
        for (ink, ground, least) in pairs() {
            let found = contrast(ink, ground);
            let is_enough = found.iter().all(|it| *it >= least);
            assert!(is_enough, "{ink} on {ground}: {found:?}, needed {least}");
        }
    }
}
