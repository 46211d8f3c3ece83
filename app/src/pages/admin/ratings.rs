//! What people say of answers: how many of which, and what they wrote. Nobody is told who.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::usage::periods;
use crate::{
    model::{
        ChatError, Drawing, RatingComment, RatingCount, RatingReport, SentTexts, Thumb, UsagePeriod,
    },
    pages::{
        card::{Head, empty},
        drawn::settled,
        told::Told,
    },
    service::administration_service,
    words::{
        Locale, day_of_month, full_moment, grouped, moment, rating_reason, use_locale, words,
        zone_name,
    },
};

/// Thumbs that point up, and thumbs that point down.
#[derive(Clone, Copy, Default)]
struct Thumbs {
    up: u64,
    down: u64,
}

impl Thumbs {
    fn add(&mut self, count: &RatingCount) {
        match count.thumb {
            Thumb::Up => self.up += count.number,
            Thumb::Down => self.down += count.number,
        }
    }
}

/// Numbers by model, reason and day of the last days, and the newest comments.
pub(super) async fn draw(told: &Told) -> Result<Drawing, ChatError> {
    let period = told.get("days").and_then(|it| UsagePeriod::of_days(&it));
    let period = period.unwrap_or_default();
    let report = administration_service().ratings(period.num_days()).await?;
    let locale = use_locale();
    let head = Head::new(words!(locale, admin.ratings));
    let zone = zone_name(&report.zone).to_owned();
    let head = head.lead(words!(locale, admin.ratings_lead, zone = zone));
    let head = head.end(periods(locale, period, "/admin/ratings"));
    if report.counts.is_empty() {
        return Ok(settled(
            head.section(empty(words!(locale, admin.no_ratings))),
        ));
    }
    let models = by_model(locale, &report.counts);
    let reasons = by_reason(locale, &report.counts);
    let days = by_day(locale, &report);
    let comments = comments(locale, report.comments);
    Ok(settled(view! {
        {head.section(view! { {models} {days} })}
        {reasons}
        {comments}
    }))
}

/// A table of names and numbers.
fn table(columns: Vec<&'static str>, rows: Vec<(String, Vec<u64>)>) -> AnyView {
    let heading = |(place, name): (usize, &'static str)| {
        let class = (place > 0).then_some("number");
        view! { <th scope="col" class=class>{name}</th> }
    };
    let headings: Vec<_> = columns.into_iter().enumerate().map(heading).collect();
    let number = |number: u64| view! { <td class="number">{grouped(number)}</td> };
    let row = |(name, numbers): (String, Vec<u64>)| {
        let numbers: Vec<_> = numbers.into_iter().map(number).collect();
        view! { <tr><th scope="row" dir="auto">{name}</th>{numbers}</tr> }
    };
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    view! {
        <div class="setting table-box" tabindex="0">
            <table class="data-table plain">
                <thead><tr>{headings}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn by_model(locale: Locale, counts: &[RatingCount]) -> AnyView {
    let mut models: BTreeMap<String, Thumbs> = BTreeMap::new();
    for count in counts {
        let name = model_name(locale, count.model.clone());
        models.entry(name).or_default().add(count);
    }
    let rows = models.into_iter();
    let rows = rows.map(|(name, it)| (name, vec![it.up, it.down]));
    let columns = vec![
        words!(locale, frame.model),
        words!(locale, chat.good_answer),
        words!(locale, chat.bad_answer),
    ];
    table(columns, rows.collect())
}

fn by_day(locale: Locale, report: &RatingReport) -> AnyView {
    let row = |(place, date): (usize, &String)| {
        let day = report.first_day + i64::try_from(place).unwrap_or_default();
        let mut thumbs = Thumbs::default();
        for count in report.counts.iter().filter(|it| it.day == day) {
            thumbs.add(count);
        }
        (day_of_month(locale, date), vec![thumbs.up, thumbs.down])
    };
    let rows = report.dates.iter().enumerate().map(row).collect();
    let columns = vec![
        words!(locale, admin.day),
        words!(locale, chat.good_answer),
        words!(locale, chat.bad_answer),
    ];
    view! {
        <details class="by-day">
            <summary class="quiet-button">{words!(locale, admin.by_day)}</summary>
            {table(columns, rows)}
        </details>
    }
    .into_any()
}

/// What was wrong with answers, where somebody chose a reason.
fn by_reason(locale: Locale, counts: &[RatingCount]) -> Option<AnyView> {
    let mut reasons = BTreeMap::new();
    for count in counts {
        if let Some(reason) = count.reason {
            *reasons.entry(reason).or_insert(0) += count.number;
        }
    }
    if reasons.is_empty() {
        return None;
    }
    let rows = reasons.into_iter();
    let rows =
        rows.map(|(reason, number)| (rating_reason(locale, reason).to_owned(), vec![number]));
    let columns = vec![words!(locale, admin.reason), words!(locale, admin.answers)];
    let table = table(columns, rows.collect());
    Some(Head::new(words!(locale, admin.reasons)).section(table))
}

fn comments(locale: Locale, comments: Vec<RatingComment>) -> Option<AnyView> {
    if comments.is_empty() {
        return None;
    }
    let head = Head::new(words!(locale, admin.comments));
    let head = head.lead(words!(locale, admin.comments_lead));
    let rows: Vec<_> = comments.into_iter().map(|it| comment(locale, it)).collect();
    Some(head.section(view! { <ul class="setting log">{rows}</ul> }))
}

fn comment(locale: Locale, it: RatingComment) -> AnyView {
    let (time, full) = (moment(locale, it.time), full_moment(locale, it.time));
    let reason = it.reason.map(|reason| {
        view! { <span class="badge">{rating_reason(locale, reason)}</span> }
    });
    let model = model_name(locale, it.model);
    let said = (!it.comment.is_empty()).then(|| view! { <p dir="auto">{it.comment}</p> });
    view! {
        <li>
            <span class="log-time" title=full>{time}</span>
            <div class="rating-comment">
                <p><strong dir="auto">{model}</strong> " " {reason}</p>
                {said}
                {it.texts.map(|texts| sent_texts(locale, texts))}
            </div>
        </li>
    }
    .into_any()
}

/// What its person sent along, folded.
fn sent_texts(locale: Locale, texts: SentTexts) -> AnyView {
    view! {
        <details>
            <summary class="quiet-button">{words!(locale, admin.sent_texts)}</summary>
            <p class="label">{words!(locale, admin.question)}</p>
            <p class="sent-text" dir="auto">{texts.question}</p>
            <p class="label">{words!(locale, admin.answer)}</p>
            <p class="sent-text" dir="auto">{texts.answer}</p>
        </details>
    }
    .into_any()
}

fn model_name(locale: Locale, name: Option<String>) -> String {
    name.unwrap_or_else(|| words!(locale, admin.unknown_model).to_owned())
}
