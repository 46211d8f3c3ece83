//! Compares with llama.cpp: same file, same number of threads, taking turns.
//!
//! The two programs alternate in processes of their own, so a machine that slows down or warms up
//! does so for both. Medians are compared, never best runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;

use crate::tally::Tally;
use crate::wasm::{self, Choice};
use crate::workspace::Workspace;
use crate::{model, process, run};

/// The release of llama.cpp's Python binding that is compared with.
const PEER: &str = "llama-cpp-python==0.3.36";

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// A GGUF file; the small test model if left out.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Threads of each program.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Tokens of the prompt.
    #[arg(long, default_value_t = 512)]
    prompt_tokens: u32,
    /// Tokens of the answer.
    #[arg(long, default_value_t = 128)]
    generate_tokens: u32,
    /// How often each program runs.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(3..))]
    rounds: u32,
    /// Measure Hearth alone.
    #[arg(long)]
    alone: bool,
    /// Instead: so many chats at once, over HTTP, see xtask/bench/chats.py.
    #[arg(long)]
    chats: Option<u32>,
    /// A `llama-server` that takes turns with Hearth's.
    #[arg(long, requires = "chats")]
    peer_server: Option<PathBuf>,
    /// Instead: what a database of 10,000 conversations costs the server, see
    /// tests/benches/store.rs. Fails if a goal is missed.
    #[arg(long, conflicts_with_all = ["chats", "model", "alone"])]
    store: bool,
    /// Instead: what such a database costs the page, beside an empty one, see
    /// tests/benches/page.rs. Fails if a goal is missed.
    #[arg(long, conflicts_with_all = ["chats", "model", "alone", "store"])]
    page: bool,
}

/// What both programs print as JSON; other fields are ignored.
#[derive(Clone, Copy, Deserialize)]
struct Measurement {
    prefill_tokens_per_s: f64,
    decode_tokens_per_s: f64,
}

/// Measures and prints medians and ratios.
///
/// # Errors
/// If something does not build, or a program prints no measurement.
pub(crate) fn bench(workspace: &Workspace, choice: Choice, options: &Options) -> Result<()> {
    if options.store {
        return with_large_database(workspace, "store");
    }
    if options.page {
        return with_large_database(workspace, "page");
    }
    let model = match &options.model {
        Some(model) => model.clone(),
        None => model::provide_for_tests(workspace)?,
    };
    let hearth = run::build(workspace, &wasm::provide(choice)?)?;
    if let Some(chats) = options.chats {
        return many_chats(workspace, options, chats, (&hearth, &model));
    }
    let python = if options.alone {
        None
    } else {
        Some(provide_peer(workspace)?)
    };

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        process::announce(&format!("round {round} of {}", options.rounds));
        let mut command = Command::new(&hearth);
        command.args(["bench", "--json", "--device", "cpu", "--prompt-tokens"]);
        command.arg(options.prompt_tokens.to_string());
        command.arg("--generate-tokens");
        command.arg(options.generate_tokens.to_string());
        ours.push(measure(&mut command, &model, options)?);
        if let Some(python) = &python {
            let script = workspace.root().join("xtask/bench/llama_cpp_speed.py");
            let mut command = Command::new(python);
            // Once a process: the rounds are what is repeated.
            command.arg(script).args(["--repeat", "1", "--prefill"]);
            command.arg(options.prompt_tokens.to_string());
            command.arg("--decode");
            command.arg(options.generate_tokens.to_string());
            theirs.push(measure(&mut command, &model, options)?);
        }
    }
    report(&ours, &theirs);
    Ok(())
}

/// What a large database costs the server and the page, as two checks: of the night, because they
/// take minutes and want the machine for themselves.
pub(crate) fn large_databases(workspace: &Workspace) -> Tally {
    let mut tally = Tally::default();
    for name in ["store", "page"] {
        process::announce(&format!("a database of 10,000 conversations: {name}"));
        tally += Tally::of(with_large_database(workspace, name));
    }
    tally
}

/// In the profile of the tests, which is compiled already.
fn with_large_database(workspace: &Workspace, name: &str) -> Result<()> {
    let mut command = process::cargo(workspace);
    command.arg("bench").args(process::PRODUCT);
    process::run(command.args(["--profile", "dev", "--bench", name]))
}

fn many_chats(
    workspace: &Workspace,
    options: &Options,
    chats: u32,
    (hearth, model): (&Path, &Path),
) -> Result<()> {
    let mut command = Command::new("python3");
    command.arg(workspace.root().join("xtask/bench/chats.py"));
    command.arg("--hearth").arg(hearth);
    command.arg("--model").arg(model);
    for (name, value) in [
        ("--chats", chats.to_string()),
        ("--threads", options.threads.to_string()),
        ("--rounds", options.rounds.to_string()),
    ] {
        command.args([name, &value]);
    }
    if let Some(server) = &options.peer_server {
        command.arg("--peer").arg(server);
    }
    process::run(&mut command)
}

fn measure(command: &mut Command, model: &Path, options: &Options) -> Result<Measurement> {
    let threads = options.threads.to_string();
    let text = process::output(
        command
            .arg("--model")
            .arg(model)
            .args(["--threads", &threads]),
    )?;
    let json = text.trim().lines().last().unwrap_or_default();
    // A program may print the object on one line or on many.
    let measured: Measurement = serde_json::from_str(json)
        .or_else(|_| serde_json::from_str(&text))
        .with_context(|| format!("no measurement in: {}", text.trim()))?;
    process::note(&format!(
        "{:>8.1} prefill, {:>8.1} decode tokens/s  ({})",
        measured.prefill_tokens_per_s,
        measured.decode_tokens_per_s,
        command.get_program().to_string_lossy()
    ));
    Ok(measured)
}

fn report(ours: &[Measurement], theirs: &[Measurement]) {
    for (what, value) in [
        (
            "prefill",
            (|it| it.prefill_tokens_per_s) as fn(&Measurement) -> f64,
        ),
        ("decode", |it| it.decode_tokens_per_s),
    ] {
        let Some(hearth) = median(ours.iter().map(value)) else {
            continue;
        };
        match median(theirs.iter().map(value)) {
            Some(peer) => println!(
                "{what}: hearth {hearth:.1} tokens/s, llama.cpp {peer:.1} tokens/s, ratio {:.2}",
                hearth / peer
            ),
            None => println!("{what}: hearth {hearth:.1} tokens/s"),
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

/// Python with llama.cpp in an environment of its own below the target directory.
fn provide_peer(workspace: &Workspace) -> Result<PathBuf> {
    let environment = workspace.target().join("bench-venv");
    let python = environment.join("bin/python3");
    if has_peer(&python) {
        return Ok(python);
    }
    if process::find("python3").is_none() {
        bail!("the comparison needs python3; `--alone` measures Hearth only");
    }
    process::announce(&format!(
        "installing {PEER} (compiles llama.cpp; needs gcc and cmake)"
    ));
    process::run(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
    )?;
    let mut pip = Command::new(&python);
    process::run(pip.args(["-m", "pip", "install", "--quiet", "--no-input", PEER]))
        .context("llama.cpp cannot be installed; `--alone` measures Hearth only")?;
    Ok(python)
}

fn has_peer(python: &Path) -> bool {
    python.is_file()
        && process::output(Command::new(python).args(["-c", "import llama_cpp"])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), Some(2.5));
        assert_eq!(median(std::iter::empty()), None);
    }
}
