use axum::{Router, body::Body, http::HeaderValue, middleware::from_fn_with_state, routing::get};
use tower::ServiceExt as _;

use super::*;
use crate::log::{LogFormat, tests::Written};

/// A proxy on this machine, and some of a network behind it.
fn proxies() -> Proxies {
    Proxies::new(serde_json::from_str(r#"["127.0.0.1", "10.0.0.0/8", "fd00::/8"]"#).unwrap())
}

/// Who is believed to ask, where a connection from `peer` brings these headers.
fn found(peer: &str, lines: &[(&'static str, &str)]) -> String {
    let mut headers = HeaderMap::new();
    for (name, line) in lines {
        headers.append(*name, HeaderValue::from_str(line).unwrap());
    }
    client_address(peer.parse().unwrap(), &headers, &proxies()).to_string()
}

fn usual(line: &str) -> String {
    found("127.0.0.1", &[("x-forwarded-for", line)])
}

fn standard(line: &str) -> String {
    found("127.0.0.1", &[("forwarded", line)])
}

#[test]
fn nobody_is_believed_but_a_trusted_proxy() {
    let headers = [
        ("x-forwarded-for", "203.0.113.5"),
        ("forwarded", "for=203.0.113.5"),
        ("x-real-ip", "203.0.113.5"),
    ];
    assert_eq!(found("198.51.100.7", &headers), "198.51.100.7");
    assert_eq!(found("::ffff:198.51.100.7", &headers), "198.51.100.7");
    assert_eq!(found("127.0.0.1", &headers), "203.0.113.5");
    assert_eq!(found("::ffff:127.0.0.1", &headers), "203.0.113.5");
    assert_eq!(found("127.0.0.1", &[]), "127.0.0.1");
    let mut lines = HeaderMap::new();
    lines.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.5"));
    let none = Proxies::new(Networks::default());
    let nobody = client_address("127.0.0.1".parse().unwrap(), &lines, &none);
    assert_eq!(nobody.to_string(), "127.0.0.1");
}

#[test]
fn the_right_most_address_that_is_no_proxy_is_the_visitor() {
    assert_eq!(usual("203.0.113.5"), "203.0.113.5");
    // What a visitor writes stands further left.
    assert_eq!(usual("1.1.1.1, 127.0.0.1, 203.0.113.5"), "203.0.113.5");
    assert_eq!(
        usual("1.1.1.1, 203.0.113.5, 10.0.0.2,10.0.0.3"),
        "203.0.113.5"
    );
    // Where all are proxies, the furthest one asks for itself.
    assert_eq!(usual("10.0.0.2, 10.0.0.3"), "10.0.0.2");
    let lines = [
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-for", "203.0.113.5"),
        ("x-forwarded-for", "10.0.0.3"),
    ];
    assert_eq!(found("127.0.0.1", &lines), "203.0.113.5");
}

#[test]
fn an_address_is_the_same_however_it_is_written() {
    for (written, address) in [
        (" 203.0.113.5 ", "203.0.113.5"),
        ("203.0.113.5:4711", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("[::ffff:203.0.113.5]:80", "203.0.113.5"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
    ] {
        assert_eq!(usual(written), address, "{written}");
        assert_eq!(
            standard(&format!("for=\"{written}\"")),
            address,
            "{written}"
        );
    }
}

#[test]
fn what_nobody_can_read_ends_at_the_proxy_that_said_it() {
    let long = "1".repeat(100_000);
    for junk in [
        "unknown",
        "_hidden",
        "",
        "  ",
        "a.b",
        "1.2.3",
        "[::1",
        "1.2.3.4:x",
        &long,
    ] {
        assert_eq!(usual(junk), "127.0.0.1", "{junk}");
        assert_eq!(usual(&format!("1.1.1.1, {junk}")), "127.0.0.1", "{junk}");
        assert_eq!(usual(&format!("1.1.1.1, {junk}, 10.0.0.3")), "10.0.0.3");
        assert_eq!(
            standard(&format!("for=1.1.1.1, for=\"{junk}\"")),
            "127.0.0.1"
        );
    }
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-forwarded-for",
        HeaderValue::from_bytes(b"\xff, 1.1.1.1").unwrap(),
    );
    let proxy = client_address("127.0.0.1".parse().unwrap(), &headers, &proxies());
    assert_eq!(proxy.to_string(), "127.0.0.1");
}

#[test]
fn a_chain_that_has_no_end_is_left() {
    let endless = "10.0.0.9,".repeat(50_000) + "10.0.0.9";
    assert_eq!(usual(&endless), "10.0.0.9");
    let far = format!("203.0.113.5{}", ",10.0.0.9".repeat(MAX_HOPS));
    assert_eq!(usual(&far), "10.0.0.9");
    let long = format!("for=203.0.113.5;by=\"{}\"", "a".repeat(MAX_LINE_BYTES));
    assert_eq!(standard(&long), "127.0.0.1");
}

#[test]
fn the_standard_header_is_read_like_the_usual_one() {
    for (line, address) in [
        ("for=203.0.113.5", "203.0.113.5"),
        (
            "For=\"203.0.113.5:4711\";proto=https;by=10.0.0.3",
            "203.0.113.5",
        ),
        ("proto=https;FOR=203.0.113.5 , for=10.0.0.2", "203.0.113.5"),
        ("for=1.1.1.1, for=\"[2001:db8::1]:80\"", "2001:db8::1"),
        ("for=203.0.113.5;host=\"a, for=9.9.9.9\"", "203.0.113.5"),
        ("for=203.0.113.5;host=\"\\\", for=9.9.9.9\"", "203.0.113.5"),
        // Not an address, no `for`, and a quote that swallows what follows it.
        ("for=1.1.1.1, for=unknown", "127.0.0.1"),
        ("for=1.1.1.1, proto=https", "127.0.0.1"),
        ("for=\"1.1.1.1, for=203.0.113.5", "127.0.0.1"),
    ] {
        assert_eq!(standard(line), address, "{line}");
    }
    // Such a quote spoils its own line and no other.
    let lines = [
        ("forwarded", "for=\"1.1.1.1"),
        ("forwarded", "for=203.0.113.5"),
    ];
    assert_eq!(found("127.0.0.1", &lines), "203.0.113.5");
}

#[test]
fn of_two_headers_that_contradict_each_other_neither_is_believed() {
    let both = |usual: &str, standard: &str| {
        let lines = [("x-forwarded-for", usual), ("forwarded", standard)];
        found("127.0.0.1", &lines)
    };
    assert_eq!(both("203.0.113.5", "for=203.0.113.5"), "203.0.113.5");
    assert_eq!(
        both("1.1.1.1, 203.0.113.5", "for=203.0.113.5"),
        "203.0.113.5"
    );
    assert_eq!(both("203.0.113.5", "for=1.1.1.1"), "127.0.0.1");
    assert_eq!(both("203.0.113.5", "for=unknown"), "127.0.0.1");
}

/// Whether the request is one of a trusted proxy to what is behind this.
async fn is_through_proxy(router: &Router, peer: &str, lines: &[(&str, &str)]) -> bool {
    let mut request = Request::get("/");
    for (name, line) in lines {
        request = request.header(*name, *line);
    }
    let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
    let request = request.extension(ConnectInfo(peer)).body(Body::empty());
    let response = router.clone().oneshot(request.unwrap()).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 100).await;
    body.unwrap() == "true"
}

fn router_behind(proxies: Proxies) -> Router {
    let tell = |request: Request| async move {
        let through = request.extensions().get::<ThroughProxy>();
        through.is_some().to_string()
    };
    Router::new()
        .route("/", get(tell))
        .layer(from_fn_with_state(proxies, find))
}

#[tokio::test]
async fn a_request_is_a_proxys_by_its_connection_and_by_nothing_it_says() {
    let router = router_behind(proxies());
    let names_proxy = [("x-forwarded-for", "127.0.0.1"), ("via", "1.1 proxy")];
    assert!(is_through_proxy(&router, "127.0.0.1", &[]).await);
    assert!(is_through_proxy(&router, "::ffff:10.0.0.9", &[]).await);
    assert!(!is_through_proxy(&router, "198.51.100.7", &names_proxy).await);
}

/// How often the log says that a proxy is not named, after two requests from one address.
async fn num_told(peer: &str, lines: &[(&str, &str)]) -> usize {
    let written = Written::default();
    let _log = tracing::subscriber::set_default(written.log("warn", LogFormat::Text));
    let router = router_behind(proxies());
    for _ in 0..2 {
        is_through_proxy(&router, peer, lines).await;
    }
    written.text().matches("server.trusted_proxies").count()
}

#[tokio::test]
async fn a_proxy_that_nobody_named_is_told_of_once() {
    let usual = ("x-forwarded-for", "203.0.113.5");
    let standard = ("forwarded", "for=203.0.113.5");
    for near in ["127.0.0.2", "192.168.0.9", "172.17.0.1", "::1"] {
        assert_eq!(num_told(near, &[usual]).await, 1, "{near}");
        assert_eq!(num_told(near, &[standard]).await, 1, "{near}");
        assert_eq!(num_told(near, &[]).await, 0, "{near}");
    }
    // Strangers fill no log, and a proxy that is named needs no advice.
    for other in ["198.51.100.7", "2001:db8::1", "127.0.0.1", "fd00::7"] {
        assert_eq!(num_told(other, &[usual, standard]).await, 0, "{other}");
    }
}

#[tokio::test]
async fn a_contradiction_is_told_once() {
    let written = Written::default();
    let _log = tracing::subscriber::set_default(written.log("warn", LogFormat::Text));
    let router = router_behind(proxies());
    let lines = [
        ("x-forwarded-for", "203.0.113.5"),
        ("forwarded", "for=1.1.1.1"),
    ];
    for _ in 0..2 {
        is_through_proxy(&router, "127.0.0.1", &lines).await;
    }
    let text = written.text();
    assert_eq!(text.matches("different visitors").count(), 1, "{text}");
}
