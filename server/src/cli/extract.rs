//! `hearth extract`: the text of a file. It is what the server starts for each one that somebody
//! gives it, and asks nobody for anything: no settings, no database, no network.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Args;

use crate::extract::{Answer, Extracted, Limits, in_this_process};

/// The file has no text for us; the reason is told.
const REFUSED: u8 = 3;

#[derive(Debug, Args)]
pub(super) struct ExtractArgs {
    /// What the file is called, if FILE does not say it. Its bytes count more.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Prints one JSON document: the text with its kind, or the reason there is none.
    #[arg(long)]
    json: bool,
    /// Largest file.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_bytes)]
    max_bytes: u64,
    /// Longest text; what follows is cut off.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_text_bytes)]
    max_text_bytes: usize,
    /// Memory this may take, and what an archive may unpack to.
    #[arg(long, value_name = "N", default_value_t = Limits::default().memory_bytes)]
    memory_bytes: u64,
    /// Seconds of the processor this may take.
    #[arg(long, value_name = "N", default_value_t = Limits::default().time.as_secs())]
    time_s: u64,
    /// Pages or sheets that are read; what follows is cut off.
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_pages)]
    max_pages: u32,
    /// Text, Markdown, code, CSV, JSON, HTML, PDF, DOCX or a spreadsheet.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl ExtractArgs {
    fn limits(&self) -> Limits {
        Limits {
            max_bytes: self.max_bytes,
            max_text_bytes: self.max_text_bytes,
            memory_bytes: self.memory_bytes,
            time: Duration::from_secs(self.time_s),
            max_pages: self.max_pages,
        }
    }
}

pub(super) fn run(args: &ExtractArgs) -> anyhow::Result<ExitCode> {
    let own = args.file.file_name().unwrap_or_default().to_string_lossy();
    let name = args.name.as_deref().unwrap_or(&own);
    let read = in_this_process(&args.file, name, &args.limits());
    let result = read.with_context(|| args.file.display().to_string())?;
    let status = match &result {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(REFUSED),
    };
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &Answer::from(result))?;
        writeln!(out)?;
        return Ok(status);
    }
    match result {
        Ok(extracted) => print(&extracted, &mut out)?,
        Err(error) => writeln!(io::stderr(), "hearth: {}: {error}", args.file.display())?,
    }
    Ok(status)
}

fn print(extracted: &Extracted, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{}", extracted.text)?;
    if !extracted.text.ends_with('\n') {
        writeln!(out)?;
    }
    if extracted.is_cut {
        writeln!(io::stderr(), "hearth: there is more in the file than this")?;
    }
    Ok(())
}
