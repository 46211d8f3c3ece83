//! The real binary with a real model, killed and started again as a test likes.

use std::{
    env,
    fs::{self, File},
    mem,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::{Connection as _, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::{deadline::eventually, running_server::claim, web_client::WebClient};

/// From start to the first page. The model is loaded meanwhile.
const START: Duration = Duration::from_secs(30);

/// A program is slow as long as this lives.
#[derive(Debug)]
pub struct Slowed {
    shell: Child,
    pid: u32,
}

impl Drop for Slowed {
    fn drop(&mut self) {
        // It may have ended with the program; then there is nothing to go on either.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
        let _ = Command::new("kill")
            .args(["-CONT", &self.pid.to_string()])
            .status();
    }
}

/// A running `hearth serve` with its own data directory. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    binary: PathBuf,
    model: PathBuf,
    data: TempDir,
    host: String,
    port: u16,
    metrics_port: u16,
    settings: Vec<(&'static str, String)>,
    child: Option<Child>,
}

impl Program {
    /// Starts with an empty data directory and waits for the first page.
    pub async fn start() -> Result<Self> {
        Self::start_with(Vec::new()).await
    }

    /// As [`Program::start`], with another model.
    pub async fn start_with_model(model: &Path) -> Result<Self> {
        Self::start_as(binary()?, "127.0.0.1", Vec::new(), model.to_owned()).await
    }

    /// As [`Program::start`], on another address of this machine.
    pub async fn start_at(host: &str) -> Result<Self> {
        Self::start_as(binary()?, host, Vec::new(), model()?).await
    }

    /// As [`Program::start`], with `HEARTH_*` settings.
    pub async fn start_with(settings: Vec<(&'static str, String)>) -> Result<Self> {
        Self::start_as(binary()?, "127.0.0.1", settings, model()?).await
    }

    /// As [`Program::start_with`], of a program that the installer of an archive put below `place`.
    pub async fn start_installed(
        place: &Path,
        settings: Vec<(&'static str, String)>,
    ) -> Result<Self> {
        Self::start_as(install(place)?, "127.0.0.1", settings, model()?).await
    }

    async fn start_as(
        binary: PathBuf,
        host: &str,
        settings: Vec<(&'static str, String)>,
        model: PathBuf,
    ) -> Result<Self> {
        let mut program = Self {
            binary,
            model,
            data: tempfile::tempdir()?,
            host: host.to_owned(),
            port: free_port()?,
            metrics_port: free_port()?,
            settings,
            child: None,
        };
        program.spawn().await?;
        Ok(program)
    }

    /// Address without a slash at its end. It survives a restart.
    pub fn base_url(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// A client that reads metrics without a key.
    pub fn watcher(&self) -> Result<WebClient> {
        WebClient::new(format!("http://{}", self.metrics_address()))
    }

    fn metrics_address(&self) -> String {
        format!("127.0.0.1:{}", self.metrics_port)
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data.path().join("hearth.db")
    }

    /// Everything the program printed, all starts together.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.log_path())?)
    }

    /// The one-time link that the first start prints.
    pub async fn set_up_link(&self) -> Result<String> {
        eventually("the program prints a set-up link", START, async || {
            Ok(set_up_link_in(&self.log()?))
        })
        .await
    }

    /// Claims it: its administrator, Ada, signed in.
    pub async fn administrator(&self) -> Result<WebClient> {
        let link = self.set_up_link().await?;
        let (_, token) = link.split_once("token=").context("the link has a token")?;
        claim(&self.base_url(), token).await
    }

    /// Bytes of main memory that it has.
    pub fn memory(&self) -> Result<u64> {
        let pid = self.child.as_ref().context("the program runs")?.id();
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let mut lines = status.lines();
        let line = lines.find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: u64 = kilobytes.context("the system tells it")?.parse()?;
        Ok(kilobytes << 10)
    }

    /// Lets the program run for a tenth of the time only, until what is given is dropped: a small
    /// model is else quicker than any click.
    pub fn slowed(&self) -> Result<Slowed> {
        const TURNS: &str = "while kill -STOP $0; do sleep 0.045; kill -CONT $0; sleep 0.005; done";
        let pid = self.child.as_ref().context("the program runs")?.id();
        let shell = Command::new("sh")
            .args(["-c", TURNS, &pid.to_string()])
            .spawn()?;
        Ok(Slowed { shell, pid })
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the program runs")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Asks it to end, as a service manager does, and waits until it has; how long that took.
    pub fn terminate(&mut self) -> Result<Duration> {
        let mut child = self.child.take().context("the program runs")?;
        let start = Instant::now();
        let pid = child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status()?;
        ensure!(sent.success(), "no signal was sent");
        child.wait()?;
        Ok(start.elapsed())
    }

    /// Removes the data directory with everything in it, as a disk that dies does; an empty one
    /// takes its place.
    pub fn lose_data(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "end the program first");
        let lost = mem::replace(&mut self.data, tempfile::tempdir()?);
        Ok(lost.close()?)
    }

    /// Makes the database what it was before the newest migration, with the rows that it has now.
    /// Gives the schema of then and the one that it had.
    pub async fn make_older(&self) -> Result<(i64, i64)> {
        ensure!(self.child.is_none(), "end the program first");
        let migrations = Migrator::new(repository().join("migrations")).await?;
        let schemas: Vec<i64> = migrations.iter().map(|it| it.version).collect();
        let [.., older, newest] = schemas[..] else {
            bail!("there is no older schema: {schemas:?}");
        };
        let database = self.database();
        let aside = database.with_extension("older");
        let options = SqliteConnectOptions::new().filename(&aside);
        let options = options.create_if_missing(true).foreign_keys(false);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        migrations.run_to(older, &mut connection).await?;
        copy_rows(&database, &mut connection).await?;
        connection.close().await?;
        for end in ["", "-wal", "-shm"] {
            // One that ended well has left no log.
            let _ = fs::remove_file(format!("{}{end}", database.display()));
        }
        fs::rename(&aside, &database)?;
        Ok((older, newest))
    }

    /// Starts again with the same data and the same address.
    pub async fn restart(&mut self) -> Result<()> {
        ensure!(self.child.is_none(), "kill the program first");
        self.spawn().await
    }

    fn log_path(&self) -> PathBuf {
        self.data.path().join("printed.log")
    }

    async fn spawn(&mut self) -> Result<()> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())?;
        let child = Command::new(&self.binary)
            .arg("serve")
            .arg("--data")
            .arg(self.data.path())
            .arg("--listen")
            .arg(format!("{}:{}", self.host, self.port))
            .arg("--model")
            .arg(&self.model)
            .env("HEARTH_SERVER__METRICS_LISTEN", self.metrics_address())
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", self.binary.display()))?;
        self.child = Some(child);
        self.wait_until_it_answers().await
    }

    async fn wait_until_it_answers(&mut self) -> Result<()> {
        let client = WebClient::new(self.base_url())?;
        let log_path = self.log_path();
        let child = self.child.as_mut().context("the program was started")?;
        let child = std::cell::RefCell::new(child);
        eventually("the program answers /healthz", START, async || {
            if let Some(status) = child.borrow_mut().try_wait()? {
                let log = fs::read_to_string(&log_path).unwrap_or_default();
                bail!("the program ended ({status}) and printed:\n{log}");
            }
            Ok(client
                .get("/healthz")
                .await
                .is_ok_and(|answer| answer.status == 200)
                .then_some(()))
        })
        .await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port nobody listens on at this moment.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The set-up link within what the program printed.
pub fn set_up_link_in(log: &str) -> Option<String> {
    let mut words = log.split(|c: char| c.is_whitespace() || "\"'<>\u{1b}".contains(c));
    words
        .find(|word| word.starts_with("http") && word.contains("set-up"))
        .map(|word| word.trim_end_matches(['.', ',']).to_owned())
}

/// The program: the one that `HEARTH_BINARY` names, or what was built beside this test.
pub fn binary() -> Result<PathBuf> {
    let path = if let Some(path) = env::var_os("HEARTH_BINARY") {
        PathBuf::from(path)
    } else {
        let test = env::current_exe()?;
        let beside = test.parent().and_then(Path::parent);
        beside
            .context("the test lies in a directory")?
            .join("hearth")
    };
    ensure!(
        path.is_file(),
        "{} is missing: build it (`cargo xtask build`) or name it in HEARTH_BINARY",
        path.display()
    );
    Ok(path)
}

/// Top of the repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Lays out what an unpacked archive holds and runs its installer; the program it put in place.
fn install(place: &Path) -> Result<PathBuf> {
    let (archive, prefix) = (place.join("archive"), place.join("my programs"));
    fs::create_dir_all(archive.join("docs"))?;
    for (name, from) in [
        ("hearth", binary()?),
        ("install.sh", repository().join("deploy/install.sh")),
        (
            "docs/operations.md",
            repository().join("docs/operations.md"),
        ),
    ] {
        let copied = fs::copy(&from, archive.join(name));
        copied.with_context(|| format!("copying {}", from.display()))?;
    }
    let output = Command::new("sh")
        .arg(archive.join("install.sh"))
        .args(["--no-service", "--prefix"])
        .arg(&prefix)
        .output()?;
    let told = String::from_utf8([output.stdout, output.stderr].concat())?;
    let installed = prefix.join("bin/hearth");
    let expected = format!("is installed: {}", installed.display());
    let is_done = output.status.success() && told.contains(&expected);
    ensure!(is_done, "{told}");
    Ok(installed)
}

/// Fills the tables of an empty database with the rows of another one, as far as that has their
/// columns.
async fn copy_rows(from: &Path, to: &mut SqliteConnection) -> Result<()> {
    let from = from.to_str().context("a path")?;
    let attach = sqlx::query("attach ? as whole").bind(from);
    attach.execute(&mut *to).await?;
    let tables = "select name from main.sqlite_schema
                  where type = 'table' and name <> '_sqlx_migrations'
                  and name not like 'sqlite_%' and name not like 'search_%'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *to).await?;
    for table in &tables {
        let columns = sqlx::query_scalar(
            "select name from pragma_table_info(?1, 'main')
             where name in (select name from pragma_table_info(?1, 'whole'))",
        );
        let columns: Vec<String> = columns.bind(table.as_str()).fetch_all(&mut *to).await?;
        let columns: Vec<String> = columns.iter().map(|it| format!("\"{it}\"")).collect();
        let columns = columns.join(", ");
        let fill = format!(
            "insert into main.\"{table}\" ({columns}) select {columns} from whole.\"{table}\""
        );
        let fill = sqlx::query(sqlx::AssertSqlSafe(fill));
        fill.execute(&mut *to).await?;
    }
    Ok(())
}

fn model() -> Result<PathBuf> {
    let path = env::var_os("HEARTH_TEST_MODEL").context(
        "name SmolLM2's GGUF file in HEARTH_TEST_MODEL (`cargo xtask test browser` does)",
    )?;
    let path = PathBuf::from(path);
    ensure!(path.is_file(), "{} is missing", path.display());
    Ok(path)
}
