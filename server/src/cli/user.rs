//! `hearth user add | reset-password | list`, beside a running server or without one.

use std::{
    io::{self, BufRead, IsTerminal as _, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use hearth_app::model::{User, UserId, UserRole};

use super::Place;
use crate::{
    accounts::{
        AccountName, now_ms,
        password::{Password, Passwords},
    },
    config::Config,
    data_folder::{open_for_reading, open_for_writing},
    slow_work::Asker,
    store::Store,
};

#[derive(Debug, Args)]
pub(super) struct UserArgs {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Makes an account; the password is read from standard input.
    Add {
        name: String,
        /// May see and change everything.
        #[arg(long)]
        administrator: bool,
    },
    /// Gives an account another password, read from standard input, and ends its sessions.
    ResetPassword { name: String },
    /// Lists all accounts.
    List,
}

pub(super) fn run(args: UserArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.place.overrides())?;
    super::runtime()?.block_on(async {
        let folder = match args.command {
            UserCommand::List => open_for_reading(&config).await?,
            UserCommand::Add { .. } | UserCommand::ResetPassword { .. } => {
                open_for_writing(&config).await?
            }
        };
        let store = &folder.store;
        let outcome = match args.command {
            UserCommand::Add {
                name,
                administrator,
            } => {
                let role = if administrator {
                    UserRole::Administrator
                } else {
                    UserRole::User
                };
                add(store, &name, role).await
            }
            UserCommand::ResetPassword { name } => reset_password(store, &name).await,
            UserCommand::List => list(store).await,
        };
        store.close().await;
        outcome
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn add(store: &Store, name: &str, role: UserRole) -> anyhow::Result<()> {
    let user = User {
        id: UserId::new(uuid::Uuid::now_v7()),
        name: AccountName::parse(name)?.as_str().to_owned(),
        role,
    };
    let hash = Passwords::default()
        .hash(Asker::Stranger, ask_password()?)
        .await?;
    store.insert_user(&user, &hash, now_ms()).await?;
    writeln!(io::stdout(), "{} may sign in.", user.name)?;
    Ok(())
}

async fn reset_password(store: &Store, name: &str) -> anyhow::Result<()> {
    let id = super::user_named(store, name).await?;
    let hash = Passwords::default()
        .hash(Asker::Stranger, ask_password()?)
        .await?;
    store.reset_password(id, &hash).await?;
    writeln!(
        io::stdout(),
        "{name} has another password, is signed out everywhere, and has no API keys any more."
    )?;
    Ok(())
}

async fn list(store: &Store) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for account in store.accounts().await? {
        let role = account.user.role.as_str();
        let disabled = if account.disabled { "  disabled" } else { "" };
        writeln!(out, "{}  {role}{disabled}", account.user.name)?;
    }
    Ok(())
}

/// Unseen and twice at a terminal, one line of a pipe otherwise.
fn ask_password() -> anyhow::Result<Password> {
    let line = if io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        let second = rpassword::prompt_password("The same again: ")?;
        anyhow::ensure!(first == second, "these were two different passwords");
        first
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        line
    };
    Ok(Password::parse(line.trim_end_matches(['\r', '\n']))?)
}
