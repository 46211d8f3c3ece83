//! Type, room, corners, motion and drawings.

use leptos::prelude::*;

use super::colours::value;
use crate::{
    components::DRAWINGS,
    words::{Locale, words},
};

/// Tokens of sizes and the classes that show them, the small ones first.
const SIZES: [(&str, &str); 7] = [
    ("size-mini", "size-mini"),
    ("size-small", "size-small"),
    ("size-ui", "size-ui"),
    ("size-text", "size-text"),
    ("size-title", "size-title"),
    ("size-page", "size-page"),
    ("size-greeting", "size-greeting"),
];

/// Steps of room, in pixels. They have no tokens: a rule names its step.
const STEPS: [u32; 10] = [4, 8, 12, 16, 20, 24, 28, 36, 44, 56];

const CORNERS: [&str; 7] = [
    "radius-small",
    "radius",
    "radius-large",
    "radius-bubble",
    "radius-composer",
    "shadow-near",
    "shadow-far",
];

const TIMES: [&str; 4] = ["fast", "calm", "arrive", "ease"];

/// Other lengths that several rules share.
const LENGTHS: [&str; 6] = [
    "column",
    "sidebar-width",
    "rail-width",
    "header-height",
    "margin",
    "target",
];

/// A sentence in every size.
pub(super) fn sizes(locale: Locale) -> AnyView {
    let row = |(token, class): (&'static str, &'static str)| {
        view! {
            <li>
                <code>{format!("--{token}: {}", value(token))}</code>
                <p class=class>{words!(locale, styleguide.sample.question)}</p>
            </li>
        }
    };
    let rows: Vec<_> = SIZES.into_iter().map(row).collect();
    view! { <ul class="scale">{rows}</ul> }.into_any()
}

/// Steps as bars, and lengths as they are written.
pub(super) fn room() -> AnyView {
    let bar = |step: u32| {
        view! {
            <li>
                <code>{format!("{step}px")}</code>
                <svg class="bar" width=step.to_string() height="12" aria-hidden="true">
                    <rect width="100%" height="100%" fill="var(--accent)"></rect>
                </svg>
            </li>
        }
    };
    let bars: Vec<_> = STEPS.into_iter().map(bar).collect();
    view! {
        <ul class="scale steps-of-room">{bars}</ul>
        {written(&LENGTHS)}
    }
    .into_any()
}

/// A box for each corner and each shadow.
pub(super) fn corners() -> AnyView {
    let case = |token: &'static str| {
        view! {
            <li>
                <div class=format!("corner {token}")></div>
                <code>{format!("--{token}")}</code>
                <small>{value(token)}</small>
            </li>
        }
    };
    let cases: Vec<_> = CORNERS.into_iter().map(case).collect();
    view! { <ul class="swatches">{cases}</ul> }.into_any()
}

/// Times and the one curve. What lives breathes.
pub(super) fn motion() -> AnyView {
    view! {
        {written(&TIMES)}
        <p class="alive"><span class="dot burning"></span><code>"dot burning"</code></p>
    }
    .into_any()
}

/// Tokens with their values.
fn written(tokens: &[&'static str]) -> AnyView {
    let row = |token: &&'static str| {
        view! { <li><code>{format!("--{token}: {}", value(token))}</code></li> }
    };
    let rows: Vec<_> = tokens.iter().map(row).collect();
    view! { <ul class="scale">{rows}</ul> }.into_any()
}

/// Every drawing in its three sizes.
pub(super) fn drawings() -> AnyView {
    let drawing = |name: &'static str| {
        let size = |class: &'static str| {
            let place = format!("#{name}");
            view! {
                <svg class=class aria-hidden="true" focusable="false">
                    <use href=place></use>
                </svg>
            }
        };
        view! {
            <li>
                <span class="drawing-sizes">
                    {size("icon")} {size("icon small")} {size("icon mini")}
                </span>
                <code>{name.trim_start_matches("i-")}</code>
            </li>
        }
    };
    let drawings: Vec<_> = names().map(drawing).collect();
    view! { <ul class="drawings">{drawings}</ul> }.into_any()
}

/// Ids of the symbols.
fn names() -> impl Iterator<Item = &'static str> {
    let symbols = DRAWINGS.split("<symbol id=\"").skip(1);
    symbols.filter_map(|symbol| Some(symbol.split_once('"')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_that_is_shown_is_in_the_style_sheet() {
        let sizes = SIZES.iter().map(|it| it.0);
        let others = CORNERS.iter().chain(&TIMES).chain(&LENGTHS).copied();
        let missing: Vec<&str> = sizes
            .chain(others)
            .filter(|it| value(it).is_empty())
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_drawing_is_found() {
        assert!(names().count() > 40, "{}", names().count());
        assert!(names().all(|name| name.starts_with("i-")));
    }

    #[test]
    fn drawings_have_one_grid_and_one_stroke() {
        let symbols = DRAWINGS.split("<symbol id=\"").skip(1);
        for symbol in symbols {
            let (tag, drawing) = symbol.split_once('>').unwrap();
            // The flame is the sign of the product, and filled.
            let grid = if tag.starts_with("i-flame\"") { 24 } else { 20 };
            let grid = format!("viewBox=\"0 0 {grid} {grid}\"");
            assert!(tag.ends_with(&grid), "{tag}");
            for own in ["stroke", "fill=", "style=", "transform="] {
                assert!(!drawing.contains(own), "{tag} has its own {own}");
            }
        }
        let strokes = include_str!("../../../../style/icon.css");
        let usual = strokes.split_once(".icon {").unwrap().1;
        let (usual, _) = usual.split_once("&.small").unwrap();
        assert!(usual.contains("stroke-width: 1.5;"), "{usual}");
        assert!(usual.contains("stroke-linecap: round;"), "{usual}");
    }
}
