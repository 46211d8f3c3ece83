//! Clients that stand still, one by one.

use axum::{
    body::Bytes,
    routing::{get, post},
};
use futures::stream;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::*;

const QUICK: Patience = Patience {
    head: Duration::from_millis(200),
    write: Duration::from_millis(200),
};
/// More than a test takes, and far less than nobody would notice.
const LONG: Duration = Duration::from_secs(10);

struct Bench {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: tokio::task::JoinHandle<()>,
}

impl Bench {
    async fn start(router: Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        let everybody = PerAddress::new(0, Networks::default());
        let serving = tokio::spawn(serve_with(listener, router, everybody, stopped, QUICK));
        Self {
            address,
            stop,
            serving,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// What the server says until it ends the connection.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // A connection that is cut is one that ends.
    let _ = timeout(LONG, stream.read_to_end(&mut said)).await.unwrap();
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn who_never_says_what_it_wants_is_cut() {
    let bench = Bench::start(Router::new().route("/", get(|| async { "here" }))).await;
    let mut silent = bench.connect().await;
    let mut half = bench.connect().await;
    half.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    let mut idle = bench.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(read_all(&mut silent).await, "");
    assert!(!read_all(&mut half).await.contains("200 OK"));
    // Between two requests too.
    assert!(read_all(&mut idle).await.ends_with("here"));
}

#[tokio::test]
async fn who_takes_nothing_of_its_answer_is_cut_and_who_waits_for_one_is_not() {
    let (told, mut ended) = mpsc::channel::<()>(1);
    let endless = get(move || {
        let told = told.clone();
        async move {
            let pieces = stream::repeat_with(move || {
                let _until_dropped = &told;
                Ok::<_, io::Error>(Bytes::from(vec![b'a'; 1 << 16]))
            });
            Body::from_stream(pieces)
        }
    });
    let late = get(|| async {
        tokio::time::sleep(2 * QUICK.write).await;
        "late"
    });
    let bench = Bench::start(
        Router::new()
            .route("/endless", endless)
            .route("/late", late),
    )
    .await;
    let mut deaf = bench.connect().await;
    deaf.write_all(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let mut patient = bench.connect().await;
    patient
        .write_all(b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    assert!(read_all(&mut patient).await.ends_with("late"));
    // It is cut while nobody reads, and its answer is made no further.
    let mut said = 0;
    let cut = async {
        tokio::time::sleep(3 * QUICK.write).await;
        let mut buffer = vec![0; 1 << 20];
        while let Ok(num_bytes @ 1..) = deaf.read(&mut buffer).await {
            said += num_bytes;
        }
    };
    timeout(LONG, cut).await.unwrap();
    assert!(said > 0);
    bench.stop.send(()).unwrap();
    timeout(LONG, bench.serving).await.unwrap().unwrap();
    assert_eq!(ended.recv().await, None);
}

#[tokio::test]
async fn what_is_being_answered_at_the_end_is_answered() {
    let (begun, mut begins) = mpsc::channel(1);
    let echo = post(move |body: Bytes| {
        let begun = begun.clone();
        async move {
            begun.send(()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            body
        }
    });
    let bench = Bench::start(Router::new().route("/", echo)).await;
    let mut asks = bench.connect().await;
    let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nping";
    asks.write_all(request).await.unwrap();
    begins.recv().await.unwrap();
    bench.stop.send(()).unwrap();
    assert!(read_all(&mut asks).await.ends_with("ping"));
    timeout(LONG, bench.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(bench.address).await.is_err());
}
