//! A proxy of Debian in front of a server, configured as `deploy/proxies` says: what the documents
//! show is what is tested.

use std::{
    env, fs,
    fs::File,
    io,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::deadline::eventually;

/// From start to the first connection.
const START: Duration = Duration::from_secs(20);

/// Certificate and key of `localhost`, in one file.
const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/localhost.pem");

/// Whose word a server behind it takes, as every file of `deploy/proxies` says it.
pub const TRUSTED: &str = r#"["127.0.0.1", "::1"]"#;

/// Another address of this machine: a visitor there is not where the proxy is.
pub const VISITOR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Which proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// Takes the path off.
    Nginx,
    /// Takes the path off.
    Caddy,
    /// Passes the path on.
    Haproxy,
}

impl ProxyKind {
    /// Its configuration in `deploy/proxies`.
    fn file(self) -> &'static str {
        match self {
            Self::Nginx => "nginx.conf",
            Self::Caddy => "Caddyfile",
            Self::Haproxy => "haproxy.cfg",
        }
    }

    /// Its program, where Debian puts it.
    fn program(self) -> &'static str {
        match self {
            Self::Nginx => "usr/sbin/nginx",
            Self::Caddy => "usr/bin/caddy",
            Self::Haproxy => "usr/sbin/haproxy",
        }
    }

    /// What is another here than on a host, line by line.
    fn replaced(self, port: u16, server: SocketAddr) -> Vec<(&'static str, String)> {
        let server = ("127.0.0.1:8080", server.to_string());
        let certificate = || CERTIFICATE.to_owned();
        match self {
            Self::Nginx => vec![
                (
                    "listen 443 ssl http2",
                    format!("listen 127.0.0.1:{port} ssl http2"),
                ),
                ("    listen [::]:443 ssl http2;\n", String::new()),
                (
                    "server_name example.org",
                    "server_name localhost".to_owned(),
                ),
                ("/etc/ssl/example.org/fullchain.pem", certificate()),
                ("/etc/ssl/example.org/key.pem", certificate()),
                server,
            ],
            Self::Caddy => vec![
                (
                    "\nexample.org {",
                    format!("\nhttps://localhost:{port} {{\n\ttls {CERTIFICATE} {CERTIFICATE}"),
                ),
                server,
            ],
            Self::Haproxy => vec![
                ("bind :443 ssl", format!("bind 127.0.0.1:{port} ssl")),
                ("/etc/haproxy/example.org.pem", certificate()),
                server,
            ],
        }
    }

    /// What the host has around it.
    fn around(self, configuration: &str, folder: &Path) -> String {
        let folder = folder.display();
        match self {
            Self::Nginx => format!(
                "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n\
                 http {{\naccess_log off;\nclient_body_temp_path {folder}/body;\n\
                 proxy_temp_path {folder}/proxy;\nfastcgi_temp_path {folder}/fastcgi;\n\
                 uwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n{configuration}}}\n"
            ),
            Self::Caddy => format!(
                "{{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n\
                 \tstorage file_system {folder}\n\tservers {{\n\t\tprotocols h1 h2\n\t}}\n}}\n\n\
                 {configuration}"
            ),
            Self::Haproxy => configuration.to_owned(),
        }
    }

    fn arguments(self, folder: &Path, file: &Path) -> Vec<String> {
        let (folder, file) = (folder.display().to_string(), file.display().to_string());
        let words: &[&str] = match self {
            Self::Nginx => &["-e", "stderr", "-p", &folder, "-c", &file],
            Self::Caddy => &["run", "--adapter", "caddyfile", "--config", &file],
            Self::Haproxy => &["-db", "-f", &file],
        };
        words.iter().map(|&word| word.to_owned()).collect()
    }
}

/// A running proxy. Dropping it ends it.
#[derive(Debug)]
pub struct Proxy {
    child: Child,
    _folder: TempDir,
}

impl Proxy {
    /// Starts it on a port of this machine, in front of a server.
    pub async fn start(kind: ProxyKind, port: u16, server: SocketAddr) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(kind.file());
        let configuration = configuration(kind, port, server)?;
        fs::write(&file, kind.around(&configuration, folder.path()))?;
        let log = folder.path().join("printed.log");
        let printed = File::create(&log)?;
        let unpacked = unpacked()?;
        let child = Command::new(unpacked.join(kind.program()))
            .args(kind.arguments(folder.path(), &file))
            .env("HOME", folder.path())
            .env("LD_LIBRARY_PATH", env::join_paths(libraries(&unpacked)?)?)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(printed.try_clone()?)
            .stderr(printed)
            .spawn()
            .with_context(|| format!("starting {kind:?}"))?;
        let mut proxy = Self {
            child,
            _folder: folder,
        };
        proxy.wait(port, &log).await?;
        Ok(proxy)
    }

    async fn wait(&mut self, port: u16, log: &Path) -> Result<()> {
        let child = std::cell::RefCell::new(&mut self.child);
        eventually("the proxy takes connections", START, async || {
            if let Some(status) = child.borrow_mut().try_wait()? {
                let printed = fs::read_to_string(log).unwrap_or_default();
                anyhow::bail!("the proxy ended ({status}) and printed:\n{printed}");
            }
            Ok(TcpStream::connect(("127.0.0.1", port)).ok().map(drop))
        })
        .await
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The file of the repository with the ports and the certificate of a test.
fn configuration(kind: ProxyKind, port: u16, server: SocketAddr) -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/proxies");
    let mut text = fs::read_to_string(folder.join(kind.file()))?;
    let setting = format!("trusted_proxies = {TRUSTED}");
    ensure!(text.contains(&setting), "{} lacks {setting}", kind.file());
    for (from, to) in kind.replaced(port, server) {
        ensure!(text.contains(from), "{} lacks {from:?}", kind.file());
        text = text.replace(from, &to);
    }
    Ok(text)
}

/// A port that leads to another one of this machine: whoever connects to it comes from
/// [`VISITOR`]. It lives as long as the test's runtime.
pub async fn visitors_door(to: u16) -> Result<u16> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                // One that fails is cut, which whoever asks notices.
                let _ = pass_on(&mut near, to).await;
            });
        }
    });
    Ok(port)
}

async fn pass_on(near: &mut tokio::net::TcpStream, to: u16) -> io::Result<()> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((VISITOR, 0)))?;
    let proxy = SocketAddr::from((Ipv4Addr::LOCALHOST, to));
    let mut far = socket.connect(proxy).await?;
    tokio::io::copy_bidirectional(near, &mut far).await?;
    Ok(())
}

/// Folder of Debian's packages, unpacked.
fn unpacked() -> Result<PathBuf> {
    let folder = env::var_os("HEARTH_TEST_PROXIES").context(
        "name the folder of unpacked proxies in HEARTH_TEST_PROXIES (`cargo xtask test --only \
         browser` does)",
    )?;
    Ok(folder.into())
}

/// Folders of the libraries that came with them, such as `usr/lib/x86_64-linux-gnu`.
fn libraries(unpacked: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(unpacked.join("usr/lib"))? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    Ok(folders)
}
