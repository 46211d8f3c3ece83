//! `hearth doctor`: what is there, what is usable, and the sentence that mends the rest.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    net::TcpListener,
    process::ExitCode,
};

use clap::Args;
use hearth_engine::loader::ModelFile;

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
    subject: &'static str,
    /// What is there, or what is wrong and how to mend it.
    state: Result<String, String>,
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
            Ok(text) => ("ok  ", text),
            Err(text) => ("FAIL", text),
        };
        writeln!(out, "{mark}  {subject:<9} {text}")?;
    }
    let healthy = findings.iter().all(|finding| finding.state.is_ok());
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn examine(config: &Config) -> anyhow::Result<Vec<Finding>> {
    let runtime = super::runtime()?;
    let finding = |subject, state| Finding { subject, state };
    Ok(vec![
        finding("processor", Ok(processor())),
        finding("memory", memory()),
        finding("data", data(config)),
        finding("database", runtime.block_on(database(config))),
        finding("model", model(config)),
        finding("port", port(config)),
    ])
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
