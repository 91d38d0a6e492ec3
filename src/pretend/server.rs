//! HTTP on loopback whose connections can be cut without an answer, and the faults that any helpdesk can have.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::Fault;

/// A server that ends when this is dropped.
pub struct Server {
    pub address: SocketAddr,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves on a free port of loopback.
pub async fn start(router: Router) -> io::Result<Server> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let service = router.into_make_service_with_connect_info::<Scissors>();
    let task = tokio::spawn(async move {
        // It never ends by itself; what a single connection suffers stays with that connection.
        let _ = axum::serve(CutListener(listener), service).await;
    });
    Ok(Server { address, task: task.abort_handle() })
}

/// Cuts the connection that a request came over: nothing more is written to it.
#[derive(Clone, Default)]
pub struct Scissors(Arc<AtomicBool>);

impl Scissors {
    pub fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct CutListener(TcpListener);

impl Listener for CutListener {
    type Io = CutStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (CutStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (CutStream { stream, scissors: Scissors::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, CutListener>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, CutListener>) -> Self {
        stream.io().scissors.clone()
    }
}

struct CutStream {
    stream: TcpStream,
    scissors: Scissors,
}

impl CutStream {
    fn check(&self) -> io::Result<()> {
        if self.scissors.0.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for CutStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for CutStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Answers with the fault in the way. `refuse` gives the vendor's own words for the refusals.
pub async fn suffer(
    fault: Option<Fault>,
    scissors: Scissors,
    work: impl FnOnce() -> Response + Send + 'static,
    refuse: fn(Fault) -> Response,
) -> Response {
    match fault {
        None => work(),
        Some(Fault::Cut) => {
            scissors.cut();
            StatusCode::NO_CONTENT.into_response()
        }
        Some(Fault::LoseAnswer) => {
            let answer = work();
            scissors.cut();
            answer
        }
        Some(Fault::Late(wait)) => {
            let answer = work();
            tokio::time::sleep(wait).await;
            answer
        }
        Some(Fault::Slow(wait)) => {
            // A task of its own, for a caller who hangs up ends this one.
            let work = tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                work()
            });
            work.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
        Some(Fault::Html(status)) => html_page(status),
        Some(Fault::HtmlAfterWork(status)) => {
            work();
            html_page(status)
        }
        Some(refusal) => refuse(refusal),
    }
}

fn html_page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let page = format!("<html><body><h1>{status}</h1></body></html>");
    (status, [(CONTENT_TYPE, "text/html")], page).into_response()
}
