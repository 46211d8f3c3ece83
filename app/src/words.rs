//! Every sentence and label a person reads, in the language of the page.
//!
//! The words stand in `locales/<language>/<namespace>.json`; a missing one ends the build. A page
//! keeps its language for as long as it is open, so words are plain values, not signals.

#[cfg(feature = "ssr")]
mod bytes;
mod dates;
mod errors;
pub(crate) mod export;
#[cfg(feature = "ssr")]
mod files;
#[cfg(feature = "ssr")]
mod import;
mod language;
mod rating;
mod rendered;
mod settings;
mod status;
#[cfg(feature = "ssr")]
pub(crate) mod transfer;

#[expect(
    clippy::pedantic,
    dead_code,
    unreachable_pub,
    unused_imports,
    unused_qualifications,
    reason = "written by leptos_i18n, for every way of using it"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/i18n.rs"));
}

#[cfg(feature = "ssr")]
pub(crate) use bytes::bytes;
pub(crate) use dates::{clock, day, day_seen_from, full_moment, group_heading};
#[cfg(feature = "ssr")]
pub(crate) use dates::{day_of, day_of_month, last_seen, moment, seen, short_day, zone_name};
pub(crate) use errors::{sentence, turn_error};
pub(crate) use generated::i18n::Locale;
#[cfg(feature = "ssr")]
pub(crate) use import::problem;
pub(crate) use language::foreign;
pub(crate) use rating::rating_reason;
pub(crate) use rendered::in_language;
pub(crate) use settings::{effort, setting_name};
pub(crate) use status::{
    finish, grouped, menu, model, model_chip, model_state, notice, steps_summary, titled,
    tool_step, version, waiting,
};

use leptos::prelude::use_context;

use crate::model::{Language, Preferences};

/// Looks a word up: `words!(locale, chat.send)`; those with variables give a `String`.
macro_rules! words {
    ($($tokens:tt)*) => { leptos_i18n::td_string!($($tokens)*) };
}
pub(crate) use words;

pub(crate) const PRODUCT: &str = "Hearth";
/// Starts a better model.
pub(crate) const DEMONSTRATION_COMMAND: &str = "hearth serve --model PATH";

/// The words' name of a language.
pub(crate) const fn locale_of(language: Language) -> Locale {
    match language {
        Language::English => Locale::en,
        Language::Chinese => Locale::zh_CN,
    }
}

/// Names in one line.
#[cfg(feature = "ssr")]
pub(crate) fn listed(locale: Locale, names: &[String]) -> String {
    names.join(match locale {
        Locale::en => ", ",
        Locale::zh_CN => "、",
    })
}

/// The language of this page. Called while a component is made, not later.
pub(crate) fn use_locale() -> Locale {
    let preferences = use_context::<Preferences>().unwrap_or_default();
    locale_of(preferences.language)
}
