//! One setting as a row of the form of all settings.

use leptos::prelude::*;

use crate::{
    components::{Icon, IconName},
    model::{ChatError, Refusal, Setting},
    pages::{
        card::{Segmented, error_line},
        escape_html,
    },
    service::SettingChange,
    words::Locale,
};

/// How a setting is entered.
#[derive(Clone, Debug)]
pub(super) enum Control {
    /// A text of several lines.
    Text,
    /// A number, or nothing, and what it counts.
    Number(Option<&'static str>),
    /// A number between two ends, in hundredths.
    Range(&'static str, &'static str),
    /// One of up to four values, with its short name.
    Segments(Vec<(&'static str, &'static str)>),
    /// One of these values, with its long name.
    Select(Vec<(&'static str, &'static str)>),
    /// Yes or no.
    Switch,
}

/// A setting and what became of it when it was sent last.
pub(super) struct Filled {
    pub(super) setting: Setting,
    /// What was to be saved, if the form was refused.
    pub(super) typed: Option<SettingChange>,
    pub(super) error: Option<ChatError>,
}

/// Words at the start, control at the end, what is wrong below.
pub(super) fn setting_row(
    locale: Locale,
    filled: Filled,
    label: &'static str,
    hint: Option<String>,
    control: Control,
) -> AnyView {
    let Filled {
        setting,
        typed,
        error,
    } = filled;
    let name = setting.name.as_str();
    // Who was told what holds now replaces it knowingly.
    let version = match (&error, &typed) {
        (Some(ChatError::Invalid(Refusal::Outdated { version, .. })), _) => *version,
        // What was typed replaces what was seen then, whatever was saved meanwhile.
        (_, Some(typed)) => typed.version,
        _ => setting.version,
    };
    let is_changed = typed.is_some();
    let is_grouped = matches!(control, Control::Segments(_));
    let is_stacked = matches!(control, Control::Text);
    let class = if is_stacked {
        "setting-row stacked"
    } else {
        "setting-row"
    };
    let described_by = described_by(name, hint.is_some(), error.is_some());
    let row_label = if is_grouped {
        view! { <span class="label">{label}</span> }.into_any()
    } else {
        view! { <label class="label" for=name>{label}</label> }.into_any()
    };
    let shown = Shown {
        name,
        field: format!("form[{name}][value]"),
        value: typed.map_or_else(|| setting.value.clone(), |it| it.value),
        is_wrong: error.is_some(),
        described_by,
        was: setting.value.clone(),
    };
    view! {
        <div class=class data-changed=is_changed.then_some("")>
            <div>
                {row_label}
                {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
            </div>
            {input(shown, label, control)}
            {error_line(locale, error, &format!("{name}-error"))}
            <input type="hidden" name=format!("form[{name}][was]") value=setting.value/>
            <input
                type="hidden"
                name=format!("form[{name}][version]")
                value=version.to_string()
            />
        </div>
    }
    .into_any()
}

fn described_by(name: &str, has_hint: bool, is_wrong: bool) -> Option<String> {
    let error = is_wrong.then(|| format!("{name}-error"));
    let hint = has_hint.then(|| format!("{name}-hint"));
    let ids: Vec<String> = error.into_iter().chain(hint).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// What every control needs to know.
struct Shown {
    /// The id.
    name: &'static str,
    /// Name of the field in the form.
    field: String,
    value: String,
    is_wrong: bool,
    described_by: Option<String>,
    /// What the server has: what was refused a moment ago is not that.
    was: String,
}

fn input(shown: Shown, label: &'static str, control: Control) -> AnyView {
    match control {
        Control::Text => text(shown),
        Control::Number(unit) => number(shown, unit),
        Control::Range(least, most) if is_on_slider(&shown.value, least, most) => {
            range(shown, least, most)
        }
        Control::Range(..) => number(shown, None),
        Control::Segments(choices) => segments(shown, label, choices),
        Control::Select(choices) => select(shown, choices),
        Control::Switch => switch(shown),
    }
}

fn text(shown: Shown) -> AnyView {
    // The first line break after the tag is the browser's, not the text's.
    let text = format!("\n{}", escape_html(&shown.value));
    view! {
        <textarea
            id=shown.name
            class="input"
            name=shown.field
            rows="3"
            dir="auto"
            autocomplete="off"
            aria-describedby=shown.described_by
            aria-invalid=shown.is_wrong.then_some("true")
            inner_html=text
        ></textarea>
    }
    .into_any()
}

fn number(shown: Shown, unit: Option<&'static str>) -> AnyView {
    view! {
        <span class="with-suffix">
            <input
                id=shown.name
                class="input short"
                name=shown.field
                type="text"
                inputmode="decimal"
                autocomplete="off"
                aria-describedby=shown.described_by
                aria-invalid=shown.is_wrong.then_some("true")
                value=shown.value
            />
            {unit.map(|unit| view! { <span>{unit}</span> })}
        </span>
    }
    .into_any()
}

/// Whether a slider can show a value as it is: a browser moves others to the nearest step, and a
/// form that is saved for something else would change them.
fn is_on_slider(value: &str, least: &str, most: &str) -> bool {
    let (_, decimals) = value.split_once('.').unwrap_or((value, ""));
    let is_plain = value
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = |text: &str| text.parse::<f64>().ok();
    is_plain && decimals.len() <= 2 && (number(least)..=number(most)).contains(&number(value))
}

fn range(shown: Shown, least: &'static str, most: &'static str) -> AnyView {
    view! {
        <span class="slider-box">
            <input
                id=shown.name
                class="slider"
                name=shown.field
                type="range"
                min=least
                max=most
                step="0.01"
                autocomplete="off"
                aria-describedby=shown.described_by
                aria-invalid=shown.is_wrong.then_some("true")
                value=shown.value.clone()
            />
            <output for=shown.name>{shown.value}</output>
        </span>
    }
    .into_any()
}

fn segments(
    shown: Shown,
    label: &'static str,
    choices: Vec<(&'static str, &'static str)>,
) -> AnyView {
    let segment = |(value, name)| (value, name, None);
    let segmented = Segmented {
        id: Some(shown.name),
        field: shown.field,
        legend: label,
        segments: choices.into_iter().map(segment).collect(),
        chosen: shown.value,
        described_by: shown.described_by,
    };
    segmented.view()
}

fn select(shown: Shown, choices: Vec<(&'static str, &'static str)>) -> AnyView {
    let option = |(value, name): (&'static str, &'static str)| {
        view! { <option value=value selected=value == shown.value>{name}</option> }
    };
    let options: Vec<_> = choices.into_iter().map(option).collect();
    view! {
        <span class="select">
            <select
                id=shown.name
                name=shown.field
                data-was=shown.was
                autocomplete="off"
                aria-describedby=shown.described_by
            >
                {options}
            </select>
            <Icon name=IconName::UpDown class="icon small"/>
        </span>
    }
    .into_any()
}

fn switch(shown: Shown) -> AnyView {
    view! {
        <input
            id=shown.name
            class="switch"
            name=shown.field
            type="checkbox"
            role="switch"
            value="yes"
            checked=shown.value == "yes"
            autocomplete="off"
            aria-describedby=shown.described_by
        />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_between_the_steps_of_a_slider_is_a_number_to_type() {
        for value in ["0", "2", "0.7", "0.70", "1.25"] {
            assert!(is_on_slider(value, "0", "2"), "{value}");
        }
        for value in ["0.123", "2.01", "-0.5", "1e-1", "", ".", "NaN", "warm"] {
            assert!(!is_on_slider(value, "0", "2"), "{value}");
        }
        assert!(!is_on_slider("0", "0.01", "1"));
    }
}
