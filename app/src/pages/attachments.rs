//! Files beside messages, as HTML: chips in the box and above a question, and a page that shows
//! what was read of one. The browser puts chips in place and knows them by their attributes:
//! `data-file` names a file that can be sent, `data-remove-file` takes its chip away.

use leptos::prelude::*;

use crate::{
    components::{Icon, IconName},
    model::{AttachedFile, ChatError, Preferences},
    service::PageBuild,
    shell::{Appearance, sections_style_sheet, style_sheet},
    sub_path::{SubPath, address_of},
    words::{self, Locale, locale_of, use_locale, words},
};

use super::window_title;

/// The chips above a question, or nothing where it has no files. They stand in the page that is
/// being made.
pub fn attached_files(files: &[AttachedFile]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let locale = use_locale();
    Owner::new().with(|| {
        let chips: Vec<_> = files.iter().map(|file| link(locale, file)).collect();
        let label = words!(locale, chat.files);
        view! { <ul class="attachments" aria-label=label>{chips}</ul> }.to_html()
    })
}

/// The chip of a file that has come and waits in the box.
pub fn new_file(sub_path: SubPath, preferences: Preferences, file: &AttachedFile) -> String {
    Owner::new().with(|| {
        provide_context(sub_path);
        let locale = locale_of(preferences.language);
        view! {
            <li class="attachment" data-file=file.id.to_string()>
                {tile(IconName::File)}
                {name_and_fact(&file.name, fact(locale, file))}
                {remove_button(locale, &file.name)}
            </li>
        }
        .to_html()
    })
}

/// The chip of a file that was not taken, which says why.
pub fn refused_file(preferences: Preferences, name: &str, reason: String) -> String {
    Owner::new().with(|| {
        let locale = locale_of(preferences.language);
        view! {
            <li class="attachment failed">
                {tile(IconName::Warning)}
                {name_and_fact(name, reason)}
                {remove_button(locale, name)}
            </li>
        }
        .to_html()
    })
}

/// Why a file was not taken, in words.
pub fn error_sentence(preferences: Preferences, error: ChatError) -> String {
    words::sentence(locale_of(preferences.language), error)
}

/// A document with what was read of a file; `text` may be its beginning alone.
pub fn file_page(
    options: &LeptosOptions,
    sub_path: SubPath,
    preferences: Preferences,
    (file, text): (&AttachedFile, String),
) -> String {
    Owner::new().with(|| {
        provide_context(sub_path);
        provide_context(preferences);
        provide_context(PageBuild(options.output_name.to_string()));
        let locale = locale_of(preferences.language);
        let is_beginning = file.is_cut || text.chars().count() >= PREVIEW_CHARS as usize;
        let note = is_beginning.then(|| view! { <p>{words!(locale, chat.file_beginning)}</p> });
        let language = words::foreign(locale, [&text]);
        let style = sections_style_sheet();
        let document = view! {
            <!DOCTYPE html>
            <html
                lang=preferences.language.as_str()
                dir="ltr"
                data-theme=preferences.theme.as_attribute()
            >
                <head>
                    <Appearance style=style_sheet(options) theme=preferences.theme/>
                    <link rel="stylesheet" href=style/>
                    <title>{window_title(&file.name)}</title>
                </head>
                <body>
                    <main class="outline-page">
                        <header class="outline-head">
                            <h1 dir="auto">{file.name.clone()}</h1>
                            <p>{fact(locale, file)}</p>
                            {original(locale, file)}
                            {note}
                        </header>
                        <pre class="file-text" dir="auto" lang=language tabindex="0">{text}</pre>
                    </main>
                </body>
            </html>
        };
        document.to_html()
    })
}

/// So much of a text is shown.
pub const PREVIEW_CHARS: u32 = 200_000;

/// The way to the file itself, where it is.
fn original(locale: Locale, file: &AttachedFile) -> AnyView {
    if !file.is_whole {
        return view! { <p>{words!(locale, chat.file_text_only)}</p> }.into_any();
    }
    let address = address_of(&format!("/files/{}/original", file.id));
    let size = words::bytes(file.size);
    view! {
        <a class="button" href=address download="">
            {words!(locale, chat.download_file, size = size)}
        </a>
    }
    .into_any()
}

fn link(locale: Locale, file: &AttachedFile) -> AnyView {
    let address = address_of(&format!("/files/{}", file.id));
    // In a tab of its own: the chat stays as it is.
    view! {
        <li>
            <a class="attachment" href=address target="_blank" rel="noopener external">
                {tile(IconName::File)}
                {name_and_fact(&file.name, fact(locale, file))}
            </a>
        </li>
    }
    .into_any()
}

fn tile(icon: IconName) -> AnyView {
    view! { <span class="attachment-tile"><Icon name=icon/></span> }.into_any()
}

fn name_and_fact(name: &str, fact: String) -> AnyView {
    let name = name.to_owned();
    view! {
        <span class="attachment-words">
            <strong dir="auto" title=name.clone()>{name.clone()}</strong>
            <small>{fact}</small>
        </span>
    }
    .into_any()
}

fn remove_button(locale: Locale, name: &str) -> AnyView {
    let label = words!(locale, chat.remove_file, name = name.to_owned());
    view! {
        <button
            type="button"
            class="icon-button"
            title=label.clone()
            aria-label=label.clone()
            data-remove-file=""
        >
            <Icon name=IconName::Close/>
        </button>
    }
    .into_any()
}

/// What kind of file it is, and how long.
fn fact(locale: Locale, file: &AttachedFile) -> String {
    let kind = kind(locale, &file.kind).to_owned();
    // A single one is no length.
    let num_pages = file.num_pages.filter(|&pages| pages > 1);
    let length = match (file.num_tokens, num_pages) {
        (Some(tokens), Some(pages)) => words!(
            locale,
            chat.pages_and_tokens,
            pages = pages,
            tokens = words::grouped(u64::from(tokens))
        ),
        (Some(tokens), None) => {
            let tokens = words::grouped(u64::from(tokens));
            words!(locale, chat.num_tokens, tokens = tokens)
        }
        (None, Some(pages)) => words!(locale, chat.num_pages, pages = pages),
        (None, None) => words::bytes(file.size),
    };
    words!(locale, chat.file_fact, kind = kind, length = length)
}

/// What people call the kind of a file.
fn kind(locale: Locale, kind: &str) -> &'static str {
    match kind {
        "markdown" => "Markdown",
        "json" => "JSON",
        "pdf" => "PDF",
        "code" => words!(locale, chat.kind_code),
        "table" | "spreadsheet" => words!(locale, chat.kind_table),
        "html" => words!(locale, chat.kind_page),
        "document" => words!(locale, chat.kind_document),
        _ => words!(locale, chat.kind_text),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{FileId, Language};

    fn file(name: &str) -> AttachedFile {
        AttachedFile {
            id: FileId::new(Uuid::from_u128(7)),
            name: name.to_owned(),
            kind: "pdf".to_owned(),
            size: 1500,
            num_pages: Some(12),
            num_tokens: Some(3400),
            is_cut: false,
            is_whole: true,
        }
    }

    #[test]
    fn a_fact_says_what_it_is_and_how_long_in_both_languages() {
        let known = file("a.pdf");
        assert_eq!(fact(Locale::en, &known), "PDF, 12 pages, 3,400 tokens");
        let chinese = fact(Locale::zh_CN, &known);
        assert!(chinese.starts_with("PDF，12 页"), "{chinese}");
        let short = AttachedFile {
            num_pages: Some(1),
            ..known.clone()
        };
        assert_eq!(fact(Locale::en, &short), "PDF, 3,400 tokens");
        let uncounted = AttachedFile {
            num_pages: None,
            num_tokens: None,
            ..known
        };
        assert_eq!(fact(Locale::en, &uncounted), "PDF, 1.5 kB");
    }

    #[test]
    fn a_name_is_text_whatever_it_is() {
        let html = attached_files(&[file("<img src=x onerror=alert(1)>.pdf")]);
        assert!(!html.contains("<img"), "{html}");
        assert!(html.contains("&lt;img"), "{html}");
        let preferences = Preferences {
            language: Language::Chinese,
            ..Preferences::default()
        };
        let chip = new_file(SubPath::default(), preferences, &file("\"><b>"));
        assert!(
            !chip.contains("<b>") && chip.contains("data-file="),
            "{chip}"
        );
        assert_eq!(attached_files(&[]), "");
    }
}
