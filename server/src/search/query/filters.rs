//! What narrows a search: `after:2026-11`, `before:2026-11-24`, `model:name`, `folder:name`,
//! `has:file`. What is not one of these, or makes no sense, is a word like any other.

use jiff::civil::Date;

/// From when, by which model, in which folder, with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filters {
    /// From the beginning of this day on.
    pub(crate) after: Option<Date>,
    /// Until the beginning of this day.
    pub(crate) before: Option<Date>,
    /// A part of the model's name, in small letters.
    pub(crate) model: Option<String>,
    /// A part of the folder's name.
    pub(crate) folder: Option<String>,
    /// With a file beside it.
    pub(crate) has_file: bool,
}

impl Filters {
    /// Takes note of a filter. False: it is none.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let Some((name, value)) = text.split_once([':', '：']) else {
            return false;
        };
        let value = value.trim_matches(super::is_quote);
        match name.to_ascii_lowercase().as_str() {
            "after" => set(&mut self.after, date(value)),
            "before" => set(&mut self.before, date(value)),
            "model" => set(&mut self.model, name_part(value)),
            "folder" => set(&mut self.folder, name_part(value)),
            "has" if matches!(value, "file" | "files" | "文件") => {
                self.has_file = true;
                true
            }
            _ => false,
        }
    }
}

fn set<T>(filter: &mut Option<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    if is_there {
        *filter = value;
    }
    is_there
}

fn name_part(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_lowercase())
}

/// The first day of a year, a month or a day, such as `2026`, `2026-11`, `2026/11/24`.
fn date(value: &str) -> Option<Date> {
    let mut parts = value.split(['-', '/', '.']);
    let year = parts.next()?;
    let year = (year.len() == 4).then(|| year.parse().ok())??;
    let month = parts.next().map_or(Some(1), |month| month.parse().ok())?;
    let day = parts.next().map_or(Some(1), |day| day.parse().ok())?;
    let is_whole = parts.next().is_none();
    is_whole.then(|| Date::new(year, month, day).ok())?
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::Query;

    #[test]
    fn filters_are_read_and_leave_the_words() {
        let query = Query::parse("after:2026-11 rain before:2026-11-24 model:\"GPT oss\"");
        assert_eq!(query.filters.after, Some(date(2026, 11, 1)));
        assert_eq!(query.filters.before, Some(date(2026, 11, 24)));
        assert_eq!(query.filters.model.as_deref(), Some("gpt oss"));
        assert_eq!(query.terms.len(), 1);
        let query = Query::parse("Before：2026 folder:Kitchen");
        assert_eq!(query.filters.before, Some(date(2026, 1, 1)));
        assert_eq!(query.filters.folder.as_deref(), Some("kitchen"));
        assert!(!query.filters.has_file);
        for typed in ["has:file rain", "rain HAS:files", "has：文件 rain"] {
            let query = Query::parse(typed);
            assert!(query.filters.has_file, "{typed}");
            assert_eq!(query.terms.len(), 1);
        }
    }

    #[test]
    fn what_is_no_filter_is_words() {
        for typed in [
            "before:soon",
            "before:2026-13",
            "before:26-1",
            "after:",
            "before:2026-1-1-1",
            "model:",
            "color:red",
            "has:wings",
            "\"before:2026\"",
        ] {
            let query = Query::parse(typed);
            assert_eq!(query.filters, super::Filters::default(), "{typed}");
            assert!(!query.terms.is_empty(), "{typed}");
        }
    }
}
