//! The sections. A doc comment says meaning, unit, range.

use std::{net::SocketAddr, path::PathBuf};

use hearth_engine::{
    device::{DeviceChoice, Parallel},
    loader::WeightFormat,
};

use super::{
    networks::Networks,
    public_url::PublicUrl,
    secret::Secret,
    section::{Problem, section},
};
use crate::{
    accounts::session::CookieTransport, backup::TimeOfDay, log::LogFormat, model_pull::Endpoint,
};

/// Nightly copies that may be kept: those of ten years.
const MOST_NIGHTS: usize = 3650;

section! {
    /// Where the server listens and how it is reached.
    ServerSection = "server" {
        /// Address and port. `0.0.0.0:8080` serves everybody on the network.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080));
        /// The address people type, if a proxy stands in between, such as
        /// `https://chat.example.org` or `https://example.org/chat`. With https, cookies are sent
        /// over https only. Empty: none.
        public_url: String = String::new();
        /// Addresses and networks of proxies whose word on where a visitor comes from is taken
        /// (`X-Forwarded-For`, `Forwarded`), such as `["127.0.0.1", "10.0.0.0/8"]`; from the
        /// environment also `127.0.0.1,10.0.0.0/8`. Empty: nobody's.
        trusted_proxies: Networks = Networks::default();
        /// Where programs on this machine read `/metrics` and `/v1/openapi.json` without a key,
        /// such as `127.0.0.1:9464`: an address and a port of their own, which no other machine
        /// and no proxy of the page reaches. Empty: nowhere, and both want an administrator's key.
        metrics_listen: String = String::new();
        /// What is logged: `error`, `warn`, `info`, `debug`, or per module, such as
        /// `info,hearth_engine=debug`. Requests are the module `access`: `info,access=off` is a log
        /// without them.
        log: String = "info".to_owned();
        /// What a line of the log looks like: `text` for people, `json` for programs.
        log_format: LogFormat = LogFormat::Text;
    }
}

section! {
    /// The model and how much of the machine it takes.
    EngineSection = "engine" {
        /// A GGUF file or Hugging Face directory. Empty: the first in `models` of the data folder.
        model: PathBuf = PathBuf::new();
        /// Compute threads, 0 to 1024. 0: one per physical core.
        threads: usize = 0;
        /// Longest conversation in tokens, prompt and answer together. 0: what the model was
        /// made for.
        context_window: usize = 0;
        /// Memory for all conversations that are being answered, in MB, up to 16777216, taken at
        /// start. It bounds how long one can be. 0: what half as many as `max_running` of full
        /// length need, but at most three quarters of what the weights leave free of a card's
        /// memory, or a quarter of main memory's.
        kv_memory: usize = 0;
        /// How plain weights are kept: `as-stored`, or `q8` for 8 bits, which is faster and costs
        /// a little precision.
        weights: WeightFormat = WeightFormat::AsStored;
        /// Where the model computes: `auto` for the best that is usable, or a list such as `cpu`,
        /// `cuda:0`, `cuda:0,cuda:1` or `wgpu:0,cpu`. `hearth doctor` lists the devices.
        device: DeviceChoice = DeviceChoice::Auto;
        /// What several devices are for: `replicas` of the model, for more answers at once, or
        /// some `layers` each, for a larger model. `auto`: replicas where it fits.
        parallel: Parallel = Parallel::Auto;
        /// Answers made at once on each replica, 1 to 256.
        max_running: usize = 8;
        /// Answers that may wait beside the running ones, 0 to 10000.
        queue: usize = 32;
        /// Seconds an answer may take, waiting included, up to 86400; then it is interrupted and
        /// can be continued. 0: as long as it takes.
        time_limit: usize = 0;
    }
}

section! {
    /// Copies of the database, which the server makes of itself every night.
    BackupSection = "backup" {
        /// Nightly copies that are kept, 0 to 3650; what somebody deletes is in none of them once
        /// as many new ones were made. 0: none is made.
        keep: usize = 7;
        /// When, in the server's time zone, such as `03:00`. A server that was not running then
        /// makes its copy when it starts.
        at: TimeOfDay = TimeOfDay::constant(3, 0);
        /// The folder of the copies, best on another disk; it has to be there, and Hearth may write
        /// into it. Empty: `backups` in the data folder.
        folder: PathBuf = PathBuf::new();
    }
}

section! {
    /// Where `hearth model pull` fetches models from.
    ModelsSection = "models" {
        /// Address of a hub that speaks Hugging Face's protocol, such as
        /// `https://hub.example.org`. Empty: none, and no model can be fetched.
        endpoint: String = String::new();
        /// Sent to the hub, and to no other host. Empty: none. Better kept in the environment
        /// (`HEARTH_MODELS__TOKEN`) than in a file.
        token: Secret = Secret::default();
    }
}

impl ServerSection {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if !self.public_url.is_empty()
            && let Err(error) = PublicUrl::parse(&self.public_url)
        {
            problems.push(Problem::new("server.public_url", &error.to_string()));
        }
        if !self.metrics_listen.is_empty() && self.metrics_address().is_none() {
            problems.push(Problem::new(
                "server.metrics_listen",
                "must be an address of this machine alone and a port, such as 127.0.0.1:9464",
            ));
        }
        if self.trusted_proxies.has_everybody() {
            problems.push(Problem::new(
                "server.trusted_proxies",
                "trusts everybody: name the proxies' own addresses",
            ));
        }
        if tracing_subscriber::EnvFilter::try_new(&self.log).is_err() {
            problems.push(Problem::new("server.log", "is not a log filter"));
        }
    }

    fn public(&self) -> Option<PublicUrl> {
        PublicUrl::parse(&self.public_url).ok()
    }

    /// `scheme://host[:port]` of `public_url`, as browsers write it in `Origin`.
    pub fn public_origin(&self) -> Option<String> {
        Some(self.public()?.origin)
    }

    /// `public_url` without a slash at its end.
    pub fn public_address(&self) -> Option<String> {
        let PublicUrl { origin, path } = self.public()?;
        Some(origin + &path)
    }

    /// What stands before every path in the addresses that people use, such as `/chat`. Empty
    /// where Hearth has its host for itself.
    pub fn sub_path(&self) -> String {
        self.public().map(|public| public.path).unwrap_or_default()
    }

    /// Where metrics are read without a key: never an address that others reach.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        let address: SocketAddr = self.metrics_listen.parse().ok()?;
        address.ip().is_loopback().then_some(address)
    }

    /// Whether cookies may travel over plain HTTP.
    pub fn cookie_transport(&self) -> CookieTransport {
        match self.public() {
            Some(public) if public.is_https() && public.path.is_empty() => {
                CookieTransport::HttpsOnly
            }
            Some(public) if public.is_https() => CookieTransport::HttpsBelowPath,
            _ => CookieTransport::Any,
        }
    }
}

impl EngineSection {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let mut within = |key: &str, value: usize, least: usize, most: usize| {
            if !(least..=most).contains(&value) {
                let reason = format!("is {value}, allowed is {least} to {most}");
                problems.push(Problem::new(&format!("engine.{key}"), &reason));
            }
        };
        within("threads", self.threads, 0, 1024);
        within("context_window", self.context_window, 0, 1 << 24);
        within("kv_memory", self.kv_memory, 0, 1 << 24);
        within("max_running", self.max_running, 1, 256);
        within("queue", self.queue, 0, 10_000);
        within("time_limit", self.time_limit, 0, 86_400);
    }
}

impl BackupSection {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if self.keep > MOST_NIGHTS {
            let reason = format!("is {}, allowed is 0 to {MOST_NIGHTS}", self.keep);
            problems.push(Problem::new("backup.keep", &reason));
        }
    }
}

impl ModelsSection {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let endpoint = self.endpoint.trim();
        if !endpoint.is_empty() && endpoint.parse::<Endpoint>().is_err() {
            problems.push(Problem::new(
                "models.endpoint",
                "must be http:// or https:// and a host, without user, query or fragment",
            ));
        }
    }
}
