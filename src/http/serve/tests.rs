use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::*;

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

async fn served(patience: Patience) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/", post(|body: String| async move { body }))
        .route("/slow", get(|| async { sleep(Duration::from_secs(60)).await }));
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve(listener, routes, patience, stop.clone()));
    Served { address, stop, task }
}

/// Little of it.
fn short() -> Patience {
    Patience {
        answered_within: Duration::from_millis(300),
        rests: Duration::from_millis(1500),
        farewell: Duration::from_millis(300),
        ..Patience::default()
    }
}

async fn connect(served: &Served) -> TcpStream {
    TcpStream::connect(served.address).await.unwrap()
}

/// Reads until the other side closes; 10 s at the most.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer));
    // Cut off or closed, both are an end.
    let _ = read.await.expect("the connection is still open after 10 s");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn whoever_is_slow_or_silent_is_cut_off() {
    let served = served(short()).await;
    let cases = [
        ("nothing at all", ""),
        ("half a head", "GET / HTTP/1.1\r\nhost: "),
        ("half a body", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc"),
    ];
    for (name, sent) in cases {
        let mut stream = connect(&served).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = until_closed(&mut stream).await;
        assert!(!answer.contains("200 OK"), "{name}: {answer}");
    }
    // A byte now and then does not buy more time.
    let mut stream = connect(&served).await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) && stream.write_all(b"G").await.is_ok() {
        sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(10), "fed byte by byte it stays open");
}

#[tokio::test]
async fn a_connection_that_was_answered_may_rest_longer_and_serves_again() {
    let served = served(short()).await;
    let mut stream = connect(&served).await;
    for _ in 0..2 {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"hello") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "closed while it rested");
        }
        sleep(short().answered_within * 2).await;
    }
    assert_eq!(until_closed(&mut stream).await, "", "it does not rest for ever");
}

#[tokio::test]
async fn one_too_many_waits_until_another_has_gone() {
    let patience =
        Patience { connections: 1, answered_within: Duration::from_secs(60), ..Patience::default() };
    let served = served(patience).await;
    let first = connect(&served).await;
    let mut second = connect(&served).await;
    second.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), second.readable()).await;
    assert!(early.is_err(), "it was answered beside the first");
    drop(first);
    assert!(until_closed(&mut second).await.ends_with("hello"));
}

#[tokio::test]
async fn told_to_stop_it_ends_whatever_is_still_open() {
    let served = served(Patience { answered_within: Duration::from_secs(60), ..short() }).await;
    let mut half = connect(&served).await;
    half.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut slow = connect(&served).await;
    slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    served.stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), served.task).await.expect("it still serves").unwrap();
}
