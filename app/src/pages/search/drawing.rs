//! What was found, as HTML: options of a list in the palette, plain links on a page.

use leptos::prelude::*;

use crate::{
    components::{Icon, IconName},
    model::{ChatError, ConversationId, ConversationSummary, Drawing, MessageId, Role, User},
    pages::drawn::settled,
    service::{
        chat_service,
        search::{Hit, Piece, search_service},
    },
    sub_path::address_of,
    words::{self, Locale, use_locale, words},
};

/// Of the last chats that many are shown where nothing is typed.
const RECENT: usize = 10;

/// A line: where it leads, what it says.
struct Line {
    /// A path of the product.
    path: String,
    icon: IconName,
    message: Option<MessageId>,
    title: Vec<Piece>,
    snippet: Vec<Piece>,
    day: Option<String>,
}

/// Lines under a heading.
struct Group {
    name: &'static str,
    lines: Vec<Line>,
}

/// How it is shown.
#[derive(Clone, Copy)]
struct Look {
    locale: Locale,
    is_page: bool,
}

/// What was found of what is typed; of nothing, the last chats and where else one can go.
pub(crate) async fn draw_search(
    user: &User,
    typed: &str,
    is_page: bool,
) -> Result<Drawing, ChatError> {
    let locale = use_locale();
    let look = Look { locale, is_page };
    let typed = typed.trim();
    let groups = if typed.is_empty() {
        let page = chat_service().conversations(user.id, None).await?;
        let recent = page.conversations.into_iter().take(RECENT);
        let recent = recent.map(|summary| recent_line(locale, summary));
        vec![
            Group {
                name: words!(locale, frame.recent_chats),
                lines: recent.collect(),
            },
            commands(locale),
        ]
    } else {
        let hits = search_service().search(user.id, typed).await?;
        let line = |hit: Hit| hit_line(locale, is_page, hit);
        let file = |hit: Hit| Line {
            icon: IconName::File,
            ..hit_line(locale, is_page, hit)
        };
        vec![
            Group {
                name: words!(locale, chat.conversations),
                lines: hits.titles.into_iter().map(line).collect(),
            },
            Group {
                name: words!(locale, chat.messages),
                lines: hits.messages.into_iter().map(line).collect(),
            },
            Group {
                name: words!(locale, chat.files),
                lines: hits.files.into_iter().map(file).collect(),
            },
        ]
    };
    Ok(settled(look.whole(typed, groups)))
}

fn recent_line(locale: Locale, summary: ConversationSummary) -> Line {
    Line {
        path: path(summary.id, None, false),
        icon: IconName::Message,
        message: None,
        title: vec![plain(words::titled(locale, summary.title))],
        snippet: Vec::new(),
        day: None,
    }
}

fn hit_line(locale: Locale, is_page: bool, hit: Hit) -> Line {
    let title = if hit.title.is_empty() {
        vec![plain(words::titled(locale, String::new()))]
    } else {
        hit.title
    };
    let message = hit.message.map(|it| it.0);
    Line {
        path: path(hit.conversation, message, is_page),
        icon: match hit.message {
            Some((_, Role::User)) => IconName::User,
            Some((_, Role::Assistant)) | None => IconName::Message,
        },
        message,
        title,
        snippet: hit.snippet,
        day: Some(words::day_of(locale, hit.time)),
    }
}

/// Without script the browser itself goes to the message.
fn path(conversation: ConversationId, message: Option<MessageId>, is_page: bool) -> String {
    match message {
        None => format!("/c/{conversation}"),
        Some(message) if is_page => format!("/c/{conversation}?at={message}#message-{message}"),
        Some(message) => format!("/c/{conversation}?at={message}"),
    }
}

fn plain(text: String) -> Piece {
    Piece {
        text,
        is_hit: false,
    }
}

fn commands(locale: Locale) -> Group {
    let command = |path: &str, icon, name: &str| Line {
        path: path.to_owned(),
        icon,
        message: None,
        title: vec![plain(name.to_owned())],
        snippet: Vec::new(),
        day: None,
    };
    Group {
        name: words!(locale, frame.commands),
        lines: vec![
            command("/", IconName::NewChat, words!(locale, chat.new_chat)),
            command(
                "/settings",
                IconName::Settings,
                words!(locale, settings.settings),
            ),
        ],
    }
}

impl Look {
    fn whole(self, typed: &str, groups: Vec<Group>) -> AnyView {
        let number: usize = groups.iter().map(|group| group.lines.len()).sum();
        let told = match (typed, number) {
            ("", _) => String::new(),
            (_, 0) => words!(self.locale, frame.nothing_found, text = typed.to_owned()),
            (_, 1) => words!(self.locale, frame.one_result).to_owned(),
            _ => words!(self.locale, frame.num_results, number = number),
        };
        let list = if number == 0 {
            view! { <p class="palette-nothing">{told.clone()}</p> }.into_any()
        } else {
            self.list(groups)
        };
        if !self.is_page {
            return view! { <div data-told=told>{list}</div> }.into_any();
        }
        view! {
            <h1 class="visually-hidden">{words!(self.locale, frame.search)}</h1>
            <form class="palette-field" action=address_of("/search") role="search">
                <Icon name=IconName::Search/>
                <input
                    type="search"
                    name="q"
                    value=typed.to_owned()
                    aria-label=words!(self.locale, frame.search)
                    placeholder=words!(self.locale, frame.search_placeholder)
                    autocomplete="off"
                />
                <button type="submit" class="button">{words!(self.locale, frame.search)}</button>
            </form>
            <div class="palette-results">{list}</div>
            <a class="quiet-button" href=address_of("/")>{words!(self.locale, chat.new_chat)}</a>
        }
        .into_any()
    }

    /// In the palette arrow keys lead from option to option, in all groups.
    fn list(self, groups: Vec<Group>) -> AnyView {
        let mut number = 0;
        let mut drawn = Vec::new();
        for group in groups.into_iter().filter(|it| !it.lines.is_empty()) {
            let mut lines = Vec::new();
            for line in group.lines {
                lines.push(self.line(line, number));
                number += 1;
            }
            let name = group.name;
            drawn.push(if self.is_page {
                view! {
                    <h2 class="group-label">{name}</h2>
                    {lines}
                }
                .into_any()
            } else {
                view! {
                    <div role="group" aria-label=name>
                        <div class="group-label" aria-hidden="true">{name}</div>
                        {lines}
                    </div>
                }
                .into_any()
            });
        }
        if self.is_page {
            return drawn.into_any();
        }
        let name = words!(self.locale, frame.results);
        view! { <div id="results" role="listbox" aria-label=name>{drawn}</div> }.into_any()
    }

    fn line(self, line: Line, number: usize) -> AnyView {
        let is_option = !self.is_page;
        let snippet = (!line.snippet.is_empty()).then(|| {
            view! { <p dir="auto">{marked(line.snippet)}</p> }
        });
        view! {
            <a
                class="result"
                href=address_of(&line.path)
                id=is_option.then(|| format!("result-{number}"))
                role=is_option.then_some("option")
                aria-selected=is_option.then_some("false")
                tabindex=is_option.then_some("-1")
                data-message=line.message.map(|it| it.to_string())
            >
                <Icon name=line.icon/>
                <strong dir="auto">{marked(line.title)}</strong>
                {line.day.map(|day| view! { <time>{day}</time> })}
                {snippet}
            </a>
        }
        .into_any()
    }
}

fn marked(pieces: Vec<Piece>) -> Vec<AnyView> {
    let piece = |it: Piece| {
        if it.is_hit {
            view! { <mark>{it.text}</mark> }.into_any()
        } else {
            it.text.into_any()
        }
    };
    pieces.into_iter().map(piece).collect()
}
