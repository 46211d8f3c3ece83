//! `hearth user`: accounts without the page, beside a running server or without one. Whatever is
//! changed here stands in the log of the administration, as done on the command line.

mod changes;
mod link;
mod listing;

use std::{
    io::{self, BufRead, IsTerminal as _, Write},
    process::ExitCode,
};

use anyhow::ensure;
use clap::{Args, Subcommand, ValueEnum};
use hearth_app::model::{AccountChange, User, UserRole};

use super::Place;
use crate::{
    accounts::password::Password,
    config::Config,
    data_folder::{open_for_reading, open_for_writing},
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
    /// Lists all accounts.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Makes an account; the password is read from standard input.
    Add {
        name: String,
        /// May see and change everything.
        #[arg(long)]
        administrator: bool,
    },
    /// Keeps a person out: sessions end at once, answers that are being made within two seconds.
    Disable { name: String },
    /// Lets a person in again, with the same password.
    Enable { name: String },
    /// Gives an account another role, and ends its sessions.
    Role { name: String, role: Role },
    /// Gives an account another name; its sessions go on.
    Rename { name: String, new_name: String },
    /// Deletes an account with everything that is in it, for good.
    Delete {
        name: String,
        /// Asks nothing.
        #[arg(long)]
        yes: bool,
    },
    /// Prints a link with which a person chooses a password, once, within 24 hours.
    Link { name: String },
    /// Limits the tokens computed for a person in a day, whatever the settings say.
    Limit {
        name: String,
        /// A number, `default` for what the settings say, or `none`.
        limit: String,
    },
    /// Gives an account another password, read from standard input, and ends its sessions and keys.
    ResetPassword { name: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    User,
    Administrator,
}

impl Role {
    const fn change(self) -> AccountChange {
        match self {
            Self::User => AccountChange::MakeUser,
            Self::Administrator => AccountChange::MakeAdministrator,
        }
    }
}

pub(super) fn run(args: UserArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(args.place.overrides())?;
    if let UserCommand::Delete { name, yes: false } = &args.command {
        confirm(name)?;
    }
    let told = super::runtime()?.block_on(async {
        let folder = match args.command {
            UserCommand::List { .. } => open_for_reading(&config).await?,
            _ => open_for_writing(&config).await?,
        };
        let told = carry_out(args.command, &config, &folder.store).await;
        folder.store.close().await;
        told
    })?;
    writeln!(io::stdout(), "{}", told.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Does it; gives what is to be printed.
async fn carry_out(command: UserCommand, config: &Config, store: &Store) -> anyhow::Result<String> {
    match command {
        UserCommand::List { json } => listing::list(store, json).await,
        UserCommand::Add {
            name,
            administrator,
        } => {
            let role = if administrator {
                UserRole::Administrator
            } else {
                UserRole::User
            };
            changes::add(store, &name, role).await
        }
        UserCommand::Disable { name } => {
            changes::change(store, &name, AccountChange::Disable).await
        }
        UserCommand::Enable { name } => changes::change(store, &name, AccountChange::Enable).await,
        UserCommand::Role { name, role } => changes::change(store, &name, role.change()).await,
        UserCommand::Rename { name, new_name } => changes::rename(store, &name, &new_name).await,
        UserCommand::Delete { name, .. } => changes::delete(store, &name).await,
        UserCommand::Link { name } => link::link(config, store, &name).await,
        UserCommand::Limit { name, limit } => changes::limit(store, &name, &limit).await,
        UserCommand::ResetPassword { name } => changes::reset_password(store, &name).await,
    }
}

/// The account of this name, and whether it is disabled.
async fn account(store: &Store, name: &str) -> anyhow::Result<(User, bool)> {
    let id = super::user_named(store, name).await?;
    let found = store.account(id).await?;
    found.ok_or_else(|| anyhow::anyhow!("the account {name:?} has just gone"))
}

/// Somebody at a terminal types the name again; a script has to say that it means it.
fn confirm(name: &str) -> anyhow::Result<()> {
    ensure!(
        io::stdin().is_terminal(),
        "deleting {name:?} cannot be undone: say --yes where nobody can be asked"
    );
    let mut err = io::stderr();
    write!(
        err,
        "The account goes for good, with every conversation in it. Type its name to go on: "
    )?;
    err.flush()?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    ensure!(
        typed.trim() == name.trim(),
        "this was another name: nothing was deleted"
    );
    Ok(())
}

/// Unseen and twice at a terminal, one line of a pipe otherwise.
fn ask_password() -> anyhow::Result<Password> {
    let line = if io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        let second = rpassword::prompt_password("The same again: ")?;
        ensure!(first == second, "these were two different passwords");
        first
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        line
    };
    Ok(Password::parse(line.trim_end_matches(['\r', '\n']))?)
}
