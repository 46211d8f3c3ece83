//! Encodings: every one that people still have files in.

use encoding_rs::Encoding;

use super::encoding::{decode, decode_page};

const CHINESE: &str = "第一章 总则\n\n为了规范数据的使用，保护个人的权利，根据有关规定，制定本办法。\n\
    第二条 本办法所称数据，是指任何以电子或者其他方式对信息的记录。\n";
const TRADITIONAL: &str = "第一章 總則\n\n為了規範資料的使用，保護個人的權利，根據有關規定，制定本辦法。\n\
    第二條 本辦法所稱資料，是指任何以電子或者其他方式對資訊的記錄。\n";
const JAPANESE: &str = "吾輩は猫である。名前はまだ無い。\nどこで生れたかとんと見当がつかぬ。何でも薄暗い\
    じめじめした所でニャーニャー泣いていた事だけは記憶している。\n";
const KOREAN: &str = "모든 국민은 법 앞에 평등하다. 누구든지 성별, 종교 또는 사회적 신분에 의하여 차별을 \
    받지 아니한다.\n";
const FRENCH: &str = "Le cœur a ses raisons que la raison ne connaît point. À l’été, les élèves \
    répètent où l’hôte a été reçu.\n";
const RUSSIAN: &str = "Все счастливые семьи похожи друг на друга, каждая несчастливая семья \
    несчастлива по-своему.\n";
const GREEK: &str = "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα \
    δικαιώματα.\n";

fn encoded(label: &str, text: &str) -> Vec<u8> {
    let encoding = Encoding::for_label(label.as_bytes()).unwrap();
    let (bytes, _, is_lossy) = encoding.encode(text);
    assert!(!is_lossy, "{label} has no sign for some of: {text}");
    bytes.into_owned()
}

fn wide(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes_of).collect()
}

#[test]
fn a_text_is_read_in_the_encoding_it_was_written_in() {
    for (label, text) in [
        ("gb18030", CHINESE),
        ("gbk", CHINESE),
        ("big5", TRADITIONAL),
        ("shift_jis", JAPANESE),
        ("euc-jp", JAPANESE),
        ("euc-kr", KOREAN),
        ("windows-1252", FRENCH),
        ("windows-1251", RUSSIAN),
        ("windows-1253", GREEK),
        ("utf-8", CHINESE),
    ] {
        let read = decode(&encoded(label, text));
        assert_eq!(read.as_deref(), Some(text), "{label}");
    }
}

#[test]
fn unicode_is_read_with_and_without_its_mark() {
    for text in [CHINESE, JAPANESE, KOREAN, FRENCH, "a 😀 b\n"] {
        let little = wide(text, u16::to_le_bytes);
        let big = wide(text, u16::to_be_bytes);
        for bytes in [
            [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
            [&b"\xff\xfe"[..], &little].concat(),
            [&b"\xfe\xff"[..], &big].concat(),
            little,
            big,
        ] {
            assert_eq!(decode(&bytes).as_deref(), Some(text), "{bytes:?}");
        }
    }
}

#[test]
fn a_page_is_read_as_it_says() {
    let page = |charset: &str| {
        let mut bytes = format!("<meta charset=\"{charset}\"><p>").into_bytes();
        // Too little to guess from.
        bytes.extend(encoded(charset, "重要"));
        bytes
    };
    let read = decode_page(&page("gb2312")).unwrap();
    assert!(read.ends_with("重要"), "{read}");
    let read = decode_page(&page("big5")).unwrap();
    assert!(read.ends_with("重要"), "{read}");
    // Many say what they are not.
    let liar = "<meta charset=gb2312><p>重要".as_bytes();
    assert!(decode_page(liar).unwrap().ends_with("重要"));
}

#[test]
fn a_few_lost_bytes_leave_the_rest_and_programs_are_no_text() {
    let whole = CHINESE.repeat(3);
    let cut = &whole.as_bytes()[..whole.len() - 2];
    let read = decode(cut).unwrap();
    assert!(read.starts_with(CHINESE), "{read}");
    let program: Vec<u8> = (0..4096_u32)
        .map(|at| ((at * at) >> 3).to_le_bytes()[0])
        .collect();
    assert_eq!(decode(&program), None);
    let without_zeros: Vec<u8> = program.into_iter().filter(|byte| *byte != 0).collect();
    assert_eq!(decode(&without_zeros), None);
}
