//! What the server offers to those who search.

use async_trait::async_trait;
use hearth_app::{
    model::{ChatError, Role, UserId},
    service::search::{Hit, Hits, SearchService},
};

use super::{
    Query,
    query::Term,
    ranking::{Weight, best},
    snippet::{marked, snippet},
};
use crate::{
    calendar::Calendar,
    chat::store_refused,
    slow_work::{Kind, SlowWork, run_in},
    store::{
        FoundFile, FoundMessage, FoundTitle, SearchScope, Store, StoreError, Wanted, name_key,
        now_ms,
    },
};

/// Most hits of each kind.
const MAX_TITLES: usize = 8;
const MAX_MESSAGES: usize = 42;

/// Searches a store, beside serving and in turns between people.
#[derive(Debug)]
pub struct SearchServer {
    pub store: Store,
    pub slow_work: SlowWork,
}

/// A hit with the text that it lies in.
enum Found {
    Title(FoundTitle),
    File(FoundFile),
    Message(FoundMessage, String),
}

#[async_trait]
impl SearchService for SearchServer {
    async fn search(&self, user: UserId, typed: &str) -> Result<Hits, ChatError> {
        let (query, calendar) = (Query::parse(typed), Calendar::of_viewer());
        if query.is_empty() {
            return Ok(Hits::default());
        }
        let place = self.slow_work.place(Kind::Search, user).await?;
        let found = read(self.find(user, &query, &calendar).await)?;
        let draw = move || {
            let mut hits = Hits::default();
            for found in found {
                match found {
                    Found::Title(found) => {
                        hits.titles.push(title_hit(&found, &query.terms, &calendar));
                    }
                    Found::File(found) => {
                        hits.files.push(file_hit(&found, &query.terms, &calendar));
                    }
                    Found::Message(found, text) => {
                        let hit = message_hit(&found, &text, &query.terms, &calendar);
                        hits.messages.push(hit);
                    }
                }
            }
            hits
        };
        Ok(run_in(place, draw).await?)
    }
}

impl SearchServer {
    async fn find(
        &self,
        user: UserId,
        query: &Query,
        calendar: &Calendar,
    ) -> Result<Vec<Found>, StoreError> {
        let wanted = |scope: SearchScope| Wanted {
            question: query.to_match(&scope.of(user)),
            after: query.filters.after.map(|day| calendar.beginning_of(day)),
            before: query.filters.before.map(|day| calendar.beginning_of(day)),
            model: query.filters.model.clone(),
            folder: query.filters.folder.as_deref().map(name_key),
            has_file: query.filters.has_file,
        };
        let now = now_ms();
        let wanted_titles = wanted(SearchScope::Title);
        let titles = self.store.found_titles(user, &wanted_titles).await?;
        let titles = best(titles, title_weight, now, MAX_TITLES);
        let wanted_messages = wanted(SearchScope::Message);
        let messages = self.store.found_messages(user, &wanted_messages).await?;
        let messages = best(messages, message_weight, now, MAX_MESSAGES);
        let parts = query.to_name_parts();
        let files = self
            .store
            .found_files(user, (&wanted_messages, parts.as_str()));
        let files = files.await?.into_iter().map(Found::File);
        let titles = titles.into_iter().map(Found::Title);
        let mut found: Vec<Found> = titles.chain(files).collect();
        for message in messages {
            let text = self.store.found_text(user, message.message).await?;
            // One that was deleted a moment ago is none any more.
            found.extend(text.map(|text| Found::Message(message, text)));
        }
        Ok(found)
    }
}

fn title_weight(found: &FoundTitle) -> Weight {
    Weight {
        conversation: found.conversation,
        rank: found.rank,
        at: found.updated_at,
    }
}

fn message_weight(found: &FoundMessage) -> Weight {
    Weight {
        conversation: found.conversation,
        rank: found.rank,
        at: found.created_at,
    }
}

fn title_hit(found: &FoundTitle, terms: &[Term], calendar: &Calendar) -> Hit {
    Hit {
        conversation: found.conversation,
        message: None,
        title: marked(&found.title, terms),
        snippet: Vec::new(),
        time: calendar.local_time(found.updated_at),
    }
}

/// It leads to the message that has the file.
fn file_hit(found: &FoundFile, terms: &[Term], calendar: &Calendar) -> Hit {
    Hit {
        conversation: found.conversation,
        message: Some((found.message, Role::User)),
        title: marked(&found.name, terms),
        snippet: marked(&found.title, &[]),
        time: calendar.local_time(found.created_at),
    }
}

fn message_hit(found: &FoundMessage, text: &str, terms: &[Term], calendar: &Calendar) -> Hit {
    Hit {
        conversation: found.conversation,
        message: Some((found.message, found.role)),
        title: marked(&found.title, &[]),
        snippet: snippet(text, terms, found.role == Role::Assistant),
        time: calendar.local_time(found.created_at),
    }
}

fn read<T>(result: Result<T, StoreError>) -> Result<T, ChatError> {
    result.map_err(|error| store_refused(&error))
}
