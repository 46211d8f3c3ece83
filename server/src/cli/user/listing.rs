//! `hearth user list`.

use std::fmt::Write as _;

use hearth_app::model::TokenLimit;

use crate::{
    export::Timestamp,
    store::{Account, Store},
};

pub(super) async fn list(store: &Store, as_json: bool) -> anyhow::Result<String> {
    let accounts = store.accounts().await?;
    if as_json {
        let objects: Vec<_> = accounts.iter().map(object).collect();
        return Ok(serde_json::to_string_pretty(&objects)?);
    }
    let mut text = String::new();
    for account in &accounts {
        let role = account.user.role.as_str();
        let disabled = if account.disabled { "  disabled" } else { "" };
        let limit = match account.token_limit {
            TokenLimit::Default => String::new(),
            limit => format!("  tokens a day: {limit}"),
        };
        writeln!(text, "{}  {role}{disabled}{limit}", account.user.name)?;
    }
    Ok(text)
}

fn object(account: &Account) -> serde_json::Value {
    serde_json::json!({
        "id": account.user.id,
        "name": account.user.name,
        "role": account.user.role.as_str(),
        "disabled": account.disabled,
        "tokens_per_day": account.token_limit.to_string(),
        "created_at": Timestamp::from_ms(account.created_at).to_string(),
    })
}
