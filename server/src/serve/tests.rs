//! A server that starts and ends, asked over its socket.

mod refused_writes;

use super::*;

async fn start() -> (tempfile::TempDir, RunningServer) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path().join("data"));
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start(ServeOptions::new(config)).await.unwrap();
    (folder, server)
}

async fn get(server: &RunningServer, path: &str) -> String {
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\nconnection: close\r\n\r\n",
        server.addr
    );
    ask(server, &request).await
}

async fn ask(server: &RunningServer, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_server_sends_everybody_to_set_it_up_and_guards_its_pages() {
    let (_folder, server) = start().await;
    let link = server.set_up_link();
    assert!(link.unwrap().contains("/set-up?token="));
    let start_page = get(&server, "/").await;
    assert!(start_page.starts_with("HTTP/1.1 303"), "{start_page}");
    assert!(start_page.contains("location: /set-up"), "{start_page}");
    let set_up = get(&server, "/set-up").await;
    assert!(set_up.starts_with("HTTP/1.1 200"), "{set_up}");
    let (_, policy) = set_up.split_once("script-src 'self' 'nonce-").unwrap();
    let nonce = policy.split('\'').next().unwrap();
    assert!(set_up.contains(&format!("nonce=\"{nonce}\"")), "{set_up}");
    assert!(get(&server, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get(&server, "/readyz").await.starts_with("HTTP/1.1 503"));
    assert!(get(&server, "/nothing").await.starts_with("HTTP/1.1 404"));
    server.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_begin_with_the_address_that_people_type() {
    for (public_url, start) in [
        ("https://example.org/", "https://example.org/set-up#token="),
        (
            "https://example.org/chat/",
            "https://example.org/chat/set-up#token=",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path().join("data"));
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        public_url.clone_into(&mut config.server.public_url);
        let server = Server::start(ServeOptions::new(config)).await.unwrap();
        let link = server.set_up_link().unwrap();
        assert!(link.starts_with(start), "{link}");
        let local = server.local_set_up_link().unwrap();
        let token = link.split_once("token=").unwrap().1;
        assert!(local.starts_with("http://127.0.0.1:"), "{local}");
        assert!(
            local.ends_with(&format!("/set-up?token={token}")),
            "{local}"
        );
        server.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_with_what_mends_it() {
    let (_folder, server) = start().await;
    let other = tempfile::tempdir().unwrap();
    let mut config = Config::new(other.path().to_owned());
    config.server.listen = server.addr;
    let error = Server::start(ServeOptions::new(config)).await.unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains(&server.addr.to_string()), "{sentence}");
    assert!(sentence.contains("--listen"), "{sentence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_a_data_folder_is_refused_and_the_next_is_not() {
    let (folder, server) = start().await;
    let second = || {
        let mut config = Config::new(folder.path().join("data"));
        config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Server::start(ServeOptions::new(config))
    };
    let refused = second().await.unwrap_err().to_string();
    assert!(refused.contains(&server.addr.to_string()), "{refused}");
    server.shut_down().await;
    second().await.unwrap().shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_nobody_waits_for_are_gone_once_a_server_has_started() {
    let (folder, server) = start().await;
    server.shut_down().await;
    let uploads = folder.path().join("data/uploads");
    for name in [
        "0198f0c1-2f3a-7000-8000-00000000dead",
        "0198f0c1-2f3a-7000-8000-00000000beef.part",
    ] {
        std::fs::write(uploads.join(name), "[").unwrap();
    }
    let mut config = Config::new(folder.path().join("data"));
    config.server.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::start(ServeOptions::new(config)).await.unwrap();
    assert_eq!(std::fs::read_dir(&uploads).unwrap().count(), 0);
    server.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_does_not_hold_the_end_up() {
    let (_folder, server) = start().await;
    let _idle = tokio::net::TcpStream::connect(server.addr).await.unwrap();
    let ended = timeout(Duration::from_secs(5), server.shut_down()).await;
    assert!(ended.is_ok());
}
