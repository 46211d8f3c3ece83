//! How a server starts and ends.
//!
//! Start: take the data folder, then the port, open the database, start the engine (which loads its
//! model in its own time), serve. End: end the tails, finish what is being answered, at most five
//! seconds.

mod first_model;
mod listeners;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use first_model::choose_model;
use hearth_app::{
    SubPath,
    model::MAX_FILE_BYTES,
    service::{AdministrationService, ChatService, order::OrderService, personal::PersonalService},
};
use hearth_engine::handle::{EngineConfig, EngineHandle, ModelSource};
use jiff::tz::TimeZone;
use listeners::Listeners;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use crate::{
    accounts::{Accounts, random_token, set_up_token::SetUpToken},
    administration::{Administration, FirstChoice, ModelChoice, ModelFolder},
    backup::Backups,
    chat::ChatServer,
    config::{Config, EngineSection, Networks},
    data_folder::{self, FolderError, FolderLock},
    deletion::Deletion,
    export::ExportServer,
    extract::{Extractor, Limits},
    files::FileServer,
    http::{self, Services, assets::Manifest, metrics_router, router},
    import,
    openai::ApiServer,
    search::SearchServer,
    settings::SettingsBook,
    sharing::SharingServer,
    store::Store,
    upkeep::Upkeep,
    uploads::Uploads,
};

/// Running turns get this long to be written down.
const TURNS_GRACE: Duration = Duration::from_secs(3);
/// Then open connections get this long.
const CONNECTIONS_GRACE: Duration = Duration::from_secs(1);

/// What to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    pub config: Config,
    /// The model; [`ServeOptions::new`] takes the configured one.
    pub model: ModelSource,
    /// What reads files that people send, as `PROGRAM extract`; [`ServeOptions::new`] takes this
    /// very program.
    pub program: PathBuf,
}

impl ServeOptions {
    /// Serves the configured model. Where there is none, the page names the folder to put it in.
    pub fn new(config: Config) -> Self {
        let model = config
            .model()
            .unwrap_or_else(|| config.models().join("*.gguf"));
        Self {
            config,
            model: ModelSource::File(model),
            // Where the system does not say, files are not read, and it is told why not.
            program: std::env::current_exe().unwrap_or_default(),
        }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    #[error(
        "cannot listen on {address}: {source}. Another program may use this port; \
         choose another one with --listen {suggestion}"
    )]
    Listen {
        address: SocketAddr,
        suggestion: SocketAddr,
        source: std::io::Error,
    },
    #[error(
        "cannot listen for metrics on {address}: {source}. Another program may use this port; \
         choose another one in server.metrics_listen"
    )]
    ListenForMetrics {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the database does not answer")]
    Accounts(#[source] crate::error::AppError),
    #[error("the settings cannot be read")]
    Settings(#[source] crate::store::StoreError),
    #[error("the system gives no randomness: {0}")]
    Random(getrandom::Error),
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A server that answers. Dropping it leaves it running until the runtime ends.
#[derive(Debug)]
pub struct RunningServer {
    /// Where it listens; the port is the real one if 0 was asked for.
    pub addr: SocketAddr,
    /// Where metrics are read without a key, if that is configured.
    pub metrics_addr: Option<SocketAddr>,
    /// Present while no account exists: what the page that makes the first one asks for.
    pub set_up_token: Option<String>,
    public_address: Option<String>,
    sub_path: SubPath,
    store: Store,
    chat: Arc<ChatServer>,
    upkeep: Arc<Upkeep>,
    hourly: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    connections: JoinHandle<()>,
    /// Shared with the task that serves: whoever is last lets others in.
    lock: Arc<FolderLock>,
}

impl Server {
    /// Answers requests when this returns; the model may still be loading.
    ///
    /// # Errors
    /// A sentence naming the port, the folder or the file, and what mends it.
    pub async fn start(options: ServeOptions) -> Result<RunningServer, ServeError> {
        let (config, program) = (options.config, options.program);
        let lock = Arc::new(data_folder::occupy(&config).await?);
        let listeners = Listeners::open(&config.server).await?;
        let (addr, metrics_addr) = (listeners.address, listeners.metrics_address);
        lock.tell(addr);
        let store = data_folder::open(&config).await?;
        Upkeep::prepare(&store).await;
        import::remains::recover(&store).await;
        let uploads = uploads(&store, &config).await;
        let settings = settings(&store).await?;
        let first = choose_model(&store, &config, options.model).await?;
        let chat = chat(&store, &settings, &config, &first);
        let (backups, upkeep) = upkeep(&store, &config, &chat, &uploads);
        let (accounts, set_up_token) = accounts(&store, &settings, &config, &chat).await?;
        let administration = Arc::new(Administration {
            store: store.clone(),
            settings: Arc::clone(&settings),
            chat: Arc::clone(&chat),
            accounts: Arc::clone(&accounts),
            models: watched(&store, &chat, &config, &lock, first),
            backups,
        });
        let api = api(&chat, &accounts, &settings, &store);
        let services = Services {
            chat: Arc::clone(&chat) as Arc<dyn ChatService>,
            order: Arc::clone(&chat) as Arc<dyn OrderService>,
            personal: Arc::clone(&chat) as Arc<dyn PersonalService>,
            accounts: Arc::clone(&accounts),
            administration: administration as Arc<dyn AdministrationService>,
            sharing: sharing(&store, &chat, &settings),
            settings,
            deletion: deletion(&store, &chat, &accounts, &upkeep, &uploads),
            files: files(&store, &uploads, &chat, program),
            exports: exports(&store, uploads, &chat),
            search: search(&store, &chat),
            api,
            store: store.clone(),
            changes: chat.changes(),
            assets: Arc::new(Manifest::embedded()),
            sub_path: SubPath::new(config.server.sub_path()),
        };
        let (stop, connections) = answer(listeners, &services, &config, Arc::clone(&lock));
        tokio::spawn(async move { accounts.warm_up().await });
        let hourly = upkeep.start();
        Ok(RunningServer {
            addr,
            metrics_addr,
            set_up_token,
            public_address: config.server.public_address(),
            sub_path: services.sub_path,
            store,
            chat,
            upkeep,
            hourly,
            stop,
            connections,
            lock,
        })
    }
}

impl RunningServer {
    /// The address to open in a browser on this machine.
    pub fn url(&self) -> String {
        let public = self.public_address.clone();
        public.unwrap_or_else(|| local_url(self.addr))
    }

    /// The link that makes the first account; absent once there is one. Behind a proxy the token
    /// stands behind the hash sign: there are logs that keep addresses.
    pub fn set_up_link(&self) -> Option<String> {
        let token = self.set_up_token.as_ref()?;
        let Some(public) = &self.public_address else {
            return self.local_set_up_link();
        };
        Some(format!("{public}/set-up#token={token}"))
    }

    /// The same for a browser on this machine, past every proxy.
    pub fn local_set_up_link(&self) -> Option<String> {
        let token = self.set_up_token.as_ref()?;
        let (local, below) = (local_url(self.addr), self.sub_path.as_str());
        Some(format!("{local}{below}/set-up?token={token}"))
    }

    /// Does the hourly upkeep now, as if now were this moment (milliseconds UTC).
    pub async fn run_upkeep(&self, now_ms: i64) {
        self.upkeep.run(now_ms).await;
    }

    /// Ends the tails and running turns, keeping what they wrote, then the connections, in at
    /// most five seconds.
    pub async fn shut_down(self) {
        // Its steps are transactions: one that is cut off has done nothing.
        self.hourly.abort();
        // Nobody listens if serving has failed already.
        let _ = self.stop.send(());
        if timeout(TURNS_GRACE, self.chat.shut_down()).await.is_err() {
            tracing::warn!("running turns took too long to end; they become interrupted");
        }
        self.chat.engine().shut_down();
        let mut connections = self.connections;
        let ended = timeout(CONNECTIONS_GRACE, &mut connections).await;
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the serving task ended: {error}"),
            Err(_) => {
                tracing::warn!("connections were still open and are cut");
                connections.abort();
                // It has been told to end; what it answers is known.
                let _ = connections.await;
            }
        }
        if timeout(Duration::from_millis(500), self.store.close())
            .await
            .is_err()
        {
            tracing::warn!("the database was still busy");
        }
        drop(self.lock);
    }
}

/// Where a server that listens there is reached from this machine.
pub(crate) fn local_url(listens: SocketAddr) -> String {
    let mut shown = listens;
    if shown.ip().is_unspecified() {
        let loopback: std::net::IpAddr = match shown {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        shown.set_ip(loopback);
    }
    format!("http://{shown}")
}

fn exports(store: &Store, uploads: Arc<Uploads>, chat: &ChatServer) -> Arc<ExportServer> {
    let (slow_work, changes) = (chat.slow_work(), chat.changes());
    ExportServer::new(
        store.clone(),
        uploads,
        slow_work,
        changes,
        chat.model_titles(),
    )
}

fn files(
    store: &Store,
    uploads: &Arc<Uploads>,
    chat: &Arc<ChatServer>,
    program: PathBuf,
) -> Arc<FileServer> {
    let limits = Limits {
        max_bytes: MAX_FILE_BYTES,
        ..Limits::default()
    };
    let (uploads, chat) = (Arc::clone(uploads), Arc::clone(chat));
    FileServer::new(
        store.clone(),
        uploads,
        chat,
        Extractor::new(program, limits),
    )
}

/// The engine begins to load its first model, and turns wait for it.
fn chat(
    store: &Store,
    settings: &Arc<SettingsBook>,
    config: &Config,
    first: &FirstChoice,
) -> Arc<ChatServer> {
    let source = first.active.source.clone();
    let engine = EngineHandle::start(source, engine_config(&config.engine));
    ChatServer::start(store.clone(), engine, Arc::clone(settings))
}

fn search(store: &Store, chat: &ChatServer) -> Arc<SearchServer> {
    Arc::new(SearchServer {
        store: store.clone(),
        slow_work: chat.slow_work(),
    })
}

fn sharing(store: &Store, chat: &ChatServer, settings: &Arc<SettingsBook>) -> Arc<SharingServer> {
    Arc::new(SharingServer {
        store: store.clone(),
        settings: Arc::clone(settings),
        slow_work: chat.slow_work(),
        changes: chat.changes(),
        titles: chat.model_titles(),
    })
}

fn api(
    chat: &Arc<ChatServer>,
    accounts: &Arc<Accounts>,
    settings: &Arc<SettingsBook>,
    store: &Store,
) -> ApiServer {
    let (chat, accounts) = (Arc::clone(chat), Arc::clone(accounts));
    ApiServer::new(chat, accounts, Arc::clone(settings), store.clone())
}

async fn settings(store: &Store) -> Result<Arc<SettingsBook>, ServeError> {
    let settings = SettingsBook::open(store.clone()).await;
    settings.map_err(ServeError::Settings)
}

/// The files that wait to be imported; what an earlier process left there is gone.
async fn uploads(store: &Store, config: &Config) -> Arc<Uploads> {
    let uploads = Uploads::new(store.clone(), config.uploads());
    uploads.tidy().await;
    uploads
}

fn upkeep(
    store: &Store,
    config: &Config,
    chat: &Arc<ChatServer>,
    uploads: &Arc<Uploads>,
) -> (Arc<Backups>, Arc<Upkeep>) {
    let backups = Backups::new(store.clone(), config, TimeZone::system());
    let (chat, kept) = (Arc::clone(chat), Arc::clone(&backups));
    let upkeep = Upkeep::new(store.clone(), chat, kept, Arc::clone(uploads));
    (backups, upkeep)
}

fn deletion(
    store: &Store,
    chat: &Arc<ChatServer>,
    accounts: &Arc<Accounts>,
    upkeep: &Arc<Upkeep>,
    uploads: &Arc<Uploads>,
) -> Arc<Deletion> {
    Arc::new(Deletion {
        store: store.clone(),
        chat: Arc::clone(chat),
        accounts: Arc::clone(accounts),
        upkeep: Arc::clone(upkeep),
        uploads: Arc::clone(uploads),
    })
}

/// Answers connections until it is told to stop; the data folder stays locked as long.
fn answer(
    listeners: Listeners,
    services: &Services,
    config: &Config,
    lock: Arc<FolderLock>,
) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel();
    let stopped = async {
        // A dropped sender is no reason to stop.
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let Listeners {
        public, metrics, ..
    } = listeners;
    let proxies = config.server.trusted_proxies.clone();
    let serving = http::serve(public, router(services, &config.server), proxies, stopped);
    let measured = metrics_router(services);
    let connections = tokio::spawn(async move {
        let _held = lock;
        let telling = async {
            if let Some(listener) = metrics {
                let never = std::future::pending();
                http::serve(listener, measured, Networks::default(), never).await;
            }
            std::future::pending::<()>().await;
        };
        // What is being measured is cut at the end: it will be asked for again.
        tokio::select! {
            () = serving => {}
            () = telling => {}
        }
    });
    (stop, connections)
}

/// The model that loads, and what becomes of it.
fn watched(
    store: &Store,
    chat: &Arc<ChatServer>,
    config: &Config,
    lock: &Arc<FolderLock>,
    first: FirstChoice,
) -> Arc<ModelChoice> {
    ModelChoice::start(
        store.clone(),
        Arc::clone(chat),
        ModelFolder::of_server(config.models(), Arc::clone(lock)),
        engine_config(&config.engine),
        first,
    )
}

async fn accounts(
    store: &Store,
    settings: &Arc<SettingsBook>,
    config: &Config,
    chat: &ChatServer,
) -> Result<(Arc<Accounts>, Option<String>), ServeError> {
    let token = random_token().map_err(ServeError::Random)?;
    let transport = config.server.cookie_transport();
    let kept = Some(SetUpToken::new(&token));
    let accounts = Accounts::new(
        store.clone(),
        Arc::clone(settings),
        transport,
        kept,
        chat.slow_work(),
    );
    let unclaimed = accounts
        .is_unclaimed()
        .await
        .map_err(ServeError::Accounts)?;
    Ok((accounts, unclaimed.then_some(token)))
}

/// The engine's settings from the operator's.
pub fn engine_config(section: &EngineSection) -> EngineConfig {
    EngineConfig {
        num_threads: section.threads,
        queue_capacity: section.queue,
        max_running: section.max_running,
        time_limit: (section.time_limit > 0)
            .then(|| Duration::from_secs(section.time_limit as u64)),
        context_window: section.context_window,
        kv_memory: (section.kv_memory as u64) << 20,
        exact: false,
        weights: section.weights,
        device: section.device.clone(),
        parallel: section.parallel,
    }
}

#[cfg(test)]
mod tests;
