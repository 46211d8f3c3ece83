//! `hearth doctor`: what is there, what is usable, and the sentence that mends the rest. It changes
//! nothing, whether a server runs or not.

mod backups;
mod uploads;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    net::TcpListener,
    process::ExitCode,
};

use clap::Args;
use hearth_engine::{
    device::{self, DeviceId, DeviceReport, SystemProbe},
    loader::ModelFile,
};

use super::Place;
use crate::{
    config::Config,
    data_folder::{self, Presence},
    store::{OpenStoreError, Store, now_ms, program_schema},
};

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    place: Place,
    /// Prints the effective settings and nothing else.
    #[arg(long = "effective-config")]
    effective_config: bool,
    /// Prints an example of hearth.toml and nothing else.
    #[arg(long)]
    example_config: bool,
}

/// One line of the report.
struct Finding {
    subject: String,
    state: State,
}

enum State {
    /// What is there.
    Fine(String),
    /// What could be there, why it is not, and what to do about it. Hearth runs without it.
    Absent(String),
    /// What works and should not stay as it is.
    Risky(String),
    /// What is wrong and how to mend it.
    Broken(String),
}

pub(super) fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if args.example_config {
        write!(out, "{}", Config::example())?;
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load(args.place.overrides())?;
    if args.effective_config {
        write!(out, "{}", config.effective())?;
        return Ok(ExitCode::SUCCESS);
    }
    let findings = examine(&config)?;
    for Finding { subject, state } in &findings {
        let (mark, text) = match state {
            State::Fine(text) => ("ok  ", text),
            State::Absent(text) => ("--  ", text),
            State::Risky(text) => ("warn", text),
            State::Broken(text) => ("FAIL", text),
        };
        writeln!(out, "{mark}  {subject:<9} {text}")?;
    }
    let is_broken = |finding: &Finding| matches!(finding.state, State::Broken(_));
    Ok(if findings.iter().any(is_broken) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn examine(config: &Config) -> anyhow::Result<Vec<Finding>> {
    let runtime = super::runtime()?;
    let finding = |subject: &str, state: Result<String, String>| Finding {
        subject: subject.to_owned(),
        state: state.map_or_else(State::Broken, State::Fine),
    };
    let reports = device::examine(&SystemProbe);
    let mut findings = vec![
        finding("processor", Ok(processor())),
        finding("memory", memory()),
    ];
    findings.extend(reports.iter().filter_map(card));
    let of = |subject: &str, state| Finding {
        subject: subject.to_owned(),
        state,
    };
    let presence = data_folder::look(config);
    findings.extend([
        finding("device", chosen_device(config, &reports)),
        of("data", data(config)),
        of("database", runtime.block_on(database(config, &presence))),
        of("backups", backups::examine(config, now_ms())),
        of("uploads", uploads::examine(config)),
        finding("model", model(config)),
        of("server", server(config, presence)),
    ]);
    let risks = data_folder::too_open(config);
    findings.extend(
        risks
            .into_iter()
            .map(|risk| of("privacy", State::Risky(risk))),
    );
    Ok(findings)
}

/// A card, or why there is none; the processor has a line of its own.
fn card(report: &DeviceReport) -> Option<Finding> {
    if report.id == DeviceId::Cpu {
        return None;
    }
    let name = &report.name;
    let memory = report.memory.map(|bytes| format!(", {} MiB", bytes >> 20));
    let memory = memory.unwrap_or_default();
    let state = match &report.problem {
        Some(problem) => State::Absent(format!("{name}{memory}: {problem}; {}", problem.remedy())),
        None if report.is_software => {
            State::Fine(format!("{name}: in software, used only if it is named"))
        }
        None => State::Fine(format!("{name}{memory}: a kernel has run")),
    };
    Some(Finding {
        subject: report.id.to_string(),
        state,
    })
}

/// What `--device` comes to with the configured model.
fn chosen_device(config: &Config, reports: &[DeviceReport]) -> Result<String, String> {
    let file = config.model().and_then(|path| ModelFile::open(&path).ok());
    let needed = file.map_or(0, |file| file.loaded_bytes(config.engine.weights));
    let engine = &config.engine;
    let chosen = device::choose(&engine.device, engine.parallel, reports, needed);
    chosen
        .map(|chosen| chosen.reason)
        .map_err(|error| error.to_string())
}

fn processor() -> String {
    let features = cpu_features();
    let features = match features.as_slice() {
        [] => "no vector instructions that are used".to_owned(),
        features => features.join(", "),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{} physical cores, {threads} threads; {features}",
        physical_cores(threads)
    )
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<&'static str> {
    let found = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
    ];
    found
        .into_iter()
        .filter(|(_, found)| *found)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}

/// Different (package, core) pairs where Linux tells them, else all threads.
fn physical_cores(threads: usize) -> usize {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |block: &str, name: &str| {
        let line = block.lines().find(|line| line.starts_with(name))?;
        line.split_once(':')
            .map(|(_, value)| value.trim().to_owned())
    };
    let cores: BTreeSet<_> = text
        .split("\n\n")
        .filter_map(|block| Some((field(block, "physical id")?, field(block, "core id")?)))
        .collect();
    match cores.len() {
        0 => threads,
        cores => cores.min(threads),
    }
}

fn memory() -> Result<String, String> {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let (Some(total), Some(free)) = (kilobytes("MemTotal:"), kilobytes("MemAvailable:")) else {
        return Ok("this system does not say".into());
    };
    let text = format!("{} MiB, {} MiB available", total / 1024, free / 1024);
    if free < 512 * 1024 {
        return Err(format!(
            "{text}: end other programs, a small model needs 512 MiB"
        ));
    }
    Ok(text)
}

/// Whether the folder may be written to, as far as its permissions say.
fn data(config: &Config) -> State {
    let folder = config.data.display();
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    match rustix::fs::access(config.data.as_path(), access) {
        Ok(()) => State::Fine(format!("{folder} is writable")),
        Err(rustix::io::Errno::NOENT) => State::Absent(format!(
            "{folder} is not there yet: `hearth serve` makes it"
        )),
        Err(error) => State::Broken(format!(
            "{folder}: {error}. Make it writable, or choose another folder with --data"
        )),
    }
}

async fn database(config: &Config, presence: &Presence) -> State {
    let path = config.database();
    let shown = path.display();
    if !path.metadata().is_ok_and(|file| file.len() > 0) {
        return State::Absent(format!("{shown} is not there yet: `hearth serve` makes it"));
    }
    let is_in_use = !matches!(presence, Presence::Nobody);
    let store = match Store::open_read_only(&path, is_in_use).await {
        Ok(store) => store,
        Err(error @ OpenStoreError::Older { .. }) => {
            return State::Risky(format!("{error}: `hearth serve` brings it up to date"));
        }
        Err(error) => return State::Broken(error.to_string()),
    };
    let accounts = store.accounts().await;
    store.close().await;
    let schema = program_schema();
    match accounts {
        Ok(accounts) => State::Fine(format!(
            "{shown} opens, schema {schema}, {} accounts",
            accounts.len()
        )),
        Err(error) => State::Broken(format!("{shown}: {error}. Restore a backup")),
    }
}

fn model(config: &Config) -> Result<String, String> {
    let Some(path) = config.model() else {
        let folder = config.models();
        return Err(format!(
            "none: put a .gguf file or a model directory into {}",
            folder.display()
        ));
    };
    let shown = path.display();
    match ModelFile::open(&path) {
        Ok(file) => Ok(format!("{shown}, {} MiB", file.num_bytes() >> 20)),
        Err(error) => Err(format!("{error}. Choose another one with --model")),
    }
}

/// The server that runs, or whether one could.
fn server(config: &Config, presence: Presence) -> State {
    match presence {
        Presence::Server(holder) => State::Fine(format!("running: {holder}")),
        Presence::Somebody => State::Fine("starting, or a command is at work".to_owned()),
        Presence::Unknown(error) => State::Risky(data_folder::cannot_lock(config, &error)),
        Presence::Nobody => port(config),
    }
}

fn port(config: &Config) -> State {
    let address = config.server.listen;
    match TcpListener::bind(address) {
        Ok(_) => State::Fine(format!("not running; {address} is free")),
        Err(error) => State::Broken(format!(
            "not running, and {address}: {error}. \
             End the program that uses it, or choose another with --listen"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::SystemTime};

    use super::*;

    fn everything(folder: &Path) -> Vec<(String, Vec<u8>, SystemTime)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let changed = entry.metadata().unwrap().modified().unwrap();
            let content = fs::read(&path).unwrap_or_default();
            found.push((path.display().to_string(), content, changed));
            found.extend(everything(&path));
        }
        found.sort();
        found
    }

    fn text<'a>(findings: &'a [Finding], subject: &str) -> &'a str {
        let mut of = findings.iter().filter(|found| found.subject == subject);
        match &of.next().unwrap().state {
            State::Fine(text) | State::Absent(text) | State::Risky(text) | State::Broken(text) => {
                text
            }
        }
    }

    #[test]
    fn a_look_at_a_folder_changes_nothing_and_says_whether_a_server_runs() {
        let place = tempfile::tempdir().unwrap();
        let mut config = Config::new(place.path().join("data"));
        config.server.listen = ([127, 0, 0, 1], 0).into();
        let findings = examine(&config).unwrap();
        assert!(text(&findings, "data").contains("is not there yet"));
        assert!(text(&findings, "database").contains("is not there yet"));
        assert!(text(&findings, "uploads").contains("is not there yet"));
        assert!(everything(place.path()).is_empty());

        let runtime = super::super::runtime().unwrap();
        let lock = runtime.block_on(async {
            let lock = data_folder::occupy(&config).await.unwrap();
            data_folder::open(&config).await.unwrap().close().await;
            lock
        });
        lock.tell(([127, 0, 0, 1], 4321).into());
        let before = everything(place.path());
        let findings = examine(&config).unwrap();
        assert!(text(&findings, "server").starts_with("running: the server at 127.0.0.1:4321"));
        assert!(text(&findings, "database").ends_with("0 accounts"));
        assert!(text(&findings, "uploads").starts_with("0 files"));
        assert_eq!(everything(place.path()), before);
        drop(lock);
        let before = everything(place.path());
        let findings = examine(&config).unwrap();
        assert!(text(&findings, "server").starts_with("not running"));
        assert_eq!(everything(place.path()), before);
    }
}
