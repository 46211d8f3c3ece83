//! Rows of `rating`: what people say of answers. A rating is its person's, because the answer is,
//! and goes with it. Administrators read counts and comments without a name; question and answer
//! where they stand, and only if they were sent along.

use hearth_app::model::{MessageId, RatingDetails, RatingReason, Thumb, UserId};
use sqlx::{SqliteConnection, types::Uuid};

use super::{Store, StoreError, message::word, now_ms};

/// Most characters of a question and of an answer that an administrator is shown.
const SHOWN_CHARS: i64 = 4000;

/// A rating as it is exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptRating {
    pub(crate) thumb: Thumb,
    pub(crate) reason: Option<RatingReason>,
    /// Empty: none.
    pub(crate) comment: String,
    pub(crate) rated_at: i64,
}

/// How many ratings of a kind there are on a day.
#[derive(Clone, Debug)]
pub(crate) struct CountedRatings {
    pub(crate) day: i64,
    pub(crate) model_name: Option<String>,
    pub(crate) thumb: Thumb,
    pub(crate) reason: Option<RatingReason>,
    pub(crate) number: i64,
}

/// What was written about an answer.
#[derive(Clone, Debug)]
pub(crate) struct WrittenRating {
    pub(crate) rated_at: i64,
    pub(crate) model_name: Option<String>,
    pub(crate) reason: Option<RatingReason>,
    pub(crate) comment: String,
    /// Present if it was sent along; cut.
    pub(crate) answer: Option<String>,
    /// Present if it was sent along; cut.
    pub(crate) question: Option<String>,
}

impl Store {
    /// Rates an answer, in the place of what was said of it before. False: it is not there, not
    /// `user`'s, no answer, or still being written.
    pub(crate) async fn rate(
        &self,
        user: UserId,
        message: MessageId,
        thumb: Thumb,
        details: &RatingDetails,
    ) -> Result<bool, StoreError> {
        let (user, message, now) = (user.as_uuid(), message.as_uuid(), now_ms());
        let day = self.days().number(now);
        let thumb = thumb.as_str();
        let reason = details.reason.map(RatingReason::as_str);
        let done = sqlx::query!(
            "
            insert into rating (
                message_id, thumb, reason, comment, with_texts, is_imported, day, rated_at
            )
            select m.id, ?, ?, ?, ?, 0, ?, ?
            from message m
            join conversation c on c.id = m.conversation_id
            where m.id = ?
                and m.role = 'assistant'
                and m.status != 'running'
                and c.user_id = ?
                and c.deleted_at is null
            on conflict (message_id) do update
            set thumb = excluded.thumb,
                reason = excluded.reason,
                comment = excluded.comment,
                with_texts = excluded.with_texts,
                is_imported = 0,
                day = excluded.day,
                rated_at = excluded.rated_at
            ",
            thumb,
            reason,
            details.comment,
            details.with_texts,
            day,
            now,
            message,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes a rating back. False: there is none, or the answer is not `user`'s.
    pub(crate) async fn withdraw_rating(
        &self,
        user: UserId,
        message: MessageId,
    ) -> Result<bool, StoreError> {
        let (user, message) = (user.as_uuid(), message.as_uuid());
        let done = sqlx::query!(
            "
            delete from rating
            where message_id = (
                select m.id
                from message m
                join conversation c on c.id = m.conversation_id
                where m.id = ? and c.user_id = ? and c.deleted_at is null
            )
            ",
            message,
            user,
        )
        .execute(&self.writer)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Ratings from a day on, without those that administrators of another server were told, and
    /// without those of conversations in the trash and of accounts that are being removed.
    pub(crate) async fn counted_ratings(
        &self,
        first_day: i64,
    ) -> Result<Vec<CountedRatings>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select
                r.day as "day!: i64",
                m.model_name as "model_name?: String",
                r.thumb as "thumb!: String",
                r.reason as "reason?: String",
                count(*) as "number!: i64"
            from rating r
            join message m on m.id = r.message_id
            join conversation c on c.id = m.conversation_id
            join user u on u.id = c.user_id
            where r.day >= ?
                and r.is_imported = 0
                and c.deleted_at is null
                and u.removed_at is null
            group by r.day, m.model_name, r.thumb, r.reason
            order by r.day, m.model_name, r.thumb desc, r.reason
            "#,
            first_day,
        )
        .fetch_all(&self.readers)
        .await?;
        let counted = rows.into_iter().map(|row| {
            Ok(CountedRatings {
                day: row.day,
                model_name: row.model_name,
                thumb: word(&row.thumb, "thumb")?,
                reason: row.reason.map(|it| word(&it, "reason")).transpose()?,
                number: row.number,
            })
        });
        counted.collect()
    }

    /// The newest of [`Self::counted_ratings`] in which something was written or sent along.
    pub(crate) async fn written_ratings(
        &self,
        first_day: i64,
        limit: u32,
    ) -> Result<Vec<WrittenRating>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select
                r.rated_at as "rated_at!: i64",
                m.model_name as "model_name?: String",
                r.reason as "reason?: String",
                r.comment as "comment!: String",
                case when r.with_texts = 1 then substr(m.text, 1, ?1) end as "answer?: String",
                case when r.with_texts = 1 then substr(q.text, 1, ?1) end as "question?: String"
            from rating r
            join message m on m.id = r.message_id
            join conversation c on c.id = m.conversation_id
            join user u on u.id = c.user_id
            left join message q on q.id = m.parent_id
            where r.day >= ?2
                and r.is_imported = 0
                and c.deleted_at is null
                and u.removed_at is null
                and (r.comment != '' or r.with_texts = 1)
            order by r.rated_at desc, r.message_id desc
            limit ?3
            "#,
            SHOWN_CHARS,
            first_day,
            limit,
        )
        .fetch_all(&self.readers)
        .await?;
        let written = rows.into_iter().map(|row| {
            Ok(WrittenRating {
                rated_at: row.rated_at,
                model_name: row.model_name,
                reason: row.reason.map(|it| word(&it, "reason")).transpose()?,
                comment: row.comment,
                answer: row.answer,
                question: row.question,
            })
        });
        written.collect()
    }
}

/// An answer goes on: what is written from now on was not sent along.
pub(super) async fn keep_texts_back(
    connection: &mut SqliteConnection,
    message: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update rating set with_texts = 0 where message_id = ? and with_texts = 1",
        message,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The rating that a file has of a message, if it has one: administrators of this server are told
/// nothing of it.
pub(super) async fn bring_rating(
    connection: &mut SqliteConnection,
    message: Uuid,
    rating: Option<&KeptRating>,
) -> Result<(), StoreError> {
    let Some(rating) = rating else { return Ok(()) };
    let thumb = rating.thumb.as_str();
    let reason = rating.reason.map(RatingReason::as_str);
    sqlx::query!(
        "
        insert into rating (
            message_id, thumb, reason, comment, with_texts, is_imported, day, rated_at
        )
        values (?, ?, ?, ?, 0, 1, 0, ?)
        on conflict (message_id) do nothing
        ",
        message,
        thumb,
        reason,
        rating.comment,
        rating.rated_at,
    )
    .execute(connection)
    .await?;
    Ok(())
}
