//! Words in the HTML of answers.

use super::{Locale, words};

/// A rendered answer with its labels in the language of the page: answers are rendered once for
/// all readers, with labels in English (`server/src/markdown/`). Each is looked for with the tag
/// that it stands in; text that looks like one is escaped.
pub(crate) fn in_language(locale: Locale, html: String) -> String {
    if locale == Locale::en || !html.contains("=\"") {
        return html;
    }
    let mut html = with_lengths(locale, html);
    for (before, english, behind, label) in labels(locale) {
        let place = [before, english, behind].concat();
        if html.contains(&place) {
            html = html.replace(&place, &[before, label, behind].concat());
        }
    }
    for (english, label) in [
        ("Wrap lines", words!(locale, chat.code_wrap)),
        ("Download", words!(locale, chat.code_download)),
        ("Copy code", words!(locale, chat.code_copy)),
    ] {
        html = html.replace(&button(english), &button(label));
    }
    html
}

/// What stands before a label, the label, and what stands behind it.
type Label = (&'static str, &'static str, &'static str, &'static str);

fn labels(locale: Locale) -> [Label; 9] {
    let title = "<p class=\"alert-title\">";
    let table = "<div class=\"table-scroll\" role=\"region\" tabindex=\"0\" aria-label=\"";
    let formula = "<span class=\"formula\" tabindex=\"0\" role=\"group\" aria-label=\"";
    let line = "<span class=\"formula-line\" tabindex=\"0\" role=\"group\" aria-label=\"";
    let language = "<span class=\"code-language\">";
    let formula_name = words!(locale, chat.code_formula);
    [
        (title, "Note", "</p>", words!(locale, chat.code_note)),
        (title, "Tip", "</p>", words!(locale, chat.code_tip)),
        (
            title,
            "Important",
            "</p>",
            words!(locale, chat.code_important),
        ),
        (title, "Warning", "</p>", words!(locale, chat.code_warning)),
        (title, "Caution", "</p>", words!(locale, chat.code_caution)),
        (table, "Table: ", "", words!(locale, chat.code_table)),
        (formula, "Formula", "\"", formula_name),
        (line, "Formula", "\"", formula_name),
        (language, "Text", "</span>", words!(locale, chat.code_text)),
    ]
}

fn button(label: &str) -> String {
    format!("<button type=\"button\" aria-label=\"{label}\" title=\"{label}\"")
}

/// The ends of folded blocks, which say how many lines there are.
fn with_lengths(locale: Locale, html: String) -> String {
    const START: &str = "<span class=\"code-all\">Show all ";
    if !html.contains(START) {
        return html;
    }
    let mut parts = html.split(START);
    let mut translated = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(" lines").unwrap_or((part, ""));
        translated.push_str("<span class=\"code-all\">");
        translated.push_str(&words!(locale, chat.code_all, number = number.to_owned()));
        translated.push_str(rest);
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_an_answer_are_in_the_language_of_the_page_and_its_text_is_not() {
        let label = "<span class=\"code-all\">Show all 84 lines</span>";
        let text = "<p>&lt;span class=\"code-all\"&gt;Show all 84 lines</p>";
        let html = format!("{text}{}>{label}", button("Copy code"));
        let shown = in_language(Locale::zh_CN, html.clone());
        assert!(shown.starts_with(text));
        assert!(shown.contains("显示全部 84 行</span>"), "{shown}");
        assert!(shown.contains("title=\"复制代码\">"), "{shown}");
        assert_eq!(in_language(Locale::en, html.clone()), html);
    }
}
