//! What an operator sets: defaults < `hearth.toml` < `HEARTH_SECTION__KEY` < command line.
//!
//! The only module that reads the environment. All problems are found together; a section's
//! doc comments are also the text of `hearth.example.toml`.

mod networks;
mod public_url;
mod secret;
mod section;
mod sections;

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format, Toml},
    value::Value,
};

pub use networks::Networks;
pub use secret::Secret;
pub use section::Problem;
pub use sections::{BackupSection, EngineSection, ModelsSection, ServerSection};

use hearth_engine::{
    device::{DeviceChoice, Parallel},
    loader::WeightFormat,
};
use section::Reader;

/// Effective settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Folder of `hearth.db`, `models/`, `uploads/` and, unless named elsewhere, `backups/`.
    pub data: PathBuf,
    pub server: ServerSection,
    pub engine: EngineSection,
    pub backup: BackupSection,
    pub hub: ModelsSection,
}

/// What the command line says; absent values come from the file or the defaults.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub data: Option<PathBuf>,
    /// Another file than `hearth.toml` in the data folder.
    pub config: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    pub model: Option<PathBuf>,
    pub threads: Option<usize>,
    pub weights: Option<WeightFormat>,
    pub device: Option<DeviceChoice>,
    pub parallel: Option<Parallel>,
    pub kv_memory: Option<usize>,
}

/// Everything that is wrong with the settings.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Settings that may be nothing but digits and are no numbers.
const TEXTS: [&str; 3] = ["models.token", "engine.model", "backup.folder"];

impl Config {
    /// The defaults, with everything kept in `data`.
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            server: ServerSection::default(),
            engine: EngineSection::default(),
            backup: BackupSection::default(),
            hub: ModelsSection::default(),
        }
    }

    /// Reads file and environment, then applies the command line.
    ///
    /// # Errors
    /// All problems together: unknown keys, wrong types, values outside their range.
    pub fn load(overrides: Overrides) -> Result<Self, ConfigError> {
        let data = overrides.data.clone().unwrap_or_else(default_data_folder);
        let mut figment = Figment::new();
        let mut problems = Vec::new();
        match &overrides.config {
            Some(file) if !file.is_file() => problems.push(Problem::new(
                &file.display().to_string(),
                "there is no such file",
            )),
            Some(file) => figment = figment.merge(Toml::file_exact(file)),
            // A file of this name is welcome, not needed.
            None if data.join("hearth.toml").is_file() => {
                figment = figment.merge(Toml::file_exact(data.join("hearth.toml")));
            }
            None => {}
        }
        figment = with_texts(figment.merge(environment()), environment().iter());
        let loaded = Self::read(&figment, data, overrides, &mut problems);
        if problems.is_empty() {
            Ok(loaded)
        } else {
            Err(ConfigError { problems })
        }
    }

    fn read(
        figment: &Figment,
        data: PathBuf,
        overrides: Overrides,
        problems: &mut Vec<Problem>,
    ) -> Self {
        report_unknown_sections(figment, problems);
        let mut reader = Reader::new(figment, problems);
        let mut config = Self {
            data,
            server: ServerSection::read(&mut reader),
            engine: EngineSection::read(&mut reader),
            backup: BackupSection::read(&mut reader),
            hub: ModelsSection::read(&mut reader),
        };
        if let Some(listen) = overrides.listen {
            config.server.listen = listen;
        }
        if let Some(model) = overrides.model {
            config.engine.model = model;
        }
        if let Some(threads) = overrides.threads {
            config.engine.threads = threads;
        }
        if let Some(weights) = overrides.weights {
            config.engine.weights = weights;
        }
        if let Some(device) = overrides.device {
            config.engine.device = device;
        }
        if let Some(parallel) = overrides.parallel {
            config.engine.parallel = parallel;
        }
        if let Some(megabytes) = overrides.kv_memory {
            config.engine.kv_memory = megabytes;
        }
        config.server.check(problems);
        config.engine.check(problems);
        config.backup.check(problems);
        config.hub.check(problems);
        config
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data.join("hearth.db")
    }

    /// Where models are looked for.
    pub fn models(&self) -> PathBuf {
        self.data.join("models")
    }

    /// Where copies of the database are kept.
    pub fn backups(&self) -> PathBuf {
        if self.backup.folder.as_os_str().is_empty() {
            return self.data.join("backups");
        }
        // One that begins with a slash stays what it is.
        self.data.join(&self.backup.folder)
    }

    /// Where files wait to be imported.
    pub fn uploads(&self) -> PathBuf {
        self.data.join("uploads")
    }

    /// Whether the folder of copies is named, and so made by somebody else.
    pub fn names_backups(&self) -> bool {
        !self.backup.folder.as_os_str().is_empty()
    }

    /// Whether a model is named, by file, environment or flag.
    pub fn names_model(&self) -> bool {
        !self.engine.model.as_os_str().is_empty()
    }

    /// The model to load: the configured one, or the first one of the models folder, by name.
    pub fn model(&self) -> Option<PathBuf> {
        if self.names_model() {
            return Some(self.engine.model.clone());
        }
        hearth_engine::loader::models_in(&self.models())
            .into_iter()
            .next()
    }

    /// `hearth.toml` with every setting, its meaning and its default.
    pub fn example() -> String {
        let mut text = String::from(
            "# Settings of Hearth, with their defaults. Copy to `hearth.toml` in the data folder and\n\
             # keep what you change: every line is optional. A setting can also come from the\n\
             # environment (HEARTH_SERVER__LISTEN) or from the command line (--listen), which wins.\n",
        );
        text.push_str(&ServerSection::example());
        text.push_str(&EngineSection::example());
        text.push_str(&BackupSection::example());
        text.push_str(&ModelsSection::example());
        text
    }

    /// The effective values, in the form of the file.
    pub fn effective(&self) -> String {
        format!(
            "# data folder: {}\n\n{}\n{}\n{}\n{}",
            self.data.display(),
            self.server.effective(),
            self.engine.effective(),
            self.backup.effective(),
            self.hub.effective()
        )
    }
}

fn environment() -> Env {
    Env::prefixed("HEARTH_")
        .filter(|key| key.as_str().contains("__"))
        .split("__")
}

/// Texts of the environment as they are written: of digits alone it makes numbers.
fn with_texts<K: AsRef<str>>(
    figment: Figment,
    environment: impl Iterator<Item = (K, String)>,
) -> Figment {
    let is_text = |key: &str| TEXTS.iter().any(|text| key.eq_ignore_ascii_case(text));
    let texts = environment.filter(|(key, _)| is_text(key.as_ref()));
    texts.fold(figment, |figment, (key, text)| {
        figment.merge((key.as_ref().to_ascii_lowercase(), text))
    })
}

fn report_unknown_sections(figment: &Figment, problems: &mut Vec<Problem>) {
    let values = match figment.extract::<figment::value::Dict>() {
        Ok(values) => values,
        Err(error) => {
            problems.extend(
                error
                    .into_iter()
                    .map(|error| Problem::from_figment("", &error)),
            );
            return;
        }
    };
    for (section, value) in values {
        let known = match section.as_str() {
            ServerSection::NAME => ServerSection::KEYS,
            EngineSection::NAME => EngineSection::KEYS,
            BackupSection::NAME => BackupSection::KEYS,
            ModelsSection::NAME => ModelsSection::KEYS,
            _ => {
                problems.push(Problem::new(&section, "there is no such section"));
                continue;
            }
        };
        let Value::Dict(_, keys) = value else {
            problems.push(Problem::new(&section, "is a section, not a value"));
            continue;
        };
        let unknown = keys
            .into_keys()
            .filter(|key| !known.contains(&key.as_str()));
        for key in unknown {
            let reason = format!("there is no such setting (known: {})", known.join(", "));
            problems.push(Problem::new(&format!("{section}.{key}"), &reason));
        }
    }
}

/// `HEARTH_DATA`, `$XDG_DATA_HOME/hearth`, `~/.local/share/hearth`, or `./hearth-data`.
fn default_data_folder() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(data) = folder("HEARTH_DATA") {
        return data.into();
    }
    if let Some(data) = folder("XDG_DATA_HOME") {
        return Path::new(&data).join("hearth");
    }
    match folder("HOME") {
        Some(home) => Path::new(&home).join(".local/share/hearth"),
        None => "hearth-data".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Config, Vec<String>> {
        let mut problems = Vec::new();
        let figment = Figment::from(Toml::string(toml));
        let data = PathBuf::from("/data");
        let config = Config::read(&figment, data, Overrides::default(), &mut problems);
        if problems.is_empty() {
            return Ok(config);
        }
        Err(problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(load("").unwrap(), Config::new("/data".into()));
    }

    #[test]
    fn a_file_overrides_only_what_it_names() {
        let config = load("[server]\nlisten = \"0.0.0.0:9000\"").unwrap();
        assert_eq!(config.server.listen.port(), 9000);
        assert_eq!(config.engine, EngineSection::default());
    }

    #[test]
    fn all_problems_are_reported_together_each_naming_its_setting() {
        let problems = load(
            "[server]\nlisten = 5\npublic_url = \"example\"\ncolour = 1\n\
             [engine]\nmax_running = 0\nthreads = \"many\"\n\
             [garden]\nrose = 1",
        )
        .unwrap_err();
        for name in [
            "server.listen",
            "server.public_url",
            "server.colour",
            "engine.max_running",
            "engine.threads",
            "garden",
        ] {
            let found = problems
                .iter()
                .filter(|line| line.starts_with(name))
                .count();
            assert_eq!(found, 1, "{name} in {problems:#?}");
        }
        assert_eq!(problems.len(), 6, "{problems:#?}");
    }

    #[test]
    fn proxies_are_named_one_by_one() {
        let config = load("[server]\ntrusted_proxies = [\"127.0.0.1\", \"fd00::/8\"]").unwrap();
        assert!(
            config
                .server
                .trusted_proxies
                .contains("fd00::7".parse().unwrap())
        );
        for wrong in ["[\"0.0.0.0/0\"]", "[\"proxy.example\"]", "true"] {
            let problems = load(&format!("[server]\ntrusted_proxies = {wrong}")).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(
                problems[0].starts_with("server.trusted_proxies"),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn metrics_are_opened_to_this_machine_or_to_nobody() {
        let load = |address: &str| load(&format!("[server]\nmetrics_listen = \"{address}\""));
        for here in ["127.0.0.1:9464", "[::1]:0", "127.9.9.9:1"] {
            let address = load(here).unwrap().server.metrics_address().unwrap();
            assert_eq!(address.to_string(), here);
        }
        assert_eq!(load("").unwrap().server.metrics_address(), None);
        for wrong in [
            "0.0.0.0:9464",
            "[::]:9464",
            "192.168.0.9:9464",
            "127.0.0.1",
            "localhost:1",
        ] {
            let problems = load(wrong).unwrap_err();
            assert!(
                problems[0].starts_with("server.metrics_listen"),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn a_public_address_may_have_a_path_and_what_is_wrong_with_one_is_said() {
        let url = |url: &str| load(&format!("[server]\npublic_url = \"{url}\""));
        let server = url("https://Example.org/chat/").unwrap().server;
        assert_eq!(server.public_origin().unwrap(), "https://example.org");
        assert_eq!(server.public_address().unwrap(), "https://example.org/chat");
        assert_eq!(server.sub_path(), "/chat");
        let server = url("").unwrap().server;
        assert_eq!(
            (server.public_address(), server.sub_path()),
            (None, String::new())
        );
        for (refused, word) in [
            ("https://example.org/a/../b", "\"..\""),
            ("https://example.org/api", "/api"),
            ("example.org/chat", "http://"),
        ] {
            let problems = url(refused).unwrap_err();
            assert!(problems[0].contains(word), "{problems:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_one_problem() {
        assert_eq!(load("[server").unwrap_err().len(), 1);
    }

    #[test]
    fn the_command_line_wins() {
        let overrides = Overrides {
            threads: Some(3),
            ..Overrides::default()
        };
        let figment = Figment::from(Toml::string("[engine]\nthreads = 2"));
        let config = Config::read(&figment, "/data".into(), overrides, &mut Vec::new());
        assert_eq!(config.engine.threads, 3);
    }

    #[test]
    fn the_example_is_the_defaults() {
        assert_eq!(
            load(&Config::example()).unwrap(),
            Config::new("/data".into())
        );
    }

    #[test]
    fn digits_of_the_environment_stay_the_text_that_they_are() {
        let numbers = "[models]\ntoken = 123\n[engine]\nmodel = 7";
        let written = [
            ("models.token", "0123"),
            ("engine.model", "07"),
            ("engine.threads", "2"),
        ];
        let written = written.map(|(key, text)| (key, text.to_owned()));
        let figment = with_texts(Figment::from(Toml::string(numbers)), written.into_iter());
        let mut problems = Vec::new();
        let config = Config::read(
            &figment,
            "/data".into(),
            Overrides::default(),
            &mut problems,
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(config.hub.token.reveal(), "0123");
        assert_eq!(config.engine.model, PathBuf::from("07"));
        assert_eq!(config.engine.threads, 0, "numbers come as numbers");
    }

    #[test]
    fn the_committed_example_is_the_one_this_program_prints() {
        assert_eq!(Config::example(), include_str!("../../hearth.example.toml"));
    }
}
