//! A link with which a person chooses a password. Its token stands in the fragment, which a browser
//! sends to nobody.

use hearth_app::model::AuditAction;

use super::account;
use crate::{
    accounts::{Accounts, LINK_HOURS},
    config::Config,
    data_folder::{self, Presence},
    serve::local_url,
    settings::SettingsBook,
    slow_work::SlowWork,
    store::{Author, Change, Store},
};

pub(super) async fn link(config: &Config, store: &Store, name: &str) -> anyhow::Result<String> {
    let (user, is_disabled) = account(store, name).await?;
    anyhow::ensure!(
        !is_disabled,
        "{0} is disabled, and no link lets {0} in: `hearth user enable` comes first",
        user.name
    );
    let settings = SettingsBook::open(store.clone()).await?;
    let transport = config.server.cookie_transport();
    let accounts = Accounts::new(
        store.clone(),
        settings,
        transport,
        None,
        SlowWork::default(),
    );
    let change = Change::by(Author::command_line(), AuditAction::MakeLink, &user.name);
    let token = accounts.make_link(user.id, &change).await?;
    let link = format!("{}/join#token={token}", address(config));
    Ok(format!(
        "{} chooses a password with this link, once, within {LINK_HOURS} hours:\n\n  {link}",
        user.name
    ))
}

/// Where people reach the server, as far as that is known here.
fn address(config: &Config) -> String {
    if let Some(address) = config.server.public_address() {
        return address;
    }
    // One that runs may listen elsewhere than the file says.
    let told = match data_folder::look(config) {
        Presence::Server(holder) => holder.address.parse().ok(),
        _ => None,
    };
    local_url(told.unwrap_or(config.server.listen))
}
