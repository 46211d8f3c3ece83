//! Words in the HTML of answers.

use super::{Locale, words};

const BUTTON: &str = "<button type=\"button\" aria-label=\"";
/// Stands behind the label of a button, whose title says the same.
const AGAIN: &str = "\" title=\"";
const TITLE: &str = "<p class=\"alert-title\">";
const TABLE: &str = "<div class=\"table-scroll\" role=\"group\" tabindex=\"0\" aria-label=\"";
const FORMULA: &str = "<span class=\"formula\" tabindex=\"0\" role=\"group\" aria-label=\"";
const LINE: &str = "<span class=\"formula-line\" tabindex=\"0\" role=\"group\" aria-label=\"";
const LANGUAGE: &str = "<span class=\"code-language\">";
const LENGTH: &str = "<span class=\"code-all\">";

/// What stands before any label.
const PLACES: [&str; 7] = [BUTTON, TITLE, TABLE, FORMULA, LINE, LANGUAGE, LENGTH];

/// A rendered answer with its labels in the language of the page: answers are rendered once for
/// all readers, with labels in English (`server/src/markdown/`). Each is looked for with the tag
/// that it stands in; text that looks like one is escaped.
pub(crate) fn in_language(locale: Locale, html: String) -> String {
    if locale == Locale::en {
        return html;
    }
    // Most blocks have none, and a growing one comes here many times a second.
    let Some(first) = next_place(&html) else {
        return html;
    };
    let labels = labels(locale);
    let (before, mut rest) = html.split_at(first);
    let mut translated = String::with_capacity(html.len() + html.len() / 16);
    translated.push_str(before);
    loop {
        rest = push_label(locale, &labels, rest, &mut translated);
        let next = next_place(rest).unwrap_or(rest.len());
        let (before, behind) = rest.split_at(next);
        translated.push_str(before);
        if behind.is_empty() {
            return translated;
        }
        rest = behind;
    }
}

fn next_place(html: &str) -> Option<usize> {
    let mut tags = html.match_indices('<').map(|(at, _)| at);
    tags.find(|&at| PLACES.iter().any(|place| html[at..].starts_with(place)))
}

/// What stands before a label, the label, and what stands behind it.
type Label = (&'static str, &'static str, &'static str, &'static str);

fn labels(locale: Locale) -> [Label; 12] {
    let formula = words!(locale, chat.code_formula);
    [
        (TITLE, "Note", "</p>", words!(locale, chat.code_note)),
        (TITLE, "Tip", "</p>", words!(locale, chat.code_tip)),
        (
            TITLE,
            "Important",
            "</p>",
            words!(locale, chat.code_important),
        ),
        (TITLE, "Warning", "</p>", words!(locale, chat.code_warning)),
        (TITLE, "Caution", "</p>", words!(locale, chat.code_caution)),
        (TABLE, "Table: ", "", words!(locale, chat.code_table)),
        (FORMULA, "Formula", "\"", formula),
        (LINE, "Formula", "\"", formula),
        (LANGUAGE, "Text", "</span>", words!(locale, chat.code_text)),
        (BUTTON, "Wrap lines", "\"", words!(locale, chat.code_wrap)),
        (BUTTON, "Download", "\"", words!(locale, chat.code_download)),
        (BUTTON, "Copy code", "\"", words!(locale, chat.code_copy)),
    ]
}

/// Appends the label of the place that the HTML begins with; returns what stands behind it.
fn push_label<'h>(locale: Locale, labels: &[Label], html: &'h str, out: &mut String) -> &'h str {
    for &(place, english, end, label) in labels {
        let rest = html.strip_prefix(place);
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix(english)) else {
            continue;
        };
        if !rest.starts_with(end) {
            continue;
        }
        out.push_str(place);
        out.push_str(label);
        if place != BUTTON {
            return rest;
        }
        let title = rest.strip_prefix(AGAIN);
        return match title.and_then(|title| title.strip_prefix(english)) {
            Some(rest) => {
                out.push_str(AGAIN);
                out.push_str(label);
                rest
            }
            None => rest,
        };
    }
    push_length(locale, html, out).unwrap_or_else(|| {
        // A word that an answer chose itself.
        let (tag, rest) = html.split_at(1);
        out.push_str(tag);
        rest
    })
}

/// The end of a folded block, which says how many lines there are.
fn push_length<'h>(locale: Locale, html: &'h str, out: &mut String) -> Option<&'h str> {
    let length = html.strip_prefix(LENGTH)?.strip_prefix("Show all ")?;
    let (number, rest) = length.split_once(" lines")?;
    out.push_str(LENGTH);
    out.push_str(&words!(locale, chat.code_all, number = number.to_owned()));
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_an_answer_are_in_the_language_of_the_page_and_its_text_is_not() {
        let label = "<span class=\"code-all\">Show all 84 lines</span>";
        let text = "<p>&lt;span class=\"code-all\"&gt;Show all 84 lines</p>";
        let button = "<button type=\"button\" aria-label=\"Copy code\" title=\"Copy code\">";
        let html = format!("{text}{button}{label}");
        let shown = in_language(Locale::zh_CN, html.clone());
        assert!(shown.starts_with(text));
        assert!(shown.contains("显示全部 84 行</span>"), "{shown}");
        assert!(shown.contains("title=\"复制代码\">"), "{shown}");
        assert_eq!(in_language(Locale::en, html.clone()), html);
    }

    #[test]
    fn what_an_answer_calls_by_a_name_of_its_own_keeps_it() {
        let alerts = "<p class=\"alert-title\">Note</p>\n<p class=\"alert-title\">Notes</p>";
        let language = "<span class=\"code-language\">Rust</span>";
        let table = "<div class=\"table-scroll\" role=\"group\" tabindex=\"0\" \
            aria-label=\"Table: Note, Text\">";
        let html = format!("一{alerts}{language}{table}二");
        let locale = Locale::zh_CN;
        let shown = in_language(locale, html.clone());
        let note = words!(locale, chat.code_note);
        let table = words!(locale, chat.code_table);
        let expected = html
            .replace(">Note<", &format!(">{note}<"))
            .replace("Table: ", table);
        assert_eq!(shown, expected);
        let plain = String::from("<p dir=\"auto\">a &lt;button <em>b</em></p>");
        let address = plain.as_ptr();
        let shown = in_language(locale, plain);
        assert_eq!(shown.as_ptr(), address, "nothing is copied");
    }
}
