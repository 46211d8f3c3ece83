//! What is loaded, what was used, and who changed what.

use hearth_app::{
    model::{
        ActiveModel, AuditEntry, BackupCounts, BackupOutcome, BackupReport, BackupSummary,
        ChatError, ModelSummary, UpkeepJob, UpkeepReport, UpkeepRun, UsageReport,
    },
    service::AuditPage,
};
use uuid::Uuid;

use super::{
    Administration,
    model_folder::{file_name, num_bytes},
    refused,
};
use crate::{
    calendar::{self, Calendar},
    chat::model_status,
    store::{Proof, StoredJob, now_ms, rows_of},
};

/// Entries of a page of the audit log.
const AUDIT_PAGE: u8 = 100;
/// Answers whose speed is looked at.
const SPEED_SAMPLES: i64 = 20;

impl Administration {
    pub(super) async fn model_summaries(&self) -> Result<Vec<ModelSummary>, ChatError> {
        let active = self.active_model().await?;
        let path = self.models.active();
        let mut summaries: Vec<ModelSummary> = self
            .models
            .files()
            .iter()
            .map(|file| ModelSummary {
                file: file_name(file),
                num_bytes: num_bytes(file),
                active: (*file == path).then(|| active.clone()),
                failure: self.models.failure(file),
            })
            .collect();
        if summaries.iter().all(|summary| summary.active.is_none()) {
            // Its file is gone, or it never had one; it may still answer.
            summaries.insert(
                0,
                ModelSummary {
                    file: file_name(&path),
                    num_bytes: 0,
                    active: Some(active),
                    failure: self.models.failure(&path),
                },
            );
        }
        Ok(summaries)
    }

    async fn active_model(&self) -> Result<ActiveModel, ChatError> {
        let engine = self.chat.engine();
        let status = model_status(&engine);
        let description = engine.description();
        let speeds = match engine.fingerprint() {
            Some(fingerprint) => self.store.last_speeds(&fingerprint, SPEED_SAMPLES).await,
            None => Ok(Vec::new()),
        };
        Ok(ActiveModel {
            name: engine.model_name(),
            state: status.state,
            weight_bytes: description.as_ref().map_or(0, |it| it.weight_bytes),
            context_window: engine
                .context_window()
                .and_then(|window| u64::try_from(window).ok()),
            tokens_per_second: median(speeds.map_err(refused)?),
            format: description
                .as_ref()
                .map(|it| it.format.clone())
                .unwrap_or_default(),
            device: description.map(|it| it.device).unwrap_or_default(),
        })
    }

    pub(super) async fn usage_report(&self, num_days: u32) -> Result<UsageReport, ChatError> {
        let days = self.store.days();
        let first_day = days.number(now_ms()) - i64::from(num_days) + 1;
        let rows = self.store.usage_since(first_day).await.map_err(refused)?;
        Ok(UsageReport {
            dates: (0..i64::from(num_days))
                .map(|day| calendar::date_of_day(first_day + day))
                .collect(),
            first_day,
            zone: days.zone_name(),
            rows,
        })
    }

    pub(super) async fn audit_page(&self, before: Option<String>) -> Result<AuditPage, ChatError> {
        let before = before.filter(|text| !text.is_empty());
        let before = before.map(|text| Uuid::parse_str(&text)).transpose();
        let before =
            before.map_err(|_| ChatError::Invalid("there is no such entry".to_owned().into()))?;
        // One more tells whether anything is older.
        let changes = self.store.changes(before, i64::from(AUDIT_PAGE) + 1).await;
        let changes = changes.map_err(refused)?;
        let num_shown = usize::from(AUDIT_PAGE);
        let has_older = changes.len() > num_shown;
        let calendar = Calendar::of_viewer();
        let entries = changes
            .into_iter()
            .take(num_shown)
            .map(|stored| AuditEntry {
                cursor: stored.id.to_string(),
                time: calendar.local_time(stored.created_at),
                user_name: stored.change.by_name,
                action: stored.change.action,
                subject: stored.change.subject,
                old: stored.change.old,
                new: stored.change.new,
            });
        Ok(AuditPage {
            entries: entries.collect(),
            has_older,
        })
    }

    pub(super) async fn upkeep_reports(&self) -> Result<Vec<UpkeepReport>, ChatError> {
        let stored = self.store.upkeep_jobs().await.map_err(refused)?;
        let calendar = Calendar::of_viewer();
        let run = |it: &StoredJob| UpkeepRun {
            time: calendar.local_time(it.last.ran_at),
            num_removed: it.last.num_removed,
            total_removed: it.total_removed,
            error: it.last.error.clone(),
        };
        let report = |job| UpkeepReport {
            job,
            last: stored.iter().find(|it| it.last.job == job).map(run),
        };
        Ok(UpkeepJob::ALL.map(report).to_vec())
    }

    pub(super) fn backup_report(&self) -> BackupReport {
        let (listed, problem) = match self.backups.list() {
            Ok(listed) => (listed, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let calendar = Calendar::of_viewer();
        let copies = listed.into_iter().map(|copy| BackupSummary {
            kind: copy.kind,
            time: calendar.local_time(copy.made_at),
            file: file_name(&copy.path),
            num_bytes: copy.num_bytes,
        });
        let last = self.backups.last().map(|last| BackupOutcome {
            kind: last.kind,
            time: calendar.local_time(last.begun_at),
            made: last.made.map(|made| counts(&made.proof)),
        });
        let (num_nights, at) = self.backups.schedule();
        BackupReport {
            folder: self.backups.folder().display().to_string(),
            num_nights,
            at: at.to_string(),
            is_being_made: self.backups.is_being_made(),
            last,
            copies: copies.collect(),
            problem,
        }
    }
}

fn counts(proof: &Proof) -> BackupCounts {
    let rows = |table| rows_of(&proof.tables, table);
    BackupCounts {
        num_accounts: rows("user"),
        num_conversations: rows("conversation"),
        num_messages: rows("message"),
    }
}

/// The middle one, the lower of two; nothing of nothing.
fn median(mut numbers: Vec<f32>) -> Option<f32> {
    numbers.sort_by(f32::total_cmp);
    let middle = numbers.len().checked_sub(1)? / 2;
    numbers.get(middle).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_lower_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![9.0, 1.0, 5.0, 3.0]), Some(3.0));
    }
}
