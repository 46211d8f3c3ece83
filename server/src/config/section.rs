//! A section of the file: one struct whose doc comments are also the example's text.

use std::fmt;

use figment::Figment;
use serde::de::DeserializeOwned;

/// One thing that is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `section.key`, a file name, or empty.
    pub setting: String,
    pub reason: String,
}

impl Problem {
    pub(super) fn new(setting: &str, reason: &str) -> Self {
        Self {
            setting: setting.to_owned(),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn from_figment(setting: &str, error: &figment::Error) -> Self {
        let source = error.metadata.as_ref().map(|from| match &from.source {
            Some(source) => format!(" ({source})"),
            None => format!(" ({})", from.name),
        });
        let reason = format!("{}{}", error.kind, source.unwrap_or_default());
        Self::new(setting, &reason)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.setting.as_str() {
            "" => f.write_str(&self.reason),
            setting => write!(f, "{setting}: {}", self.reason),
        }
    }
}

/// Reads settings one by one, so that one wrong value hides no other.
pub(super) struct Reader<'a> {
    figment: &'a Figment,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(figment: &'a Figment, problems: &'a mut Vec<Problem>) -> Self {
        Self { figment, problems }
    }

    pub(super) fn get<T: DeserializeOwned>(&mut self, section: &str, key: &str, default: T) -> T {
        let setting = format!("{section}.{key}");
        if !self.figment.contains(&setting) {
            return default;
        }
        match self.figment.extract_inner(&setting) {
            Ok(value) => value,
            Err(error) => {
                let errors = error.into_iter();
                self.problems
                    .extend(errors.map(|error| Problem::from_figment(&setting, &error)));
                default
            }
        }
    }
}

/// Declares a section. Each field has its doc comment, type and default.
macro_rules! section {
    (
        $(#[doc = $section_doc:literal])+
        $name:ident = $section:literal {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty = $default:expr;
            )+
        }
    ) => {
        $(#[doc = $section_doc])+
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        impl $name {
            pub(super) const NAME: &str = $section;
            pub(super) const KEYS: &[&str] = &[$( stringify!($field) ),+];

            pub(super) fn read(reader: &mut crate::config::section::Reader<'_>) -> Self {
                Self {
                    $( $field: reader.get($section, stringify!($field), $default), )+
                }
            }

            pub(super) fn example() -> String {
                let default = Self::default();
                let mut text = String::from("\n");
                $( text.push_str(concat!("#", $section_doc, "\n")); )+
                text.push_str(concat!("[", $section, "]\n"));
                $(
                    text.push('\n');
                    $( text.push_str(concat!("#", $doc, "\n")); )+
                    text.push_str(&crate::config::section::line(
                        stringify!($field),
                        &default.$field,
                    ));
                )+
                text
            }

            pub(super) fn effective(&self) -> String {
                let mut text = String::from(concat!("[", $section, "]\n"));
                $(
                    text.push_str(&crate::config::section::line(
                        stringify!($field),
                        &self.$field,
                    ));
                )+
                text
            }
        }
    };
}
pub(super) use section;

/// `key = value` as TOML writes it. JSON and TOML agree on strings, numbers and booleans.
pub(super) fn line<T: serde::Serialize>(key: &str, value: &T) -> String {
    let value = serde_json::to_string(value).expect("invariant: settings are plain values");
    format!("{key} = {value}\n")
}
