//! Words about what was taken out and what is brought in, for sections that the server draws.

use super::{Locale, export::format, words};
use crate::model::{ExportSubject, ImportCounts};

/// Name of what was exported.
pub(crate) fn subject(locale: Locale, subject: ExportSubject) -> &'static str {
    match subject {
        ExportSubject::Conversation { format: it, .. } => format(locale, it),
        ExportSubject::All => "ZIP",
    }
}

/// The lines of a preview or a report: what, and how many.
pub(crate) fn counts(locale: Locale, counts: &ImportCounts) -> [(&'static str, u32); 6] {
    [
        (
            words!(locale, exports.new_conversations),
            counts.new_conversations,
        ),
        (
            words!(locale, exports.extended_conversations),
            counts.extended_conversations,
        ),
        (
            words!(locale, exports.restored_conversations),
            counts.restored_conversations,
        ),
        (words!(locale, exports.new_messages), counts.new_messages),
        (
            words!(locale, exports.unchanged_conversations),
            counts.unchanged_conversations,
        ),
        (
            words!(locale, exports.unchanged_messages),
            counts.unchanged_messages,
        ),
    ]
}

/// A number of bytes for people, in units of 1024.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let (mut tenths, mut unit) = (number * 10 / 1024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_largest_unit_that_fits() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(64 << 20), "64.0 MiB");
        assert_eq!(bytes(5 << 40), "5.0 TiB");
    }
}
