//! `/c/:id/branches`: everything that was ever said in a conversation, as an outline. The server
//! draws it whole, and each line is a button of one form: it shows its branch and leads there.

mod arrangement;

use std::cell::Cell;

use arrangement::{Arrangement, Row};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};
use server_fn::ServerFn;

use super::{form_post_error, missing, window_title};
use crate::{
    api::conversations::{OpenBranch, outline},
    components::{ErrorText, Icon, IconName},
    model::{ChatError, ConversationId, Outline, Role},
    read_once::read_once,
    shell::sections_style_sheet,
    sub_path::address_of,
    words::{self, Locale, use_locale, words},
};

/// Longest beginning of a message in its line, in characters.
const MAX_WORDS: usize = 120;

/// What was read for the page. The document needs no second copy for a script.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Read {
    #[serde(skip)]
    outline: Option<Outline>,
    #[serde(skip)]
    error: Option<ChatError>,
}

/// The outline of one conversation.
#[component]
pub(crate) fn BranchesPage() -> impl IntoView {
    let locale = use_locale();
    let refused = form_post_error();
    let id = use_params_map().read_untracked().get("id");
    let id = id.and_then(|id| id.parse::<ConversationId>().ok());
    let answer = read_once(move || read(id));
    view! {
        <Suspense>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    let Read { outline, error } = answer.await;
                    match outline {
                        Some(outline) => page(locale, &outline, refused),
                        None => missing(words!(locale, chat.branches), error),
                    }
                })
            }}
        </Suspense>
    }
}

async fn read(id: Option<ConversationId>) -> Read {
    let outline = match id {
        Some(id) => outline(id).await,
        None => Err(ChatError::NotFound),
    };
    match outline {
        Ok(outline) => Read {
            outline: Some(outline),
            error: None,
        },
        Err(error) => Read {
            outline: None,
            error: Some(error),
        },
    }
}

fn page(locale: Locale, outline: &Outline, refused: Option<ChatError>) -> AnyView {
    let arrangement = Arrangement::new(outline);
    let drawing = Drawing {
        locale,
        outline,
        arrangement: &arrangement,
        num_drawn: Cell::new(0),
    };
    let branches = arrangement.tops.iter().map(|&top| drawing.branch(top));
    let branches: Vec<_> = branches.collect();
    let title = outline.title.clone();
    let language = words::foreign(locale, [&title]);
    let style = sections_style_sheet();
    let back = address_of(&format!("/c/{}", outline.conversation));
    view! {
        <Title text=window_title(words!(locale, chat.branches))/>
        <main class="outline-page" data-door="">
            <link rel="stylesheet" href=style/>
            <header class="outline-head">
                <a class="quiet-button" href=back>
                    <Icon name=IconName::ChevronLeft class="icon mirrored"/>
                    <span class="label">{words!(locale, chat.back_to_chat)}</span>
                </a>
                <h1>{words!(locale, chat.branches)}</h1>
                <p class="outline-title" dir="auto" lang=language>{title}</p>
                <p>{words!(locale, chat.branches_lead)}</p>
            </header>
            <ErrorText error=refused/>
            <form method="post" action=address_of(OpenBranch::url())>{branches}</form>
        </main>
    }
    .into_any()
}

/// Draws branches in the order in which they are read, and counts them.
struct Drawing<'a> {
    locale: Locale,
    outline: &'a Outline,
    arrangement: &'a Arrangement,
    num_drawn: Cell<usize>,
}

impl Drawing<'_> {
    fn branch(&self, index: usize) -> AnyView {
        let number = self.num_drawn.get() + 1;
        self.num_drawn.set(number);
        let name = if number == 1 {
            words!(self.locale, chat.branch_shown).to_owned()
        } else {
            words!(self.locale, chat.branch, number = number)
        };
        let rows = self.arrangement.branches[index].iter();
        let rows: Vec<_> = rows.map(|row| self.row(row)).collect();
        let is_shown = (number == 1).then_some("");
        view! {
            <section class="outline-branch" data-shown=is_shown>
                <h2>{name}</h2>
                <ol>{rows}</ol>
            </section>
        }
        .into_any()
    }

    /// A message, and below it what goes on from there otherwise.
    fn row(&self, row: &Row) -> AnyView {
        let locale = self.locale;
        let message = &self.outline.messages[row.message];
        let who = match message.role {
            Role::User => words!(locale, chat.you),
            Role::Assistant => words!(locale, chat.assistant),
        };
        let beginning = first_words(&message.beginning);
        let language = words::foreign(locale, [&beginning]);
        let beginning = if beginning.is_empty() {
            words!(locale, chat.no_words).to_owned()
        } else {
            beginning
        };
        let below = match row.num_below {
            0 => None,
            1 => Some(words!(locale, chat.one_below).to_owned()),
            number => Some(words!(locale, chat.many_below, number = number)),
        };
        let below = below.map(|below| view! { <span class="outline-below">{below}</span> });
        let sides: Vec<_> = row.sides.iter().map(|&side| self.branch(side)).collect();
        view! {
            <li>
                <button
                    type="submit"
                    class="outline-line"
                    name="message"
                    value=message.id.to_string()
                >
                    <span class="outline-who">{who}</span>
                    <span class="outline-words" dir="auto" lang=language>{beginning}</span>
                    <span class="outline-time">{words::moment(locale, message.time)}</span>
                    {below}
                </button>
                {sides}
            </li>
        }
        .into_any()
    }
}

/// A beginning in one line, cut.
fn first_words(beginning: &str) -> String {
    let line = beginning.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_WORDS {
        return line;
    }
    let cut: String = line.chars().take(MAX_WORDS - 1).collect();
    cut + "…"
}
