//! Names of the formats of exports.

use super::{Locale, words};
use crate::model::ExportFormat;

/// Name of a format.
pub(crate) fn format(locale: Locale, format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Markdown => "Markdown",
        ExportFormat::Json => "JSON",
        ExportFormat::Text => words!(locale, exports.text),
        ExportFormat::Html => "HTML",
    }
}
