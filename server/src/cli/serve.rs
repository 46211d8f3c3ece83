//! `hearth serve`.

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Place, Running};
use crate::{
    config::{Config, Overrides},
    serve::{RunningServer, ServeOptions, Server},
};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    place: Place,
    /// Address and port, such as 0.0.0.0:8080.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    running: Running,
}

pub(super) fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(Overrides {
        listen: args.listen,
        ..args.running.overrides(&args.place)
    })?;
    crate::log::start(&config);
    let runtime = super::runtime().context("cannot start threads")?;
    let code = runtime.block_on(serve(config))?;
    // A blocking thread that hangs must not keep the process.
    runtime.shutdown_background();
    Ok(code)
}

async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    allow_many_connections();
    let models = config.models();
    let has_model = config.model().is_some();
    let server = tokio::select! {
        server = Server::start(ServeOptions::new(config)) => server?,
        // A copy before an upgrade may take a while; nothing is changed until it is there.
        () = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    greet(&server)?;
    if !has_model {
        writeln!(
            io::stdout(),
            "There is no model yet: put a .gguf file or a model directory into {} and start again.",
            models.display()
        )?;
    }
    signals.next().await;
    writeln!(io::stdout(), "Stopping; once more stops at once.")?;
    tokio::select! {
        () = server.shut_down() => Ok(ExitCode::SUCCESS),
        () = signals.next() => Ok(ExitCode::FAILURE),
    }
}

/// Takes as many file handles as the system gives: often it begins with 1,024, and each tab that
/// watches an answer is one.
fn allow_many_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::debug!(%error, "as many connections as before: {error}");
    }
}

fn greet(server: &RunningServer) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Hearth is at {}", server.url())?;
    if let Some(link) = server.set_up_link() {
        writeln!(
            out,
            "Nobody has an account yet. Make yours with this link, once:\n\n  {link}\n"
        )?;
        let local = server.local_set_up_link().filter(|local| *local != link);
        if let Some(local) = local {
            writeln!(out, "or with a browser on this machine:\n\n  {local}\n")?;
        }
    }
    out.flush()
}

/// SIGINT and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
