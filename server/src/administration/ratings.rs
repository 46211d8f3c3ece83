//! What people say of answers: numbers, and what they wrote, without a name.

use hearth_app::model::{ChatError, RatingComment, RatingCount, RatingReport, SentTexts};

use super::{Administration, refused};
use crate::{
    calendar::{self, Calendar},
    store::now_ms,
};

/// Most comments of a report.
const MAX_COMMENTS: u32 = 100;

impl Administration {
    pub(super) async fn rating_report(&self, num_days: u32) -> Result<RatingReport, ChatError> {
        let days = self.store.days();
        let first_day = days.number(now_ms()) - i64::from(num_days) + 1;
        let counted = self.store.counted_ratings(first_day).await;
        let counted = counted.map_err(refused)?;
        let written = self.store.written_ratings(first_day, MAX_COMMENTS).await;
        let written = written.map_err(refused)?;
        let (titles, calendar) = (self.chat.model_titles(), Calendar::of_viewer());
        let called = |name: Option<String>| name.map(|name| titles.of(&name).unwrap_or(name));
        let counts = counted.into_iter().map(|it| RatingCount {
            day: it.day,
            model: called(it.model_name),
            thumb: it.thumb,
            reason: it.reason,
            number: u64::try_from(it.number).unwrap_or_default(),
        });
        let comments = written.into_iter().map(|it| RatingComment {
            time: calendar.local_time(it.rated_at),
            model: called(it.model_name),
            reason: it.reason,
            comment: it.comment,
            texts: it.answer.map(|answer| SentTexts {
                question: it.question.unwrap_or_default(),
                answer,
            }),
        });
        Ok(RatingReport {
            first_day,
            dates: (0..i64::from(num_days))
                .map(|day| calendar::date_of_day(first_day + day))
                .collect(),
            zone: days.zone_name(),
            counts: counts.collect(),
            comments: comments.collect(),
        })
    }
}
