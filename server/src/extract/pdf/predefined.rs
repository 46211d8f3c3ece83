//! Maps that every reader has to know by their names (ISO 32000-1, 9.7.5.2): old encodings of
//! Chinese, Japanese and Korean, and those of Unicode.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_16BE};

/// An encoding, whatever the shape of its letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Gb18030,
    Big5,
    ShiftJis,
    EucJp,
    EucKr,
    Utf16,
}

/// What the names of maps begin with.
const BEGINNINGS: [(&str, Family); 24] = [
    ("GB-EUC-", Family::Gb18030),
    ("GBpc-EUC-", Family::Gb18030),
    ("GBK-EUC-", Family::Gb18030),
    ("GBKp-EUC-", Family::Gb18030),
    ("GBK2K-", Family::Gb18030),
    ("B5pc-", Family::Big5),
    ("HKscs-B5-", Family::Big5),
    ("ETen-B5-", Family::Big5),
    ("ETenms-B5-", Family::Big5),
    ("83pv-RKSJ-", Family::ShiftJis),
    ("90ms-RKSJ-", Family::ShiftJis),
    ("90msp-RKSJ-", Family::ShiftJis),
    ("90pv-RKSJ-", Family::ShiftJis),
    ("Add-RKSJ-", Family::ShiftJis),
    ("Ext-RKSJ-", Family::ShiftJis),
    ("EUC-", Family::EucJp),
    ("KSC-EUC-", Family::EucKr),
    ("KSCms-UHC-", Family::EucKr),
    ("KSCpc-EUC-", Family::EucKr),
    ("UniGB-", Family::Utf16),
    ("UniCNS-", Family::Utf16),
    ("UniJIS-", Family::Utf16),
    ("UniJIS2004-", Family::Utf16),
    ("UniKS-", Family::Utf16),
];

/// A map that is known by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Predefined(Family);

impl Predefined {
    /// The map of this name. `None`: it stands in the file, or the codes are numbers of signs.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        let name = str::from_utf8(name).ok()?;
        // Unicode of other widths is hardly ever used, and never by those who write Chinese.
        if name.contains("UTF8") || name.contains("UTF32") {
            return None;
        }
        let mut known = BEGINNINGS.into_iter();
        let (_, family) = known.find(|(beginning, _)| name.starts_with(beginning))?;
        Some(Self(family))
    }

    /// Bytes of the first code of a string that is not empty.
    pub(super) fn code_length(self, string: &[u8]) -> usize {
        let is_digit = |at: usize| string.get(at).is_some_and(u8::is_ascii_digit);
        let first = string.first().copied().unwrap_or_default();
        let length = match self.0 {
            Family::Utf16 if matches!(first, 0xd8..=0xdb) => 4,
            Family::Utf16 => 2,
            // Half as wide Katakana have one.
            Family::ShiftJis => 1 + usize::from(matches!(first, 0x81..=0x9f | 0xe0..=0xfc)),
            Family::EucJp if first == 0x8f => 3,
            Family::Gb18030 if first > 0x80 && is_digit(1) => 4,
            _ => 1 + usize::from(first > 0x80 && first != 0xff),
        };
        length.min(string.len())
    }

    fn encoding(self) -> &'static Encoding {
        match self.0 {
            Family::Gb18030 => GB18030,
            Family::Big5 => BIG5,
            Family::ShiftJis => SHIFT_JIS,
            Family::EucJp => EUC_JP,
            Family::EucKr => EUC_KR,
            Family::Utf16 => UTF_16BE,
        }
    }

    /// What a code stands for.
    pub(super) fn text(self, code: &[u8]) -> String {
        let (text, _) = self.encoding().decode_without_bom_handling(code);
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_as_long_as_its_encoding_says() {
        let mixed = [
            ("GBK-EUC-H", "A\u{4e2d}\u{20087}b"),
            ("UniGB-UCS2-H", "A\u{4e2d}b"),
            ("UniGB-UTF16-V", "A\u{20087}b"),
            ("ETen-B5-H", "A\u{4e2d}b"),
            ("90ms-RKSJ-H", "A\u{ff76}\u{4e2d}b"),
            ("EUC-H", "A\u{ff76}\u{4e2d}b"),
            ("KSCms-UHC-H", "A\u{d55c}b"),
        ];
        for (name, text) in mixed {
            let map = Predefined::named(name.as_bytes()).unwrap();
            let bytes: Vec<u8> = if map.0 == Family::Utf16 {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            } else {
                map.encoding().encode(text).0.into_owned()
            };
            let (mut rest, mut read) = (bytes.as_slice(), String::new());
            while !rest.is_empty() {
                let (code, behind) = rest.split_at(map.code_length(rest));
                read += &map.text(code);
                rest = behind;
            }
            assert_eq!(read, text, "{name}");
        }
        for name in ["Identity-H", "UniGB-UTF32-H", "", "WinAnsiEncoding"] {
            assert_eq!(Predefined::named(name.as_bytes()), None, "{name}");
        }
    }
}
