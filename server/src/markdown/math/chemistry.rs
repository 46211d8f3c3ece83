//! Formulas of substances, as `\ce` takes them.

use std::fmt::Write as _;

/// The formula with numbers below, charges above and arrows between.
pub(super) fn chemistry(text: &str) -> String {
    let arrows = [
        ("<=>", "\\rightleftharpoons "),
        ("<->", "\\leftrightarrow "),
        ("->", "\\rightarrow "),
    ];
    let mut latex = String::from("\\mathrm{");
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        if let Some((sign, arrow)) = arrows.iter().find(|(sign, _)| rest.starts_with(sign)) {
            latex.push_str(arrow);
            rest = &rest[sign.len()..];
            before = ' ';
            continue;
        }
        let behind = &rest[c.len_utf8()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_part = before.is_ascii_alphabetic() || matches!(before, ')' | ']');
        let is_end = behind.is_empty() || behind.starts_with([' ', ')', ']']);
        match c {
            _ if digits > 0 => {
                let sign = if is_part { "_" } else { "" };
                let _ = write!(latex, "{sign}{{{}}}", &rest[..digits]);
                before = '0';
                rest = &rest[digits..];
                continue;
            }
            '^' | '_' => {
                let end = match behind.strip_prefix('{') {
                    Some(group) => group.find('}').map_or(behind.len(), |end| end + 2),
                    None => behind.find([' ', ')', ']']).unwrap_or(behind.len()),
                };
                let (script, others) = behind.split_at(end);
                let script = script.trim_start_matches('{').trim_end_matches('}');
                let _ = write!(latex, "{c}{{{script}}}");
                before = ' ';
                rest = others;
                continue;
            }
            '+' | '-' if (is_part || before == '0') && is_end => {
                let _ = write!(latex, "^{{{c}}}");
            }
            '-' => latex.push_str("\\text{-}"),
            '\\' | '{' | '}' | '$' | '&' | '%' | '#' => {}
            ' ' => latex.push_str("\\;"),
            c => latex.push(c),
        }
        before = c;
        rest = behind;
    }
    latex.push('}');
    latex
}
