//! Beginnings of files that hold no text, or none that is read here.

use super::ExtractError;

const PICTURES: [&[u8]; 12] = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"8BPS\0",
    b"\0\0\x01\0",
    b"\xff\x0a",
    b"\0\0\0\x0cJXL ",
    b"\0\0\0\x0cjP  ",
    b"\xd7\xcd\xc6\x9a",
];
const SOUNDS: [&[u8]; 12] = [
    b"ID3\x02",
    b"ID3\x03",
    b"ID3\x04",
    b"fLaC\0",
    b"OggS\0",
    b"MThd\0",
    b"#!AMR",
    b"\xff\xfb",
    b"\xff\xf3",
    b"\xff\xf2",
    b"\xff\xf1",
    b"\xff\xf9",
];
const VIDEOS: [&[u8]; 5] = [
    b"\x1a\x45\xdf\xa3",
    b"FLV\x01",
    b"\0\0\x01\xba",
    b"\0\0\x01\xb3",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
];
const ARCHIVES: [&[u8]; 9] = [
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\xfd7zXZ\0",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
    b"MSCF\0",
    b"!<arch>\n",
    b"\x04\x22\x4d\x18",
];
/// Brands of the container of MPEG-4 that hold pictures (HEIF, AVIF).
const PICTURE_BRANDS: [&[u8; 4]; 11] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis",
    b"crx ",
];

/// Whether the header of a PDF stands at the beginning. Some readers look for it further behind;
/// there it may as well be a text about such files.
pub(super) fn is_pdf(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"%PDF-")
}

/// What a file is if it is a picture, a sound, a video, an archive or an old format.
pub(super) fn other_than_text(bytes: &[u8]) -> Option<ExtractError> {
    let begins = |beginnings: &[&[u8]]| beginnings.iter().any(|it| bytes.starts_with(it));
    if begins(&PICTURES) || is_bitmap(bytes) {
        return Some(ExtractError::Picture);
    }
    if begins(&SOUNDS) {
        return Some(ExtractError::Sound);
    }
    if begins(&VIDEOS) {
        return Some(ExtractError::Video);
    }
    let is_tar = bytes.get(257..262).is_some_and(|mark| mark == b"ustar");
    if begins(&ARCHIVES) || is_tar {
        return Some(ExtractError::Archive);
    }
    if bytes.starts_with(b"{\\rtf") {
        return Some(ExtractError::OldFormat);
    }
    match (bytes.get(..4), bytes.get(4..8), bytes.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => Some(ExtractError::Picture),
        (Some(b"RIFF"), _, Some(b"WAVE")) | (Some(b"FORM"), _, Some(b"AIFF" | b"AIFC")) => {
            Some(ExtractError::Sound)
        }
        (Some(b"RIFF"), _, Some(b"AVI ")) => Some(ExtractError::Video),
        (_, Some(b"ftyp"), Some(brand)) => Some(of_mpeg4(brand)),
        _ => None,
    }
}

fn of_mpeg4(brand: &[u8]) -> ExtractError {
    if PICTURE_BRANDS.iter().any(|it| it.as_slice() == brand) {
        return ExtractError::Picture;
    }
    match brand {
        b"M4A " | b"M4B " | b"M4P " => ExtractError::Sound,
        _ => ExtractError::Video,
    }
}

/// Two letters begin many a text, so the size of the header that follows is looked at too.
fn is_bitmap(bytes: &[u8]) -> bool {
    let header = bytes.get(14..18);
    bytes.starts_with(b"BM")
        && matches!(header, Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_text_is_told_by_its_beginning() {
        let bitmap = [&b"BM"[..], &[0; 12], &[40, 0, 0, 0]].concat();
        let tar = [&[b'a'; 257][..], b"ustar\0"].concat();
        let cases: [(&[u8], ExtractError); 12] = [
            (b"\xff\xd8\xff\xe0", ExtractError::Picture),
            (b"RIFF....WEBPVP8 ", ExtractError::Picture),
            (b"\0\0\0\x18ftypheic", ExtractError::Picture),
            (&bitmap, ExtractError::Picture),
            (b"RIFF....WAVEfmt ", ExtractError::Sound),
            (b"\0\0\0\x20ftypM4A ", ExtractError::Sound),
            (b"ID3\x04", ExtractError::Sound),
            (b"\0\0\0\x18ftypmp42", ExtractError::Video),
            (b"\x1a\x45\xdf\xa3", ExtractError::Video),
            (b"\x1f\x8b\x08", ExtractError::Archive),
            (&tar, ExtractError::Archive),
            (b"{\\rtf1\\ansi", ExtractError::OldFormat),
        ];
        for (bytes, expected) in cases {
            assert_eq!(other_than_text(bytes), Some(expected), "{bytes:?}");
        }
        for text in [
            b"BMW, a car of some years".as_slice(),
            b"MZ",
            b"ID3 tags",
            b"FORM",
        ] {
            assert_eq!(other_than_text(text), None, "{text:?}");
        }
    }
}
