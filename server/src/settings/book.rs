//! The settings in memory and in the database, changed together.

use std::sync::Arc;

use hearth_app::{
    model::{AuditAction, Banner, Language, Setting, SettingName, User},
    service::{RefusedForm, SettingChange},
};
use tokio::sync::{Mutex, watch};

use super::{ServerSettings, SettingError};
use crate::{
    accounts::Unshown,
    store::{Change, SettingRow, Store, StoreError, now_ms},
};

/// Why a setting was not saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveSettingError {
    #[error(transparent)]
    Refused(#[from] SettingError),
    /// Somebody else was faster; this is what holds now.
    #[error("somebody else changed this setting meanwhile; it is now: {value}")]
    Outdated { value: String, version: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why several settings were not saved; none of them was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveSettingsError {
    /// What is wrong with each that cannot be saved.
    #[error("{} settings were refused", .0.len())]
    Refused(Vec<(SettingName, SaveSettingError)>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug)]
struct Page {
    settings: Arc<ServerSettings>,
    /// As many as there are names, in their order.
    versions: Vec<i64>,
}

/// All settings. Reading never waits for the database.
#[derive(Debug)]
pub struct SettingsBook {
    store: Store,
    page: watch::Sender<Page>,
    /// Two changes at once must not overtake each other between database and memory.
    writing: Mutex<()>,
    /// Forms that were refused, until a page gives them back to whoever filled them in.
    refused: Unshown<RefusedForm>,
}

impl SettingsBook {
    /// Reads the settings. What an older or newer program stored and this one refuses is left at
    /// its default, with a line in the log.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn open(store: Store) -> Result<Arc<Self>, StoreError> {
        let mut settings = ServerSettings::default();
        let mut versions = vec![0; SettingName::ALL.len()];
        for row in store.settings().await? {
            let Ok(name) = row.name.parse::<SettingName>() else {
                tracing::warn!(setting = row.name, "an unknown setting is left alone");
                continue;
            };
            versions[place(name)] = row.version;
            if let Err(error) = settings.set(name, &row.value) {
                tracing::warn!(%error, "a stored setting is not used: {error}");
            }
        }
        let (page, _) = watch::channel(Page {
            settings: Arc::new(settings),
            versions,
        });
        Ok(Arc::new(Self {
            store,
            page,
            writing: Mutex::default(),
            refused: Unshown::default(),
        }))
    }

    /// What holds now.
    pub fn current(&self) -> Arc<ServerSettings> {
        Arc::clone(&self.page.borrow().settings)
    }

    /// All settings as forms show them.
    pub fn all(&self) -> Vec<Setting> {
        let page = self.page.borrow();
        let names = SettingName::ALL.iter().zip(&page.versions);
        names
            .map(|(&name, &version)| Setting {
                name,
                value: page.settings.get(name),
                version,
                zone: self.zone_of(name),
            })
            .collect()
    }

    /// The banner for readers of this language, unless this very one was put away.
    pub fn banner(&self, language: Language, dismissed: Option<&str>) -> Option<Banner> {
        const NAMES: [SettingName; 4] = [
            SettingName::BannerLevel,
            SettingName::BannerEn,
            SettingName::BannerZh,
            SettingName::BannerDismissible,
        ];
        let page = self.page.borrow();
        let settings = &page.settings;
        let text = settings.banner.choose(language == Language::Chinese);
        // Whatever is changed makes another banner.
        let versions = NAMES.map(|name| page.versions[place(name)].to_string());
        let dismissal = settings.is_banner_dismissible.then(|| versions.join("-"));
        let is_put_away = dismissal.is_some() && dismissal.as_deref() == dismissed;
        (!text.is_empty() && !is_put_away).then(|| Banner {
            level: settings.banner_level,
            text: text.to_owned(),
            dismissal,
        })
    }

    /// What readers of this language may begin with; empty: what comes with the program.
    pub fn starters(&self, language: Language) -> Vec<String> {
        let settings = self.current();
        let lines = match language {
            Language::English => &settings.starters.en,
            Language::Chinese => &settings.starters.zh,
        };
        lines.lines().map(str::to_owned).collect()
    }

    /// Changes settings, all or none of them, if they still have the versions that the changes were
    /// made from.
    ///
    /// # Errors
    /// What is wrong with each; nothing was changed then.
    pub async fn save_all(
        &self,
        by: &User,
        changes: &[SettingChange],
    ) -> Result<Vec<Setting>, SaveSettingsError> {
        let _one_at_a_time = self.writing.lock().await;
        let old = self.current();
        let mut new = ServerSettings::clone(&old);
        let mut refused = Vec::new();
        for change in changes {
            if let Err(error) = self.put(&mut new, &old, change) {
                refused.push((change.name, error));
            }
        }
        if !refused.is_empty() {
            return Err(SaveSettingsError::Refused(refused));
        }
        let rows: Vec<(SettingRow, Change)> = changes
            .iter()
            .map(|change| row(by, &old, &new, change))
            .collect();
        self.store.save_settings(&rows).await?;
        let saved = changes.iter().zip(&rows).map(|(change, (row, _))| Setting {
            name: change.name,
            value: row.value.clone(),
            version: row.version,
            zone: self.zone_of(change.name),
        });
        let saved = saved.collect();
        self.page.send_modify(|page| {
            page.settings = Arc::new(new);
            for change in changes {
                page.versions[place(change.name)] = change.version + 1;
            }
        });
        Ok(saved)
    }

    /// Puts a change into the settings, if it may be made.
    fn put(
        &self,
        new: &mut ServerSettings,
        old: &ServerSettings,
        change: &SettingChange,
    ) -> Result<(), SaveSettingError> {
        new.set(change.name, &change.value)?;
        let held = self.page.borrow().versions[place(change.name)];
        if held != change.version {
            return Err(SaveSettingError::Outdated {
                value: old.get(change.name),
                version: held,
            });
        }
        Ok(())
    }

    /// Keeps what somebody filled in until a page gives it back.
    pub fn keep_refused(&self, by: &User, form: RefusedForm) {
        self.refused.put(by.id, form, now_ms());
    }

    /// The form of this person that was refused last, if no page has given it back yet.
    pub fn take_refused(&self, by: &User) -> Option<RefusedForm> {
        self.refused.take(by.id, now_ms())
    }

    /// What a setting that counts by days needs to be understood.
    fn zone_of(&self, name: SettingName) -> Option<String> {
        (name == SettingName::TokensPerDay).then(|| self.store.days().zone_name())
    }
}

/// What a change writes down.
fn row(
    by: &User,
    old: &ServerSettings,
    new: &ServerSettings,
    change: &SettingChange,
) -> (SettingRow, Change) {
    let name = change.name;
    let row = SettingRow {
        name: name.to_string(),
        value: new.get(name),
        version: change.version + 1,
    };
    let change = Change {
        old: old.get(name),
        new: row.value.clone(),
        ..Change::by(by, AuditAction::ChangeSetting, name.as_str())
    };
    (row, change)
}

/// Where a name stands among all of them.
fn place(name: SettingName) -> usize {
    let found = SettingName::ALL.iter().position(|&it| it == name);
    found.expect("invariant: ALL holds every name")
}
