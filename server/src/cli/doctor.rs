//! `hearth doctor`: what is there, what is usable, and the sentence that mends the rest.

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
    serve::{check_writable, open_store},
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
    findings.extend([
        finding("device", chosen_device(config, &reports)),
        finding("data", data(config)),
        finding("database", runtime.block_on(database(config))),
        finding("model", model(config)),
        finding("port", port(config)),
    ]);
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
    let needed = file.map_or(0, |file| file.num_bytes() as u64);
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

fn data(config: &Config) -> Result<String, String> {
    let folder = config.data.display();
    let written = fs::create_dir_all(&config.data).and_then(|()| check_writable(&config.data));
    match written {
        Ok(()) => Ok(format!("{folder} is writable")),
        Err(error) => Err(format!(
            "{folder}: {error}. Make it writable, or choose another folder with --data"
        )),
    }
}

async fn database(config: &Config) -> Result<String, String> {
    let store = open_store(config)
        .await
        .map_err(|error| error.to_string())?;
    let accounts = store.accounts().await;
    store.close().await;
    let path = config.database();
    match accounts {
        Ok(accounts) => Ok(format!(
            "{} opens, {} accounts",
            path.display(),
            accounts.len()
        )),
        Err(error) => Err(format!("{}: {error}. Restore a backup", path.display())),
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

fn port(config: &Config) -> Result<String, String> {
    let address = config.server.listen;
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) => Err(format!(
            "{address}: {error}. End the program that uses it, or choose another with --listen"
        )),
    }
}
