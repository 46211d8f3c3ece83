//! `hearth model pull`: a model from a hub into the models folder.

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write},
    iter,
    process::ExitCode,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    config::Config,
    model_pull::{
        Bytes, DownloadError, Hub, ModelName, ModelPull, Progress, PullEvent, PullRequest, Pulled,
        Revision,
    },
};

const BAR: &str =
    "{wide_bar} {decimal_bytes} of {decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";

#[derive(Debug, Args)]
pub(super) struct PullArgs {
    /// The model: its owner and its name on the hub.
    #[arg(default_value = "openai/gpt-oss-20b", value_parser = ModelName::parse)]
    name: ModelName,
    /// A branch, a tag or a commit.
    #[arg(long, value_name = "REV", default_value = "main", value_parser = Revision::parse)]
    revision: Revision,
    /// One GGUF file of the model.
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
}

pub(super) fn run(config: &Config, args: &PullArgs) -> anyhow::Result<ExitCode> {
    let section = &config.hub;
    let hub = Hub::new(&section.endpoint, section.token.reveal())?;
    let request = PullRequest {
        model: args.name.clone(),
        revision: args.revision.clone(),
        file: args.file.clone(),
    };
    let pull = ModelPull::new(hub, config.models());
    let pulled = watched(|progress| pull.run(&request, progress))?;
    let sentence = match pulled? {
        Pulled::AlreadyThere { path } => format!("{}: already there", path.display()),
        Pulled::Complete { path, size_bytes } => {
            format!("{}: complete, {}", path.display(), Bytes(size_bytes))
        }
    };
    writeln!(io::stdout(), "{sentence}")?;
    Ok(ExitCode::SUCCESS)
}

/// Tells whoever watches, in the way that fits.
pub(super) fn watched<T>(work: impl FnOnce(&mut dyn Progress) -> T) -> anyhow::Result<T> {
    Ok(if io::stderr().is_terminal() {
        work(&mut Bar::new()?)
    } else {
        work(&mut Lines::new(io::stderr()))
    })
}

/// What a person sees who watches.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> anyhow::Result<Self> {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        Ok(Self(bar.with_style(ProgressStyle::with_template(BAR)?)))
    }
}

impl Progress for Bar {
    fn on(&mut self, event: PullEvent<'_>) {
        let bar = &self.0;
        match event {
            PullEvent::Starting {
                present_bytes,
                total_bytes,
                ..
            } => {
                bar.set_length(total_bytes);
                bar.set_position(present_bytes);
                // What an earlier run brought says nothing about this run's speed.
                bar.reset_elapsed();
                bar.reset_eta();
            }
            PullEvent::Received { num_bytes } => bar.inc(num_bytes),
            PullEvent::Discarded { num_bytes } => bar.dec(num_bytes),
            other => {
                if let Some(sentence) = sentence(&other) {
                    bar.println(sentence);
                }
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// What a log keeps: a line for every tenth.
struct Lines<W> {
    out: W,
    present_bytes: u64,
    total_bytes: u64,
    tenths: u64,
}

impl<W: Write> Lines<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            present_bytes: 0,
            total_bytes: 0,
            tenths: 0,
        }
    }

    fn tenths_there(&self) -> u64 {
        let tenths = self.present_bytes.saturating_mul(10);
        tenths.checked_div(self.total_bytes).unwrap_or(10)
    }

    fn tell(&mut self, sentence: &str) {
        // Without stderr there is nobody to tell.
        let _ = writeln!(self.out, "{sentence}");
    }
}

impl<W: Write> Progress for Lines<W> {
    fn on(&mut self, event: PullEvent<'_>) {
        match event {
            PullEvent::Starting {
                num_files,
                present_bytes,
                total_bytes,
            } => {
                (self.present_bytes, self.total_bytes) = (present_bytes, total_bytes);
                self.tenths = self.tenths_there();
                let (present, total) = (Bytes(present_bytes), Bytes(total_bytes));
                self.tell(&format!(
                    "fetching {total}, files: {num_files}, there already: {present}"
                ));
            }
            PullEvent::Received { num_bytes } => {
                self.present_bytes = self.present_bytes.saturating_add(num_bytes);
                let tenths = self.tenths_there();
                if tenths > self.tenths {
                    self.tenths = tenths;
                    let (present, total) = (Bytes(self.present_bytes), Bytes(self.total_bytes));
                    self.tell(&format!("{:3} %  {present} of {total}", tenths * 10));
                }
            }
            PullEvent::Discarded { num_bytes } => {
                self.present_bytes = self.present_bytes.saturating_sub(num_bytes);
                self.tenths = self.tenths_there();
            }
            other => {
                if let Some(sentence) = sentence(&other) {
                    self.tell(&sentence);
                }
            }
        }
    }
}

/// Events that both ways of showing put into words.
fn sentence(event: &PullEvent<'_>) -> Option<String> {
    match event {
        PullEvent::Checking { path } => Some(format!("checking {}", path.display())),
        PullEvent::Retrying { failure, pause } => Some(format!(
            "{}; trying again in {} s",
            with_causes(failure),
            pause.as_secs()
        )),
        _ => None,
    }
}

fn with_causes(failure: &DownloadError) -> String {
    let first: &dyn Error = failure;
    let causes = iter::successors(Some(first), |error| (*error).source());
    let sentences: Vec<_> = causes.map(ToString::to_string).collect();
    sentences.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_a_line_for_every_tenth() {
        let mut lines = Lines::new(Vec::new());
        lines.on(PullEvent::Starting {
            num_files: 2,
            present_bytes: 250,
            total_bytes: 1000,
        });
        for _ in 0..75 {
            lines.on(PullEvent::Received { num_bytes: 10 });
        }
        let text = String::from_utf8(lines.out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let first = "fetching 1.0 kB, files: 2, there already: 250 bytes";
        assert_eq!(lines[0], first);
        assert_eq!(lines[1], " 30 %  300 bytes of 1.0 kB");
        assert_eq!(lines[8], "100 %  1.0 kB of 1.0 kB");
        assert_eq!(lines.len(), 9, "{text}");
    }

    #[test]
    fn bytes_that_come_twice_are_counted_once() {
        let mut lines = Lines::new(Vec::new());
        lines.on(PullEvent::Starting {
            num_files: 1,
            present_bytes: 900,
            total_bytes: 1000,
        });
        lines.on(PullEvent::Discarded { num_bytes: 900 });
        lines.on(PullEvent::Received { num_bytes: 1000 });
        let text = String::from_utf8(lines.out).unwrap();
        assert_eq!(
            text.lines().last(),
            Some("100 %  1.0 kB of 1.0 kB"),
            "{text}"
        );
    }

    #[test]
    fn the_template_of_the_bar_is_one() {
        Bar::new().unwrap();
    }

    #[test]
    fn without_an_endpoint_the_answer_says_what_to_set() {
        let error = Hub::new("", "").unwrap_err().to_string();
        assert!(error.contains("https://hub.example.org"), "{error}");
        assert!(error.contains("[models]"), "{error}");
    }
}
