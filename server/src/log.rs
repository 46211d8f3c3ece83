//! The log, on standard error: lines for people, or one JSON object a line for programs.

use std::io::{self, IsTerminal as _};

use serde::{Deserialize, Serialize};
use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::config::Config;

/// What a line of the log looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Starts the log as the configuration has it, once in a process.
pub(crate) fn start(config: &Config) {
    let filter = EnvFilter::try_new(&config.server.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for people; a journal or a file shows them as noise.
    let has_colours = io::stderr().is_terminal();
    let log = subscriber(filter, config.server.log_format, has_colours, io::stderr);
    if let Err(error) = tracing::subscriber::set_global_default(log) {
        tracing::debug!(%error, "a log was there already: {error}");
    }
}

/// A log that goes to `writer`.
pub(crate) fn subscriber<W>(
    filter: EnvFilter,
    format: LogFormat,
    has_colours: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    match format {
        LogFormat::Text => Box::new(log.with_ansi(has_colours).with_target(false).finish()),
        // What a line says stands at its top, and what holds for its request in `span`.
        LogFormat::Json => Box::new(
            log.json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false)
                .finish(),
        ),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex, OnceLock};

    use tracing::Dispatch;

    use super::*;

    /// A log that a test reads.
    #[derive(Clone, Debug, Default)]
    pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

    impl Written {
        /// Everything so far.
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        /// A log of that format and filter that writes here.
        pub(crate) fn log(
            &self,
            filter: &str,
            format: LogFormat,
        ) -> Box<dyn Subscriber + Send + Sync> {
            // With one subscriber alone, a line of code that another test's thread reaches first
            // is taken for one that nobody wants; from two on, all are asked.
            static OTHER: OnceLock<Dispatch> = OnceLock::new();
            OTHER.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
            let written = self.clone();
            subscriber(EnvFilter::new(filter), format, false, move || {
                written.clone()
            })
        }
    }

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_line_of_a_json_log_is_an_object_with_its_request() {
        let written = Written::default();
        tracing::subscriber::with_default(written.log("info", LogFormat::Json), || {
            let span = tracing::error_span!("http.request", request.id = "7");
            let _entered = span.enter();
            tracing::warn!(user.id = 3, "two\nlines and a \"quote\"");
        });
        let text = written.text();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 1, "{text}");
        assert_eq!(lines[0]["message"], "two\nlines and a \"quote\"");
        assert_eq!(lines[0]["level"], "WARN");
        assert_eq!(lines[0]["user.id"], 3);
        assert_eq!(lines[0]["span"]["request.id"], "7");
    }

    #[test]
    fn a_line_for_people_has_no_colours_where_nobody_sees_them() {
        let written = Written::default();
        tracing::subscriber::with_default(written.log("info", LogFormat::Text), || {
            tracing::info!(number = 3, "hello");
        });
        let text = written.text();
        assert!(text.contains("INFO hello number=3"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
