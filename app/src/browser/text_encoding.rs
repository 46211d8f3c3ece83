//! Which encoding the bytes of a text file have.

use web_sys::{TextDecoder, TextDecoderOptions};

/// The commonest signs of Chinese, in what people and in what machines write.
const COMMON: &str = "\
    的一是不了在有人这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之\
    过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方\
    又如前所本见经头面公同三已老从动两长与及或其此请您再将被由把给向但并果因使进分高\
    数据信息系统工问题处理机关民产品服务间名第二四五六七八九月号电话区市部法实现性体\
    制度济社全新入定点外各等明力合员路位更总表活反接建物条情些内加战政水化平比应设重\
    相量提求件任组流程额";

/// Bytes as text: UTF-16 says so at its beginning, most others are UTF-8, and many older Chinese
/// ones GB18030.
pub(super) fn decoded(bytes: &[u8]) -> Option<String> {
    let read = |name: &str| decode(name, bytes);
    let text = match bytes {
        [0xff, 0xfe, ..] => read("utf-16le"),
        [0xfe, 0xff, ..] => read("utf-16be"),
        _ => read("utf-8").or_else(|| {
            let text = read("gb18030").filter(|_| looks_chinese(bytes));
            text.filter(|text| reads_chinese(text) && !text.contains(is_odd))
        }),
    };
    text.filter(|text| !text.contains('\0'))
}

/// Nothing if any byte is wrong in this encoding.
fn decode(name: &str, bytes: &[u8]) -> Option<String> {
    let options = TextDecoderOptions::new();
    options.set_fatal(true);
    let decoder = TextDecoder::new_with_label_and_options(name, &options).ok()?;
    decoder.decode_with_u8_array(bytes).ok()
}

/// Whether bytes are Chinese in GB18030: that encoding has a sign for nearly every pair of bytes,
/// and Chinese texts nearly always use those of its oldest part, but for the rows of Japanese.
fn looks_chinese(bytes: &[u8]) -> bool {
    let (mut pairs, mut common) = (0_usize, 0_usize);
    let mut bytes = bytes.iter();
    while let Some(lead) = bytes.next() {
        if lead.is_ascii() {
            continue;
        }
        let trail = bytes.next().copied().unwrap_or_default();
        pairs += 1;
        if matches!(lead, 0xa1..=0xa3 | 0xa6..=0xf7) && trail >= 0xa1 {
            common += 1;
        }
    }
    common * 10 >= pairs * 9
}

/// Whether the signs are those that Chinese uses most: Korean and Japanese in their own encodings
/// have the same bytes, and come out as any Han.
fn reads_chinese(text: &str) -> bool {
    let is_han = |it: &char| ('\u{4e00}'..='\u{9fff}').contains(it);
    let (mut han, mut common) = (0, 0);
    for letter in text.chars().filter(is_han).take(2000) {
        han += 1;
        common += usize::from(COMMON.contains(letter));
    }
    common * 5 >= han
}

/// Signs that no text has.
fn is_odd(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::{looks_chinese, reads_chinese};

    #[test]
    fn chinese_in_its_older_encoding_is_told_from_other_bytes() {
        // "你好，世界。" and a line of ASCII before it.
        let chinese = b"a line\n\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\xa1\xa3";
        assert!(looks_chinese(chinese));
        // "déjà vu, éa" in Latin-1, and the beginning of a picture.
        assert!(!looks_chinese(b"d\xe9j\xe0 vu, \xe9a"));
        assert!(!looks_chinese(b"\x89PNG\r\n\x1a\n"));
    }

    #[test]
    fn korean_and_japanese_in_their_older_encodings_are_no_chinese() {
        // As they are read in GB18030, beside the bytes.
        let others: [(&[u8], &str); 4] = [
            // "모든 국민은 법 앞에 평등하다."
            (
                b"\xb8\xf0\xb5\xe7 \xb1\xb9\xb9\xce\xc0\xba \xb9\xfd \xbe\xd5\xbf\xa1 \xc6\
                  \xf2\xb5\xee\xc7\xcf\xb4\xd9.",
                "葛电 惫刮篮 过 菊俊 乞殿窍促.",
            ),
            // "안녕하세요. 반갑습니다. 저는 학생입니다."
            (
                b"\xbe\xc8\xb3\xe7\xc7\xcf\xbc\xbc\xbf\xe4. \xb9\xdd\xb0\xa9\xbd\xc0\xb4\
                  \xcf\xb4\xd9. \xc0\xfa\xb4\xc2 \xc7\xd0\xbb\xfd\xc0\xd4\xb4\xcf\xb4\xd9.",
                "救崇窍技夸. 馆癌嚼聪促. 历绰 切积涝聪促.",
            ),
            // "吾輩は猫である。名前はまだ無い。どこで生れたか"
            (
                b"\xb8\xe3\xc7\xda\xa4\xcf\xc7\xad\xa4\xc7\xa4\xa2\xa4\xeb\xa1\xa3\xcc\xbe\
                  \xc1\xb0\xa4\xcf\xa4\xde\xa4\xc0\xcc\xb5\xa4\xa4\xa1\xa3\xa4\xc9\xa4\xb3\
                  \xa4\xc7\xc0\xb8\xa4\xec\xa4\xbf\xa4\xab",
                "搞勤は黔である。叹涟はまだ痰い。どこで栏れたか",
            ),
            // "東京都千代田区 会議資料"
            (
                b"\xc5\xec\xb5\xfe\xc5\xd4\xc0\xe9\xc2\xe5\xc5\xc4\xb6\xe8 \xb2\xf1\xb5\
                  \xc4\xbb\xf1\xce\xc1",
                "澎叠旁篱洛拍惰 柴的获瘟",
            ),
        ];
        for (bytes, read) in others {
            assert!(!(looks_chinese(bytes) && reads_chinese(read)), "{read}");
        }
        let chinese: [(&[u8], &str); 4] = [
            (
                b"\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\xa1\xa3",
                "你好，世界。",
            ),
            (
                b"\xca\xfd\xbe\xdd\xbf\xe2\xc1\xac\xbd\xd3\xca\xa7\xb0\xdc\xa3\xac\xc7\xeb\
              \xbc\xec\xb2\xe9\xc5\xe4\xd6\xc3",
                "数据库连接失败，请检查配置",
            ),
            (b"\xb5\xda\xd2\xbb\xd5\xc2 \xd7\xdc\xd4\xf2", "第一章 总则"),
            (
                b"\xcb\xc4\xd4\xc2\xcf\xfa\xca\xdb\xb6\xee\xcd\xb3\xbc\xc6\xb1\xed",
                "四月销售额统计表",
            ),
        ];
        for (bytes, read) in chinese {
            assert!(looks_chinese(bytes) && reads_chinese(read), "{read}");
        }
    }
}
